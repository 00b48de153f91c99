// Who is behind the proxy: believed from ours, from nobody else.
import assert from "node:assert/strict";

import http from "node:http";
import path from "node:path";

import { alone } from "./support/alone.mjs";
import { FROM, NAME, Nginx, missing } from "./support/nginx.mjs";
import { stage, until } from "./support/world.mjs";

const listed = stage({ SWITCHHOOK_TRUSTED_PROXIES: "127.0.0.1,10.0.0.0/8" });
const standard = stage({ SWITCHHOOK_TRUSTED_PROXIES: "127.0.0.1", SWITCHHOOK_FORWARDED_HEADER: "forwarded" });
const unlisted = stage({ SWITCHHOOK_RATE_ADDRESS: "1", SWITCHHOOK_RATE_ADDRESS_BURST: "2" });

/** The client that the log names for a request with these headers. */
async function clientOf(world, headers) {
    const { headers: answer } = await world.api.get("/calls?limit=1", headers);
    const line = await world.logLine("http.request", ({ req }) => req === answer["x-request-id"]);
    assert.equal(line.peer, "127.0.0.1");
    return line.client ?? line.peer;
}

listed("the rightmost address that is not ours is the client", async (world) => {
    assert.equal(await clientOf(world, {}), "127.0.0.1");
    assert.equal(await clientOf(world, { "x-forwarded-for": "198.51.100.7, 203.0.113.9, 10.1.1.1" }), "203.0.113.9");
    assert.equal(await clientOf(world, { "x-forwarded-for": "nonsense" }), "127.0.0.1");
    assert.equal(await clientOf(world, { forwarded: "for=203.0.113.9" }), "127.0.0.1", "the other header is not read");
});

standard("Forwarded is read where it is asked for, and then alone", async (world) => {
    assert.equal(await clientOf(world, { forwarded: 'for=198.51.100.7, for="[2001:db8::9]:4711"' }), "2001:db8::9");
    assert.equal(await clientOf(world, { "x-forwarded-for": "203.0.113.9" }), "127.0.0.1");
    assert.equal(await clientOf(world, { forwarded: 'for="203.0.113.9' }), "127.0.0.1");
});

listed("a signature is checked over the configured base, whatever a proxy says", async (world) => {
    const fields = { CallSid: world.sid(), CallStatus: "ringing", SequenceNumber: "0" };
    const { status } = await world.deliver("/webhooks/call-status", fields, { headers: { "x-forwarded-host": "evil.example.com", "x-forwarded-for": "203.0.113.9" } });
    assert.equal(status, 204);
});

unlisted("nobody believes a proxy that is not listed, and nobody is held to account for its address", async (world) => {
    assert.equal(await clientOf(world, { "x-forwarded-for": "203.0.113.9" }), "127.0.0.1");
    for (let i = 0; i < 5; i++)
        assert.equal((await world.stranger.get("/openapi.json", { "x-forwarded-for": "203.0.113.9" })).status, 200);
    const { hint } = await world.logLine("proxy.unlisted");
    assert.match(hint, /SWITCHHOOK_TRUSTED_PROXIES/);
    assert.equal(world.logged("proxy.unlisted").length, 1);
});

// ---- behind a proxy that comes by a UNIX socket

const wrong = { authorization: `Bearer shk_${"0".repeat(16)}_${"0".repeat(64)}` };
const few = { SWITCHHOOK_RATE_FAILURES: "1", SWITCHHOOK_RATE_FAILURES_BURST: "2", SWITCHHOOK_RATE_ADDRESS: "1", SWITCHHOOK_RATE_ADDRESS_BURST: "2" };

/** The server listens on this socket, too: the simulator and the test's own requests come by TCP as ever. */
async function onSocket(world, change = {}) {
    const socket = path.join(world.dir, "socket");
    await world.restart({ SWITCHHOOK_LISTEN: `127.0.0.1:${world.port},unix:${socket}`, ...change });
    return socket;
}

