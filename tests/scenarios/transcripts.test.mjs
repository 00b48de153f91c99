// What is said, as text: in the order of the conversation, in whatever order Twilio tells it.
import assert from "node:assert/strict";

import { stage, until } from "./support/world.mjs";

const HOME = "+15005550006";

const scenario = stage({
    SWITCHHOOK_VOICEMAIL: "true",
    SWITCHHOOK_VOICEMAIL_TRANSCRIBE: "true",
    SWITCHHOOK_INBOUND_IDENTITY: "alice",
    SWITCHHOOK_TRANSCRIBE: "inbound",
    SWITCHHOOK_TRANSCRIBE_LANGUAGE: "en-GB",
    SWITCHHOOK_TRANSCRIBE_PARTIALS: "true",
});

const inbound = (sid, more = {}) => ({ CallSid: sid, From: "+14155550133", To: HOME, Direction: "inbound", CallStatus: "ringing", ...more });
const targetOf = (text, name) => {
    const url = new URL(text.match(new RegExp(` ${name}="([^"]+)"`))[1].replaceAll("&amp;", "&"));
    return url.pathname + url.search;
};

/** A call that is transcribed, and a hand that tells what is said in it. */
async function conversation(world) {
    const sid = world.sid();
    const { text } = await world.deliver("/twiml", inbound(sid));
    const target = targetOf(text, "statusCallbackUrl");
    const transcription = world.sid("GT");
    const tell = (event, more = {}, how) =>
        world.deliver(target, { CallSid: sid, TranscriptionSid: transcription, TranscriptionEvent: `transcription-${event}`, LanguageCode: "en-GB", ...more }, how);
    const say = (sequence, text, { track = "inbound_track", final = true, confidence = 0.93, ...more } = {}) =>
        tell("content", {
            SequenceId: String(sequence),
            Track: track,
            Final: String(final),
            TranscriptionData: JSON.stringify({ transcript: text, confidence }),
            Timestamp: "2026-03-01T10:00:00.000Z",
            ...more,
        });
    const lines = async (query = "") => (await world.api.get(`/calls/${sid}/transcript${query}`)).json;
    return { sid, text, transcription, target, tell, say, lines };
}

const said = ({ items }) => items.map(({ text, final, speaker }) => `${speaker}${final ? "" : "?"}: ${text}`);

scenario("the document starts the transcription before it dials", async (world) => {
    const { text } = await conversation(world);
    const [, attributes] = text.match(/^<\?xml[^>]*><Response><Start><Transcription ([^>]*)\/><\/Start><Dial /);
    assert.match(attributes, /^track="both_tracks" languageCode="en-GB" partialResults="true" statusCallbackUrl="https:\/\/phone\.example\.com\/webhooks\/transcription\?call=call_\w+[^"]*" statusCallbackMethod="POST"$/);
    const to = world.number();
    const browser = await world.deliver("/twiml", { CallSid: world.sid(), From: "client:alice", To: to, Direction: "inbound", CallStatus: "ringing" });
    assert.doesNotMatch(browser.text, /<Start>/, "only the directions that were named");
});

const orders = [
    ["in order", [1, 2, 3, 4]],
    ["in reverse", [4, 3, 2, 1]],
    ["mixed, and twice each", [3, 1, 3, 4, 2, 1, 2, 4]],
];

for (const [what, order] of orders)
    scenario(`${what}: the same transcript`, async (world) => {
        const { say, lines, tell } = await conversation(world);
        const words = { 1: ["Good morning.", "outbound_track"], 2: ["Hello,", "inbound_track"], 3: ["my invoice is wrong.", "inbound_track"], 4: ["Let me see.", "outbound_track"] };
        for (const n of order)
            assert.equal((await say(n, words[n][0], { track: words[n][1] })).status, 204);
        await tell("stopped", { SequenceId: "5" });
        await tell("started", { Track: "both_tracks", SequenceId: "0" });
        const transcript = await lines();
        assert.deepEqual(said(transcript), ["agent: Good morning.", "caller: Hello,", "caller: my invoice is wrong.", "agent: Let me see."]);
        assert.deepEqual(transcript.transcriptions.map(({ status, lines: count, language }) => [status, count, language]), [["stopped", 4, "en-GB"]]);
        assert.deepEqual([transcript.items[0].confidence, transcript.items[0].at], [0.93, "2026-03-01T10:00:00.000Z"]);
    });

