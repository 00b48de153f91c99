// Requests that are not as they should be: every mistake has its status, names its field, and stores nothing.
import assert from "node:assert/strict";

import { stage } from "./support/world.mjs";

const scenario = stage({ SWITCHHOOK_CALLER_IDS: "+15005550010" });

scenario("404 for paths that are not there", async (world) => {
    for (const path of ["/", "/nothing", "/calls/", "/calls//hangup", "/calls/x/y/z", "/Calls", "/calls/x/hangup/", "/metrics", "/healthz", "/readyz", "/.env", "/twiml/nothing", "/webhooks"]) {
        const { status, json } = await world.api.get(path);
        assert.deepEqual([status, json.code], [404, "not-found"], path);
    }
});

scenario("405 with Allow for other methods", async (world) => {
    for (const [path, allow] of [
        ["/calls", ["GET", "HEAD", "OPTIONS", "POST"]],
        ["/token", ["GET", "HEAD", "OPTIONS", "POST"]],
        ["/openapi.json", ["GET", "HEAD", "OPTIONS"]],
        ["/webhooks/call-status", ["GET", "HEAD", "OPTIONS", "POST"]],
    ])
        for (const method of ["DELETE", "PUT", "PATCH"]) {
            const { status, headers } = await world.api.request(method, path);
            assert.equal(status, 405, `${method} ${path}`);
            assert.ok(headers.allow.includes("GET"), headers.allow);
            assert.deepEqual(headers.allow.split(", ").filter((one) => !allow.includes(one)), []);
        }
});

const bodies = [
    ["no JSON", "hello", "application/json", 400, "malformed-request"],
    ["half of it", '{"to": "+1415', "application/json", 400, "malformed-request"],
    ["something behind it", '{"to": "+14155550101"} x', "application/json", 400, "malformed-request"],
    ["a member twice", '{"to": "+14155550101", "to": "+14155550102"}', "application/json", 400, "malformed-request"],
    ["NUL in a text", '{"to": "+1415\\u00005550101"}', "application/json", 400, "malformed-request"],
    ["no UTF-8", Buffer.from([0x7b, 0x22, 0x74, 0x6f, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d]), "application/json", 400, "malformed-request"],
    ["a list", '["to"]', "application/json", 422, "invalid-field"],
    ["a number", "7", "application/json", 422, "invalid-field"],
    ["null", "null", "application/json", 422, "invalid-field"],
    ["a form", "to=%2B14155550101", "application/x-www-form-urlencoded", 415, "unsupported-media-type"],
    ["plain text", '{"to": "+14155550101"}', "text/plain", 415, "unsupported-media-type"],
    ["no type", '{"to": "+14155550101"}', undefined, 415, "unsupported-media-type"],
    ["too much", JSON.stringify({ to: "+14155550101", metadata: { text: "x".repeat(20_000) } }), "application/json", 413, "too-large"],
];

for (const [what, body, type, status, code] of bodies)
    scenario(`POST /calls with ${what}: ${status}, and nothing is stored`, async (world) => {
        const earlier = world.count("calls");
        const answer = await world.api.post("/calls", body, type === undefined ? {} : { "content-type": type });
        assert.deepEqual([answer.status, answer.json.code], [status, code], answer.text);
        assert.equal(world.count("calls"), earlier);
    });

scenario("JSON with a charset, and with spaces around it, is JSON", async (world) => {
    const { status } = await world.api.post("/calls", ` \n{"to": "${world.number()}"}\n `, { "content-type": "application/json; charset=utf-8" });
    assert.equal(status, 201);
});

