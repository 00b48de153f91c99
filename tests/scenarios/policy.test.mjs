// Who may call whom, how often, how long: enforced when a call is placed by REST and when a browser calls, both at once
// too, and nobody gets more than that.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after } from "node:test";

import { complaints } from "./support/schema.mjs";
import { stage, until } from "./support/world.mjs";

const HOUR_MS = 12_000;
const folder = mkdtempSync(path.join(tmpdir(), "switchhook-policy-"));
const file = path.join(folder, "policy.json");
const write = (policy) => writeFileSync(file, typeof policy === "string" ? policy : JSON.stringify(policy));
write({});
after(() => rmSync(folder, { recursive: true, force: true }));

const OWN = "+15005550006";
const OWN_TOO = "+15005550007";
const PREMIUM = "+19005550100";

const scenario = stage(
    {
        SWITCHHOOK_CONFIG_DIR: folder,
        SWITCHHOOK_CALLER_IDS: OWN_TOO,
        SWITCHHOOK_POLICY_HOUR_MS: String(HOUR_MS),
        SWITCHHOOK_MENU: `1=client:sales,2=${PREMIUM}`,
        SWITCHHOOK_INBOUND_IDENTITY: "frontdesk",
        SWITCHHOOK_TWIML_URL_HOSTS: "twiml.example.com",
        SWITCHHOOK_PLACE_DEADLINE_MS: "3000",
    },
    { simulator: ["--number", OWN, "--number", OWN_TOO], gate: true },
);

const spoken = (leg) => leg.events.filter(({ what }) => what === "says").map(({ detail }) => detail.replaceAll('"', ""));
const idOf = (caller) => caller.key.split("_")[1];
const range = (count) => Array.from({ length: count }, (_, i) => i);

/** The server has this policy now. */
async function use(world, policy) {
    write(policy);
    const before = world.logged("config.reloaded").length;
    world.server.child.kill("SIGHUP");
    await until("the policy is read", () => world.logged("config.reloaded").length > before);
}

/** The server was asked to take this one, and has not. */
async function refuse(world, policy) {
    write(policy);
    const before = world.logged("config.rejected").length;
    world.server.child.kill("SIGHUP");
    await until("the policy is refused", () => world.logged("config.rejected").length > before);
}

const quiet = { manual: true, hangup_after_ms: null };

/** A browser calls and hears why not; nobody is dialled, nothing is spent. */
async function refusedBrowser(world, call, code) {
    const { call_sid: sid } = await world.sim.browser(call);
    await world.sim.idle();
    const known = await world.callOver(sid);
    assert.deepEqual([known.outcome, known.reason], ["refused", code]);
    assert.deepEqual(await world.sim.legs({ parent_call_sid: sid }), []);
    const said = spoken(await world.sim.leg(sid));
    assert.equal(said.length, 1);
    assert.match(said[0], /Goodbye\.$/);
    return known;
}

// ---- destinations and caller IDs

