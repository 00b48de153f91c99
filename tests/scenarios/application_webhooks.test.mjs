// The application's own webhooks: who subscribes is told what happens, signed, in order for each call, at least once, whatever
// becomes of the endpoint or of us meanwhile.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after } from "node:test";

import { Disk } from "./support/disk.mjs";
import { Endpoint, Webhook, typesOf } from "./support/endpoint.mjs";
import { Listener } from "./support/events.mjs";
import { complaints } from "./support/schema.mjs";
import { stage, until } from "./support/world.mjs";

const endpoint = await Endpoint.open();
after(() => endpoint.close());

const quick = {
    SWITCHHOOK_WEBHOOK_NETWORKS: "127.0.0.1",
    SWITCHHOOK_WEBHOOK_BACKOFF_MS: "20",
    SWITCHHOOK_WEBHOOK_BACKOFF_MAX_MS: "100",
    SWITCHHOOK_WEBHOOK_TIMEOUT_MS: "2000",
    SWITCHHOOK_WEBHOOK_SWEEP_MS: "100",
};
const disk = new Disk();
after(() => disk.remove());
const scenario = stage(() => ({ ...quick, ...disk.env }));

let paths = 0;
const freshPath = () => `/in/${paths++}`;

/** A subscription to a path of its own: { id, secret, path, ...}. */
async function subscribe(world, wish = {}, at = freshPath()) {
    const { status, json, text } = await world.api.post("/subscriptions", { url: endpoint.origin + at, ...wish });
    assert.equal(status, 201, text);
    return { ...json, path: at };
}

const unsubscribe = (world, { id }) => world.api.request("DELETE", `/subscriptions/${id}`);
const subscription = async (world, { id }) => (await world.api.get(`/subscriptions/${id}`)).json;
const deliveries = async (world, { id }, query = "") => (await world.api.get(`/subscriptions/${id}/deliveries?limit=200${query}`)).json.items;

/** A call that is made and over: its id. */
async function aCall(world, how = { answer_after_ms: 10, hangup_after_ms: 10 }) {
    const to = world.number();
    await world.sim.callee(to, how);
    const { status, json, text } = await world.api.post("/calls", { to });
    assert.ok([201, 202].includes(status), text);
    await world.callOver(json.id);
    return json.id;
}

const ofCall = (list, id) => list.filter(({ event }) => event.data.call_id === id);
const isOver = (id) => (list) => ofCall(list, id).some(({ event }) => event.type === "call.ended");

