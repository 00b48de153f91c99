// Calls of browsers that are really connected, by the SDK's messages: placed, rung, answered, refused, lost, ended.
import assert from "node:assert/strict";

import { Device, answerTo, madeUpToken, offer } from "./support/device.mjs";
import { stage, until } from "./support/world.mjs";

const RING_MS = 1000; // of real time: a ring timeout of 5 s, at five times the speed

const scenario = stage(
    { SWITCHHOOK_INBOUND_IDENTITY: "front_desk", SWITCHHOOK_RING_TIMEOUT: "5", SWITCHHOOK_WORKERS: "4", SWITCHHOOK_CONNECTIONS_MAX: "400" },
    { simulator: ["--browser-speed", "5", "--reconnect-ms", "500"] },
);

/** Somebody with a registered browser. */
async function online(world, stem = "agent") {
    return (await Device.connect(world, { identity: world.name(stem) })).register();
}

/** Alice's browser calls bob's, which rings. */
async function ringing(world, { params = {} } = {}) {
    const alice = await online(world, "alice");
    const bob = await online(world, "bob");
    const own = alice.invite({ To: bob.identity, ...params });
    const invite = await bob.hears("invite");
    const { callsid } = await alice.hears("ringing");
    return { alice, bob, own, callsid, invite };
}

/** And bob answers. */
async function talking(world) {
    const call = await ringing(world);
    call.bob.say("answer", { callsid: call.invite.callsid, sdp: answerTo(call.invite.sdp, "bob") });
    call.answer = await call.alice.hears("answer");
    assert.match(call.answer.sdp, /^s=bob to /m, "it is bob who answers, no sentence");
    return call;
}

const leave = (...devices) => Promise.all(devices.map((device) => device.leave()));

async function outcomeOf(world, sid, outcome) {
    await world.sim.idle();
    const call = await world.callOver(sid);
    assert.equal(call.outcome, outcome);
    await world.sameTruth();
    return call;
}

scenario("alice calls bob: their descriptions go from one to the other, untouched", async (world) => {
    const { alice, bob, callsid, invite, answer } = await talking(world);
    assert.equal(invite.sdp, offer(alice.identity));
    assert.equal(answer.sdp, answerTo(offer(alice.identity), "bob"));
    assert.equal(answer.callsid, callsid);
    assert.ok(answer.reconnect && invite.reconnect && answer.reconnect !== invite.reconnect);
    const { From, To, CallSid, AccountSid, ApiVersion } = invite.parameters;
    assert.deepEqual([From, To, CallSid, AccountSid, ApiVersion], [`client:${alice.identity}`, `client:${bob.identity}`, invite.callsid, world.account.TWILIO_ACCOUNT_SID, "2010-04-01"]);
    const [root, child] = [await world.sim.leg(callsid), await world.sim.leg(invite.callsid)];
    assert.deepEqual([root.media, child.media, root.bridged_with, child.parent_call_sid], [true, true, child.call_sid, callsid]);
    alice.say("hangup", { callsid });
    assert.equal((await bob.hears("hangup")).callsid, invite.callsid);
    const call = await outcomeOf(world, callsid, "answered");
    assert.deepEqual([call.direction, call.identity, call.status], ["outbound-browser", alice.identity, "completed"]);
    assert.deepEqual(alice.heard, [], "who hung up is told nothing");
    await leave(alice, bob);
});

scenario("bob hangs up: alice is told", async (world) => {
    const { alice, bob, callsid, invite } = await talking(world);
    bob.say("hangup", { callsid: invite.callsid });
    assert.equal((await alice.hears("hangup")).callsid, callsid);
    await outcomeOf(world, callsid, "answered");
    await leave(alice, bob);
});

scenario("the page's own parameters reach our webhook and the other browser's none", async (world) => {
    const { alice, bob, callsid, invite } = await ringing(world, { params: { team: "säles & more", CallSid: "x" } });
    const call = await world.call(callsid);
    const [{ parameters }] = call.timeline.filter(({ kind }) => kind === "instruction");
    assert.equal(parameters.team, "säles & more");
    assert.equal(parameters.CallSid, callsid);
    assert.equal(parameters.ApplicationSid, world.account.TWILIO_TWIML_APP_SID);
    assert.equal(invite.parameters.Params ?? "", "");
    alice.say("hangup", { callsid });
    await bob.hears("cancel");
    await outcomeOf(world, callsid, "canceled");
    await leave(alice, bob);
});

