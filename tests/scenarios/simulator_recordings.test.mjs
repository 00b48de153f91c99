// The simulator's recordings over real HTTP: the sound that a server would fetch, and everything that goes wrong with it.
import assert from "node:assert/strict";
import http from "node:http";
import { createRequire } from "node:module";

import { stage, until } from "./support/world.mjs";
import { sha256 } from "./support/twilio.mjs";

const scenario = stage({}, { start: false, simulator: ["--media-delay-ms", "0"] });

const RECORD = '<Response><Record timeout="1"/></Response>';

/** A call that is recorded in two channels from its answer on: the true recording, once it is complete. */
async function recorded(world, { twiml = '<Response><Pause length="60"/></Response>', more = { Record: "true", RecordingChannels: "dual" }, script = {} } = {}) {
    const to = world.number();
    await world.sim.callee(to, script);
    const before = (await world.sim.request("GET", "/health")).recordings_completed;
    const call = await world.twilio("POST", "/Calls.json", { To: to, From: "+15005550006", Twiml: twiml, ...more });
    assert.equal(call.status, 201, call.text);
    await world.sim.wait({ recordings_completed: before + 1 });
    const [recording] = await world.sim.recordings({ call_sid: call.json.sid, hashes: true });
    return recording;
}

/** One GET (or HEAD), followed to its end, whatever that is: { status, headers, body, broken }. */
function fetchSound(world, recording, ending = "", { method = "GET", headers = {}, user = world.credentials } = {}) {
    const url = new URL(`${world.sim.origin}${new URL(recording.url).pathname}${ending}`);
    return new Promise((resolve) => {
        const asked = http.request(url, { method, headers, auth: user, agent: false }, (answer) => {
            const pieces = [];
            const end = (broken) => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(pieces), broken });
            answer.on("data", (piece) => pieces.push(piece));
            answer.on("end", () => end(undefined));
            answer.on("error", (problem) => end(problem.code));
        });
        asked.on("error", (problem) => resolve({ broken: problem.code }));
        asked.end();
    });
}

scenario("sound is a WAV or an MP3, mono or dual, with the hash the truth tells", async (world) => {
    const recording = await recorded(world);
    for (const [ending, type, hash] of [
        ["", "audio/x-wav", recording.media.sha256_dual],
        [".wav", "audio/x-wav", recording.media.sha256_dual],
        [".wav?RequestedChannels=1", "audio/x-wav", recording.media.sha256_mono],
        [".mp3", "audio/mpeg", undefined],
    ]) {
        const sound = await fetchSound(world, recording, ending);
        assert.deepEqual([sound.status, sound.headers["content-type"], sound.broken], [200, type, undefined]);
        assert.equal(Number(sound.headers["content-length"]), sound.body.length);
        if (hash)
            assert.equal(sha256(sound.body), hash);
        const head = await fetchSound(world, recording, ending, { method: "HEAD" });
        assert.deepEqual([head.status, head.headers["content-length"], head.body.length], [200, sound.headers["content-length"], 0]);
    }
    const [after] = await world.sim.recordings({ sid: recording.sid });
    assert.deepEqual([after.downloads, after.downloads_whole, after.media.bytes], [4, 4, 320_044]);
    assert.ok(after.download_log.every(({ user }) => user === world.account.TWILIO_ACCOUNT_SID));
});

scenario("sound in ranges comes to the same", async (world) => {
    const recording = await recorded(world);
    const pieces = [];
    for (let at = 0; at < recording.media.bytes; at += 100_000) {
        const part = await fetchSound(world, recording, "", { headers: { range: `bytes=${at}-${at + 99_999}` } });
        assert.equal(part.status, 206);
        assert.equal(part.headers["content-range"], `bytes ${at}-${at + part.body.length - 1}/${recording.media.bytes}`);
        pieces.push(part.body);
    }
    assert.equal(sha256(Buffer.concat(pieces)), recording.media.sha256_dual);
    assert.equal((await fetchSound(world, recording, "", { headers: { range: "bytes=99999999-" } })).status, 416);
});

