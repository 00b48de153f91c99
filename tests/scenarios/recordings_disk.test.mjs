// The disk that recordings are kept on fills up, or breaks: no recording is lost, none is there by half, calls do not notice.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createReadStream, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { after } from "node:test";

import { Disk } from "./support/disk.mjs";
import { stage, until } from "./support/world.mjs";

const MOST_MB = 40; // that a recording of 208 MB may cost at its worst moment
const MOST_MB_SANITIZED = 100;

const disk = new Disk("/recordings/");
after(() => disk.remove());

// What a sanitizer keeps of freed memory is not what is looked for here.
const scenario = stage(() => ({ ...disk.env, ASAN_OPTIONS: `${disk.env.ASAN_OPTIONS}:quarantine_size_mb=1` }));

const row = (world, sid) => world.sqlite("SELECT * FROM recordings WHERE sid = :sid", { sid })[0];
const unfinished = (world) => readdirSync(path.join(world.dir, "recordings", ".unfinished"));

async function isWhole(world, { sid, media_key: key, media_bytes: bytes, media_sha256: digest }) {
    const hash = createHash("sha256");
    await pipeline(createReadStream(path.join(world.dir, "recordings", key)), hash);
    assert.equal(hash.digest("hex"), digest);
    const [theirs] = await world.sim.recordings({ sid });
    assert.ok(bytes > 44 && theirs.downloads_whole >= 1);
}

async function recordedCall(world) {
    const { json } = await world.api.post("/calls", { to: world.number(), record: true, recording_channels: "dual" });
    await world.sim.idle();
    const call = await world.callUntil(json.id, "has its recording", ({ recordings }) => recordings[0]?.status === "completed");
    return call.recordings[0].sid;
}

const attempts = async (world, sid) => {
    const { json } = await world.api.get(`/recordings/${sid}`);
    return world.sqlite("SELECT attempts FROM jobs WHERE subject = :id", { id: json.id })[0]?.attempts;
};

for (const trouble of ["full", "over quota", "full in the middle of a write"])
    scenario(`the disk is ${trouble}: it waits, no attempt is counted, and it goes on by itself`, async (world) => {
        disk.get(trouble);
        const sid = await recordedCall(world);
        const { reason } = await world.logLine("recording.no_room", ({ recording }) => recording === sid);
        assert.match(reason, /No space left|quota/i);
        await until("the lane stands still", async () => (await world.metrics()).switchhook_recordings_paused === 1); // it tries now and then
        await until("it was tried again", () => world.logged("recording.no_room").filter(({ recording }) => recording === sid).length > 2);
        assert.ok((await attempts(world, sid)) <= 1);
        assert.equal(row(world, sid).media, "wanted");
        assert.equal((await world.api.post("/calls", { to: world.number() })).status, 201);
        disk.heal();
        await isWhole(world, await until(`${sid} is stored`, () => row(world, sid).media === "stored" && row(world, sid)));
        await until("the lane goes on", async () => (await world.metrics()).switchhook_recordings_paused === 0);
        assert.deepEqual(unfinished(world), []);
    });

for (const trouble of ["broken", "broken when syncing"])
    scenario(`the disk is ${trouble}: nothing is there by half, and it comes when the disk is well`, async (world) => {
        disk.get(trouble);
        const sid = await recordedCall(world);
        await world.logLine("recording.no_room", ({ recording, reason }) => recording === sid && /Input\/output error/.test(reason));
        assert.equal(row(world, sid).media_key, null);
        disk.heal();
        await isWhole(world, await until(`${sid} is stored`, () => row(world, sid).media === "stored" && row(world, sid)));
        assert.deepEqual(unfinished(world), []);
    });

scenario("a recording of 208 MB does not cost 208 MB of memory", async (world, t) => {
    const memory = (name) => Number(readFileSync(`/proc/${world.server.pid}/status`, "utf8").match(new RegExp(`${name}:\\s+(\\d+) kB`))[1]) / 1024;
    await isWhole(world, await until("a short one is stored", async () => world.sqlite("SELECT * FROM recordings WHERE media = 'stored' LIMIT 1")[0]));
    await world.sim.media({ sound_s: 6500 });
    const before = memory("VmRSS");
    const began = Date.now();
    const sid = await recordedCall(world);
    const stored = await until(`${sid} is stored`, () => row(world, sid).media === "stored" && row(world, sid), { timeoutMs: 90_000 });
    const grown = memory("VmHWM") - before;
    t.diagnostic(`${stored.media_bytes} bytes in ${Date.now() - began} ms, ${grown.toFixed(1)} MB more than before at most`);
    assert.ok(stored.media_bytes > 200_000_000);
    const sanitized = memory("VmSize") > 1024 * 1024;
    assert.ok(grown < (sanitized ? MOST_MB_SANITIZED : MOST_MB), `it grew by ${grown} MB`);
    await isWhole(world, stored);
});
