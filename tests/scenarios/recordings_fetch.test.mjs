// What Twilio recorded comes to our disk, whole, whatever goes wrong on the way: and what never will is told as that.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";

import { stage, until } from "./support/world.mjs";

const scenario = stage({ SWITCHHOOK_RECORD: "record-from-answer-dual" });

const directory = (world) => path.join(world.dir, "recordings");

/** The row of the recording of that SID, once `looks` is true of it. */
export const rowThat = (world, sid, what, looks) =>
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
