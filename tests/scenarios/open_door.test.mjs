// SWITCHHOOK_AUTH=none and SWITCHHOOK_SIGNATURE=off: everybody on this machine, and nobody else.
import assert from "node:assert/strict";

import { exchange } from "./support/http.mjs";
import { stage } from "./support/world.mjs";

const scenario = stage((port) => ({
    SWITCHHOOK_AUTH: "none",
    SWITCHHOOK_SIGNATURE: "off",
    TWILIO_WEBHOOK_BASE_URL: `http://127.0.0.1:${port}`,
}));

scenario("nobody needs a key, everybody may do everything", async (world) => {
    const to = world.number();
    const placed = await world.stranger.post("/calls", { to });
    assert.equal(placed.status, 201);
    assert.equal((await world.stranger.post("/token", { identity: "alice" })).status, 200);
    await world.callOver(placed.json.id);
    await world.sameTruth();
});

scenario("webhooks without a signature are taken", async (world) => {
    const sid = world.sid();
    const { status } = await world.deliver("/webhooks/call-status", { CallSid: sid, CallStatus: "ringing", From: "client:a", To: "+14155550101" }, { signature: null });
    assert.equal(status, 204);
});

const good = [["localhost"], ["LOCALHOST:8080"], ["127.0.0.1"], ["127.8.9.10:1"], ["[::1]"], ["[::1]:8080"]];

for (const [host] of good)
    scenario(`Host: ${host}: this machine`, async (world) => {
        const { status } = await world.stranger.get("/calls", { host });
        assert.equal(status, 200);
    });

const bad = [
    "phone.example.com",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "evil.example:127",
    "127.0.0.1@evil.example",
    "192.0.2.1",
    "10.0.0.1:8080",
    "[::2]",
    "[::1]evil",
    "0.0.0.0",
    "127.1.",
];

for (const host of bad)
    scenario(`Host: ${host}: not this machine: 403, and nothing happens`, async (world) => {
        const earlier = [world.count("calls"), world.count("timeline")];
        const api = await world.stranger.post("/calls", { to: world.number() }, { host });
        assert.ok([400, 403].includes(api.status), api.text);
        const webhook = await world.deliver("/webhooks/call-status", { CallSid: world.sid(), CallStatus: "ringing" }, { signature: null, headers: { host } });
        assert.ok([400, 403].includes(webhook.status), webhook.text);
        assert.deepEqual([world.count("calls"), world.count("timeline")], earlier);
    });

for (const [name, value] of [
    ["Forwarded", "for=192.0.2.1"],
    ["Via", "1.1 proxy"],
    ["X-Forwarded-For", "127.0.0.1"],
    ["X-Forwarded-Host", "localhost"],
    ["X-Forwarded-Proto", "http"],
    ["X-Forwarded-Port", "80"],
    ["X-Forwarded-Server", "a"],
    ["X-Forwarded-Anything", "a"],
    ["X-Real-IP", "127.0.0.1"],
    ["X-Original-Forwarded-For", "127.0.0.1"],
    ["CF-Connecting-IP", "127.0.0.1"],
])
    scenario(`${name}: somebody is in front of us: 403`, async (world) => {
        const api = await world.stranger.get("/calls", { [name]: value });
        assert.deepEqual([api.status, api.json.code], [403, "forbidden"]);
        const webhook = await world.deliver("/twiml", { CallSid: world.sid(), From: "client:a", To: "911" }, { signature: null, headers: { [name]: value } });
        assert.equal(webhook.status, 403);
    });

scenario("a page of another site cannot use the open door", async (world) => {
    const preflight = await exchange(world.origin, "OPTIONS", "/calls", {
        headers: { ...world.hostHeader(), origin: "https://evil.example", "access-control-request-method": "POST", "access-control-request-headers": "content-type" },
    });
    assert.equal(preflight.headers["access-control-allow-origin"], undefined);
    const earlier = world.count("calls");
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", undefined]) {
        const headers = { origin: "https://evil.example", ...(type && { "content-type": type }) };
        const { status } = await world.stranger.post("/calls", '{"to":"+14155550101"}', headers);
        assert.ok([403, 415].includes(status), `${type}: ${status}`);
    }
    assert.equal(world.count("calls"), earlier);
});

scenario("a page of this machine may", async (world) => {
    for (const origin of ["http://localhost:3000", "http://127.0.0.1:8080", "https://[::1]:5173"])
        assert.equal((await world.stranger.get("/calls", { origin, "sec-fetch-site": "cross-site" })).status, 200, origin);
    for (const origin of ["null", "https://evil.example", "http://localhost.evil.example", "file://"])
        assert.equal((await world.stranger.get("/calls", { origin })).status, 403, origin);
    assert.equal((await world.stranger.get("/token?identity=a", { "sec-fetch-site": "cross-site" })).status, 403, "an image");
});

const never = [
    ["a public address", { TWILIO_WEBHOOK_BASE_URL: "https://phone.example.com" }],
    ["a listener for everybody", { SWITCHHOOK_LISTEN: "0.0.0.0:18099" }],
    ["a listener for everybody among others", { SWITCHHOOK_LISTEN: "127.0.0.1:18099,[::]:18099" }],
    ["keys as well", { SWITCHHOOK_AUTH: "none,key" }],
];

for (const [what, change] of never)
    scenario(`an open door with ${what}: the server does not start`, async (world) => {
        const end = world.run(["serve"], change);
        assert.equal(end.status, 2, end.stderr);
        assert.match(end.stderr, /mistakes? in the configuration/);
    });