const to = "+14155550101";
const wishes = [
    [{}, "to"],
    [{ to: "" }, "to"],
    [{ to: null }, "to"],
    [{ to: 14155550101 }, "to"],
    [{ to: ["+14155550101"] }, "to"],
    [{ to: "4155550101" }, "to"],
    [{ to: "+0987654321" }, "to"],
    [{ to: "+1" }, "to"],
    [{ to: "+1415555010112345" }, "to"],
    [{ to: "+1 415 555 0101" }, "to"],
    [{ to: "911" }, "to"],
    [{ to: "+911" }, "to"],
    [{ to: "1-1-2" }, "to"],
    [{ to: "sip:alice@example.com" }, "to"],
    [{ to: "alice smith" }, "to"],
    [{ to: "client:" }, "to"],
    [{ to: "+15005550006" }, "to"],
    [{ to: "x".repeat(300) }, "to"],
    [{ to, from: "+15005550099" }, "from"],
    [{ to, from: "15005550006" }, "from"],
    [{ to, from: "client:alice" }, "from"],
    [{ to, caller_id: "+15005550099" }, "caller_id"],
    [{ to, flow: "dance" }, "flow"],
    [{ to, flow: "twiml_url" }, "flow"],
    [{ to, flow: "bridge" }, "identity"],
    [{ to: "client:alice", flow: "bridge", identity: "bob" }, "to"],
    [{ to, identity: "alice" }, "identity"],
    [{ to, flow: "bridge", identity: "x".repeat(200) }, "identity"],
    [{ to, record: "yes" }, "record"],
    [{ to, record: 1 }, "record"],
    [{ to, recording_channels: "three" }, "recording_channels"],
    [{ to, timeout: 4 }, "timeout"],
    [{ to, timeout: 601 }, "timeout"],
    [{ to, timeout: "30" }, "timeout"],
    [{ to, timeout: 30.5 }, "timeout"],
    [{ to, time_limit: 0 }, "time_limit"],
    [{ to, time_limit: 86401 }, "time_limit"],
    [{ to, machine_detection: "enable" }, "machine_detection"],
    [{ to, send_digits: "12a" }, "send_digits"],
    [{ to, send_digits: "1".repeat(33) }, "send_digits"],
    [{ to, twiml_url: "https://example.com/x", flow: "menu" }, "flow"],
    [{ to, metadata: "text" }, "metadata"],
    [{ to, metadata: [1] }, "metadata"],
    [{ to, metadata: { text: "x".repeat(8200) } }, "metadata"],
    [{ to, To: to }, "To"],
    [{ to, "": 1 }, ""],
    [{ to, ["x".repeat(100)]: 1 }, undefined],
];

for (const [wish, field] of wishes)
    scenario(`POST /calls ${JSON.stringify(wish).slice(0, 70)}: 422 naming ${field}, and nobody is dialled`, async (world) => {
        const earlier = world.count("calls");
        const { status, json, text } = await world.api.post("/calls", wish);
        assert.equal(status, 422, text);
        if (field)
            assert.equal(json.field, field);
        assert.ok(json.detail.length > 10);
        assert.equal(world.count("calls"), earlier);
    });

scenario("numbers of ours may be shown, and a browser may be called", async (world) => {
    const shown = await world.api.post("/calls", { to: world.number(), from: "+15005550006" });
    assert.equal(shown.status, 201);
    const name = world.name("agent");
    const browser = await world.api.post("/calls", { to: `client:${name}` });
    assert.deepEqual([browser.status, browser.json.to], [201, `client:${name}`]);
    const spelled = await world.api.post("/calls", { to: "jo@x.example" });
    assert.equal(spelled.status, 201);
    assert.match(spelled.json.to, /^client:jo\w+$/);
});

scenario("metadata comes back as it was", async (world) => {
    const metadata = { a: [1, 2.5, null, true, { deep: "ä \u{1F4DE} \"" }], "": "", order: 1 };
    const { json } = await world.api.post("/calls", { to: world.number(), metadata });
    assert.deepEqual((await world.call(json.id)).metadata, metadata);
});

scenario("a problem has an id by which the log knows it, and says nothing secret", async (world) => {
    const { json, headers } = await world.api.post("/calls", { to: "nobody at all" });
    assert.equal(json.request_id, headers["x-request-id"]);
    await world.logLine("http.request", ({ req, status }) => req === json.request_id && status === "422");
});

scenario("answers are not kept by caches, nor taken for something else", async (world) => {
    for (const answer of [await world.api.get("/calls"), await world.stranger.get("/calls"), await world.api.get("/nothing"), await world.api.get("/openapi.json")]) {
        assert.match(answer.headers["cache-control"], /no-store|no-cache|max-age/);
        assert.equal(answer.headers["x-content-type-options"], "nosniff");
    }
});

scenario("numbers are masked in the log", async (world) => {
    const number = world.number();
    await world.api.post("/calls", { to: number });
    await world.sim.idle();
    assert.ok(!world.server.output.includes(number));
});