scenario("nobody without a password hears it; errors are Twilio's XML", async (world) => {
    const recording = await recorded(world);
    for (const [user, status, code] of [["", 401, 20003], ["AC:wrong", 401, 20003]]) {
        const refused = await fetchSound(world, recording, "", { user });
        assert.deepEqual([refused.status, refused.headers["content-type"]], [status, "application/xml"]);
        assert.match(refused.body.toString(), new RegExp(`<RestException><Code>${code}</Code>`));
    }
    const missing = await fetchSound(world, { url: recording.url.replace(/RE.{4}/, "REffff") }, ".mp3");
    assert.deepEqual([missing.status, /<Code>20404<\/Code>/.test(missing.body)], [404, true]);
});

scenario("it is not there before its time", async (world) => {
    await world.sim.media({ delay_ms: 100_000 });
    const recording = await recorded(world);
    await world.sim.media({ delay_ms: 0 });
    assert.equal((await fetchSound(world, recording)).status, 404);
    assert.equal((await fetchSound(world, await recorded(world))).status, 200);
});

const half = 160_022;
const faults = [
    ["cut short", { kind: "truncate" }, (sound) => [sound.status, sound.headers["content-length"], sound.body.length, sound.broken], [200, "320044", half, "ECONNRESET"]],
    ["broken off", { kind: "break", at_bytes: 1000 }, (sound) => [sound.status, sound.headers["content-length"], sound.broken], [200, "320044", "ECONNRESET"]],
    ["closed before the answer", { kind: "reset" }, (sound) => [sound.status, sound.broken], [undefined, "ECONNRESET"]],
    ["shorter than its head says", { kind: "short" }, (sound) => [sound.status, sound.body.length, sound.body.readUInt32LE(40), sound.broken], [200, half, 320_000, undefined]],
    ["empty", { kind: "empty" }, (sound) => [sound.status, sound.headers["content-length"], sound.body.length, sound.broken], [200, "0", 0, undefined]],
    ["no sound", { kind: "not_sound" }, (sound) => [sound.status, sound.body.length, sound.body.toString("latin1", 0, 19)], [200, 320_044, "this is not a sound"]],
    ["another type", { kind: "wrong_type" }, (sound) => [sound.status, sound.headers["content-type"], sound.body.toString("latin1", 0, 4)], [200, "text/html", "RIFF"]],
    ["an error in XML", { kind: "xml" }, (sound) => [sound.status, sound.headers["content-type"], /RestException/.test(sound.body)], [200, "application/xml", true]],
    ["an error in XML that calls itself sound", { kind: "xml", type: "audio/x-wav" }, (sound) => [sound.status, sound.headers["content-type"], /RestException/.test(sound.body)], [200, "audio/x-wav", true]],
    ["too many requests", { kind: "rate_limit", retry_after_s: 7 }, (sound) => [sound.status, sound.headers["retry-after"]], [429, "7"]],
    ["an error of the server", { kind: "server_error", status: 503 }, (sound) => [sound.status], [503]],
    ["a gateway's page", { kind: "server_error", status: 502, html: true }, (sound) => [sound.status, sound.headers["content-type"]], [502, "text/html"]],
    ["somewhere else", { kind: "redirect", location: "https://media.example.com/x.wav" }, (sound) => [sound.status, sound.headers.location], [302, "https://media.example.com/x.wav"]],
];

for (const [what, fault, seen, expected] of faults)
    scenario(`sound that is ${what}`, async (world) => {
        const recording = await recorded(world);
        await world.sim.fault({ target: "media", ...fault });
        assert.deepEqual(seen(await fetchSound(world, recording)), expected);
        const again = await fetchSound(world, recording);
        assert.equal(sha256(again.body), recording.media.sha256_dual, "the next time all is well");
    });

scenario("sound that trickles comes whole in the end", async (world) => {
    const recording = await recorded(world, { twiml: RECORD, more: {}, script: { media_s: 1 } });
    await world.sim.fault({ target: "media", kind: "trickle", bytes_per_s: 40_000 });
    const began = performance.now();
    const sound = await fetchSound(world, recording);
    assert.equal(sha256(sound.body), recording.media.sha256_mono);
    assert.ok(performance.now() - began > 300, "16 kB at 40 kB/s");
});

