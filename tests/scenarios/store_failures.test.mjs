// The disk fails. Facts are refused so that Twilio says them again, callers hear an apology, nothing that was answered is
// lost, the operator is told once, and when the disk is well again so is the server.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { after } from "node:test";

import { alone } from "./support/alone.mjs";
import { Disk, SmallDisk, TROUBLES } from "./support/disk.mjs";
import { exchange } from "./support/http.mjs";
import { Webhooks } from "./support/load.mjs";
import { sha256 } from "./support/twilio.mjs";
import { stage, until } from "./support/world.mjs";

const disk = new Disk();
after(() => disk.remove());

const scenario = stage(() => ({ ...disk.env }));

const status = (world, sid, word, sequence) =>
    world.deliver("/webhooks/call-status", { CallSid: sid, CallStatus: word, SequenceNumber: String(sequence), Direction: "inbound" });
const comesIn = (world, sid = world.sid()) =>
    world.deliver("/twiml", { CallSid: sid, From: world.number(), To: "+15005550006", Direction: "inbound", CallStatus: "ringing" });
const readiness = async (world) => (await exchange(world.adminOrigin, "GET", "/readyz")).status;
const isReady = (world) => until("the server is ready again", async () => (await readiness(world)) === 200);
const isWhole = (world) => assert.deepEqual(world.sqlite("PRAGMA integrity_check"), [{ integrity_check: "ok" }]);

/** What a failing store means to everybody; `sid` is a call that rings. */
async function everybodyIsTold(world, sid) {
    const one = await status(world, sid, "in-progress", 1);
    const many = await Promise.all(Array.from({ length: 20 }, () => status(world, world.sid(), "ringing", 0)));
    for (const { status: code, text } of [one, ...many]) {
        assert.equal(code, 503);
        assert.ok(!/sqlite|disk|I\/O/i.test(text), `a client learns what it need not know: ${text}`);
    }
    const instruction = await comesIn(world);
    assert.equal(instruction.status, 200);
    assert.match(instruction.text, /^<\?xml[^>]*><Response><Say>We are sorry, [^<]*<\/Say><Hangup\/><\/Response>\n?$/);
    const to = world.number();
    assert.equal((await world.api.post("/calls", { to })).status, 503);
    assert.equal(await world.sim.dialled(to), 0, "somebody was dialled without a row for it");

    assert.equal(await readiness(world), 503);
    assert.equal((await exchange(world.adminOrigin, "GET", "/healthz")).status, 200);
    assert.equal((await world.metrics())["switchhook_store_failing"], 1);
    // What needs no writing goes on.
    assert.equal((await world.call(sid)).status, "ringing");
    assert.equal((await world.api.post("/token", { identity: "alice" })).status, 200);
}

const linesSince = (world, mark, event) => world.logged(event).slice(mark[event]);
const marksOf = (world) => Object.fromEntries(["store.failing", "store.recovered"].map((event) => [event, world.logged(event).length]));

for (const trouble of Object.keys(TROUBLES))
    scenario(`the disk is ${trouble}: refused, apologised for, told once, and over when it is over`, async (world) => {
        const sid = world.sid();
        assert.equal((await status(world, sid, "ringing", 0)).status, 204);
        const mark = marksOf(world);

        disk.get(trouble);
        try {
            await everybodyIsTold(world, sid);
        } finally {
            disk.heal();
        }
        await isReady(world);

        for (let i = 0; i < 2; i++) // Twilio says it again, and has not heard the answer
            assert.equal((await status(world, sid, "in-progress", 1)).status, 204);
        const call = await world.call(sid);
        assert.equal(call.status, "in-progress");
        assert.deepEqual(call.timeline.map(({ parameters }) => parameters.CallStatus), ["ringing", "in-progress"]);
        assert.match((await comesIn(world)).text, /Nobody can take your call/);
        isWhole(world);

        await world.logLine("store.recovered", (line) => linesSince(world, mark, "store.recovered").some(({ time }) => time === line.time));
        const [failing, ...again] = linesSince(world, mark, "store.failing");
        assert.deepEqual(again, [], "the log says it once");
        assert.equal(linesSince(world, mark, "store.recovered").length, 1);
        assert.match(failing.error, /full|I\/O error|readonly/);
        assert.equal((await world.metrics())["switchhook_store_failing"], 0);
    });

scenario("a disk that comes and goes under load: all that was answered is there once", async (world, t) => {
    const load = new Webhooks(world, { redeliver: 0.8 });
    for (const trouble of [...Object.keys(TROUBLES), ...Object.keys(TROUBLES)]) {
        await load.answered(60);
        disk.get(trouble);
        await load.answered(60);
        disk.heal();
    }
    await load.answered(60);
    await load.stop();
    load.check();
    isWhole(world);
    t.diagnostic(String(load));
    assert.ok(load.statuses[503] > 0, "nobody has noticed");
});

