// A person is erased: no file of ours names them any more, Twilio is asked to delete what it has, and nobody else has lost anything.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { after } from "node:test";

import { Endpoint } from "./support/endpoint.mjs";
import { cleanEnvironment, serverProgram } from "./support/programs.mjs";
import { listen } from "./support/events.mjs";
import { stage, until } from "./support/world.mjs";

const quick = { SWITCHHOOK_RECORD: "record-from-answer", SWITCHHOOK_REFRESH_SWEEP_MS: "100" };
const scenario = stage(quick);

const erase = (world, ...args) => world.run(["erase", ...args]);

/** All files of the world's folder that have one of these in them, the database's own among them. */
function filesWith(folder, words) {
    return readdirSync(folder, { recursive: true })
        .map((name) => path.join(folder, name))
        .filter((file) => statSync(file).isFile())
        .filter((file) => {
            const bytes = readFileSync(file);
            return words.some((word) => bytes.includes(word));
        });
}

/** How a number may be written: not as the local part of a longer one. */
const forms = (number) => [number, number.slice(1), `%2B${number.slice(1)}`, number.slice(2)];

async function aCall(world, to, more = {}) {
    await world.sim.callee(to, { answer_after_ms: 100, hangup_after_ms: 3000 });
    const { status, json, text } = await world.api.post("/calls", { to, metadata: { lead: to }, ...more }, { "idempotency-key": world.name("key") });
    assert.equal(status, 201, text);
    await world.callOver(json.id);
    return json;
}

/** A call from outside, with a recording, by Twilio's hand. */
async function aCallFrom(world, from) {
    const call = world.sid();
    const recording = world.sid("RE");
    await world.deliver("/twiml", { CallSid: call, From: from, To: world.env.TWILIO_NUMBER ?? "+15005550006", CallStatus: "ringing", Direction: "inbound", CallerName: "PAT EXAMPLE" });
    await world.deliver("/webhooks/recording-status", { CallSid: call, RecordingSid: recording, RecordingStatus: "completed", RecordingUrl: `https://api.twilio.com/2010-04-01/Accounts/AC/Recordings/${recording}`, RecordingDuration: "3" });
    await world.deliver("/webhooks/call-status", { CallSid: call, From: from, To: "+15005550006", CallStatus: "completed", CallDuration: "3", Direction: "inbound" });
    return { call, recording };
}

/** Every row of every table that tells of somebody else, as text. */
function everythingOf(world, words) {
    const tables = world.sqlite("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%STRICT%' AND name NOT IN ('retention', 'probe', 'jobs')");
    return tables.flatMap(({ name }) => world.sqlite(`SELECT * FROM ${name}`).map((row) => `${name} ${JSON.stringify(row)}`)).filter((row) => words.some((word) => row.includes(word)));
}

const quiet = (world) => until("no job is open", () => world.count("jobs WHERE state <> 'dead'") === 0);

