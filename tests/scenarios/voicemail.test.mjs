// Nobody answers: the caller is asked for a message. There is a voicemail if and only if one was left.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { listen } from "./support/events.mjs";
import { stage, until } from "./support/world.mjs";

const HOME = "+15005550006"; // alice, who has a greeting of her own
const OFFICE = "+15005550007"; // bob, but the number has a greeting
const PLAIN = "+15005550008"; // carol: the greeting of everybody
const EMPTY = "+15005550009"; // nobody is rung

const folder = mkdtempSync(path.join(tmpdir(), "switchhook-greetings-"));
writeFileSync(
    path.join(folder, "greetings.json"),
    JSON.stringify({
        numbers: { [OFFICE]: 'This is the office, closed for "holidays", sorry.' },
        identities: { alice: "https://sounds.example.com/alice.mp3", bob: "Bob is not here." },
    }),
);

const scenario = stage(
    {
        SWITCHHOOK_VOICEMAIL: "true",
        SWITCHHOOK_VOICEMAIL_GREETING: "Nobody is here, leave a message.",
        SWITCHHOOK_CONFIG_DIR: folder,
        SWITCHHOOK_INBOUND_IDENTITIES: `${HOME}=alice,${OFFICE}=bob,${PLAIN}=carol`,
        SWITCHHOOK_RING_TIMEOUT: "20",
    },
    { simulator: [HOME, OFFICE, PLAIN, EMPTY].flatMap((number) => ["--number", number]) },
);

const did = (leg, what) => leg.events.filter((event) => event.what === what).map(({ detail }) => detail.replaceAll('\\"', '"').replace(/^"|"$/g, ""));

/** Somebody calls that number, nobody answers, and she speaks for so long. */
async function leaveMessage(world, { to = HOME, from = world.number(), speaks_ms = 7000, nobody = { no_answer: true }, script = {} } = {}) {
    await world.sim.callee("client:*", nobody);
    const { call_sid: sid } = await world.sim.inbound({ from, to, script: { speaks_ms, ...script } });
    await world.sim.idle();
    return { sid, from, to };
}

const voicemailsOf = (world, call) => world.sqlite("SELECT v.* FROM voicemails AS v JOIN calls AS c ON c.number = v.call_number WHERE c.root_sid = :sid AND v.deleted_at = 0", { sid: call.sid });

const unreached = [
    ["does not answer", { no_answer: true }],
    ["declines", { reject: true }],
    ["has closed the browser", { offline: true }],
    ["cannot be reached", { fail_sip: 500 }],
];

for (const [what, nobody] of unreached)
    scenario(`whoever is called ${what}: greeting, message, voicemail`, async (world) => {
        const left = await leaveMessage(world, { nobody });
        const call = await world.callUntil(left.sid, "has a voicemail", ({ outcome, status }) => outcome === "voicemail" && status === "completed");
        assert.equal(call.identity, "alice");
        const leg = await world.sim.leg(left.sid);
        assert.deepEqual(did(leg, "plays"), ["https://sounds.example.com/alice.mp3"]);
        assert.deepEqual(leg.warnings ?? [], []);
        const [row] = voicemailsOf(world, left);
        assert.deepEqual([row.identity, row.from_address, row.to_address, row.read_at], ["alice", left.from, HOME, 0]);
        const { json: timeline } = await world.api.get(`/calls/${call.id}/timeline`);
        assert.deepEqual(timeline.items.filter(({ summary }) => summary === ""), [], "each entry says what it is");
    });

scenario("the caller who says nothing leaves none", async (world) => {
    const left = await leaveMessage(world, { speaks_ms: 0 });
    const call = await world.callUntil(left.sid, "knows of the silence", ({ recordings, status }) => status === "completed" && recordings[0]?.status === "absent");
    assert.equal(call.outcome, "no-answer");
    assert.deepEqual(did(await world.sim.leg(left.sid), "says"), ["No message was recorded. Goodbye."]);
    assert.deepEqual(voicemailsOf(world, left), []);
});

scenario("the number's greeting goes before the person's, and both before everybody's", async (world) => {
    for (const [to, greeting] of [
        [OFFICE, 'This is the office, closed for "holidays", sorry.'],
        [PLAIN, "Nobody is here, leave a message."],
    ]) {
        const left = await leaveMessage(world, { to });
        await world.callOver(left.sid);
        assert.equal(did(await world.sim.leg(left.sid), "says")[0], greeting);
    }
});

