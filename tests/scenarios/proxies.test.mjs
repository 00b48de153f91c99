// Who is behind the proxy: believed from ours, from nobody else.
import assert from "node:assert/strict";

import { stage } from "./support/world.mjs";

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
