// What Twilio recorded comes to our disk, whole, whatever goes wrong on the way: and what never will is told as that.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";

import { exchange } from "./support/http.mjs";
import { stage, until } from "./support/world.mjs";

const scenario = stage({ SWITCHHOOK_RECORD: "record-from-answer-dual" });

const directory = (world) => path.join(world.dir, "recordings");

/** The row of the recording of that SID, once `looks` is true of it. */
const rowThat = (world, sid, what, looks) =>
    until(`the recording ${sid} ${what}`, () => {
        const [row] = world.sqlite("SELECT * FROM recordings WHERE sid = :sid", { sid });
        if (row && looks(row))
            return row;
        throw new Error(`it is ${JSON.stringify(row)}`);
    });

const stored = (world, sid) => rowThat(world, sid, "is stored", ({ media }) => media === "stored");

/** Files that are being written, or were left behind. */
const unfinished = (world) => readdirSync(path.join(directory(world), ".unfinished"));

/** Row, file and simulator agree on every byte. */
async function isWhole(world, row, format = "wav") {
    const file = path.join(directory(world), row.media_key);
    const bytes = readFileSync(file);
    assert.equal(bytes.length, row.media_bytes);
    assert.equal(createHash("sha256").update(bytes).digest("hex"), row.media_sha256);
    assert.equal(row.media_type, format === "wav" ? "audio/x-wav" : "audio/mpeg");
    assert.equal(row.media_error, null);
    assert.ok(row.media_stored_at > 0);
    if (format === "wav") {
        const [theirs] = await world.sim.recordings({ sid: row.sid, hashes: true });
        assert.equal(row.media_sha256, row.channels === 2 ? theirs.media.sha256_dual : theirs.media.sha256_mono);
    }
    return bytes;
}

/** With other settings, and afterwards with the usual ones again. */
async function withSettings(world, change, doing) {
    await world.restart(change);
    try {
        await doing();
    } finally {
        await world.sim.calm();
        await world.restart(Object.fromEntries(Object.keys(change).map((name) => [name, undefined])));
    }
}

/** A call that was recorded; its recording's SID. */
async function recordedCall(world) {
    const to = world.number();
    const { json } = await world.api.post("/calls", { to, record: true, recording_channels: "dual" });
    await world.sim.idle();
    const call = await world.callUntil(json.id, "has its recording", ({ recordings }) => recordings.some(({ source }) => source === "OutboundAPI"));
    return call.recordings.find(({ source }) => source === "OutboundAPI").sid;
}

const faults = [
    ["not there for a while", { kind: "not_found", count: 5 }],
    ["too many requests", { kind: "rate_limit" }],
    ["an error of the server", { kind: "server_error", count: 2 }],
    ["the connection is reset", { kind: "reset" }],
    ["cut off", { kind: "truncate" }],
    ["cut off in the head", { kind: "truncate", at_bytes: 20 }],
    ["reset in the middle", { kind: "break" }],
    ["short, and the length agrees", { kind: "short" }],
    ["an error in XML, as a success", { kind: "xml" }],
    ["an error in XML that calls itself sound", { kind: "xml", type: "audio/x-wav" }],
    ["nothing", { kind: "empty" }],
    ["no sound", { kind: "not_sound" }],
    ["another type", { kind: "wrong_type" }],
    ["a redirect that comes back", { kind: "redirect" }],
    ["three redirects", { kind: "redirect", count: 3 }],
    ["more redirects than are followed", { kind: "redirect", count: 5 }],
    ["a redirect to plain http elsewhere", { kind: "redirect", location: "http://example.com/x.wav" }],
    ["a redirect to a private address", { kind: "redirect", location: "https://10.0.0.1/x.wav" }],
    ["a redirect to where clouds keep secrets", { kind: "redirect", location: "http://169.254.169.254/latest/meta-data/" }],
    ["a redirect to nowhere", { kind: "redirect", location: "https://x.invalid/x.wav" }],
    ["a redirect to a file", { kind: "redirect", location: "file:///etc/passwd" }],
];

for (const [what, fault] of faults)
    scenario(`${what}: it comes all the same, whole`, async (world) => {
        await world.sim.fault({ target: "media", ...fault });
        const sid = await recordedCall(world);
        await isWhole(world, await stored(world, sid));
        assert.deepEqual(unfinished(world), []);
        await world.sim.calm();
    });

// ---- what will never come

/** Our id. */
const idOf = async (world, sid) => (await world.api.get(`/recordings/${sid}`)).json.id;

async function ended(world, sid, media) {
    const row = await rowThat(world, sid, `is ${media}`, (one) => one.media === media);
    const id = await idOf(world, sid);
    await until("its job is gone", () => world.count("jobs WHERE subject = :id", { id }) === 0);
    return row;
}

for (const [kind, media, says] of [
    ["absent", "absent", null],
    ["failed", "failed", /could not record it \(error 16102\)/],
])
    scenario(`Twilio says ${kind}: nothing is fetched, and it is told as that`, async (world) => {
        await world.sim.fault({ target: "recording", kind });
        const sid = await recordedCall(world);
        const row = await ended(world, sid, media);
        assert.equal(row.media_key, null);
        if (says)
            assert.match(row.media_error, says);
        await world.sim.calm();
    });

