// Who did what: each deed leaves a row that says who, what, on which call, from where, allowed or not.
import assert from "node:assert/strict";

import { stage, until } from "./support/world.mjs";

const scenario = stage({ SWITCHHOOK_AUDIT_REPEAT_MS: "200", SWITCHHOOK_TRUSTED_PROXIES: "127.0.0.1" });
const short = stage({ SWITCHHOOK_AUDIT_TTL_MS: "3000" });

async function rows(world, query = "") {
    const { status, json, text } = await world.api.get(`/audit?limit=200${query}`);
    assert.equal(status, 200, text);
    return json.items;
}

/** The first row for which `looks` is true, once it is there: refusals are written behind the answer. */
const row = (world, query, looks = () => true) => until(`there is a row for ${query}`, async () => (await rows(world, query)).find(looks));

const idOf = (key) => key.match(/^shk_(\w+)_/)[1];

scenario("a call that is placed and ended: who, from where, on which call, and no number in full", async (world) => {
    const caller = await world.newCaller("calls:place calls:read calls:control");
    const to = world.number();
    await world.sim.callee(to, { manual: true });
    const headers = { "x-forwarded-for": "203.0.113.9" };
    const { json: call, headers: answer } = await caller.post("/calls", { to }, headers);
    await caller.post(`/calls/${call.id}/hangup`, undefined, headers);
    const found = await rows(world, `&call=${call.id}`);
    assert.deepEqual(found.map(({ action }) => action), ["call.hangup", "call.place"]);
    const placed = found[1];
    assert.equal(placed.actor, idOf(caller.key));
    assert.equal(placed.actor_kind, "key");
    assert.equal(placed.actor_name, caller.name);
    assert.equal(placed.address, "203.0.113.9");
    assert.equal(placed.allowed, true);
    assert.equal(placed.request_id, answer["x-request-id"]);
    assert.equal(placed.number, `${to.slice(0, 1)}${"*".repeat(to.length - 5)}${to.slice(-4)}`);
    assert.equal(JSON.stringify(found).includes(to), false);
});

scenario("a browser that calls is there too: who, whom, on which call", async (world) => {
    const identity = world.name("agent");
    const to = world.number();
    await world.sim.callee(to, { answer_after_ms: 100, hangup_after_ms: 1000 });
    const { call_sid: sid } = await world.sim.browser({ identity, to });
    await world.sim.idle();
    const { id } = await world.callOver(sid);
    const found = await rows(world, `&call=${id}`);
    assert.deepEqual(found.map(({ action, allowed, identity: who }) => [action, allowed, who]), [["call.dial", true, identity]]);
    assert.equal(found[0].number.slice(-4), to.slice(-4));
    assert.equal((await rows(world, `&actor=${identity}`)).length, 1);
});

scenario("a repeat of an Idempotency-Key is no second deed", async (world) => {
    const caller = await world.newCaller("calls:place");
    const to = world.number();
    for (let i = 0; i < 3; i++)
        assert.equal((await caller.post("/calls", { to }, { "idempotency-key": "audited" })).status, 201);
    assert.equal((await rows(world, `&actor=${idOf(caller.key)}&action=call.place`)).length, 1);
});

scenario("what a caller may not do is there, with the scope that is missing", async (world) => {
    const caller = await world.newCaller("calls:read");
    assert.equal((await caller.post("/calls", { to: world.number() })).status, 403);
    const refused = await row(world, `&actor=${idOf(caller.key)}&allowed=false`);
    assert.equal(refused.action, "access.refused");
    assert.equal(refused.subject, "/calls");
    assert.equal(refused.reason, "forbidden");
    assert.match(refused.detail, /calls:place/);
});

