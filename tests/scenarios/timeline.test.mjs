// What happened to a call, told to people: GET /calls/{id}/timeline and `switchhook explain`.
import assert from "node:assert/strict";

import { stage, until } from "./support/world.mjs";

const scenario = stage({ SWITCHHOOK_RINGING_SILENCE_MS: "150", SWITCHHOOK_IN_PROGRESS_SILENCE_MS: "150", SWITCHHOOK_QUEUED_SILENCE_MS: "150" });

const codes = (diagnosis) => diagnosis.map(({ code }) => code);

async function timelineOf(world, id, query = "") {
    const { status, json, text } = await world.api.get(`/calls/${id}/timeline${query}`);
    assert.equal(status, 200, text);
    return json;
}

scenario("a call that went well: every entry in a line, nothing is the matter", async (world) => {
    const { json } = await world.api.post("/calls", { to: world.number() });
    const call = await world.callOver(json.id);
    await world.sim.idle();
    const { items, next_cursor: next, diagnosis } = await timelineOf(world, call.sid);
    assert.equal(next, null);
    assert.deepEqual(diagnosis, []);
    assert.deepEqual(items.map(({ kind, source }) => [kind, source])[0], ["request", "frontend"]);
    const end = items.find(({ kind, summary }) => kind === "status" && summary.startsWith("completed"));
    assert.equal(end.source, "twilio");
    assert.equal(end.effect, "advances");
    assert.equal(end.parameters.CallStatus, "completed");
    assert.ok(items.some(({ kind, summary }) => kind === "instruction" && /asks \/twiml.*answered: greet/.test(summary)));
});

scenario("pages and kinds", async (world) => {
    const { json } = await world.api.post("/calls", { to: world.number() });
    await world.callOver(json.id);
    await world.sim.idle();
    const all = (await timelineOf(world, json.id)).items;
    const paged = [];
    for (let cursor = ""; cursor !== null; ) {
        const page = await timelineOf(world, json.id, `?limit=2${cursor}`);
        assert.ok(page.items.length <= 2);
        paged.push(...page.items);
        cursor = page.next_cursor === null ? null : `&cursor=${page.next_cursor}`;
    }
    assert.deepEqual(paged, all);
    const statuses = (await timelineOf(world, json.id, "?kind=status")).items;
    assert.deepEqual(statuses, all.filter(({ kind }) => kind === "status"));
    for (const [query, field] of [["?kind=gossip", "kind"], ["?limit=0", "limit"], ["?cursor=x", "cursor"], ["?since=1", "since"]]) {
        const { status, json: problem } = await world.api.get(`/calls/${json.id}/timeline${query}`);
        assert.deepEqual([status, problem.field], [422, field]);
    }
});

scenario("a stranger finds no timeline", async (world) => {
    const { json } = await world.api.post("/calls", { to: world.number() });
    const other = await world.newCaller("calls:read");
    assert.equal((await other.get(`/calls/${json.id}/timeline`)).status, 404);
    assert.equal((await world.api.get("/calls/none/timeline")).status, 404);
    await world.callOver(json.id);
});

scenario("what was lost and repaired is named", async (world) => {
    const to = world.number();
    await world.sim.callee(to, { answer_after_ms: 1000, hangup_after_ms: 4000 });
    await world.sim.fault({ target: "callback", kind: "lose", count: 1, match: { CallStatus: "in-progress" } });
    await world.sim.fault({ target: "callback", kind: "lose", count: 1, match: { CallStatus: "completed" } });
    const { json } = await world.api.post("/calls", { to });
    const call = await world.callOver(json.id);
    await world.sim.idle();
    const { items, diagnosis } = await timelineOf(world, call.id);
    for (const code of ["missing-status", "repaired"])
        assert.ok(codes(diagnosis).includes(code), `${code} in ${codes(diagnosis)}`);
    assert.ok(diagnosis.find(({ code }) => code === "repaired").weight === "warning");
    assert.ok(items.some(({ kind, source, effect }) => kind === "repair" && source === "rest" && effect === "advances"));
});

scenario("a delivery that comes again is counted, not kept twice", async (world) => {
    const sid = world.sid();
    const fields = { CallSid: sid, CallStatus: "busy", From: "+14155550111", To: "+15005550006", Direction: "inbound", SequenceNumber: "0" };
    for (let i = 0; i < 3; i++)
        assert.equal((await world.deliver("/webhooks/call-status", fields)).status, 204);
    const { items, diagnosis } = await timelineOf(world, sid);
    assert.deepEqual(items.filter(({ kind }) => kind === "status").map(({ repeats }) => repeats), [2]);
    const [repeated] = diagnosis.filter(({ code }) => code === "repeated");
    assert.match(repeated.text, /3 times/);
});

scenario("explain prints the same beside the running server, numbers masked unless asked for", async (world) => {
    const to = world.number();
    const { json } = await world.api.post("/calls", { to });
    const call = await world.callOver(json.id);
    await world.sim.idle();
    for (const id of [call.id, call.sid]) {
        const { status, stdout, stderr } = world.run(["explain", id]);
        assert.equal(status, 0, stderr);
        assert.match(stdout, new RegExp(`${call.id}  ${call.sid}`));
        assert.match(stdout, /twilio +status +completed/);
        assert.match(stdout, /Nothing is the matter\./);
        assert.ok(!stdout.includes(to), stdout);
    }
    assert.ok(world.run(["explain", call.id, "--numbers"]).stdout.includes(to));
    const told = JSON.parse(world.run(["explain", call.id, "--json"]).stdout);
    assert.equal(told.id, call.id);
    assert.deepEqual(told.diagnosis, []);
    assert.ok(!JSON.stringify(told).includes(to));
    assert.equal(told.timeline.length, (await timelineOf(world, call.id)).items.length);
});

scenario("explain of nothing, and of no database", async (world) => {
    const none = world.run(["explain", world.sid()]);
    assert.deepEqual([none.status, none.stdout], [1, ""]);
    assert.match(none.stderr, /there is no such call in this database; an id is call_/);
    assert.equal(world.run(["explain"]).status, 2);
    assert.equal(world.run(["explain", "x", "--what"]).status, 2);
    const gone = world.run(["explain", world.sid()], { SWITCHHOOK_DATABASE: `${world.dir}/none.db` });
    assert.equal(gone.status, 1);
    assert.match(gone.stderr, /cannot be used/);
    await until("the server is still there", async () => (await world.api.get("/calls")).status === 200);
});