/** A request by the socket, as a proxy would pass it on. */
function bySocket(socketPath, target, headers) {
    return new Promise((resolve, reject) => {
        const request = http.get({ socketPath, path: target, headers: { host: NAME, ...headers }, agent: false }, (answer) => {
            answer.resume().on("end", () => resolve(answer.statusCode));
        });
        request.on("error", reject);
    });
}

const auditOf = (world, address) =>
    until(`the audit log knows ${address}`, () => world.sqlite("SELECT * FROM audit WHERE action = 'auth.refused' AND address = :address", { address })[0]);

/** Whoever the proxy names has rates of its own, and stands in the audit log. `get`: (target, address, headers) => status */
async function eachClientForItself(world, get) {
    const seen = [];
    for (let i = 0; i < 4; i++)
        seen.push(await get("/calls", "203.0.113.9", wrong));
    assert.deepEqual(seen, [401, 401, 429, 429]);
    assert.equal(await get("/calls", "203.0.113.10", wrong), 401, "another client has not guessed");
    const open = [];
    for (let i = 0; i < 3; i++)
        open.push(await get("/openapi.json", "2001:db8::9", {}));
    assert.deepEqual(open, [200, 200, 429]);
    assert.equal(await get("/openapi.json", "2001:db8:1::9", {}), 200);
    for (const address of ["203.0.113.9", "203.0.113.10"])
        assert.equal((await auditOf(world, address)).actor_kind, "stranger");
    const line = await world.logLine("http.request", ({ client }) => client === "203.0.113.10");
    assert.notEqual(line.peer, "203.0.113.10");
}

alone("by a UNIX socket: unix is a proxy whose word counts, for rates, the audit log and the log", { ...few, SWITCHHOOK_TRUSTED_PROXIES: "unix" }, async (world) => {
    const socket = await onSocket(world);
    await eachClientForItself(world, (target, address, headers) => bySocket(socket, target, { ...headers, "x-forwarded-for": address }));
    const claimed = { ...wrong, "x-forwarded-for": "198.51.100.1" };
    assert.equal((await world.stranger.get("/calls", claimed)).status, 401);
    assert.equal((await auditOf(world, "127.0.0.1")).actor_kind, "stranger", "who comes by TCP is believed nothing");
    assert.equal(world.count("audit WHERE address = '198.51.100.1'"), 0);
});

alone("by a UNIX socket that is not listed: nothing is believed, and nobody is held to account for the proxy", { ...few, SWITCHHOOK_TRUSTED_PROXIES: "127.0.0.1" }, async (world) => {
    const socket = await onSocket(world);
    for (let i = 0; i < 5; i++)
        assert.equal(await bySocket(socket, "/openapi.json", { "x-forwarded-for": "203.0.113.9" }), 200);
    assert.equal(await bySocket(socket, "/calls", { ...wrong, "x-forwarded-for": "203.0.113.9" }), 401);
    await until("the refusal is written down", () => world.count("audit WHERE action = 'auth.refused'") > 0);
    assert.equal(world.count("audit WHERE address = '203.0.113.9'"), 0);
});

alone("nginx by a UNIX socket, as config/nginx.conf says: its clients are told apart, whatever they claim", { ...few, SWITCHHOOK_TRUSTED_PROXIES: "unix" }, async (world) => {
    const nginx = await Nginx.start(`unix:${await onSocket(world)}`);
    try {
        await eachClientForItself(world, async (target, address, headers) => {
            const { status } = await nginx.request("GET", target, { headers: { ...headers, [FROM]: address, "x-forwarded-for": "198.51.100.1" } });
            return status;
        });
        assert.equal(world.count("audit WHERE address = '198.51.100.1'"), 0, "nginx passes on no claims");
    } finally {
        await nginx.stop();
    }
}, { skip: missing() });
