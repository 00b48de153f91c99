// Memory does not grow with what was done. A rough look, in megabytes; leaks of single bytes are found by the sanitizers.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import http from "node:http";

import { alone } from "./support/alone.mjs";
import { listen } from "./support/events.mjs";
import { Raw } from "./support/raw.mjs";
import { signedRequest } from "./support/signed.mjs";
import { stage, until } from "./support/world.mjs";

const CONNECTIONS = 8;
const AT_ONCE = 25; // requests in one breath
const WARM_UP = 5000; // until caches are full
const MEASURED = 6000;
const MOST_MB = 6; // over MEASURED webhooks: a kilobyte each would be found, beyond what caches still take
const MOST_MB_SANITIZED = 40; // its allocator fills up slowly, the more so on a busy machine

const WARM_LISTENERS = 50; // until threads have their heaps
const LISTENERS = 400; // beyond those
const LISTENER_KB = 16; // each, once it has had a heartbeat

const LONG_S = 6500; // a recording of 208 MB in two channels
const LONG_MB = 8; // what fetching or playing it may take
const STORAGE_KEY = "00".repeat(32);

// What a sanitizer keeps of freed memory, to find its use, is not what is looked for here.
const scenario = stage({ ASAN_OPTIONS: `exitcode=99:quarantine_size_mb=1:${process.env.ASAN_OPTIONS ?? ""}` });

/** A line of /proc/PID/status in megabytes. */
function memory(world, name) {
    const [, kb] = readFileSync(`/proc/${world.server.pid}/status`, "utf8").match(new RegExp(`${name}:\\s+(\\d+) kB`));
    return kb / 1024;
}

/** Sanitizers reserve terabytes of addresses. */
const isSanitized = (world) => memory(world, "VmSize") > 1024 * 1024;

/** That many webhooks, alternately asking what to do and telling how it goes, each call with its own. */
async function webhooks(world, count) {
    const rounds = count / CONNECTIONS / AT_ONCE;
    const talk = async () => {
        const raw = await Raw.open(world.port);
        for (let round = 0; round < rounds; round++) {
            const requests = Array.from({ length: AT_ONCE }, (_, i) => {
                const call = { CallSid: world.sid(), From: "+14155550100", To: "+15005550006", Direction: "inbound" };
                return i % 2 === 0
                    ? signedRequest(world, "/twiml", { ...call, CallStatus: "ringing" })
                    : signedRequest(world, "/webhooks/call-status", { ...call, CallStatus: "completed", Note: "x".repeat(500) });
            });
            raw.send(requests.join(""));
            for (let i = 0; i < AT_ONCE; i++)
                assert.equal((await raw.answer()).status, i % 2 === 0 ? 200 : 204);
        }
        raw.close();
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, talk));
}

scenario("memory stays where it is", async (world, t) => {
    await webhooks(world, WARM_UP);
    const before = memory(world, "VmRSS");
    await webhooks(world, MEASURED);
    const after = memory(world, "VmRSS");
    t.diagnostic(`${before.toFixed(1)} MB after ${WARM_UP} webhooks, ${after.toFixed(1)} MB after ${MEASURED} more`);
    const most = isSanitized(world) ? MOST_MB_SANITIZED : MOST_MB;
    assert.ok(after - before < most, `${before} MB became ${after} MB`);
});

/** That many more streams, all of which have said hello and had heartbeats, so that they sleep with nothing to send. */
async function idleListeners(world, count) {
    const listeners = [];
    while (listeners.length < count)
        listeners.push(...(await Promise.all(Array.from({ length: 50 }, () => listen(world)))));
    await until("everybody has had heartbeats", () => listeners.every(({ comments }) => comments >= 2));
    return listeners;
}

const room = { SWITCHHOOK_CONNECTIONS_MAX: "960", SWITCHHOOK_WORKERS: "8", SWITCHHOOK_EVENTS_HEARTBEAT_MS: "500" };

alone("a listener who hears nothing costs little", room, async (world, t) => {
    if (isSanitized(world)) {
        t.skip("what a sanitizer puts around each block is more than what is looked for");
        return;
    }
    const warm = await idleListeners(world, WARM_LISTENERS);
    const before = memory(world, "VmRSS");
    const listeners = await idleListeners(world, LISTENERS);
    const each = () => ((memory(world, "VmRSS") - before) * 1024) / LISTENERS;
    t.diagnostic(`${each().toFixed(1)} KiB for each of ${LISTENERS} listeners`);
    await until(`a listener costs at most ${LISTENER_KB} KiB`, () => each() <= LISTENER_KB); // a heartbeat is on its way to some
    for (const listener of [...warm, ...listeners])
        listener.close();
});

// ---- recordings

/** A call whose recording, in two channels, is so long; the recording once it is stored. */
async function fetched(world, seconds) {
    await world.sim.media({ delay_ms: 0, sound_s: seconds });
    const { json } = await world.api.post("/calls", { to: world.number(), record: true, recording_channels: "dual" });
    const call = await world.callUntil(json.id, "is recorded", ({ recordings }) => recordings[0]?.status === "completed");
    return until("its sound is stored", async () => {
        const { json: recording } = await world.api.get(`/recordings/${call.recordings[0].sid}`);
        return recording.media.state === "stored" && recording;
    }, { timeoutMs: 60_000 });
}

/** Play it to the end and keep nothing of it: how many bytes there were. */
function played(world, { id }) {
    const options = { headers: world.api.headers };
    return new Promise((resolve, reject) => {
        const request = http.get(`${world.origin}/recordings/${id}/media`, options, (answer) => {
            let bytes = 0;
            answer.on("data", (some) => (bytes += some.length));
            answer.on("end", () => resolve(bytes));
            answer.on("error", reject);
        });
        request.on("error", reject);
    });
}

/** The most memory that was in use at any time while something was done, beyond what was before. */
async function peakOf(world, doing) {
    const before = memory(world, "VmRSS");
    writeFileSync(`/proc/${world.server.pid}/clear_refs`, "5"); // the peak is now
    const result = await doing();
    return [memory(world, "VmHWM") - before, result];
}

for (const [how, settings] of [
    ["in a directory", {}],
    ["encrypted", { SWITCHHOOK_STORAGE_KEYS: STORAGE_KEY }],
])
    alone(`a recording of 208 MB is fetched and played in little memory, ${how}`, settings, async (world, t) => {
        if (isSanitized(world)) {
            t.skip("a sanitizer's allocator is not what is looked at here, and two hours of sound take it long");
            return;
        }
        assert.equal(await played(world, await fetched(world, 10)), 320_044);
        const [fetching, recording] = await peakOf(world, () => fetched(world, LONG_S));
        const [playing, bytes] = await peakOf(world, () => played(world, recording));
        t.diagnostic(`${fetching.toFixed(1)} MB to fetch it, ${playing.toFixed(1)} MB to play it`);
        assert.deepEqual([recording.media.bytes, bytes], [LONG_S * 32_000 + 44, LONG_S * 32_000 + 44]);
        assert.ok(fetching < LONG_MB, `fetching took ${fetching} MB`);
        assert.ok(playing < LONG_MB, `playing took ${playing} MB`);
    });