scenario("a number: nothing names it any more, and everybody else is as they were", async (world) => {
    const erased = world.number();
    const other = world.number();
    const made = await aCall(world, erased);
    const { call, recording } = await aCallFrom(world, erased);
    await aCall(world, other);
    await aCallFrom(world, other);
    await world.deliver("/webhooks/call-status", { CallSid: world.sid(), From: other, To: "+15005550006", CallStatus: "completed", Direction: "inbound", Note: `knows ${erased}` });
    await world.sim.idle();
    await quiet(world);
    const before = everythingOf(world, [other, `%2B${other.slice(1)}`]).filter((row) => !row.includes(erased.slice(1)));
    assert.ok(before.length > 5);
    assert.ok(filesWith(world.dir, forms(erased)).length > 0);

    const look = erase(world, "--number", erased, "--dry-run");
    assert.equal(look.status, 0, look.stderr);
    assert.match(look.stdout, /^found:\n {2}calls +2$/m);
    assert.match(look.stdout, /^ {2}recordings +[12]$/m);
    assert.equal(world.count("calls WHERE erased_at <> 0"), 0);
    const unconfirmed = erase(world, "--number", erased);
    assert.equal(unconfirmed.status, 2);
    assert.match(unconfirmed.stderr, /add --yes/);

    const receipt = erase(world, "--number", erased, "--yes");
    assert.equal(receipt.status, 0, receipt.stderr + receipt.stdout);
    assert.match(receipt.stdout, /^erased:\n {2}calls +2$/m);
    assert.match(receipt.stdout, /^ {2}deletions to be made at Twilio +[3-9]$/m);
    await quiet(world);
    const named = filesWith(world.dir, forms(erased));
    assert.deepEqual(named, []);
    assert.deepEqual(everythingOf(world, [other, `%2B${other.slice(1)}`]).filter((row) => !row.includes("knows")), before);

    // What stays is the bare fact, and Twilio has been asked.
    const { json } = await world.api.get(`/calls/${made.id}`);
    assert.deepEqual([json.to, json.status, json.metadata ?? null], ["erased", "completed", null]);
    assert.equal((await world.twilio("GET", `/Calls/${made.sid}.json`)).status, 404);
    const asked = world.sqlite("SELECT route, count(*) AS n FROM timeline WHERE kind = 'rest' AND route LIKE 'DELETE %' GROUP BY route ORDER BY route");
    assert.deepEqual(asked.map(({ route }) => route), ["DELETE /Calls/{sid}.json", "DELETE /Recordings/{sid}.json"]);
    assert.notEqual(world.sqlite("SELECT remote_deleted_at FROM recordings WHERE sid = :recording", { recording })[0].remote_deleted_at, 0);

    const { json: explained } = await world.api.get(`/calls/${made.id}/timeline`);
    assert.deepEqual(explained.diagnosis.map(({ code }) => code).filter((code) => /not-kept|missing/.test(code)), ["not-kept"]);

    // Who did it is in the audit log, whom it was not.
    const { json: audit } = await world.api.get("/audit?action=person.erase");
    assert.deepEqual(audit.items.map(({ subject, actor_kind: kind }) => [subject, kind]), [[`+...${erased.slice(-2)}`, "operator"]]);
    assert.match(audit.items[0].detail, /^2 calls, /);

    // Late news of the call is noted without what it says, and a second time there is nothing.
    await world.deliver("/webhooks/call-status", { CallSid: call, From: erased, To: "+15005550006", CallStatus: "completed", SequenceNumber: "9", Direction: "inbound" });
    const late = world.sid("RE");
    await world.deliver("/webhooks/recording-status", { CallSid: call, RecordingSid: late, RecordingStatus: "completed", RecordingUrl: `https://api.twilio.com/2010-04-01/Accounts/AC/Recordings/${late}`, RecordingDuration: "3" });
    await until("the recording that came late is deleted there, too", () => world.count("recordings WHERE sid = :late AND remote_deleted_at <> 0 AND deleted_at <> 0 AND media = 'none'", { late }) === 1);
    assert.deepEqual(everythingOf(world, forms(erased)), []);
    const again = erase(world, "--number", erased, "--yes");
    assert.equal(again.status, 0, again.stderr);
    assert.equal(again.stdout, "nothing is known of this person\n");

    // Somebody who calls again is somebody new.
    await aCallFrom(world, erased);
    assert.ok(everythingOf(world, forms(erased)).length > 0);
});

