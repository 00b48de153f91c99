// Callbacks come twice, late, in the wrong order, too early, or never: the truth is the same.
import assert from "node:assert/strict";

import { stage, until } from "./support/world.mjs";

const scenario = stage({ SWITCHHOOK_CALLER_IDS: "+15005550010" }, { simulator: ["--number", "+15005550006", "--number", "+15005550010"] });

/** An agent rings a customer, with something going wrong on the way; all is over. */
async function bridgeWith(world, faults) {
    const agent = world.name("agent");
    const to = world.number();
    await world.sim.callee(`client:${agent}`, { answer_after_ms: 1000, hangup_after_ms: null });
    await world.sim.callee(to, { answer_after_ms: 2000, hangup_after_ms: 5000 });
    for (const fault of faults)
        await world.sim.fault({ target: "callback", ...fault });
    const { status, json, text } = await world.api.post("/calls", { to, flow: "bridge", identity: agent });
    assert.equal(status, 201, text);
    await world.sim.idle();
    return world.callOver(json.id);
}

const disorders = [
    ["every callback comes twice", [{ kind: "duplicate", count: 100 }]],
    ["every callback comes twice, the second one much later", [{ kind: "duplicate", count: 100, delay_ms: 60_000 }]],
    ["every callback is overtaken by the next one", [{ kind: "reorder", count: 100 }]],
    ["ringing comes after all is over", [{ kind: "delay", match: { CallStatus: "ringing" }, count: 2, delay_ms: 120_000 }]],
    ["in-progress comes after all is over", [{ kind: "delay", match: { CallStatus: "in-progress" }, count: 2, delay_ms: 120_000 }]],
    ["the end comes first", [
        { kind: "delay", match: { CallStatus: "initiated" }, count: 2, delay_ms: 90_000 },
        { kind: "delay", match: { CallStatus: "ringing" }, count: 2, delay_ms: 60_000 },
        { kind: "delay", match: { CallStatus: "in-progress" }, count: 2, delay_ms: 30_000 },
    ]],
    ["only the ends come", [
        { kind: "lose", match: { CallStatus: "initiated" }, count: 2 },
        { kind: "lose", match: { CallStatus: "ringing" }, count: 2 },
        { kind: "lose", match: { CallStatus: "in-progress" }, count: 2 },
    ]],
];

for (const [what, faults] of disorders)
    scenario(`${what}: the same truth`, async (world) => {
        const call = await bridgeWith(world, faults);
        assert.deepEqual([call.status, call.outcome, call.legs.length], ["completed", "answered", 1]);
        assert.equal(call.legs[0].status, "completed");
        assert.ok(call.answered_at !== null && call.answered_at <= call.ended_at, "a call that lasted was answered");
        await world.sameTruth();
    });

scenario("every instruction is asked for twice at once: one answer, one leg", async (world) => {
    const agent = world.name("agent");
    const to = world.number();
    await world.sim.callee(to, { answer_after_ms: 1000, hangup_after_ms: 2000 });
    await world.sim.fault({ target: "twiml", kind: "duplicate", count: 100 });
    const repeats = await world.growth(async () => {
        await world.sim.browser({ identity: agent, to });
        await world.sim.idle();
    });
    assert.ok(repeats['switchhook_webhooks_total{outcome="repeat"}'] >= 2);
    const { json } = await world.api.get(`/calls?identity=${agent}`);
    assert.equal(json.items.length, 1);
    const call = await world.call(json.items[0].id);
    const instructions = call.timeline.filter(({ kind }) => kind === "instruction");
    assert.deepEqual(instructions.map(({ route }) => route), ["/twiml", "/twiml/dial-action"]);
    await world.sameTruth();
});

scenario("callbacks come before Twilio's answer to the request: they join the call", async (world) => {
    const to = world.number();
    await world.sim.callee(to, { manual: true });
    await world.sim.fault({ target: "rest", kind: "callback_first", method: "POST", match: { To: to } });
    const { status, json } = await world.api.post("/calls", { to });
    assert.equal(status, 201);
    await world.sim.idle();
    const [leg] = await world.sim.legs({ to });
    await world.sim.hangUp(leg.call_sid);
    const call = await world.callOver(json.id);
    assert.equal(call.sid, leg.call_sid);
    assert.equal(world.count("calls WHERE to_address = :to", { to }), 1);
    const kinds = call.timeline.map(({ kind }) => kind);
    assert.ok(kinds.indexOf("status") < kinds.indexOf("rest"), "the callback was first");
    await world.sameTruth();
});

// ---- by hand: what only a hand can send

