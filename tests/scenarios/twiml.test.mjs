// What Twilio is told: by GET, after a dial, after a failure of ours; and who cannot make us say it.
import assert from "node:assert/strict";

import { stage } from "./support/world.mjs";

const scenario = stage({ SWITCHHOOK_INBOUND_IDENTITY: "alice", SWITCHHOOK_SAY_VOICE: "Polly.Joanna", SWITCHHOOK_SAY_LANGUAGE: "en-GB" }, { gate: true, simulator: ["--voice-method", "GET"] });

const browserAsks = (world, more = {}) => ({ CallSid: world.sid(), From: "client:alice", To: "+14155550112", Direction: "inbound", CallStatus: "ringing", ...more });

scenario("the app asks with GET: answered as with POST", async (world) => {
    const to = world.number();
    await world.sim.callee(to, { answer_after_ms: 1000, hangup_after_ms: 3000 });
    const { call_sid: sid } = await world.sim.browser({ identity: "bob", to });
    await world.sim.idle();
    const call = await world.callOver(sid);
    assert.deepEqual([call.identity, call.outcome], ["bob", "answered"]);
    const [asked] = (await world.sim.leg(sid)).webhooks;
    assert.deepEqual([asked.method, asked.purpose], ["GET", "voice"]);
    await world.sameTruth();
});

scenario("inbound, asked with GET", async (world) => {
    await world.sim.callee("client:alice", { answer_after_ms: 1000, hangup_after_ms: 1000 });
    const { call_sid: sid } = await world.sim.inbound();
    await world.sim.idle();
    assert.equal((await world.callOver(sid)).outcome, "answered");
});

scenario("a page that smuggles in ?call= of another call gets a call of its own, and the other one is left alone", async (world) => {
    const to = world.number();
    const victim = world.number();
    await world.sim.callee(victim, { manual: true, hangup_after_ms: null });
    const { json } = await world.api.post("/calls", { to: victim });
    await world.sim.idle();
    const before = await world.call(json.id);

    await world.sim.callee(to, { busy: true });
    const { call_sid: sid } = await world.sim.browser({ identity: "mallory", to, params: { To: to, call: json.id } });
    await world.sim.idle();
    const own = await world.callOver(sid);
    assert.notEqual(own.id, json.id);
    assert.deepEqual([own.identity, own.to, own.outcome], ["mallory", to, "busy"]);
    assert.deepEqual(await world.call(json.id), before);
});

scenario("nor does it become the call that is just being placed", async (world) => {
    const to = world.number();
    const victim = world.number();
    const held = world.gate.hold({ method: "POST", path: "/Calls.json", body: encodeURIComponent(victim) });
    const placing = world.api.post("/calls", { to: victim });
    await held.arrived;
    const [{ id }] = (await world.api.get(`/calls?number=${encodeURIComponent(victim)}`)).json.items;
    const { call_sid: sid } = await world.sim.browser({ identity: "mallory", to, params: { To: to, call: id } });
    await world.sim.idle();
    assert.notEqual((await world.callOver(sid)).id, id);
    assert.deepEqual([(await world.call(id)).sid, (await world.call(id)).placement], [null, "sending"]);
    await held.forward();
    await held.reply();
    assert.equal((await placing).json.sid, (await world.sim.leg({ to: victim })).call_sid);
});

scenario("with POST the page's parameters are fields, not the query: no harm either", async (world) => {
    const { json } = await world.api.post("/calls", { to: world.number() });
    const before = await world.callOver(json.id);
    const asks = browserAsks(world, { call: json.id });
    await world.deliver("/twiml", asks);
    assert.notEqual((await world.call(asks.CallSid)).id, json.id);
    assert.deepEqual(await world.call(json.id), before);
});

scenario("the voice and language are as configured, and the document is well-formed", async (world) => {
    const { text, headers } = await world.deliver("/twiml", browserAsks(world, { To: "911" }));
    assert.equal(headers["content-type"], "text/xml; charset=utf-8");
    assert.match(text, /^<\?xml version="1\.0" encoding="UTF-8"\?>\s*<Response><Say voice="Polly\.Joanna" language="en-GB">This phone cannot reach/);
    assert.match(text, /<Hangup\/><\/Response>\s*$/);
});

