// The state of every call follows from what was told of it: `switchhook replay` tells it again, in a copy, and compares.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync } from "node:fs";
import path from "node:path";

import { alone } from "./support/alone.mjs";
import { serverProgram } from "./support/programs.mjs";
import { until } from "./support/world.mjs";

const settings = {
    SWITCHHOOK_RECORD: "record-from-answer-dual",
    SWITCHHOOK_INBOUND_IDENTITIES: "+15005550006=alice",
    SWITCHHOOK_RINGING_SILENCE_MS: "150",
    SWITCHHOOK_IN_PROGRESS_SILENCE_MS: "150",
    SWITCHHOOK_QUEUED_SILENCE_MS: "150",
    SWITCHHOOK_ALIVE_MS: "100",
    TMPDIR: undefined,
};

const idle = (world) => until("nothing is left to do", () => world.count("jobs WHERE state <> 'dead'") === 0);

/** Calls of every kind, with what goes wrong. */
async function everyKind(world) {
    const [answered, busy, mute] = [world.number(), world.number(), world.number()];
    await world.sim.callee(busy, { busy: true });
    await world.sim.callee("client:alice", { answer_after_ms: 2000, hangup_after_ms: 9000 });
    await world.sim.browser({ identity: "bob", to: answered });
    await world.sim.browser({ identity: "bob", to: busy });
    await world.sim.inbound({ to: "+15005550006" });
    await world.api.post("/calls", { to: world.number(), record: true });
    await world.api.post("/calls", { to: world.number(), flow: "bridge", identity: "alice" });
    await world.sim.idle();
    await world.sim.fault({ target: "callback", kind: "lose", count: 2, match: { CallStatus: "completed" } });
    await world.sim.callee(mute, { answer_after_ms: 1000, hangup_after_ms: 4000 });
    const lost = await world.api.post("/calls", { to: mute });
    await world.callOver(lost.json.id);
    await world.sim.fault({ target: "rest", kind: "error", method: "POST", count: 1, status: 400, code: 21211 }).catch(() => {});
    await world.api.post("/calls", { to: world.number() });
    const held = world.number();
    await world.sim.callee(held, { manual: true, hangup_after_ms: null });
    const ended = await world.api.post("/calls", { to: held });
    await world.api.post(`/calls/${ended.json.id}/hangup`, {});
    await world.sim.idle();
    await idle(world);
}

alone("every call, told again, comes to the same; so does one that was adopted", settings, async (world) => {
    await everyKind(world);
    await world.kill9();
    await world.sim.inbound({ to: "+15005550006" });
    await world.sim.idle();
    await world.start();
    await world.sameTruth({ recordings: true });
    await idle(world);
    const calls = world.count("calls");
    const folder = path.join(world.dir, "tmp");
    mkdirSync(folder);
    const { status, stdout, stderr } = world.run(["replay"], { TMPDIR: folder });
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, new RegExp(`^${calls} calls told again, 0 differ, 0 entries could not be told\n$`));
    assert.deepEqual(readdirSync(folder), []);
});

alone("a state that does not follow from what was told is found", settings, async (world) => {
    const { json } = await world.api.post("/calls", { to: world.number() });
    const { call_sid: other } = await world.sim.browser({ identity: "bob", to: world.number() });
    await world.callOver(json.id);
    await world.sim.idle();
    await idle(world);
    await world.stop();
    const database = world.env.SWITCHHOOK_DATABASE;
    execFileSync("sqlite3", [database, `UPDATE calls SET status = 'busy', duration_s = 99 WHERE root_sid <> '${other}'`]);
    const all = world.run(["replay"]);
    assert.equal(all.status, 1, all.stderr);
    assert.match(all.stdout, new RegExp(`^${json.id} CA[0-9a-f]{32}: call status is stored as busy, rebuilt as completed$`, "m"));
    assert.match(all.stdout, /call duration is stored as 99, rebuilt as/);
    assert.match(all.stdout, /2 calls told again, 1 differ/);
    assert.equal(world.run(["replay", json.id]).status, 1);
    assert.equal(world.run(["replay", other]).status, 0);
    const told = world.run(["replay", "--json"]).stdout.trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual([told[0].id, told[0].what, told[0].stored], [json.id, "call status", "busy"]);
    assert.equal(world.run(["replay", "--since", "2999-01-01T00:00:00Z"]).status, 0);
});

alone("what was removed is no difference, and is said", settings, async (world) => {
    const [gone, kept] = [world.number(), world.number()];
    const { call_sid: sid } = await world.sim.browser({ identity: "bob", to: gone });
    await world.sim.browser({ identity: "bob", to: kept });
    await world.sim.idle();
    await idle(world);
    assert.equal(world.run(["erase", "--number", gone, "--yes"]).status, 0);
    const { status, stdout, stderr } = world.run(["replay"]);
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, new RegExp(`^call_\\w+ ${sid}: entries from before \\S+, or their parameters, were removed: not compared$`, "m"));
    assert.match(stdout, /^1 calls told again, 0 differ, 0 entries could not be told$/m);
    assert.match(stdout, /^1 calls not compared: /m);
    await world.stop();
    const [newest] = world.sqlite("SELECT max(created_at) AS at FROM calls");
    execFileSync("sqlite3", [world.env.SWITCHHOOK_DATABASE, `UPDATE timeline SET raw = NULL; INSERT OR REPLACE INTO retention VALUES ('timeline_raw', 0, ${newest.at + 1}, 0)`]);
    const aged = world.run(["replay"]);
    assert.equal(aged.status, 0, aged.stdout + aged.stderr);
    assert.match(aged.stdout, /^0 calls told again, 0 differ/m);
    assert.match(aged.stdout, /^2 calls not compared: /m);
});

alone("replay of nothing, and of no time", settings, async (world) => {
    const none = world.run(["replay", world.sid()]);
    assert.equal(none.status, 1);
    assert.match(none.stderr, /there is no such call/);
    assert.equal(world.run(["replay", "--since", "yesterday"]).status, 2);
    assert.match(world.run(["replay"]).stdout, /^0 calls told again/);
});

alone("whoever ends a replay, or the pipe it writes to, leaves no copy behind", settings, async (world) => {
    for (let i = 0; i < 80; i++) {
        const call = { CallSid: world.sid(), From: "+14155550111", To: "+15005550006", Direction: "inbound" };
        await world.deliver("/webhooks/call-status", { ...call, CallStatus: "completed", CallDuration: "3" });
    }
    execFileSync("sqlite3", [world.env.SWITCHHOOK_DATABASE, ".timeout 5000", "UPDATE calls SET outcome = 'busy', price = '-1';"]);
    const folder = path.join(world.dir, "tmp");
    mkdirSync(folder);
    const env = Object.fromEntries(Object.entries({ ...world.env, TMPDIR: folder }).filter(([, value]) => value !== undefined));
    const child = spawn(serverProgram(), ["replay", "--json"], { cwd: world.dir, env, stdio: ["ignore", "pipe", "ignore"] });
    child.stdout.destroy();
    const ended = await once(child, "exit");
    assert.deepEqual([ended, readdirSync(folder)], [[null, "SIGPIPE"], []]);
});