scenario("what the token forces wins over what the page says", async (world) => {
    const identity = world.name("agent");
    const voice = { outgoing: { application_sid: world.account.TWILIO_TWIML_APP_SID, params: { team: "sales", count: 7 } } };
    const token = madeUpToken(world, identity, { claims: { grants: { identity, voice } } });
    const device = await Device.connect(world, { identity, token });
    const to = world.number();
    await world.sim.callee(to, { answer_after_ms: 0, hangup_after_ms: 0 });
    device.invite({ To: to, team: "bosses" });
    const { callsid } = await device.hears("hangup");
    const call = await world.callOver(callsid);
    const [{ parameters }] = call.timeline.filter(({ kind }) => kind === "instruction");
    assert.equal(parameters.team, "sales");
    await leave(device);
});

scenario("bob rejects: busy, and alice hears why before it ends", async (world) => {
    const { alice, bob, callsid, invite } = await ringing(world);
    bob.say("reject", { callsid: invite.callsid });
    const { sdp } = await alice.hears("answer"); // the sentence that is spoken
    assert.match(sdp, /^a=inactive\r$/m);
    await alice.hears("hangup");
    const call = await outcomeOf(world, callsid, "busy");
    assert.equal((await world.sim.leg(invite.callsid)).sip_code, 603);
    assert.equal(call.status, "completed");
    await leave(alice, bob);
});

scenario("alice gives up while it rings", async (world) => {
    const { alice, bob, own, callsid, invite } = await ringing(world);
    alice.say("hangup", { callsid: own });
    assert.equal((await bob.hears("cancel")).callsid, invite.callsid);
    await outcomeOf(world, callsid, "canceled");
    bob.say("answer", { callsid: invite.callsid, sdp: answerTo(invite.sdp, "bob") });
    assert.equal((await bob.hears("hangup")).callsid, invite.callsid, "too late is told");
    await leave(alice, bob);
});

scenario("bob's browser says nothing (it is busy): no answer, in time", async (world) => {
    const { alice, bob, callsid, invite } = await ringing(world);
    const began = Date.now();
    assert.equal((await bob.hears("cancel")).callsid, invite.callsid);
    assert.ok(Date.now() - began >= RING_MS / 2, "a person is given the time to answer, however fast the others live");
    await alice.hears("hangup");
    await outcomeOf(world, callsid, "no-answer");
    await leave(alice, bob);
});

scenario("bob has two browsers: the first to answer has the call, the other stops ringing", async (world) => {
    const alice = await online(world, "alice");
    const bob = await online(world, "bob");
    const other = await (await Device.connect(world, { identity: bob.identity })).register();
    alice.invite({ To: bob.identity });
    const [first, second] = await Promise.all([bob.hears("invite"), other.hears("invite")]);
    assert.equal(first.callsid, second.callsid);
    assert.notEqual(first.reconnect, second.reconnect);
    other.say("answer", { callsid: second.callsid, sdp: answerTo(second.sdp, "other") });
    assert.equal((await bob.hears("cancel")).callsid, first.callsid);
    const { callsid, sdp } = await alice.hears("answer");
    assert.match(sdp, /^s=other to /m);
    bob.say("answer", { callsid: first.callsid, sdp: answerTo(first.sdp, "bob") });
    await bob.hears("hangup");
    other.say("hangup", { callsid: second.callsid });
    await alice.hears("hangup");
    await outcomeOf(world, callsid, "answered");
    await leave(alice, bob, other);
});

scenario("one of bob's two browsers rejects: the other goes on ringing", async (world) => {
    const alice = await online(world, "alice");
    const bob = await online(world, "bob");
    const other = await (await Device.connect(world, { identity: bob.identity })).register();
    alice.invite({ To: bob.identity });
    const [{ callsid: child }, invite] = await Promise.all([bob.hears("invite"), other.hears("invite")]);
    bob.say("reject", { callsid: child });
    await bob.settled();
    assert.equal((await world.sim.leg(child)).status, "ringing");
    other.say("answer", { callsid: child, sdp: answerTo(invite.sdp, "other") });
    const { callsid } = await alice.hears("answer");
    alice.say("hangup", { callsid });
    await other.hears("hangup");
    await outcomeOf(world, callsid, "answered");
    await leave(alice, bob, other);
});