scenario("a subscriber is told of a call from its beginning to its end, signed as the public library wants it", async (world) => {
    const mine = await subscribe(world);
    assert.match(mine.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
    assert.equal((await subscription(world, mine)).secret, undefined, "a secret is shown once");
    const id = await aCall(world);
    const list = ofCall(await endpoint.until("the end is told", mine.path, isOver(id)), id);
    assert.equal(list[0].event.type, "call.created");
    for (const one of list) {
        const event = new Webhook(mine.secret).verify(one.body, one.headers);
        assert.equal(event.type, event.data.type);
        assert.equal(event.timestamp, event.data.at);
        assert.equal(event.data.call.id, id);
        assert.equal(one.method, "POST");
        assert.match(one.headers["content-type"], /^application\/json/);
        assert.match(one.headers["webhook-id"], /^msg_[\w-]{22}$/);
        assert.throws(() => new Webhook(mine.secret).verify(one.body.replace("call", "Call"), one.headers));
    }
    assert.equal(new Set(list.map(({ headers }) => headers["webhook-id"])).size, list.length);
    const log = await until("all is delivered", async () => {
        const items = await deliveries(world, mine);
        return items.every(({ state }) => state === "delivered") && items;
    });
    assert.deepEqual(log.map(({ id: one }) => one).reverse(), endpoint.to(mine.path).map(({ headers }) => headers["webhook-id"]));
    assert.equal(log[0].last.status, 204);
    await unsubscribe(world, mine);
});

scenario("the same is told as to a listener of /events", async (world) => {
    const mine = await subscribe(world);
    const listener = await new Listener(world).open();
    const id = await aCall(world);
    const list = ofCall(await endpoint.until("the end is told", mine.path, isOver(id)), id);
    await until("the listener hears the end", () => listener.events.some(({ event, data }) => event === "call.ended" && data.call_id === id));
    const heard = listener.events.filter(({ data }) => data.call_id === id);
    const told = list.slice(0, heard.length);
    assert.deepEqual(told.map(({ event }) => [event.type, event.data.at]), heard.slice(0, told.length).map(({ event, data }) => [event, data.at]));
    // Both show the call as it is when they tell, so the same is only what does not move.
    const still = ({ type, at, call_id, direction, identity, call }) => ({ type, at, call_id, direction, identity, id: call.id, from: call.from, to: call.to });
    for (const [i, { event }] of told.entries()) {
        assert.deepEqual(Object.keys(event), ["type", "timestamp", "data"]);
        assert.deepEqual(Object.keys(event.data), Object.keys(heard[i].data));
        assert.deepEqual(Object.keys(event.data.call), Object.keys(heard[i].data.call));
        assert.deepEqual(still(event.data), still(heard[i].data));
    }
    listener.close();
    await unsubscribe(world, mine);
});

scenario("only what was asked for, and only of whom", async (world) => {
    const ends = await subscribe(world, { events: ["call.ended", "leg.*"] });
    const hers = await subscribe(world, { events: ["*"], identity: world.name("nobody") });
    const id = await aCall(world);
    await endpoint.until("the end is told", ends.path, isOver(id));
    assert.ok(typesOf(endpoint.to(ends.path)).every((type) => type === "call.ended" || type.startsWith("leg.")));
    assert.equal(endpoint.to(hers.path).length, 0);
    for (const wish of [ends, hers])
        await unsubscribe(world, wish);
});

scenario("a call's events come in order although the first ones fail, and others do not wait for them", async (world) => {
    const mine = await subscribe(world);
    let stubborn = null;
    let refusals = 0;
    endpoint.answer = (one) => {
        if (one.path !== mine.path)
            return 204;
        stubborn ??= one.event.data.call_id;
        return one.event.data.call_id === stubborn && refusals++ < 5 ? { status: 500, body: "not now" } : 204;
    };
    const first = await aCall(world);
    assert.equal(first, stubborn);
    const second = await aCall(world);
    await endpoint.until("the second is told", mine.path, isOver(second));
    const list = await endpoint.until("the first is told too", mine.path, isOver(first));
    for (const id of [first, second]) {
        const taken = ofCall(list, id).filter(({ status }) => status === 204);
        const order = (await deliveries(world, mine)).filter(({ call_id }) => call_id === id).map((one) => one.id).reverse();
        assert.deepEqual(taken.map(({ headers }) => headers["webhook-id"]), order.slice(0, taken.length));
    }
    const repeated = ofCall(list, first).filter(({ status }) => status === 500);
    assert.equal(repeated.length, 5);
    assert.equal(new Set(repeated.map(({ headers }) => headers["webhook-id"])).size, 1, "the same id for each attempt");
    const { json } = await world.api.get(`/deliveries/${repeated[0].headers["webhook-id"]}`);
    assert.equal(json.attempts, 6);
    assert.deepEqual(json.log.map(({ status }) => status), [500, 500, 500, 500, 500, 204]);
    assert.equal(json.log[0].answer, "not now");
    assert.equal(json.log[0].error, "status 500");
    endpoint.answer = () => 204;
    await unsubscribe(world, mine);
});

scenario("kill -9: nothing is lost, the order stays, and what may have been taken comes again with the same id", async (world) => {
    const mine = await subscribe(world);
    let down = true;
    endpoint.answer = () => (down ? new Promise(() => {}) : 204);
    const ids = [];
    for (let i = 0; i < 3; i++)
        ids.push(await aCall(world));
    await endpoint.until("some are under way", mine.path, (list) => list.length >= 3);
    await world.sim.idle();
    await world.kill9();
    down = false;
    await world.start();
    for (const id of ids)
        await endpoint.until("each is told to its end", mine.path, isOver(id));
    const log = await until("all is delivered", async () => {
        const items = await deliveries(world, mine);
        return items.every(({ state }) => state === "delivered") && items;
    });
    for (const id of ids) {
        const taken = ofCall(endpoint.to(mine.path), id).filter(({ status }) => status === 204);
        const order = log.filter(({ call_id }) => call_id === id).map((one) => one.id).reverse();
        assert.deepEqual(taken.map(({ headers }) => headers["webhook-id"]), order);
        assert.equal(ofCall(endpoint.to(mine.path), id)[0].headers["webhook-id"], order[0]);
    }
    endpoint.to(mine.path, mine.secret);
    endpoint.answer = () => 204;
    await unsubscribe(world, mine);
});

scenario("SIGTERM waits for answers under way, and writes them down", async (world) => {
    const mine = await subscribe(world, { events: ["call.ended"] });
    let release;
    const held = new Promise((resolve) => (release = resolve));
    endpoint.answer = (one) => (one.path === mine.path ? held.then(() => 204) : 204);
    const id = await aCall(world);
    await endpoint.until("it is under way", mine.path, isOver(id));
    await world.sim.idle();
    const stopping = world.stop();
    await world.logLine("server.stopping").catch(() => {});
    release();
    await stopping;
    await world.start();
    endpoint.answer = () => 204;
    const [one] = await deliveries(world, mine);
    assert.equal(one.state, "delivered");
    assert.equal(endpoint.to(mine.path).length, 1, "it was not sent a second time");
    await unsubscribe(world, mine);
});

scenario("after a rotation both secrets sign, and then the new one alone", async (world) => {
    const mine = await subscribe(world, { events: ["call.ended"] });
    const { json: rotated } = await world.api.post(`/subscriptions/${mine.id}/rotate`, { overlap_seconds: 3600 });
    assert.notEqual(rotated.secret, mine.secret);
    assert.ok(Date.parse(rotated.old_secret_until) > Date.now() + 3_500_000);
    let id = await aCall(world);
    let [one] = await endpoint.until("it is told", mine.path, isOver(id));
    assert.equal(one.headers["webhook-signature"].split(" ").length, 2);
    for (const secret of [mine.secret, rotated.secret])
        new Webhook(secret).verify(one.body, one.headers);
    const { json: last } = await world.api.post(`/subscriptions/${mine.id}/rotate`, { overlap_seconds: 0 });
    id = await aCall(world);
    [one] = ofCall(await endpoint.until("it is told", mine.path, isOver(id)), id);
    new Webhook(last.secret).verify(one.body, one.headers);
    assert.throws(() => new Webhook(rotated.secret).verify(one.body, one.headers));
    const bring = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
    const { json: brought } = await world.api.post(`/subscriptions/${mine.id}/rotate`, { secret: bring });
    assert.equal(brought.secret, bring);
    const { text } = await world.api.get(`/subscriptions/${mine.id}`);
    assert.ok(!text.includes("whsec_"));
    await unsubscribe(world, mine);
});

scenario("a test comes at once, and its delivery can be looked at", async (world) => {
    const mine = await subscribe(world, { events: ["call.ended"] });
    const { status, json } = await world.api.post(`/subscriptions/${mine.id}/test`);
    assert.equal(status, 202);
    assert.equal(json.type, "subscription.test");
    const [one] = await endpoint.until("it comes", mine.path, (list) => list.length === 1);
    const event = new Webhook(mine.secret).verify(one.body, one.headers);
    assert.equal(event.data.subscription_id, mine.id);
    assert.equal(one.headers["webhook-id"], json.id);
    await until("it is written down", async () => (await world.api.get(`/deliveries/${json.id}`)).json.state === "delivered");
    await unsubscribe(world, mine);
});

scenario("410 disables at once; enabled again it goes on from where it was", async (world) => {
    const mine = await subscribe(world, { events: ["call.ended"] });
    let gone = true;
    endpoint.answer = (one) => (one.path === mine.path && gone ? 410 : 204);
    const first = await aCall(world);
    const off = await until("it is disabled", async () => {
        const now = await subscription(world, mine);
        return now.state === "disabled" && now;
    });
    assert.equal(off.disabled_because, "gone");
    const { json: audit } = await world.api.get("/audit?action=subscription.disable");
    assert.equal(audit.items[0].subject, mine.id);
    assert.equal(audit.items[0].reason, "gone");
    await world.logLine("subscription.disabled", ({ subscription: id }) => id === mine.id);
    gone = false;
    const second = await aCall(world);
    assert.equal((await world.api.post(`/subscriptions/${mine.id}/test`)).status, 409);
    await world.api.post(`/subscriptions/${mine.id}/enable`);
    for (const id of [first, second])
        await endpoint.until("it is told after all", mine.path, isOver(id));
    await unsubscribe(world, mine);
});

scenario("disabled by hand and enabled with skip, what was between is not told", async (world) => {
    const mine = await subscribe(world, { events: ["call.ended"] });
    const { json: off } = await world.api.post(`/subscriptions/${mine.id}/disable`);
    assert.equal(off.state, "disabled");
    assert.equal(off.disabled_because, "asked");
    const missed = await aCall(world);
    await world.api.post(`/subscriptions/${mine.id}/enable`, { skip: true });
    const told = await aCall(world);
    await endpoint.until("the later one is told", mine.path, isOver(told));
    assert.equal(ofCall(endpoint.to(mine.path), missed).length, 0);
    await unsubscribe(world, mine);
});

scenario("an endpoint that asks for time is left alone for it", async (world) => {
    const mine = await subscribe(world, { events: ["call.ended"] });
    let busy = true;
    endpoint.answer = (one) => {
        if (one.path !== mine.path || !busy)
            return 204;
        busy = false;
        return { status: 503, headers: { "retry-after": "1" } };
    };
    await world.restart({ SWITCHHOOK_WEBHOOK_BACKOFF_MAX_MS: "2000" });
    const id = await aCall(world);
    const list = await endpoint.until("it comes again", mine.path, (all) => ofCall(all, id).length === 2);
    assert.ok(list[1].at - list[0].at >= 950, `${list[1].at - list[0].at} ms`);
    await world.restart(quick);
    endpoint.answer = () => 204;
    await unsubscribe(world, mine);
});

scenario("many failures at once are one: when the endpoint is back, all of it comes soon", async (world) => {
    await world.restart({ SWITCHHOOK_WEBHOOK_BACKOFF_MS: "100", SWITCHHOOK_WEBHOOK_BACKOFF_MAX_MS: "60000" });
    const mine = await subscribe(world, { events: ["call.ended"] });
    let down = true;
    const waiting = [];
    endpoint.answer = (one) => (one.path === mine.path && down ? new Promise((resolve) => waiting.push(() => resolve(500))) : 204);
    const ids = await Promise.all(Array.from({ length: 12 }, () => aCall(world)));
    await endpoint.until("all are under way", mine.path, (list) => list.length === 12);
    down = false;
    waiting.forEach((answer) => answer());
    const healed = Date.now();
    for (const id of ids)
        await endpoint.until("each comes again", mine.path, (list) => ofCall(list, id).length === 2);
    assert.ok(Date.now() - healed < 10_000, `${Date.now() - healed} ms`);
    await world.restart(quick);
    endpoint.answer = () => 204;
    await unsubscribe(world, mine);
});

scenario("redirects are not followed, huge answers not read, and the beginning of an answer is kept", async (world) => {
    const elsewhere = freshPath();
    const redirected = await subscribe(world, { events: ["call.ended"] });
    const talkative = await subscribe(world, { events: ["call.ended"] });
    const refuser = await subscribe(world, { events: ["call.ended"] });
    endpoint.answer = (one) => {
        if (one.path === redirected.path)
            return { status: 302, headers: { location: endpoint.origin + elsewhere } };
        if (one.path === talkative.path)
            return { status: 200, body: "x".repeat(10_000_000) };
        return one.path === refuser.path ? { status: 422, body: `no ${"y".repeat(5000)}` } : 204;
    };
    const id = await aCall(world);
    const first = async (which, looks) => until("it is tried", async () => (await deliveries(world, which)).find(looks));
    const tried = await first(redirected, ({ attempts }) => attempts > 0);
    assert.equal(tried.last.error, "status 302, and redirects are not followed");
    assert.equal(endpoint.to(elsewhere).length, 0);
    const taken = await first(talkative, ({ state }) => state === "delivered");
    assert.equal(taken.last.status, 200);
    assert.equal(taken.attempts, 1);
    const refused = await first(refuser, ({ attempts }) => attempts > 0);
    assert.equal(refused.last.status, 422);
    assert.equal(refused.last.answer.length, 1024);
    void id;
    endpoint.answer = () => 204;
    for (const one of [redirected, talkative, refuser])
        await unsubscribe(world, one);
});

scenario("an endpoint that never answers is given up in time, and one that is not there is said so", async (world) => {
    await world.restart({ SWITCHHOOK_WEBHOOK_TIMEOUT_MS: "300" });
    const silent = await subscribe(world, { events: ["call.ended"] });
    const { json: absent } = await world.api.post("/subscriptions", { url: "http://127.0.0.1:1/" });
    endpoint.answer = (one) => (one.path === silent.path ? null : 204);
    for (const [which, why] of [[silent, /time/i], [absent, /connect/i]]) {
        const { json: test } = await world.api.post(`/subscriptions/${which.id}/test`);
        const tried = await until("it is tried", async () => {
            const { json } = await world.api.get(`/deliveries/${test.id}`);
            return json.attempts > 0 && json;
        });
        assert.match(tried.log[0].error, why);
        assert.equal(tried.log[0].status, null);
        assert.ok(tried.log[0].latency_ms < 5000);
    }
    await world.restart(quick);
    endpoint.answer = () => 204;
    for (const one of [silent, absent])
        await unsubscribe(world, one);
});

scenario("what is tried for too long is dead, is listed, and can be sent again, one or all", async (world) => {
    await world.restart({ SWITCHHOOK_WEBHOOK_GIVE_UP_MS: "300" });
    const mine = await subscribe(world, { events: ["call.*"] });
    let down = true;
    endpoint.answer = (one) => (one.path === mine.path && down ? 500 : 204);
    const id = await aCall(world);
    const dead = await until("all of it is dead", async () => {
        const items = await deliveries(world, mine);
        return items.length > 3 && items.every(({ state }) => state === "dead") && items;
    });
    assert.equal((await subscription(world, mine)).open_deliveries, 0);
    assert.deepEqual((await deliveries(world, mine, "&state=dead")).map((one) => one.id), dead.map((one) => one.id));
    down = false;
    const before = endpoint.to(mine.path).length;
    const oldest = dead.at(-1);
    const { status, json: again } = await world.api.post(`/deliveries/${oldest.id}/resend`);
    assert.equal(status, 202);
    assert.equal(again.id, oldest.id);
    await until("it is delivered", async () => (await world.api.get(`/deliveries/${oldest.id}`)).json.state === "delivered");
    assert.equal(endpoint.to(mine.path)[before].headers["webhook-id"], oldest.id);
    const { json: all } = await world.api.post(`/subscriptions/${mine.id}/resend`, { since: oldest.created_at });
    assert.deepEqual(all, { resent: dead.length - 1, more: false });
    await until("none is dead any more", async () => (await deliveries(world, mine)).every(({ state }) => state === "delivered"));
    const order = ofCall(endpoint.to(mine.path), id).filter(({ status: answered }) => answered === 204);
    assert.deepEqual(order.map(({ headers }) => headers["webhook-id"]), dead.map((one) => one.id).reverse());
    await world.restart({ SWITCHHOOK_WEBHOOK_GIVE_UP_MS: undefined });
    endpoint.answer = () => 204;
    await unsubscribe(world, mine);
});

scenario("an endpoint that fails for long is disabled", async (world) => {
    await world.restart({ SWITCHHOOK_WEBHOOK_DISABLE_AFTER_MS: "300" });
    const mine = await subscribe(world, { events: ["call.ended"] });
    endpoint.answer = (one) => (one.path === mine.path ? 500 : 204);
    await aCall(world);
    const off = await until("it is disabled", async () => {
        const now = await subscription(world, mine);
        return now.state === "disabled" && now;
    });
    assert.equal(off.disabled_because, "failing");
    assert.equal(off.last_failure, "status 500");
    assert.ok(Date.parse(off.failing_since) < Date.parse(off.disabled_at));
    assert.equal((await world.metrics())['switchhook_dispatch_subscriptions{state="disabled"}'], 1);
    await world.restart({ SWITCHHOOK_WEBHOOK_DISABLE_AFTER_MS: undefined });
    endpoint.answer = () => 204;
    await unsubscribe(world, mine);
});

scenario("one that is slow holds up nobody else, and has no more than its places", async (world) => {
    await world.restart({ SWITCHHOOK_WEBHOOK_IN_FLIGHT: "4", SWITCHHOOK_WEBHOOK_IN_FLIGHT_EACH: "3" });
    const slow = await subscribe(world, { events: ["*"] });
    const quickOne = await subscribe(world, { events: ["call.ended"] });
    let most = 0;
    let open = 0;
    endpoint.answer = async (one) => {
        if (one.path !== slow.path)
            return 204;
        most = Math.max(most, ++open);
        await new Promise((resolve) => setTimeout(resolve, 150));
        open--;
        return 204;
    };
    const ids = await Promise.all(Array.from({ length: 6 }, () => aCall(world)));
    for (const id of ids)
        await endpoint.until("the quick one is told", quickOne.path, isOver(id));
    assert.ok((await subscription(world, slow)).open_deliveries > 0, "the slow one is not through yet");
    for (const id of ids)
        await endpoint.until("the slow one is told too", slow.path, isOver(id));
    assert.ok(most > 1 && most <= 3, `${most} at once`);
    await world.restart({ SWITCHHOOK_WEBHOOK_IN_FLIGHT: undefined, SWITCHHOOK_WEBHOOK_IN_FLIGHT_EACH: undefined });
    endpoint.answer = () => 204;
    for (const one of [slow, quickOne])
        await unsubscribe(world, one);
});

scenario("thousands of events, more than its backlog holds, all come, each call's in order", async (world) => {
    await world.restart({ SWITCHHOOK_WEBHOOK_BACKLOG: "50" });
    const mine = await subscribe(world, { events: ["*"] });
    const calls = 250;
    for (let i = 0; i < calls; i += 25)
        await Promise.all(
            Array.from({ length: 25 }, async () => {
                const CallSid = world.sid();
                for (const [number, CallStatus] of ["ringing", "in-progress", "completed"].entries())
                    assert.equal((await world.deliver("/webhooks/call-status", { CallSid, CallStatus, Direction: "inbound", From: "+15005550001", To: "+15005550006", SequenceNumber: String(number), CallDuration: "1" })).status, 204);
            }),
        );
    await endpoint.until("all have ended", mine.path, (list) => list.filter(({ event }) => event.type === "call.ended").length === calls);
    const seen = new Map();
    for (const { event } of endpoint.to(mine.path, mine.secret))
        seen.set(event.data.call_id, [...(seen.get(event.data.call_id) ?? []), event.type]);
    assert.equal(seen.size, calls);
    for (const types of seen.values()) {
        assert.ok(types.indexOf("call.ringing") < types.indexOf("call.answered"), types.join());
        assert.equal(types.filter((type) => type === "call.ended").length, 1);
    }
    await world.restart({ SWITCHHOOK_WEBHOOK_BACKLOG: undefined });
    await unsubscribe(world, mine);
});

scenario("URLs that lead inside are refused, with a reason, and so is a name that means this machine", async (world) => {
    const inside = ["https://127.0.0.2/", "https://10.0.0.1/", "https://169.254.169.254/latest", "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://0x0a000001/", "https://192.168.1.1:8443/x"];
    const wrong = ["http://hooks.example.com/", "ftp://hooks.example.com/", "https://user:secret@hooks.example.com/", "nonsense", ""];
    for (const url of [...inside, ...wrong]) {
        const { status, json, text } = await world.api.post("/subscriptions", { url });
        assert.equal(status, 422, `${url}: ${text}`);
        assert.match(JSON.stringify(json), /url/);
        if (inside.includes(url)) assert.match(json.detail, /SWITCHHOOK_WEBHOOK_NETWORKS/, "and how one of one's own is allowed");
        assert.ok(!text.includes("secret@"), text);
    }
    // What a name means is found out when it is called: localhost is ::1 or 127.0.0.1, of which only the latter is allowed here.
    await world.restart({ SWITCHHOOK_WEBHOOK_NETWORKS: undefined });
    const { status, json: mine } = await world.api.post("/subscriptions", { url: `https://localhost:${endpoint.port}/inside` });
    assert.equal(status, 201);
    await world.api.post(`/subscriptions/${mine.id}/test`);
    const [one] = await until("it is tried", async () => {
        const items = await deliveries(world, mine);
        return items[0]?.attempts > 0 && items;
    });
    assert.equal(one.last.status, null);
    assert.match(one.last.error, /^localhost is at no address that requests may go to$/);
    assert.equal(endpoint.to("/inside").length, 0);
    await world.restart(quick);
    await unsubscribe(world, mine);
});

scenario("a certificate nobody vouches for is refused, and one of the given CA is taken", async (world) => {
    const file = (name) => path.join(world.dir, name);
    execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=endpoint", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", file("tls.key"), "-out", file("tls.pem")], { stdio: "ignore" });
    const secure = await Endpoint.open({ key: readFileSync(file("tls.key")), cert: readFileSync(file("tls.pem")) });
    try {
        const { json: mine } = await world.api.post("/subscriptions", { url: `${secure.origin}/in` });
        const { json: test } = await world.api.post(`/subscriptions/${mine.id}/test`);
        const tried = await until("it is tried", async () => {
            const { json } = await world.api.get(`/deliveries/${test.id}`);
            return json.attempts > 0 && json;
        });
        assert.match(tried.last.error, /certificate/i);
        assert.equal(secure.taken.length, 0);
        await world.restart({ SWITCHHOOK_WEBHOOK_CA_FILE: file("tls.pem") });
        await secure.until("it is taken", "/in", (list) => list.length === 1);
        secure.to("/in", mine.secret);
        await world.restart({ SWITCHHOOK_WEBHOOK_CA_FILE: undefined });
        await unsubscribe(world, mine);
    } finally {
        await secure.close();
    }
});

