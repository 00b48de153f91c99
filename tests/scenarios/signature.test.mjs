// Who speaks for Twilio, and who does not.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";

import { exchange } from "./support/http.mjs";
import { sha256, signForm } from "./support/twilio.mjs";
import { stage } from "./support/world.mjs";

const secondary = randomBytes(16).toString("hex");

const scenario = stage({ TWILIO_AUTH_TOKEN_SECONDARY: secondary });

const fact = (world) => ({ CallSid: world.sid(), CallStatus: "ringing", From: "+14155550111", To: "+15005550006", Direction: "inbound" });
const signatures = (which) => `switchhook_signatures_total{token="${which}"}`;

/** Rows of everything that a webhook could write. */
const stored = (world) => ["calls", "legs", "timeline", "recordings", "jobs"].map((table) => world.count(table));

const guarded = [
    ...["/twiml", "/twiml/menu", "/twiml/dial-action", "/twiml/whisper", "/twiml/announced", "/twiml/fallback", "/twiml/voicemail", "/webhooks/call-status", "/webhooks/recording-status", "/webhooks/transcription"],
    ...["/voice", "/status", "/recording", "/voice/twiml", "/voice/handle-input"], // KIN
    ...["/api/voice/twiml", "/api/voice/webhooks/call-status", "/api/voice/webhooks/recording-status"],
    ...["/webhook/{below}", "/call-status", "/taskrouter-events", "/taskrouter"], // KIN SDK
    ...["/api/twilio/voice", "/api/calls/twiml", "/api/calls/status", "/voice/response", "/voice/status"],
];

scenario("every route that Twilio calls is known here", async (world) => {
    const paths = Object.entries(world.document.paths)
        .filter(([, item]) => Object.values(item).some(({ security }) => security.some((one) => "twilioSignature" in one)))
        .map(([path]) => path);
    assert.deepEqual(paths.sort(), [...guarded].sort());
});

for (const target of guarded.map((path) => path.replace("{below}", "anything/at/all")))
    for (const [what, how] of [
        ["without a signature", { signature: null }],
        ["with an empty signature", { signature: "" }],
        ["with somebody else's signature", { authToken: randomBytes(16).toString("hex") }],
        ["with a signature that is no base64", { signature: "<script>" }],
        ["with a signature for another address", { base: "https://other.example.com" }],
        ["with a signature for http instead of https", { base: "http://phone.example.com" }],
    ])
        scenario(`${target} ${what}: 403, counted, and nothing is stored`, async (world) => {
            const earlier = stored(world);
            const grown = await world.growth(async () => {
                const { status, text } = await world.deliver(target, { ...fact(world), RecordingSid: world.sid("RE") }, how);
                assert.equal(status, 403);
                assert.equal(JSON.parse(text).code, "bad-signature");
            });
            assert.equal(grown[signatures("none")], 1);
            assert.deepEqual(stored(world), earlier);
        });

scenario("a field that was changed on the way: 403", async (world) => {
    const fields = Object.entries({ AccountSid: world.env.TWILIO_ACCOUNT_SID, ...fact(world) });
    const signature = signForm(world.env.TWILIO_AUTH_TOKEN, world.publicUrl("/webhooks/call-status"), fields);
    const changed = fields.map(([name, value]) => [name, name === "CallStatus" ? "completed" : value]);
    const { status } = await world.deliver("/webhooks/call-status", changed, { signature });
    assert.equal(status, 403);
});

scenario("a field that was added on the way: 403", async (world) => {
    const fields = Object.entries({ AccountSid: world.env.TWILIO_ACCOUNT_SID, ...fact(world) });
    const signature = signForm(world.env.TWILIO_AUTH_TOKEN, world.publicUrl("/webhooks/call-status"), fields);
    const { status } = await world.deliver("/webhooks/call-status", [...fields, ["CallDuration", "999"]], { signature });
    assert.equal(status, 403);
});

scenario("our id in the query that was changed on the way: 403", async (world) => {
    const fields = Object.entries({ AccountSid: world.env.TWILIO_ACCOUNT_SID, ...fact(world) });
    const signature = signForm(world.env.TWILIO_AUTH_TOKEN, world.publicUrl("/webhooks/call-status?call=a"), fields);
    const { status } = await world.deliver("/webhooks/call-status?call=b", fields, { signature });
    assert.equal(status, 403);
});