scenario("stopped while the disk is broken, it ends in order", async (world) => {
    const sid = world.sid();
    assert.equal((await status(world, sid, "ringing", 0)).status, 204);
    disk.get("broken");
    try {
        assert.equal((await status(world, sid, "completed", 1)).status, 503);
        await world.stop();
    } finally {
        disk.heal();
    }
    await world.start();
    assert.equal((await world.call(sid)).status, "ringing");
});

// ---- without a library in between

alone("a file that may not grow any more (RLIMIT_FSIZE)", {}, async (world) => {
    const sid = world.sid();
    assert.equal((await status(world, sid, "ringing", 0)).status, 204);
    const limit = (bytes) => execFileSync("prlimit", ["--pid", String(world.server.pid), `--fsize=${bytes}:`]);
    limit(4096);
    await everybodyIsTold(world, sid);
    limit("unlimited");
    await isReady(world);
    assert.equal((await status(world, sid, "completed", 1)).status, 204);
    isWhole(world);
});

const noMount = SmallDisk.missing();

/** A scenario with a small disk of its own. */
function onSmallDisk(name, settings, run, how = {}) {
    let small;
    const own = () => {
        small = new SmallDisk("2m");
        after(() => small.remove());
        return { ...settings, SWITCHHOOK_DATABASE: small.database };
    };
    alone(name, own, (world, t) => run(world, small, t), { skip: noMount, ...how });
}

onSmallDisk("a real file system is full, and has room again", { SWITCHHOOK_MIN_FREE_BYTES: "100000" }, async (world, small, t) => {
    const load = new Webhooks(world);
    await load.answered(20);
    const rubbish = small.fill();
    await until("nothing more can be stored", () => load.statuses[503] > 100);
    const { status: code, text } = await exchange(world.adminOrigin, "GET", "/readyz");
    assert.equal(code, 503, text);
    rmSync(rubbish);
    small.resize("64m");
    await isReady(world);
    await load.answered(200);
    await load.stop();
    load.check();
    isWhole(world);
    t.diagnostic(String(load));
});

// ---- what it does not start with

const overwrite = (file, at, bytes) => {
    const whole = readFileSync(file);
    whole.write(bytes, at, "latin1");
    writeFileSync(file, whole);
};
const sql = (file, text) => execFileSync("sqlite3", [file, text]);

const spoilt = [
    ["is a text", (file) => writeFileSync(file, "To whom it may concern:\n".repeat(99)), /is not a database/],
    ["has lost its end", (file) => truncateSync(file, 8192), /corrupt.*shorter/],
    ["has a page of something else", (file) => overwrite(file, 4096, "\xff".repeat(4096)), /corrupt|malformed/],
    ["is of a newer version", (file) => sql(file, "PRAGMA user_version = 999"), /999.*newer|newer.*999/],
    ["is another program's", (file) => (rmSync(file), sql(file, "CREATE TABLE a (b)")), /another program/],
    ["is another program's, with the same version", (file) => sql(file, "PRAGMA application_id = 7"), /another program/],
];

for (const [what, spoil, expected] of spoilt)
    alone(`a database that ${what} stops the start, and is left as it is`, {}, async (world) => {
        const file = world.env.SWITCHHOOK_DATABASE;
        await world.stop();
        spoil(file);
        const before = sha256(readFileSync(file));
        const { status: code, stdout, stderr } = world.run(["serve"]);
        assert.equal(code, 1, stderr);
        assert.equal(stdout, "");
        assert.match(stderr, expected);
        assert.ok(stderr.includes(file), `the message does not name the file: ${stderr}`);
        assert.equal(sha256(readFileSync(file)), before);
    });

alone("where the database should be is a folder", {}, (world) => {
    const { status: code, stderr } = world.run(["serve"], { SWITCHHOOK_DATABASE: world.dir });
    assert.equal(code, 1, stderr);
    assert.match(stderr, /is no file|Is a directory/);
}, { start: false });

onSmallDisk("a disk that is mounted read-only stops the start", {}, async (world, small) => {
    await world.stop();
    small.readOnly(true);
    const { status: code, stderr } = world.run(["serve"]);
    small.readOnly(false);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /Read-only file system/);
    await world.start();
});

alone("there is one server at a time", {}, async (world) => {
    const other = { SWITCHHOOK_LISTEN: "127.0.0.1:0" };
    const { status: code, stderr } = world.run(["serve"], other);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /another server has it open/);
    assert.equal((await comesIn(world)).status, 200);

    const { key } = await world.newCaller("calls:read"); // the command line may
    assert.match(key, /^shk_/);

    await world.kill9();
    await world.start();
});
