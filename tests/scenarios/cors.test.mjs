// Pages on other origins: who may call, who may read, what a browser is told beforehand; and what every answer says to browsers.
import assert from "node:assert/strict";

import { stage, until } from "./support/world.mjs";
import { exchange } from "./support/http.mjs";

const APP = "https://app.example.com";
const scenario = stage({ SWITCHHOOK_CORS_ORIGINS: `${APP},http://localhost:3000`, SWITCHHOOK_RATE_TOKEN: "1", SWITCHHOOK_RATE_TOKEN_BURST: "1" });

const listed = [APP, "http://localhost:3000"];
const foreign = ["https://evil.example.com", "null", "https://app.example.com.evil.example", "https://app.example.com:8443", "http://app.example.com", "*", undefined];

const ask = (world, method, target, headers = {}, body) => exchange(world.origin, method, target, { headers: { ...world.hostHeader(), ...headers }, body });
const cors = (headers) => Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("access-control-")));
const varies = (headers) => (headers.vary ?? "").split(/, */).includes("Origin");

// What a request can end in. Each is readable by a listed page, and by nobody else.
const outcomes = [
    ["200 of a list", 200, "GET", "/calls", {}],
    ["200 of a HEAD", 200, "HEAD", "/calls", {}],
    ["200 of a document", 200, "GET", "/openapi.json", { authorization: undefined }],
    ["201 of a call", 201, "POST", "/calls", { "content-type": "application/json" }, (world) => JSON.stringify({ to: world.number() })],
    ["400", 400, "POST", "/calls", { "content-type": "application/json" }, () => "{"],
    ["401", 401, "GET", "/calls", { authorization: undefined }],
    ["404 of a call", 404, "GET", "/calls/call_00000000000000000000000000", {}],
    ["404 of an address", 404, "GET", "/nowhere", {}],
    ["405", 405, "DELETE", "/calls", {}],
    ["413", 413, "POST", "/token", { "content-type": "application/json" }, () => JSON.stringify({ identity: "a".repeat(5000) })],
    ["415", 415, "POST", "/calls", { "content-type": "text/plain" }, () => "hello"],
    ["422", 422, "GET", "/calls?limit=0", {}],
];

for (const [what, expected, method, target, headers, body] of outcomes)
    scenario(`${what}: readable by listed origins and by no other`, async (world) => {
        const own = Object.fromEntries(Object.entries({ authorization: `Bearer ${world.key}`, ...headers }).filter(([, value]) => value !== undefined));
        for (const origin of [...listed, ...foreign]) {
            const answer = await ask(world, method, target, { ...own, ...(origin && { origin }) }, body?.(world));
            assert.equal(answer.status, expected, `${origin}: ${answer.text}`);
            assert.ok(varies(answer.headers), `${origin}: a cache must tell origins apart`);
            if (!listed.includes(origin)) {
                assert.deepEqual(cors(answer.headers), {}, String(origin));
                continue;
            }
            assert.equal(answer.headers["access-control-allow-origin"], origin);
            assert.equal(answer.headers["access-control-allow-credentials"], "true");
            for (const name of ["Location", "Retry-After", "X-Request-Id", "RateLimit", "RateLimit-Policy"])
                assert.ok(answer.headers["access-control-expose-headers"].split(/, */).includes(name), name);
        }
    });

scenario("429 and its Retry-After are readable too", async (world) => {
    const token = () => ask(world, "GET", "/token?identity=cors_429", { authorization: `Bearer ${world.key}`, origin: APP });
    assert.equal((await token()).status, 200);
    const { status, headers } = await token();
    assert.equal(status, 429);
    assert.ok(Number(headers["retry-after"]) >= 1);
    assert.equal(headers["access-control-allow-origin"], APP);
});

// ---- preflights

const preflight = (world, target, method, { origin = APP, headers } = {}) =>
    ask(world, "OPTIONS", target, {
        ...(origin && { origin }),
        "access-control-request-method": method,
        ...(headers && { "access-control-request-headers": headers }),
    });

scenario("the preflight of every route and method of a frontend is answered, without credentials", async (world) => {
    let asked = 0;
    for (const [path, item] of Object.entries(world.document.paths))
        for (const [method, { security }] of Object.entries(item)) {
            const twilios = security.some((one) => "twilioSignature" in one);
            const target = path.replace(/\{\w+\}/g, "call_00000000000000000000000000").replace("/*", "/x");
            for (const origin of [...listed, ...foreign.map((one) => one ?? null)]) {
                const { status, headers } = await preflight(world, target, method.toUpperCase(), { origin, headers: "authorization,content-type,idempotency-key" });
                assert.equal(status, 204, `${method} ${path}`);
                assert.equal(varies(headers), !twilios);
                const told = !twilios && listed.includes(origin);
                assert.equal(headers["access-control-allow-origin"], told ? origin : undefined, `${origin} ${method} ${path}`);
                if (!told)
                    continue;
                assert.ok(headers["access-control-allow-methods"].split(", ").includes(method.toUpperCase()));
                assert.equal(headers["access-control-allow-headers"], "authorization,content-type,idempotency-key");
                assert.equal(headers["access-control-max-age"], "7200");
                assert.equal(headers["access-control-allow-credentials"], "true");
                asked++;
            }
        }
    assert.ok(asked >= 2 * 6);
});