scenario("a final replaces its partials, and no late partial comes back", async (world) => {
    const { say, lines } = await conversation(world);
    await say(1, "my in", { final: false });
    await say(3, "my invoice", { final: false });
    await say(2, "my inv", { final: false });
    await say(4, "one moment", { final: false, track: "outbound_track" });
    assert.deepEqual(said(await lines()), ["caller?: my invoice", "agent?: one moment"]);
    await say(5, "My invoice is wrong.");
    assert.deepEqual(said(await lines()), ["caller: My invoice is wrong.", "agent?: one moment"]);
    await say(4, "my invoice is", { final: false });
    assert.deepEqual(said(await lines()), ["caller: My invoice is wrong.", "agent?: one moment"]);
    await say(6, "And", { final: false });
    assert.deepEqual(said(await lines()), ["caller: My invoice is wrong.", "agent?: one moment", "caller?: And"]);
});

scenario("what was being said when it stopped is no transcript", async (world) => {
    const { say, lines, tell } = await conversation(world);
    await say(1, "wait", { final: false });
    await tell("stopped");
    assert.deepEqual((await lines()).items, []);
});

scenario("an error is told with the transcript", async (world) => {
    const { lines, tell } = await conversation(world);
    await tell("error", { TranscriptionErrorCode: "32650", TranscriptionError: "no such engine" });
    const [one] = (await lines()).transcriptions;
    assert.deepEqual([one.status, one.error_code, one.error], ["failed", 32650, "no such engine"]);
});

scenario("page by page, and as text", async (world) => {
    const { sid, say, lines } = await conversation(world);
    for (let n = 1; n <= 5; n++)
        await say(n, `line ${n}`, { track: n % 2 ? "inbound_track" : "outbound_track" });
    const pages = [];
    for (let cursor = ""; cursor !== null; ) {
        const page = await lines(`?limit=2${cursor && `&cursor=${cursor}`}`);
        pages.push(...page.items.map(({ text }) => text));
        cursor = page.next_cursor;
    }
    assert.deepEqual(pages, [1, 2, 3, 4, 5].map((n) => `line ${n}`));
    for (const [query, headers] of [["?format=text", {}], ["", { accept: "text/plain" }]]) {
        const answer = await world.api.get(`/calls/${sid}/transcript${query}`, headers);
        assert.match(answer.headers["content-type"], /^text\/plain/);
        assert.match(answer.text, /^\[2026-03-01T10:00:00\.000Z\] caller: line 1\n\[\S+\] agent: line 2\n/);
    }
    const first = await world.api.get(`/calls/${sid}/transcript?format=text&limit=2`);
    const second = await world.api.get(`/calls/${sid}/transcript?format=text&cursor=${first.headers["x-next-cursor"]}`);
    assert.match(second.text, /^\S+ caller: line 3\n/);
    for (const query of ["limit=0", "limit=1001", "cursor=x", "cursor=1.2", "format=xml", "colour=red"])
        assert.equal((await world.api.get(`/calls/${sid}/transcript?${query}`)).status, 422, query);
});

scenario("a transcription may be the first that is heard of a call, at the catch-all too", async (world) => {
    const { document } = world;
    const catchAll = Object.keys(document.paths).find((path) => path.endsWith("/webhook") || path.endsWith("/webhooks")) ?? "/webhooks/transcription";
    for (const target of ["/webhooks/transcription", catchAll]) {
        const sid = world.sid();
        const { status } = await world.deliver(target, {
            CallSid: sid,
            TranscriptionSid: world.sid("GT"),
            TranscriptionEvent: "transcription-content",
            Track: "inbound_track",
            SequenceId: "1",
            Final: "true",
            TranscriptionData: '{"transcript":"hello"}',
        });
        assert.ok([200, 204].includes(status), `${target} ${status}`);
        const { json } = await world.api.get(`/calls/${sid}/transcript`);
        assert.deepEqual([json.items.length, json.items[0].confidence], [1, null]);
    }
});

