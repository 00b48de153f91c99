// Calls placed over the API: how they end, and how they are ended.
import assert from "node:assert/strict";

import { stage, until } from "./support/world.mjs";

const scenario = stage({}, { gate: true });

/** Place a call to somebody who behaves like that, and read it when it is over. */
async function callSomebody(world, script, wish = {}) {
    const to = world.number();
    await world.sim.callee(to, script);
    const { status, json, text } = await world.api.post("/calls", { to, ...wish });
    assert.equal(status, 201, text);
    return world.callOver(json.id);
}

const endings = [
    ["somebody answers and hangs up", { answer_after_ms: 1000, hangup_after_ms: 2000 }, {}, "completed", "answered"],
    ["the line is busy", { busy: true }, {}, "busy", "busy"],
    ["the call is declined", { reject: true }, {}, "busy", "busy"],
    ["nobody answers", { no_answer: true }, { timeout: 5 }, "no-answer", "no-answer"],
    ["the number does not exist", { fail_sip: 404 }, {}, "failed", "failed"],
];

for (const [what, script, wish, status, outcome] of endings)
    scenario(`${what}: ${status}`, async (world) => {
        const call = await callSomebody(world, script, wish);
        assert.equal(call.status, status);
        assert.equal(call.outcome, outcome);
        const leg = await world.sim.leg(call.sid);
        assert.equal(call.duration, leg.duration);
        assert.equal(call.sip_code, leg.sip_code || null);
        assert.equal(call.answered_at !== null, leg.answered);
        await world.sameTruth();
    });

scenario("a failed call tells the SIP code", async (world) => {
    const call = await callSomebody(world, { fail_sip: 503 });
    assert.equal(call.sip_code, 503);
});

