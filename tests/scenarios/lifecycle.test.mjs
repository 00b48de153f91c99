// Starting, reloading, stopping and starting again, with people on the line.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after } from "node:test";

import { alone } from "./support/alone.mjs";
import { Disk } from "./support/disk.mjs";
import { Webhooks } from "./support/load.mjs";
import { Raw, onConnection } from "./support/raw.mjs";
import { signedRequest } from "./support/signed.mjs";
import { TinySystemd, managedSettings } from "./support/tiny_systemd.mjs";
import { until } from "./support/world.mjs";

const DRAIN_MS = 2000;

// ---- stopping

/** A call that is being placed: Twilio has been asked and has not answered. */
async function placing(world) {
    const to = world.number();
    const held = world.gate.hold({ method: "POST", path: "/Calls.json", body: encodeURIComponent(to) });
    const answer = world.api.post("/calls", { to });
    await held.arrived;
    return { to, held, answer };
}

const isRefused = (world) =>
    until("nobody is let in any more", () =>
        Raw.open(world.port).then(
            (raw) => raw.close(),
            ({ code }) => code === "ECONNREFUSED",
        ),
    );

const patient = {
    SWITCHHOOK_DRAIN_DEADLINE_MS: String(DRAIN_MS),
    SWITCHHOOK_JOB_WORKERS: "8",
    // What is said while nobody is there has to be asked for.
    SWITCHHOOK_QUEUED_SILENCE_MS: "500",
    SWITCHHOOK_RINGING_SILENCE_MS: "500",
    SWITCHHOOK_IN_PROGRESS_SILENCE_MS: "500",
};

alone("stopped with people on the line, everybody is answered, and nothing is forgotten", patient, async (world) => {
    const load = new Webhooks(world);
    const [quick, ...slow] = await Promise.all([placing(world), placing(world), placing(world), placing(world), placing(world)]);
    const fact = world.sid();
    const request = signedRequest(world, "/webhooks/call-status", { CallSid: fact, CallStatus: "ringing" }, { lines: "Expect: 100-continue\r\n" });
    const middle = request.length - 20;
    const halfway = await Raw.open(world.port);
    halfway.send(request.slice(0, middle));
    assert.equal((await halfway.answer()).status, 100);
    await load.answered(50);

    const begun = Date.now();
    const ended = world.server.ends("SIGTERM");
    load.pause();
    await world.logLine("server.stopping");
    await isRefused(world);
    await quick.held.forward();
    await quick.held.reply();
    assert.equal((await quick.answer).status, 201);
    const late = await halfway.send(request.slice(middle)).answer();
    assert.deepEqual([late.status, late.headers.connection], [204, "close"]);
    for (const { answer } of slow) {
        const { status, json, text } = await answer;
        assert.equal(status, 202, text);
        assert.match(json.placement, /^(intended|sending)$/, text);
    }
    assert.deepEqual(await ended, { code: 0, signal: null });
    assert.ok(Date.now() - begun < DRAIN_MS + 5000);
    assert.equal(world.logged("server.drained")[0].cut_off, "0");
    load.check();

    // Twilio has got two of them after all.
    for (const { held } of slow.slice(0, 2))
        await held.forward();
    await Promise.all(slow.map(({ held }) => held.cut()));
    await world.start();
    load.resume();
    for (const [i, { to, answer }] of slow.entries()) {
        const { json } = await answer;
        const taken = i < 2;
        await world.callUntil(json.id, "is found again", ({ placement }) => placement === (taken ? "placed" : "refused"));
        assert.equal(await world.sim.dialled(to), taken ? 1 : 0);
    }
    assert.equal((await world.call(fact)).timeline[0].parameters.CallStatus, "ringing");
    await load.answered(50);
    await load.stop();
    load.check();
}, { gate: true });

for (const signal of ["SIGINT", "SIGTERM"])
    alone(`${signal}, again and again, is one stop`, {}, async (world) => {
        const load = new Webhooks(world);
        await load.answered(50);
        const impatient = setInterval(() => world.server.child.kill(signal), 1);
        const end = await world.server.ends(signal).finally(() => clearInterval(impatient));
        load.pause();
        assert.deepEqual(end, { code: 0, signal: null });
        assert.equal(world.logged("server.stopping").length, 1);
        await world.start();
        await load.stop();
        load.check();
    });

// ---- reloading