scenario("who may not see all calls cannot have them told, and reroutes nothing that it may not see", async (world) => {
    const few = await world.newCaller("webhooks:manage,calls:read");
    const most = await world.newCaller("webhooks:manage,calls:read-all");
    const none = await world.newCaller("calls:read-all");
    const wish = { url: `${endpoint.origin}${freshPath()}` };
    assert.equal((await few.post("/subscriptions", wish)).status, 403);
    assert.equal((await none.post("/subscriptions", wish)).status, 403);
    assert.equal((await none.get("/subscriptions")).status, 403);
    const { json: theirs } = await most.post("/subscriptions", wish);
    assert.equal(theirs.scopes, "calls:read-all");
    const mine = await subscribe(world);
    for (const [method, target, body] of [["PATCH", "", wish], ["POST", "/rotate", {}], ["POST", "/test"], ["POST", "/resend", {}], ["POST", "/enable", {}]])
        assert.equal((await most.request(method, `/subscriptions/${mine.id}${target}`, body)).status, 403, `${method} ${target}`);
    assert.equal((await most.request("PATCH", `/subscriptions/${theirs.id}`, { description: "ours", identity: "x" })).status, 200);
    assert.equal((await few.get("/subscriptions")).json.items.length, 2);
    // What was sent names calls, and what happened in them.
    const { json: sent } = await world.api.post(`/subscriptions/${mine.id}/test`);
    for (const blind of [few, most])
        for (const target of [`/subscriptions/${mine.id}/deliveries`, `/deliveries/${sent.id}`])
            assert.equal((await blind.get(target)).status, 403, target);
    assert.equal((await most.get(`/subscriptions/${theirs.id}/deliveries`)).status, 200);
    const { json: changed } = await most.request("PATCH", `/subscriptions/${theirs.id}`, { identity: null });
    assert.deepEqual([changed.identity, changed.description], [null, "ours"]);
    for (const one of [mine, theirs])
        await unsubscribe(world, one);
});