scenario("an identity: its calls, its keys, its group and its lines in the audit log", async (world) => {
    const who = world.name("agent");
    const other = world.number();
    const backend = await world.newCaller("all");
    await backend.post("/tokens", { identity: who });
    await world.deliver("/twiml", { CallSid: world.sid(), From: `client:${who}`, To: other, CallStatus: "ringing", Direction: "inbound", Caller: `client:${who}` });
    const sid = world.sqlite("SELECT root_sid FROM calls WHERE identity = :who", { who })[0].root_sid;
    const refused = erase(world, "--identity", who, "--yes");
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /nothing was erased: 0 calls have a recording that is held, 1 are not over/);
    await world.deliver("/webhooks/call-status", { CallSid: sid, From: `client:${who}`, CallStatus: "completed", Direction: "inbound" });
    const { status, stderr, stdout } = erase(world, "--identity", who, "--yes", "--keep-at-twilio");
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(stdout, /Twilio/);
    await world.api.get("/calls");
    assert.deepEqual(filesWith(world.dir, [who]), []);
    assert.equal(world.sqlite("SELECT to_address FROM calls WHERE root_sid = :sid", { sid })[0].to_address, other);
});

scenario("what is held is not erased, and says so", async (world) => {
    const from = world.number();
    const { recording } = await aCallFrom(world, from);
    const { call: free } = await aCallFrom(world, from);
    execFileSync("sqlite3", [world.env.SWITCHHOOK_DATABASE, `PRAGMA busy_timeout = 5000; UPDATE recordings SET hold = 1 WHERE sid = '${recording}'`]);
    const refused = erase(world, "--number", from, "--yes");
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /1 calls have a recording that is held/);
    assert.equal(world.count("calls WHERE from_address = :from", { from }), 2);
    const rest = erase(world, "--number", from, "--yes", "--leave-some");
    assert.equal(rest.status, 1);
    assert.match(rest.stdout, /^left, because a recording is held: 1 calls$/m);
    assert.equal(world.sqlite("SELECT from_address FROM calls WHERE root_sid = :free", { free })[0].from_address, "erased");
    assert.equal(world.count("calls WHERE from_address = :from", { from }), 1);
    assert.ok(world.count("timeline WHERE raw LIKE :like", { like: `%${from.slice(1)}%` }) > 0);
});

scenario("killed again and again, it ends where it would have ended, and Twilio is asked for each call once", async (world) => {
    const from = world.number();
    const calls = [];
    for (let i = 0; i < 12; i++)
        calls.push((await aCallFrom(world, from)).call);
    let timeout = 30;
    const once = () => spawnSync(serverProgram(), ["erase", "--number", from, "--yes"], { cwd: world.dir, env: cleanEnvironment(world.env), timeout: (timeout += 15), killSignal: "SIGKILL", encoding: "utf8" });
    let killed = 0;
    for (let last = once(); last.status !== 0; last = once()) {
        assert.equal(last.signal, "SIGKILL", last.stderr);
        killed++;
    }
    assert.ok(killed > 0);
    await quiet(world);
    assert.deepEqual(filesWith(world.dir, forms(from)), []);
    for (const call of calls)
        assert.equal(world.count("timeline AS t JOIN calls AS c ON c.number = t.call_number WHERE c.root_sid = :call AND t.route = 'DELETE /Calls/{sid}.json'", { call }), 1);
});

scenario("by default only the parameters of what is old go", async (world) => {
    const from = world.number();
    const { call } = await aCallFrom(world, from);
    const theirs = `call_number = (SELECT number FROM calls WHERE root_sid = '${call}')`;
    const before = world.count("timeline");
    assert.ok(world.count(`timeline WHERE ${theirs} AND raw IS NOT NULL`) > 0);
    execFileSync("sqlite3", [world.env.SWITCHHOOK_DATABASE, `PRAGMA busy_timeout = 5000; UPDATE calls SET created_at = 1500000000000 WHERE root_sid = '${call}'; UPDATE timeline SET at = 1500000000000`]);
    await until("the parameters have gone", () => world.count(`timeline WHERE ${theirs} AND raw IS NOT NULL`) === 0);
    assert.equal(world.count("timeline"), before);
    assert.equal((await world.call(call)).from, from);
    assert.equal(world.count(`recordings WHERE ${theirs}`), 1);
});