scenario("many fetch at once, a long one too, and who goes away harms nobody", async (world) => {
    const long = await recorded(world, { twiml: RECORD, more: {}, script: { media_s: 1200 } });
    const short = await recorded(world);
    const url = `${world.sim.origin}${new URL(short.url).pathname}`;
    const leavers = Array.from({ length: 10 }, () => new Promise((resolve) => {
        const asked = http.get(url, { auth: world.credentials, agent: false }, (answer) => answer.once("data", () => { asked.destroy(); resolve(); }));
        asked.on("error", () => {});
    }));
    const sounds = await Promise.all([fetchSound(world, long), ...Array.from({ length: 30 }, () => fetchSound(world, short))]);
    await Promise.all(leavers);
    assert.equal(sha256(sounds[0].body), long.media.sha256_mono);
    for (const { body } of sounds.slice(1))
        assert.equal(sha256(body), short.media.sha256_dual);
});

// ---- the official package

const twilioPackage = createRequire(new URL("../node/package.json", import.meta.url))("twilio");

/** Twilio's own client, whose requests go to the simulator instead. */
function officialClient(world) {
    const inner = new twilioPackage.RequestClient();
    const httpClient = { request: (asked) => inner.request({ ...asked, uri: asked.uri.replace("https://api.twilio.com", world.sim.origin) }) };
    return twilioPackage(world.account.TWILIO_ACCOUNT_SID, world.account.TWILIO_AUTH_TOKEN, { httpClient });
}

scenario("the official package starts, pauses, stops, finds, lists and removes recordings", async (world) => {
    const client = officialClient(world);
    const to = world.number();
    await world.sim.callee(to, { hangup_after_ms: null });
    const call = await client.calls.create({ to, from: "+15005550006", twiml: '<Response><Play loop="0">https://phone.example.com/a.mp3</Play></Response>' });
    await world.sim.wait({ call_sid: call.sid, status: "in-progress" });
    const ofCall = client.calls(call.sid).recordings;
    const started = await ofCall.create({ recordingChannels: "dual", recordingTrack: "both", trim: "do-not-trim", recordingStatusCallback: "https://phone.example.com/none" });
    assert.deepEqual([started.status, started.channels, started.source, started.callSid], ["in-progress", 2, "StartCallRecordingAPI", call.sid]);
    assert.ok(started.dateCreated instanceof Date && started.startTime instanceof Date);
    const ours = ofCall(started.sid); // what `create` returns does not know its own SID when it is updated
    assert.equal((await ofCall("Twilio.CURRENT").update({ status: "paused", pauseBehavior: "skip" })).status, "paused");
    assert.equal((await ours.update({ status: "in-progress" })).status, "in-progress");
    await assert.rejects(client.recordings(started.sid).remove(), { code: 20009 });
    assert.equal((await ours.update({ status: "stopped" })).status, "stopped");
    await until("it is complete", async () => (await ours.fetch()).status === "completed");

    const fetched = await client.recordings(started.sid).fetch();
    assert.deepEqual([fetched.status, fetched.callSid, typeof fetched.duration], ["completed", call.sid, "string"]);
    assert.equal(new URL(fetched.mediaUrl).pathname, `/2010-04-01/Accounts/${world.account.TWILIO_ACCOUNT_SID}/Recordings/${started.sid}`);
    await client.calls(call.sid).update({ status: "completed" });
    await assert.rejects(ofCall.create(), { code: 21220 });
    await assert.rejects(ours.update({ status: "paused" }), { code: 21220 });

    assert.deepEqual((await ofCall.list()).map(({ sid }) => sid), [started.sid]);
    assert.equal(await client.recordings(started.sid).remove(), true);
    await assert.rejects(client.recordings(started.sid).remove(), { code: 20404 });
    assert.deepEqual(await ofCall.list(), []);
    assert.equal((await client.recordings(started.sid).fetch({ includeSoftDeleted: true })).status, "deleted");
    await client.calls(call.sid).remove();
    await assert.rejects(client.calls(call.sid).fetch(), { code: 20404 });
});

