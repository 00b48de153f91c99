// Requests that no well-behaved client sends. What could be read in two ways is refused, and the bytes behind it are
// never taken for another request: a proxy in front may have read them differently.
import assert from "node:assert/strict";

import { onConnection } from "./support/raw.mjs";
import { signedRequest } from "./support/signed.mjs";
import { stage, until } from "./support/world.mjs";

const scenario = stage();

const HOST = "Host: 127.0.0.1\r\n";
const NEXT = `GET /openapi.json HTTP/1.1\r\n${HOST}\r\n`;
const get = (lines, target = "/openapi.json") => `GET ${target} HTTP/1.1\r\n${lines}\r\n`;
const post = (lines, body = "", target = "/calls") => `POST ${target} HTTP/1.1\r\n${HOST}${lines}\r\n${body}`;
const chunks = "3\r\nabc\r\n0\r\n\r\n";

const refused = [
    ["a length and a coding", post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", chunks), 400],
    ["a coding and a length", post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", chunks), 400],
    ["two lengths", post("Content-Length: 3\r\nContent-Length: 30\r\n", "abc"), 400],
    ["the same length twice", post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"), 400],
    ["a list of lengths", post("Content-Length: 3, 3\r\n", "abc"), 400],
    ["a length with a sign", post("Content-Length: +3\r\n", "abc"), 400],
    ["a negative length", post("Content-Length: -1\r\n", "abc"), 400],
    ["a hexadecimal length", post("Content-Length: 0x3\r\n", "abc"), 400],
    ["an empty length", post("Content-Length:\r\n", "abc"), 400],
    ["a length beyond all numbers", post("Content-Length: 99999999999999999999\r\n", "abc"), 413],
    ["a space before the colon", post("Content-Length : 3\r\n", "abc"), 400],
    ["another coding first", post("Transfer-Encoding: gzip, chunked\r\n", chunks), 400],
    ["another coding", post("Transfer-Encoding: identity\r\n", "abc"), 400],
    ["a coding that looks like one", post("Transfer-Encoding: xchunked\r\n", chunks), 400],
    ["two codings", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", chunks), 400],
    ["a coding in HTTP/1.0", `POST /calls HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${chunks}`, 400],
    ["a folded line", get(`${HOST}X-A: 1\r\n 2\r\n`), 400],
    ["a NUL in a header", get(`${HOST}X-A: 1\x002\r\n`), 400],
    ["a carriage return in a header", get(`${HOST}X-A: 1\r2\r\n`), 400],
    ["a bell in a header", get(`${HOST}X-A: \x07\r\n`), 400],
    ["a header without a colon", get(`${HOST}X-A\r\n`), 400],
    ["a header without a name", get(`${HOST}: x\r\n`), 400],
    ["no host", get("X-A: 1\r\n"), 400],
    ["two hosts", get(`${HOST}Host: evil.example\r\n`), 400],
    ["two content types", post("Content-Type: application/json\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n"), 400],
    ["two authorizations", get(`${HOST}Authorization: Bearer a\r\nAuthorization: Bearer b\r\n`), 400],
    ["a bare line feed", `GET /openapi.json HTTP/1.1\r\nHost: a\nX-A: b\r\n\r\n`, 400],
    ["bare line feeds alone", `GET /openapi.json HTTP/1.1\nHost: a\n\n`, 400],
    ["a tab in the request line", `GET\t/openapi.json HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["a fragment", get(HOST, "/openapi.json#a"), 400],
    ["a whole URL", get(HOST, "http://127.0.0.1/openapi.json"), 400],
    ["no slash", get(HOST, "openapi.json"), 400],
    ["a tunnel", `CONNECT example.com:443 HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["another version", `GET /openapi.json HTTP/1.2\r\n${HOST}\r\n`, 400],
    ["HTTP/0.9", "GET /openapi.json\r\n\r\n", 400],
    ["HTTP/2 without asking", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505],
    ["a space in the target", get(HOST, "/openapi.json x"), "closed"],
    ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "closed"],
];

for (const [what, bytes, expected] of refused)
    scenario(`${what} is refused, and nothing behind it is read`, (world) =>
        onConnection(world.port, async (raw) => {
            raw.send(bytes + NEXT);
            if (expected !== "closed") {
                const { status, headers } = await raw.answer();
                assert.equal(status, expected);
                assert.equal(headers.connection, "close");
            }
            // The library repeats its own answer's head before the text, inside and beyond the announced length.
            const rest = (await raw.rest()).toString();
            assert.ok(!rest.includes("200 OK") && !rest.includes("openapi"), rest);
        }),
    );

scenario("what is refused is counted", async (world) => {
    const growth = await world.growth(async () => {
        await onConnection(world.port, async (raw) => {
            raw.send(refused[0][1]);
            await raw.answer();
            await raw.silence();
        });
    });
    assert.equal(growth['switchhook_http_screened_total{server="public"}'], 1);
});

const refusedOnly = [
    ["an unknown method", `BREW /openapi.json HTTP/1.1\r\n${HOST}\r\n`, 405],
    ["a method in small letters", `get /openapi.json HTTP/1.1\r\n${HOST}\r\n`, 405],
    ["TRACE", `TRACE /openapi.json HTTP/1.1\r\n${HOST}\r\n`, 405],
    ["a NUL in the path", get(HOST, "/openapi.json%00x"), 400],
    ["a path that climbs", get(HOST, "/x/../openapi.json"), 400],
    ["a path that climbs in disguise", get(HOST, "/x/%2e%2E/openapi.json"), 400],
    ["half an escape", get(HOST, "/openapi.json?a=%2"), 400],
    ["an escape that is none", get(HOST, "/%zz"), 400],
    ["two slashes", get(HOST, "//openapi.json"), 404],
    ["a slash too many", get(HOST, "/openapi.json/"), 404],
    ["a slash in disguise", get(HOST, "/calls%2fx"), 404],
    ["raw UTF-8 in the path", get(HOST, "/\xc3\xa4"), 404],
    ["a path too deep", get(HOST, "/a".repeat(13)), 404],
    ["an offer to speak HTTP/2", get(`${HOST}Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AA\r\n`), 200],
    ["an expectation nobody knows", get(`${HOST}Expect: the-unexpected\r\n`), 200],
    ["OPTIONS of everything", `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, 204],
    ["OPTIONS of a path", `OPTIONS /openapi.json HTTP/1.1\r\n${HOST}\r\n`, 204],
];

for (const [what, bytes, expected] of refusedOnly)
    scenario(`${what}: ${expected}, and the next request is read`, (world) =>
        onConnection(world.port, async (raw) => {
            raw.send(bytes + NEXT);
            assert.equal((await raw.answer()).status, expected);
            const next = await raw.answer();
            assert.equal(next.status, 200);
            assert.equal(JSON.parse(next.text).openapi.slice(0, 2), "3.");
        }),
    );

scenario("HEAD says what GET would say, but not the text", (world) =>
    onConnection(world.port, async (raw) => {
        raw.send(NEXT.replace("GET", "HEAD") + NEXT);
        const head = await raw.answer({ noBody: true });
        const whole = await raw.answer();
        assert.deepEqual([head.status, head.text], [200, ""]);
        for (const name of ["content-length", "content-type", "cache-control", "x-content-type-options"])
            assert.equal(head.headers[name], whole.headers[name], name);
    }),
);

scenario("a wrong method is told the right ones", (world) =>
    onConnection(world.port, async (raw) => {
        raw.send(`DELETE /calls HTTP/1.1\r\n${HOST}\r\n`);
        const { status, headers } = await raw.answer();
        assert.deepEqual([status, headers.allow], [405, "GET, HEAD, POST, OPTIONS"]);
    }),
);

scenario("a hundred requests in one breath are answered in order", (world) =>
    onConnection(world.port, async (raw) => {
        const targets = Array.from({ length: 100 }, (_, i) => (i % 3 === 0 ? "/openapi.json" : `/nothing-${i}`));
        raw.send(targets.map((target) => get(HOST, target)).join(""));
        for (const target of targets)
            assert.equal((await raw.answer()).status, target === "/openapi.json" ? 200 : 404, target);
    }),
);

scenario("signed webhooks in one breath, with and without a pause in the middle of a body", (world) =>
    onConnection(world.port, async (raw) => {
        const sids = Array.from({ length: 20 }, () => world.sid());
        const bytes = sids.map((sid) => signedRequest(world, "/webhooks/call-status", { CallSid: sid, CallStatus: "ringing" })).join("");
        const middle = bytes.length - 100;
        raw.send(bytes.slice(0, middle));
        for (let i = 0; i < sids.length - 1; i++)
            assert.equal((await raw.answer()).status, 204);
        raw.send(bytes.slice(middle));
        assert.equal((await raw.answer()).status, 204);
        for (const sid of sids)
            assert.equal((await world.call(sid)).status, "ringing");
    }),
);

scenario("a client that leaves in the middle of anything does no harm", async (world) => {
    const whole = signedRequest(world, "/twiml", { CallSid: world.sid(), From: world.number(), To: "+15005550006", Direction: "inbound" });
    for (let at = 1; at < whole.length; at += Math.ceil(whole.length / 40))
        await onConnection(world.port, (raw) => {
            raw.send(whole.slice(0, at));
            raw.socket.resetAndDestroy();
        });
    await until("all of them are gone", async () => (await world.metrics())['switchhook_http_connections{server="public"}'] <= 1);
    assert.equal((await world.deliver("/twiml", { CallSid: world.sid(), Direction: "inbound" })).status, 200);
});
