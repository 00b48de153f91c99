// Somebody calls one of our numbers.
import assert from "node:assert/strict";

import { stage } from "./support/world.mjs";

const HOME = "+15005550006"; // alice answers
const ODD = "+15005550007"; // somebody answers whose name Twilio could not spell
const EMPTY = "+15005550008"; // nobody answers

const scenario = stage(
    { SWITCHHOOK_INBOUND_IDENTITIES: `${HOME}=alice,${ODD}=jo@x.example`, SWITCHHOOK_RING_TIMEOUT: "20" },
    { simulator: ["--number", HOME, "--number", ODD, "--number", EMPTY] },
);

const spoken = (leg) => leg.events.filter(({ what }) => what === "says").map(({ detail }) => detail.replaceAll('"', ""));

scenario("alice answers, they talk, she hangs up", async (world) => {
    const from = world.number();
    await world.sim.callee("client:alice", { answer_after_ms: 3000, hangup_after_ms: 8000 });
    const { call_sid: sid } = await world.sim.inbound({ from, to: HOME });
    await world.sim.idle();

    const call = await world.callOver(sid);
    assert.equal(call.direction, "inbound");
    assert.equal(call.placement, "placed");
    assert.deepEqual([call.status, call.outcome], ["completed", "answered"]);
    assert.deepEqual([call.from, call.to, call.identity], [from, HOME, "alice"]);
    const child = await world.sim.childOf(sid);
    assert.equal(child.from, from, "alice sees who calls");
    assert.deepEqual(call.legs.map((leg) => [leg.sid, leg.status, leg.duration]), [[child.call_sid, "completed", child.duration]]);
    await world.sameTruth();
});

scenario("the customer hangs up first", async (world) => {
    await world.sim.callee("client:alice", { manual: true, hangup_after_ms: null });
    const { call_sid: sid } = await world.sim.inbound({ to: HOME });
    const child = await world.sim.legThat({ parent_call_sid: sid }, "ringing");
    await world.sim.answer(child.call_sid);
    await world.sim.hangUp(sid);
    const call = await world.callUntil(sid, "is over with its leg", (one) => one.legs[0]?.status === "completed" && one.status === "completed");
    assert.equal(call.outcome, "answered");
    await world.sameTruth();
});

const unreached = [
    ["alice does not answer", { no_answer: true }, "no-answer", "There was no answer. Goodbye."],
    ["alice declines", { reject: true }, "busy", "The line is busy. Goodbye."],
    ["alice's browser is closed", { offline: true }, "no-answer", "There was no answer. Goodbye."],
    ["alice cannot be reached", { fail_sip: 500 }, "failed", "The call could not be connected. Goodbye."],
];

for (const [what, script, outcome, sentence] of unreached)
    scenario(`${what}: the customer is told`, async (world) => {
        await world.sim.callee("client:alice", script);
        const { call_sid: sid } = await world.sim.inbound({ to: HOME });
        await world.sim.idle();
        const call = await world.callOver(sid);
        assert.equal(call.outcome, outcome);
        assert.deepEqual(spoken(await world.sim.leg(sid)), [sentence]);
        await world.sameTruth();
    });

scenario("the customer gives up while it rings", async (world) => {
    await world.sim.callee("client:alice", { no_answer: true });
    const { call_sid: sid } = await world.sim.inbound({ to: HOME, script: { gives_up_after_ms: 4000 } });
    await world.sim.idle();
    const call = await world.callOver(sid);
    assert.equal(call.outcome, "canceled");
    assert.equal(call.answered_at, null);
    await world.sameTruth();
});

scenario("nobody is assigned to the number: the customer is told, and it counts as not answered", async (world) => {
    const { call_sid: sid } = await world.sim.inbound({ to: EMPTY });
    await world.sim.idle();
    const call = await world.callOver(sid);
    assert.deepEqual([call.outcome, call.reason, call.identity], ["no-answer", "nobody-home", null]);
    assert.deepEqual(spoken(await world.sim.leg(sid)), ["Nobody can take your call right now. Goodbye."]);
    assert.deepEqual(call.legs, []);
});

scenario("an identity that Twilio cannot spell rings all the same, under its own name", async (world) => {
    await world.sim.callee("client:*", { answer_after_ms: 1000, hangup_after_ms: 1000 });
    const { call_sid: sid } = await world.sim.inbound({ to: ODD });
    await world.sim.idle();
    const call = await world.callOver(sid);
    assert.deepEqual([call.outcome, call.identity], ["answered", "jo@x.example"]);

    const { json } = await world.api.post("/token", { identity: "jo@x.example" });
    const { grants } = JSON.parse(Buffer.from(json.token.split(".")[1], "base64url"));
    const child = await world.sim.childOf(sid);
    assert.equal(child.to, `client:${grants.identity}`, "the client of the token is the one that rings");
});

scenario("a caller who hides is a caller too", async (world) => {
    await world.sim.callee("client:alice", { answer_after_ms: 1000, hangup_after_ms: 1000 });
    const { call_sid: sid } = await world.sim.inbound({ from: "anonymous", to: HOME });
    await world.sim.idle();
    const call = await world.callOver(sid);
    assert.deepEqual([call.from, call.outcome], ["anonymous", "answered"]);
});

scenario("ten customers call at once", async (world) => {
    await world.sim.callee("client:alice", { answer_after_ms: 1000, hangup_after_ms: 5000 });
    const legs = await Promise.all(Array.from({ length: 10 }, () => world.sim.inbound({ from: world.number(), to: HOME })));
    await world.sim.idle();
    const calls = await Promise.all(legs.map(({ call_sid: sid }) => world.callOver(sid)));
    assert.deepEqual(calls.map(({ outcome }) => outcome), Array(10).fill("answered"));
    assert.equal(new Set(calls.map(({ id }) => id)).size, 10);
    await world.sameTruth();
});
