// The server is away while calls go on: whatever nobody could tell it, it finds out.
import assert from "node:assert/strict";

import { exchange, jsonOf } from "./support/http.mjs";
import { alone } from "./support/alone.mjs";
import { until } from "./support/world.mjs";

const settings = {
    SWITCHHOOK_ALIVE_MS: "100",
    SWITCHHOOK_RECORD: "record-from-answer-dual",
    SWITCHHOOK_INBOUND_IDENTITIES: "+15005550006=alice",
};
const how = { simulator: ["--number", "+15005550006", "--number", "+15005550009"] };

const idle = (world) => until("nothing is left to do", () => world.count("jobs WHERE state <> 'dead'") === 0);
const codes = (diagnosis) => diagnosis.map(({ code }) => code);

/** Somebody else's program places a call with this account. */
async function placedElsewhere(world, form) {
    const { TWILIO_ACCOUNT_SID: account, TWILIO_AUTH_TOKEN: token } = world.account;
    const answer = await exchange(world.sim.origin, "POST", `/2010-04-01/Accounts/${account}/Calls.json`, {
        body: new URLSearchParams(form).toString(),
        headers: {
            "content-type": "application/x-www-form-urlencoded",
            authorization: `Basic ${Buffer.from(`${account}:${token}`).toString("base64")}`,
        },
    });
    assert.equal(answer.status, 201, answer.text);
    return jsonOf(answer).sid;
}

alone("a recorded call begins and ends while the server is away: it becomes a call, with its sound", settings, async (world) => {
    await world.kill9();
    const sid = await placedElsewhere(world, { To: world.number(), From: world.env.TWILIO_PHONE_NUMBER, Twiml: "<Response><Say>Hello</Say><Pause length=\"5\"/></Response>", Record: "true" });
    await world.sim.idle();
    await world.start();
    await world.sameTruth({ recordings: true });
    await idle(world);
    const call = await world.call(sid);
    assert.deepEqual([call.direction, call.status, call.outcome], ["outbound-api", "completed", "answered"]);
    assert.equal(call.recordings.length, 1);
    const { json } = await world.api.get(`/calls/${call.id}/timeline`);
    assert.deepEqual(json.items.map(({ kind, source, effect }) => [kind, source, effect]), [
        ["repair", "rest", "adopted"],
        ["repair", "rest", "recording"],
        ["recording", "rest", "stored"],
    ]);
    assert.ok(codes(json.diagnosis).includes("adopted"));
    const grown = await world.metrics();
    assert.equal(grown['switchhook_repairs_total{what="adopted"}'], 1);
    assert.equal(grown['switchhook_repairs_total{what="recording"}'], 1);
}, how);

alone("the server goes away while a recorded conversation goes on: both legs and the sound are complete", settings, async (world) => {
    const to = world.number();
    await world.sim.callee(to, { manual: true, hangup_after_ms: null });
    const { call_sid: sid } = await world.sim.browser({ identity: world.name("agent"), to });
    const child = await world.sim.legThat({ parent_call_sid: sid }, "ringing");
    await world.callUntil(sid, "dials", ({ legs }) => legs.length === 1);
    await world.kill9();
    await world.sim.answer(child.call_sid);
    await world.sim.legThat({ call_sid: child.call_sid }, "in-progress");
    await world.sim.hangUp(sid);
    await world.sim.idle();
    await world.start();
    await world.sameTruth({ recordings: true });
    await idle(world);
    const call = await world.call(sid);
    assert.deepEqual([call.status, call.outcome, call.legs[0].status], ["completed", "answered", "completed"]);
    assert.ok(call.recordings.length > 0);
    assert.ok(call.timeline.some(({ kind, effect }) => kind === "repair" && effect === "recording"));
}, how);

