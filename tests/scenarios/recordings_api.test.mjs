// GET /recordings and GET /recordings/{id}: what is told of a recording, to whom, and in which order.
import assert from "node:assert/strict";

import { stage } from "./support/world.mjs";

const scenario = stage();

/** A call that came in, and `count` recordings of it, as Twilio tells of them: { call, sids }. */
async function recorded(world, { count = 1, status = "in-progress", more = {}, call = world.sid() } = {}) {
    await world.deliver("/webhooks/call-status", { CallSid: call, CallStatus: "in-progress", From: "+14155550111", To: "+15005550006", Direction: "inbound" });
    const sids = [];
    for (let i = 0; i < count; i++) {
        const sid = world.sid("RE");
        const told = { CallSid: call, RecordingSid: sid, RecordingStatus: status, RecordingSource: "DialVerb", RecordingChannels: "2", ...more };
        assert.equal((await world.deliver("/webhooks/recording-status", told)).status, 204);
        sids.push(sid);
    }
    return { call, sids };
}

const sidsOf = async (caller, query = "") => {
    const { status, json, text } = await caller.get(`/recordings?limit=200${query}`);
    assert.equal(status, 200, text);
    return json.items.map(({ sid }) => sid);
};

scenario("one recording, by either name, as its call tells of it", async (world) => {
    const { call, sids } = await recorded(world);
    const bySid = await world.api.get(`/recordings/${sids[0]}`);
    assert.equal(bySid.status, 200);
    assert.deepEqual((await world.api.get(`/recordings/${bySid.json.id}`)).json, bySid.json);
    const whole = await world.call(call);
    assert.deepEqual(whole.recordings, [bySid.json]);
    const { id, call_id: callId, call_sid: callSid, direction, status, channels, media, hold, tag } = bySid.json;
    assert.match(id, /^rec_[0-9a-z]{26}$/);
    assert.deepEqual([callId, callSid, direction, status, channels, hold, tag], [whole.id, call, "inbound", "in-progress", 2, false, null]);
    assert.deepEqual(media, { state: "none", type: null, bytes: null, sha256: null, stored_at: null, error: null });
});

scenario("what is no recording is not there", async (world) => {
    for (const id of ["rec_00000000000000000000000001", world.sid("RE"), world.sid("CA"), "x", "rec_", "call_00000000000000000000000001"])
        assert.equal((await world.api.get(`/recordings/${id}`)).status, 404, id);
});

scenario("newest first, page by page, each once", async (world) => {
    const { call, sids } = await recorded(world, { count: 5 });
    const { id } = await world.call(call);
    const seen = [];
    let cursor = "";
    do {
        const { json } = await world.api.get(`/recordings?call=${id}&limit=2${cursor}`);
        seen.push(...json.items.map(({ sid }) => sid));
        cursor = json.next_cursor && `&cursor=${json.next_cursor}`;
    } while (cursor);
    assert.deepEqual(seen, sids.reverse());
});

scenario("filters", async (world) => {
    const one = await recorded(world);
    const two = await recorded(world, { status: "absent", more: { RecordingSource: "RecordVerb" } });
    const [sid] = one.sids;
    const [other] = two.sids;
    const kept = async (query) => (await sidsOf(world.api, query)).filter((one) => one === sid || one === other);
    const { id } = await world.call(one.call);
    const created = (await world.api.get(`/recordings/${other}`)).json.created_at;
    assert.deepEqual(await kept(""), [other, sid]);
    assert.deepEqual(await kept(`&call=${id}`), [sid]);
    assert.deepEqual(await kept("&status=absent"), [other]);
    assert.deepEqual(await kept("&source=DialVerb"), [sid]);
    assert.deepEqual(await kept("&direction=inbound"), [other, sid]);
    assert.deepEqual(await kept("&direction=outbound-api"), []);
    assert.deepEqual(await kept("&media=stored"), []);
    assert.deepEqual(await kept("&tag=training"), []);
    assert.deepEqual(await kept("&identity=nobody"), []);
    assert.deepEqual(await kept("&group=none"), []);
    assert.deepEqual(await kept(`&until=${created}`), [sid]);
    assert.deepEqual(await kept(`&since=${created}`), [other]);
});

for (const [query, field] of [
    ["call=rec_00000000000000000000000001", "call"],
    ["direction=up", "direction"],
    ["status=done", "status"],
    ["media=here", "media"],
    ["source=", "source"],
    ["tag=", "tag"],
    ["limit=201", "limit"],
    ["cursor=call_00000000000000000000000001", "cursor"],
    ["since=yesterday", "since"],
    ["colour=red", "colour"],
    ["tag=a&tag=b", "tag"],
])
    scenario(`?${query} is no filter: 422 that names it`, async (world) => {
        const { status, json } = await world.api.get(`/recordings?${query}`);
        assert.deepEqual([status, json.code, json.field], [422, "invalid-field", field]);
    });

scenario("recordings are whose their call is; recordings:read-all sees every one, and those of no call", async (world) => {
    const owner = await world.newCaller("calls:place,calls:read,recordings:read");
    const other = await world.newCaller("calls:place,calls:read,recordings:read");
    const all = await world.newCaller("recordings:read-all");
    const without = await world.newCaller("calls:read-all");
    const { json: placed } = await owner.post("/calls", { to: world.number() });
    const { sids } = await recorded(world, { call: placed.sid });
    const conference = world.sid("RE");
    await world.deliver("/webhooks/recording-status", { RecordingSid: conference, RecordingStatus: "in-progress", ConferenceSid: world.sid("CF") });
    assert.deepEqual(await sidsOf(owner), sids);
    assert.deepEqual(await sidsOf(other), []);
    assert.equal((await other.get(`/recordings/${sids[0]}`)).status, 404);
    const everything = await sidsOf(all);
    assert.ok(everything.includes(sids[0]) && everything.includes(conference));
    const { json } = await all.get(`/recordings/${conference}`);
    assert.deepEqual([json.call_id, json.direction], [null, null]);
    assert.equal((await without.get("/recordings")).status, 403);
    assert.equal((await without.get(`/calls/${placed.id}`)).json.recordings, undefined);
});
