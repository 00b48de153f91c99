// Live events: whoever listens is told what happens to the calls it may see, once, in order, and without gaps, whatever
// happens to the connection or the server.
import assert from "node:assert/strict";

import { alone } from "./support/alone.mjs";
import { Listener, listen, toldByTheTimeline } from "./support/events.mjs";
import { exchange } from "./support/http.mjs";
import { stage, until } from "./support/world.mjs";

const quick = { SWITCHHOOK_EVENTS_HEARTBEAT_MS: "100", SWITCHHOOK_TICKET_TTL_MS: "60000" };
const scenario = stage({ SWITCHHOOK_INBOUND_IDENTITY: "alice", ...quick });

/** A call that ends by itself. */
async function place(world, script = { answer_after_ms: 1000, hangup_after_ms: 3000 }) {
    const to = world.number();
    await world.sim.callee(to, script);
    const { status, json, text } = await world.api.post("/calls", { to });
    assert.equal(status, 201, text);
    return json;
}

scenario("a call is told from its beginning to its end", async (world) => {
    const listener = await listen(world);
    assert.equal(listener.answer.headers["content-type"], "text/event-stream");
    assert.equal(listener.answer.headers["x-accel-buffering"], "no");
    assert.equal(listener.hello.resumed, false);
    assert.equal(listener.retry, 2000);
    const call = await place(world);
    const ended = await listener.heardOf(call.id, "call.ended");
    await world.callOver(call.id);
    const names = listener.names(call.id);
    assert.equal(names[0], "call.created");
    for (const name of ["call.placement", "call.ringing", "call.answered", "call.ended"])
        assert.equal(names.filter((one) => one === name).length, 1, names.join(" "));
    assert.deepEqual(new Set(listener.events.map(({ id }) => id)).size, listener.events.length);
    const { data } = ended;
    assert.equal(data.type, "call.ended");
    assert.equal(data.sid, data.call.sid);
    assert.equal(data.status, "completed");
    assert.equal(data.ring_ended_because, "answered");
    assert.equal(data.answered_by.number, call.to);
    assert.equal("timeline" in data.call, false);
    const { timeline, timeline_more, ...resource } = await world.call(call.id);
    assert.deepEqual({ ...data.call, price: null, price_unit: null }, { ...resource, price: null, price_unit: null });
    listener.close();
});

scenario("hello has the calls that are going on, and nothing falls between", async (world) => {
    const call = await place(world, { manual: true });
    await world.callUntil(call.id, "rings", ({ status }) => status === "ringing");
    const listener = await listen(world);
    assert.deepEqual(
        listener.hello.calls.filter(({ id }) => id === call.id).map(({ status, legs }) => [status, legs]),
        [["ringing", []]],
    );
    assert.equal(listener.hello.calls_more, false);
    await world.sim.answer(call.sid);
    await listener.heardOf(call.id, "call.answered");
    await world.sim.hangUp(call.sid);
    await listener.heardOf(call.id, "call.ended");
    const later = await listen(world);
    assert.equal(later.hello.calls.some(({ id }) => id === call.id), false);
    listener.close();
    later.close();
});

scenario("a listener that comes back is told what it has missed, once", async (world) => {
    const first = await listen(world);
    const calls = [];
    for (let i = 0; i < 3; i++)
        calls.push(await place(world));
    await first.heardOf(calls[0].id, "call.answered");
    first.close();
    for (const call of calls)
        await world.callOver(call.id);
    const more = await place(world);
    await world.callOver(more.id);
    const second = await listen(world, { lastId: first.lastId });
    assert.equal(second.hello.resumed, true);
    assert.deepEqual(second.hello.calls, []);
    await second.heardOf(more.id, "call.ended");
    const whole = [...first.news, ...second.news];
    assert.equal(new Set(whole.map(({ id }) => id)).size, whole.length, "something was told twice");
    const ids = [...calls, more].map(({ id }) => id);
    for (const id of ids) {
        const number = world.sqlite("SELECT call_number AS n FROM timeline WHERE call_number = (SELECT number FROM calls WHERE root_sid = :sid) LIMIT 1", { sid: (await world.call(id)).sid })[0].n;
        assert.deepEqual(
            whole.filter(({ data }) => data.call_id === id).map(({ event }) => event),
            toldByTheTimeline(world).filter(([, n]) => n === number).map(([name]) => name),
        );
    }
    second.close();
});