scenario("a dial says everything: who is shown, how long, whom to tell", async (world) => {
    const { text } = await world.deliver("/twiml", browserAsks(world));
    const [, dial] = text.match(/<Dial ([^>]*)>/);
    const attributes = Object.fromEntries([...dial.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
    const { action, ...rest } = attributes;
    assert.match(action, /^https:\/\/phone\.example\.com\/twiml\/dial-action\?call=call_[0-9a-z]{26}#rc=3&amp;rp=all$/);
    assert.deepEqual(rest, { method: "POST", answerOnBridge: "true", callerId: "+15005550006", timeout: "30", timeLimit: "14400" });
    assert.match(text, /<Number statusCallback="https:\/\/phone\.example\.com\/webhooks\/call-status\?call=[^"]*" statusCallbackEvent="initiated ringing answered completed" statusCallbackMethod="POST">\+14155550112<\/Number>/);
});

const actions = [
    [{ DialCallStatus: "completed", DialBridged: "true" }, "answered", /^<Response><Hangup\/><\/Response>$/],
    [{ DialCallStatus: "answered" }, "answered", /^<Response><Hangup\/><\/Response>$/],
    [{ DialCallStatus: "completed", DialBridged: "false" }, "no-answer", /There was no answer/],
    [{ DialCallStatus: "busy" }, "busy", /The line is busy/],
    [{ DialCallStatus: "no-answer" }, "no-answer", /There was no answer/],
    [{ DialCallStatus: "failed" }, "failed", /could not be connected/],
    [{ DialCallStatus: "canceled" }, "canceled", /^<Response><Hangup\/><\/Response>$/],
    [{ DialCallStatus: "on-the-moon" }, null, /^<Response><Hangup\/><\/Response>$/],
    [{}, null, /^<Response><Hangup\/><\/Response>$/],
];

for (const [fields, outcome, document] of actions)
    scenario(`a dial ended ${JSON.stringify(fields)}: ${outcome}`, async (world) => {
        const asks = browserAsks(world);
        await world.deliver("/twiml", asks);
        const { status, text } = await world.deliver("/twiml/dial-action", { ...asks, CallStatus: "in-progress", ...fields });
        assert.equal(status, 200);
        assert.match(text.replace(/^<\?xml[^>]*>\s*/, "").trim(), document);
        assert.equal((await world.call(asks.CallSid)).outcome, outcome);
    });

scenario("the dial's own report names a leg nobody has mentioned: it is there, with its duration", async (world) => {
    const asks = browserAsks(world);
    const child = world.sid();
    await world.deliver("/twiml", asks);
    await world.deliver("/twiml/dial-action", { ...asks, DialCallSid: child, DialCallStatus: "completed", DialBridged: "true", DialCallDuration: "17" });
    const { legs } = await world.call(asks.CallSid);
    assert.deepEqual(legs.map(({ sid, status, duration }) => [sid, status, duration]), [[child, "completed", 17]]);
});

scenario("Twilio could not use an answer of ours: the caller hears words, and the log says why", async (world) => {
    const asks = browserAsks(world, { ErrorCode: "11200", ErrorUrl: "https://phone.example.com/twiml" });
    const { status, text } = await world.deliver("/twiml/fallback", asks);
    assert.equal(status, 200);
    assert.match(text, /We are sorry, this call cannot be completed right now/);
    assert.doesNotMatch(text, /Dial/);
    const line = await world.logLine("twiml.fallback");
    assert.deepEqual([line.error_code, line.error_url], ["11200", "https://phone.example.com/twiml"]);
});

scenario("the voice URL cannot be reached: Twilio asks the fallback, and the caller hears words", async (world) => {
    await world.sim.fault({ target: "twiml", kind: "lose", path: "/twiml", count: 1 });
    const { call_sid: sid } = await world.sim.inbound();
    await world.sim.idle();
    const leg = await world.sim.leg(sid);
    assert.deepEqual(leg.webhooks.filter(({ purpose }) => purpose !== "number-status").map(({ purpose }) => purpose), ["voice", "fallback"]);
    assert.match(leg.events.find(({ what }) => what === "says").detail, /We are sorry/);
    await world.callOver(sid);
});

scenario("somebody else's outgoing call that points at us gets the greeting", async (world) => {
    const sid = world.sid();
    const { text } = await world.deliver("/twiml", { CallSid: sid, From: "+15005550006", To: "+14155550113", Direction: "outbound-api", CallStatus: "in-progress" });
    assert.match(text, /Hello! This is a call from/);
    assert.equal((await world.call(sid)).direction, "outbound-api");
});

scenario("a document of the caller's own: only with the scope, only from a listed host", async (world) => {
    const url = "https://twiml.example.com/one.xml";
    const without = await world.newCaller("calls:place calls:read");
    assert.equal((await without.post("/calls", { to: world.number(), twiml_url: url })).status, 403);
    const unlisted = await world.api.post("/calls", { to: world.number(), twiml_url: url });
    assert.deepEqual([unlisted.status, unlisted.json.field], [422, "twiml_url"]);

    await world.restart({ SWITCHHOOK_TWIML_URL_HOSTS: "twiml.example.com" });
    const to = world.number();
    await world.sim.callee(to, { busy: true });
    const listed = await world.api.post("/calls", { to, twiml_url: url });
    assert.equal(listed.status, 201);
    const [{ form }] = await world.sim.requests({ method: "POST", to });
    assert.equal(form.Url, url);
    for (const evil of ["https://twiml.example.com@evil.example/x", "https://twiml.example.com.evil.example/x", "https://evil.example/?twiml.example.com", "file:///etc/passwd", "https://twiml.example.com:8443/x", "//twiml.example.com/x"]) {
        const { status, json } = await world.api.post("/calls", { to: world.number(), twiml_url: evil });
        assert.deepEqual([status, json.field], [422, "twiml_url"], evil);
    }
});
