// A browser calls: a number, another browser, or something that is neither.
import assert from "node:assert/strict";

import { stage } from "./support/world.mjs";

const scenario = stage({ SWITCHHOOK_RECORD: "record-from-answer-dual" });

const spoken = (leg) => leg.events.filter(({ what }) => what === "says").map(({ detail }) => detail.replaceAll('"', ""));

/** A browser calls, and all is over. */
async function browserCalls(world, call) {
    const { call_sid: sid } = await world.sim.browser({ identity: world.name("agent"), ...call });
    await world.sim.idle();
    return { call: await world.callOver(sid), leg: await world.sim.leg(sid) };
}

scenario("a number is called: it sees our number, not the browser's name", async (world) => {
    const identity = world.name("agent");
    const to = world.number();
    await world.sim.callee(to, { answer_after_ms: 2000, hangup_after_ms: 60_000 });
    const { call } = await browserCalls(world, { identity, to });
    assert.deepEqual(
        [call.direction, call.identity, call.from, call.to, call.status, call.outcome],
        ["outbound-browser", identity, `client:${identity}`, to, "completed", "answered"],
    );
    const child = await world.sim.childOf(call.sid);
    assert.equal(child.from, world.env.TWILIO_PHONE_NUMBER);
    assert.equal(child.duration, 60);
    assert.equal(call.legs[0].duration, 60);
    await world.sameTruth();
});

scenario("another browser is called: it sees who calls", async (world) => {
    const identity = world.name("agent");
    const friend = world.name("agent");
    await world.sim.callee(`client:${friend}`, { answer_after_ms: 1000, hangup_after_ms: 4000 });
    const { call } = await browserCalls(world, { identity, to: friend });
    assert.deepEqual([call.direction, call.outcome], ["outbound-browser", "answered"]);
    const child = await world.sim.childOf(call.sid);
    assert.equal(child.from, `client:${identity}`);
    await world.sameTruth();
});

scenario("client:NAME is taken as well", async (world) => {
    const friend = world.name("agent");
    const { call } = await browserCalls(world, { to: `client:${friend}` });
    assert.equal(call.outcome, "answered");
    assert.equal((await world.sim.childOf(call.sid)).to, `client:${friend}`);
});

scenario("the call is recorded as configured, and the recording is kept with it", async (world) => {
    const to = world.number();
    const { call } = await browserCalls(world, { to });
    const known = await world.callUntil(call.id, "has its recording", ({ recordings }) => recordings[0]?.status === "completed");
    assert.equal(known.recordings.length, 1);
    const [recording] = known.recordings;
    assert.deepEqual([recording.channels, recording.source, recording.call_sid], [2, "DialVerb", call.sid]);
    assert.ok(recording.duration > 0);
});

const endings = [
    ["is busy", { busy: true }, "busy", "The line is busy. Goodbye."],
    ["does not answer", { no_answer: true }, "no-answer", "There was no answer. Goodbye."],
    ["does not exist", { fail_sip: 404 }, "failed", "The call could not be connected. Goodbye."],
];

for (const [what, script, outcome, sentence] of endings)
    scenario(`the number ${what}: the agent is told`, async (world) => {
        const to = world.number();
        await world.sim.callee(to, script);
        const { call, leg } = await browserCalls(world, { to });
        assert.equal(call.outcome, outcome);
        assert.equal(call.status, "completed", "the agent's own leg ended normally");
        assert.deepEqual(spoken(leg), [sentence]);
        await world.sameTruth();
    });

scenario("the agent gives up while it rings", async (world) => {
    const to = world.number();
    await world.sim.callee(to, { no_answer: true });
    const { call } = await browserCalls(world, { to, script: { gives_up_after_ms: 3000 } });
    assert.equal(call.outcome, "canceled");
    const child = await world.sim.childOf(call.sid);
    assert.equal(child.status, "canceled");
    await world.sameTruth();
});

// ---- what is not dialled

const emergency = "This phone cannot reach emergency services. Please hang up and dial the emergency number from another phone.";

const wishes = [
    ["nothing", {}, "no-target", "No number was dialled. Goodbye."],
    ["an empty wish", { params: { To: "" } }, "no-target", "No number was dialled. Goodbye."],
    ["two different numbers", { params: { To: "+14155550150", phoneNumber: "+14155550151" } }, "two-targets", "Two different numbers were given. Nobody was dialled. Goodbye."],
    ["a number without its country", { to: "4155550150" }, "not-a-number", "This number cannot be dialled. Numbers begin with a plus sign and the country code. Goodbye."],
    ["a number that begins with +0", { to: "+04155550150" }, "not-a-number", "This number cannot be dialled. Numbers begin with a plus sign and the country code. Goodbye."],
    ["a SIP address", { to: "sip:alice@example.com" }, "not-allowed", "This destination cannot be dialled. Goodbye."],
    ["a name with a space", { to: "alice smith" }, "not-allowed", "This destination cannot be dialled. Goodbye."],
    ["911", { to: "911" }, "emergency", emergency],
    ["9-1-1", { to: "9-1-1" }, "emergency", emergency],
    ["+112", { to: "+112" }, "emergency", emergency],
    ["tel:999", { to: "tel:999" }, "emergency", emergency],
    ["112 in the other field", { params: { phoneNumber: "112" } }, "emergency", emergency],
];

for (const [what, wish, reason, sentence] of wishes)
    scenario(`${what} is dialled: nobody is, and the agent is told why`, async (world) => {
        const { call, leg } = await browserCalls(world, wish);
        assert.deepEqual([call.outcome, call.reason], ["refused", reason]);
        assert.deepEqual(spoken(leg), [sentence]);
        assert.deepEqual(await world.sim.legs({ parent_call_sid: leg.call_sid }), []);
    });

scenario("phoneNumber is the other spelling of To", async (world) => {
    const to = world.number();
    const { call } = await browserCalls(world, { params: { phoneNumber: to } });
    assert.equal(call.outcome, "answered");
    assert.equal((await world.sim.childOf(call.sid)).to, to);
});

scenario("the same number in both fields is one wish", async (world) => {
    const to = world.number();
    const { call } = await browserCalls(world, { params: { To: to, phoneNumber: to } });
    assert.equal(call.outcome, "answered");
});

scenario("what else a page sends along does no harm", async (world) => {
    const to = world.number();
    const params = { To: to, call: "call_00000000000000000000000000", CallSid: "x", team: "säles & more", "": "empty", Digits: "1" };
    const { call } = await browserCalls(world, { params });
    assert.equal(call.outcome, "answered");
    const [{ parameters }] = call.timeline.filter(({ kind }) => kind === "instruction");
    assert.equal(parameters.team, "säles & more");
});