scenario("fields in any order, repeated, empty, with every kind of character: taken", async (world) => {
    const fields = [
        ["To", "+15005550006"],
        ["z", ""],
        ["AccountSid", world.env.TWILIO_ACCOUNT_SID],
        ["CallSid", world.sid()],
        ["CallStatus", "ringing"],
        ["a b&=+%", "ä + & = % \u{1F4DE} \"quoted\""],
        ["From", "+14155550111"],
    ];
    const { status } = await world.deliver("/webhooks/call-status", fields);
    assert.equal(status, 204);
});

scenario("the new token is taken while tokens are being rotated, and the metric tells", async (world) => {
    const grown = await world.growth(async () => {
        assert.equal((await world.deliver("/webhooks/call-status", fact(world))).status, 204);
        assert.equal((await world.deliver("/webhooks/call-status", fact(world), { authToken: secondary })).status, 204);
        assert.equal((await world.deliver("/webhooks/call-status", fact(world), { authToken: secondary })).status, 204);
    });
    assert.deepEqual([grown[signatures("primary")], grown[signatures("secondary")], grown[signatures("none")]], [1, 2, undefined]);
});

scenario("headers of a proxy cannot change what was signed", async (world) => {
    const headers = { "x-forwarded-host": "other.example.com", "x-forwarded-proto": "http", forwarded: "host=other.example.com;proto=http" };
    const right = await world.deliver("/webhooks/call-status", fact(world), { headers });
    const wrong = await world.deliver("/webhooks/call-status", fact(world), { headers, base: "http://other.example.com" });
    assert.deepEqual([right.status, wrong.status], [204, 403]);
});

scenario("a signature does not open the API, a key does not open the webhooks", async (world) => {
    const fields = Object.entries(fact(world));
    const signature = signForm(world.env.TWILIO_AUTH_TOKEN, world.publicUrl("/calls"), fields);
    const calls = await world.stranger.request("GET", "/calls", undefined, { "x-twilio-signature": signature });
    assert.equal(calls.status, 401);
    const webhook = await world.deliver("/webhooks/call-status", fields, { signature: null, headers: { authorization: `Bearer ${world.key}` } });
    assert.equal(webhook.status, 403);
});

scenario("the log explains an address that is configured wrongly", async (world) => {
    await world.restart({ TWILIO_WEBHOOK_BASE_URL: "https://old.example.com" });
    const { status } = await world.deliver("/webhooks/call-status", fact(world), {
        base: "https://phone.example.com",
        headers: { host: "phone.example.com" },
    });
    assert.equal(status, 403);
    const line = await world.logLine("signature.misconfigured");
    assert.equal(line.expected_base, "https://old.example.com");
    assert.equal(line.matching_base, "https://phone.example.com");
    assert.ok(line.hint.length > 10);
    assert.ok(!world.server.output.includes(world.env.TWILIO_AUTH_TOKEN));
    await world.restart({ TWILIO_WEBHOOK_BASE_URL: "https://phone.example.com" });
});

scenario("the log is not flooded by somebody who only tries", async (world) => {
    await world.restart();
    await Promise.all(Array.from({ length: 50 }, () => world.deliver("/webhooks/call-status", fact(world), { signature: "bm8=" })));
    assert.equal(world.logged("signature.mismatch").length, 1);
    assert.equal((await world.metrics())[signatures("none")], 50);
});

scenario("we live below a path of somebody's site: its proxy takes the path away or leaves it", async (world) => {
    const base = "https://phone.example.com/switchhook";
    await world.restart({ TWILIO_WEBHOOK_BASE_URL: base });
    assert.equal((await world.deliver("/webhooks/call-status", fact(world))).status, 204);
    assert.equal((await world.deliver("/webhooks/call-status", fact(world), { base: "https://phone.example.com" })).status, 204);
    assert.equal((await world.deliver("/webhooks/call-status", fact(world), { base: "https://phone.example.com/other" })).status, 403);
    await world.restart({ TWILIO_WEBHOOK_BASE_URL: "https://phone.example.com" });
});

scenario("a webhook with a JSON body is signed by its digest", async (world) => {
    const body = JSON.stringify({ CallSid: world.sid(), CallStatus: "ringing" });
    const target = `/webhooks/call-status?bodySHA256=${sha256(body)}`;
    const signature = signForm(world.env.TWILIO_AUTH_TOKEN, world.publicUrl(target), []);
    const send = (bytes) =>
        exchange(world.origin, "POST", target, { body: bytes, headers: { ...world.hostHeader(), "content-type": "application/json", "x-twilio-signature": signature } });
    assert.equal((await send(`${body} `)).status, 403);
    assert.notEqual((await send(body)).status, 403);
});