scenario("two transcriptions of one call stand one behind the other", async (world) => {
    const { sid, target, say, lines } = await conversation(world);
    await say(9, "first");
    await world.deliver(target, { CallSid: sid, TranscriptionSid: world.sid("GT"), TranscriptionEvent: "transcription-content", Track: "inbound_track", SequenceId: "1", Final: "true", TranscriptionData: '{"transcript":"second"}' });
    assert.deepEqual((await lines()).items.map(({ text }) => text), ["first", "second"]);
});

scenario("what cannot be kept is refused, and says what is wrong", async (world) => {
    const { say, tell, sid, target, transcription } = await conversation(world);
    const long = "a".repeat(16 * 1024 + 1);
    const cases = [
        [await say(1, long), 413, "TranscriptionData"],
        [await say("x", "hello"), 422, "SequenceId"],
        [await say(1, "hello", { track: "" }), 422, "Track"],
        [await say(1, "hello", { TranscriptionData: "hello" }), 422, "TranscriptionData"],
        [await say(1, "hello", { TranscriptionSid: "GT1" }), 422, "TranscriptionSid"],
    ];
    for (const [answer, status, field] of cases)
        assert.deepEqual([answer.status, JSON.parse(answer.text).field], [status, field]);
    assert.equal((await tell("invented", { SequenceId: "1", TranscriptionText: "unheard words" })).status, 204, "a new event of Twilio's is kept as it came");
    assert.ok(!(await world.api.get(`/calls/${sid}`)).text.includes("unheard"), "but the timeline tells no words");
    await say(1, "mine");
    const other = await conversation(world);
    const stolen = await world.deliver(other.target, { CallSid: other.sid, TranscriptionSid: transcription, TranscriptionEvent: "transcription-stopped" });
    assert.equal(stolen.status, 422);
    assert.equal((await world.deliver(target, { CallSid: sid, TranscriptionSid: world.sid("GT"), TranscriptionEvent: "transcription-started" }, { signature: "bad" })).status, 403);
});

scenario("who may see the call may not therefore read what was said", async (world) => {
    const { sid, say } = await conversation(world);
    await say(1, "a secret word");
    const reader = await world.newCaller("calls:read-all,recordings:read-all,voicemails:read");
    assert.equal((await reader.get(`/calls/${sid}/transcript`)).status, 403);
    const { text } = await reader.get(`/calls/${sid}`);
    assert.ok(!text.includes("secret"), "nor in the timeline");
    const stranger = await world.newCaller("calls:read,transcripts:read");
    assert.equal((await stranger.get(`/calls/${sid}/transcript`)).status, 404);
});

// ---- of a recording

/** A caller who was asked for a message: the callbacks of recording and transcript. */
async function asked(world) {
    const sid = world.sid();
    const first = await world.deliver("/twiml", inbound(sid));
    const { text } = await world.deliver(targetOf(first.text, "action"), inbound(sid, { CallStatus: "in-progress", DialCallStatus: "no-answer" }));
    const recording = world.sid("RE");
    const transcription = world.sid("TR");
    return {
        sid,
        recording,
        recorded: () => world.deliver(targetOf(text, "recordingStatusCallback"), { CallSid: sid, RecordingSid: recording, RecordingStatus: "completed", RecordingSource: "RecordVerb", RecordingDuration: "6" }),
        written: (more = {}) =>
            world.deliver(targetOf(text, "transcribeCallback"), inbound(sid, { TranscriptionSid: transcription, TranscriptionStatus: "completed", TranscriptionText: "Please call me back about the invoice", RecordingSid: recording, RecordingUrl: "https://api.twilio.com/x", ...more })),
    };
}

for (const [what, steps] of [
    ["the recording first", ["recorded", "written", "written"]],
    ["the transcript first", ["written", "recorded", "written"]],
])
    scenario(`a voicemail has its transcript: ${what}`, async (world) => {
        const call = await asked(world);
        for (const step of steps)
            assert.equal((await call[step]()).status, 204);
        const { items } = (await world.api.get("/voicemails?limit=1")).json;
        assert.deepEqual(items[0].transcript, { status: "completed", text: "Please call me back about the invoice" });
        const { json } = await world.api.get(`/calls/${call.sid}/transcript`);
        assert.deepEqual(json.items.map(({ speaker, track, recording_sid: of }) => [speaker, track, of]), [["caller", null, call.recording]]);
    });

