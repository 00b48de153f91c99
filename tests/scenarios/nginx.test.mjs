// Behind nginx, as config/nginx.conf sets it up: Twilio signs the address that it called, which the server never sees.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { NAME, Nginx, missing } from "./support/nginx.mjs";
import { encodeForm, signBytes } from "./support/signed.mjs";
import { World, until } from "./support/world.mjs";

const BASE = `https://${NAME}`;
const skip = missing();

let world;
let nginx;

before(async () => {
    if (skip)
        return;
    world = await World.create({ TWILIO_WEBHOOK_BASE_URL: BASE, SWITCHHOOK_TRUSTED_PROXIES: "127.0.0.1" });
    nginx = await Nginx.start(`127.0.0.1:${world.port}`);
});
after(async () => {
    await nginx?.stop();
    await world?.close();
});

const scenario = (name, run) =>
    test(name, { skip }, async (t) => {
        const marks = world.marks();
        try {
            await run(t);
        } catch (problem) {
            world.tell(...marks);
            throw problem;
        }
    });

const fieldsOf = (more = {}) => Object.entries({ CallSid: world.sid(), AccountSid: world.env.TWILIO_ACCOUNT_SID, CallStatus: "ringing", ...more });

/** A webhook through nginx. `signedFor`: the address Twilio believes to call; `asked`: what it asks there. */
function deliver(target, pairs, { signedFor = BASE, asked = target, headers = {}, method = "POST", speak = "request" } = {}) {
    const bytes = pairs.map((pair) => pair.map((text) => Buffer.from(text, "utf8").toString("latin1")));
    const all = {
        "x-twilio-signature": signBytes(world.env.TWILIO_AUTH_TOKEN, signedFor + target, method === "GET" ? [] : bytes),
        ...(method === "GET" ? {} : { "content-type": "application/x-www-form-urlencoded; charset=UTF-8" }),
        ...headers,
    };
    return nginx[speak](method, asked, { body: method === "GET" ? undefined : encodeForm(pairs), headers: all });
}

// ---- signatures

const fields = [
    ["nothing unusual", {}],
    ["UTF-8", { CallerName: "Jörg Müßig", FromCity: "東京", Note: "☎️" }],
    ["what forms escape", { Note: "a+b c%20d&e=f;g?h#i/j\\k\"l'm<n>o" }],
    ["empty ones", { FromCity: "", FromState: "" }],
    ["line breaks and controls", { Note: "a\r\nb\tc\u0001d" }],
    ["a long one", { Note: "x".repeat(100_000) }],
    ["names that sort oddly", { a: "1", A: "2", "a-b": "3", a_b: "4", "": "5", Ä: "6", 10: "7", 9: "8" }],
];

for (const [what, more] of fields)
    for (const speak of ["request", "request2"])
        scenario(`a form with ${what} is believed, in HTTP/${speak === "request2" ? 2 : 1}`, async () => {
            const pairs = fieldsOf(more);
            const { status, text } = await deliver("/webhooks/call-status", pairs, { speak });
            assert.equal(status, 204, text);
            const { timeline } = await world.call(Object.fromEntries(pairs).CallSid);
            assert.deepEqual(timeline.at(-1).parameters, Object.fromEntries(pairs));
        });

const queries = ["x=%2B1", "x=a+b", "x=%20", "x='", "x=%27", "x=%7e~", "x=%C3%A4", "x=\u00c3\u00a4", "x=//&y=/../", "x=%2f%2F", "x=a;b", "x=1&x=2", "x", "x=", "&&x=1", "x=?", "x=%25zz", "x=@:$,!*()[]{}|^`"];

for (const query of queries)
    scenario(`a GET with ?${query} is believed`, async () => {
        const target = `/twiml?${encodeForm(fieldsOf({ Direction: "inbound" }))}&${query}`;
        const { status, text } = await deliver(target, [], { method: "GET" });
        assert.equal(status, 200, text);
        assert.match(text, /<Response>/);
    });

scenario("our own id in the query of a POST is believed", async () => {
    const pairs = fieldsOf();
    const { status } = await deliver("/webhooks/call-status?call=call_00000000000000000000000000", pairs);
    assert.equal(status, 204);
});

scenario("an address that is spelled differently is another address", async () => {
    const pairs = fieldsOf();
    for (const asked of ["/webhooks/call-status?", "/webhooks/call-status?a=1", "/webhooks/call%2Dstatus"])
        assert.equal((await deliver("/webhooks/call-status", pairs, { asked })).status, 403, asked);
    for (const asked of ["//webhooks/call-status", "/webhooks//call-status", "/webhooks/call-status/"])
        assert.equal((await deliver(asked, pairs)).status, 404, asked);
    assert.equal((await deliver("/x/../webhooks/call-status", pairs)).status, 400);
    assert.equal(world.count("calls WHERE root_sid = :sid", { sid: pairs[0][1] }), 0);
});

const claims = [
    { "x-forwarded-proto": "http" },
    { "x-forwarded-host": "evil.example" },
    { "x-forwarded-for": "10.0.0.1, 192.0.2.7", "x-real-ip": "192.0.2.7" },
    { forwarded: "for=192.0.2.7;host=evil.example;proto=http" },
    { "x-forwarded-port": "8443", "x-forwarded-prefix": "/prefix", "x-original-url": "/healthz", "x-rewrite-url": "/healthz" },
    { host: "evil.example" },
    { host: `${NAME}:443` },
];

