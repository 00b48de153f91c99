// Recordings in an S3-compatible store: a real one, whose signatures are checked by what Amazon's own SDK signs with, and which
// is busy, away or wrong in many ways.
import assert from "node:assert/strict";
import { createDecipheriv, createHash, hkdfSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

import { alone } from "./support/alone.mjs";
import { Program, built, cleanEnvironment, noSanitizerReport, serverProgram } from "./support/programs.mjs";
import { S3Store } from "./support/s3.mjs";
import { until } from "./support/until.mjs";

const MiB = 1024 * 1024;
const keys = "AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg8=";

const newKey = "0001020304050607000102030405060700010203040506070001020304050607";

let store;

before(async () => {
    store = await S3Store.open();
});

after(() => store.close());

/** Run a program to its end while the store answers it. */
async function finish(file, args, env, cwd) {
    const program = new Program(args[0], file, args, { cwd, env: cleanEnvironment(env) });
    const { code } = await program.exited;
    noSanitizerReport(program.output, args.join(" "));
    return { code, output: program.output };
}

/** The storage itself, without a server around it. */
const storage = (args, further = {}) => finish(built("support/storage"), args.map(String), store.toolEnvironment(further));

async function storageDoes(args, further) {
    const { code, output } = await storage(args, further);
    assert.equal(code, 0, output);
    return JSON.parse(output);
}

async function storageFails(args, further) {
    const { code, output } = await storage(args, further);
    assert.equal(code, 1, output);
    return output;
}

/** Everything that arrived since the last time was signed as it should be. */
const nothingRefused = () => assert.deepEqual(store.refused.splice(0), []);

// ---- the storage

for (const [what, further] of [
    ["as it is", {}],
    ["encrypted", { SEAL_KEYS: keys }],
])
    test(`objects of every length go there and back, ${what}`, async () => {
        for (const bytes of [0, 1, 65536, 5 * MiB, 5 * MiB + 1, 11 * MiB + 7]) {
            const key = `a/${bytes}.wav`;
            assert.equal((await storageDoes(["put", key, bytes], further)).right, true);
            const got = await storageDoes(["get", key], further);
            assert.deepEqual([got.bytes, got.right], [bytes, true]);
            await storageDoes(["remove", key], further);
            assert.match(await storageFails(["get", key], further), /^not-found/);
        }
        nothingRefused();
    });

const shortTroubles = [
    ["busy in the middle", { method: "PUT", url: /partNumber=2/, status: 503, code: "SlowDown" }],
    ["a connection reset in the middle of a part", { method: "PUT", url: /partNumber=2/, reset: true }],
    ["broken at the beginning", { method: "POST", url: /uploads/, status: 500, code: "InternalError" }],
    ["busy at the end", { method: "POST", url: /uploadId/, status: 503, code: "ServiceUnavailable" }],
    ["busy when it is looked at", { method: "HEAD", status: 503 }],
    ["broken when it is read", { method: "GET", status: 500, code: "InternalError" }],
];

for (const [what, trouble] of shortTroubles)
    test(`a short trouble is got over: ${what}`, async () => {
        const made = store.trouble({ ...trouble, times: 2 });
        assert.equal((await storageDoes(["put", "long.wav", 11 * MiB])).right, true);
        const got = await storageDoes(["get", "long.wav"]);
        store.calm();
        assert.deepEqual([got.bytes, got.right], [11 * MiB, true]);
        assert.equal(made.seen, 2);
        nothingRefused();
    });

test("a long object costs a part of memory, not its length", async () => {
    const short = await storageDoes(["put", "short.wav", 1 * MiB]);
    const long = await storageDoes(["put", "long.wav", 60 * MiB]);
    const grown = (long.peak_kib - short.peak_kib) / 1024;
    assert.ok(grown < 30, `60 MiB cost ${grown} MiB`);
});

// ---- switchhook check --online

const withoutUndefined = (settings) => Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));

/** world.run holds up this process, in which the store lives. */
const onlineCheck = (world, settings) => finish(serverProgram(), ["check", "--online"], withoutUndefined({ ...world.env, ...settings }), world.dir);