scenario("deleted at Twilio before it was told: it ends as failed, and is not asked for again and again", async (world) => {
    await world.sim.fault({ target: "callback", kind: "deleted", match: { RecordingStatus: "completed" } });
    const sid = await recordedCall(world);
    const row = await ended(world, sid, "failed");
    assert.match(row.media_error, /deleted|no such recording/);
    await world.sim.calm();
});

scenario("a recording that Twilio has never heard of ends as failed", async (world) => {
    const sid = world.sid("RE");
    await world.deliver("/webhooks/recording-status", { CallSid: world.sid(), RecordingSid: sid, RecordingStatus: "completed", RecordingChannels: "1" });
    const row = await ended(world, sid, "failed");
    assert.match(row.media_error, /no such recording/);
});

// ---- told by others than the callback

scenario("its callback is lost: the action of <Record> or <Dial> is enough", async (world) => {
    await world.sim.fault({ target: "callback", kind: "lose", match: { RecordingStatus: "completed" }, count: 100 });
    const to = world.number();
    const { call_sid: call } = await world.sim.browser({ identity: world.name("agent"), to });
    await world.sim.idle();
    await world.callOver(call);
    const [theirs] = await world.sim.recordings({ call_sid: call });
    await isWhole(world, await stored(world, theirs.sid));
    await world.sim.calm();
});

scenario("the event and the timeline tell of it, to those who may know of recordings", async (world) => {
    const sid = await recordedCall(world);
    const row = await stored(world, sid);
    const call = await world.callUntil(row.call_sid, "tells of it", ({ timeline }) => timeline.some(({ effect }) => effect === "stored"));
    const entry = call.timeline.find(({ effect }) => effect === "stored");
    assert.equal(entry.kind, "recording");
    const told = world.sqlite("SELECT news FROM timeline WHERE effect = 'stored' AND call_number = (SELECT call_number FROM recordings WHERE sid = :sid)", { sid });
    assert.deepEqual(told, [{ news: "recording.stored" }]);
    const placer = await world.newCaller("calls:place,calls:read-all");
    const { json } = await placer.get(`/calls/${row.call_sid}`);
    assert.equal(json.timeline.some(({ effect }) => effect === "stored"), false);
});

// ---- somewhere else