scenario("events can be had of one call, and of some kinds", async (world) => {
    const call = await place(world, { manual: true });
    const other = await place(world, { manual: true });
    const one = await listen(world, { target: `/events?call=${call.sid}&types=call.ended` });
    assert.deepEqual(one.hello.calls.map(({ id }) => id), [call.id]);
    const legs = await listen(world, { target: "/events?types=leg.*" });
    for (const { sid } of [other, call]) {
        await world.sim.answer(sid);
        await world.sim.hangUp(sid);
    }
    await one.heardOf(call.id, "call.ended");
    assert.deepEqual(one.names(), ["call.ended"]);
    assert.deepEqual(legs.names(), []);
    one.close();
    legs.close();
});

scenario("what is asked for wrongly is said", async (world) => {
    const ask = (target, headers) => world.api.get(target, headers);
    for (const [target, field] of [
        ["/events?types=call.exploded", "types"],
        ["/events?types=", "types"],
        ["/events?sort=up", "sort"],
        ["/events?last_event_id=7", "last_event_id"],
        ["/events?last_event_id=" + "A".repeat(21) + "!", "last_event_id"],
    ]) {
        const { status, json } = await ask(target);
        assert.equal(status, 422, target);
        assert.equal(json.field, field);
    }
    assert.equal((await ask("/events", { "last-event-id": "x".repeat(500) })).json.field, "Last-Event-ID");
    assert.equal((await ask("/events?call=call_0000000000000000000000000x")).status, 404);
    const { status, headers } = await exchange(world.origin, "HEAD", "/events", { headers: world.api.headers });
    assert.equal(status, 200);
    assert.equal(headers["content-type"], "text/event-stream");
});

scenario("an id that this database has not given begins anew, and says so", async (world) => {
    const listener = await listen(world, { lastId: "AAAAAAAAAAAAAAAAAAAAAA" });
    assert.equal(listener.hello.resumed, false);
    assert.equal(listener.hello.reason, "unknown-id");
    listener.close();
});

scenario("a stranger is told nothing, and everybody only what they may see", async (world) => {
    assert.equal((await world.stranger.get("/events")).status, 401);
    const placer = await world.newCaller("calls:place calls:read");
    const nosy = await world.newCaller("calls:read");
    const idle = await world.newCaller("tokens:mint");
    assert.equal((await idle.get("/events")).status, 403);
    const all = await listen(world);
    const own = await listen(world, { headers: placer.headers });
    const none = await listen(world, { headers: nosy.headers });
    const to = world.number();
    await world.sim.callee(to, { answer_after_ms: 500, hangup_after_ms: 500 });
    const { json: call } = await placer.post("/calls", { to });
    const foreign = await place(world);
    await own.heardOf(call.id, "call.ended");
    await all.heardOf(foreign.id, "call.ended");
    assert.deepEqual(new Set(own.news.map(({ data }) => data.call_id)), new Set([call.id]));
    assert.deepEqual(none.news, []);
    const back = await listen(world, { headers: nosy.headers, lastId: all.events[0].id });
    assert.equal(back.hello.resumed, true);
    await until("a heartbeat has come", () => back.comments > 1);
    assert.deepEqual(back.news, []);
    for (const listener of [all, own, none, back])
        listener.close();
});

scenario("why a ring ended is told", async (world) => {
    const listener = await listen(world);
    const ends = async (script, act) => {
        await world.sim.callee("client:alice", script);
        const { call_sid: sid } = await world.sim.inbound({ from: world.number() });
        if (act)
            await act(sid);
        const told = await listener.heard(`the end of a leg of ${sid}`, ({ event, data }) => event === "leg.ended" && data.sid === sid);
        return told.data;
    };
    assert.equal((await ends({ reject: true })).ring_ended_because, "rejected");
    assert.equal((await ends({ no_answer: true })).ring_ended_because, "timeout");
    const answered = await ends({ answer_after_ms: 500, hangup_after_ms: 2000 });
    assert.equal(answered.ring_ended_because, "answered");
    assert.deepEqual(answered.answered_by, { leg_sid: answered.leg.sid, identity: "alice", number: null });
    const rung = (sid) => listener.heard("alice being rung", ({ event, data }) => event === "leg.ringing" && data.sid === sid);
    const gaveUp = await ends({ manual: true }, async (sid) => {
        await rung(sid);
        await world.sim.hangUp(sid);
    });
    assert.equal(gaveUp.ring_ended_because, "caller-gave-up");
    const byUs = await ends({ manual: true }, async (sid) => {
        await rung(sid);
        await world.api.post(`/calls/${sid}/hangup`);
    });
    assert.equal(byUs.ring_ended_because, "canceled-by-us");
    listener.close();
});

