// Twilio's own package talks to the simulator as if it were Twilio, and checks its webhooks' signatures.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import readline from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import Ajv from "ajv";
import twilio from "twilio";

const here = path.dirname(fileURLToPath(import.meta.url));
const build = process.env.SWITCHHOOK_BUILD ?? path.resolve(here, "../../build/dev");
const account = `AC${"1".padStart(32, "0")}`;
const token = "an-auth-token-for-tests";
const key = { sid: `SK${"3".padStart(32, "0")}`, secret: "an-api-secret-for-tests" };
const base = "https://phone.example.com";
const ours = "+15005550006";
const theirs = "+14155550100";

let program, server, client, origin;
const seen = [];

// Requests that the package makes go to the simulator, whatever host it thinks of.
class ToSimulator extends twilio.RequestClient {
    request(options) {
        return super.request({ ...options, uri: options.uri.replace("https://api.twilio.com", origin) });
    }
}

const clientOf = (user, password) => twilio(user, password, { accountSid: account, httpClient: new ToSimulator() });

// The server under test: verifies, remembers, answers.
function answer(request, response) {
    let body = "";
    request.on("data", (piece) => (body += piece));
    request.on("end", () => {
        const get = request.method === "GET";
        const params = Object.fromEntries(get ? new URL(request.url, base).searchParams : new URLSearchParams(body));
        const signed = twilio.validateRequest(token, request.headers["x-twilio-signature"], base + request.url, get ? {} : params);
        seen.push({ method: request.method, url: request.url, params, signed, headers: request.headers });
        const verbs = request.url.startsWith("/voice") ? "<Say>Grüße &amp; more ☎️</Say><Pause length='1'/>" : "";
        response.writeHead(200, { "content-type": "text/xml; charset=utf-8" }).end(`<Response>${verbs}</Response>`);
    });
}

async function control(method, target, body) {
    const reply = await fetch(`${origin}/sim${target}`, { method, body: body && JSON.stringify(body) });
    assert.ok(reply.ok, `${method} ${target}: ${reply.status}`);
    return reply.json();
}

before(async () => {
    server = http.createServer(answer).listen(0, "127.0.0.1");
    await once(server, "listening");
    program = spawn(
        path.join(build, "switchhook-sim"),
        [
            ...["--listen", "127.0.0.1:0", "--quiet", "--speed", "max", "--account", account, "--auth-token", token],
            ...["--api-key", key.sid, "--api-secret", key.secret, "--number", ours, "--verified", "+14155550199"],
            ...["--public-base", base, "--deliver-to", `http://127.0.0.1:${server.address().port}`, "--voice-url", `${base}/voice`],
        ],
        { stdio: ["ignore", "pipe", "inherit"] },
    );
    const [line] = await once(readline.createInterface({ input: program.stdout }), "line");
    const [, port] = /^switchhook-sim listening on 127\.0\.0\.1:(\d+)$/.exec(line);
    origin = `http://127.0.0.1:${port}`;
    client = clientOf(account, token);
});

after(async () => {
    server?.close();
    if (!program) return;
    program.kill("SIGTERM");
    const [code] = await once(program, "exit");
    assert.equal(code, 0, "the simulator ends well (and leaks nothing under sanitizers)");
});

const create = (more = {}) => client.calls.create({ to: theirs, from: ours, url: `${base}/voice?call=1`, ...more });

test("a call is created, fetched and over", async () => {
    const call = await create({
        statusCallback: `${base}/status?call=1#rc=2`,
        statusCallbackEvent: ["initiated", "ringing", "answered", "completed"],
    });
    assert.match(call.sid, /^CA[0-9a-f]{32}$/);
    assert.equal(call.status, "queued");
    assert.equal(call.accountSid, account);
    assert.equal(call.duration, null);
    assert.ok(call.dateCreated instanceof Date && !Number.isNaN(+call.dateCreated));
    await control("GET", "/idle");
    const later = await client.calls(call.sid).fetch();
    assert.equal(later.status, "completed");
    assert.ok(Number(later.duration) >= 1);
    assert.ok(later.endTime >= later.startTime);
    const mine = seen.filter(({ params }) => params.CallSid === call.sid);
    assert.deepEqual(
        mine.filter(({ url }) => url.startsWith("/status")).map(({ params }) => params.CallStatus),
        ["initiated", "ringing", "in-progress", "completed"],
    );
    assert.ok(mine.every(({ signed }) => signed));
    assert.ok(mine.every(({ headers }) => headers["user-agent"] === "TwilioProxy/1.1" && headers.host === "phone.example.com"));
    assert.equal(new Set(mine.map(({ headers }) => headers["i-twilio-idempotency-token"])).size, mine.length);
});

test("GET webhooks and browsers' own parameters are signed too", async () => {
    seen.length = 0;
    await create({ method: "GET", statusCallback: `${base}/status`, statusCallbackMethod: "GET" });
    const { call_sid } = await control("POST", "/browser", {
        identity: "alice",
        to: theirs,
        params: { note: "é ☎️ & + %", From: "+14155550111", empty: "", _x: "1", AAA: "2" },
    });
    await control("GET", "/idle");
    assert.ok(seen.length >= 3);
    assert.deepEqual(seen.filter(({ signed }) => !signed), []);
    assert.equal(seen.filter(({ method }) => method === "GET").length, 2);
    const { params } = seen.find(({ params }) => params.CallSid === call_sid);
    assert.equal(params.From, "client:alice");
    assert.equal(params.note, "é ☎️ & + %");
});