scenario("a transcript that failed is told as failed", async (world) => {
    const call = await asked(world);
    await call.recorded();
    await call.written({ TranscriptionStatus: "failed", TranscriptionText: "" });
    const { items } = (await world.api.get("/voicemails?limit=1")).json;
    assert.deepEqual(items[0].transcript, { status: "failed", text: null });
});

scenario("what was said in a voicemail goes with it, and does not come back", async (world) => {
    const call = await asked(world);
    await call.recorded();
    await call.written();
    const { items } = (await world.api.get("/voicemails?limit=1")).json;
    await world.api.request("DELETE", `/voicemails/${items[0].id}`);
    assert.deepEqual((await world.api.get(`/calls/${call.sid}/transcript`)).json.items, []);
    await call.written();
    assert.deepEqual((await world.api.get(`/calls/${call.sid}/transcript`)).json.items, []);
    assert.equal(world.count("timeline WHERE raw LIKE '%invoice%'"), 0, "the words are nowhere else");
});

// ---- through the simulator

scenario("what is said in a call goes on as it goes on: both people, listeners, the end", async (world) => {
    const { listen } = await import("./support/events.mjs");
    const ear = await listen(world);
    await world.sim.callee("client:alice", { answer_after_ms: 1000, hangup_after_ms: 9000, says_on_call: ["Good morning", "Let me see"] });
    const { call_sid: sid } = await world.sim.inbound({ to: HOME, script: { says_on_call: ["My invoice is wrong", "It is number 4711"] } });
    await world.sim.idle();
    const call = await world.callOver(sid);
    const leg = await world.sim.leg(sid);
    const theirs = leg.transcriptions[0];
    const { json } = await world.api.get(`/calls/${sid}/transcript`);
    assert.equal(json.transcriptions[0].status, "stopped");
    assert.deepEqual(new Set(said(json)), new Set(["caller: My invoice is wrong", "caller: It is number 4711", "agent: Good morning", "agent: Let me see"]));
    assert.equal(json.items.length, theirs.said.length, JSON.stringify(theirs));
    const heard = await ear.heard("the caller's words", ({ event, data }) => event === "transcript.final" && data.line?.text === "My invoice is wrong");
    assert.deepEqual([heard.data.call_id, heard.data.line.speaker], [call.id, "caller"]);
    ear.close();
    const { json: found } = await world.api.get("/search?q=invoice+4711");
    assert.equal(found.items.length, 0, "lines are looked through one by one");
    assert.ok((await world.api.get("/search?q=4711")).json.items.some(({ call_id: id }) => id === call.id));
});

scenario("callbacks of a transcript come late, twice and in another order: the same transcript", async (world) => {
    for (const kind of ["duplicate", "delay", "reorder"])
        await world.sim.fault({ target: "callback", kind, match: { TranscriptionEvent: "transcription-content" }, count: 2 });
    await world.sim.callee("client:alice", { answer_after_ms: 1000, hangup_after_ms: 20_000 });
    const words = ["one", "two", "three", "four", "five", "six"];
    const { call_sid: sid } = await world.sim.inbound({ to: HOME, script: { says_on_call: words } });
    await world.sim.idle();
    await world.callOver(sid);
    assert.deepEqual((await world.api.get(`/calls/${sid}/transcript`)).json.items.map(({ text }) => text), words);
});

scenario("a message is written down, and its words are found", async (world) => {
    await world.sim.callee("client:alice", { no_answer: true });
    const { call_sid: sid } = await world.sim.inbound({ to: HOME, script: { speaks_ms: 8000, leaves_message: "The parcel number is 9834" } });
    await world.sim.idle();
    const { json } = await until("the message is written down", async () => {
        const answer = await world.api.get(`/search?q=${encodeURIComponent('"parcel number"')}`);
        return answer.json.items.length > 0 && answer;
    });
    const { json: voicemail } = await world.api.get(`/voicemails/${json.items[0].voicemail_id}`);
    assert.deepEqual(voicemail.transcript, { status: "completed", text: "The parcel number is 9834" });
    assert.equal((await world.call(sid)).outcome, "voicemail");
});