scenario("nobody is assigned to the number: the voicemail is nobody's, for whoever may see all", async (world) => {
    const left = await leaveMessage(world, { to: EMPTY });
    const call = await world.callUntil(left.sid, "has a voicemail", ({ outcome }) => outcome === "voicemail");
    assert.equal(call.identity, null);
    assert.equal(voicemailsOf(world, left).length, 1);
});

scenario("after a conversation there is no voicemail", async (world) => {
    await world.sim.callee("client:alice", { answer_after_ms: 1000, hangup_after_ms: 3000 });
    const { call_sid: sid } = await world.sim.inbound({ to: HOME });
    await world.sim.idle();
    const call = await world.callOver(sid);
    assert.equal(call.outcome, "answered");
    assert.deepEqual(did(await world.sim.leg(sid), "plays"), []);
    assert.deepEqual(voicemailsOf(world, { sid }), []);
});

scenario("the caller hangs up while it rings: no greeting", async (world) => {
    await world.sim.callee("client:alice", { no_answer: true });
    const { call_sid: sid } = await world.sim.inbound({ to: HOME, script: { gives_up_after_ms: 4000 } });
    await world.sim.idle();
    assert.equal((await world.callOver(sid)).outcome, "canceled");
    assert.deepEqual(voicemailsOf(world, { sid }), []);
});

// ---- by hand: what Twilio may say, and when

const inbound = (world, more = {}) => ({ From: "+14155550133", To: HOME, Direction: "inbound", CallStatus: "ringing", ...more });

async function dialled(world) {
    const sid = world.sid();
    const first = await world.deliver("/twiml", inbound(world, { CallSid: sid }));
    const action = new URL(first.text.match(/<Dial[^>]* action="([^"]+)"/)[1].replaceAll("&amp;", "&"));
    return { sid, action: action.pathname + action.search };
}

const statuses = [
    ["busy", {}, true],
    ["no-answer", {}, true],
    ["failed", {}, true],
    ["no-answer", { CallStatus: "completed" }, false],
    ["canceled", {}, false],
    ["completed", {}, false],
    ["completed", { DialBridged: "false" }, false],
    ["completed", { DialBridged: "true" }, false],
    ["answered", {}, false],
    ["", {}, false],
    ["strange", {}, false],
];

for (const [status, more, offered] of statuses)
    scenario(`DialCallStatus ${status || "none"} ${JSON.stringify(more)}: ${offered ? "a message may be left" : "no voicemail"}`, async (world) => {
        const { sid, action } = await dialled(world);
        const { text } = await world.deliver(action, inbound(world, { CallSid: sid, CallStatus: "in-progress", DialCallStatus: status, DialCallSid: world.sid(), ...more }));
        assert.equal(/<Record /.test(text), offered, text);
    });

scenario("somebody answered after all, as the leg's own callback said: no voicemail", async (world) => {
    const { sid, action } = await dialled(world);
    const child = world.sid();
    await world.deliver("/webhooks/call-status", { CallSid: child, ParentCallSid: sid, CallStatus: "completed", CallDuration: "4", From: "+14155550133", To: "client:alice", Direction: "outbound-dial" });
    const { text } = await world.deliver(action, inbound(world, { CallSid: sid, CallStatus: "in-progress", DialCallStatus: "no-answer", DialCallSid: child }));
    assert.doesNotMatch(text, /<Record /);
});

