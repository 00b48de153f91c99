// Users of the application, by its token or by its word: what they hear of each other's calls, what is written down about
// them, and that one who asks too often stands in nobody's way but his own.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after } from "node:test";

import { Application } from "./support/application.mjs";
import { listen } from "./support/events.mjs";
import { Caller, stage, until } from "./support/world.mjs";

const application = await Application.open();
after(() => application.close());
const secret = randomBytes(32).toString("hex");

const users = {
    SWITCHHOOK_AUTH: "key,jwt,forward",
    SWITCHHOOK_JWT_SECRET: secret,
    SWITCHHOOK_JWT_GROUP_CLAIM: "team",
    SWITCHHOOK_JWT_LEEWAY: "0",
    SWITCHHOOK_FORWARD_AUTH_URL: `${application.origin}/auth`,
    SWITCHHOOK_EVENTS_HEARTBEAT_MS: "100",
    SWITCHHOOK_TRUSTED_PROXIES: "127.0.0.1",
};
const scenario = stage(users);
const hurried = stage({ ...users, SWITCHHOOK_RATE_USER: "1", SWITCHHOOK_RATE_USER_BURST: "4" });

const seconds = () => Math.floor(Date.now() / 1000);
const user = async (world, sub, further) => world.as(await application.token({ sub, ...further }, { secret }));

/** A user whom the application knows by a session of his own, on a page of ours. */
function session(world, identity) {
    const authorization = `Session ${randomBytes(16).toString("hex")}`;
    application.sessions.set(authorization, { status: 200, headers: { "X-Auth-Identity": identity } });
    return new Caller(world, { ...world.hostHeader(), authorization, origin: world.env.TWILIO_WEBHOOK_BASE_URL });
}

async function ring(world, caller) {
    const to = world.number();
    await world.sim.callee(to, { manual: true });
    const { status, json, text } = await caller.post("/calls", { to });
    assert.equal(status, 201, text);
    return json;
}

// ---- /events

scenario("of a group's calls hear its members who may read them; others hear their own and nothing else", async (world) => {
    const team = world.name("sales");
    const as = (stem, group, scope) => user(world, world.name(stem), { team: group, scope });
    const ann = await as("ann", team);
    const heard = { ann, ben: await as("ben", team, "calls:read-group") };
    const deaf = { dan: await as("dan", team), eve: await as("eve", `${team}x`, "calls:read-group"), fay: await as("fay", undefined, "calls:read-group") };
    const ears = {};
    for (const [name, { headers }] of Object.entries({ ...heard, ...deaf }))
        ears[name] = await listen(world, { headers });
    const call = await ring(world, ann);
    for (const name of Object.keys(heard))
        await ears[name].heardOf(call.id, "call.ringing");

    for (const [name, caller] of Object.entries(heard)) {
        const target = `/events?call=${call.id}`;
        const one = await listen(world, { target, headers: caller.headers });
        assert.deepEqual(one.hello.calls.map(({ id }) => id), [call.id], name);
        one.close();
    }
    for (const [name, caller] of Object.entries(deaf)) {
        for (const id of [call.id, call.sid]) {
            const foreign = await caller.get(`/events?call=${id}`);
            const nobodys = await caller.get(`/events?call=call_00000000000000000000000001`);
            assert.deepEqual([foreign.status, foreign.json.detail], [404, nobodys.json.detail], name);
        }
        const late = await listen(world, { headers: caller.headers });
        assert.deepEqual(late.hello.calls, [], name);
        late.close();
    }
    await world.sim.answer(call.sid);
    await world.sim.hangUp(call.sid);
    for (const name of Object.keys(heard))
        await ears[name].heardOf(call.id, "call.ended");

    // What they hear of calls of their own, later, shows that nothing was only on its way.
    for (const [name, caller] of Object.entries(deaf)) {
        const own = await ring(world, caller);
        await world.sim.answer(own.sid);
        await world.sim.hangUp(own.sid);
        await ears[name].heardOf(own.id, "call.ended");
        assert.deepEqual([...new Set(ears[name].news.map(({ data }) => data.call_id))], [own.id], name);
    }
    for (const one of Object.values(ears))
        one.close();
});

