// What was given up: an operator sees it, lets it try again or forgets it, over the API or at the command line.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";

import { cleanEnvironment, serverProgram } from "./support/programs.mjs";
import { stage, until } from "./support/world.mjs";

const scenario = stage({ SWITCHHOOK_JOB_ATTEMPTS_MAX: "2", SWITCHHOOK_PLACE_DEADLINE_MS: "2000" });

function atTheCommandLine(world, ...args) {
    return spawnSync(serverProgram(), ["jobs", ...args], { cwd: world.dir, env: cleanEnvironment(world.env), encoding: "utf8" });
}

const buried = async (world, looks = () => true) => (await world.api.get("/jobs?limit=200")).json.items.find(looks);

/** A call that somebody wanted to end while Twilio could not be reached. */
async function aBuriedHangup(world) {
    const to = world.number();
    await world.sim.callee(to, { manual: true });
    const { json: call } = await world.api.post("/calls", { to }, { "idempotency-key": to });
    assert.notEqual(call.sid, null);
    await world.sim.fault({ target: "rest", kind: "server_error", method: "POST", path: call.sid, count: 2 });
    await world.api.post(`/calls/${call.id}/hangup`);
    const job = await until("the job is given up", () => buried(world, (one) => one.call === call.id));
    return { call, job };
}

const ended = (world, call) => until("the call is over", async () => (await world.api.get(`/calls/${call.id}`)).json.ended_at !== null);

scenario("a buried job is listed with what went wrong, and tries again when it is told to", async (world) => {
    const { call, job } = await aBuriedHangup(world);
    assert.equal(job.kind, "hangup_call");
    assert.equal(job.lane, "calls");
    assert.equal(job.state, "dead");
    assert.equal(job.attempts, 2);
    assert.match(job.last_error, /Twilio did not answer/);
    const { status, json } = await world.api.post(`/jobs/${job.id}/retry`);
    assert.equal(status, 200);
    assert.equal(json.id, job.id);
    assert.equal(json.state, "pending");
    assert.equal(json.attempts, 0);
    await ended(world, call);
    assert.equal(await buried(world, (one) => one.id === job.id), undefined);
    const { json: audit } = await world.api.get(`/audit?action=job.retry&call=${call.id}`);
    assert.deepEqual(audit.items.map(({ subject, reason }) => [subject, reason]), [[job.id, "hangup_call"]]);
});

scenario("the same at the command line, while the server runs", async (world) => {
    const { call, job } = await aBuriedHangup(world);
    const list = atTheCommandLine(world, "list");
    assert.equal(list.status, 0, list.stderr);
    assert.match(list.stdout, new RegExp(`^${job.id} +hangup_call .*Twilio did not answer`, "m"));
    const retry = atTheCommandLine(world, "retry", job.id);
    assert.equal(retry.status, 0, retry.stderr);
    await ended(world, call);
    const again = atTheCommandLine(world, "retry", job.id);
    assert.equal(again.status, 1);
    assert.match(again.stderr, /no job of this number waits or was given up/);
    assert.equal(atTheCommandLine(world, "retry", "x").status, 2);
    assert.equal(atTheCommandLine(world, "bury").status, 2);
});

scenario("a buried job can be forgotten; an open one cannot", async (world) => {
    const { call, job } = await aBuriedHangup(world);
    assert.equal((await world.api.request("DELETE", `/jobs/${job.id}`)).status, 204);
    assert.equal((await world.api.request("DELETE", `/jobs/${job.id}`)).status, 404);
    assert.equal((await world.api.post(`/jobs/${job.id}/retry`)).status, 404);
    const second = await aBuriedHangup(world);
    assert.equal(atTheCommandLine(world, "discard", second.job.id).status, 0);
    assert.equal(await buried(world, (one) => one.id === second.job.id), undefined);
    for (const one of [call, second.call]) {
        await world.api.post(`/calls/${one.id}/hangup`);
        await ended(world, one);
    }
});

scenario("a second open job about the same is in the way of the first", async (world) => {
    const { call, job } = await aBuriedHangup(world);
    execFileSync("sqlite3", [world.env.SWITCHHOOK_DATABASE, `PRAGMA busy_timeout = 5000; INSERT INTO jobs (account_sid, kind, call_number,
        state, run_at, leased_until, attempts, created_at) SELECT account_sid, kind, call_number, 'pending', 9999999999999, 0, 1, 0
        FROM jobs WHERE number = ${job.id}`]);
    const open = (await world.api.get("/jobs?state=open")).json.items.find((one) => one.call === call.id);
    const { status, json } = await world.api.post(`/jobs/${job.id}/retry`);
    assert.equal(status, 409);
    assert.match(json.detail, /another job about the same/);
    assert.match(atTheCommandLine(world, "retry", job.id).stderr, /another job about the same/);
    assert.equal((await world.api.request("DELETE", `/jobs/${open.id}`)).status, 409);
    assert.equal((await world.api.post(`/jobs/${open.id}/retry`)).status, 200); // now, and not in the year 2286
    await ended(world, call);
});

scenario("jobs are for those who may manage them", async (world) => {
    const { job } = await aBuriedHangup(world);
    const other = await world.newCaller("calls:read-all calls:control audit:read");
    for (const [method, target] of [["GET", "/jobs"], ["POST", `/jobs/${job.id}/retry`], ["DELETE", `/jobs/${job.id}`]]) {
        const { status, json } = await other.request(method, target);
        assert.equal(status, 403);
        assert.match(json.detail, /jobs:manage/);
    }
});

scenario("the list takes what it says and nothing else", async (world) => {
    for (const [query, field] of [["state=buried", "state"], ["limit=0", "limit"], ["limit=201", "limit"], ["cursor=x", "cursor"], ["kind=x", "kind"]]) {
        const { status, json } = await world.api.get(`/jobs?${query}`);
        assert.equal(status, 422, query);
        assert.match(json.detail, new RegExp(field));
    }
    for (const id of ["0", "-1", "x", "99999999999999999999"])
        assert.equal((await world.api.post(`/jobs/${id}/retry`)).status, 404);
});

scenario("the list goes on page by page", async (world) => {
    await aBuriedHangup(world);
    await aBuriedHangup(world);
    const { json: all } = await world.api.get("/jobs");
    const found = [];
    for (let next = "/jobs?limit=1"; next !== null;) {
        const { json } = await world.api.get(next);
        found.push(...json.items.map(({ id }) => id));
        next = json.next_cursor === null ? null : `/jobs?limit=1&cursor=${json.next_cursor}`;
    }
    assert.deepEqual(found, all.items.map(({ id }) => id));
    assert.equal(found.length >= 2, true);
});