const storageLines = (output) => output.split("\n").filter((line) => / storage /.test(line));

alone(
    "check --online writes, reads and removes an object",
    {},
    async (world) => {
        const { output } = await onlineCheck(world, store.settings());
        assert.match(output, /^ok +storage +an object was written, read and removed$/m, output);
        assert.match(output, /^ok +storage +recordings are kept in bucket recordings at http:\/\/127\.0\.0\.1:\d+/m);
        assert.deepEqual(store.keys(), []);
        nothingRefused();
    },
    { start: false },
);

alone(
    "over https the store must show a certificate that is vouched for",
    {},
    async (world) => {
        const secure = await S3Store.open({ tls: true });
        try {
            const good = await onlineCheck(world, secure.settings());
            assert.match(good.output, /^ok +storage +an object was written, read and removed$/m, good.output);
            assert.deepEqual(secure.refused, []);
            const asked = secure.requests.length;
            const { code, output } = await onlineCheck(world, secure.settings({ SWITCHHOOK_S3_CA_FILE: undefined, SWITCHHOOK_S3_ATTEMPTS: "1" }));
            assert.equal(code, 1, output);
            assert.match(output, /^error +storage +cannot write: the store cannot be reached: .*certificate/m);
            assert.equal(secure.requests.length, asked, "nothing was said to whoever that was");
        } finally {
            await secure.close();
        }
    },
    { start: false },
);

const lastingTroubles = [
    ["the secret is wrong", () => store.settings({ SWITCHHOOK_S3_SECRET_ACCESS_KEY: "another" }), null, /SignatureDoesNotMatch.*SWITCHHOOK_S3_SECRET_ACCESS_KEY/],
    ["the key is not known", () => store.settings({ SWITCHHOOK_S3_ACCESS_KEY_ID: "somebody" }), null, /InvalidAccessKeyId.*SWITCHHOOK_S3_ACCESS_KEY_ID/],
    ["the region is wrong", () => store.settings({ SWITCHHOOK_S3_REGION: "elsewhere-1" }), null, /AuthorizationHeaderMalformed.*SWITCHHOOK_S3_REGION/],
    ["there is no such bucket", () => store.settings({ SWITCHHOOK_S3_BUCKET: "nowhere" }), null, /NoSuchBucket.*SWITCHHOOK_S3_BUCKET/],
    ["the clock is an hour wrong", () => store.settings(), { skew_ms: 3_600_000 }, /RequestTimeTooSkewed.*timedatectl/],
    ["nothing may be written", () => store.settings(), { method: "PUT", status: 403, code: "AccessDenied" }, /cannot write: .*AccessDenied.*rights/],
    ["nothing may be removed", () => store.settings(), { method: "DELETE", status: 403, code: "AccessDenied" }, /cannot remove: .*AccessDenied.*rights/],
    ["it is busy", () => store.settings(), { status: 503, code: "SlowDown" }, /SlowDown.*fewer requests/],
];

for (const [what, settings, trouble, says] of lastingTroubles)
    alone(
        `check --online says what to do if ${what}`,
        {},
        async (world) => {
            if (trouble)
                store.trouble(trouble);
            const { code, output } = await onlineCheck(world, settings());
            store.calm();
            store.refused.splice(0);
            assert.equal(code, 1, output);
            const [line] = storageLines(output).filter((one) => one.startsWith("error"));
            assert.match(line ?? "", says, output);
            assert.ok(!output.includes(store.credentials.secretAccessKey), "the secret is not shown");
        },
        { start: false },
    );

// ---- a server that keeps recordings there

/** The row of the recording of that SID, once it is stored. */
const stored = (world, sid) =>
    until(`the recording ${sid} is stored`, () => {
        const [row] = world.sqlite("SELECT * FROM recordings WHERE sid = :sid", { sid });
        if (row?.media === "stored")
            return row;
        throw new Error(`it is ${JSON.stringify(row)}`);
    });

/** A call that was recorded; its recording's SID. */
async function recordedCall(world) {
    const { json } = await world.api.post("/calls", { to: world.number(), record: true, recording_channels: "dual" });
    await world.sim.idle();
    const call = await world.callUntil(json.id, "has its recording", ({ recordings }) => recordings.some(({ source }) => source === "OutboundAPI"));
    return call.recordings.find(({ source }) => source === "OutboundAPI").sid;
}