const folder = mkdtempSync(path.join(tmpdir(), "switchhook-lifecycle-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const envFile = path.join(folder, "env");
const settle = (text) => writeFileSync(envFile, text, { mode: 0o600 });
settle("SWITCHHOOK_LOG_LEVEL=info\n");

async function reload(world, event) {
    const before = world.logged(event).length;
    world.server.child.kill("SIGHUP");
    await until(`the log says ${event}`, () => world.logged(event).length > before);
}

alone("reloaded under load: nobody notices, and what can change has changed", {}, async (world) => {
    const load = new Webhooks(world);
    await load.answered(50);
    for (let i = 0; i < 10; i++) {
        await reload(world, "config.reloaded");
        await load.answered(10);
    }

    settle("SWITCHHOOK_LOG_LEVEL=error\n");
    world.server.child.kill("SIGHUP"); // and it is silent about it
    await until("requests are not logged any more", async () => {
        const before = world.logged("http.request").length;
        await load.answered(50);
        return world.logged("http.request").length === before;
    });

    settle("SWITCHHOOK_LOG_LEVEL=loud\nSWITCHHOOK_READERS=many\n");
    await reload(world, "config.rejected");
    for (const complaint of ["SWITCHHOOK_LOG_LEVEL", "loud", "SWITCHHOOK_READERS", "many"])
        assert.ok(world.server.output.includes(complaint), complaint);
    await load.answered(50);

    settle("SWITCHHOOK_LOG_LEVEL=info\n");
    await reload(world, "config.reloaded");
    await load.answered(50);
    await load.stop();
    assert.equal(load.failures, 0);
    load.check();
}, { arguments: ["--env-file", envFile] });

// ---- starting

const listening = (where) =>
    new Promise((resolve) => {
        const server = net.createServer().listen(where, () => resolve(server));
    });

alone("an address that is taken, or none, stops the start and says which one", {}, async (world) => {
    const taken = await listening({ port: 0, host: "127.0.0.1" });
    const there = `127.0.0.1:${taken.address().port}`;
    const file = path.join(world.dir, "a-file");
    writeFileSync(file, "");
    const socket = path.join(world.dir, "a-socket");
    const unix = await listening({ path: socket });
    const addresses = [
        [{ SWITCHHOOK_LISTEN: there }, [there, "Address already in use"]],
        [{ SWITCHHOOK_ADMIN_LISTEN: there }, [there, "Address already in use"]],
        [{ SWITCHHOOK_LISTEN: `127.0.0.1:0,${there}` }, [there, "Address already in use"]],
        [{ SWITCHHOOK_LISTEN: `unix:${socket}` }, [socket, "another process listens there"]],
        [{ SWITCHHOOK_LISTEN: `unix:${file}` }, [file, "there is a file of that name"]],
        [{ SWITCHHOOK_LISTEN: `unix:${world.dir}/none/socket` }, ["none/socket", "No such file"]],
        [{ SWITCHHOOK_LISTEN: "192.0.2.1:8080" }, ["192.0.2.1:8080", "Cannot assign requested address"]],
        [{ SWITCHHOOK_LISTEN: "systemd" }, ["systemd"]],
    ];
    for (const [change, words] of addresses) {
        const { status, stderr } = world.run(["serve"], { SWITCHHOOK_LISTEN: "127.0.0.1:0", ...change });
        assert.ok(status === 1 || status === 2, `${JSON.stringify(change)}: ${status} ${stderr}`);
        for (const word of words)
            assert.ok(stderr.includes(word), `${JSON.stringify(change)}: "${word}" is missing in ${stderr}`);
    }
    taken.close();
    unix.close();
}, { start: false });

alone("a socket that a crash has left behind is no obstacle", {}, async (world) => {
    const socket = path.join(world.dir, "socket");
    await world.restart({ SWITCHHOOK_LISTEN: `127.0.0.1:${world.port},unix:${socket}` });
    await world.kill9();
    await world.start();
    const raw = new Raw(net.connect(socket));
    assert.equal((await raw.send("GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n").answer()).status, 200);
    raw.close();
});

// ---- under a service manager

function managed(name, settings, run) {
    alone(name, { ...managedSettings, ...settings }, async (world) => {
        const manager = new TinySystemd(world);
        await world.start();
        await run(world, manager);
    }, { start: false });
}

managed("systemd is told when it is ready, when it reloads and when it stops", {}, async (world, manager) => {
    await manager.heard("READY=1");
    assert.equal((await world.deliver("/twiml", { CallSid: world.sid(), Direction: "inbound" })).status, 200);
    world.server.child.kill("SIGHUP");
    await manager.heard("READY=1", 2);
    await world.stop();
    assert.deepEqual(manager.notified, ["READY=1", "RELOADING=1", "READY=1", "STOPPING=1"]);
});

managed("restarted by systemd, nobody is turned away: who comes meanwhile is served by the next one", {}, async (world, manager) => {
    let over = false;
    let served = 0;
    const sids = [];
    const caller = async () => {
        while (!over) {
            const sid = world.sid();
            const { status } = await onConnection(world.port, (raw) =>
                raw.send(signedRequest(world, "/webhooks/call-status", { CallSid: sid, CallStatus: "ringing" })).answer(),
            );
            assert.equal(status, 204);
            sids.push(sid);
            served++;
        }
    };
    const callers = Array.from({ length: 8 }, caller);
    const more = (count, from = served) => until("more callers are served", () => served >= from + count);
    for (let i = 0; i < 5; i++) {
        await more(30);
        await manager.restart();
    }
    await more(30);
    over = true;
    await Promise.all(callers);
    const stored = new Set(world.sqlite("SELECT root_sid AS sid FROM calls").map(({ sid }) => sid));
    assert.deepEqual(sids.filter((sid) => !stored.has(sid)), []);
});

const disk = new Disk();
after(() => disk.remove());

managed("a server that cannot store does not say that it is alive", { ...disk.env, WATCHDOG_USEC: "40000" }, async (world, manager) => {
    await manager.heard("WATCHDOG=1", 3);
    disk.get("broken");
    await until("the log says why", () => world.logged("watchdog.unfed").length > 3);
    const alive = manager.notified.length;
    await until("time goes by", () => world.logged("watchdog.unfed").length > 8);
    assert.equal(manager.notified.length, alive);
    disk.heal();
    await manager.heard("WATCHDOG=1", alive + 3);
});
