// Placing a call when Twilio is slow, busy, broken or says no: it is dialled once, or not at all.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";

import { exchange } from "./support/http.mjs";
import { stage, until } from "./support/world.mjs";

const UNVERIFIED = "+15005550010"; // ours by configuration, not by Twilio's books

const scenario = stage(
    {
        SWITCHHOOK_CALLER_IDS: UNVERIFIED,
        SWITCHHOOK_REST_CONNECT_TIMEOUT_MS: "1000",
        SWITCHHOOK_REST_TIMEOUT_MS: "1000",
        SWITCHHOOK_JOB_LEASE_MS: "5000",
    },
    { gate: true },
);

const creates = (world, to) => world.sim.requests({ method: "POST", path: "/Calls.json", to });

/** Twilio does this to the creation of a call to that number. */
const when = (world, to, fault) => world.sim.fault({ target: "rest", method: "POST", match: { To: to }, ...fault });

const holdCreate = (world, to) => world.gate.hold({ method: "POST", path: "/Calls.json", body: encodeURIComponent(to) });

/** The call to that number, as the list tells it. */
async function callTo(world, to) {
    const { json } = await world.api.get(`/calls?number=${encodeURIComponent(to)}`);
    return json.items[0];
}

const settled = (world, id) => world.callUntil(id, "is placed or refused", ({ placement }) => ["placed", "refused"].includes(placement));

/** It was dialled exactly once, and both sides agree. */
async function dialledOnce(world, to, id) {
    const call = await settled(world, id);
    assert.equal(call.placement, "placed");
    await world.callOver(id);
    assert.equal(await world.sim.dialled(to), 1);
    await world.sameTruth();
    return call;
}

// ---- 429

scenario("429, then it is taken: 201, dialled once", async (world) => {
    const to = world.number();
    await when(world, to, { kind: "rate_limit", count: 3 });
    const { status, json } = await world.api.post("/calls", { to });
    assert.equal(status, 201);
    await dialledOnce(world, to, json.id);
    assert.deepEqual((await creates(world, to)).map((one) => one.status), [429, 429, 429, 201]);
    const exchanges = (call) => call.timeline.filter(({ kind }) => kind === "rest").map(({ effect }) => effect);
    const call = await world.callUntil(json.id, "knows all exchanges", (one) => exchanges(one).length === 4);
    assert.deepEqual(exchanges(call), ["throttled", "throttled", "throttled", "done"]);
});

scenario("429 forever: the client is told so, and nobody was dialled", async (world) => {
    const to = world.number();
    await when(world, to, { kind: "rate_limit", count: 1000 });
    const { status, json } = await world.api.post("/calls", { to });
    assert.equal(status, 429);
    assert.deepEqual([json.code, json.twilio_code], ["rate-limited", 20429]);
    assert.equal((await creates(world, to)).length, 8);
    assert.equal(await world.sim.dialled(to), 0);
    const call = await callTo(world, to);
    assert.deepEqual([call.placement, call.outcome], ["refused", "failed"]);
});

scenario("429 with Retry-After: it is not asked before that", async (world) => {
    const to = world.number();
    const held = holdCreate(world, to);
    const placing = world.api.post("/calls", { to });
    await held.arrived;
    const earlier = Date.now();
    await held.reply({ status: 429, headers: { "retry-after": "3600" }, text: '{"code":20429,"message":"Too Many Requests","status":429}' });
    const jobs = "jobs JOIN calls ON calls.number = jobs.call_number WHERE to_address = :to AND state = 'pending'";
    const runAt = await until("the job waits", () => world.sqlite(`SELECT run_at FROM ${jobs}`, { to })[0]?.run_at);
    assert.ok(runAt >= earlier + 3_600_000, `${runAt - earlier} ms`);
    const { id } = await callTo(world, to);
    assert.equal((await world.api.post(`/calls/${id}/hangup`)).json.placement, "canceled");
    assert.equal((await placing).json.placement, "canceled");
});

// ---- nobody knows whether it arrived

const doubts = [
    ["500 after the call was made", { kind: "server_error", status: 500, processed: true }],
    ["502 with a page of HTML after the call was made", { kind: "server_error", status: 502, processed: true, html: true }],
    ["504 after the call was made", { kind: "server_error", status: 504, processed: true }],
    ["the connection breaks after the call was made", { kind: "reset", processed: true }],
];