/** Fields of a callback about a made-up inbound call. */
const about = (sid, status, more = {}) => ({
    CallSid: sid,
    CallStatus: status,
    From: "+14155550111",
    To: "+15005550006",
    Direction: "inbound",
    ...more,
});

const entriesOf = async (world, sid) => (await world.call(sid)).timeline;

scenario("the same token means the same delivery: 204 again, nothing changes", async (world) => {
    const sid = world.sid();
    for (const time of [1, 2, 3]) {
        const { status, text } = await world.deliver("/webhooks/call-status", about(sid, "ringing"), { token: `token-of-${sid}` });
        assert.deepEqual([status, text], [204, ""], `time ${time}`);
    }
    assert.equal((await entriesOf(world, sid)).length, 1);
});

scenario("without a token, the same status with the same sequence number is the same delivery", async (world) => {
    const sid = world.sid();
    const once = about(sid, "ringing", { SequenceNumber: "1", CallbackSource: "call-progress-events" });
    await world.deliver("/webhooks/call-status", once);
    await world.deliver("/webhooks/call-status", once);
    await world.deliver("/webhooks/call-status", { ...once, SequenceNumber: "2" });
    assert.equal((await entriesOf(world, sid)).length, 2);
});

scenario("forty deliveries of one callback at once: one entry", async (world) => {
    const sid = world.sid();
    const answers = await Promise.all(
        Array.from({ length: 40 }, () => world.deliver("/webhooks/call-status", about(sid, "ringing"), { token: `t-${sid}` })),
    );
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([204]));
    assert.equal((await entriesOf(world, sid)).length, 1);
});

scenario("forty callbacks of one unknown call at once: one call, forty entries", async (world) => {
    const sid = world.sid();
    await Promise.all(
        Array.from({ length: 40 }, (_, i) => world.deliver("/webhooks/call-status", about(sid, "ringing", { SequenceNumber: String(i) }))),
    );
    assert.equal(world.count("calls WHERE root_sid = :sid", { sid }), 1);
    assert.equal((await entriesOf(world, sid)).length, 40);
});

scenario("an instruction asked for again with the same token gets the same bytes", async (world) => {
    const sid = world.sid();
    const question = { CallSid: sid, CallStatus: "ringing", From: "client:alice", To: "+14155550112", Direction: "inbound" };
    const answers = [];
    for (const token of ["first", "first", "first"])
        answers.push(await world.deliver("/twiml", question, { token: `${token}-${sid}` }));
    assert.deepEqual(answers.map(({ status }) => status), [200, 200, 200]);
    assert.match(answers[0].headers["content-type"], /^text\/xml; charset=utf-8$/);
    assert.match(answers[0].text, /<Number [^>]*>\+14155550112<\/Number>/);
    assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
    assert.equal((await entriesOf(world, sid)).length, 1);
});

scenario("the same token on another route is another question", async (world) => {
    const sid = world.sid();
    const token = `one-${sid}`;
    await world.deliver("/twiml", { CallSid: sid, From: "client:alice", To: "+14155550112", Direction: "inbound" }, { token });
    const after = await world.deliver("/twiml/dial-action", { CallSid: sid, DialCallStatus: "busy" }, { token });
    assert.match(after.text, /The line is busy/);
});

scenario("without a token the same question is asked again on purpose: two entries", async (world) => {
    const sid = world.sid();
    const question = { CallSid: sid, From: "client:alice", To: "+14155550112", Direction: "inbound" };
    await world.deliver("/twiml", question);
    await world.deliver("/twiml", question);
    assert.equal((await entriesOf(world, sid)).length, 2);
});

scenario("parameters nobody has heard of are kept and do no harm", async (world) => {
    const sid = world.sid();
    const { status } = await world.deliver("/webhooks/call-status", about(sid, "completed", { CallDuration: "5", NewThing: "säle ", "odd[name]": "", Übung: "x" }));
    assert.equal(status, 204);
    const [{ parameters }] = await entriesOf(world, sid);
    assert.equal(parameters.NewThing, "säle ");
    assert.equal(parameters["odd[name]"], "");
    assert.equal(parameters["Übung"], "x");
});

scenario("a status nobody has heard of is kept as it is, and the call stays where it was", async (world) => {
    const sid = world.sid();
    await world.deliver("/webhooks/call-status", about(sid, "ringing"));
    const { status } = await world.deliver("/webhooks/call-status", about(sid, "on-the-moon"));
    assert.equal(status, 204);
    const call = await world.call(sid);
    assert.equal(call.status, "ringing");
    assert.deepEqual(call.timeline.map(({ effect }) => effect), ["advances", "not-understood"]);
});