scenario("what is not understood is refused, naming the field", async (world) => {
    const url = endpoint.origin + freshPath();
    const cases = [
        [{}, "url"],
        [{ url, events: [] }, "events"],
        [{ url, events: ["call.nonsense"] }, "events"],
        [{ url, events: ["call"] }, "events"],
        [{ url, events: [7] }, "events"],
        [{ url, events: "call.*" }, "events"],
        [{ url, secret: "whsec_short" }, "secret"],
        [{ url, secret: `whsec_${Buffer.alloc(23).toString("base64")}` }, "secret"],
        [{ url, secret: Buffer.alloc(32).toString("base64") }, "secret"],
        [{ url, description: "x".repeat(257) }, "description"],
        [{ url, identity: "a\nb" }, "identity"],
        [{ url, colour: "red" }, "colour"],
        [{ url: `${url}?${"x".repeat(2048)}` }, "url"],
    ];
    for (const [wish, field] of cases) {
        const { status, json, text } = await world.api.post("/subscriptions", wish);
        assert.equal(status, 422, `${JSON.stringify(wish)}: ${text}`);
        assert.match(text, new RegExp(field));
        assert.equal(json.status, 422);
    }
    assert.equal((await world.api.get("/subscriptions")).json.items.length, 0);
    for (const id of ["sub_0123456789012345678901", "msg_0123456789012345678901", "nonsense"]) {
        const { status, json } = await world.api.get(`/subscriptions/${id}`);
        assert.deepEqual([status, json.detail], [404, "there is no such subscription"]);
        assert.equal((await world.api.get(`/subscriptions/${id}/deliveries`)).status, 404);
        assert.equal((await world.api.get(`/deliveries/${id}`)).json.detail, "there is no such delivery");
        assert.equal((await world.api.post(`/deliveries/${id}/resend`)).status, 404);
    }
});