scenario("who missed it and asks from where he was hears of the group's calls, a stranger of none", async (world) => {
    const team = world.name("night");
    const as = (stem, group) => user(world, world.name(stem), { team: group, scope: "calls:read-group" });
    const [ann, ben, eve] = [await as("ann", team), await as("ben", team), await as("eve", `${team}x`)];
    const begin = await listen(world, { headers: ben.headers });
    begin.close();
    const call = await ring(world, ann);
    await world.sim.answer(call.sid);
    await world.sim.hangUp(call.sid);
    await world.callOver(call.id);
    const back = await listen(world, { headers: ben.headers, lastId: begin.lastId });
    await back.heardOf(call.id, "call.ended");
    const stranger = await listen(world, { headers: eve.headers, lastId: begin.lastId });
    assert.equal(stranger.hello.resumed, true);
    const own = await ring(world, eve);
    await stranger.heardOf(own.id, "call.ringing");
    assert.equal(stranger.names(call.id).length, 0);
    await world.sim.hangUp(own.sid);
    back.close();
    stranger.close();
});

scenario("recordings are told only to who may hear of them", async (world) => {
    const name = world.name("alice");
    const plain = await user(world, name);
    const trusted = await user(world, name, { scope: "recordings:read" });
    const [blind, seeing] = [await listen(world, { headers: plain.headers }), await listen(world, { headers: trusted.headers })];
    const call = await ring(world, plain);
    await world.sim.answer(call.sid);
    const recording = world.sid("RE");
    const fields = { CallSid: call.sid, RecordingSid: recording, RecordingStatus: "completed", RecordingDuration: "4", RecordingUrl: `https://api.twilio.com/${recording}` };
    assert.equal((await world.deliver("/webhooks/recording-status", fields)).status, 204);
    await world.sim.hangUp(call.sid);
    const { data } = await seeing.heardOf(call.id, "call.recording");
    assert.deepEqual(data.call.recordings.map(({ sid }) => sid), [recording]);
    await blind.heardOf(call.id, "call.ended");
    assert.deepEqual(blind.names(call.id).filter((kind) => kind === "call.recording"), []);
    assert.doesNotMatch(JSON.stringify(blind.events), new RegExp(`recordings|${recording}`));
    const late = await listen(world, { headers: plain.headers, lastId: blind.events[0].id });
    await late.heardOf(call.id, "call.ended");
    assert.doesNotMatch(JSON.stringify(late.events), new RegExp(`recordings|${recording}`));
    for (const one of [blind, seeing, late])
        one.close();
});

scenario("a token that expires ends its stream, by header and by ticket, and no other", async (world) => {
    const name = world.name("alice");
    const exp = seconds() + 3;
    const short = await user(world, name, { exp });
    const long = await user(world, name);
    const { json } = await short.post("/events/tickets");
    const unused = (await short.post("/events/tickets")).json.ticket;
    assert.ok(Date.parse(json.expires_at) <= exp * 1000, json.expires_at);
    const ending = [
        await listen(world, { headers: short.headers }),
        await listen(world, { target: `/events?ticket=${json.ticket}`, headers: world.hostHeader() }),
    ];
    const staying = await listen(world, { headers: long.headers });
    for (const one of ending) {
        const bye = await one.heard("bye", ({ event }) => event === "bye");
        assert.ok(Date.now() >= exp * 1000, "it ended before its time");
        assert.equal(bye.data.reason, "expired");
        await one.over();
    }
    assert.equal((await short.get("/events")).status, 401);
    assert.equal((await world.stranger.get(`/events?ticket=${unused}`)).status, 401, "nor does a ticket outlive it");
    const beats = staying.comments;
    await until("the other one goes on", () => staying.comments > beats);
    assert.equal(staying.ended, false);
    const back = await listen(world, { headers: long.headers, lastId: ending[0].lastId });
    assert.equal(back.hello.resumed, true, "a fresh token goes on where the old one was");
    for (const one of [staying, back])
        one.close();
});

