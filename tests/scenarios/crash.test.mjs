// The server dies in the middle of a call, without a goodbye, and comes back.
import assert from "node:assert/strict";

import { stage, until } from "./support/world.mjs";

const scenario = stage(
    {
        SWITCHHOOK_QUEUED_SILENCE_MS: "200",
        SWITCHHOOK_RINGING_SILENCE_MS: "200",
        SWITCHHOOK_IN_PROGRESS_SILENCE_MS: "200",
        SWITCHHOOK_ENDING_SILENCE_MS: "200",
        SWITCHHOOK_DRAIN_DEADLINE_MS: "300",
    },
    { gate: true },
);

const holdCreate = (world, to) => world.gate.hold({ method: "POST", path: "/Calls.json", body: encodeURIComponent(to) });

async function callTo(world, to) {
    const { json } = await world.api.get(`/calls?number=${encodeURIComponent(to)}`);
    return json.items[0];
}

/** Somebody who rings until told to answer, and talks until told to hang up. */
const patient = { manual: true, hangup_after_ms: null };

scenario("it dies while the phone rings, comes back, and hears the rest", async (world) => {
    const to = world.number();
    await world.sim.callee(to, { manual: true, hangup_after_ms: 5000 });
    const { json } = await world.api.post("/calls", { to });
    const leg = await world.sim.legThat({ to }, "ringing");
    await world.sim.idle();
    await world.kill9();
    await world.start();
    await world.sim.answer(leg.call_sid);
    const call = await world.callOver(json.id);
    assert.deepEqual([call.status, call.outcome], ["completed", "answered"]);
    const spoken = (await world.sim.leg(call.sid)).events.filter(({ what }) => what === "says");
    assert.equal(spoken.length, 2, "the instruction of the first life was carried out by the second");
    await world.sameTruth();
});

scenario("the call ends while it is dead: it finds out by asking", async (world) => {
    const agent = world.name("agent");
    const to = world.number();
    await world.sim.callee(to, patient);
    const { call_sid: sid } = await world.sim.browser({ identity: agent, to, script: { hangup_after_ms: null } });
    const child = await world.sim.legThat({ parent_call_sid: sid }, "ringing");
    await world.sim.answer(child.call_sid);
    await world.callUntil(sid, "is in progress", ({ status }) => status === "in-progress");
    await world.sim.idle();
    await world.kill9();
    await world.sim.hangUp(child.call_sid);
    await world.sim.idle();
    await world.start();
    const call = await world.callOver(sid);
    assert.equal(call.outcome, "answered");
    assert.ok(call.timeline.some(({ kind }) => kind === "repair"));
    await world.sameTruth();
});

scenario("it dies before the request was sent: the call is placed by the next life", async (world) => {
    const to = world.number();
    await world.gate.lock();
    const placing = world.api.post("/calls", { to }).catch(() => "broken");
    await until("the intent is stored", () => world.count("calls WHERE to_address = :to", { to }) === 1);
    await world.kill9();
    assert.equal(await placing, "broken");
    await world.gate.unlock();
    await world.start();
    const { id } = await callTo(world, to);
    const call = await world.callUntil(id, "is over or refused", ({ status }) => ["completed", "failed"].includes(status));
    // sending when it died: nobody knows whether Twilio has it, so it is looked for; intended: it is sent now
    assert.ok(["placed", "refused"].includes(call.placement));
    assert.equal(await world.sim.dialled(to), call.placement === "placed" ? 1 : 0);
    await world.sameTruth();
});

scenario("it dies after Twilio took the request: found, and never dialled again", async (world) => {
    const to = world.number();
    await world.sim.callee(to, patient);
    await world.sim.fault({ target: "callback", kind: "lose", match: { To: to }, count: 2 });
    const held = holdCreate(world, to);
    const placing = world.api.post("/calls", { to }).catch(() => "broken");
    await held.forward();
    await world.kill9();
    assert.equal(await placing, "broken");
    await held.cut();
    await world.start();
    const { id } = await callTo(world, to);
    const call = await world.callUntil(id, "is found", ({ placement }) => placement === "placed");
    assert.equal(await world.sim.dialled(to), 1);
    await world.api.post(`/calls/${id}/hangup`);
    assert.equal((await world.callOver(id)).sid, call.sid);
    await world.sameTruth();
});

scenario("it dies while the request is on its way, and it never arrives: given up, nobody dialled", async (world) => {
    const to = world.number();
    const held = holdCreate(world, to);
    world.api.post("/calls", { to }).catch(() => "broken");
    await held.arrived;
    await world.kill9();
    await held.cut();
    await world.start();
    const { id } = await callTo(world, to);
    const call = await world.callUntil(id, "is given up", ({ placement }) => placement === "refused");
    assert.equal(call.outcome, "failed");
    assert.equal(await world.sim.dialled(to), 0);
});

scenario("it dies with a hang-up on its way: the call is ended all the same", async (world) => {
    const to = world.number();
    await world.sim.callee(to, patient);
    const { json } = await world.api.post("/calls", { to });
    const leg = await world.sim.legThat({ to }, "ringing");
    const held = world.gate.hold({ method: "POST", path: leg.call_sid });
    world.api.post(`/calls/${json.id}/hangup`).catch(() => "broken");
    await held.arrived;
    await world.kill9();
    await held.cut();
    await world.start();
    assert.equal((await world.callOver(json.id)).status, "canceled");
    await world.sameTruth();
});

scenario("it dies ten times during one evening: every call ends, nobody is dialled twice", async (world) => {
    const calls = [];
    for (let evening = 0; evening < 10; evening++) {
        const to = world.number();
        await world.sim.callee(to, { answer_after_ms: 1000, hangup_after_ms: 3000 });
        const placing = world.api.post("/calls", { to }).then(({ json }) => json, () => null);
        if (evening % 2 === 0)
            await until("the intent is stored", () => world.count("calls WHERE to_address = :to", { to }) === 1);
        else
            await placing;
        await world.kill9();
        await world.start();
        calls.push(to);
    }
    for (const to of calls) {
        const { id } = await callTo(world, to);
        await world.callOver(id);
        assert.ok((await world.sim.dialled(to)) <= 1);
    }
    await world.sameTruth();
});

scenario("SIGTERM in the middle of everything: answered or told to come back, and nothing is lost", async (world) => {
    const to = world.number();
    await world.sim.callee(to, patient);
    const held = holdCreate(world, to);
    const placing = world.api.post("/calls", { to });
    await held.arrived;
    const stopping = world.server.ends("SIGTERM");
    const answer = await placing;
    assert.deepEqual([answer.status, answer.json.placement], [202, "intended"], answer.text);
    await held.forward();
    await held.reply();
    assert.deepEqual(await stopping, { code: 0, signal: null });
    await world.start();
    const { id } = await callTo(world, to);
    await world.callUntil(id, "is placed", ({ placement }) => placement === "placed");
    assert.equal(await world.sim.dialled(to), 1);
    await world.api.post(`/calls/${id}/hangup`);
    await world.callOver(id);
    await world.sameTruth();
});

scenario("SIGHUP changes nothing for calls that go on", async (world) => {
    const to = world.number();
    await world.sim.callee(to, patient);
    const { json } = await world.api.post("/calls", { to });
    const leg = await world.sim.legThat({ to }, "ringing");
    world.server.child.kill("SIGHUP");
    await world.logLine("config.reloaded");
    await world.sim.hangUp(leg.call_sid);
    assert.equal((await world.callOver(json.id)).status, "canceled");
});