scenario("the official package lists page after page, and by time", async (world) => {
    const client = officialClient(world);
    const to = world.number();
    await world.sim.callee(to, { hangup_after_ms: null });
    const call = await client.calls.create({ to, from: "+15005550006", twiml: '<Response><Play loop="0">https://phone.example.com/a.mp3</Play></Response>' });
    await world.sim.wait({ call_sid: call.sid, status: "in-progress" });
    const sids = [];
    for (let i = 0; i < 25; i++)
        sids.unshift((await client.calls(call.sid).recordings.create()).sid);
    const since = new Date(Date.now() - 60_000);
    for (const options of [{ pageSize: 7 }, { pageSize: 7, dateCreatedAfter: since }, {}])
        assert.deepEqual((await client.recordings.list({ callSid: call.sid, ...options })).map(({ sid }) => sid), sids);
    assert.deepEqual(await client.recordings.list({ callSid: call.sid, dateCreatedBefore: since }), []);
    assert.deepEqual((await client.calls(call.sid).recordings.list({ pageSize: 4, limit: 10 })).map(({ sid }) => sid), sids.slice(0, 10));
    const calls = await client.calls.list({ startTimeAfter: since, pageSize: 2 });
    assert.ok(calls.some(({ sid }) => sid === call.sid));
    await world.sim.fault({ target: "rest", kind: "rate_limit", path: "/Recordings.json" });
    await assert.rejects(client.recordings.list(), { status: 429, code: 20429 });
    await client.calls(call.sid).update({ status: "completed" });
});

scenario("the official package finds what was said, and has a call transcribed", async (world) => {
    const client = officialClient(world);
    const to = world.number();
    await world.sim.callee(to, { leaves_message: "Please call back, it is about the boat", says_on_call: ["Hello", "Good bye"] });
    const twiml = '<Response><Record timeout="1" transcribe="true" action="https://phone.example.com/none"/></Response>';
    const call = await client.calls.create({ to, from: "+15005550006", twiml });
    const transcription = await until("it is written down", async () => (await client.transcriptions.list({ limit: 20 })).find(({ transcriptionText: text }) => text?.endsWith("the boat")));
    assert.deepEqual([transcription.status, transcription.type], ["completed", "fast"]);
    const [recording] = await client.recordings.list({ callSid: call.sid });
    assert.equal(transcription.recordingSid, recording.sid);
    assert.equal((await client.recordings(recording.sid).transcriptions.list())[0].sid, transcription.sid);
    assert.equal(await client.transcriptions(transcription.sid).remove(), true);
    await assert.rejects(client.transcriptions(transcription.sid).fetch(), { code: 20404 });

    const other = world.number();
    await world.sim.callee(other, { hangup_after_ms: null, says_on_call: ["Hello", "Good bye"] });
    const talk = await client.calls.create({ to: other, from: "+15005550006", twiml: '<Response><Play loop="0">https://phone.example.com/a.mp3</Play></Response>' });
    await world.sim.wait({ call_sid: talk.sid, status: "in-progress" });
    const live = await client.calls(talk.sid).transcriptions.create({ name: "mine", track: "both_tracks", statusCallbackUrl: "https://phone.example.com/none" });
    assert.match(live.sid, /^GT[0-9a-f]{32}$/);
    const truth = () => world.sim.leg(talk.sid).then(({ transcriptions }) => transcriptions[0]);
    await until("both are said", async () => (await truth()).said.length === 2);
    assert.equal((await client.calls(talk.sid).transcriptions(live.sid).update({ status: "stopped" })).status, "stopped");
    const { said, running } = await truth();
    assert.deepEqual([said.map(({ track, text }) => `${track}: ${text}`), running], [["inbound_track: Hello", "inbound_track: Good bye"], false]);
    await client.calls(talk.sid).update({ status: "completed" });
});
