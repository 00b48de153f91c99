// Lists of calls: filters, pages, cursors.
import assert from "node:assert/strict";

import { stage } from "./support/world.mjs";

const scenario = stage();

const ids = ({ json }) => json.items.map(({ id }) => id);

/** Calls of every kind, made by hand, oldest first: [{ id, sid }]. */
async function history(world, name, count) {
    const calls = [];
    for (let i = 0; i < count; i++) {
        const sid = world.sid();
        const fields = { CallSid: sid, From: `client:${name}`, To: ["+14155550100", "+14155550101", "+14155550102", "+14155550103"][i % 4], Direction: "inbound" };
        await world.deliver("/twiml", { ...fields, CallStatus: "ringing" });
        if (i % 2 === 1)
            await world.deliver("/webhooks/call-status", { ...fields, CallStatus: "completed", CallDuration: "1" });
        calls.push(await world.call(sid));
    }
    return calls;
}

scenario("newest first, page by page, each call exactly once", async (world) => {
    const name = world.name("agent");
    const calls = await history(world, name, 23);
    const seen = [];
    let cursor;
    let pages = 0;
    do {
        const { json } = await world.api.get(`/calls?identity=${name}&limit=5${cursor ? `&cursor=${cursor}` : ""}`);
        assert.ok(json.items.length <= 5);
        seen.push(...json.items.map(({ id }) => id));
        cursor = json.next_cursor;
        pages++;
    } while (cursor !== null);
    assert.deepEqual(seen, calls.map(({ id }) => id).reverse());
    assert.equal(pages, 5);
});

scenario("a full last page is the last page", async (world) => {
    const name = world.name("agent");
    await history(world, name, 4);
    const { json } = await world.api.get(`/calls?identity=${name}&limit=4`);
    assert.deepEqual([json.items.length, json.next_cursor], [4, null]);
});

scenario("calls that begin meanwhile do not shift the pages", async (world) => {
    const name = world.name("agent");
    const calls = await history(world, name, 6);
    const first = await world.api.get(`/calls?identity=${name}&limit=3`);
    await history(world, name, 3);
    const second = await world.api.get(`/calls?identity=${name}&limit=3&cursor=${first.json.next_cursor}`);
    assert.deepEqual([...ids(first), ...ids(second)], calls.map(({ id }) => id).reverse());
});

scenario("filters, alone and together", async (world) => {
    const name = world.name("agent");
    const calls = await history(world, name, 10);
    const of = (filter) => calls.filter(filter).map(({ id }) => id).reverse();
    const ask = async (query) => ids(await world.api.get(`/calls?identity=${name}&${query}`));
    assert.deepEqual(await ask("status=completed"), of(({ status }) => status === "completed"));
    assert.deepEqual(await ask("status=ringing"), of(({ status }) => status === "ringing"));
    assert.deepEqual(await ask("status=busy"), []);
    assert.deepEqual(await ask("direction=outbound-browser"), of(() => true));
    assert.deepEqual(await ask("direction=inbound"), []);
    assert.deepEqual(await ask("number=%2B14155550103"), of(({ to }) => to === "+14155550103"));
    assert.deepEqual(await ask(`number=client:${name}`), of(() => true));
    assert.deepEqual(await ask("number=%2B14155550103&status=completed"), of(({ to, status }) => to === "+14155550103" && status === "completed"));
    const [, , third, , fifth] = calls;
    assert.deepEqual(await ask(`since=${third.created_at}&until=${fifth.created_at}`).then((all) => all.includes(third.id)), true);
    assert.deepEqual(await ask("since=2100-01-01T00:00:00Z"), []);
    assert.deepEqual(await ask("until=2000-01-01T00:00:00Z"), []);
    assert.deepEqual(await ask(`since=${calls[0].created_at.replace("Z", "%2B00:00")}`), of(() => true));
});

scenario("since is included, until is not", async (world) => {
    const name = world.name("agent");
    const [first, second] = await history(world, name, 2);
    const ask = async (query) => ids(await world.api.get(`/calls?identity=${name}&${query}`));
    assert.deepEqual(await ask(`since=${second.created_at}`), [second.id]);
    assert.deepEqual(await ask(`until=${second.created_at}`), [first.id]);
});

scenario("both vocabularies of statuses are understood", async (world) => {
    const name = world.name("agent");
    const sid = world.sid();
    await world.deliver("/webhooks/call-status", { CallSid: sid, CallStatus: "answered", From: `client:${name}`, To: "+14155550100", Direction: "inbound" });
    const { json } = await world.api.get(`/calls?identity=${name}&status=answered`);
    assert.equal(json.items[0].sid, sid);
});

const wrong = [
    ["status=on-the-moon", "status"],
    ["status=", "status"],
    ["direction=sideways", "direction"],
    ["number=", "number"],
    ["identity=", "identity"],
    ["since=yesterday", "since"],
    ["until=2026-13-01T00:00:00Z", "until"],
    ["since=2026-01-01", "since"],
    ["limit=0", "limit"],
    ["limit=201", "limit"],
    ["limit=-1", "limit"],
    ["limit=1e2", "limit"],
    ["limit=", "limit"],
    ["cursor=x", "cursor"],
    ["cursor=call_zzzzzzzzzzzzzzzzzzzzzzzzzz", "cursor"],
    ["colour=red", "colour"],
    ["Status=completed", "Status"],
];

for (const [query, field] of wrong)
    scenario(`GET /calls?${query}: 422 naming ${field}`, async (world) => {
        const { status, json } = await world.api.get(`/calls?${query}`);
        assert.deepEqual([status, json.field], [422, field]);
    });

scenario("the same filter twice: refused, not guessed", async (world) => {
    const { status } = await world.api.get("/calls?status=completed&status=busy");
    assert.equal(status, 422);
});

scenario("a cursor that points nowhere any more is an empty last page", async (world) => {
    const { status, json } = await world.api.get("/calls?cursor=call_00000000000010000000000000");
    assert.deepEqual([status, json], [200, { items: [], next_cursor: null }]);
});

scenario("filters cannot reach another key's calls", async (world) => {
    const name = world.name("agent");
    await history(world, name, 2);
    const stranger = await world.newCaller("calls:read");
    for (const query of ["", `?identity=${name}`, "?number=%2B14155550100", "?status=ringing", "?direction=outbound-browser"])
        assert.deepEqual((await stranger.get(`/calls${query}`)).json.items, [], query);
});