scenario("a premium number is refused wherever it is dialled from", async (world) => {
    await use(world, {});
    const identity = world.name("agent");
    const grew = await world.growth(async () => {
        const answer = await world.api.post("/calls", { to: PREMIUM });
        assert.equal(answer.status, 403, answer.text);
        assert.deepEqual([answer.json.code, answer.json.field], ["destination-denied", "to"]);
        assert.match(answer.json.detail, /\+1900 is denied \(premium rate/);
        await refusedBrowser(world, { identity, to: PREMIUM }, "destination-denied");
        const bridge = await world.api.post("/calls", { to: PREMIUM, flow: "bridge", identity });
        assert.equal(bridge.json.code, "destination-denied");
    });
    assert.equal(grew['switchhook_refusals_total{reason="destination-denied"}'], 3);
    assert.equal(await world.sim.dialled(PREMIUM), 0);
    // the menu of a call that is going on
    const to = world.number();
    await world.sim.callee(to, { answer_after_ms: 1000, hangup_after_ms: null, presses: "2" });
    const { json } = await world.api.post("/calls", { to, flow: "menu" });
    await world.sim.idle();
    const call = await world.callOver(json.id);
    assert.equal(call.reason, "destination-denied");
    assert.deepEqual(await world.sim.legs({ parent_call_sid: call.sid }), []);
    await world.sameTruth();
});

scenario("a refusal is in the audit log", async (world) => {
    await use(world, {});
    const identity = world.name("agent");
    await refusedBrowser(world, { identity, to: PREMIUM }, "destination-denied");
    const [row] = world.sqlite("SELECT * FROM audit WHERE identity = :identity", { identity });
    assert.deepEqual([row.action, row.allowed, row.reason], ["call.refused", 0, "destination-denied"]);
    const { status } = await world.api.post("/calls", { to: PREMIUM });
    assert.equal(status, 403);
    await until("the refusal of the key is written", () => world.count("audit WHERE action = 'call.refused' AND actor_kind = 'key'") > 0);
});

scenario("a list of countries is a wall, and a name may have its own", async (world) => {
    const [chief, agent] = [world.name("chief"), world.name("agent")];
    await use(world, {
        everybody: { destinations: { allow: ["+1300"] } },
        identities: { [chief]: { destinations: { allow: ["+1"] } } },
    });
    const far = "+14155550123";
    await refusedBrowser(world, { identity: agent, to: far }, "destination-denied");
    const { call_sid: sid } = await world.sim.browser({ identity: chief, to: far });
    await world.sim.idle();
    assert.equal((await world.callOver(sid)).outcome, "answered");
    await world.sameTruth();
});

scenario("the second half of a bridge asks again: the policy may have changed while the agent's phone rang", async (world) => {
    await use(world, {});
    const [agent, to] = [world.name("agent"), world.number()];
    await world.sim.callee(`client:${agent}`, quiet);
    const { json } = await world.api.post("/calls", { to, flow: "bridge", identity: agent });
    const leg = await world.sim.legThat({ to: `client:${agent}` }, "ringing");
    await use(world, { everybody: { destinations: { deny: [to] } } });
    await world.sim.answer(leg.call_sid);
    const call = await world.callOver(json.id);
    assert.equal(call.reason, "destination-denied");
    assert.deepEqual(await world.sim.legs({ parent_call_sid: leg.call_sid }), []);
});

scenario("caller IDs: what is not allowed is refused, what nobody asked for is chosen", async (world) => {
    const [agent, nobody] = [world.name("agent"), world.name("agent")];
    const caller = await world.newCaller("calls:place calls:read");
    await use(world, {
        identities: { [agent]: { caller_ids: [OWN_TOO] }, [nobody]: { caller_ids: [] } },
        keys: { [idOf(caller)]: { caller_ids: [OWN_TOO] } },
    });
    const to = world.number();
    const refused = await caller.post("/calls", { to, from: OWN });
    assert.deepEqual([refused.status, refused.json.code, refused.json.field], [403, "caller-id-not-allowed", "from"]);
    const later = await caller.post("/calls", { to, flow: "menu", caller_id: OWN });
    assert.equal(later.json.code, "caller-id-not-allowed");
    const chosen = await caller.post("/calls", { to });
    assert.deepEqual([chosen.status, chosen.json.from], [201, OWN_TOO]);
    assert.equal((await world.sim.leg({ to })).from, OWN_TOO);
    const friend = world.number();
    const { call_sid: sid } = await world.sim.browser({ identity: agent, to: friend });
    await world.sim.idle();
    assert.equal((await world.sim.childOf(sid)).from, OWN_TOO);
    await refusedBrowser(world, { identity: nobody, to: friend }, "caller-id-not-allowed");
});

// ---- how long

scenario("a call ends when its time is over: the shorter limit counts", async (world) => {
    const agent = world.name("agent");
    await use(world, { everybody: { call_seconds: 600 }, identities: { [agent]: { call_seconds: 60 } } });
    for (const [identity, limit] of [[agent, "60"], [world.name("agent"), "600"]]) {
        const { call_sid: sid } = await world.sim.browser({ identity, to: world.number() });
        await world.sim.idle();
        const { id } = await world.callOver(sid);
        const [{ answer }] = world.sqlite("SELECT answer FROM timeline JOIN calls ON number = call_number WHERE root_sid = :sid AND route = '/twiml'", { sid });
        assert.equal(new URLSearchParams(answer).get("time_limit"), limit, id);
    }
    for (const [asked, limit] of [[undefined, "600"], [30, "30"], [3000, "600"]]) {
        const to = world.number();
        assert.equal((await world.api.post("/calls", { to, time_limit: asked })).status, 201);
        const [request] = await world.sim.requests({ method: "POST", path: "/Calls.json", to });
        assert.equal(request.form.TimeLimit, limit);
    }
    await world.sim.idle();
});

// ---- who is blocked

scenario("blocked: an identity, a key, and a number that calls us", async (world) => {
    const mallory = world.name("mallory");
    const caller = await world.newCaller("calls:place");
    const [stranger, to] = [world.number(), world.number()];
    const blocked = { identities: [mallory], keys: [idOf(caller)], callers: [stranger] };
    await use(world, { blocked });
    await refusedBrowser(world, { identity: mallory, to }, "blocked");
    await refusedBrowser(world, { identity: mallory, to: "client:bob" }, "blocked");
    assert.deepEqual((await caller.post("/calls", { to })).json.code, "blocked");

    await world.sim.callee("client:frontdesk", { answer_after_ms: 1000, hangup_after_ms: 1000 });
    for (const [answer, status] of [["reject", "no-answer"], ["busy", "busy"], ["say", "completed"]]) {
        await use(world, { blocked: { ...blocked, answer } });
        const { call_sid: sid } = await world.sim.inbound({ from: stranger, to: OWN });
        await world.sim.idle();
        const call = await world.callOver(sid);
        assert.equal(call.reason, "blocked", answer);
        assert.deepEqual([call.status, call.outcome], [status, "refused"], answer);
        assert.deepEqual(await world.sim.legs({ parent_call_sid: sid }), []);
        if (answer !== "say")
            assert.equal(call.answered_at, null, answer);
    }
    const { call_sid: other } = await world.sim.inbound({ from: world.number(), to: OWN });
    await world.sim.idle();
    assert.equal((await world.callOver(other)).outcome, "answered");
    await world.sameTruth();
});

// ---- how many at once

for (const cap of [1, 3])
    scenario(`twenty requests at once for a key that may have ${cap}: exactly so many are placed`, async (world) => {
        const caller = await world.newCaller("calls:place calls:read calls:control");
        await use(world, { keys: { [idOf(caller)]: { calls_at_once: cap } } });
        const targets = range(20).map(() => world.number());
        for (const to of targets)
            await world.sim.callee(to, quiet);
        const answers = await Promise.all(targets.map((to) => caller.post("/calls", { to })));
        const placed = answers.filter(({ status }) => status === 201);
        const refused = answers.filter(({ status }) => status === 429);
        assert.deepEqual([placed.length, refused.length], [cap, 20 - cap]);
        for (const { json } of refused)
            assert.deepEqual([json.code, json.limit], ["too-many-calls", cap]);
        await world.sim.idle();
        const dialled = await Promise.all(targets.map((to) => world.sim.dialled(to)));
        assert.equal(dialled.reduce((a, b) => a + b), cap);
        // one ends, one may begin
        await caller.post(`/calls/${placed[0].json.id}/hangup`);
        await world.callOver(placed[0].json.id);
        assert.equal((await caller.post("/calls", { to: targets[0] })).status, 201);
        assert.equal((await caller.post("/calls", { to: targets[1] })).status, 429);
        await world.sim.everybodyHangsUp();
    });

scenario("browsers and bridges of one identity at once: together no more than the cap", async (world) => {
    const agent = world.name("agent");
    const cap = 4;
    await use(world, { each_identity: { calls_at_once: cap } });
    const targets = range(20).map(() => world.number());
    await world.sim.callee(`client:${agent}`, quiet);
    for (const to of targets)
        await world.sim.callee(to, quiet);
    const asked = await Promise.all(
        targets.map((to, i) =>
            i % 2 === 0
                ? world.sim.browser({ identity: agent, to }).then(() => ({ status: "browser" }))
                : world.api.post("/calls", { to, flow: "bridge", identity: agent }),
        ),
    );
    await world.sim.idle();
    const bridges = asked.filter(({ status }) => status === 201).length;
    assert.ok(asked.every(({ status }) => ["browser", 201, 429].includes(status)));
    const dialled = await Promise.all(targets.filter((_, i) => i % 2 === 0).map(async (to) => (await world.sim.legs({ to, direction: "outbound-dial" })).length));
    assert.equal(bridges + dialled.reduce((a, b) => a + b), cap);
    assert.equal(world.count("places WHERE identity = :agent", { agent }), cap);
    await world.sim.everybodyHangsUp();
    await until("the places are free", () => world.count("places WHERE identity = :agent", { agent }) === 0);
    assert.equal(world.sqlite("SELECT at_once FROM usage WHERE counter = 'identity' AND name = :agent", { agent })[0].at_once, 0);
    await world.sameTruth();
});

scenario("the account and the group have caps of their own", async (world) => {
    const [a, b, c] = [world.name("agent"), world.name("agent"), world.name("agent")];
    const [one, two] = [world.number(), world.number()];
    await world.sim.callee(one, quiet);
    await use(world, { groups: { team: { members: [a, b], calls_at_once: 1 } } });
    const { call_sid: sid } = await world.sim.browser({ identity: a, to: one });
    await world.sim.legThat({ parent_call_sid: sid }, "ringing");
    await refusedBrowser(world, { identity: b, to: two }, "too-many-calls");
    await use(world, { account: { calls_at_once: 1 } });
    await refusedBrowser(world, { identity: c, to: two }, "account-limit");
    const answer = await world.api.post("/calls", { to: two });
    assert.deepEqual([answer.status, answer.json.code, answer.json.limit], [429, "account-limit", 1]);
    await world.sim.hangUp(sid);
    await world.callOver(sid);
    assert.equal((await world.api.post("/calls", { to: two })).status, 201);
    await world.sim.idle();
});

scenario("a repeated request for TwiML and a repeated Idempotency-Key count once", async (world) => {
    const caller = await world.newCaller("calls:place calls:read calls:control");
    const agent = world.name("agent");
    await use(world, { keys: { [idOf(caller)]: { calls_at_once: 1, calls_per_hour: 1 } }, identities: { [agent]: { calls_per_hour: 1 } } });
    const to = world.number();
    await world.sim.callee(to, quiet);
    const headers = { "idempotency-key": world.name("key") };
    const answers = [];
    for (let i = 0; i < 3; i++)
        answers.push(await caller.post("/calls", { to }, headers));
    assert.deepEqual(answers.map(({ status, json }) => [status, json.id]), range(3).map(() => [201, answers[0].json.id]));
    await world.sim.fault({ target: "twiml", kind: "duplicate", path: "/twiml", count: 1 });
    const { call_sid: sid } = await world.sim.browser({ identity: agent, to: world.number() });
    await world.sim.idle();
    assert.equal((await world.callOver(sid)).outcome, "answered");
    const row = world.sqlite("SELECT * FROM usage WHERE counter = 'identity' AND name = :agent", { agent })[0];
    assert.equal(range(13).reduce((sum, i) => sum + row[`admitted_${i}`], 0), 1);
    await caller.post(`/calls/${answers[0].json.id}/hangup`);
    await world.callOver(answers[0].json.id);
});

scenario("a call with a document of the caller's own is refused as any other", async (world) => {
    const caller = await world.newCaller("calls:place calls:twiml calls:read calls:control");
    const with_twiml = (to, further) => caller.post("/calls", { to, twiml_url: "https://twiml.example.com/one.xml", ...further });
    const one = { calls_at_once: 1, caller_ids: [OWN_TOO] };
    await use(world, { keys: { [idOf(caller)]: one } });
    const before = world.count("calls");
    const [to, other] = [world.number(), world.number()];
    const premium = await with_twiml(PREMIUM);
    assert.deepEqual([premium.status, premium.json.code, premium.json.field], [403, "destination-denied", "to"]);
    const foreign = await with_twiml(to, { from: OWN });
    assert.deepEqual([foreign.status, foreign.json.code, foreign.json.field], [403, "caller-id-not-allowed", "from"]);
    assert.equal(world.count("calls"), before);

    await world.sim.callee(to, quiet);
    const placed = await with_twiml(to);
    assert.deepEqual([placed.status, placed.json.flow, placed.json.from], [201, "twiml_url", OWN_TOO], placed.text);
    const full = await with_twiml(other);
    assert.deepEqual([full.status, full.json.code, full.json.limit], [429, "too-many-calls", 1]);
    assert.equal((await caller.post("/calls", { to: other })).status, 429, "it has the same place as a call of any flow");
    await caller.post(`/calls/${placed.json.id}/hangup`);
    await world.callOver(placed.json.id);

    await use(world, { keys: { [idOf(caller)]: { calls_per_hour: 0 } } });
    assert.equal((await with_twiml(other)).json.code, "hourly-limit");
    await use(world, { blocked: { keys: [idOf(caller)] } });
    assert.equal((await with_twiml(other)).json.code, "blocked");
    assert.equal((await world.sim.dialled(other)) + (await world.sim.dialled(PREMIUM)), 0);
});

// ---- while nobody knows yet

scenario("a call that is answered 202, because Twilio is slow, has its place from the beginning", async (world) => {
    const caller = await world.newCaller("calls:place calls:read calls:control");
    await use(world, { keys: { [idOf(caller)]: { calls_at_once: 1 } } });
    const [to, other] = [world.number(), world.number()];
    await world.sim.callee(to, quiet);
    const held = world.gate.hold({ method: "POST", path: "/Calls.json", body: encodeURIComponent(to) });
    const placing = caller.post("/calls", { to });
    await held.arrived;
    assert.equal((await caller.post("/calls", { to: other })).json.code, "too-many-calls", "not even answered, and counted");
    const placed = await placing;
    assert.deepEqual([placed.status, placed.json.placement], [202, "sending"]);
    assert.equal((await caller.post("/calls", { to: other })).status, 429);
    await held.forward();
    await held.reply();
    await world.callUntil(placed.json.id, "rings", ({ status }) => status === "ringing");
    assert.equal((await caller.post("/calls", { to: other })).status, 429);
    assert.equal((await caller.post(`/calls/${placed.json.id}/hangup`)).status, 200);
    await world.callOver(placed.json.id);
    assert.equal((await caller.post("/calls", { to: other })).status, 201);
    await world.sim.idle();
});

for (const [what, processed] of [["was made after all", true], ["was never made", false]])
    scenario(`a call of which nobody knows whether it was made has a place; it ${what}`, async (world) => {
        const caller = await world.newCaller("calls:place calls:read calls:control");
        await use(world, { keys: { [idOf(caller)]: { calls_at_once: 1 } } });
        const [to, other] = [world.number(), world.number()];
        await world.sim.callee(to, quiet);
        await world.sim.fault({ target: "callback", kind: "lose", match: { To: to }, count: 100 });
        await world.sim.fault({ target: "rest", kind: "reset", method: "POST", match: { To: to }, processed });
        const search = world.gate.hold({ method: "GET", path: "/Calls.json" });
        const { status, json } = await caller.post("/calls", { to });
        assert.deepEqual([status, json.placement], [202, "unknown"]);
        await search.arrived;
        assert.equal((await caller.post("/calls", { to: other })).json.code, "too-many-calls");
        await search.forward();
        await search.reply();
        const { placement } = await world.callUntil(json.id, "is known", (call) => ["placed", "refused"].includes(call.placement));
        assert.equal(placement, processed ? "placed" : "refused");
        if (processed) {
            assert.equal((await caller.post("/calls", { to: other })).status, 429);
            assert.equal((await caller.post(`/calls/${json.id}/hangup`)).status, 200);
            await world.callOver(json.id);
        }
        assert.equal((await caller.post("/calls", { to: other })).status, 201);
        await world.sim.idle();
    });

// ---- dialects

scenario("KIN's page is told why in its shape, and browsers of four guides in a sentence", async (world) => {
    const caller = await world.newCaller("calls:place calls:read calls:control tokens:mint-any");
    const [to, agent] = [world.number(), world.name("agent")];
    await world.sim.callee(to, quiet);
    const kin = (number) => caller.post("/api/voice/calls", { to: number, from: OWN });
    await use(world, { keys: { [idOf(caller)]: { calls_at_once: 1 } }, blocked: { identities: [agent] } });
    const refused = await kin(PREMIUM);
    assert.deepEqual([refused.status, refused.json.success, refused.json.code], [403, false, "destination-denied"], refused.text);
    assert.match(refused.json.error, /\+1900 is denied/);
    assert.match(refused.headers["content-type"], /^application\/json/);
    const placed = await kin(to);
    assert.equal(placed.status, 200, placed.text);
    const full = await kin(world.number());
    assert.deepEqual([full.status, full.json.success, full.json.code], [429, false, "too-many-calls"], full.text);
    assert.ok(full.json.error.length > 0);

    // Twilio asks for a browser's call by the paths of four guides: each hears a sentence and no number is dialled.
    for (const path of ["/voice", "/api/twilio/voice", "/api/calls/twiml", "/voice/response"])
        for (const [identity, number] of [[agent, to], [world.name("agent"), PREMIUM]]) {
            const fields = { CallSid: world.sid(), From: `client:${identity}`, Direction: "inbound", CallStatus: "ringing", ApplicationSid: world.account.TWILIO_TWIML_APP_SID, To: number };
            const { status, text, headers } = await world.deliver(path, fields);
            assert.deepEqual([status, headers["content-type"].split(";")[0]], [200, "text/xml"], path);
            assert.match(text, /<Say[^>]*>[^<]*Goodbye\.<\/Say>/, path);
            assert.doesNotMatch(text, /<Dial/, path);
            assert.equal((await world.call(fields.CallSid)).reason, number === PREMIUM ? "destination-denied" : "blocked", path);
            await world.deliver("/webhooks/call-status", { ...fields, CallStatus: "completed", CallDuration: "1" });
        }
    await world.sim.everybodyHangsUp();
});

// ---- how many in an hour

scenario("the hourly cap: refused with Retry-After, what is refused does not count, and the hour passes", async (world) => {
    const caller = await world.newCaller("calls:place calls:read");
    await use(world, { keys: { [idOf(caller)]: { calls_per_hour: 2 } } });
    const to = world.number();
    const begun = Date.now();
    const first = await Promise.all(range(6).map(() => caller.post("/calls", { to })));
    assert.deepEqual(first.map(({ status }) => status).sort(), [201, 201, 429, 429, 429, 429]);
    const refused = first.find(({ status }) => status === 429);
    assert.equal(refused.json.code, "hourly-limit");
    assert.equal(refused.json.limit, 2);
    const wait = Number(refused.headers["retry-after"]);
    assert.equal(refused.json.retry_after, wait);
    assert.ok(wait >= HOUR_MS / 1000 - 1 && wait <= (HOUR_MS / 1000) * (13 / 12) + 1, String(wait));
    await until("the hour has passed", async () => (await caller.post("/calls", { to })).status === 201, { timeoutMs: 30_000 });
    const passed = Date.now() - begun;
    assert.ok(passed >= HOUR_MS, `after ${passed} ms`);
    assert.equal((await caller.post("/calls", { to })).status, 201);
    assert.equal((await caller.post("/calls", { to })).status, 429);
    await world.sim.idle();
});

// ---- reload, restart

scenario("a bad policy is refused by name, under load, and the old one holds; a good one replaces it", async (world) => {
    const caller = await world.newCaller("calls:place calls:read");
    const to = world.number();
    await use(world, { blocked: { keys: [idOf(caller)] } });
    const statuses = new Set();
    let going = true;
    const load = range(4).map(async () => {
        while (going)
            statuses.add((await caller.post("/calls", { to })).status);
    });
    const grew = await world.growth(async () => {
        for (let i = 0; i < 5; i++) {
            await refuse(world, '{"account":{"calls_at_onec":1},"each_key":7}');
            await use(world, { blocked: { keys: [idOf(caller)] }, account: { calls_at_once: i } });
        }
    });
    assert.deepEqual([...statuses], [403]);
    assert.equal(grew['switchhook_reloads_total{outcome="rejected"}'], 5);
    assert.equal(grew['switchhook_reloads_total{outcome="applied"}'], 5);
    assert.match(world.server.output, /policy\.json \/account\/calls_at_onec/);
    assert.match(world.server.output, /policy\.json \/each_key/);
    await use(world, {});
    going = false;
    await Promise.all(load);
    assert.equal((await caller.post("/calls", { to })).status, 201);
    await world.sim.idle();
});

scenario("a bad policy stops the start, and check tells what is wrong", async (world) => {
    write('{"everybody":{"destinations":{"allow":["44"]}},"nonsense":1}');
    for (const command of ["serve", "check"]) {
        const { status, stderr } = world.run([command]);
        assert.equal(status, 2);
        assert.match(stderr, /policy\.json \/everybody\/destinations\/allow\/0/);
        assert.match(stderr, /policy\.json \/nonsense/);
        assert.match(stderr, /^2 mistakes/m);
    }
    write({});
});

scenario("the published schema and the reader agree", async (world) => {
    const config = new URL("../../config/", import.meta.url);
    const schema = JSON.parse(readFileSync(new URL("policy.schema.json", config), "utf8"));
    const fine = [
        JSON.parse(readFileSync(new URL("policy.json", config), "utf8")),
        {},
        { keys: { k: {} }, groups: { g: { members: ["a"], calls_at_once: 0 } }, blocked: { answer: "say" } },
        { everybody: { caller_ids: [OWN, OWN_TOO], call_seconds: 86400, destinations: { deny: ["+1"], otherwise: "deny" } } },
    ];
    const wrong = [
        { acount: {} },
        { account: { calls_at_once: -1 } },
        { account: { calls_at_once: 1.5 } },
        { each_key: { call_seconds: 5 } },
        { everybody: { calls_at_once: 5 } },
        { everybody: { call_seconds: 0 } },
        { everybody: { destinations: { allow: ["44"] } } },
        { everybody: { destinations: { premium: true } } },
        { identities: { "": {} } },
        { identities: { alice: { members: [] } } },
        { groups: { g: { members: "alice" } } },
        { blocked: { answer: "no" } },
        { blocked: { callers: ["anonymous"] } },
    ];
    for (const [policies, status] of [[fine, 0], [wrong, 2]])
        for (const policy of policies) {
            write(policy);
            const { stdout, stderr, status: got } = world.run(["check"]);
            assert.equal(got, status, JSON.stringify(policy) + stdout + stderr);
            assert.equal(complaints(schema, policy, "policy", schema).length > 0, status !== 0, JSON.stringify(policy));
        }
    write({});
});

scenario("after kill -9 the counts are right, and what drifted is put right", async (world) => {
    const caller = await world.newCaller("calls:place calls:read calls:control");
    const policy = { keys: { [idOf(caller)]: { calls_at_once: 2 } } };
    await use(world, policy);
    const targets = range(3).map(() => world.number());
    for (const to of targets)
        await world.sim.callee(to, quiet);
    const first = await caller.post("/calls", { to: targets[0] });
    const second = await caller.post("/calls", { to: targets[1] });
    await world.sim.idle();
    await world.kill9();
    await world.start();
    assert.equal(world.logged("usage.recounted").length, 0);
    assert.equal((await caller.post("/calls", { to: targets[2] })).status, 429);
    await caller.post(`/calls/${first.json.id}/hangup`);
    await world.callOver(first.json.id);
    assert.equal((await caller.post("/calls", { to: targets[2] })).status, 201);
    await caller.post(`/calls/${second.json.id}/hangup`);
    await world.sim.everybodyHangsUp();
});

scenario("a call that Twilio refuses gives its place back", async (world) => {
    const caller = await world.newCaller("calls:place calls:read calls:control");
    await use(world, { keys: { [idOf(caller)]: { calls_at_once: 1 } } });
    for (let i = 0; i < 3; i++) {
        const answer = await caller.post("/calls", { to: "+15005550001" }); // Twilio's magic number that is none
        assert.deepEqual([answer.status, answer.json.code, answer.json.twilio_code], [422, "refused-by-twilio", 21217]);
    }
    assert.equal((await caller.post("/calls", { to: world.number() })).status, 201);
    await world.sim.idle();
});