scenario("a second, different end is an anomaly: told in the timeline, counted, and changes nothing", async (world) => {
    const sid = world.sid();
    await world.deliver("/webhooks/call-status", about(sid, "completed", { CallDuration: "5" }));
    const grown = await world.growth(() => world.deliver("/webhooks/call-status", about(sid, "busy", { CallDuration: "9" })));
    assert.equal(grown['switchhook_webhooks_total{outcome="contradiction"}'], 1);
    const call = await world.call(sid);
    assert.deepEqual([call.status, call.duration], ["completed", 5]);
    assert.deepEqual(call.timeline.map(({ effect }) => effect), ["advances", "contradicts"]);
});

scenario("both vocabularies are understood", async (world) => {
    const sid = world.sid();
    await world.deliver("/webhooks/call-status", about(sid, "answered"));
    assert.equal((await world.call(sid)).status, "in-progress");
    const other = world.sid();
    await world.deliver("/webhooks/call-status", about(other, "cancelled"));
    assert.equal((await world.call(other)).status, "canceled");
});

scenario("seconds are CallDuration; Duration is billed minutes", async (world) => {
    const sid = world.sid();
    await world.deliver("/webhooks/call-status", about(sid, "completed", { CallDuration: "61", Duration: "2" }));
    assert.equal((await world.call(sid)).duration, 61);
});

const malformed = [
    ["no CallSid", { CallStatus: "ringing" }, "CallSid"],
    ["an empty CallSid", { CallSid: "", CallStatus: "ringing" }, "CallSid"],
    ["a CallSid that is none", { CallSid: "CA123", CallStatus: "ringing" }, "CallSid"],
    ["a CallSid of something else", { CallSid: `RE${"0".repeat(32)}`, CallStatus: "ringing" }, "CallSid"],
    ["a ParentCallSid that is none", { CallSid: `CA${"0".repeat(32)}`, ParentCallSid: "x", CallStatus: "ringing" }, "ParentCallSid"],
];

for (const [what, fields, field] of malformed)
    scenario(`${what}: 422 naming ${field}, and nothing is stored`, async (world) => {
        const earlier = world.count("timeline");
        const { status, text } = await world.deliver("/webhooks/call-status", fields);
        assert.equal(status, 422, text);
        assert.equal(JSON.parse(text).field, field);
        assert.equal(world.count("timeline"), earlier);
    });

scenario("an instruction request about no call gets the apology: whoever is on the line hears words", async (world) => {
    const grown = await world.growth(async () => {
        const { status, text } = await world.deliver("/twiml", { From: "client:alice", To: "+14155550112" });
        assert.equal(status, 200);
        assert.match(text, /We are sorry/);
        assert.doesNotMatch(text, /Dial/);
    });
    assert.equal(grown.switchhook_apologies_total, 1);
});

scenario("callbacks may come as GET as well", async (world) => {
    const sid = world.sid();
    const { status } = await world.deliver("/webhooks/call-status", about(sid, "ringing"), { method: "GET" });
    assert.equal(status, 204);
    assert.equal((await world.call(sid)).status, "ringing");
});

scenario("a child's callback comes before anything of its parent: the call is there with both legs", async (world) => {
    const parent = world.sid();
    const child = world.sid();
    await world.deliver("/webhooks/call-status", { CallSid: child, ParentCallSid: parent, CallStatus: "ringing", From: "+15005550006", To: "+14155550113", Direction: "outbound-dial" });
    const early = await world.call(child);
    assert.equal(early.sid, parent);
    assert.equal(early.direction, "outbound-browser");
    assert.deepEqual(early.legs.map(({ sid, status }) => [sid, status]), [[child, "ringing"]]);
    await world.deliver("/twiml", { CallSid: parent, From: "client:alice", To: "+14155550113", Direction: "inbound", CallStatus: "ringing" });
    assert.equal(world.count("calls WHERE root_sid IN (:parent, :child)", { parent, child }), 1);
    const call = await world.call(parent);
    assert.deepEqual([call.id, call.status], [early.id, "ringing"]);
    assert.deepEqual([call.from, call.identity], ["client:alice", "alice"], "the parent's own words win");
});

scenario("what is stored survives kill -9 the moment it is answered", async (world) => {
    const sids = Array.from({ length: 20 }, () => world.sid());
    const answers = await Promise.all(sids.map((sid) => world.deliver("/webhooks/call-status", about(sid, "completed", { CallDuration: "1" }))));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([204]));
    await world.kill9();
    await world.start();
    for (const sid of sids)
        assert.equal((await world.call(sid)).status, "completed");
    await until("the metrics begin anew", async () => (await world.metrics())['switchhook_webhooks_total{outcome="applied"}'] === 0);
});