for (const [what, fault] of doubts)
    scenario(`${what}: it is found, and never dialled again`, async (world) => {
        const to = world.number();
        await world.sim.callee(to, { manual: true });
        await world.sim.fault({ target: "callback", kind: "lose", match: { To: to }, count: 100 });
        await when(world, to, fault);
        const { status, json } = await world.api.post("/calls", { to });
        assert.ok([201, 202].includes(status), String(status));
        const call = await settled(world, json.id);
        assert.equal(call.placement, "placed");
        assert.equal((await creates(world, to)).length, 1, "asked once");
        assert.ok(call.timeline.some(({ kind, effect }) => kind === "repair" && effect === "found"));
        const leg = await world.sim.leg({ to });
        assert.equal(call.sid, leg.call_sid);
        await world.sim.calm();
        await world.api.post(`/calls/${json.id}/hangup`);
        await dialledOnce(world, to, json.id);
    });

const phantoms = [
    ["500 before the call was made", { kind: "server_error", status: 500, processed: false }],
    ["503 with a page of HTML before the call was made", { kind: "server_error", status: 503, processed: false, html: true }],
    ["the connection breaks before the call was made", { kind: "reset", processed: false }],
];

for (const [what, fault] of phantoms)
    scenario(`${what}: it is looked for, not there, and given up; nobody was dialled`, async (world) => {
        const to = world.number();
        await when(world, to, fault);
        const { status, json } = await world.api.post("/calls", { to });
        assert.equal(status, 202);
        assert.equal(json.placement, "unknown");
        const call = await settled(world, json.id);
        assert.deepEqual([call.placement, call.outcome, call.status], ["refused", "failed", "failed"]);
        assert.equal(call.reason, "the request never reached Twilio: it has no such call");
        assert.equal((await creates(world, to)).length, 1, "asked once");
        assert.equal(await world.sim.dialled(to), 0);
    });

scenario("Twilio's answer cannot be read: the call is found", async (world) => {
    const to = world.number();
    const held = holdCreate(world, to);
    await world.sim.callee(to, { manual: true });
    await world.sim.fault({ target: "callback", kind: "lose", match: { To: to }, count: 2 });
    const placing = world.api.post("/calls", { to });
    await held.forward();
    await held.reply({ status: 201, text: '{"sid": "CA12' });
    const { json } = await placing;
    const { sid, timeline } = await settled(world, json.id);
    assert.ok(timeline.some(({ kind, effect }) => kind === "repair" && effect === "found"));
    await world.sim.hangUp(sid);
    await dialledOnce(world, to, json.id);
});

scenario("Twilio's answer cannot be read, but a callback has named the call: it is placed", async (world) => {
    const to = world.number();
    const held = holdCreate(world, to);
    const placing = world.api.post("/calls", { to });
    await held.forward();
    await until("a callback has named it", async () => (await callTo(world, to)).placement === "placed");
    await held.reply({ status: 201, text: "<html>" });
    const { status, json } = await placing;
    assert.equal(status, 201);
    await dialledOnce(world, to, json.id);
});

scenario("Twilio answers too late: the call is found", async (world) => {
    const to = world.number();
    const held = holdCreate(world, to);
    await world.sim.callee(to, { manual: true });
    await world.sim.fault({ target: "callback", kind: "lose", match: { To: to }, count: 100 });
    const { status, json } = await Promise.all([world.api.post("/calls", { to }), held.forward()]).then(([answer]) => answer);
    assert.ok([201, 202].includes(status));
    assert.equal((await settled(world, json.id)).placement, "placed");
    await held.cut();
    await world.sim.calm();
    await world.api.post(`/calls/${json.id}/hangup`);
    await dialledOnce(world, to, json.id);
});

scenario("the answer is lost, but a callback names the call: it is placed without looking", async (world) => {
    const to = world.number();
    const held = holdCreate(world, to);
    const placing = world.api.post("/calls", { to });
    await held.forward();
    await until("a callback has named it", async () => (await callTo(world, to)).placement === "placed");
    await held.cut();
    const { status, json } = await placing;
    assert.equal(status, 201);
    const call = await dialledOnce(world, to, json.id);
    assert.ok(!call.timeline.some(({ kind }) => kind === "repair"));
});

scenario("Twilio cannot be asked for a long time: the call is found when it can", async (world) => {
    const to = world.number();
    await world.sim.callee(to, { manual: true });
    await world.sim.fault({ target: "callback", kind: "lose", match: { To: to }, count: 100 });
    await world.sim.fault({ target: "rest", kind: "server_error", method: "GET", path: "Calls.json", count: 15 });
    await when(world, to, { kind: "reset", processed: true });
    const { json } = await world.api.post("/calls", { to });
    const call = await settled(world, json.id);
    assert.equal(call.placement, "placed");
    await world.sim.calm();
    await world.sim.fault({ target: "rest", kind: "server_error", method: "POST", path: call.sid, count: 4 });
    await world.api.post(`/calls/${json.id}/hangup`);
    await dialledOnce(world, to, json.id);
    assert.equal(world.count("jobs"), 0, "nothing was buried");
});