scenario("the file is one place more: read at the start and by SIGHUP, its secrets beside it", async (world) => {
    const folder = path.join(world.dir, "documents");
    const at = freshPath();
    const secret = `whsec_${Buffer.alloc(32, 3).toString("base64")}`;
    const other = `whsec_${Buffer.alloc(32, 4).toString("base64")}`;
    const write = (document) => writeFileSync(path.join(folder, "subscriptions.json"), JSON.stringify(document));
    const entry = { url: endpoint.origin + at, events: ["call.ended"], secret_file: "crm-secret" };
    mkdirSync(folder);
    writeFileSync(path.join(folder, "crm-secret"), `${secret}\n`, { mode: 0o600 });
    writeFileSync(path.join(folder, "crm-next"), `${other}\n`, { mode: 0o600 });
    write({ subscriptions: { crm: entry } });
    await world.restart({ SWITCHHOOK_CONFIG_DIR: folder });
    const [mine] = (await world.api.get("/subscriptions")).json.items;
    assert.deepEqual([mine.source, mine.name], ["file", "crm"]);
    let id = await aCall(world);
    let [one] = await endpoint.until("it is told", at, isOver(id));
    new Webhook(secret).verify(one.body, one.headers);
    for (const [method, target, body] of [["PATCH", "", { description: "x" }], ["DELETE", ""], ["POST", "/rotate", {}]])
        assert.equal((await world.api.request(method, `/subscriptions/${mine.id}${target}`, body)).status, 409);
    assert.ok(!world.sqlite("SELECT * FROM subscriptions").some((row) => JSON.stringify(row).includes("whsec_")), "no secret in the database");

    write({ subscriptions: { crm: { ...entry, secret_file: "crm-next", old_secret_file: "crm-secret", description: "the CRM" } } });
    world.server.child.kill("SIGHUP");
    await until("it is changed", async () => (await subscription(world, mine)).description === "the CRM");
    id = await aCall(world);
    [one] = ofCall(await endpoint.until("it is told", at, isOver(id)), id);
    for (const each of [secret, other])
        new Webhook(each).verify(one.body, one.headers);

    write({ subscriptions: { crm: { ...entry, events: ["call.nonsense"], secret_file: "missing" } } });
    world.server.child.kill("SIGHUP");
    await until("it is refused", () => world.logged("config.rejected").length + world.logged("server.reload_rejected").length > 0 || /subscriptions\.json/.test(world.server.output));
    assert.equal((await subscription(world, mine)).description, "the CRM");

    write({ subscriptions: {} });
    world.server.child.kill("SIGHUP");
    await until("it is gone", async () => (await world.api.get("/subscriptions")).json.items.length === 0);
    await until("nothing is left of it", () => world.count("subscriptions") === 0);
    await world.restart({ SWITCHHOOK_CONFIG_DIR: undefined });
    rmSync(folder, { recursive: true });
});

