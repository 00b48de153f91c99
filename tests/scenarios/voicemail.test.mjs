// Nobody answers: the caller is asked for a message. There is a voicemail if and only if one was left.
import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { stage } from "./support/world.mjs";

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