scenario("three doubtful calls to one number at once: each is found as another one", async (world) => {
    const to = world.number();
    await world.sim.callee(to, { manual: true });
    await world.sim.fault({ target: "callback", kind: "lose", match: { To: to }, count: 100 });
    await when(world, to, { kind: "reset", processed: true, count: 3 });
    const answers = await Promise.all([1, 2, 3].map(() => world.api.post("/calls", { to })));
    const calls = await Promise.all(answers.map(({ json }) => settled(world, json.id)));
    assert.equal(new Set(calls.map(({ sid }) => sid)).size, 3);
    assert.equal(await world.sim.dialled(to), 3);
    await world.sim.calm();
    await Promise.all(calls.map(({ id }) => world.api.post(`/calls/${id}/hangup`)));
    await Promise.all(calls.map(({ id }) => world.callOver(id)));
    await world.sameTruth();
});

scenario("a lost call is not taken for another one that is just being placed", async (world) => {
    const to = world.number();
    await world.sim.callee(to, { manual: true });
    await world.sim.fault({ target: "callback", kind: "lose", match: { To: to }, count: 100 });
    const held = holdCreate(world, to);
    const placing = world.api.post("/calls", { to });
    await held.forward();
    await when(world, to, { kind: "reset", processed: false });
    const looks = Array.from({ length: 3 }, () => world.gate.hold({ method: "GET", path: "Calls.json" }));
    const lost = await world.api.post("/calls", { to });
    for (const look of looks) {
        await look.forward();
        look.reply();
    }
    assert.equal((await world.call(lost.json.id)).placement, "unknown");
    await held.reply();
    const placed = await placing;
    const leg = await world.sim.leg({ to });
    assert.equal((await world.call(placed.json.id)).sid, leg.call_sid);
    const call = await world.callUntil(lost.json.id, "is given up", ({ placement }) => placement === "refused");
    assert.deepEqual([call.sid, call.outcome], [null, "failed"]);
    await world.sim.calm();
    await world.api.post(`/calls/${placed.json.id}/hangup`);
    await world.callOver(placed.json.id);
    await world.sameTruth();
});

scenario("it is hung up while nobody knows whether it arrived: it is found, and ended", async (world) => {
    const to = world.number();
    await world.sim.callee(to, { manual: true });
    await world.sim.fault({ target: "callback", kind: "lose", match: { To: to }, count: 100 });
    await world.sim.fault({ target: "rest", kind: "server_error", method: "GET", path: "Calls.json", count: 3 });
    await when(world, to, { kind: "reset", processed: true });
    const { json } = await world.api.post("/calls", { to });
    await world.api.post(`/calls/${json.id}/hangup`);
    const call = await world.callOver(json.id);
    assert.equal(call.status, "canceled");
    await dialledOnce(world, to, json.id);
});

scenario("a call that was given up is there after all: what Twilio says of it counts", async (world) => {
    const to = world.number();
    await world.sim.callee(to, { manual: true, hangup_after_ms: 3000 });
    await world.sim.fault({ target: "callback", kind: "lose", match: { To: to }, count: 2 });
    const held = holdCreate(world, to);
    const placing = world.api.post("/calls", { to });
    await held.forward();
    const lagging = world.gate.answer({ method: "GET", path: "Calls.json" }, { status: 200, text: '{"calls":[],"next_page_uri":null}' });
    await held.cut();
    const { json } = await placing;
    assert.equal((await settled(world, json.id)).placement, "refused");
    lagging();
    const leg = await world.sim.leg({ to });
    await world.sim.answer(leg.call_sid);
    const call = await world.callUntil(json.id, "has ended as it ended", ({ status }) => status === "completed");
    assert.deepEqual([call.placement, call.outcome, call.reason, call.sid], ["placed", "answered", null, leg.call_sid]);
    await world.sameTruth();
});

scenario("it is hung up, the answer is lost, a callback names it: it is ended", async (world) => {
    const to = world.number();
    await world.sim.callee(to, { manual: true });
    const held = holdCreate(world, to);
    const placing = world.api.post("/calls", { to });
    await held.arrived;
    const { id } = await callTo(world, to);
    const hangingUp = world.api.post(`/calls/${id}/hangup`);
    await until("the wish is stored", () => world.count("calls WHERE to_address = :to AND hangup_wanted = 1", { to }) === 1);
    await held.forward();
    const call = await world.callOver(id);
    assert.equal(call.status, "canceled");
    await held.cut();
    assert.equal((await hangingUp).status, 200);
    assert.equal((await placing).status, 201);
    await world.sameTruth();
});