// ---- people who are no browsers

scenario("a number is called: it rings, it answers, there are no media and the keys come as messages", async (world) => {
    const alice = await online(world, "alice");
    const to = world.number();
    await world.sim.callee(to, { answer_after_ms: 1000, hangup_after_ms: null });
    alice.invite({ To: to });
    const { callsid } = await alice.hears("ringing");
    const { sdp } = await alice.hears("answer");
    assert.match(sdp, /^m=audio 9 UDP\/TLS\/RTP\/SAVPF 111 0\r$/m);
    assert.match(sdp, /^a=ice-lite\r$/m);
    assert.match(sdp, /^a=fingerprint:sha-256 ([0-9A-F]{2}:){31}[0-9A-F]{2}\r$/m);
    assert.doesNotMatch(sdp, /candidate/);
    assert.equal((await world.sim.leg(callsid)).media, false);
    alice.say("hangup", { callsid });
    await outcomeOf(world, callsid, "answered");
    assert.equal((await world.sim.childOf(callsid)).from, world.env.TWILIO_PHONE_NUMBER);
    await leave(alice);
});

scenario("somebody from outside calls the front desk, whose browser rings", async (world) => {
    const desk = await (await Device.connect(world, { identity: "front_desk" })).register();
    await world.sim.wait({ registered: "front_desk" });
    const { call_sid: root } = await world.sim.inbound({ from: "+14155550123" });
    const invite = await desk.hears("invite");
    assert.equal(invite.parameters.From, "+14155550123");
    assert.equal(invite.parameters.StirStatus, "TN-Validation-Passed-A");
    assert.match(invite.sdp, /^a=inactive\r$/m);
    desk.say("answer", { callsid: invite.callsid, sdp: answerTo(invite.sdp, "desk") });
    await world.sim.wait({ call_sid: invite.callsid, status: "in-progress" });
    await world.sim.hangUp(root);
    await desk.hears("hangup");
    const call = await outcomeOf(world, root, "answered");
    assert.equal(call.direction, "inbound");
    await leave(desk);
});

scenario("nobody is registered: people are scripted, as ever", async (world) => {
    const { call_sid: root } = await world.sim.inbound({});
    await outcomeOf(world, root, "answered");
});

scenario("a call placed by REST to a client rings its browser, and ends by REST", async (world) => {
    const bob = await online(world, "bob");
    const { status, json } = await world.api.post("/calls", { to: `client:${bob.identity}` });
    assert.equal(status, 201, JSON.stringify(json));
    const invite = await bob.hears("invite");
    assert.equal(invite.callsid, json.sid);
    bob.say("answer", { callsid: invite.callsid, sdp: answerTo(invite.sdp, "bob") });
    await world.callUntil(json.id, "is answered", (call) => call.status === "in-progress");
    assert.equal((await world.api.post(`/calls/${json.id}/hangup`)).status, 200);
    assert.equal((await bob.hears("hangup")).callsid, json.sid);
    await outcomeOf(world, json.id, "answered");
    await leave(bob);
});

scenario("a browser's call is ended by REST: both browsers are told", async (world) => {
    const { alice, bob, callsid, invite } = await talking(world);
    const { id } = await world.call(callsid);
    assert.equal((await world.api.post(`/calls/${id}/hangup`)).status, 200);
    const [a, b] = await Promise.all([alice.hears("hangup"), bob.hears("hangup")]);
    assert.deepEqual([a.callsid, b.callsid], [callsid, invite.callsid]);
    await outcomeOf(world, callsid, "answered");
    await leave(alice, bob);
});

// ---- who may not

const refused = [
    ["no outgoing application", 31002, {}],
    ["another application", 31001, { outgoing: { application_sid: `AP${"0".repeat(32)}` } }],
];

for (const [what, code, voice] of refused)
    scenario(`a token with ${what} places no call: ${code}`, async (world) => {
        const identity = world.name("agent");
        const device = await Device.connect(world, { identity, token: madeUpToken(world, identity, { claims: { grants: { identity, voice } } }) });
        const own = device.invite({ To: world.number() });
        const { callsid, error } = await device.hears("hangup");
        assert.deepEqual([callsid, error.code], [own, code]);
        assert.deepEqual(await world.sim.legs({ from: `client:${identity}` }), []);
        await leave(device);
    });