scenario("the document is as it was asked for", async (world) => {
    const { sid, action } = await dialled(world);
    const { text } = await world.deliver(action, inbound(world, { CallSid: sid, CallStatus: "in-progress", DialCallStatus: "busy" }));
    const record = text.match(/<Record ([^>]*)\/>/)[1];
    const attributes = Object.fromEntries([...record.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
    const { action: after, recordingStatusCallback: fact, ...others } = attributes;
    const of = new RegExp(`^https://phone\\.example\\.com/(twiml/voicemail|webhooks/recording-status)\\?call=call_`);
    assert.match(after, of);
    assert.match(fact, of);
    assert.deepEqual(others, {
        finishOnKey: "#",
        maxLength: "120",
        method: "POST",
        playBeep: "true",
        recordingStatusCallbackEvent: "in-progress completed absent",
        recordingStatusCallbackMethod: "POST",
        timeout: "5",
        trim: "trim-silence",
    });
});

/** A call that was asked for a message: its callbacks, ready to be sent in any order. */
async function asked(world) {
    const { sid, action } = await dialled(world);
    const answer = await world.deliver(action, inbound(world, { CallSid: sid, CallStatus: "in-progress", DialCallStatus: "no-answer" }));
    const url = (name) => new URL(answer.text.match(new RegExp(` ${name}="([^"]+)"`))[1].replaceAll("&amp;", "&"));
    const target = (name) => url(name).pathname + url(name).search;
    const recording = world.sid("RE");
    const common = { CallSid: sid, RecordingSid: recording, RecordingUrl: `https://api.twilio.com/2010-04-01/Accounts/AC/Recordings/${recording}` };
    const fact = (status, more) => () => world.deliver(target("recordingStatusCallback"), { ...common, RecordingStatus: status, RecordingSource: "RecordVerb", RecordingChannels: "1", ...more });
    return {
        sid,
        recording,
        action: (more = {}) => world.deliver(target("action"), inbound(world, { ...common, CallStatus: "in-progress", RecordingDuration: "6", Digits: "#", ...more })),
        began: fact("in-progress"),
        completed: fact("completed", { RecordingDuration: "6" }),
        absent: fact("absent", { ErrorCode: "16101" }),
        failed: fact("failed", { ErrorCode: "16102" }),
        ended: () => world.deliver("/webhooks/call-status", inbound(world, { CallSid: sid, CallStatus: "completed", CallDuration: "30" })),
    };
}

const orders = [
    ["in order", ["began", "action", "completed", "ended"], 1],
    ["in reverse", ["ended", "completed", "action", "began"], 1],
    ["twice each", ["began", "began", "action", "action", "completed", "completed"], 1],
    ["the action alone", ["action"], 1],
    ["the callback alone", ["completed"], 1],
    ["only that it has begun", ["began", "ended"], 0],
    ["silence", ["began", "absent", "ended"], 0],
    ["silence first", ["absent", "began"], 0],
    ["it failed", ["began", "failed"], 0],
    ["a message that turns out to be none", ["action", "absent"], 0],
    ["a message that was none", ["absent", "action"], 0],
    ["nothing at all", ["ended"], 0],
];

for (const [what, steps, count] of orders)
    scenario(`${what}: ${count ? "one voicemail" : "no voicemail"}`, async (world) => {
        const call = await asked(world);
        for (const step of steps)
            assert.ok((await call[step]()).status < 300, step);
        assert.equal(voicemailsOf(world, call).length, count);
        const { outcome } = await world.call(call.sid);
        assert.equal(outcome, count ? "voicemail" : "no-answer");
    });

scenario("the record verb's action answers TwiML, thanks, and ends", async (world) => {
    const call = await asked(world);
    const { status, text, headers } = await call.action();
    assert.equal(status, 200);
    assert.match(headers["content-type"], /^text\/xml/);
    assert.match(text, /<Say>Thank you\. Your message was recorded\. Goodbye\.<\/Say><Hangup\/>/);
    const other = await asked(world);
    assert.doesNotMatch((await other.action({ Digits: "hangup" })).text, /<Say>/);
});

scenario("a recording of somebody else's document is no voicemail", async (world) => {
    const sid = world.sid();
    await world.deliver("/webhooks/call-status", inbound(world, { CallSid: sid, CallStatus: "in-progress" }));
    await world.deliver("/webhooks/recording-status", { CallSid: sid, RecordingSid: world.sid("RE"), RecordingStatus: "completed", RecordingSource: "RecordVerb", RecordingDuration: "5" });
    assert.deepEqual(voicemailsOf(world, { sid }), []);
    assert.notEqual((await world.call(sid)).outcome, "voicemail");
});

// ---- the API

/** A voicemail of `identity` through the whole flow, as the API tells it. */
async function voicemail(world, options) {
    const left = await leaveMessage(world, options);
    await world.callUntil(left.sid, "has a voicemail", ({ outcome }) => outcome === "voicemail");
    const { json } = await world.api.get(`/voicemails?number=${encodeURIComponent(left.from)}`);
    assert.equal(json.items.length, 1, JSON.stringify(json));
    return { ...left, ...json.items[0] };
}

scenario("a voicemail is listed and told, with its recording and where its sound is", async (world) => {
    const { sid, from, id } = await voicemail(world);
    const { status, json } = await world.api.get(`/voicemails/${id}`);
    assert.equal(status, 200);
    assert.deepEqual([json.state, json.identity, json.from, json.to, json.duration, json.read_at, json.transcript], ["new", "alice", from, HOME, 7, null, null]);
    assert.equal(json.call_id, (await world.call(sid)).id);
    assert.match(json.recording.sid, /^RE/);
    assert.equal(json.media_url, `/recordings/${json.recording.id}/media`);
});

scenario("read, unread, again and again: state, count, audit log and timeline follow", async (world) => {
    const { id, call_id: call } = await voicemail(world);
    const count = async () => (await world.api.get("/voicemails?limit=1")).json.new_count;
    const before = await count();
    const first = await world.api.post(`/voicemails/${id}/read`);
    assert.deepEqual([first.status, first.json.state], [200, "read"]);
    const again = await world.api.post(`/voicemails/${id}/read`);
    assert.equal(again.json.read_at, first.json.read_at);
    assert.equal(await count(), before - 1);
    assert.equal((await world.api.post(`/voicemails/${id}/unread`)).json.state, "new");
    assert.equal(await count(), before);
    const { json } = await world.api.get(`/audit?limit=20`);
    const lines = json.items.filter(({ subject }) => subject === id).map(({ action }) => action);
    assert.deepEqual(lines, ["voicemail.unread", "voicemail.read"]);
    const { timeline } = await world.call(call);
    assert.deepEqual(timeline.filter(({ effect }) => effect?.startsWith("voicemail.")).map(({ effect }) => effect), ["voicemail.new", "voicemail.read", "voicemail.read"]);
});

scenario("lists filter by state, mailbox, number and time, page by page", async (world) => {
    const made = [];
    for (let i = 0; i < 3; i++)
        made.push(await voicemail(world, { to: PLAIN }));
    await world.api.post(`/voicemails/${made[1].id}/read`);
    const ids = async (query) => (await world.api.get(`/voicemails?identity=carol&${query}`)).json.items.map(({ id }) => id);
    const all = await ids("limit=200");
    assert.deepEqual(all.slice(0, 3), made.map(({ id }) => id).reverse());
    assert.ok(!(await ids("state=new")).includes(made[1].id));
    assert.ok((await ids("state=read")).includes(made[1].id));
    assert.deepEqual(await ids(`since=${made[2].created_at}`), [made[2].id]);
    assert.ok(!(await ids(`until=${made[2].created_at}`)).includes(made[2].id));
    const pages = [];
    for (let cursor = ""; cursor !== null; ) {
        const { json } = await world.api.get(`/voicemails?identity=carol&limit=2${cursor && `&cursor=${cursor}`}`);
        pages.push(...json.items.map(({ id }) => id));
        cursor = json.next_cursor;
    }
    assert.deepEqual(pages, all);
    for (const query of ["state=old", "limit=0", "limit=201", "cursor=x", "since=yesterday", "colour=red", "number="])
        assert.equal((await world.api.get(`/voicemails?${query}`)).status, 422, query);
});

scenario("deleted: gone from everywhere, and no late callback brings it back", async (world) => {
    const call = await asked(world);
    await call.action();
    const { id } = (await world.api.get("/voicemails?limit=1")).json.items[0];
    assert.equal((await world.api.request("DELETE", `/voicemails/${id}`)).status, 204);
    assert.equal((await world.api.request("DELETE", `/voicemails/${id}`)).status, 404);
    for (const target of [`/voicemails/${id}`, `/voicemails/${id}/read`])
        assert.equal((await world.api.request(target.endsWith("read") ? "POST" : "GET", target)).status, 404);
    assert.equal((await call.completed()).status, 204);
    assert.match((await call.action()).text, /Thank you/);
    assert.deepEqual(voicemailsOf(world, call), []);
    const [row] = world.sqlite("SELECT v.from_address FROM voicemails AS v WHERE recording_sid = :sid", { sid: call.recording });
    const { json: recording } = await world.api.get(`/recordings/${call.recording}`);
    assert.notEqual(recording.deleted_at, null, "its sound goes as well");
    assert.equal(row.from_address ?? null, null, "who left it is forgotten");
});

scenario("a mailbox is its owner's: others are told that there is no such voicemail", async (world) => {
    const { id } = await voicemail(world);
    const stranger = await world.newCaller("voicemails:read,voicemails:manage,calls:place,calls:read");
    for (const [method, target] of [
        ["GET", ""],
        ["DELETE", ""],
        ["POST", "/read"],
        ["POST", "/unread"],
        ["POST", "/callback"],
    ])
        assert.equal((await stranger.request(method, `/voicemails/${id}${target}`, method === "POST" ? { ...(target === "/callback" && { identity: "alice" }) } : undefined)).status, 404, target);
    const { json } = await stranger.get("/voicemails");
    assert.deepEqual([json.items, json.new_count], [[], 0]);
    const reader = await world.newCaller("voicemails:read,calls:read-all");
    assert.equal((await reader.get(`/voicemails/${id}`)).status, 200);
    for (const [method, target] of [["DELETE", ""], ["POST", "/read"], ["POST", "/callback"]])
        assert.equal((await reader.request(method, `/voicemails/${id}${target}`)).status, 403, target);
    const caller = await world.newCaller("calls:read-all");
    assert.equal((await caller.get("/voicemails")).status, 403);
    assert.equal((await world.stranger.get("/voicemails")).status, 401);
});

scenario("call back: alice's browser rings, then whoever left the message is dialled, once per key", async (world) => {
    const { id, from } = await voicemail(world);
    await world.sim.callee("client:alice", { answer_after_ms: 1000 });
    await world.sim.callee(from, { answer_after_ms: 1000, hangup_after_ms: 5000 });
    const key = { "idempotency-key": `back-${id}` };
    const first = await world.api.post(`/voicemails/${id}/callback`, { identity: "alice" }, key);
    assert.equal(first.status, 201, first.text);
    assert.equal(first.headers.location, `/calls/${first.json.id}`);
    assert.deepEqual([first.json.flow, first.json.identity], ["bridge", "alice"]);
    const again = await world.api.post(`/voicemails/${id}/callback`, { identity: "alice" }, key);
    assert.deepEqual([again.status, again.json.id], [201, first.json.id]);
    await world.sim.idle();
    const call = await world.callOver(first.json.id);
    assert.deepEqual([call.to, call.legs.map(({ to }) => to)], ["client:alice", [from]]);
    const { json } = await world.api.get("/audit?action=call.place&limit=5");
    assert.ok(json.items.some(({ subject, call: about }) => subject === id && about === first.json.id));
});

scenario("call back asks for what is missing and refuses what is known", async (world) => {
    const { id } = await voicemail(world);
    for (const [body, field] of [
        [{}, "identity"],
        [{ identity: "alice", to: "+14155550199" }, "to"],
        [{ identity: "alice", flow: "menu" }, "flow"],
        [{ identity: "alice", timeout: 1 }, "timeout"],
        [{ identity: "alice", colour: "red" }, "colour"],
    ]) {
        const { status, json } = await world.api.post(`/voicemails/${id}/callback`, body);
        assert.deepEqual([status, json.field], [422, field]);
    }
    const hidden = await leaveMessage(world, { from: "anonymous" });
    await world.callUntil(hidden.sid, "has a voicemail", ({ outcome }) => outcome === "voicemail");
    const { json } = await world.api.get("/voicemails?number=anonymous");
    const { status, json: problem } = await world.api.post(`/voicemails/${json.items[0].id}/callback`, { identity: "alice" });
    assert.equal(status, 409);
    assert.match(problem.detail, /hid the number/);
});

// ---- who listens

scenario("listeners hear of a voicemail and of what becomes of it; those without the scope do not", async (world) => {
    const reader = await world.newCaller("calls:read-all");
    const ears = [await listen(world), await listen(world, { headers: reader.headers })];
    const { id, call_id: call, from } = await voicemail(world);
    const heard = await ears[0].heardOf(call, "voicemail.new");
    assert.deepEqual([heard.data.voicemail.id, heard.data.voicemail.state, heard.data.voicemail.from], [id, "new", from]);
    assert.equal(heard.data.outcome, "voicemail");
    await world.api.post(`/voicemails/${id}/read`);
    assert.equal((await ears[0].heardOf(call, "voicemail.read")).data.voicemail.state, "read");
    await world.api.request("DELETE", `/voicemails/${id}`);
    assert.deepEqual((await ears[0].heardOf(call, "voicemail.deleted")).data.voicemail, { id });
    await world.sim.inbound({ to: EMPTY, script: { gives_up_after_ms: 1 } });
    await ears[1].heard("something later", ({ event, data }) => event === "call.ended" && data.call_id !== call);
    assert.ok(ears[1].names(call).includes("call.updated"));
    assert.ok(!ears[1].names(call).some((name) => name.startsWith("voicemail.")));
    for (const ear of ears)
        ear.close();
});

// ---- whatever goes wrong on the way

for (const [what, faults] of [
    ["every callback of the recording is lost", [{ target: "callback", kind: "lose", match: { RecordingSource: "RecordVerb" }, count: 2 }]],
    ["the record verb's action comes twice", [{ target: "twiml", kind: "duplicate", path: "/twiml/voicemail" }]],
    ["callbacks come in another order, and twice", [{ target: "callback", kind: "reorder", match: { RecordingStatus: "in-progress" } }, { target: "callback", kind: "duplicate", match: { RecordingStatus: "completed" } }]],
])
    scenario(`${what}: one voicemail`, async (world) => {
        for (const fault of faults)
            await world.sim.fault(fault);
        const left = await leaveMessage(world);
        await world.callUntil(left.sid, "has a voicemail", ({ outcome }) => outcome === "voicemail");
        await world.sim.idle();
        assert.equal(voicemailsOf(world, left).length, 1);
    });

scenario("a voicemail whose recording is held is not deleted", async (world) => {
    const { id, recording } = await voicemail(world);
    execFileSync("sqlite3", [world.env.SWITCHHOOK_DATABASE, `PRAGMA busy_timeout = 5000; UPDATE recordings SET hold = 1 WHERE sid = '${recording.sid}'`]);
    const { status, json } = await world.api.request("DELETE", `/voicemails/${id}`);
    assert.deepEqual([status, json.code], [409, "conflict"]);
    assert.equal((await world.api.get(`/voicemails/${id}`)).status, 200);
});

scenario("metrics count who was asked and who left a message", async (world) => {
    const growth = await world.growth(async () => {
        await leaveMessage(world, { speaks_ms: 0 });
        await leaveMessage(world);
    });
    assert.equal(growth['switchhook_voicemails_total{step="offered"}'], 2);
    assert.equal(growth['switchhook_voicemails_total{step="taken"}'], 1);
});

scenario("the caller hangs up after speaking: the message counts", async (world) => {
    const left = await leaveMessage(world, { speaks_ms: 60_000, script: { hangup_after_ms: 20_000 } });
    await world.callUntil(left.sid, "has a voicemail", ({ outcome, status }) => outcome === "voicemail" && status === "completed");
    assert.equal(voicemailsOf(world, left).length, 1);
});

scenario("twilio says that the recording failed: no message was left", async (world) => {
    await world.sim.fault({ target: "recording", kind: "failed" });
    const left = await leaveMessage(world);
    await world.callUntil(left.sid, "knows of the failure", ({ recordings, status }) => status === "completed" && recordings[0]?.status === "failed");
    assert.deepEqual(voicemailsOf(world, left), []);
    assert.equal((await world.call(left.sid)).outcome, "no-answer");
});

scenario("a reload brings other greetings, and a mistake in the file leaves everything as it was", async (world) => {
    const file = path.join(folder, "greetings.json");
    const before = readFileSync(file, "utf8");
    const greetingOf = async () => {
        const left = await leaveMessage(world, { to: PLAIN });
        await world.callOver(left.sid);
        return did(await world.sim.leg(left.sid), "says")[0];
    };
    const reload = async (text, word) => {
        writeFileSync(file, text);
        const lines = world.logged(word).length;
        world.server.child.kill("SIGHUP");
        await until(`the server says ${word}`, () => world.logged(word).length > lines);
    };
    await reload('{"identities": {"carol": "Carol, today."}}', "config.reloaded");
    assert.equal(await greetingOf(), "Carol, today.");
    await reload('{"identities": {"carol": 5}}', "config.rejected");
    assert.equal(await greetingOf(), "Carol, today.");
    await reload(before, "config.reloaded");
    assert.equal(await greetingOf(), "Nobody is here, leave a message.");
});