alone("the server goes away after it has asked for a message: the voicemail is there, with its sound", { ...settings, SWITCHHOOK_VOICEMAIL: "true" }, async (world) => {
    await world.sim.callee("client:alice", { busy: true });
    await world.sim.fault({ target: "callback", kind: "lose", count: 100 }); // the last it hears is the question after the dial
    await world.sim.fault({ target: "twiml", kind: "lose", path: "/twiml/voicemail", count: 100 });
    const { call_sid: sid } = await world.sim.inbound({ to: "+15005550006", script: { speaks_ms: 6000 } });
    await until("it has asked for a message", () => world.count("timeline WHERE answer LIKE 'do=voicemail&%' OR answer = 'do=voicemail'") === 1);
    await world.kill9();
    await world.sim.idle();
    await world.sim.calm();
    await world.start();
    await world.sameTruth({ recordings: true });
    await idle(world);
    const call = await world.call(sid);
    assert.deepEqual([call.status, call.outcome], ["completed", "voicemail"]);
    const [message] = world.sqlite("SELECT v.number FROM voicemails AS v JOIN calls AS c ON c.number = v.call_number WHERE c.root_sid = :sid", { sid });
    assert.ok(message, "there is a voicemail");
    assert.equal(call.recordings.length, 1);
}, how);

alone("calls to our numbers while the server is away are found; nobody's numbers are left alone", settings, async (world) => {
    await world.kill9();
    const ours = await world.sim.inbound({ to: "+15005550006" }); // in the settings
    const alsoOurs = await world.sim.inbound({ to: "+15005550009" }); // only by its voice URL
    const theirs = await placedElsewhere(world, { To: world.number(), From: "+14155550199", Twiml: "<Response><Pause length=\"1\"/></Response>" });
    const browser = await world.sim.browser({ identity: "alice", to: world.number() });
    await world.sim.idle();
    await world.start();
    await until("the sweep is over", async () => world.logged("sweep.done").length > 0);
    for (const { call_sid: sid } of [ours, alsoOurs, browser])
        await world.callOver(sid);
    const { json } = await world.api.get(`/calls/${browser.call_sid}`);
    assert.deepEqual([json.direction, json.identity], ["outbound-browser", "alice"]);
    assert.equal((await world.call(ours.call_sid)).direction, "inbound");
    assert.equal((await world.api.get(`/calls/${theirs}`)).status, 404);
    await world.stop(); // theirs is not to be found here
}, { simulator: [...how.simulator, "--verified", "+14155550199"] });

for (const [adopt, found] of [["none", 404], ["all", 200]])
    alone(`SWITCHHOOK_ADOPT=${adopt}`, { ...settings, SWITCHHOOK_ADOPT: adopt }, async (world) => {
        await world.kill9();
        const sid = await placedElsewhere(world, { To: world.number(), From: world.env.TWILIO_PHONE_NUMBER, Twiml: "<Response><Pause length=\"1\"/></Response>" });
        await world.sim.idle();
        await world.start();
        await until("the sweep is over", async () => world.logged("sweep.done").length > 0);
        assert.equal((await world.api.get(`/calls/${sid}`)).status, found);
        if (found === 404)
            await world.stop(); // the two tell different stories, as was asked for
    }, how);

alone("a database that is new adopts nothing of before", settings, async (world) => {
    await placedElsewhere(world, { To: world.number(), From: world.env.TWILIO_PHONE_NUMBER, Twiml: "<Response><Pause length=\"1\"/></Response>" });
    await world.sim.idle();
    await world.start();
    await until("it has said that it is alive", () => world.sqlite("SELECT alive_at FROM reconciler")[0].alive_at > 0);
    await idle(world);
    assert.equal(world.count("calls"), 0);
    await world.stop();
}, { ...how, start: false });

alone("a webhook is lost while the server is there: the next sweep finds what it said", { ...settings, SWITCHHOOK_SWEEP_MS: "200" }, async (world) => {
    await world.sim.fault({ target: "callback", kind: "lose", count: 100, match: { RecordingStatus: "completed" } });
    await world.sim.fault({ target: "callback", kind: "lose", count: 100, match: { RecordingStatus: "in-progress" } });
    const { json } = await world.api.post("/calls", { to: world.number(), record: true });
    await world.callOver(json.id);
    await world.sameTruth({ recordings: true });
}, how);

