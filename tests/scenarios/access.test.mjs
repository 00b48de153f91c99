// Who may do what: keys, scopes, and other people's calls.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";

import { stage, until } from "./support/world.mjs";

const scenario = stage();

// ---- keys

const badKeys = [
    ["no key", {}],
    ["an empty key", { authorization: "Bearer " }],
    ["a word", { authorization: "Bearer hello" }],
    ["another scheme", { authorization: "Basic aGVsbG86d29ybGQ=" }],
    ["a key of the right form that nobody has", { authorization: `Bearer shk_${"0".repeat(16)}_${"0".repeat(64)}` }],
];

for (const [what, headers] of badKeys)
    scenario(`${what}: 401 on every route of the API, and counted`, async (world) => {
        const routes = Object.entries(world.document.paths).flatMap(([path, item]) =>
            Object.entries(item)
                .filter(([, { security }]) => security.some((one) => "key" in one))
                .map(([method]) => [method.toUpperCase(), path.replace("{id}", "call_00000000000000000000000000")]),
        );
        assert.ok(routes.length >= 6);
        const grown = await world.growth(async () => {
            for (const [method, path] of routes) {
                const { status, json } = await world.stranger.request(method, path, undefined, headers);
                assert.deepEqual([status, json.code], [401, "unauthenticated"], `${method} ${path}`);
            }
        });
        assert.equal(grown.switchhook_keys_refused_total, routes.length);
    });

scenario("every wrong key hears the same words", async (world) => {
    const [, id] = world.key.match(/^shk_(\w+)_/);
    const { key: revoked } = await world.newCaller("all");
    world.run(["key", "revoke", revoked.match(/^shk_(\w+)_/)[1]]);
    await until("the key is refused", async () => (await world.as(revoked).get("/calls")).status === 401);
    const texts = [];
    for (const key of [`shk_${"0".repeat(16)}_${"0".repeat(64)}`, `shk_${id}_${"0".repeat(64)}`, revoked, `${world.key}0`, world.key.slice(0, -1)])
        texts.push((await world.as(key).get("/calls")).json.detail);
    assert.equal(new Set(texts).size, 1, texts.join("\n"));
});

scenario("a key is taken in either header, whatever the case of Bearer", async (world) => {
    const headers = [{ authorization: `Bearer ${world.key}` }, { authorization: `bearer ${world.key}` }, { "x-api-key": world.key }];
    for (const one of headers)
        assert.equal((await world.stranger.get("/calls", one)).status, 200, JSON.stringify(Object.keys(one)));
});

scenario("a key that is created while the server runs is noticed, and so is its end", async (world) => {
    const caller = await world.newCaller("all");
    assert.equal((await caller.get("/calls")).status, 200);
    const [, id] = caller.key.match(/^shk_(\w+)_/);
    assert.equal(world.run(["key", "revoke", id]).status, 0);
    await until("the key is refused", async () => (await caller.get("/calls")).status === 401, { timeoutMs: 2000 });
});

scenario("a key is shown once, and nowhere else", async (world) => {
    const { stdout } = world.run(["key", "list"]);
    const [, id, hidden] = world.key.match(/^shk_(\w+)_(\w+)$/);
    assert.match(stdout, new RegExp(`^${id} .* valid +scenario +all$`, "m"));
    assert.ok(!stdout.includes(hidden));
    assert.ok(!world.server.output.includes(hidden), "not in the log");
    const dump = execFileSync("sqlite3", ["-readonly", world.env.SWITCHHOOK_DATABASE, ".dump"], { encoding: "utf8" });
    assert.ok(!dump.includes(hidden), "not in the database");
});

for (const [what, args, status, said] of [
    ["no name", ["create", "--scopes", "all"], 2, /--name/],
    ["no scopes", ["create", "--name", "x"], 2, /--scopes/],
    ["a scope that is none", ["create", "--name", "x", "--scopes", "calls:read,calls:wrong"], 2, /calls:wrong/],
    ["a verb that is none", ["destroy"], 2, /usage/],
    ["nobody to revoke", ["revoke"], 2, /usage|ID/],
    ["an id that nobody has", ["revoke", "0".repeat(16)], 1, /no.*key/i],
])
    scenario(`key: ${what}: exit status ${status}, and it says what is wrong`, async (world) => {
        const end = world.run(["key", ...args]);
        assert.equal(end.status, status, end.stderr);
        assert.match(end.stderr, said);
        assert.equal(end.stdout, "");
    });

// ---- scopes

/** Every operation with a request that is well-formed, and the scope that it takes. */
const operations = [
    ["POST", "/calls", { to: "+14155550155" }, "calls:place"],
    ["GET", "/calls", undefined, "calls:read"],
    ["GET", "/calls/call_00000000000000000000000000", undefined, "calls:read"],
    ["POST", "/calls/call_00000000000000000000000000/hangup", undefined, "calls:control"],
    ["GET", "/recordings", undefined, "recordings:read"],
    ["GET", "/recordings/rec_00000000000000000000000000", undefined, "recordings:read"],
    ["GET", "/calls/call_00000000000000000000000000/transcript", undefined, "transcripts:read"],
    ["GET", "/search?q=word", undefined, "transcripts:read"],
    ["GET", "/voicemails", undefined, "voicemails:read"],
    ["GET", "/voicemails/vm_00000000000000000000000000", undefined, "voicemails:read"],
    ["POST", "/voicemails/vm_00000000000000000000000000/read", undefined, "voicemails:manage"],
    ["POST", "/voicemails/vm_00000000000000000000000000/unread", undefined, "voicemails:manage"],
    ["DELETE", "/voicemails/vm_00000000000000000000000000", undefined, "voicemails:manage"],
    ["GET", "/recordings/rec_00000000000000000000000000/media", undefined, "recordings:read"],
    ["POST", "/recordings/rec_00000000000000000000000000/link", {}, "recordings:read"],
    ["POST", "/calls/call_00000000000000000000000000/recordings", {}, "recordings:control"],
    ["POST", "/recordings/rec_00000000000000000000000000/pause", undefined, "recordings:control"],
    ["POST", "/recordings/rec_00000000000000000000000000/resume", undefined, "recordings:control"],
    ["POST", "/recordings/rec_00000000000000000000000000/stop", undefined, "recordings:control"],
    ["PATCH", "/recordings/rec_00000000000000000000000000", { hold: true }, "recordings:hold"],
    ["PATCH", "/recordings/rec_00000000000000000000000000", { tag: "a" }, "recordings:control"],
    ["DELETE", "/recordings/rec_00000000000000000000000000", undefined, "recordings:delete"],
    ["GET", "/token", undefined, "tokens:mint"],
    ["POST", "/token", {}, "tokens:mint"],
];