scenario("the published schema and the reader agree about the file", (world) => {
    const folder = path.join(world.dir, "schema");
    const config = new URL("../../config/", import.meta.url);
    const schema = JSON.parse(readFileSync(new URL("subscriptions.schema.json", config), "utf8"));
    const sample = JSON.parse(readFileSync(new URL("subscriptions.sample.json", config), "utf8"));
    const secret = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
    mkdirSync(folder);
    for (const name of ["s", "crm-webhook-secret", "wallboard-webhook-secret", "wallboard-webhook-secret-old"])
        writeFileSync(path.join(folder, name), secret, { mode: 0o600 });
    const entry = (change) => ({ subscriptions: { a: { url: "https://hooks.example.com/", events: ["*"], secret_file: "s", ...change } } });
    const fine = [sample, {}, { subscriptions: {} }, entry({}), entry({ events: ["call.ended", "leg.*"], identity: null, group: "g", description: "d" })];
    const wrong = [
        { webhooks: {} },
        { subscriptions: [] },
        { subscriptions: { "a b": entry({}).subscriptions.a } },
        { subscriptions: { a: {} } },
        entry({ url: "hooks.example.com" }),
        entry({ events: [] }),
        entry({ events: ["call"] }),
        entry({ events: ["Call.*"] }),
        entry({ events: "*" }),
        entry({ secret_file: "" }),
        entry({ secret: secret }),
        entry({ identity: "" }),
        entry({ description: 7 }),
    ];
    for (const [documents, status] of [[fine, 0], [wrong, 2]])
        for (const document of documents) {
            writeFileSync(path.join(folder, "subscriptions.json"), JSON.stringify(document));
            const { stdout, stderr, status: got } = world.run(["check"], { SWITCHHOOK_CONFIG_DIR: folder });
            assert.equal(got === 2, status === 2, JSON.stringify(document) + stdout + stderr);
            assert.equal(complaints(schema, document, "subscriptions", schema).length > 0, status !== 0, JSON.stringify(document));
            assert.ok(!(stdout + stderr).includes(secret));
        }
    rmSync(folder, { recursive: true });
});