/** What src/crypto/seal.c describes, opened by its description. */
function openSealed(bytes, name) {
    const header = bytes.subarray(0, 64);
    const made = Buffer.from(hkdfSync("sha256", Buffer.from(keys, "base64"), header.subarray(16, 48), Buffer.concat([header.subarray(0, 16), Buffer.from(name)]), 48));
    assert.deepEqual(made.subarray(32), header.subarray(48));
    const plain = [];
    for (let at = 64, index = 0; at < bytes.length; at += 65552, index++) {
        const chunk = bytes.subarray(at, at + 65552);
        const nonce = Buffer.alloc(12);
        nonce.writeBigUInt64BE(BigInt(index), 3);
        nonce[11] = at + 65552 >= bytes.length ? 1 : 0;
        const cipher = createDecipheriv("aes-256-gcm", made.subarray(0, 32), nonce);
        cipher.setAuthTag(chunk.subarray(-16));
        plain.push(cipher.update(chunk.subarray(0, -16)), cipher.final());
    }
    return Buffer.concat(plain);
}

/** The row, Twilio and the store agree on every byte. */
async function isWhole(world, row) {
    const bytes = store.bytesOf(row.media_key);
    const [theirs] = await world.sim.recordings({ sid: row.sid, hashes: true });
    assert.equal(row.media_sha256, theirs.media.sha256_dual);
    assert.equal(bytes.length, row.media_bytes);
    assert.equal(createHash("sha256").update(bytes).digest("hex"), row.media_sha256);
    nothingRefused();
}

const quick = { SWITCHHOOK_RECORDINGS_ROOM_CHECK_MS: "50", SWITCHHOOK_S3_ATTEMPTS: "2" };

alone("what Twilio recorded goes into the store", () => store.settings(quick), async (world) => {
    const row = await stored(world, await recordedCall(world));
    await isWhole(world, row);
    const metrics = await world.metrics();
    assert.ok(metrics['switchhook_object_store_requests_total{outcome="done"}'] >= 2, JSON.stringify(metrics));
});

alone("encrypted, nobody who reads the store hears it", () => store.settings({ ...quick, SWITCHHOOK_STORAGE_KEYS: keys }), async (world) => {
    const row = await stored(world, await recordedCall(world));
    const bytes = store.bytesOf(row.media_key);
    assert.equal(bytes.subarray(0, 6).toString(), "swseal");
    assert.equal(bytes.length, row.media_bytes + 64 + 16 * Math.ceil(row.media_bytes / 65536));
    assert.equal(bytes.indexOf("RIFF"), -1);
    assert.equal(createHash("sha256").update(openSealed(bytes, row.media_key)).digest("hex"), row.media_sha256);
    nothingRefused();
});

/* What lasts is no recording's fault: all of them wait, none is given up, and an operator is told why. */
const waits = [
    ["is away", async () => store.down(), async () => store.up(), /cannot be reached/],
    ["is busy", async () => store.trouble({ method: "PUT", status: 503, code: "SlowDown" }), async () => store.calm(), /SlowDown/],
    ["resets connections in the middle of the body", async () => store.trouble({ method: "PUT", reset: true }), async () => store.calm(), /cannot be reached/],
    ["denies it", async () => store.trouble({ method: "PUT", status: 403, code: "AccessDenied" }), async () => store.calm(), /rights/],
    ["takes the clock for wrong", async () => store.trouble({ method: "PUT", skew_ms: 3_600_000 }), async () => store.calm(), /timedatectl/],
    ["is full", async () => store.trouble({ method: "PUT", status: 507, code: "QuotaExceeded" }), async () => store.calm(), /full/],
];