scenario("a redirect to another host: followed without credentials", async (world) => {
    const seen = [];
    const first = await stored(world, await recordedCall(world));
    const sound = await isWhole(world, first);
    const elsewhere = createServer((request, response) => {
        seen.push(request.headers);
        response.writeHead(200, { "content-type": "binary/octet-stream", "content-length": sound.length });
        response.end(sound);
    });
    await new Promise((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
    await world.sim.fault({ target: "media", kind: "redirect", location: `http://127.0.0.1:${elsewhere.address().port}/x.wav` });
    const second = await recordedCall(world);
    const row = await stored(world, second);
    assert.equal(row.media_sha256, createHash("sha256").update(sound).digest("hex"));
    assert.equal(seen.length, 1);
    assert.equal(seen[0].authorization, undefined);
    elsewhere.close();
});

// ---- slowly, and never

scenario("it stands still in the middle: given up, and tried again", async (world) => {
    await withSettings(world, { SWITCHHOOK_RECORDINGS_STALL_MS: "300" }, async () => {
        await world.sim.fault({ target: "media", kind: "trickle", bytes_per_s: 1000 });
        const sid = await recordedCall(world);
        await isWhole(world, await stored(world, sid));
        assert.ok(world.logged("recording.retried").some(({ recording, reason }) => recording === sid && /slowly/.test(reason)));
    });
});

scenario("stopped in the middle of a download: it goes on after the start", async (world) => {
    await world.sim.fault({ target: "media", kind: "trickle", bytes_per_s: 1000 });
    const sid = await recordedCall(world);
    await until("it is being written", () => unfinished(world).length > 0 || world.sqlite("SELECT state FROM jobs WHERE state = 'leased'").length > 0);
    await world.stop();
    assert.deepEqual(unfinished(world), []);
    await world.sim.calm();
    await world.start();
    await isWhole(world, await stored(world, sid));
});

scenario("two workers fetch the same, because a lease ran out under one: it stays whole", async (world) => {
    await world.sim.fault({ target: "media", kind: "trickle", bytes_per_s: 60_000 });
    const sid = await recordedCall(world);
    await until("the slow one writes", () => unfinished(world).length > 0);
    execFileSync("sqlite3", ["-cmd", ".timeout 5000", world.env.SWITCHHOOK_DATABASE, "UPDATE jobs SET leased_until = 1 WHERE kind = 'fetch_recording'"]);
    await isWhole(world, await stored(world, sid));
    await until("both have ended", () => world.logged("recording.stored").filter(({ recording }) => recording === sid).length === 2);
    await isWhole(world, await stored(world, sid));
    assert.deepEqual(world.sqlite("SELECT count(*) AS n FROM timeline WHERE effect = 'stored' AND call_number = (SELECT call_number FROM recordings WHERE sid = :sid)", { sid }), [{ n: 1 }]);
    await world.sim.calm();
});

scenario("it fails too often: buried, visible, and fetched when an operator says so", async (world) => {
    await withSettings(world, { SWITCHHOOK_MEDIA_ATTEMPTS_MAX: "3" }, async () => {
        await world.sim.fault({ target: "media", kind: "server_error", count: 1000 });
        const sid = await recordedCall(world);
        const failed = await rowThat(world, sid, "has failed", ({ media }) => media === "failed");
        assert.match(failed.media_error, /answered with 500/);
        const id = await idOf(world, sid);
        const [job] = await until("it is among the buried jobs", async () => {
            const { json } = await world.api.get("/jobs");
            const mine = json.items.filter(({ subject }) => subject === id);
            return mine.length === 1 && mine;
        });
        assert.equal(job.kind, "fetch_recording");
        await world.sim.calm();
        const { status } = await world.api.request("POST", `/jobs/${job.id}/retry`);
        assert.ok(status < 300);
        await isWhole(world, await stored(world, sid));
    });
});

scenario("larger than may be: buried at once", async (world) => {
    await withSettings(world, { SWITCHHOOK_RECORDINGS_MAX_BYTES: "1024" }, async () => {
        const sid = await recordedCall(world);
        const row = await rowThat(world, sid, "has failed", ({ media }) => media === "failed");
        assert.match(row.media_error, /more than are taken \(1024\)/);
        assert.equal(world.sqlite("SELECT attempts FROM jobs WHERE subject = :id", { id: await idOf(world, sid) })[0].attempts, 1);
    });
});

// ---- no room

const readiness = async (world) => (await exchange(world.adminOrigin, "GET", "/readyz")).text;

scenario("less free than the reserve: nothing is fetched, nobody fails, and it goes on by itself", async (world) => {
    let sid;
    await withSettings(world, { SWITCHHOOK_RECORDINGS_RESERVE_BYTES: "1099511627776" }, async () => {
        sid = await recordedCall(world);
        assert.match((await world.logLine("recordings.paused")).reason, /room/);
        await until("the gauge says so", async () => (await world.metrics()).switchhook_recordings_paused === 1);
        await until("one is counted as waiting", async () => (await world.metrics()).switchhook_recordings_waiting === 1);
        const { media, media_error: error } = await rowThat(world, sid, "is completed", ({ status }) => status === "completed");
        assert.deepEqual([media, error], ["wanted", null]);
        assert.equal(world.sqlite("SELECT attempts FROM jobs WHERE subject = :id", { id: await idOf(world, sid) })[0].attempts, 0);
        const ready = JSON.parse(await readiness(world));
        assert.deepEqual([ready.status, ready.recordings], ["ready", "no-room"]);
    });
    await isWhole(world, await stored(world, sid));
    assert.equal((await world.metrics()).switchhook_recordings_paused, 0);
    assert.equal(JSON.parse(await readiness(world)).recordings, "fetched");
});

// ---- as what

for (const [what, change, check] of [
    ["mp3", { SWITCHHOOK_RECORDINGS_FORMAT: "mp3" }, (world, row) => isWhole(world, row, "mp3")],
    ["mono", { SWITCHHOOK_RECORDINGS_CHANNELS: "mono" }, async (world, row) => {
        const [theirs] = await world.sim.recordings({ sid: row.sid, hashes: true });
        assert.equal(row.media_sha256, theirs.media.sha256_mono);
    }],
])
    scenario(`fetched as ${what} if the settings say so`, async (world) => {
        await withSettings(world, change, async () => check(world, await stored(world, await recordedCall(world))));
    });

scenario("two channels that turn out to be one: fetched as one", async (world) => {
    const { json } = await world.api.post("/calls", { to: world.number(), record: true, recording_channels: "mono" });
    await world.sim.fault({ target: "media", kind: "not_found", count: 1_000_000 });
    await world.sim.idle();
    const call = await world.callUntil(json.id, "has its recording", ({ recordings }) => recordings[0]?.status === "completed");
    const { sid } = call.recordings[0];
    await world.stop();
    execFileSync("sqlite3", [world.env.SWITCHHOOK_DATABASE, `UPDATE recordings SET channels = 2 WHERE sid = '${sid}'`]);
    await world.sim.calm();
    await world.start();
    const row = await stored(world, sid);
    const [theirs] = await world.sim.recordings({ sid, hashes: true });
    assert.equal(row.media_sha256, theirs.media.sha256_mono);
});

scenario("not fetched if the settings say so", async (world) => {
    await withSettings(world, { SWITCHHOOK_RECORDINGS_FETCH: "false" }, async () => {
        const sid = await recordedCall(world);
        assert.equal((await rowThat(world, sid, "is completed", ({ status }) => status === "completed")).media, "none");
        assert.equal(world.count("jobs WHERE subject = :id", { id: await idOf(world, sid) }), 0);
    });
});

scenario("nothing is left over", (world) => assert.deepEqual(unfinished(world), []));
