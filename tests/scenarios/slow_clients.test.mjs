// Clients that take their time hold a place, so each part of a request has a deadline; a byte now and then does not
// move it. Others are served meanwhile.
import assert from "node:assert/strict";

import { endConnections } from "./support/http.mjs";
import { Raw, onConnection } from "./support/raw.mjs";
import { signedRequest } from "./support/signed.mjs";
import { stage, until } from "./support/world.mjs";

const PLACES = 20;

const staged = stage(
    {
        SWITCHHOOK_HEADER_DEADLINE_MS: "400",
        SWITCHHOOK_BODY_DEADLINE_MS: "500",
        SWITCHHOOK_IDLE_TIMEOUT_MS: "1000",
        SWITCHHOOK_CONNECTIONS_MAX: String(PLACES),
    },
    { gate: true },
);

/* The harness is a client as well: what it keeps alive may be closed just when it is used again. */
const scenario = (name, run) =>
    staged(name, (world) => {
        endConnections();
        return run(world);
    });

const GET = "GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

async function cuts(world, phase) {
    endConnections();
    return (await world.metrics())[`switchhook_http_cut_total{server="public",phase="${phase}"}`];
}

/** Send `bytes`, then a byte every 20 ms until the server closes. Gives how many it took. */
async function trickle(raw, bytes, byte) {
    let sent = 0;
    raw.send(bytes);
    const dripping = setInterval(() => {
        raw.send(byte);
        sent++;
    }, 20);
    await raw.silence().finally(() => clearInterval(dripping));
    return sent;
}

const slow = [
    ["says nothing at all", "fresh", "", ""],
    ["never ends its request line", "fresh", "GET /", "a"],
    ["never ends its headers", "head", "GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ", "a"],
    ["sends headers for ever", "head", "GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n", "A: b\r\n"],
    ["never ends its body", "body", "POST /webhooks/call-status HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9999\r\n\r\n", "a"],
    ["sends small chunks for ever", "body", "POST /twiml HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n"],
];

for (const [what, phase, first, byte] of slow)
    scenario(`a client that ${what} is cut off`, async (world) => {
        const before = await cuts(world, phase);
        const sent = await onConnection(world.port, (raw) => trickle(raw, first, byte));
        assert.equal(await cuts(world, phase), before + 1);
        assert.ok(sent > 1, "it had some time, and used it");
    });

scenario("a second request has its deadline too", (world) =>
    onConnection(world.port, async (raw) => {
        const before = await cuts(world, "head");
        assert.equal((await raw.send(GET).answer()).status, 200);
        await trickle(raw, "GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ", "a");
        assert.equal(await cuts(world, "head"), before + 1);
    }),
);

scenario("a connection on which nothing moves is closed", (world) =>
    onConnection(world.port, async (raw) => {
        assert.equal((await raw.send(GET).answer()).status, 200);
        assert.equal(await raw.silence(), "orderly");
    }),
);

scenario("a client that does not take its answers is cut off", (world) =>
    onConnection(world.port, async (raw) => {
        const before = await cuts(world, "answering");
        raw.socket.pause();
        raw.send(GET.repeat(2000)); // 40 MB of answers, more than kernels keep
        await until("it is cut off", async () => (await cuts(world, "answering")) === before + 1);
    }),
);

scenario("a client that waits for its answer is not slow", async (world) => {
    const held = world.gate.hold({ method: "POST", path: "/Calls.json" });
    const placing = world.api.post("/calls", { to: world.number() });
    await held.arrived;
    await onConnection(world.port, async (raw) => {
        // Both deadlines go by for somebody else first.
        await trickle(raw, "POST /twiml HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9999\r\n\r\n", "a");
    });
    await held.forward();
    await held.reply();
    assert.equal((await placing).status, 201);
});

scenario("while every place is held by somebody slow, webhooks wait and are answered", async (world) => {
    const crowd = await Promise.all(Array.from({ length: PLACES * 2 }, () => Raw.open(world.port)));
    const gone = crowd.map((raw) => trickle(raw, "GET / HTTP/1.1\r\nX-A: ", "a"));
    const sids = Array.from({ length: 10 }, () => world.sid());
    const statuses = sids.map((sid) =>
        onConnection(world.port, async (raw) => {
            const { status } = await raw.send(signedRequest(world, "/webhooks/call-status", { CallSid: sid, CallStatus: "ringing" })).answer();
            return status;
        }),
    );
    assert.deepEqual(await Promise.all(statuses), sids.map(() => 204));
    await Promise.all(gone);
    crowd.forEach((raw) => raw.close());
});
