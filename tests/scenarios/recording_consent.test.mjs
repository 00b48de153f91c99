// Both sides are told before anything is recorded: what each hears, when the recording begins, what the call keeps of it.
import assert from "node:assert/strict";

import { alone } from "./support/alone.mjs";
import { stage, until } from "./support/world.mjs";

const TEXT = "This call is recorded.";
const settings = { SWITCHHOOK_RECORDING_ANNOUNCEMENT: TEXT, SWITCHHOOK_RECORD_DIRECTIONS: "inbound=record-from-answer-dual,outbound-browser=record-from-ringing", SWITCHHOOK_INBOUND_IDENTITY: "alice", SWITCHHOOK_TWIML_URL_HOSTS: "other.example.com" };
const scenario = stage(settings);

async function patient(world) {
    const number = world.number();
    await world.sim.callee(number, { hangup_after_ms: null });
    return number;
}
const recorded = (world, id, count = 1) => world.callUntil(id, "has its recording", ({ recordings }) => recordings.length === count && recordings.every(({ status }) => status === "completed"));
/** Whoever answers talks until the recording has begun; then the call is over. */
async function talked(world, id) {
    const { sid } = await world.callUntil(id, "is being recorded", ({ recordings }) => recordings[0]?.status === "in-progress");
    await world.sim.hangUp(sid);
    await world.sim.idle();
}
const spoken = (leg) => leg.events.filter(({ what }) => what === "says").map(({ detail }) => detail);
const starts = async (world, sid) => (await world.sim.requests({ method: "POST", path: `${sid}/Recordings` })).length;

/** Both were told, one after the other, and one recording began after it by REST. */
async function isAnnounced(world, id, { channels, caller = true, text = TEXT }) {
    await talked(world, id);
    const call = await recorded(world, id);
    const { caller_heard_at: first, callee_heard_at: second } = call.recording_consent;
    assert.equal(call.recording_consent.text, text);
    assert.equal(first !== null, caller);
    if (caller)
        assert.ok(Date.parse(first) <= Date.parse(second), `${first} before ${second}`);
    assert.deepEqual(call.recordings.map(({ source, channels: n }) => [source, n]), [["StartCallRecordingAPI", channels]]);
    assert.equal(await starts(world, call.sid), 1);
    return call;
}

scenario("inbound: the caller, then who is rung, then both are recorded in two channels", async (world) => {
    await world.sim.callee("client:alice", { hangup_after_ms: null });
    const { call_sid: sid } = await world.sim.inbound({ to: "+15005550006" });
    const call = await isAnnounced(world, sid, { channels: 2 });
    for (const leg of [sid, call.legs[0].sid])
        assert.match(spoken(await world.sim.leg(leg)).join(), /This call is recorded/);
    const { timeline } = (await world.api.get(`/calls/${call.id}?timeline=true`)).json;
    const asked = timeline.filter(({ kind }) => kind === "instruction").map(({ route, answer }) => [route, answer.do]);
    assert.deepEqual(asked.slice(0, 3), [["/twiml", "dial-client"], ["/twiml/whisper", "announce"], ["/twiml/announced", "continue"]]);
});

scenario("from a browser: the same for its direction's word", async (world) => {
    const to = await patient(world);
    const { call_sid: sid } = await world.sim.browser({ identity: world.name("agent"), to });
    await isAnnounced(world, sid, { channels: 1 });
});

