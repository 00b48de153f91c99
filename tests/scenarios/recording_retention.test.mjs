// What becomes of recordings: deleted by somebody, by their age, or at Twilio alone; and held, whoever asks.
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";

import { changeRecording, storedRecording, tellRecording } from "./support/sounds.mjs";
import { stage, until } from "./support/world.mjs";

const scenario = stage({ SWITCHHOOK_RETENTION_SWEEP_MS: "30" });
const keeping = stage({
    SWITCHHOOK_RETENTION_SWEEP_MS: "30",
    SWITCHHOOK_RECORDINGS_KEEP: "default=90d,inbound=30d,tag:training=365d,tag:short=1s",
});
const releasing = stage({
    SWITCHHOOK_RETENTION_SWEEP_MS: "30",
    SWITCHHOOK_RECORDINGS_DELETE_AT_TWILIO: "true",
    SWITCHHOOK_RECORDINGS_DELETE_AT_TWILIO_AFTER_MS: "0",
});

const rowOf = (world, sid) => world.sqlite("SELECT * FROM recordings WHERE sid = :sid", { sid })[0];
const fileOf = (world, row) => path.join(world.dir, "recordings", row.media_key);
const audited = (world, action, id) => world.sqlite("SELECT * FROM audit WHERE action = :action AND subject = :id", { action, id });
const told = async (world, id) => (await world.api.get(`/recordings/${id}`)).json;

/** A call that was recorded by Twilio and fetched: { sid, id, file }. */
async function fetched(world) {
    const { json } = await world.api.post("/calls", { to: world.number(), record: true });
    await world.sim.idle();
    const looks = ({ recordings }) => recordings.some(({ media }) => media.state === "stored");
    const { recordings } = await world.callUntil(json.id, "has its recording", looks);
    const [{ id, sid }] = recordings;
    return { id, sid, call: json.id, file: fileOf(world, rowOf(world, sid)) };
}

const gone = (world, sid) =>
    until(`${sid} is gone here and at Twilio`, () => {
        const row = rowOf(world, sid);
        return row.remote_deleted_at > 0 && row.media_key === null && row;
    });

/** What Twilio's REST API answers when it is asked for it. */
async function atTwilio(world, sid) {
    const { TWILIO_ACCOUNT_SID: account, TWILIO_API_KEY_SID: key, TWILIO_API_KEY_SECRET: secret } = world.env;
    const authorization = `Basic ${Buffer.from(`${key}:${secret}`).toString("base64")}`;
    const answer = await fetch(`${world.sim.origin}/2010-04-01/Accounts/${account}/Recordings/${sid}.json`, { headers: { authorization } });
    return answer.status;
}

// ---- DELETE

scenario("deleted here and at Twilio, with a receipt; again is fine", async (world) => {
    const { id, sid, file } = await fetched(world);
    assert.ok(existsSync(file));
    assert.equal(await atTwilio(world, sid), 200);
    const first = await world.api.request("DELETE", `/recordings/${id}`);
    assert.equal(first.status, 200, first.text);
    assert.equal(first.json.media.state, "deleted");
    assert.ok(first.json.deleted_at);
    assert.equal((await world.api.get(`/recordings/${id}/media`)).status, 404);
    await gone(world, sid);
    assert.ok(!existsSync(file));
    assert.equal(await atTwilio(world, sid), 404);
    const again = await world.api.request("DELETE", `/recordings/${sid}`);
    assert.deepEqual([again.status, again.json.deleted_at], [200, first.json.deleted_at]);
    assert.ok(again.json.deleted_at_twilio);
    const [asked] = audited(world, "recording.delete", id);
    assert.equal(asked.actor_name, "scenario");
    const receipts = audited(world, "recording.deleted", id);
    assert.equal(receipts.length, 1);
    assert.match(receipts[0].detail, new RegExp(`^${sid}: here and at Twilio, \\d+ bytes, sha256 [0-9a-f]{64}$`));
    assert.equal(audited(world, "recording.delete", id).length, 1);
});

scenario("deleted while Twilio fails: nobody hears it, and it is done when Twilio is well again", async (world) => {
    const { id, sid } = await fetched(world);
    await world.sim.fault({ target: "rest", kind: "server_error", method: "DELETE", count: 4 });
    assert.equal((await world.api.request("DELETE", `/recordings/${id}`)).status, 200);
    assert.equal((await world.api.get(`/recordings/${id}/media`)).status, 404);
    await gone(world, sid);
    assert.equal((await world.sim.requests({ method: "DELETE", path: sid })).length, 5);
});

scenario("one that Twilio does not know any more is as good as deleted there", async (world) => {
    const { id, sid } = await storedRecording(world); // the simulator has never heard of it
    assert.equal((await world.api.request("DELETE", `/recordings/${id}`)).status, 200);
    await gone(world, sid);
});

scenario("what is still being recorded is not deleted: 409", async (world) => {
    const { id } = await tellRecording(world, { status: "in-progress" });
    const { status, json } = await world.api.request("DELETE", `/recordings/${id}`);
    assert.deepEqual([status, json.code], [409, "conflict"]);
});

// ---- hold and tag

scenario("a held recording is deleted by nobody, until it is let go", async (world) => {
    const { id, file } = await storedRecording(world);
    const held = await world.api.request("PATCH", `/recordings/${id}`, { hold: true });
    assert.deepEqual([held.status, held.json.hold], [200, true]);
    const refused = await world.api.request("DELETE", `/recordings/${id}`);
    assert.deepEqual([refused.status, refused.json.code], [409, "conflict"]);
    assert.match(refused.json.detail, /held/);
    assert.ok(existsSync(file));
    assert.equal((await world.api.request("PATCH", `/recordings/${id}`, { hold: false })).json.hold, false);
    assert.equal((await world.api.request("DELETE", `/recordings/${id}`)).status, 200);
    assert.deepEqual(audited(world, "recording.change", id).map(({ detail }) => detail), ["hold=true", "hold=false"]);
    assert.equal((await world.api.request("PATCH", `/recordings/${id}`, { hold: true })).status, 409);
});