test("calls are listed page by page, and by filter", async () => {
    await control("POST", "/reset");
    for (let i = 0; i < 7; i++) await create();
    await client.calls.create({ to: "+14155550111", from: ours, twiml: "<Response><Reject/></Response>" });
    await control("GET", "/idle");
    assert.equal((await client.calls.list({ pageSize: 3 })).length, 8);
    assert.equal((await client.calls.list({ limit: 5, pageSize: 2 })).length, 5);
    assert.equal((await client.calls.list({ to: "+14155550111" })).length, 1);
    assert.equal((await client.calls.list({ status: "completed" })).length, 8);
    assert.equal((await client.calls.list({ startTimeAfter: new Date(Date.now() - 3600_000) })).length, 8);
    assert.equal((await client.calls.list({ startTimeBefore: new Date(Date.now() - 3600_000) })).length, 0);
});

test("a call is updated: other TwiML, then its end", async () => {
    await control("PUT", "/script", { match: theirs, manual: true, hangup_after_ms: null });
    const endless = "<Response><Play loop='0'>/music.mp3</Play></Response>"; // at speed max everything else is over at once
    const { sid } = await create({ url: undefined, twiml: endless.replace("/music", `${base}/music`) });
    await control("GET", `/wait?call_sid=${sid}&status=ringing`);
    await control("POST", "/answer", { call_sid: sid });
    const redirected = await client.calls(sid).update({ twiml: endless.replace("/music", `${base}/other`) });
    assert.equal(redirected.status, "in-progress");
    const ended = await client.calls(sid).update({ status: "completed" });
    assert.equal(ended.status, "completed");
    await assert.rejects(client.calls(sid).update({ status: "completed" }), { code: 21220, status: 400 });
    await control("DELETE", "/script");
});

test("errors arrive as the package's exceptions", async () => {
    await assert.rejects(create({ to: "12" }), { code: 21211, status: 400, moreInfo: "https://www.twilio.com/docs/errors/21211" });
    await assert.rejects(create({ to: ours }), { code: 21211 });
    await assert.rejects(create({ from: "+14155550111" }), { code: 21210 });
    await assert.rejects(create({ url: undefined }), { code: 21205 });
    await assert.rejects(client.calls("CA00000000000000000000000000000009").fetch(), { code: 20404, status: 404 });
    await assert.rejects(clientOf(account, "wrong").calls.list(), { code: 20003, status: 401 });
    await assert.rejects(clientOf(key.sid, "wrong").calls.list(), { code: 20003 });
    assert.ok(await clientOf(key.sid, key.secret).calls.list());
});

test("faults arrive as the package's exceptions", async () => {
    const fault = (kind, more = {}) => control("POST", "/faults", { target: "rest", kind, ...more });
    await fault("rate_limit");
    await assert.rejects(create(), { code: 20429, status: 429 });
    await fault("server_error", { status: 503 });
    await assert.rejects(create(), { status: 503 });
    await control("POST", "/reset");
    await fault("reset");
    await assert.rejects(create(), (error) => /ECONNRESET|socket hang up/.test(`${error.code} ${error.message}`));
    assert.equal((await client.calls.list()).length, 1, "the call was made all the same");
    await fault("slow", { delay_ms: 5000 });
    assert.equal((await create()).status, "queued");
});

test("the account and what is configured in it", async () => {
    assert.equal((await client.api.v2010.accounts(account).fetch()).status, "active");
    const [number] = await client.incomingPhoneNumbers.list({ phoneNumber: ours });
    assert.equal(number.voiceUrl, `${base}/voice`);
    const changed = await client.incomingPhoneNumbers(number.sid).update({ voiceUrl: `${base}/voice/other` });
    assert.equal(changed.voiceUrl, `${base}/voice/other`);
    assert.equal((await client.outgoingCallerIds.list())[0].phoneNumber, "+14155550199");
    const [app] = await client.applications.list();
    assert.equal((await client.applications(app.sid).fetch()).voiceMethod, "POST");
});

test("resources are as Twilio describes them", async () => {
    const spec = JSON.parse(readFileSync(path.resolve(here, "../vectors/twilio_api_v2010.json"), "utf8"));
    const formats = ["uri", "http-method", "phone-number", "date-time-rfc-2822", "currency", "uri-map", "phone-number-capabilities"];
    const ajv = new Ajv({ strict: false, allErrors: true, formats: Object.fromEntries(formats.map((name) => [name, true])) });
    ajv.addSchema(spec, "spec");
    const authorization = `Basic ${Buffer.from(`${account}:${token}`).toString("base64")}`;
    const rest = async (target) => (await fetch(`${origin}/2010-04-01/Accounts/${account}/${target}`, { headers: { authorization } })).json();
    await create();
    await control("GET", "/idle");
    const lists = {
        Calls: ["calls", "call"],
        Applications: ["applications", "application"],
        IncomingPhoneNumbers: ["incoming_phone_numbers", "incoming_phone_number"],
        OutgoingCallerIds: ["outgoing_caller_ids", "outgoing_caller_id"],
    };
    for (const [resource, [name, schema]] of Object.entries(lists)) {
        const { [name]: items } = await rest(`${resource}.json`);
        const described = spec.components.schemas[`api.v2010.account.${schema}`];
        assert.ok(items.length > 0, resource);
        for (const item of items) {
            assert.deepEqual(Object.keys(described.properties).filter((member) => !(member in item)), [], `${resource} lacks`);
            const validate = ajv.compile({ $ref: `spec#/components/schemas/api.v2010.account.${schema}` });
            assert.ok(validate(item), `${resource}: ${ajv.errorsText(validate.errors)}`);
        }
    }
});