scenario("a greeting that is to be recorded: announced first, and Twilio is not asked to record from the start", async (world) => {
    const to = world.number();
    await world.sim.callee(to, { manual: true });
    const { json } = await world.api.post("/calls", { to, record: true, recording_channels: "dual", trim: "trim-silence" });
    const [create] = await world.sim.requests({ method: "POST", path: "/Calls.json", to });
    assert.ok(create && !JSON.stringify(create).includes("Record"), JSON.stringify(create));
    const asks = { CallSid: json.sid, From: "+15005550006", To: to, Direction: "outbound-api", CallStatus: "in-progress" };
    const first = await world.deliver(`/twiml?call=${json.id}`, asks);
    assert.match(first.text, /<Response><Say[^>]*>This call is recorded\.<\/Say><Redirect method="POST">[^<]*\/twiml\/announced\?call=/);
    assert.equal((await world.call(json.id)).recording_consent.callee_heard_at, null);
    assert.match((await world.deliver(`/twiml/announced?call=${json.id}`, asks)).text, /<Response><Say[^>]*>Hello! /);
    const { recording_consent: consent } = await world.call(json.id);
    assert.deepEqual([consent.text, consent.caller_heard_at], [TEXT, null]);
    assert.notEqual(consent.callee_heard_at, null);
    await until("Twilio was asked to record", async () => (await starts(world, json.sid)) > 0);
    const [start] = await world.sim.requests({ method: "POST", path: `${json.sid}/Recordings` });
    assert.match(JSON.stringify(start), /dual.*trim-silence|trim-silence.*dual/);
    await world.sim.hangUp(json.sid);
});

/** A bridge between two who do not hang up by themselves: its body. */
async function bridge(world) {
    const identity = world.name("agent");
    await world.sim.callee(`client:${identity}`, { hangup_after_ms: null });
    return { to: await patient(world), flow: "bridge", identity };
}

scenario("a bridge that is to be recorded: both sides", async (world) => {
    const { json } = await world.api.post("/calls", { ...(await bridge(world)), record: true });
    await isAnnounced(world, json.id, { channels: 1 });
});

scenario("who is not to be recorded hears nothing of it", async (world) => {
    const { json } = await world.api.post("/calls", { to: world.number() });
    await world.sim.idle();
    const call = await world.callOver(json.id);
    assert.deepEqual([call.recording_consent, call.recordings], [null, []]);
});

scenario("with a document of somebody else's nobody can be told: 422", async (world) => {
    const { status, json } = await world.api.post("/calls", { to: world.number(), twiml_url: "https://other.example.com/x", record: true });
    assert.deepEqual([status, json.field], [422, "record"]);
});

scenario("busy: the caller had heard it, nothing is recorded", async (world) => {
    const to = world.number();
    await world.sim.callee(to, { busy: true });
    const { call_sid: sid } = await world.sim.browser({ identity: world.name("agent"), to });
    await world.sim.idle();
    const call = await world.callOver(sid);
    assert.equal(call.outcome, "busy");
    assert.notEqual(call.recording_consent.caller_heard_at, null);
    assert.deepEqual([call.recording_consent.callee_heard_at, call.recordings, await starts(world, sid)], [null, [], 0]);
});

/** What Twilio asks of a call that came in, up to the whisper: { sid, child, root, leg }. */
async function upToWhisper(world, deliver = world) {
    const [sid, child, from] = [world.sid(), world.sid(), world.number()];
    const root = { CallSid: sid, From: from, To: "+15005550006", Direction: "inbound", CallStatus: "in-progress" };
    const { text } = await deliver.deliver("/twiml", { ...root, CallStatus: "ringing" });
    const whisper = text.match(/ url="([^"]*)"/)[1].replaceAll("&amp;", "&").replace(/#.*/, "");
    const leg = { CallSid: child, ParentCallSid: sid, From: from, To: "client:alice", Direction: "outbound-dial", CallStatus: "in-progress" };
    return { sid, child, root, leg, text, whisper: new URL(whisper).pathname + new URL(whisper).search };
}

scenario("the dial says: the text first, a whisper for who is rung, and no record", async (world) => {
    const { text, whisper, leg } = await upToWhisper(world);
    assert.match(text, /<Response><Say[^>]*>This call is recorded\.<\/Say><Dial /);
    assert.doesNotMatch(text, / record=/);
    const heard = await world.deliver(whisper, leg);
    assert.match(heard.text, /<Response><Say[^>]*>This call is recorded\.<\/Say><Redirect method="POST">https:\/\/phone\.example\.com\/twiml\/announced\?call=/);
});

