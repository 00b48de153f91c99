// Twilio says nothing any more: it is asked, and the truth is found.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after } from "node:test";

import { stage, until } from "./support/world.mjs";

const ONE_AT_ONCE = "one_at_once";
const folder = mkdtempSync(path.join(tmpdir(), "switchhook-policy-"));
writeFileSync(path.join(folder, "policy.json"), JSON.stringify({ identities: { [ONE_AT_ONCE]: { calls_at_once: 1 } } }));
after(() => rmSync(folder, { recursive: true, force: true }));

const scenario = stage(
    {
        SWITCHHOOK_CONFIG_DIR: folder,
        SWITCHHOOK_QUEUED_SILENCE_MS: "150",
        SWITCHHOOK_RINGING_SILENCE_MS: "150",
        SWITCHHOOK_IN_PROGRESS_SILENCE_MS: "150",
        SWITCHHOOK_ENDING_SILENCE_MS: "150",
        SWITCHHOOK_INBOUND_IDENTITIES: "+15005550006=alice",
    },
    { gate: true, simulator: ["--number", "+15005550006", "--number", "+15005550009"] },
);

const lose = (world, match) => world.sim.fault({ target: "callback", kind: "lose", count: 100, ...match });
const repairs = (call) => call.timeline.filter(({ kind }) => kind === "repair");

scenario("the end of a call is lost: it is found by asking, with its duration", async (world) => {
    const to = world.number();
    await world.sim.callee(to, { answer_after_ms: 1000, hangup_after_ms: 4000 });
    await lose(world, { match: { CallStatus: "completed" } });
    const { json } = await world.api.post("/calls", { to });
    const call = await world.callOver(json.id);
    assert.deepEqual([call.status, call.outcome], ["completed", "answered"]);
    assert.ok(repairs(call).some(({ effect }) => effect === "advances"));
    await world.logLine("call.repaired", (line) => line.call === call.id);
    await world.sameTruth();
});

scenario("every callback is lost: the call is found by asking, from the first ring on", async (world) => {
    await lose(world, {});
    const to = world.number();
    await world.sim.callee(to, { manual: true, hangup_after_ms: null });
    const { json } = await world.api.post("/calls", { to });
    await world.callUntil(json.id, "rings", ({ status }) => status === "ringing");
    const [leg] = await world.sim.legs({ to });
    await world.sim.hangUp(leg.call_sid);
    const call = await world.callOver(json.id);
    assert.equal(call.timeline.filter(({ kind }) => kind === "status").length, 0);
    await world.sameTruth();
});

scenario("the end of both legs and the dial's own report are lost: both legs are found", async (world) => {
    const agent = world.name("agent");
    const to = world.number();
    await world.sim.callee(`client:${agent}`, { answer_after_ms: 500, hangup_after_ms: null });
    await world.sim.callee(to, { answer_after_ms: 500, hangup_after_ms: 3000 });
    await lose(world, { match: { CallStatus: "completed" } });
    await world.sim.fault({ target: "twiml", kind: "lose", path: "/twiml/dial-action" });
    const { json } = await world.api.post("/calls", { to, flow: "bridge", identity: agent });
    const call = await world.callUntil(json.id, "is over on both legs", (one) => one.status === "completed" && one.legs[0]?.status === "completed");
    assert.deepEqual([call.outcome, call.legs[0].duration], ["answered", 3]);
    await world.sameTruth();
});

scenario("a child leg that nobody has ever mentioned is found", async (world) => {
    const to = world.number();
    await world.sim.callee(to, { answer_after_ms: 500, hangup_after_ms: 3000 });
    await lose(world, {});
    await world.sim.fault({ target: "twiml", kind: "lose", path: "/twiml/dial-action" });
    const { call_sid: sid } = await world.sim.browser({ identity: world.name("agent"), to });
    const call = await world.callOver(sid);
    assert.deepEqual(call.legs.map((leg) => [leg.to, leg.status, leg.duration]), [[to, "completed", 3]]);
    await world.sameTruth();
});

