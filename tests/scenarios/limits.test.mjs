// Every input has a limit, and a clear answer on the other side of it.
import assert from "node:assert/strict";

import { alone } from "./support/alone.mjs";
import { onConnection, Raw } from "./support/raw.mjs";
import { encodeForm, signBytes, signedRequest } from "./support/signed.mjs";
import { stage, until } from "./support/world.mjs";

const BODY_MAX = 8192;
const PAIRS_MAX = 512;
const TARGET_MAX = 8 * 1024;
const HEADERS_MAX = 100;
const HEADER_MAX = 20 * 1024;

const scenario = stage({ SWITCHHOOK_BODY_MAX_BYTES: String(BODY_MAX) });

const HOST = "Host: 127.0.0.1\r\n";
const get = (target, lines = "") => `GET ${target} HTTP/1.1\r\n${HOST}${lines}\r\n`;
const ask = (world, bytes, how) => onConnection(world.port, (raw) => raw.send(bytes).answer(how));

/** Fields whose encoded form has exactly `bytes` bytes. */
function fieldsOf(world, bytes) {
    const pairs = Object.entries({ CallSid: world.sid(), AccountSid: world.env.TWILIO_ACCOUNT_SID, CallStatus: "ringing", Pad: "" });
    pairs.at(-1)[1] = "x".repeat(bytes - encodeForm(pairs).length);
    return pairs;
}

// ---- bodies

for (const target of ["/twiml", "/webhooks/call-status", "/webhooks/recording-status"])
    for (const chunked of [false, true]) {
        const how = chunked ? "in chunks" : "announced";
        scenario(`${target}: a body at its limit is taken, ${how}`, async (world) => {
            const { status, text } = await ask(world, signedRequest(world, target, fieldsOf(world, BODY_MAX), { chunked }));
            assert.ok(status < 300 || target.includes("recording"), `${status} ${text}`); // no RecordingSid: 422
            assert.notEqual(status, 413);
        });

        scenario(`${target}: a byte more is not, ${how}`, async (world) => {
            const { status, text } = await ask(world, signedRequest(world, target, fieldsOf(world, BODY_MAX + 1), { chunked }));
            assert.equal(status, 413);
            const { code, detail } = JSON.parse(text);
            assert.equal(code, "too-large");
            assert.match(detail, new RegExp(`\\b${BODY_MAX}\\b`));
        });
    }

scenario("a client that asks first is told before it sends too much", (world) =>
    onConnection(world.port, async (raw) => {
        const request = signedRequest(world, "/twiml", fieldsOf(world, BODY_MAX + 1), { lines: "Expect: 100-continue\r\n" });
        raw.send(request.slice(0, request.indexOf("\r\n\r\n") + 4));
        assert.equal((await raw.answer()).status, 413);
        await raw.silence();
    }),
);

scenario("a client that asks first is told to go on", (world) =>
    onConnection(world.port, async (raw) => {
        const request = signedRequest(world, "/webhooks/call-status", fieldsOf(world, BODY_MAX), { lines: "Expect: 100-continue\r\n" });
        const body = request.indexOf("\r\n\r\n") + 4;
        raw.send(request.slice(0, body));
        assert.equal((await raw.answer()).status, 100);
        raw.send(request.slice(body));
        assert.equal((await raw.answer()).status, 204);
    }),
);

scenario("a client that sends on and on is cut off", (world) =>
    onConnection(world.port, async (raw) => {
        raw.send(`POST /webhooks/call-status HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`);
        const chunk = `10000\r\n${"x".repeat(65536)}\r\n`;
        let sent = 0;
        for (; !raw.closed && !raw.socket.destroyed && sent < 1000; sent++)
            await new Promise((resolve) => raw.socket.write(chunk, "latin1", resolve));
        assert.ok(sent < 1000, "the server has taken 64 MiB");
    }),
);

scenario("where no body is taken, none is", (world) =>
    onConnection(world.port, async (raw) => {
        raw.send(`GET /openapi.json HTTP/1.1\r\n${HOST}Content-Length: 1\r\n\r\n`);
        assert.equal((await raw.answer()).status, 413);
    }),
);