scenario("what is asked for reaches Twilio", async (world) => {
    const to = world.number();
    await world.api.post("/calls", {
        to,
        timeout: 17,
        time_limit: 600,
        record: true,
        recording_channels: "dual",
        machine_detection: "Enable",
        send_digits: "ww1",
    });
    const [{ form, user }] = await world.sim.requests({ method: "POST", path: "/Calls.json", to });
    assert.equal(user, world.env.TWILIO_API_KEY_SID);
    const { From, Timeout, TimeLimit, Record, RecordingChannels, MachineDetection, SendDigits } = form;
    assert.deepEqual(
        { From, Timeout, TimeLimit, Record, RecordingChannels, MachineDetection, SendDigits },
        {
            From: "+15005550006",
            Timeout: "17",
            TimeLimit: "600",
            Record: "true",
            RecordingChannels: "dual",
            MachineDetection: "Enable",
            SendDigits: "ww1",
        },
    );
    assert.deepEqual(form.StatusCallbackEvent, ["initiated", "ringing", "answered", "completed"]);
    for (const url of [form.Url, form.FallbackUrl, form.StatusCallback, form.RecordingStatusCallback])
        assert.match(url, /^https:\/\/phone\.example\.com\/(twiml|webhooks)[a-z/-]*\?call=call_[0-9a-z]{26}#rc=3&rp=all$/);
});

// ---- hanging up

/** An agent and a customer who talk until somebody ends it. */
async function conversation(world) {
    const agent = world.name("agent");
    const to = world.number();
    await world.sim.callee(`client:${agent}`, { manual: true, hangup_after_ms: null });
    await world.sim.callee(to, { manual: true, hangup_after_ms: null });
    const { status, json, text } = await world.api.post("/calls", { to, flow: "bridge", identity: agent });
    assert.equal(status, 201, text);
    const root = await world.sim.legThat({ to: `client:${agent}` }, "ringing");
    return { id: json.id, agent, to, root };
}

scenario("a call that rings is hung up: canceled", async (world) => {
    const to = world.number();
    await world.sim.callee(to, { manual: true });
    const { json } = await world.api.post("/calls", { to });
    await world.sim.wait({ to, status: "ringing" });
    await world.callUntil(json.id, "rings", (call) => call.status === "ringing");

    const hungUp = await world.api.post(`/calls/${json.id}/hangup`);
    assert.equal(hungUp.status, 200);
    const call = await world.callOver(json.id);
    assert.deepEqual([call.status, call.outcome], ["canceled", "canceled"]);
    await world.sameTruth();
});

scenario("a conversation is hung up: completed, and answered it was", async (world) => {
    const { id, to, root } = await conversation(world);
    await world.sim.answer(root.call_sid);
    const child = await world.sim.legThat({ to }, "ringing");
    await world.sim.answer(child.call_sid);
    await world.sim.wait({ call_sid: child.call_sid, status: "in-progress" });
    await world.callUntil(id, "is in progress", (call) => call.legs[0]?.status === "in-progress");

    const hungUp = await world.api.post(`/calls/${id}/hangup`, {});
    assert.equal(hungUp.status, 200);
    const call = await world.callUntil(id, "has ended on both legs", (one) => one.legs[0].status === "completed");
    assert.deepEqual([call.status, call.outcome], ["completed", "answered"]);
    await world.sameTruth();
});

scenario("an ended call is hung up again: 200, and Twilio is not asked", async (world) => {
    const ended = await callSomebody(world, { busy: true });
    const asked = () => world.sim.requests({ method: "POST", path: ended.sid });
    const earlier = (await asked()).length;
    for (const repeat of [1, 2]) {
        const { status, json } = await world.api.post(`/calls/${ended.id}/hangup`);
        assert.equal(status, 200, `time ${repeat}`);
        assert.equal(json.status, "busy");
    }
    assert.equal((await asked()).length, earlier);
});

scenario("two hang up at the same time: both are told 200", async (world) => {
    const { id } = await conversation(world);
    const answers = await Promise.all([1, 2, 3].map(() => world.api.post(`/calls/${id}/hangup`)));
    assert.deepEqual(answers.map(({ status }) => status), [200, 200, 200]);
    await world.callOver(id);
    await world.sameTruth();
});

scenario("a call that has not been sent yet is hung up: nobody is ever dialled", async (world) => {
    const to = world.number();
    await world.sim.fault({ target: "rest", kind: "rate_limit", method: "POST", match: { To: to }, count: 100 });
    const placing = world.api.post("/calls", { to });
    const waiting = await until("the call waits to be sent", async () => {
        const { json } = await world.api.get(`/calls?number=${encodeURIComponent(to)}`);
        return json.items.find(({ placement }) => placement === "intended");
    });

    const hungUp = await until("the worker lets go of it", async () => {
        const answer = await world.api.post(`/calls/${waiting.id}/hangup`);
        return answer.status === 200 && answer;
    });
    assert.ok(["canceled", "refused"].includes(hungUp.json.placement), hungUp.json.placement);
    await world.sim.calm();
    const placed = await placing;
    assert.ok([201, 422, 502, 503].includes(placed.status), placed.text);
    assert.equal(await world.sim.dialled(to), 0);
});

scenario("a call is hung up while Twilio is being asked: it is ended as soon as it has a name", async (world) => {
    const to = world.number();
    await world.sim.callee(to, { manual: true });
    const held = world.gate.hold({ method: "POST", path: "/Calls.json", body: encodeURIComponent(to) });
    const placing = world.api.post("/calls", { to });
    await held.arrived;
    const { json } = await world.api.get(`/calls?number=${encodeURIComponent(to)}`);
    const [call] = json.items;
    assert.equal(call.placement, "sending");

    const hangingUp = world.api.post(`/calls/${call.id}/hangup`);
    await until("the wish is stored", () => world.count("calls WHERE to_address = :to AND hangup_wanted = 1", { to }) === 1);
    await held.forward();
    await held.reply();
    assert.equal((await placing).status, 201);
    assert.equal((await hangingUp).status, 200);
    const over = await world.callOver(call.id);
    assert.equal(over.status, "canceled");
    await world.sameTruth();
});

scenario("Twilio takes too long: 202 with Location, and the call goes on", async (world) => {
    await world.restart({ SWITCHHOOK_PLACE_DEADLINE_MS: "100" });
    const to = world.number();
    const held = world.gate.hold({ method: "POST", path: "/Calls.json", body: encodeURIComponent(to) });
    const placed = await world.api.post("/calls", { to });
    assert.equal(placed.status, 202);
    assert.equal(placed.json.placement, "sending");
    assert.equal(placed.headers.location, `/calls/${placed.json.id}`);
    await held.forward();
    await held.reply();
    const call = await world.callOver(placed.json.id);
    assert.equal(call.outcome, "answered");
});

scenario("a hang-up that Twilio takes too long for: 202, and it is done", async (world) => {
    const { id, root } = await conversation(world);
    await world.callUntil(id, "rings", (call) => call.status === "ringing");
    const held = world.gate.hold({ method: "POST", path: root.call_sid });
    const hungUp = await world.api.post(`/calls/${id}/hangup`);
    assert.equal(hungUp.status, 202);
    await held.forward();
    await held.reply();
    const call = await world.callOver(id);
    assert.equal(call.status, "canceled");
    await world.restart({ SWITCHHOOK_PLACE_DEADLINE_MS: undefined });
    await world.sameTruth();
});