scenario("the number has no status callback: the end of an incoming call is found", async (world) => {
    await lose(world, { path: "/webhooks/call-status" });
    const { call_sid: sid } = await world.sim.inbound({ to: "+15005550009" });
    const call = await world.callOver(sid);
    assert.deepEqual([call.status, call.outcome, call.reason], ["completed", "no-answer", "nobody-home"]);
    await world.sameTruth();
});

scenario("a long conversation is asked about, and goes on", async (world) => {
    await world.sim.callee("client:alice", { manual: true, hangup_after_ms: null });
    const { call_sid: sid } = await world.sim.inbound({ to: "+15005550006" });
    const child = await world.sim.legThat({ parent_call_sid: sid }, "ringing");
    await world.sim.answer(child.call_sid);
    const call = await world.callUntil(sid, "was asked about three times", (one) => repairs(one).length >= 3);
    assert.equal(call.status, "in-progress");
    assert.deepEqual([...new Set(repairs(call).map(({ effect }) => effect))].slice(-1), ["changes-nothing"]);
    await world.sim.hangUp(sid);
    await world.callOver(sid);
    await world.sameTruth();
});

scenario("Twilio cannot be asked for a while: it is asked again", async (world) => {
    const to = world.number();
    await world.sim.callee(to, { answer_after_ms: 1000, hangup_after_ms: 4000 });
    await lose(world, { match: { CallStatus: "completed" } });
    await world.sim.fault({ target: "rest", kind: "server_error", method: "GET", count: 2, html: true });
    await world.sim.fault({ target: "rest", kind: "rate_limit", method: "GET", count: 2 });
    await world.sim.fault({ target: "rest", kind: "reset", method: "GET", count: 2 });
    const { json } = await world.api.post("/calls", { to });
    const call = await world.callOver(json.id);
    assert.equal(call.status, "completed");
    assert.ok((await world.sim.requests({ method: "GET", path: call.sid })).length >= 7);
    assert.equal(world.count("jobs WHERE state = 'dead'"), 0);
});

scenario("Twilio has never heard of the call: it counts as failed, and says why", async (world) => {
    const sid = world.sid();
    await world.deliver("/webhooks/call-status", { CallSid: sid, CallStatus: "ringing", From: "+14155550111", To: "+15005550006", Direction: "inbound" });
    const call = await world.callOver(sid);
    assert.deepEqual([call.status, call.reason], ["failed", "Twilio knows no call of this SID"]);
});

scenario("a call that is over is not asked about", async (world) => {
    const { json } = await world.api.post("/calls", { to: world.number() });
    const call = await world.callOver(json.id);
    assert.equal(world.sqlite("SELECT due_at FROM calls WHERE root_sid = :sid", { sid: call.sid })[0].due_at, 0);
    await until("nothing is left to do", () => world.count("jobs WHERE state <> 'dead'") === 0);
    assert.deepEqual(await world.sim.requests({ method: "GET", path: `/Calls/${call.sid}` }).then((all) => all.length), repairs(call).length);
});

scenario("a call of which nobody says any more gives its place back", async (world) => {
    const [first, second, third] = [world.number(), world.number(), world.number()];
    await world.sim.callee(first, { manual: true, hangup_after_ms: null });
    await lose(world, {});
    await world.sim.fault({ target: "twiml", kind: "lose", path: "/twiml/dial-action", count: 100 });
    const { call_sid: sid } = await world.sim.browser({ identity: ONE_AT_ONCE, to: first });
    await world.sim.legThat({ parent_call_sid: sid }, "ringing");
    const { call_sid: refused } = await world.sim.browser({ identity: ONE_AT_ONCE, to: second });
    assert.equal((await world.callUntil(refused, "is refused", ({ reason }) => reason !== null)).reason, "too-many-calls");
    assert.deepEqual(await world.sim.legs({ parent_call_sid: refused }), []);
    await world.sim.hangUp(sid);
    const call = await world.callOver(sid);
    assert.equal(call.timeline.filter(({ kind }) => kind === "status").length, 0);
    assert.equal(world.count("places WHERE identity = :name", { name: ONE_AT_ONCE }), 0);
    const { call_sid: next } = await world.sim.browser({ identity: ONE_AT_ONCE, to: third });
    assert.equal((await world.callOver(next)).outcome, "answered");
    await world.sameTruth();
});