scenario("who is rung hangs up while it is told: nothing is recorded", async (world) => {
    const { sid, leg, root, whisper, child } = await upToWhisper(world);
    await world.deliver(whisper, leg);
    await world.deliver("/webhooks/call-status", { ...leg, CallStatus: "completed", SequenceNumber: "3", CallDuration: "1" });
    await world.deliver("/twiml/dial-action", { ...root, DialCallSid: child, DialCallStatus: "completed", DialBridged: "false" });
    const call = await world.call(sid);
    assert.deepEqual([call.recording_consent.callee_heard_at, call.recordings], [null, []]);
    assert.equal(world.count("jobs WHERE kind = 'start_recording' AND call_number = (SELECT number FROM calls WHERE root_sid = :sid)", { sid }), 0);
});

scenario("told twice, by a token or without: the same answer, and one recording", async (world) => {
    const { sid, leg, whisper } = await upToWhisper(world);
    const announced = whisper.replace("whisper", "announced");
    await world.deliver(whisper, leg, { token: "w" });
    await world.deliver(whisper, leg, { token: "w" });
    const answers = [];
    for (const token of ["h", "h", undefined])
        answers.push((await world.deliver(announced, leg, { token })).text);
    assert.deepEqual(answers, Array(3).fill(answers[0]));
    assert.match(answers[0], /<Response\/>/);
    await until("Twilio was asked to record", async () => (await starts(world, sid)) > 0);
    assert.equal(await starts(world, sid), 1);
});

scenario("a page's own parameters do not announce another's call", async (world) => {
    const { sid, whisper } = await upToWhisper(world);
    const { json: { id } } = await world.api.get(`/calls/${sid}`);
    const strange = { CallSid: world.sid(), From: "client:mallory", To: "+14155550100", Direction: "inbound", CallStatus: "in-progress", call: id };
    await world.deliver("/twiml/announced", strange, { method: "GET" });
    assert.equal((await world.call(sid)).recording_consent.callee_heard_at, null);
    assert.ok(whisper.includes(id));
});

scenario("recorded in mid-call without a word: the timeline says that nobody was told", async (world) => {
    const { json } = await world.api.post("/calls", await bridge(world));
    const call = await world.callUntil(json.id, "goes on", ({ legs }) => legs[0]?.status === "in-progress");
    await world.api.post(`/calls/${call.id}/recordings`);
    const { timeline } = (await world.api.get(`/calls/${call.id}?timeline=true`)).json;
    const wish = timeline.find(({ kind, effect }) => kind === "request" && effect === "start");
    assert.equal(wish.parameters.announced, "false");
});

alone("a restart in the middle, with another text: the call keeps what was said", settings, async (world) => {
    const { sid, leg, whisper } = await upToWhisper(world);
    await world.restart({ SWITCHHOOK_RECORDING_ANNOUNCEMENT: "Something else is said now." });
    assert.match((await world.deliver(whisper, leg)).text, /This call is recorded/);
    await world.deliver(whisper.replace("whisper", "announced"), leg);
    const { recording_consent: consent } = await world.call(sid);
    assert.equal(consent.text, TEXT);
    assert.notEqual(consent.callee_heard_at, null);
    await until("Twilio was asked to record", async () => (await starts(world, sid)) > 0);
});

alone("no announcement: the dial records as before", { SWITCHHOOK_RECORD: "record-from-answer-dual" }, async (world) => {
    const { call_sid: sid } = await world.sim.browser({ identity: world.name("agent"), to: world.number() });
    await world.sim.idle();
    const call = await recorded(world, sid);
    assert.deepEqual([call.recording_consent, call.recordings[0].source], [null, "DialVerb"]);
});