scenario("bad arguments are told apart", async (world) => {
    for (const [args, told] of [
        [[], /say whom/],
        [["--number", "+15005550001", "--identity", "a"], /say whom/],
        [["--number", "15005550001"], /E\.164/],
        [["--number", "+1 500"], /E\.164/],
        [["--identity", ""], /say whom/],
        [["--who", "x"], /--who/],
    ]) {
        const { status, stderr } = erase(world, ...args, "--yes");
        assert.equal(status, 2, stderr);
        assert.match(stderr, told);
    }
});

const forgetful = stage({ ...quick, SWITCHHOOK_CALL_TTL_MS: "1500", SWITCHHOOK_RAW_TTL_MS: "300", SWITCHHOOK_ENDING_SILENCE_MS: "100", SWITCHHOOK_RECORD: "do-not-record" });

forgetful("what is old goes, first the parameters, then the call with all of it", async (world) => {
    const call = world.sid();
    const listener = await listen(world);
    listener.close();
    await world.deliver("/webhooks/call-status", { CallSid: call, From: "+15005550001", To: "+15005550006", CallStatus: "completed", Direction: "inbound" });
    const id = (await world.call(call)).id;
    await until("the parameters have gone", () => world.count("timeline WHERE raw IS NOT NULL") === 0);
    assert.equal((await world.call(id)).from, "+15005550001");
    const { json: explained } = await world.api.get(`/calls/${id}/timeline`);
    assert.ok(explained.diagnosis.some(({ code }) => code === "not-kept"), JSON.stringify(explained.diagnosis));
    await world.deliver("/webhooks/call-status", { CallSid: world.sid(), From: "+15005550002", To: "+15005550006", CallStatus: "ringing", Direction: "inbound" });
    await until("the call has gone", () => world.count("calls WHERE root_sid = :call", { call }) === 0);
    assert.equal((await world.api.get(`/calls/${id}`)).status, 404);
    assert.equal(world.count("calls"), 1); // the one that goes on
    const back = await listen(world, { lastId: listener.lastId });
    assert.deepEqual([back.hello.resumed, back.hello.reason], [false, "too-old"]);
    back.close();
    const metrics = await world.metrics();
    assert.equal(metrics['switchhook_retention_removed_total{table="calls"}'], 1);
});

const HOME = "+15005550006";
const spoken = stage({ ...quick, SWITCHHOOK_VOICEMAIL: "true", SWITCHHOOK_INBOUND_IDENTITY: "alice", SWITCHHOOK_TRANSCRIBE: "inbound", SWITCHHOOK_RECORD: "do-not-record" });

/** Somebody calls, says that to us, and hangs up. */
async function says(world, from, text) {
    const sid = world.sid();
    const call = { CallSid: sid, From: from, To: HOME, Direction: "inbound" };
    const answer = await world.deliver("/twiml", { ...call, CallStatus: "ringing" });
    const url = new URL(answer.text.match(/ statusCallbackUrl="([^"]+)"/)[1].replaceAll("&amp;", "&"));
    const told = { CallSid: sid, TranscriptionSid: world.sid("GT"), TranscriptionEvent: "transcription-content", LanguageCode: "en-GB", SequenceId: "1", Track: "inbound_track", Final: "true", TranscriptionData: JSON.stringify({ transcript: text, confidence: 0.9 }), Timestamp: "2026-03-01T10:00:00.000Z" };
    assert.equal((await world.deliver(url.pathname + url.search, told)).status, 204);
    await world.deliver("/webhooks/call-status", { ...call, CallStatus: "completed", CallDuration: "3" });
    return { sid, again: () => world.deliver(url.pathname + url.search, { ...told, SequenceId: "2" }) };
}

/** Nobody answers, and the caller leaves a message. */
async function leavesMessage(world, from) {
    await world.sim.callee("client:*", { no_answer: true });
    const { call_sid: sid } = await world.sim.inbound({ from, to: HOME, script: { speaks_ms: 4000 } });
    await world.sim.idle();
    const [row] = await until("the message is stored", () => {
        const rows = world.sqlite("SELECT r.* FROM recordings AS r JOIN calls AS c ON c.number = r.call_number WHERE c.root_sid = :sid AND r.media = 'stored'", { sid });
        return rows.length > 0 && rows;
    });
    return { sid, recording: row.sid, file: path.join(world.dir, "recordings", row.media_key) };
}