alone("the sweep is killed at any page: it goes on where it was", { ...settings, SWITCHHOOK_SWEEP_RATE: "20" }, async (world) => {
    await world.kill9();
    for (let i = 0; i < 30; i++)
        await placedElsewhere(world, { To: world.number(), From: world.env.TWILIO_PHONE_NUMBER, Twiml: "<Response><Pause length=\"1\"/></Response>" });
    await world.sim.idle();
    for (let i = 0; i < 5; i++) {
        await world.start();
        await until("it has begun", () => world.sqlite("SELECT began_at FROM reconciler")[0].began_at > 0 || world.logged("sweep.done").length > 0);
        await world.kill9();
    }
    await world.start();
    await world.sameTruth();
    await idle(world);
    assert.equal(world.count("calls"), 30);
    assert.equal(world.count("timeline WHERE effect = 'adopted'"), 30);
}, how);

alone("Twilio says 429 to everything for a while: it is asked again, later", settings, async (world) => {
    await world.kill9();
    const sid = await placedElsewhere(world, { To: world.number(), From: world.env.TWILIO_PHONE_NUMBER, Twiml: "<Response><Pause length=\"1\"/></Response>" });
    await world.sim.idle();
    await world.sim.fault({ target: "rest", kind: "rate_limit", method: "GET", count: 2 });
    await world.start();
    await until("it waits", () => world.logged("reconciler.held").length > 0);
    await until("the call is found", async () => (await world.api.get(`/calls/${sid}`)).status === 200, { timeoutMs: 15_000 });
    await world.sameTruth();
    assert.equal(world.count("jobs WHERE state = 'dead'"), 0);
}, how);

/* ---- a day ------------------------------------------------------------------------------------------------- */

/** So many calls in all directions, some recorded. What the server was away for may not be placed at all. */
async function busyHour(world, calls) {
    for (let i = 0; i < calls; i++) {
        const to = world.number();
        await world.sim.callee(to, { answer_after_ms: 1000 * (i % 7), hangup_after_ms: 2000 * (1 + (i % 20)), ...(i % 5 === 4 ? { busy: true } : {}) });
        if (i % 3 === 0)
            await world.sim.inbound({ to: "+15005550006" });
        else if (i % 3 === 1)
            await world.sim.browser({ identity: `agent_${i % 4}`, to });
        else if (world.server.end)
            await placedElsewhere(world, { To: to, From: world.env.TWILIO_PHONE_NUMBER, Twiml: "<Response><Pause length=\"30\"/></Response>", Record: String(i % 2 === 0) });
        else
            await world.api.post("/calls", { to, record: i % 2 === 0 });
    }
}

alone("a day with an hour away in the middle of calls: nothing is missing, no call is in progress, no job is dead", { ...settings, SWITCHHOOK_SWEEP_MS: "500" }, async (world, t) => {
    const CALLS = 40;
    await world.sim.callee("client:alice", { answer_after_ms: 3000, hangup_after_ms: 20_000 });
    await busyHour(world, CALLS);
    await world.kill9(); // whatever is going on
    await busyHour(world, CALLS);
    await world.sim.idle();
    await world.start();
    await busyHour(world, CALLS);
    await world.sim.everybodyHangsUp();
    await world.sameTruth({ recordings: true, timeoutMs: 60_000 });
    assert.equal(world.count("calls WHERE status = 'in-progress'"), 0);
    assert.equal(world.count("legs WHERE status = 'in-progress'"), 0);
    assert.equal(world.count("calls WHERE placement IN ('unknown', 'sending', 'intended')"), 0);
    assert.equal(world.count("jobs WHERE state = 'dead'"), 0);
    const adopted = world.count("timeline WHERE effect = 'adopted'");
    t.diagnostic(`${world.count("calls")} calls, ${world.count("legs")} child legs, ${world.count("recordings")} recordings; ${adopted} calls adopted`);
    assert.ok(adopted >= CALLS - 5, `${adopted} were adopted`);
}, how);