scenario("a ticket lets one listener in, once", async (world) => {
    const caller = await world.newCaller("calls:read");
    const { status, json } = await caller.post("/events/tickets", {});
    assert.equal(status, 201);
    assert.equal((await caller.post("/events/tickets")).status, 201, "the body may be left out");
    assert.match(json.ticket, /^[A-Za-z0-9_-]{43}$/);
    assert.ok(Date.parse(json.expires_at) > Date.now());
    const target = `/events?ticket=${json.ticket}`;
    const listener = await listen(world, { target, headers: world.hostHeader() });
    assert.equal(listener.status, 200);
    assert.deepEqual(listener.hello.calls, [], "it has the rights of who fetched it");
    assert.equal((await listen(world, { target, headers: world.hostHeader() })).status, 401);
    assert.equal((await listen(world, { target, headers: world.api.headers })).status, 401, "a key does not mend it");
    assert.equal((await listen(world, { target: "/events?ticket=nonsense", headers: world.hostHeader() })).status, 401);
    assert.equal((await world.stranger.post("/events/tickets")).status, 401);
    listener.close();
    await until("the stream is logged", () => world.logged("http.request").some(({ route, by }) => route === "/events" && by === "ticket"));
    assert.equal(world.server.output.includes(json.ticket), false, "the ticket is in the log");
});

scenario("a key that is revoked ends its streams", async (world) => {
    const caller = await world.newCaller("calls:read calls:read-all");
    const { json } = await caller.post("/events/tickets");
    const listener = await listen(world, { headers: caller.headers });
    const id = caller.key.split("_")[1];
    assert.equal(world.run(["key", "revoke", id]).status, 0);
    const bye = await listener.heard("bye", ({ event }) => event === "bye");
    assert.equal(bye.data.reason, "revoked");
    await listener.over();
    const late = await new Listener(world, { target: `/events?ticket=${json.ticket}`, headers: world.hostHeader() }).open();
    await late.heard("bye", ({ event }) => event === "bye");
    assert.deepEqual(late.news, []);
    await late.over();
});

scenario("listeners that go leave nothing behind", async (world) => {
    const gauges = async () => {
        const all = await world.metrics();
        return [all["switchhook_events_listeners"], all['switchhook_http_streams{server="public"}']];
    };
    await until("nobody listens any more", async () => (await gauges()).every((n) => n === 0));
    for (let round = 0; round < 3; round++) {
        const listeners = await Promise.all(Array.from({ length: 40 }, () => listen(world)));
        assert.deepEqual(await gauges(), [40, 40]);
        for (const listener of listeners)
            listener.close();
        await until("the server has noticed", async () => (await gauges()).every((n) => n === 0));
    }
    const all = await world.metrics();
    assert.equal(all['switchhook_http_suspended{server="public"}'], 0);
});

alone("half of the connections may be streams, and no more", { ...quick, SWITCHHOOK_CONNECTIONS_MAX: "20" }, async (world) => {
    const listeners = await Promise.all(Array.from({ length: 10 }, () => listen(world)));
    const refused = await world.api.get("/events");
    assert.equal(refused.status, 503);
    assert.equal(refused.json.code, "unavailable");
    assert.ok(Number(refused.headers["retry-after"]) > 0);
    assert.equal((await world.api.get("/calls")).status, 200);
    listeners[0].close();
    const late = await until("there is room again", async () => {
        const listener = await listen(world);
        return listener.status === 200 && listener;
    });
    for (const listener of [...listeners, late])
        listener.close();
});

alone("a stream does not last for ever", { ...quick, SWITCHHOOK_EVENTS_LIFETIME_MS: "300" }, async (world) => {
    const listener = await listen(world);
    const bye = await listener.heard("bye", ({ event }) => event === "bye");
    assert.equal(bye.data.reason, "expired");
    await listener.over();
});

alone("who has missed too much begins anew", { ...quick, SWITCHHOOK_EVENTS_REPLAY_MAX: "3" }, async (world) => {
    const listener = await listen(world);
    listener.close();
    const call = await place(world);
    await world.callOver(call.id);
    const back = await listen(world, { lastId: listener.lastId });
    assert.equal(back.hello.resumed, false);
    assert.equal(back.hello.reason, "too-old");
    back.close();
});