const refusedPreflights = [
    ["a method that the address has not", "/calls", "DELETE", {}],
    ["a method that nobody has", "/calls", "TRACE", {}],
    ["a method in small letters", "/calls", "post", {}],
    ["a header that nobody sends", "/calls", "POST", { headers: "content-type, x-evil" }],
    ["a header that is no list", "/calls", "POST", { headers: "content-type x-evil" }],
    ["an unknown origin", "/calls", "POST", { origin: "https://evil.example.com" }],
    ["no origin", "/calls", "POST", { origin: null }],
];

for (const [what, target, method, how] of refusedPreflights)
    scenario(`a preflight for ${what} is told nothing`, async (world) => {
        assert.deepEqual(cors((await preflight(world, target, method, how)).headers), {});
    });

scenario("two Origins are none", async (world) => {
    const headers = ["Host", world.hostHeader().host, "Origin", APP, "Origin", APP, "Authorization", `Bearer ${world.key}`];
    const answer = await exchange(world.origin, "GET", "/calls", { headers });
    assert.deepEqual(cors(answer.headers), {});
});

// ---- Twilio's routes

scenario("no page is told anything at Twilio's addresses", async (world) => {
    for (const [method, target] of [["POST", "/twiml"], ["GET", "/twiml"], ["POST", "/webhooks/call-status"], ["OPTIONS", "/twiml"], ["DELETE", "/twiml"]]) {
        const { headers } = await ask(world, method, target, { origin: APP, "access-control-request-method": "POST" });
        assert.deepEqual(cors(headers), {}, `${method} ${target}`);
    }
    const signed = await world.deliver("/twiml", { CallSid: world.sid(), From: world.number(), To: "+15005550006", CallStatus: "ringing", Direction: "inbound" }, { headers: { origin: APP } });
    assert.equal(signed.status, 200);
    assert.deepEqual(cors(signed.headers), {});
});

// ---- every answer

scenario("every answer says to browsers that it is no page", async (world) => {
    const answers = [
        await ask(world, "GET", "/openapi.json"),
        await ask(world, "GET", "/calls"),
        await ask(world, "GET", "/nowhere"),
        await ask(world, "OPTIONS", "/calls"),
        await ask(world, "POST", "/twiml"),
        await exchange(world.adminOrigin, "GET", "/healthz"),
    ];
    for (const { headers, status } of answers) {
        assert.equal(headers["content-security-policy"], "default-src 'none'; frame-ancestors 'none'", status);
        assert.equal(headers["x-content-type-options"], "nosniff");
        assert.equal(headers["x-frame-options"], "DENY");
        assert.equal(headers["referrer-policy"], "no-referrer");
        assert.equal(headers["permissions-policy"], "microphone=(), camera=(), geolocation=()");
        assert.equal(headers["cross-origin-opener-policy"], "same-origin");
        assert.equal(headers["strict-transport-security"], "max-age=31536000");
        assert.ok(headers["cache-control"]);
    }
    assert.equal(answers[0].headers["cross-origin-resource-policy"], "cross-origin");
    assert.equal(answers[1].headers["cross-origin-resource-policy"], "same-origin");
});

scenario("the phone page keeps its microphone, and says itself who may frame it", async (world) => {
    const { status, headers } = await ask(world, "GET", "/phone");
    assert.equal(status, 200);
    assert.match(headers["permissions-policy"], /microphone=\(self/);
    assert.match(headers["content-security-policy"], /script-src 'self'/);
    assert.match(headers["content-security-policy"], /frame-ancestors/);
});

scenario("SIGHUP takes another list", async (world) => {
    const text = (origins) => `SWITCHHOOK_CORS_ORIGINS=${origins}\n`;
    const { writeFileSync } = await import("node:fs");
    const path = await import("node:path");
    const file = path.join(world.dir, "settings");
    writeFileSync(file, text(APP));
    await world.sim.idle();
    await world.stop();
    world.arguments = ["--env-file", file];
    await world.start({ SWITCHHOOK_CORS_ORIGINS: undefined });
    const told = async (origin) => (await ask(world, "GET", "/openapi.json", { origin })).headers["access-control-allow-origin"];
    assert.equal(await told(APP), APP);
    writeFileSync(file, text("https://other.example.com"));
    world.server.child.kill("SIGHUP");
    await until("the new list is used", async () => (await told("https://other.example.com")) !== undefined);
    assert.equal(await told(APP), undefined);
});
