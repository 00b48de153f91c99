// Live events for a page: a real EventSource, which reconnects as browsers do, by ticket and by cookie.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";

import { EventSource } from "../node/node_modules/eventsource/dist/index.js";
import { Application } from "./support/application.mjs";
import { listen } from "./support/events.mjs";
import { stage, until } from "./support/world.mjs";

const secret = randomBytes(32).toString("hex");
const tokenFor = (sub) => Application.prototype.token({ sub }, { secret });

const scenario = stage({
    SWITCHHOOK_AUTH: "key,jwt",
    SWITCHHOOK_JWT_SECRET: secret,
    SWITCHHOOK_JWT_COOKIE: "session",
    SWITCHHOOK_EVENTS_HEARTBEAT_MS: "100",
});

const steps = ["created", "placement", "initiated", "ringing", "answered", "ended", "updated", "recording"].map((step) => `call.${step}`);
const kinds = ["hello", "bye", ...steps, "leg.initiated", "leg.ringing", "leg.answered", "leg.ended", "leg.updated"];

/** A page that listens: everything it was told, and the header fields of each request that its EventSource sent. */
class Page {
    constructor(world, target, browser = {}) {
        this.told = [];
        this.requests = [];
        this.errors = [];
        const send = (address, how) => {
            this.requests.push(how.headers);
            return fetch(address, { ...how, headers: { ...how.headers, ...browser } });
        };
        this.source = new EventSource(world.origin + target, { fetch: send });
        this.source.addEventListener("error", ({ code }) => this.errors.push(code));
        for (const kind of kinds)
            this.source.addEventListener(kind, ({ data, lastEventId }) => {
                this.last = lastEventId || this.last;
                this.told.push({ event: kind, id: lastEventId, data: JSON.parse(data) });
            });
    }

    all(kind) {
        return this.told.filter(({ event }) => event === kind);
    }

    get ids() {
        return this.told.filter(({ event }) => event !== "hello" && event !== "bye").map(({ id }) => id);
    }

    hello(nth = 0) {
        return until(`the page is greeted, ${nth}`, () => this.all("hello")[nth]?.data);
    }

    hears(call, kind) {
        return until(`the page hears ${kind} of ${call.id}`, () => this.all(kind).find(({ data }) => data.call_id === call.id));
    }

    close() {
        this.source.close();
    }
}

async function ring(world, caller) {
    const to = world.number();
    await world.sim.callee(to, { manual: true });
    const { status, json, text } = await caller.post("/calls", { to });
    assert.equal(status, 201, text);
    return json;
}

async function talkAndEnd(world, call) {
    await world.sim.answer(call.sid);
    await world.sim.hangUp(call.sid);
    await world.callOver(call.id);
}

async function ticketOf(caller) {
    const { status, json } = await caller.post("/events/tickets");
    assert.equal(status, 201);
    return json.ticket;
}

scenario("by ticket, and on with a fresh one: no gap, nothing twice", async (world) => {
    const caller = await world.newCaller("calls:place calls:read");
    const witness = await listen(world, { headers: caller.headers });
    const first = new Page(world, `/events?ticket=${await ticketOf(caller)}`);
    assert.equal((await first.hello()).resumed, false);
    const calls = [await ring(world, caller), await ring(world, caller)];
    await first.hears(calls[1], "call.ringing");
    first.close();
    for (const call of calls)
        await talkAndEnd(world, call);
    const second = new Page(world, `/events?ticket=${await ticketOf(caller)}&last_event_id=${first.last}`);
    assert.equal((await second.hello()).resumed, true);
    const later = await ring(world, caller);
    await talkAndEnd(world, later);
    await second.hears(later, "call.ended");
    await witness.heardOf(later.id, "call.ended");
    assert.ok(first.ids.length > 0 && second.ids.length > first.ids.length);
    assert.deepEqual([...first.ids, ...second.ids], witness.news.map(({ id }) => id).slice(0, first.ids.length + second.ids.length));
    second.close();
    witness.close();
});

scenario("a page that comes back by itself with its used ticket is closed with 401, and a fresh one goes on", async (world) => {
    const caller = await world.newCaller("calls:place calls:read");
    const page = new Page(world, `/events?ticket=${await ticketOf(caller)}`);
    await page.hello();
    const call = await ring(world, caller);
    await page.hears(call, "call.ringing");
    await world.restart();
    await until("it has given up", () => page.source.readyState === EventSource.CLOSED);
    assert.equal(page.errors.at(-1), 401);
    assert.equal(page.all("bye")[0].data.reason, "shutdown");
    await talkAndEnd(world, call);
    const again = new Page(world, `/events?ticket=${await ticketOf(caller)}&last_event_id=${page.last}`);
    assert.equal((await again.hello()).resumed, true);
    await again.hears(call, "call.ended");
    assert.equal(again.all("call.answered").length, 1);
    assert.equal(again.all("call.ringing").length, 0, "that was told already");
    again.close();
});

scenario("by the cookie of a user, over a restart: it comes back by itself with Last-Event-ID and has missed nothing", async (world) => {
    const token = await tokenFor(world.name("alice"));
    const alice = world.as(token);
    const page = new Page(world, "/events", { cookie: `session=${token}` });
    await page.hello();
    const call = await ring(world, alice);
    await page.hears(call, "call.ringing");
    const begin = page.all("hello")[0].id;
    const last = page.last;
    await world.restart();
    await talkAndEnd(world, call);
    const later = await ring(world, alice);
    assert.equal((await page.hello(1)).resumed, true);
    await talkAndEnd(world, later);
    await page.hears(later, "call.ended");
    assert.equal(new Headers(page.requests[0]).get("last-event-id"), null);
    assert.equal(new Headers(page.requests.at(-1)).get("last-event-id"), last);
    const whole = await listen(world, { headers: alice.headers, lastId: begin });
    await whole.heardOf(later.id, "call.ended");
    assert.equal(new Set(page.ids).size, page.ids.length, "something was told twice");
    assert.deepEqual(page.ids, whole.news.map(({ id }) => id).slice(0, page.ids.length));
    for (const one of [call, later])
        assert.deepEqual(page.told.filter(({ event, data }) => data.call_id === one.id && /created|ringing|answered|ended/.test(event)).map(({ event }) => event), ["call.created", "call.ringing", "call.answered", "call.ended"]);
    page.close();
    whole.close();
});

scenario("another site's page is told nothing by the cookie, nor one whose cookie is none", async (world) => {
    const token = await tokenFor(world.name("alice"));
    for (const [browser, code] of [
        [{ cookie: `session=${token}`, origin: "https://evil.example" }, 403],
        [{ cookie: `session=${token}x` }, 401],
        [{}, 401],
    ]) {
        const page = new Page(world, "/events", browser);
        await until("it has given up", () => page.source.readyState === EventSource.CLOSED);
        assert.deepEqual([page.errors, page.told], [[code], []]);
    }
});