for (const [what, begin, end, why] of waits)
    alone(`the store ${what}: recordings wait, and nothing is lost`, () => store.settings({ ...quick, SWITCHHOOK_MEDIA_ATTEMPTS_MAX: "2" }), async (world) => {
        await begin();
        try {
            const sids = [await recordedCall(world), await recordedCall(world)];
            const { reason } = await until("the lane has stopped", () => world.logLine("recordings.paused"));
            assert.match(reason, why);
            await until("each has been tried more often than a recording of its own fault may be", async () => {
                const metrics = await world.metrics();
                assert.equal(metrics["switchhook_recordings_paused"], 1);
                assert.ok(metrics['switchhook_recordings_fetches_total{outcome="no_room"}'] >= 6, "not yet");
                return true;
            });
            assert.deepEqual(world.sqlite("SELECT count(*) AS n FROM jobs WHERE kind = 'fetch_recording' AND state = 'dead'"), [{ n: 0 }]);
            await end();
            for (const sid of sids)
                await isWhole(world, await stored(world, sid));
        } finally {
            store.calm();
            if (!store.server.listening)
                await store.up();
        }
    });

alone("the server ends at once while the store does not answer", () => store.settings({ ...quick, SWITCHHOOK_S3_ATTEMPTS: "10", SWITCHHOOK_S3_RETRY_MS: "10000" }), async (world) => {
    store.trouble({ method: "PUT", status: 503, code: "SlowDown" });
    try {
        await recordedCall(world);
        await until("the store has been asked", () => store.requests.some(({ status }) => status === 503));
        const began = Date.now();
        await world.stop();
        assert.ok(Date.now() - began < 5000, `it took ${Date.now() - began} ms`);
    } finally {
        store.calm();
    }
    const [{ sid }] = world.sqlite("SELECT sid FROM recordings WHERE media = 'wanted'");
    await world.start();
    await isWhole(world, await stored(world, sid));
});

// ---- playing

const play = async (world, row, headers = {}) => {
    const answer = await fetch(`${world.origin}/recordings/${row.sid}/media`, { headers: { ...world.api.headers, ...headers } });
    return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) };
};

alone("an encrypted recording is played out of the store, any range of it", () => store.settings({ ...quick, SWITCHHOOK_STORAGE_KEYS: keys }), async (world) => {
    await world.sim.media({ sound_s: 30 });
    const row = await stored(world, await recordedCall(world));
    const sound = openSealed(store.bytesOf(row.media_key), row.media_key);
    const whole = await play(world, row);
    assert.equal(whole.status, 200);
    assert.ok(whole.bytes.equals(sound), `${whole.bytes.length} of ${sound.length} bytes`);
    for (const [first, last] of [[0, 0], [65535, 65536], [100_000, 300_000], [sound.length - 1, sound.length - 1]]) {
        const part = await play(world, row, { range: `bytes=${first}-${last}` });
        assert.equal(part.status, 206);
        assert.ok(part.bytes.equals(sound.subarray(first, last + 1)), `${first}-${last}`);
    }
    nothingRefused();
});

alone("what was meddled with in the store is not played, and the log says so", () => store.settings({ ...quick, SWITCHHOOK_STORAGE_KEYS: keys }), async (world) => {
    const row = await stored(world, await recordedCall(world));
    const other = await stored(world, await recordedCall(world));
    store.replace(row.media_key, store.bytesOf(other.media_key));
    const answer = await play(world, row);
    assert.ok(answer.status >= 500, String(answer.status));
    const { message } = await world.logLine("http.failure");
    assert.match(message, /damaged, or belongs to another name/);
});

alone("without its key a recording is not played, and the log names the key", () => store.settings({ ...quick, SWITCHHOOK_STORAGE_KEYS: keys }), async (world) => {
    const row = await stored(world, await recordedCall(world));
    const id = store.bytesOf(row.media_key).subarray(8, 16).toString("hex");
    for (const other of [undefined, newKey]) {
        await world.restart({ SWITCHHOOK_STORAGE_KEYS: other });
        assert.equal((await play(world, row)).status, 503);
        const { message } = await world.logLine("http.failure");
        assert.match(message, new RegExp(`key ${id}.*SWITCHHOOK_STORAGE_KEYS`));
    }
    await world.restart({ SWITCHHOOK_STORAGE_KEYS: `${newKey},${keys}` });
    assert.equal((await play(world, row)).status, 200);
});

// ---- long ones