alone("a stop says when to come back", quick, async (world) => {
    const listeners = await Promise.all(Array.from({ length: 12 }, () => listen(world)));
    const began = Date.now();
    await world.stop();
    assert.ok(Date.now() - began < 5000, "listeners have held up the stop");
    for (const listener of listeners) {
        await listener.over();
        assert.equal(listener.events.at(-1).event, "bye");
        assert.equal(listener.events.at(-1).data.reason, "shutdown");
        assert.ok(listener.retry >= 2000 && listener.retry < 4000);
    }
    await world.start();
    const back = await listen(world, { lastId: listeners[0].lastId });
    assert.equal(back.hello.resumed, true);
    back.close();
});

alone("one who does not read is cut, the others hear everything, and he goes on where he was", { ...quick, SWITCHHOOK_EVENTS_QUEUE_BYTES: "65536", SWITCHHOOK_BODY_DEADLINE_MS: "30000" }, async (world) => {
    const slow = await listen(world);
    const quickOne = await listen(world);
    slow.answer.pause();
    const metadata = { filler: "x".repeat(3900) };
    let last;
    const to = world.number();
    await world.sim.callee(to, { answer_after_ms: 100, hangup_after_ms: 100 });
    const isCut = async () => (await world.metrics())['switchhook_events_ended_total{reason="lagging"}'] === 1;
    // More than any socket holds, and fewer legs than the simulator remembers.
    for (let wave = 0; wave < 50 && !(await isCut()); wave++) {
        const placed = await Promise.all(Array.from({ length: 20 }, () => world.api.post("/calls", { to, metadata })));
        last = placed.at(-1).json;
    }
    await until("he is cut", isCut, { timeoutMs: 90_000 });
    await world.sim.idle();
    await world.callOver(last.id);
    slow.answer.resume();
    await slow.over();
    assert.equal(slow.events.at(-1).event, "bye");
    const back = await listen(world, { lastId: slow.lastId });
    await back.heardOf(last.id, "call.ended");
    await quickOne.heardOf(last.id, "call.ended");
    const whole = [...slow.news, ...back.news].map(({ id }) => id);
    const others = quickOne.news.map(({ id }) => id);
    const common = Math.min(whole.length, others.length);
    assert.deepEqual(whole.slice(0, common), others.slice(0, common));
    back.close();
    quickOne.close();
});

// What Twilio says while the server is away is lost: it is asked after a second of silence.
const curious = {
    SWITCHHOOK_QUEUED_SILENCE_MS: "1000",
    SWITCHHOOK_RINGING_SILENCE_MS: "1000",
    SWITCHHOOK_IN_PROGRESS_SILENCE_MS: "1000",
};

alone("killed again and again, every listener hears what the timeline says, once and in order", { ...quick, ...curious }, async (world) => {
    let lastId = null;
    const heard = [];
    for (let round = 0; round < 6; round++) {
        const listener = await listen(world, { lastId });
        assert.equal(listener.hello.resumed, round > 0);
        const load = Array.from({ length: 15 }, async () => {
            const to = world.number();
            await world.sim.callee(to, { answer_after_ms: 200, hangup_after_ms: 300 });
            await world.api.post("/calls", { to }).catch(() => {});
        });
        await until("some events have come", () => listener.news.length > 10 + round * 7);
        await world.kill9();
        await Promise.allSettled(load);
        await listener.over();
        heard.push(...listener.news);
        lastId = listener.lastId;
        await world.start();
    }
    const open = "placement NOT IN ('placed', 'refused') OR (placement = 'placed' AND ended_at = 0)";
    await until("every call is over", () => world.count(`calls WHERE ${open}`) === 0, { timeoutMs: 30_000 });
    await world.sim.idle();
    const end = await place(world);
    await world.callOver(end.id);
    const last = await listen(world, { lastId });
    await last.heardOf(end.id, "call.ended");
    heard.push(...last.news);
    assert.equal(new Set(heard.map(({ id }) => id)).size, heard.length, "something was told twice");
    const told = toldByTheTimeline(world);
    const names = heard.map(({ event }) => event);
    assert.deepEqual(names, told.map(([name]) => name).slice(0, names.length));
    assert.ok(told.length - names.length < 3, `${told.length - names.length} events were not told`);
    last.close();
});