scenario("an expired token ends no call and begins none", async (world) => {
    const bob = await online(world, "bob");
    const identity = world.name("alice");
    const exp = Math.floor(Date.now() / 1000) + 2;
    const alice = await Device.connect(world, { identity, token: madeUpToken(world, identity, { claims: { exp } }) });
    alice.invite({ To: bob.identity });
    const invite = await bob.hears("invite");
    bob.say("answer", { callsid: invite.callsid, sdp: answerTo(invite.sdp, "bob") });
    const { callsid } = await alice.hears("answer");
    assert.equal((await alice.hears("error")).error.code, 31205);
    alice.invite({ To: bob.identity });
    assert.equal((await alice.hears("hangup")).error.code, 31205);
    assert.equal((await world.sim.leg(callsid)).status, "in-progress");
    alice.say("hangup", { callsid });
    await bob.hears("hangup");
    await outcomeOf(world, callsid, "answered");
    await leave(alice, bob);
});

for (const [what, payload] of [
    ["no callsid", { sdp: offer("x") }],
    ["no sdp", { callsid: "TJS1" }],
    ["a callsid as long as a letter", { callsid: "T".repeat(64), sdp: offer("x") }],
    ["numbers", { callsid: 1, sdp: 2 }],
])
    scenario(`an invite with ${what} is malformed`, async (world) => {
        const device = await Device.connect(world, { identity: world.name("agent") });
        device.say("invite", payload);
        assert.equal((await device.hears("error")).error.code, 31100);
        await leave(device);
    });

scenario("an offer without audio is refused, and parameters that are none", async (world) => {
    const device = await Device.connect(world, { identity: world.name("agent") });
    device.say("invite", { callsid: "TJS1", sdp: "v=0\r\nm=video 9 x 1\r\n", twilio: {} });
    assert.deepEqual((await device.hears("hangup")).error.code, 31100);
    device.say("invite", { callsid: "TJS2", sdp: offer("x"), twilio: { params: "a=%zz" } });
    assert.deepEqual((await device.hears("hangup")).error.code, 31100);
    await leave(device);
});

scenario("eight calls at one browser are enough", async (world) => {
    const device = await Device.connect(world, { identity: world.name("agent") });
    const to = world.number();
    await world.sim.callee(to, { manual: true });
    for (let i = 0; i < 8; i++)
        device.invite({ To: to });
    const ninth = device.invite({ To: to });
    const { callsid, error } = await device.hears("hangup");
    assert.deepEqual([callsid, error.code], [ninth, 31206]);
    await leave(device); // and all eight end, once nobody came back
    await until("all are over", async () => (await world.sim.devices()).length === 0);
    for (const leg of await world.sim.legs({ from: `client:${device.identity}` }))
        assert.ok((await world.callOver(leg.call_sid)).outcome);
    await world.sim.idle();
});

scenario("words about calls that are not ours change nothing", async (world) => {
    const { alice, bob, callsid, invite } = await talking(world);
    const stranger = await online(world, "stranger");
    for (const type of ["hangup", "reject", "dtmf", "reinvite", "message"])
        stranger.say(type, { callsid, sdp: offer("x"), dtmf: "1" });
    stranger.say("answer", { callsid: invite.callsid, sdp: offer("x") });
    await stranger.hears("hangup");
    stranger.say("invite", { callsid: invite.callsid, sdp: offer("x"), reconnect: invite.reconnect, twilio: {} });
    assert.equal((await stranger.hears("hangup")).error.code, 31209, "another identity cannot take a call over");
    assert.equal((await world.sim.leg(callsid)).status, "in-progress");
    alice.say("hangup", { callsid });
    await bob.hears("hangup");
    await world.callOver(callsid);
    await leave(alice, bob, stranger);
});

// ---- connections that break

