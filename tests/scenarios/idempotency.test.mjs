// Idempotency-Key: a repeat cannot dial twice.
import assert from "node:assert/strict";

import { stage, until } from "./support/world.mjs";

const scenario = stage({}, { gate: true });

const place = (caller, to, key, more = {}) => caller.post("/calls", { to, ...more }, { "idempotency-key": key });

/** What must be the same in both answers. */
const essence = ({ status, text, headers }) => ({ status, text, location: headers.location, type: headers["content-type"] });

scenario("the same request again gets the same bytes, and nobody is dialled again", async (world) => {
    const to = world.number();
    const key = world.name("key");
    const first = await place(world.api, to, key);
    assert.equal(first.status, 201);
    await world.callOver(first.json.id);
    for (const time of [2, 3]) {
        const again = await place(world.api, to, key);
        assert.deepEqual(essence(again), essence(first), `time ${time}`);
        assert.equal(again.headers["idempotency-replayed"], "true");
    }
    assert.equal(await world.sim.dialled(to), 1);
});

scenario("without a key the same request is another call", async (world) => {
    const to = world.number();
    await world.api.post("/calls", { to });
    await world.api.post("/calls", { to });
    assert.equal(await world.sim.dialled(to), 2);
});

scenario("another body with the same key: 422 naming the key, and nobody is dialled", async (world) => {
    const key = world.name("key");
    await place(world.api, world.number(), key);
    const other = world.number();
    const { status, json } = await place(world.api, other, key);
    assert.deepEqual([status, json.field], [422, "Idempotency-Key"]);
    assert.equal(await world.sim.dialled(other), 0);
});

scenario("the same key at the same time: 409 until the first is answered, then its answer", async (world) => {
    const to = world.number();
    const key = world.name("key");
    const held = world.gate.hold({ method: "POST", path: "/Calls.json", body: encodeURIComponent(to) });
    const first = place(world.api, to, key);
    await held.arrived;
    const early = await place(world.api, to, key);
    assert.deepEqual([early.status, early.json.code], [409, "conflict"]);
    await held.forward();
    await held.reply();
    const answer = await first;
    assert.equal(answer.status, 201);
    assert.deepEqual(essence(await place(world.api, to, key)), essence(answer));
    assert.equal(await world.sim.dialled(to), 1);
});

scenario("twenty at once with one key: one call", async (world) => {
    const to = world.number();
    const key = world.name("key");
    const answers = await Promise.all(Array.from({ length: 20 }, () => place(world.api, to, key)));
    assert.ok(answers.every(({ status }) => [201, 409].includes(status)), JSON.stringify(answers.map(({ status }) => status)));
    assert.ok(answers.some(({ status }) => status === 201));
    assert.equal(new Set(answers.filter(({ status }) => status === 201).map(({ json }) => json.id)).size, 1);
    assert.equal(await world.sim.dialled(to), 1);
});

scenario("another caller's key of the same name is another key", async (world) => {
    const other = await world.newCaller("all");
    const to = world.number();
    const key = world.name("key");
    const mine = await place(world.api, to, key);
    const theirs = await place(other, to, key);
    assert.deepEqual([mine.status, theirs.status], [201, 201]);
    assert.notEqual(mine.json.id, theirs.json.id);
    assert.equal(await world.sim.dialled(to), 2);
});

scenario("a refusal is repeated too", async (world) => {
    const key = world.name("key");
    const first = await place(world.api, "+15005550003", key);
    assert.equal(first.status, 422);
    const again = await place(world.api, "+15005550003", key);
    assert.deepEqual(essence(again), essence(first));
    assert.equal((await world.sim.requests({ method: "POST", to: "+15005550003" })).length, 1);
});

scenario("a request that was never taken does not use the key up", async (world) => {
    const to = world.number();
    const key = world.name("key");
    const wrong = await place(world.api, "not a number", key);
    assert.deepEqual([wrong.status, wrong.json.field], [422, "to"]);
    const right = await place(world.api, to, key);
    assert.equal(right.status, 201);
});

scenario("the answer survives a restart", async (world) => {
    const to = world.number();
    const key = world.name("key");
    const first = await place(world.api, to, key);
    await world.callOver(first.json.id);
    await world.restart();
    assert.deepEqual(essence(await place(world.api, to, key)), essence(first));
    assert.equal(await world.sim.dialled(to), 1);
});

scenario("the server dies before it has answered: the repeat is told of the same call, once it is known", async (world) => {
    const to = world.number();
    const key = world.name("key");
    await world.sim.callee(to, { manual: true });
    const held = world.gate.hold({ method: "POST", path: "/Calls.json", body: encodeURIComponent(to) });
    const first = place(world.api, to, key).catch(() => "broken");
    await held.forward();
    await world.kill9();
    assert.equal(await first, "broken");
    await held.cut();
    await world.start();
    const again = await place(world.api, to, key);
    assert.ok([201, 202].includes(again.status), again.text);
    await world.callUntil(again.json.id, "is placed", ({ placement }) => placement === "placed");
    assert.equal(await world.sim.dialled(to), 1);
    await world.api.post(`/calls/${again.json.id}/hangup`);
    await world.callOver(again.json.id);
    await world.sameTruth();
});

scenario("a key is forgotten after its time", async (world) => {
    await world.restart({ SWITCHHOOK_IDEMPOTENCY_TTL_MS: "1000" });
    const to = world.number();
    const key = world.name("key");
    await place(world.api, to, key);
    await until("the key is forgotten", () => world.count("idempotency WHERE key = :key", { key }) === 0);
    const later = await place(world.api, to, key);
    assert.equal(later.status, 201);
    assert.equal(later.headers["idempotency-replayed"], undefined);
    assert.equal(await world.sim.dialled(to), 2);
    await world.restart({ SWITCHHOOK_IDEMPOTENCY_TTL_MS: undefined });
});

const keys = [
    ["an empty key", ""],
    ["a key of 256 characters", "k".repeat(256)],
    ["a key with umlauts", "schlüssel"],
];

for (const [what, key] of keys)
    scenario(`${what}: 422 naming the header`, async (world) => {
        const to = world.number();
        const { status, json } = await place(world.api, to, key);
        assert.deepEqual([status, json.field], [422, "Idempotency-Key"]);
        assert.equal(await world.sim.dialled(to), 0);
    });

scenario("a key of 255 characters is taken", async (world) => {
    const { status } = await place(world.api, world.number(), "k".repeat(255));
    assert.equal(status, 201);
});
