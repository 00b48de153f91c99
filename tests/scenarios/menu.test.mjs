// "Press 1 for sales": each key, no key, a wrong key.
import assert from "node:assert/strict";

import { stage } from "./support/world.mjs";

const WAREHOUSE = "+14155550190";

const scenario = stage({ SWITCHHOOK_MENU: `1=client:sales,2=client:support,3=${WAREHOUSE}` });

const spoken = (leg) => leg.events.filter(({ what }) => what === "says").map(({ detail }) => detail.replaceAll('"', ""));

/** A call with the menu to somebody who presses that. */
async function offerMenu(world, presses, wish = {}) {
    const to = world.number();
    await world.sim.callee(to, { answer_after_ms: 1000, hangup_after_ms: null, presses });
    const { status, json, text } = await world.api.post("/calls", { to, flow: "menu", ...wish });
    assert.equal(status, 201, text);
    await world.sim.idle();
    const call = await world.callOver(json.id);
    return { call, leg: await world.sim.leg(call.sid), children: await world.sim.legs({ parent_call_sid: call.sid }) };
}

const keys = [
    ["1", "client:sales"],
    ["2", "client:support"],
    ["3", WAREHOUSE],
];

for (const [key, target] of keys)
    scenario(`${key} is pressed: ${target} is dialled, from our number`, async (world) => {
        await world.sim.callee(target, { answer_after_ms: 1000, hangup_after_ms: 4000 });
        const { call, children } = await offerMenu(world, key);
        assert.deepEqual(children.map(({ to, from }) => [to, from]), [[target, world.env.TWILIO_PHONE_NUMBER]]);
        assert.deepEqual([call.status, call.outcome, call.legs[0].status], ["completed", "answered", "completed"]);
        await world.sameTruth();
    });

scenario("nothing is pressed: the fallback is said, nobody is dialled", async (world) => {
    const { call, leg, children } = await offerMenu(world, []);
    assert.deepEqual(spoken(leg), ["Sorry, I didn't receive any input. Goodbye!"]);
    assert.deepEqual(children, []);
    assert.equal(call.status, "completed");
});

for (const wrong of ["7", "*", "0"])
    scenario(`${wrong} is pressed, which is no key of the menu: the fallback is said, nobody is dialled`, async (world) => {
        const { leg, children } = await offerMenu(world, wrong);
        assert.deepEqual(spoken(leg), ["Sorry, I didn't receive any input. Goodbye!"]);
        assert.deepEqual(children, []);
    });

scenario("the one who was dialled is busy: the customer is told", async (world) => {
    await world.sim.callee("client:sales", { busy: true });
    const { call, leg } = await offerMenu(world, "1");
    assert.deepEqual(spoken(leg), ["The line is busy. Goodbye."]);
    assert.equal(call.status, "completed");
    await world.sameTruth();
});

scenario("a caller ID is asked for: it is shown to whoever is dialled", async (world) => {
    await world.restart({ SWITCHHOOK_CALLER_IDS: "+15005550010" });
    const { children } = await offerMenu(world, "1", { caller_id: "+15005550010" });
    assert.equal(children[0].from, "+15005550010");
});

// ---- dial's action, fallback, bridge

scenario("bridge: the agent is rung, then the number", async (world) => {
    const agent = world.name("agent");
    const to = world.number();
    await world.sim.callee(`client:${agent}`, { answer_after_ms: 1000, hangup_after_ms: null });
    await world.sim.callee(to, { answer_after_ms: 3000, hangup_after_ms: 7000 });
    const { json } = await world.api.post("/calls", { to, flow: "bridge", identity: agent });
    await world.sim.idle();
    const call = await world.callOver(json.id);
    assert.deepEqual([call.identity, call.to, call.status, call.outcome], [agent, `client:${agent}`, "completed", "answered"]);
    assert.deepEqual(call.legs.map((leg) => [leg.to, leg.duration]), [[to, 7]]);
    await world.sameTruth();
});

scenario("bridge: the agent does not answer, so the number is never dialled", async (world) => {
    const agent = world.name("agent");
    const to = world.number();
    await world.sim.callee(`client:${agent}`, { no_answer: true });
    const { json } = await world.api.post("/calls", { to, flow: "bridge", identity: agent });
    await world.sim.idle();
    const call = await world.callOver(json.id);
    assert.deepEqual([call.status, call.outcome], ["no-answer", "no-answer"]);
    assert.deepEqual(await world.sim.legs({ to }), []);
});

scenario("bridge: the number is busy, and the agent is told", async (world) => {
    const agent = world.name("agent");
    const to = world.number();
    await world.sim.callee(`client:${agent}`, { answer_after_ms: 1000, hangup_after_ms: null });
    await world.sim.callee(to, { busy: true });
    const { json } = await world.api.post("/calls", { to, flow: "bridge", identity: agent });
    await world.sim.idle();
    const call = await world.callOver(json.id);
    assert.deepEqual([call.status, call.outcome], ["completed", "busy"]);
    assert.deepEqual(spoken(await world.sim.leg(call.sid)), ["The line is busy. Goodbye."]);
    await world.sameTruth();
});
