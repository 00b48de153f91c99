// The server is killed at every step of fetching a recording, one after the other: each file and folder that is made,
// written, synced or named, and each write of the database until the row is durable. After every start the recording comes
// whole, and nothing half is left.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";

import { built } from "./support/programs.mjs";
import { stage, until } from "./support/world.mjs";

const scenario = stage();

const STEPS_MOST = 80; // there are about half as many

const shim = (step) => ({
    LD_PRELOAD: built("support/killer.so"),
    KILLER_BEGIN: "/.unfinished",
    KILLER_MATCH: "/recordings:switchhook.db",
    KILLER_STEP: String(step),
    ASAN_OPTIONS: `exitcode=99:verify_asan_link_order=0:${process.env.ASAN_OPTIONS ?? ""}`,
});
const noShim = Object.fromEntries(Object.keys(shim(1)).map((name) => [name, undefined]));

const directory = (world) => path.join(world.dir, "recordings");

/** All files below the directory, as keys. */
function files(world, below = "") {
    return readdirSync(path.join(directory(world), below)).flatMap((name) => {
        const key = path.join(below, name);
        return statSync(path.join(directory(world), key)).isDirectory() ? files(world, key) : [key];
    });
}

const row = (world, sid) => world.sqlite("SELECT * FROM recordings WHERE sid = :sid", { sid })[0];

/** A recording whose sound is not to be had yet; its SID. */
async function waitingRecording(world) {
    await world.sim.fault({ target: "media", kind: "not_found", count: 1_000_000 });
    const { json } = await world.api.post("/calls", { to: world.number(), record: true, recording_channels: "dual" });
    await world.sim.idle();
    const call = await world.callUntil(json.id, "has its recording", ({ recordings }) => recordings[0]?.status === "completed");
    return call.recordings[0].sid;
}

/** Whatever a row says is stored is there, whole. */
function everyStoredOneIsWhole(world) {
    const rows = world.sqlite("SELECT * FROM recordings WHERE media = 'stored'");
    for (const { media_key: key, media_bytes: bytes, media_sha256: digest } of rows) {
        const content = readFileSync(path.join(directory(world), key));
        assert.deepEqual([content.length, createHash("sha256").update(content).digest("hex")], [bytes, digest]);
    }
    return rows;
}

/** One round: killed before that step. False if there is no such step any more. */
async function killedBefore(world, step) {
    const sid = await waitingRecording(world);
    await world.stop();
    await world.sim.calm();
    await world.start(shim(step)).catch(() => {}); // it may be killed before it is ready
    const killed = await until(`step ${step}, or the end`, () => {
        if (world.server.end)
            return "killed";
        return world.logged("recording.stored").length > 0 && "stored";
    });
    await world.kill9(); // if it is not yet: steps behind the last one of the fetch do not count
    assert.equal(world.server.end.signal, "SIGKILL");
    everyStoredOneIsWhole(world);
    await world.start(noShim);
    await until(`${sid} is stored after step ${step}`, () => row(world, sid).media === "stored");
    const stored = everyStoredOneIsWhole(world);
    await until("nothing unfinished is left", () => readdirSync(path.join(directory(world), ".unfinished")).length === 0);
    assert.deepEqual(files(world).sort(), stored.map(({ media_key: key }) => key).sort());
    assert.equal(world.count("jobs WHERE kind = 'fetch_recording'"), 0);
    return killed === "killed";
}

scenario("killed before each step of a fetch: it is whole after the next start", async (world, t) => {
    let step = 1;
    while (await killedBefore(world, step)) {
        step++;
        assert.ok(step < STEPS_MOST, "it has no end");
    }
    t.diagnostic(`${step - 1} steps`);
    assert.ok(step > 15, `only ${step - 1} steps were seen: does the shim see them?`);
});