scenario("JSON may be long, but not too long, nor too deep", async (world) => {
    const place = async (metadata) => (await world.api.post("/calls", { to: world.number(), metadata })).status;
    assert.equal(await place({ note: "x".repeat(4000) }), 201);
    assert.equal(await place({ note: "x".repeat(5000) }), 422);
    assert.equal(await place({ note: "x".repeat(20_000) }), 413);
    const deep = (await world.api.post("/calls", "[".repeat(9000), { "content-type": "application/json" })).status;
    assert.equal(deep, 400);
    const nested = `{"to":"${world.number()}","metadata":{"a":${"[".repeat(1000)}${"]".repeat(1000)}}}`;
    assert.equal((await world.api.post("/calls", nested, { "content-type": "application/json" })).status, 201);
});

// ---- forms

const pads = (count) => Array.from({ length: count }, (_, i) => [`Pad${i}`, "x"]);
const plain = (world) => Object.entries({ CallSid: world.sid(), AccountSid: world.env.TWILIO_ACCOUNT_SID, CallStatus: "ringing" });

// What stands behind the ordinary fields: as it is sent, as it is signed, and what becomes of it.
const forms = [
    ["as many fields as there may be", (n) => pads(PAIRS_MAX - n).map((pair) => pair.join("=")).join("&"), (n) => pads(PAIRS_MAX - n), 204],
    ["a field too many", (n) => pads(PAIRS_MAX - n + 1).map((pair) => pair.join("=")).join("&"), (n) => pads(PAIRS_MAX - n + 1), 413],
    ["a field without a value", () => "Empty=", () => [["Empty", ""]], 204],
    ["a field without an equals sign", () => "Empty", () => [["Empty", ""]], 204],
    ["a field without a name", () => "=x", () => [["", "x"]], 204],
    ["UTF-8, escaped", () => "Name=J%C3%B6rg", () => [["Name", "J\xc3\xb6rg"]], 204],
    ["UTF-8, as it is", () => "Name=J\xc3\xb6rg", () => [["Name", "J\xc3\xb6rg"]], 204],
    ["line breaks and bells", () => "Name=a%0D%0A%07", () => [["Name", "a\r\n\x07"]], 204],
    ["an escape that is none", () => "Name=%zz", () => [["Name", "%zz"]], 400],
    ["half an escape", () => "Name=%4", () => [["Name", "%4"]], 400],
    ["a NUL, escaped", () => "Name=a%00b", () => [["Name", "a\0b"]], 400],
    ["a NUL, as it is", () => "Name=a\0b", () => [["Name", "a\0b"]], 400],
    ["half a character", () => "Name=%C3", () => [["Name", "\xc3"]], 400],
    ["a character in too many bytes", () => "Name=%C0%AF", () => [["Name", "\xc0\xaf"]], 400],
    ["half of a pair of surrogates", () => "Name=%ED%A0%80", () => [["Name", "\xed\xa0\x80"]], 400],
];

for (const [what, sent, meant, expected] of forms)
    scenario(`a form with ${what}: ${expected}`, async (world) => {
        const pairs = plain(world);
        const body = `${encodeForm(pairs)}&${sent(pairs.length)}`;
        const { status, text } = await ask(world, signedRequest(world, "/webhooks/call-status", [...pairs, ...meant(pairs.length)], { body }));
        assert.equal(status, expected, text);
        assert.equal(world.count("calls WHERE root_sid = :sid", { sid: pairs[0][1] }), expected === 204 ? 1 : 0);
    });

// ---- the head

const targetOf = (bytes) => `/nothing?${"a".repeat(bytes - 9)}`;
const linesOf = (count) => "X-A: b\r\n".repeat(count - 1); // and Host

function headOf(bytes) {
    const fixed = get("/nothing", "X-A: \r\n").length;
    return get("/nothing", `X-A: ${"b".repeat(bytes - fixed)}\r\n`);
}