const everyScope = ["tokens:mint", "calls:place", "calls:read", "calls:control", "recordings:read", "recordings:control", "recordings:delete", "recordings:hold", "voicemails:read", "voicemails:manage", "transcripts:read", "audit:read"];

for (const [method, path, body, scope] of operations) {
    scenario(`${method} ${path.replace(/(call|rec|vm)_0+/, "{id}")} takes ${scope}`, async (world) => {
        const allowed = await world.newCaller(scope);
        const { status } = await allowed.request(method, path, body);
        assert.notEqual(status, 403);
        assert.notEqual(status, 401);
    });

    scenario(`${method} ${path.replace(/(call|rec|vm)_0+/, "{id}")} without ${scope}: 403 that names it`, async (world) => {
        const others = everyScope.filter((one) => one !== scope).join(",");
        const refused = await world.newCaller(others);
        const { status, json } = await refused.request(method, path, body);
        assert.deepEqual([status, json.code], [403, "forbidden"]);
        assert.match(json.detail, new RegExp(scope));
    });
}

scenario("nothing is dialled for a caller without the scope", async (world) => {
    const reader = await world.newCaller("calls:read-all calls:read");
    const to = world.number();
    assert.equal((await reader.post("/calls", { to })).status, 403);
    assert.equal(world.count("calls WHERE to_address = :to", { to }), 0);
    assert.equal(await world.sim.dialled(to), 0);
});

// ---- strangers

scenario("on every route with an {id}: another key's call is not there, and neither are calls of nobody", async (world) => {
    const owner = await world.newCaller("calls:place calls:read calls:control");
    const stranger = await world.newCaller(
        "calls:place calls:read calls:control recordings:read recordings:control recordings:delete recordings:hold voicemails:read voicemails:manage transcripts:read",
    );
    const to = world.number();
    await world.sim.callee(to, { manual: true });
    const { json } = await owner.post("/calls", { to });
    const rows = Object.entries(world.document.paths)
        .filter(([path]) => path.includes("{id}") && !/^\/(jobs|subscriptions|deliveries)\//.test(path)) // those are an operator's, by a scope
        .flatMap(([path, item]) => Object.keys(item).map((method) => [method.toUpperCase(), path]));
    assert.ok(rows.length >= 2);
    for (const [method, path] of rows)
        for (const id of [json.id, json.sid, "call_00000000000000000000000001", world.sid(), "x", "call_", "%00", "..%2f", `${json.id}0`]) {
            const answer = await stranger.request(method, path.replace("{id}", id));
            assert.ok(answer.status === 404 || (answer.status === 400 && id === "%00"), `${method} ${path} ${id} ${answer.status}`);
        }
    const mine = await stranger.get(`/calls/${json.id}`);
    const nobodys = await stranger.get("/calls/call_00000000000000000000000001");
    assert.equal(mine.json.detail, nobodys.json.detail, "not even the words differ");
    assert.equal((await world.call(json.id)).status, "ringing", "nothing happened to it");
    assert.equal((await owner.post(`/calls/${json.id}/hangup`)).status, 200);
});

scenario("a caller sees his own calls only, unless he may read all", async (world) => {
    const one = await world.newCaller("calls:place calls:read");
    const other = await world.newCaller("calls:place calls:read");
    const all = await world.newCaller("calls:read calls:read-all");
    const mine = (await one.post("/calls", { to: world.number() })).json.id;
    const theirs = (await other.post("/calls", { to: world.number() })).json.id;
    const idsOf = async (caller) => (await caller.get("/calls?limit=200")).json.items.map(({ id }) => id);
    assert.deepEqual(await idsOf(one), [mine]);
    assert.deepEqual(await idsOf(other), [theirs]);
    const everything = await idsOf(all);
    assert.ok(everything.includes(mine) && everything.includes(theirs));
    assert.equal((await all.get(`/calls/${mine}`)).status, 200);
});

scenario("an incoming call belongs to no key: only who may read all sees it", async (world) => {
    const sid = world.sid();
    await world.deliver("/webhooks/call-status", { CallSid: sid, CallStatus: "ringing", From: "+14155550111", To: "+15005550006", Direction: "inbound" });
    const one = await world.newCaller("calls:read");
    assert.equal((await one.get(`/calls/${sid}`)).status, 404);
    assert.equal((await world.api.get(`/calls/${sid}`)).status, 200);
});

scenario("calls:control without calls:read ends what it placed", async (world) => {
    const caller = await world.newCaller("calls:place calls:control");
    const to = world.number();
    await world.sim.callee(to, { manual: true });
    const { json } = await caller.post("/calls", { to });
    assert.equal((await caller.post(`/calls/${json.id}/hangup`)).status, 200);
    assert.equal((await caller.get(`/calls/${json.id}`)).status, 403);
});