// ---- Twilio is not there

scenario("Twilio cannot be reached for a moment: the call is placed when it can", async (world) => {
    const to = world.number();
    await world.gate.lock();
    const placing = world.api.post("/calls", { to });
    await until("it was tried", async () => (await world.metrics())['switchhook_rest_requests_total{kind="place_call",outcome="never_sent"}'] >= 1);
    await world.gate.unlock();
    const { status, json } = await placing;
    assert.equal(status, 201);
    await dialledOnce(world, to, json.id);
});

scenario("Twilio cannot be reached at all: 502, nobody was dialled, and the server stays ready", async (world) => {
    const to = world.number();
    await world.gate.lock();
    const { status, json } = await world.api.post("/calls", { to });
    const ready = await exchange(world.adminOrigin, "GET", "/readyz");
    await world.gate.unlock();
    assert.deepEqual([status, json.code, ready.status], [502, "upstream", 200]);
    assert.equal((await callTo(world, to)).placement, "refused");
    assert.equal(await world.sim.dialled(to), 0);
});

// ---- Twilio says no

const refusals = [
    ["a caller ID that is not verified", { from: UNVERIFIED }, 21210],
    ["a number that is none", { to: "+15005550001" }, 21217],
    ["a number that cannot be reached", { to: "+15005550002" }, 21214],
    ["a country that may not be called", { to: "+15005550003" }, 21215],
    ["a number on the block list", { to: "+15005550004" }, 21216],
];

for (const [what, wish, code] of refusals)
    scenario(`${what}: Twilio's ${code}, as a problem that says what to do`, async (world) => {
        const to = wish.to ?? world.number();
        const { status, json, headers } = await world.api.post("/calls", { to, ...wish });
        assert.equal(status, 422);
        assert.deepEqual(
            [json.code, json.twilio_code, json.twilio_more_info],
            ["refused-by-twilio", code, `https://www.twilio.com/docs/errors/${code}`],
        );
        assert.ok(json.detail.length > 20, json.detail);
        assert.ok(json.twilio_message.length > 10, json.twilio_message);
        const call = await world.call(headers.location.replace("/calls/", ""));
        assert.deepEqual([call.placement, call.status, call.outcome, call.twilio_code, call.sid], ["refused", "failed", "failed", code, null]);
        assert.equal((await creates(world, to)).length, 1, "asked once");
    });

const odd = [
    ["21211 with a message of its own", 400, '{"code":21211,"message":"Invalid \'To\' Phone Number: x","more_info":"https://www.twilio.com/docs/errors/21211","status":400}', 422, 21211],
    ["a code nobody has heard of", 400, '{"code":29999,"message":"New rule <b>","status":400}', 422, 29999],
    ["a page of HTML", 400, "<html>Bad Request</html>", 502, undefined],
    ["a suspended account", 401, '{"code":20005,"message":"Account not active","status":401}', 502, 20005],
    ["a key without rights", 403, '{"code":20006,"message":"Access Denied","status":403}', 502, 20006],
];

for (const [what, theirs, text, status, code] of odd)
    scenario(`Twilio says no with ${what}: ${status}`, async (world) => {
        const to = world.number();
        const held = holdCreate(world, to);
        const placing = world.api.post("/calls", { to });
        await held.reply({ status: theirs, text });
        const answer = await placing;
        assert.equal(answer.status, status, answer.text);
        assert.equal(answer.json.twilio_code, code);
        assert.equal((await callTo(world, to)).placement, "refused");
    });

scenario("wrong credentials: Twilio's 20003 is our fault, not the client's: 502", async (world) => {
    const right = world.env.TWILIO_API_KEY_SECRET;
    const wrong = randomBytes(16).toString("hex");
    await world.restart({ TWILIO_API_KEY_SECRET: wrong });
    const { status, json } = await world.api.post("/calls", { to: world.number() });
    assert.equal(status, 502);
    assert.deepEqual([json.code, json.twilio_code], ["upstream", 20003]);
    assert.match(json.detail, /does not accept the credentials/);
    assert.equal(json.twilio_message, "Authenticate");
    assert.ok(!world.server.output.includes(wrong), "the secret is not in the log");
    await world.restart({ TWILIO_API_KEY_SECRET: right });
});