const heads = [
    ["a target at its limit", get(targetOf(TARGET_MAX)), 404],
    ["a target too long", get(targetOf(TARGET_MAX + 1)), 414],
    ["a target much too long", get(targetOf(40_000)), 414],
    ["as many header lines as there may be", get("/nothing", linesOf(HEADERS_MAX)), 404],
    ["a header line too many", get("/nothing", linesOf(HEADERS_MAX + 1)), 431],
    ["a thousand header lines", get("/nothing", linesOf(1000)), 431],
    ["a head at its limit", headOf(HEADER_MAX), 404],
    ["a head too long", headOf(HEADER_MAX + 1), 431],
    ["a head much too long", headOf(100_000), 431],
];

for (const [what, bytes, expected] of heads)
    scenario(`${what}: ${expected}`, async (world) => {
        assert.equal((await ask(world, bytes)).status, expected);
        assert.equal((await ask(world, get("/openapi.json"))).status, 200);
    });

scenario("a webhook in a long query, as Twilio asks with GET", async (world) => {
    const target = `/twiml?${encodeForm([...plain(world), ["Direction", "inbound"]])}&Pad=`;
    const asked = target + "x".repeat(TARGET_MAX - target.length);
    const signature = signBytes(world.env.TWILIO_AUTH_TOKEN, world.publicUrl(asked), []);
    const { status, headers } = await ask(world, get(asked, `X-Twilio-Signature: ${signature}\r\n`));
    assert.deepEqual([status, headers["content-type"]], [200, "text/xml; charset=utf-8"]);
});

// ---- connections

alone("more connections than there may be wait their turn, and health is told meanwhile", { SWITCHHOOK_CONNECTIONS_MAX: "6" }, async (world) => {
    const { exchange, endConnections } = await import("./support/http.mjs");
    endConnections(); // what the harness keeps alive counts as well
    const held = await Promise.all(Array.from({ length: 6 }, () => Raw.open(world.port)));
    for (const raw of held)
        assert.equal((await raw.send(get("/openapi.json")).answer()).status, 200);
    const waiting = await Promise.all(Array.from({ length: 30 }, () => Raw.open(world.port)));
    const answers = waiting.map((raw) => raw.send(get("/openapi.json")).answer());
    let answered = 0;
    answers.forEach((answer) => answer.then(() => answered++).catch(() => {}));

    const ready = await exchange(world.adminOrigin, "GET", "/readyz");
    assert.equal(ready.status, 200);
    assert.equal((await world.metrics())['switchhook_http_connections{server="public"}'], 6);
    assert.equal((await held[0].send(get("/openapi.json")).answer()).status, 200);
    assert.equal(answered, 0);

    held.forEach((raw) => raw.close());
    for (const [i, answer] of answers.entries()) {
        assert.equal((await answer).status, 200);
        waiting[i].close();
    }
});

/** `count` connections that all ask at once, twice. */
async function burst(world, count) {
    const raws = await Promise.all(Array.from({ length: count }, () => Raw.open(world.port)));
    for (let round = 0; round < 2; round++) {
        const requests = raws.map(() => signedRequest(world, "/webhooks/call-status", { CallSid: world.sid(), CallStatus: "ringing" }));
        raws.forEach((raw, i) => raw.send(requests[i]));
        const answers = await Promise.all(raws.map((raw) => raw.answer({ timeoutMs: 30_000 })));
        assert.deepEqual(answers.filter(({ status }) => status !== 204), []);
    }
    raws.forEach((raw) => raw.close());
}

const asShipped = { SWITCHHOOK_WORKERS: undefined, SWITCHHOOK_CONNECTIONS_MAX: undefined };

alone("as many connections as there may be, all at once: every webhook is stored and answered", asShipped, async (world) => {
    await burst(world, 1020); // and those of the harness
    assert.equal(world.count("calls"), 2040);
});

const shell = ["prlimit", "--nofile=256:4096"];

alone("a shell that allows few open files does not make it fewer connections", asShipped, (world) => burst(world, 600), { wrapper: shell });