scenario("wrong keys are there once, and how often they came again", async (world) => {
    const headers = { authorization: `Bearer shk_${"0".repeat(16)}_${"0".repeat(64)}`, "x-forwarded-for": "198.51.100.77" };
    for (let i = 0; i < 20; i++)
        assert.equal((await world.stranger.get("/calls", headers)).status, 401);
    const all = await until("20 are told", async () => {
        const found = (await rows(world, "&action=auth.refused")).filter(({ address }) => address === "198.51.100.77");
        return found.reduce((sum, { times }) => sum + times, 0) === 20 && found;
    });
    assert.ok(all.length <= 6, `${all.length} rows`);
    assert.equal(all[0].actor_kind, "stranger");
    assert.equal(all[0].actor, null);
});

scenario("forged requests are there", async (world) => {
    await world.deliver("/twiml", { CallSid: world.sid(), To: world.number() }, { signature: "Zm9yZ2Vk", headers: { "x-forwarded-for": "198.51.100.78" } });
    const forged = await row(world, "&action=auth.refused", ({ address }) => address === "198.51.100.78");
    assert.equal(forged.reason, "bad-signature");
    assert.equal(forged.subject, "/twiml");
});

scenario("a token is there, for whom and by whom", async (world) => {
    const caller = await world.newCaller("tokens:mint-any");
    const identity = world.name("alice");
    assert.equal((await caller.post("/token", { identity })).status, 200);
    const minted = await row(world, `&actor=${idOf(caller.key)}&action=token.mint`);
    assert.equal(minted.subject, identity);
});

scenario("keys that were made and revoked on the command line are there", async (world) => {
    const caller = await world.newCaller("calls:read");
    world.run(["key", "revoke", idOf(caller.key)]);
    const made = (await rows(world, "&action=key.create")).find(({ subject }) => subject === idOf(caller.key));
    const revoked = (await rows(world, "&action=key.revoke")).find(({ subject }) => subject === idOf(caller.key));
    for (const one of [made, revoked]) {
        assert.equal(one.actor_kind, "operator");
        assert.equal(one.actor, `uid:${process.getuid()}`);
    }
    assert.match(made.detail, /calls:read/);
    const { status } = world.run(["key", "revoke", "nobody"]);
    assert.equal(status, 1);
    assert.equal((await rows(world, "&action=key.revoke")).some(({ subject }) => subject === "nobody"), false, "what failed left no row");
});

scenario("a reload is there", async (world) => {
    world.server.child.kill("SIGHUP");
    const reload = await row(world, "&action=config.reload");
    assert.equal(reload.actor, "SIGHUP");
    assert.equal(reload.allowed, true);
});

scenario("pages, filters and mistakes in them", async (world) => {
    const first = (await world.api.get("/audit?limit=1")).json;
    const second = (await world.api.get(`/audit?limit=1&cursor=${first.next_cursor}`)).json;
    assert.notDeepEqual(first.items, second.items);
    const since = (await rows(world))[0].at;
    assert.ok((await rows(world, `&since=${since}`)).length >= 1);
    assert.equal((await rows(world, "&until=1970-01-01T00:00:00Z")).length, 0);
    for (const bad of ["limit=0", "limit=201", "cursor=x", "action=call", "allowed=yes", "call=CA1", "since=x", "actor=", "color=red", "limit=1&limit=2"]) {
        const { status, json } = await world.api.get(`/audit?${bad}`);
        assert.deepEqual([status, json.field], [422, bad.split("=")[0]]);
    }
    assert.equal((await world.stranger.get("/audit")).status, 401);
    assert.equal((await (await world.newCaller("calls:read-all calls:read")).get("/audit")).status, 403);
    assert.equal((await (await world.newCaller("audit:read")).get("/audit")).status, 200);
});

scenario("what was answered is still there after kill -9", async (world) => {
    const to = world.number();
    await world.sim.callee(to, { manual: true });
    const { json: call } = await world.api.post("/calls", { to });
    await world.sim.idle();
    await world.kill9();
    await world.start();
    assert.equal((await rows(world, `&call=${call.id}&action=call.place`)).length, 1);
});

short("old rows go", async (world) => {
    world.createKey("late", "all");
    assert.ok(world.count("audit") >= 1);
    await until("they are gone", () => world.count("audit") === 0);
});