spoken("what somebody said: sound, voicemail, words and what is searched with them, here and at Twilio", async (world) => {
    const erased = world.number();
    const other = world.number();
    const theirs = await leavesMessage(world, erased);
    const others = await leavesMessage(world, other);
    const call = await says(world, erased, "the pomegranate was delivered");
    await says(world, other, "the papaya was delivered");
    await quiet(world);
    assert.equal((await world.api.get("/search?q=pomegranate")).json.items.length, 1);
    const sound = readFileSync(others.file);
    assert.ok(filesWith(world.dir, ["pomegranate"]).length > 0);

    const { status, stdout, stderr } = erase(world, "--number", erased, "--yes");
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^ {2}files of recordings +1$/m);
    assert.match(stdout, /^ {2}voicemails +1$/m);
    assert.match(stdout, /^ {2}lines of transcripts of them +1$/m);
    await quiet(world);
    assert.equal(existsSync(theirs.file), false);
    assert.deepEqual(filesWith(world.dir, [...forms(erased), "pomegranate"]), []);
    assert.equal((await world.twilio("GET", `/Recordings/${theirs.recording}.json`)).status, 404);
    assert.equal((await world.twilio("GET", `/Calls/${theirs.sid}.json`)).status, 404);
    assert.equal((await world.api.get("/search?q=pomegranate")).json.items.length, 0);
    await call.again();
    assert.deepEqual(filesWith(world.dir, ["pomegranate"]), []);

    assert.deepEqual(readFileSync(others.file), sound);
    assert.equal((await world.twilio("GET", `/Recordings/${others.recording}.json`)).status, 200);
    assert.equal((await world.api.get("/search?q=papaya")).json.items.length, 1);
    const { json: voicemails } = await world.api.get("/voicemails");
    assert.deepEqual(voicemails.items.map(({ from }) => from), [other]);
});

const endpoint = await Endpoint.open();
after(() => endpoint.close());
const echoing = stage({ ...quick, SWITCHHOOK_INBOUND_IDENTITY: "alice", SWITCHHOOK_TRANSCRIBE: "inbound", SWITCHHOOK_WEBHOOK_NETWORKS: "127.0.0.1", SWITCHHOOK_WEBHOOK_BACKOFF_MS: "20", SWITCHHOOK_WEBHOOK_BACKOFF_MAX_MS: "50" });

echoing("what an endpoint answered about the call goes, and what it answered about others stays", async (world) => {
    const [erased, other] = [world.number(), world.number()];
    let failures = 0;
    endpoint.answer = ({ event, body }) => ({ status: event.type === "transcript.final" && failures++ < 3 ? 500 : 200, body: body.match(/"text":"([^"]*)"/)?.[1] ?? "" });
    const { json: subscription } = await world.api.post("/subscriptions", { url: `${endpoint.origin}/echo`, events: ["transcript.final"] });
    await says(world, erased, "the pomegranate was delivered");
    await says(world, other, "the papaya was delivered");
    const answers = await until("both are delivered, after failures", async () => {
        const { json } = await world.api.get(`/subscriptions/${subscription.id}/deliveries?state=delivered`);
        return json.items.length === 2 && json.items.map(({ last }) => last.answer).sort();
    });
    assert.deepEqual(answers, ["the papaya was delivered", "the pomegranate was delivered"]);
    assert.ok(world.count("delivery_attempts WHERE answer LIKE '%pomegranate%'") > 0);

    const { status, stderr } = erase(world, "--number", erased, "--yes");
    assert.equal(status, 0, stderr);
    await quiet(world);
    assert.deepEqual(filesWith(world.dir, [...forms(erased), "pomegranate"]), []);
    assert.equal(world.count("deliveries WHERE last_answer LIKE '%papaya%'"), 1);
});