scenario("a tag is put on, changed and taken off, and found again", async (world) => {
    const { id } = await storedRecording(world);
    const patch = async (body) => {
        const { status, json } = await world.api.request("PATCH", `/recordings/${id}`, body);
        return status === 200 ? json.tag : [status, json.field];
    };
    assert.equal(await patch({ tag: "training" }), "training");
    assert.equal((await world.api.get("/recordings?tag=training")).json.items[0].id, id);
    assert.equal(await patch({ hold: false }), "training");
    assert.equal(await patch({ tag: null }), null);
    assert.deepEqual(await patch({}), [422, "hold"]);
    for (const tag of ["", "two words", "a,b", "x".repeat(65), 5])
        assert.deepEqual(await patch({ tag }), [422, "tag"], String(tag));
    assert.deepEqual(await patch({ colour: "red" }), [422, "colour"]);
});

scenario("each change has its scope", async (world) => {
    const { id } = await storedRecording(world);
    const tagger = await world.newCaller("calls:read-all,recordings:control");
    const keeper = await world.newCaller("calls:read-all,recordings:hold");
    const reader = await world.newCaller("calls:read-all,recordings:read");
    const patch = async (who, body) => (await who.request("PATCH", `/recordings/${id}`, body)).status;
    assert.equal(await patch(tagger, { tag: "a" }), 200);
    assert.equal(await patch(tagger, { hold: true }), 403);
    assert.equal(await patch(keeper, { hold: true }), 200);
    assert.equal(await patch(keeper, { tag: "b" }), 403);
    assert.equal(await patch(keeper, { tag: "b", hold: false }), 403);
    assert.equal(await patch(reader, { tag: "b" }), 403);
    assert.equal((await reader.request("DELETE", `/recordings/${id}`)).status, 403);
});

// ---- by age

keeping("the rules say until when, by tag, direction and age", async (world) => {
    const days = async (id) => {
        const { expires_at: expires, created_at: created } = await told(world, id);
        return expires && Math.round((Date.parse(expires) - Date.parse(created)) / 86400000);
    };
    const { id } = await storedRecording(world);
    await until("retention has seen it", async () => (await days(id)) === 30);
    await world.api.request("PATCH", `/recordings/${id}`, { tag: "training" });
    assert.equal(await days(id), 365);
    await world.api.request("PATCH", `/recordings/${id}`, { tag: null });
    assert.equal(await days(id), 30);
});

keeping("what is too old goes, what is held stays, and each has its line in the audit log", async (world) => {
    const old = await storedRecording(world);
    const held = await storedRecording(world);
    const young = await storedRecording(world);
    assert.equal((await world.api.request("PATCH", `/recordings/${held.id}`, { hold: true })).status, 200);
    for (const { sid } of [old, held])
        changeRecording(world, sid, { created_at: Date.now() - 31 * 86400000 });
    await gone(world, old.sid);
    assert.ok(!existsSync(old.file));
    assert.equal(audited(world, "recording.expire", old.id).length, 1);
    assert.equal(audited(world, "recording.deleted", old.id).length, 1);
    assert.equal((await told(world, held.id)).media.state, "stored");
    assert.equal((await told(world, young.id)).media.state, "stored");
    assert.ok(existsSync(held.file) && existsSync(young.file));
    await world.logLine("recordings.expired");
    assert.ok((await world.metrics())["switchhook_recordings_expired_total"] >= 1);
});

keeping("many go in batches, none is forgotten", async (world) => {
    const many = [];
    for (let i = 0; i < 130; i++)
        many.push((await tellRecording(world, { status: "absent" })).sid);
    for (const sid of many)
        changeRecording(world, sid, { tag: "short", created_at: Date.now() - 5000 });
    await until("all are deleted", () => many.every((sid) => rowOf(world, sid).deleted_at > 0));
});

// ---- at Twilio alone

releasing("deleted at Twilio once it is stored and was looked at again; here it stays", async (world) => {
    const { id, sid, file } = await fetched(world);
    const row = await until("it is deleted at Twilio", () => {
        const found = rowOf(world, sid);
        return found.remote_deleted_at > 0 && found;
    });
    assert.equal(row.media, "stored");
    assert.ok(existsSync(file));
    assert.equal((await world.api.get(`/recordings/${id}`)).json.deleted_at, null);
    assert.match(audited(world, "recording.released", id)[0].detail, /: at Twilio, /);
    assert.equal(await atTwilio(world, sid), 404);
});

releasing("a stored copy that is not what was fetched is kept at Twilio, and somebody is told", async (world) => {
    const { id, sid, file, sound } = await storedRecording(world, { storedAt: Date.now() + 3600_000 });
    const spoiled = Buffer.from(sound);
    spoiled[spoiled.length - 1] ^= 1;
    writeFileSync(file, spoiled);
    changeRecording(world, sid, { media_stored_at: Date.now() - 1000 });
    await until("the job is given up", () => world.count("jobs WHERE kind = 'release_recording' AND state = 'dead' AND subject = :id", { id }) === 1);
    assert.equal(rowOf(world, sid).remote_deleted_at, 0);
    assert.equal(audited(world, "recording.released", id).length, 0);
});