scenario("bob's connection breaks during the call: he comes back to it, with a new word", async (world) => {
    const { alice, bob, callsid, invite } = await talking(world);
    await bob.breaks();
    const again = await Device.connect(world, { identity: bob.identity });
    const sdp = answerTo(invite.sdp, "bob");
    again.say("invite", { callsid: invite.callsid, sdp, reconnect: invite.reconnect, twilio: {} });
    const answer = await again.hears("answer");
    assert.equal(answer.callsid, invite.callsid);
    assert.equal(answer.sdp, undefined, "the media went on all the time");
    assert.ok(answer.reconnect && answer.reconnect !== invite.reconnect);
    again.say("invite", { callsid: invite.callsid, sdp, reconnect: invite.reconnect, twilio: {} });
    assert.equal((await again.hears("hangup")).error.code, 31209, "a word is good for once");
    await again.settled();
    assert.equal((await world.sim.leg(callsid)).status, "in-progress");
    again.say("hangup", { callsid: invite.callsid });
    await alice.hears("hangup");
    await outcomeOf(world, callsid, "answered");
    await leave(alice, again);
});

scenario("the simulator breaks alice's connection on request: she comes back with another session and has no media", async (world) => {
    const { alice, bob, callsid, answer } = await talking(world);
    await world.sim.request("POST", "/drop", { identity: alice.identity });
    assert.equal(await alice.closed, 1006);
    const again = await Device.connect(world, { identity: alice.identity });
    again.say("invite", { callsid, sdp: offer("alice anew").replace("ufrag:abcd", "ufrag:efgh"), reconnect: answer.reconnect, twilio: {} });
    assert.match((await again.hears("answer")).sdp, /^a=inactive\r$/m);
    again.say("hangup", { callsid });
    await bob.hears("hangup");
    await outcomeOf(world, callsid, "answered");
    await leave(again, bob);
});

scenario("who does not come back has hung up", async (world) => {
    const { alice, bob, callsid } = await talking(world);
    await alice.breaks();
    await bob.hears("hangup");
    await outcomeOf(world, callsid, "answered");
    await leave(bob);
});

scenario("a page that is closed has hung up at once", async (world) => {
    const { alice, bob, callsid } = await talking(world);
    alice.socket.close(1001);
    await bob.hears("hangup");
    await outcomeOf(world, callsid, "answered");
    await leave(bob);
});

scenario("bob's browser goes while it rings: nobody is there", async (world) => {
    const { alice, bob, callsid, invite } = await ringing(world);
    await bob.breaks();
    await alice.hears("hangup");
    await outcomeOf(world, callsid, "no-answer");
    assert.equal((await world.sim.leg(invite.callsid)).sip_code, 480);
    await leave(alice);
});

scenario("alice's browser goes while it rings: bob's stops", async (world) => {
    const { alice, bob, callsid } = await ringing(world);
    await alice.breaks();
    await bob.hears("cancel");
    await outcomeOf(world, callsid, "canceled");
    await leave(bob);
});

// ---- during a call

scenario("ICE begins anew: an offer goes to the other browser, and its answer comes back", async (world) => {
    const { alice, bob, callsid, invite } = await talking(world);
    alice.say("reinvite", { callsid, sdp: offer("anew") });
    const reinvite = await bob.hears("reinvite");
    assert.deepEqual(reinvite, { callsid: invite.callsid, sdp: offer("anew") });
    bob.say("answer", { callsid: invite.callsid, sdp: answerTo(offer("anew"), "bob") });
    assert.deepEqual(await alice.hears("answer"), { callsid, sdp: answerTo(offer("anew"), "bob") });
    alice.say("message", { callsid, content: { a: 1 }, contenttype: "application/json", messagetype: "note", voiceeventsid: `KX${"0".repeat(32)}` });
    assert.deepEqual(await alice.hears("ack"), { acktype: "message", callsid, voiceeventsid: `KX${"0".repeat(32)}` });
    alice.say("hangup", { callsid });
    await bob.hears("hangup");
    await world.callOver(callsid);
    await leave(alice, bob);
});

scenario("fifty pairs talk at once", async (world) => {
    const calls = await Promise.all(Array.from({ length: 50 }, () => talking(world)));
    assert.equal((await world.sim.request("GET", "/health")).browser_calls, 100);
    for (const { alice, callsid } of calls)
        alice.say("hangup", { callsid });
    await Promise.all(calls.map(({ bob }) => bob.hears("hangup")));
    await Promise.all(calls.map(({ callsid }) => world.callOver(callsid)));
    await world.sim.idle();
    await world.sameTruth();
    await leave(...calls.flatMap(({ alice, bob }) => [alice, bob]));
});