// ---- the audit log

const rowThat = (world, query, looks = () => true) =>
    until(`there is a row for ${query}`, async () => (await world.api.get(`/audit?limit=200&${query}`)).json.items.find(looks));

for (const [kind, enter] of [["jwt", user], ["forward", session]])
    scenario(`${kind}: what the user did, and what it was refused, is written down with its name`, async (world) => {
        const name = world.name("alice");
        const caller = await enter(world, name);
        const headers = { "x-forwarded-for": "203.0.113.44" };
        const to = world.number();
        const { json: call } = await caller.post("/calls", { to }, headers);
        const placed = await rowThat(world, `call=${call.id}&action=call.place`);
        assert.deepEqual([placed.actor_kind, placed.actor, placed.address, placed.allowed, placed.reason], [kind, `user:${name}`, "203.0.113.44", true, null]);
        assert.equal((await caller.post("/token", {}, headers)).status, 200);
        const minted = await rowThat(world, `actor=user:${name}&action=token.mint`);
        assert.deepEqual([minted.actor_kind, minted.subject, minted.allowed], [kind, name, true]);

        assert.equal((await caller.get("/audit", headers)).status, 403);
        const refused = await rowThat(world, `actor=user:${name}&allowed=false`, ({ action }) => action === "access.refused");
        assert.deepEqual([refused.actor_kind, refused.subject, refused.reason, refused.address], [kind, "/audit", "forbidden", "203.0.113.44"]);
        assert.match(refused.detail, /audit:read/);
        assert.equal((await caller.post("/calls", { to: "+19005550100" }, headers)).status, 403);
        const denied = await rowThat(world, `actor=user:${name}&action=call.refused`);
        assert.deepEqual([denied.actor_kind, denied.allowed, denied.reason], [kind, false, "destination-denied"]);
    });

scenario("a token that is no good is written down, but not the name in it", async (world) => {
    const name = world.name("mallory");
    const stale = await user(world, name, { exp: seconds() - 60 });
    assert.equal((await stale.get("/calls", { "x-forwarded-for": "203.0.113.45" })).status, 401);
    const row = await rowThat(world, "action=auth.refused", ({ address }) => address === "203.0.113.45");
    assert.deepEqual([row.actor_kind, row.actor, row.allowed], ["stranger", null, false]);
    assert.equal(world.count("audit WHERE actor = :actor OR identity = :name", { actor: `user:${name}`, name }), 0);
});

// ---- rates

for (const [kind, enter] of [["jwt", user], ["forward", session]])
    hurried(`${kind}: a user who asks too often is refused, with any token of his; others and keys are not`, async (world) => {
        const name = world.name("alice");
        const alice = await enter(world, name);
        for (let left = 3; left >= 0; left--) {
            const { status, headers } = await alice.get("/calls?limit=1");
            assert.equal(status, 200);
            assert.match(headers.ratelimit, new RegExp(`"user";r=${left};t=\\d+`));
        }
        for (const caller of [alice, await enter(world, name)]) {
            const grown = await world.growth(async () => {
                const { status, json, headers } = await caller.get("/calls?limit=1");
                assert.deepEqual([status, json.code], [429, "rate-limited"]);
                assert.ok(Number(headers["retry-after"]) >= 1 && Number(headers["retry-after"]) <= 60, headers["retry-after"]);
            });
            assert.equal(grown['switchhook_rate_refused_total{rate="user"}'], 1);
        }
        const before = world.count("calls");
        assert.equal((await alice.post("/calls", { to: world.number() })).status, 429);
        assert.equal(world.count("calls"), before);
        assert.equal((await (await enter(world, world.name("bob"))).get("/calls?limit=1")).status, 200);
        for (let i = 0; i < 6; i++)
            assert.equal((await world.api.get("/calls?limit=1")).status, 200, "a key is no user");
        const row = await rowThat(world, `actor=user:${name}&action=rate.refused`);
        assert.deepEqual([row.actor_kind, row.allowed], [kind, false]);
    });