scenario("a full disk: what was answered is written down when there is room again, and nothing is sent twice", async (world) => {
    const mine = await subscribe(world, { events: ["call.*"] });
    const CallSid = world.sid();
    const told = { CallSid, Direction: "inbound", From: "+15005550001", To: "+15005550006" };
    let release;
    const held = new Promise((resolve) => (release = resolve));
    endpoint.answer = (one) => (one.path === mine.path ? held.then(() => 204) : 204);
    assert.equal((await world.deliver("/webhooks/call-status", { ...told, CallStatus: "ringing", SequenceNumber: "0" })).status, 204);
    await endpoint.until("the first is under way", mine.path, (list) => list.length === 1);
    disk.get("full");
    try {
        release();
        await world.logLine("dispatch.waits");
        assert.equal((await world.deliver("/webhooks/call-status", { ...told, CallStatus: "in-progress", SequenceNumber: "1" })).status, 503);
    } finally {
        disk.heal();
    }
    await until("facts are taken again", async () => (await world.deliver("/webhooks/call-status", { ...told, CallStatus: "completed", CallDuration: "1", SequenceNumber: "2" })).status === 204);
    await endpoint.until("the end is told", mine.path, (list) => typesOf(list).includes("call.ended"));
    await until("all is written down", async () => (await deliveries(world, mine)).every(({ state }) => state === "delivered"));
    const ids = endpoint.to(mine.path).map(({ headers }) => headers["webhook-id"]);
    assert.equal(new Set(ids).size, ids.length, "each came once");
    endpoint.answer = () => 204;
    await unsubscribe(world, mine);
});

scenario("the log forgets what is old", async (world) => {
    const mine = await subscribe(world, { events: ["call.ended"] });
    await aCall(world);
    await until("it is delivered", async () => (await deliveries(world, mine, "&state=delivered")).length === 1);
    await world.restart({ SWITCHHOOK_WEBHOOK_DELIVERED_TTL_MS: "1000" });
    await until("it is forgotten", async () => (await deliveries(world, mine)).length === 0);
    await world.restart({ SWITCHHOOK_WEBHOOK_DELIVERED_TTL_MS: undefined });
    await unsubscribe(world, mine);
});

scenario("without a subscription nothing is made", async (world) => {
    await until("all are gone", () => world.count("subscriptions") === 0);
    const before = world.count("deliveries");
    await aCall(world);
    assert.equal(world.count("deliveries"), before);
    assert.equal((await world.metrics())["switchhook_dispatch_open"], 0);
});
