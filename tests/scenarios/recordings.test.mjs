// Recordings: what Twilio tells of them, in whatever order and on whatever call.
import assert from "node:assert/strict";

import { stage } from "./support/world.mjs";

const scenario = stage({ SWITCHHOOK_RECORD: "record-from-answer" });

const url = (sid) => `https://api.twilio.com/2010-04-01/Accounts/AC/Recordings/${sid}`;

/** A recording callback about a made-up call. */
const told = (call, recording, status, more = {}) => ({
    CallSid: call,
    RecordingSid: recording,
    RecordingStatus: status,
    RecordingUrl: url(recording),
    RecordingChannels: "2",
    RecordingSource: "DialVerb",
    RecordingTrack: "both",
    ...more,
});

async function callThat(world) {
    const sid = world.sid();
    await world.deliver("/webhooks/call-status", { CallSid: sid, CallStatus: "in-progress", From: "+14155550111", To: "+15005550006", Direction: "inbound" });
    return sid;
}

const orders = [
    ["in order", ["in-progress", "completed"]],
    ["in reverse", ["completed", "in-progress"]],
    ["twice each", ["in-progress", "completed", "completed", "in-progress"]],
    ["only the end", ["completed"]],
];

for (const [what, statuses] of orders)
    scenario(`${what}: one recording, completed`, async (world) => {
        const call = await callThat(world);
        const recording = world.sid("RE");
        for (const status of statuses) {
            const more = status === "completed" ? { RecordingDuration: "42" } : {};
            const answer = await world.deliver("/webhooks/recording-status", told(call, recording, status, more));
            assert.deepEqual([answer.status, answer.text], [204, ""]);
        }
        const { recordings } = await world.call(call);
        assert.deepEqual(recordings.map(({ sid, status, duration, channels }) => [sid, status, duration, channels]), [[recording, "completed", 42, 2]]);
    });

scenario("nothing was said: absent, with Twilio's error", async (world) => {
    const call = await callThat(world);
    const recording = world.sid("RE");
    await world.deliver("/webhooks/recording-status", told(call, recording, "in-progress"));
    await world.deliver("/webhooks/recording-status", told(call, recording, "absent", { ErrorCode: "16101" }));
    const { recordings } = await world.call(call);
    assert.deepEqual(recordings.map(({ status, error_code: code }) => [status, code]), [["absent", 16101]]);
});

scenario("a recording of a call that nobody has heard of yet: both are kept", async (world) => {
    const call = world.sid();
    const recording = world.sid("RE");
    await world.deliver("/webhooks/recording-status", told(call, recording, "completed", { RecordingDuration: "3" }));
    assert.equal((await world.call(call)).recordings[0].sid, recording);
});

scenario("a conference's recording names no call: it is kept by itself", async (world) => {
    const recording = world.sid("RE");
    const { CallSid, ...fields } = told("", recording, "completed", { RecordingDuration: "9", ConferenceSid: world.sid("CF") });
    const { status } = await world.deliver("/webhooks/recording-status", fields);
    assert.equal(status, 204);
    const [row] = world.sqlite("SELECT status, duration_s, call_number FROM recordings WHERE sid = :recording", { recording });
    assert.deepEqual(row, { status: "completed", duration_s: 9, call_number: null });
    assert.equal(world.count("timeline WHERE call_number IS NULL AND kind = 'recording'"), 1);
});

scenario("a status callback that carries a recording is taken for both", async (world) => {
    const call = await callThat(world);
    const recording = world.sid("RE");
    await world.deliver("/webhooks/call-status", {
        CallSid: call,
        CallStatus: "completed",
        CallDuration: "30",
        RecordingSid: recording,
        RecordingUrl: url(recording),
        RecordingDuration: "28",
    });
    const { status, recordings } = await world.call(call);
    assert.equal(status, "completed");
    assert.deepEqual(recordings.map(({ sid, status: state, duration }) => [sid, state, duration]), [[recording, "processing", 28]]);
});

scenario("recordings of two legs of one call are two", async (world) => {
    const call = await callThat(world);
    for (const recording of [world.sid("RE"), world.sid("RE")])
        await world.deliver("/webhooks/recording-status", told(call, recording, "completed"));
    assert.equal((await world.call(call)).recordings.length, 2);
});

for (const [what, fields] of [
    ["no RecordingSid", { CallSid: `CA${"0".repeat(32)}`, RecordingStatus: "completed" }],
    ["a RecordingSid that is none", { RecordingSid: "RE12", RecordingStatus: "completed" }],
    ["a CallSid as RecordingSid", { RecordingSid: `CA${"0".repeat(32)}`, RecordingStatus: "completed" }],
])
    scenario(`${what}: 422, nothing is stored`, async (world) => {
        const earlier = world.count("recordings");
        const { status, text } = await world.deliver("/webhooks/recording-status", fields);
        assert.deepEqual([status, JSON.parse(text).field], [422, "RecordingSid"]);
        assert.equal(world.count("recordings"), earlier);
    });

scenario("a call placed with record: its recording is with it", async (world) => {
    const to = world.number();
    const { json } = await world.api.post("/calls", { to, record: true, recording_channels: "dual" });
    await world.sim.idle();
    const call = await world.callUntil(json.id, "has its recording", ({ recordings }) => recordings[0]?.status === "completed");
    assert.deepEqual(call.recordings.map(({ source, channels }) => [source, channels]), [["OutboundAPI", 2]]);
    const listed = async (number) => (await world.api.get(`/recordings?number=${encodeURIComponent(number)}`)).json.items.map(({ id }) => id);
    assert.deepEqual(await listed(to), [call.recordings[0].id]);
    assert.deepEqual(await listed(world.number()), []);
    const [theirs] = (await world.sim.leg(call.sid)).recordings;
    assert.deepEqual([call.recordings[0].sid, call.recordings[0].duration], [theirs.sid, theirs.duration]);
});

scenario("callbacks of a real recording come in reverse: the same truth", async (world) => {
    await world.sim.fault({ target: "callback", kind: "delay", match: { RecordingStatus: "in-progress" }, delay_ms: 100_000 });
    const to = world.number();
    const { call_sid: sid } = await world.sim.browser({ identity: world.name("agent"), to });
    await world.sim.idle();
    const { recordings } = await world.callUntil(sid, "has its recording", (call) => call.recordings[0]?.status === "completed");
    const [theirs] = (await world.sim.leg(sid)).recordings;
    assert.deepEqual(recordings.map((one) => [one.sid, one.duration]), [[theirs.sid, theirs.duration]]);
});
