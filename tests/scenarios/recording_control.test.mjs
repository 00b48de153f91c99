// Recording a call in the middle of it: start, pause, go on, stop; what is so already, what cannot be, and what Twilio says.
import assert from "node:assert/strict";

import { tellRecording } from "./support/sounds.mjs";
import { stage, until } from "./support/world.mjs";

const scenario = stage({ SWITCHHOOK_PLACE_DEADLINE_MS: "3000", SWITCHHOOK_INBOUND_IDENTITY: "alice" });

/** A call that came in, was answered in a browser, and goes on until somebody hangs up: { id, sid }. */
async function talking(world) {
    await world.sim.callee("client:alice", { manual: true, hangup_after_ms: null });
    const { call_sid: sid } = await world.sim.inbound({ from: world.number(), to: "+15005550006" });
    const leg = await world.sim.legThat({ to: "client:alice", parent_call_sid: sid }, "ringing");
    await world.sim.answer(leg.call_sid ?? leg.sid);
    return world.callUntil(sid, "is answered", ({ legs }) => legs[0]?.status === "in-progress");
}

const start = (world, id, body) => world.api.post(`/calls/${id}/recordings`, body);
const statusOf = async (world, id) => (await world.api.get(`/recordings/${id}`)).json.status;

scenario("start, pause, go on, stop: each is Twilio's word, and in the audit log", async (world) => {
    const call = await talking(world);
    const started = await start(world, call.id, { recording_channels: "dual", trim: "do-not-trim" });
    assert.equal(started.status, 200, started.text);
    const { id, sid, source, channels } = started.json;
    assert.equal(started.headers.location, `/recordings/${id}`);
    assert.deepEqual([source, channels, started.json.call_id], ["StartCallRecordingAPI", 2, call.id]);
    for (const [word, status] of [["pause", "paused"], ["resume", "in-progress"], ["stop", "stopped"]]) {
        const answer = await world.api.post(`/recordings/${id}/${word}`);
        assert.equal(answer.status, 200, answer.text);
        if (word !== "stop")
            assert.equal(answer.json.status, status);
        const again = await world.api.post(`/recordings/${sid}/${word}`);
        assert.equal(again.status, 200, `${word} again`);
    }
    assert.ok(["stopped", "processing", "completed"].includes(await statusOf(world, id)));
    const actions = world.sqlite("SELECT action FROM audit WHERE call_id = :id AND action LIKE 'recording.%' ORDER BY sequence", { id: call.id });
    assert.deepEqual(actions.map(({ action }) => action), ["recording.start", "recording.pause", "recording.resume", "recording.stop"]);
    assert.equal((await world.call(call.id)).legs[0].status, "in-progress", "the call goes on");
    await world.sim.hangUp(call.sid);
});

scenario("a pause that is to be left out: Twilio is told so; another word is 422", async (world) => {
    const call = await talking(world);
    const { json: { id, sid } } = await start(world, call.id);
    const wrong = await world.api.post(`/recordings/${id}/pause`, { pause_behavior: "music" });
    assert.deepEqual([wrong.status, wrong.json.field], [422, "pause_behavior"]);
    const { status, json } = await world.api.post(`/recordings/${id}/pause`, { pause_behavior: "skip" });
    assert.deepEqual([status, json.status], [200, "paused"]);
    const [update] = await world.sim.requests({ method: "POST", path: sid });
    assert.match(JSON.stringify(update), /PauseBehavior.*skip/);
    await world.sim.hangUp(call.sid);
});

scenario("started again while it runs: it is that one", async (world) => {
    const call = await talking(world);
    const first = await start(world, call.id);
    const second = await start(world, call.sid);
    assert.deepEqual([first.status, second.status], [200, 200], first.text + second.text);
    assert.equal(second.json.id, first.json.id);
    await world.sim.hangUp(call.sid);
});

scenario("a call that is not in progress cannot be recorded: 409", async (world) => {
    const to = world.number();
    await world.sim.callee(to, { manual: true });
    const { json } = await world.api.post("/calls", { to });
    const ringing = await start(world, json.id);
    assert.deepEqual([ringing.status, ringing.json.code], [409, "conflict"]);
    await world.sim.answer(json.sid);
    await world.sim.hangUp(json.sid);
    await world.callOver(json.id);
    assert.equal((await start(world, json.id)).status, 409);
});

scenario("a call that has ended at Twilio without our knowing: Twilio's words, as 409", async (world) => {
    const call = world.sid();
    await world.deliver("/webhooks/call-status", { CallSid: call, CallStatus: "in-progress", From: "+14155550111", To: "+15005550006", Direction: "inbound" });
    const answer = await start(world, call);
    assert.ok([404, 409].includes(answer.status), answer.text); // the simulator has never heard of it
    assert.ok(answer.json.twilio_code);
    await world.deliver("/webhooks/call-status", { CallSid: call, CallStatus: "completed", From: "+14155550111", To: "+15005550006", Direction: "inbound" });
});

scenario("what is over is not paused: 409; a stop of it is fine", async (world) => {
    const { id } = await tellRecording(world, { status: "absent" });
    assert.equal((await world.api.post(`/recordings/${id}/pause`)).status, 409);
    assert.equal((await world.api.post(`/recordings/${id}/resume`)).status, 409);
    assert.equal((await world.api.post(`/recordings/${id}/stop`)).status, 200);
});

scenario("fields are checked, and the scope", async (world) => {
    const call = await talking(world);
    for (const [body, field] of [[{ recording_channels: "stereo" }, "recording_channels"], [{ trim: "yes" }, "trim"], [{ colour: "red" }, "colour"]]) {
        const { status, json } = await start(world, call.id, body);
        assert.deepEqual([status, json.field], [422, field]);
    }
    const reader = await world.newCaller("calls:read-all,recordings:read");
    assert.equal((await reader.post(`/calls/${call.id}/recordings`)).status, 403);
    await world.sim.hangUp(call.sid);
});

scenario("while Twilio asks to wait it is tried again; nothing is started twice", async (world) => {
    const call = await talking(world);
    await world.sim.fault({ target: "rest", kind: "rate_limit", method: "POST", path: "Recordings.json", count: 2 });
    const started = await start(world, call.id);
    assert.equal(started.status, 200, started.text);
    const running = (await world.sim.recordings({ call_sid: call.sid })).length;
    assert.equal(running, 1);
    await world.sim.hangUp(call.sid);
});

scenario("an answer that does not come: 502, and it is not sent again", async (world) => {
    const call = await talking(world);
    await world.sim.fault({ target: "rest", kind: "server_error", method: "POST", path: "Recordings.json", count: 1 });
    const { status, json } = await start(world, call.id);
    assert.deepEqual([status, json.code], [502, "unknown-outcome"]);
    assert.equal((await world.sim.recordings({ call_sid: call.sid })).length, 0);
    await world.sim.hangUp(call.sid);
});