const inParts = { ...quick, SWITCHHOOK_S3_PART_BYTES: String(5 * MiB) };
const LONG_S = 400; // 12.8 MB in two channels

alone("a long recording goes in parts", () => store.settings({ ...inParts, SWITCHHOOK_STORAGE_KEYS: keys }), async (world) => {
    store.requests.length = 0;
    await world.sim.media({ sound_s: LONG_S });
    const row = await stored(world, await recordedCall(world));
    assert.ok(row.media_bytes > 12 * MiB);
    const digest = createHash("sha256").update(openSealed(store.bytesOf(row.media_key), row.media_key)).digest("hex");
    assert.equal(digest, row.media_sha256);
    assert.deepEqual(store.requests.filter(({ url }) => /partNumber/.test(url)).map(({ bytes }) => bytes > 5 * MiB - 1), [true, true, false]);
    assert.equal(store.uploads.size, 0);
    nothingRefused();
});

alone("killed in the middle of a part: it is fetched anew, and what was left is taken back", () => store.settings(inParts), async (world) => {
    await world.sim.media({ sound_s: LONG_S });
    const held = store.trouble({ method: "PUT", url: /partNumber=2/, hold: true });
    const sid = await recordedCall(world);
    await until("the second part is under way", () => held.seen === 1);
    await world.kill9();
    store.calm();
    assert.equal(store.uploads.size, 1);
    await world.start();
    await isWhole(world, await stored(world, sid));
    await until("what was left is gone", () => store.uploads.size === 0);
    assert.equal((await world.logLine("storage.swept")).removed, "1");
});

// ---- changing keys while the server runs

async function reload(world) {
    const before = world.logged("config.reloaded").length + world.logged("config.rejected").length;
    world.server.child.kill("SIGHUP");
    await until("it has been reloaded", () => world.logged("config.reloaded").length + world.logged("config.rejected").length > before);
}

const keyFile = path.join(mkdtempSync(path.join(tmpdir(), "switchhook-keys-")), "keys");
const secretFile = `${keyFile}-secret`;

after(() => rmSync(path.dirname(keyFile), { recursive: true }));

const writeFile = (file, text) => writeFileSync(file, text, { mode: 0o600 });

alone(
    "another key encrypts what comes after SIGHUP; a file that is wrong changes nothing",
    () => {
        writeFile(keyFile, `${keys}\n`);
        return store.settings({ ...quick, SWITCHHOOK_STORAGE_KEYS_FILE: keyFile });
    },
    async (world) => {
        const keyOf = ({ media_key: key }) => store.bytesOf(key).subarray(8, 16).toString("hex");
        const first = await stored(world, await recordedCall(world));
        writeFile(keyFile, `${newKey}\n${keys}\n`);
        await reload(world);
        const second = await stored(world, await recordedCall(world));
        assert.notEqual(keyOf(first), keyOf(second));
        writeFile(keyFile, `${newKey}\n${newKey}\n`);
        await reload(world);
        assert.match(world.logged("config.rejected").at(-1)?.error ?? "", /SWITCHHOOK_STORAGE_KEYS.*twice/);
        const third = await stored(world, await recordedCall(world));
        assert.equal(keyOf(third), keyOf(second));
        assert.equal(world.server.output.includes(newKey), false);
        nothingRefused();
    },
);

alone(
    "the store's secret is changed: recordings wait until SIGHUP brings the new one",
    () => {
        writeFile(secretFile, store.credentials.secretAccessKey);
        return store.settings({ ...quick, SWITCHHOOK_S3_SECRET_ACCESS_KEY: undefined, SWITCHHOOK_S3_SECRET_ACCESS_KEY_FILE: secretFile });
    },
    async (world) => {
        store.credentials.secretAccessKey = "another-secret-of-the-scenario";
        const sid = await recordedCall(world);
        const { reason } = await world.logLine("recordings.paused");
        assert.match(reason, /SignatureDoesNotMatch.*SWITCHHOOK_S3_SECRET_ACCESS_KEY/);
        writeFile(secretFile, store.credentials.secretAccessKey);
        await reload(world);
        store.refused.splice(0);
        await stored(world, sid);
    },
);