for (const headers of claims)
    scenario(`what a client claims makes no difference: ${JSON.stringify(headers)}`, async () => {
        assert.equal((await deliver("/webhooks/call-status", fieldsOf(), { headers })).status, 204);
        const [[name, value]] = Object.entries(headers);
        const elsewhere = name.includes("host") ? `https://${value.replace(":443", "")}` : "http://evil.example";
        if (elsewhere !== BASE)
            assert.equal((await deliver("/webhooks/call-status", fieldsOf(), { headers, signedFor: elsewhere })).status, 403);
    });

// ---- what nginx keeps out, and what it does not

scenario("the operator's addresses are not there", async () => {
    for (const target of ["/healthz", "/readyz", "/metrics", "/metrics?x", "/%6detrics", "/x/../metrics", "//metrics", "/metrics/"])
        assert.equal((await nginx.request("GET", target)).status, 404, target);
    assert.equal((await nginx.request("GET", "/openapi.json")).status, 200);
});

scenario("a body over the server's limit, and one over nginx's", async () => {
    const over = await deliver("/webhooks/call-status", fieldsOf({ Note: "x".repeat(300_000) }));
    assert.equal(over.status, 413);
    assert.equal(JSON.parse(over.text).code, "too-large");
    const far = await nginx.request("POST", "/webhooks/call-status", { body: Buffer.alloc(1_100_000) });
    assert.equal(far.status, 413);
});

scenario("frontends get in as well", async () => {
    const headers = { authorization: `Bearer ${world.key}`, "content-type": "application/json" };
    const minted = await nginx.request("POST", "/token", { headers, body: '{"identity":"alice"}' });
    assert.equal(minted.status, 200, minted.text);
    assert.equal(minted.headers["strict-transport-security"], "max-age=31536000");
    assert.equal((await nginx.request("POST", "/token", { body: "{}" })).status, 401);
});

scenario("nginx's log holds no query", () => {
    assert.doesNotMatch(readFileSync(nginx.file("access.log"), "utf8"), /CallSid|[?]/);
});

scenario("a hundred at once", async () => {
    const many = Array.from({ length: 100 }, () => fieldsOf());
    const answers = await Promise.all(many.map((pairs) => deliver("/webhooks/call-status", pairs)));
    assert.deepEqual(answers.filter(({ status }) => status !== 204), []);
});

scenario("nginx does not stumble over connections that a restart has closed", async () => {
    await world.restart();
    for (let i = 0; i < 5; i++)
        assert.equal((await deliver("/webhooks/call-status", fieldsOf())).status, 204);
    await world.kill9();
    assert.equal((await deliver("/webhooks/call-status", fieldsOf())).status, 502);
    await world.start();
    await until("nginx has found the new one", async () => (await deliver("/webhooks/call-status", fieldsOf())).status === 204);
});

// ---- a wrong address in the settings

const wrong = [
    ["the other protocol", `http://${NAME}`, /scheme/],
    ["another name", "https://phone.example.com", /X-Forwarded-Host/],
];

for (const [what, base, hint] of wrong)
    scenario(`${what} in TWILIO_WEBHOOK_BASE_URL: refused, and the log says what it should be`, async () => {
        await world.restart({ TWILIO_WEBHOOK_BASE_URL: base });
        const { status, text } = await deliver("/webhooks/call-status", fieldsOf());
        assert.equal(status, 403);
        assert.ok(!text.includes("example.com"), `the caller learns what it should not: ${text}`);
        const line = await world.logLine("signature.misconfigured");
        assert.equal(line.expected_base, base);
        assert.equal(line.matching_base, BASE);
        assert.match(line.hint, hint);
        await world.restart({ TWILIO_WEBHOOK_BASE_URL: BASE });
        assert.equal((await deliver("/webhooks/call-status", fieldsOf())).status, 204);
    });

scenario("another account's token: refused, and the log does not guess", async () => {
    await world.restart();
    const pairs = fieldsOf();
    const signature = signBytes("an-auth-token-of-somebody-else", `${BASE}/webhooks/call-status`, pairs);
    assert.equal((await deliver("/webhooks/call-status", pairs, { headers: { "x-twilio-signature": signature } })).status, 403);
    const line = await world.logLine("signature.mismatch");
    assert.ok(!line.hint.includes("example.com"));
});

scenario("the phone page is compressed on its way, and known again", async () => {
    const headers = { "accept-encoding": "gzip" };
    const first = await nginx.request("GET", "/phone/phone.css", { headers });
    assert.deepEqual([first.status, first.headers["content-encoding"]], [200, "gzip"]);
    const again = await nginx.request("GET", "/phone/phone.css", { headers: { ...headers, "if-none-match": first.headers.etag } });
    assert.equal(again.status, 304);
    const token = await nginx.request("POST", "/token", {
        headers: { ...headers, authorization: `Bearer ${world.key}`, "content-type": "application/json" },
        body: '{"identity":"alice"}',
    });
    assert.deepEqual([token.status, token.headers["content-encoding"]], [200, undefined]);
});
