// Recordings in an S3-compatible store: a real one, whose signatures are checked by what Amazon's own SDK signs with, and which
// is busy, away or wrong in many ways.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { alone } from "./support/alone.mjs";
import { Program, built, cleanEnvironment, noSanitizerReport, serverProgram } from "./support/programs.mjs";
import { S3Store } from "./support/s3.mjs";

const MiB = 1024 * 1024;
const keys = "AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg8=";

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

/** world.run holds up this process, in which the store lives. */
const onlineCheck = (world, settings) => finish(serverProgram(), ["check", "--online"], { ...world.env, ...settings }, world.dir);

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
