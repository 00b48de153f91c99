// Dialects are switched off one by one, moved, and kept apart.
import assert from "node:assert/strict";

import { alone } from "./support/alone.mjs";
import { exchange } from "./support/http.mjs";
import { sha256, signForm } from "./support/twilio.mjs";
import { stage } from "./support/world.mjs";

const scenario = stage();

/** A path of each dialect that no other has, and how it is asked. */
const own = {
    kin: ["POST", "/api/voice/token"],
    "voip-dashboard": ["GET", "/api/twilio/token"],
    kennex: ["POST", "/api/calls/token"],
    "kin-sdk": ["POST", "/webhook"],
    asah: ["GET", "/voice/token"],
};
const words = [...Object.keys(own), "quickstart"];

/** Paths that are served, by tag. */
function served(world) {
    const all = Object.entries(world.document.paths).map(([path, item]) => [Object.values(item)[0].tags[0], path]);
    return Object.fromEntries([...new Set(all.map(([tag]) => tag))].map((tag) => [tag, all.filter(([one]) => one === tag).map(([, path]) => path)]));
}

const status = async (world, method, path) => (await world.stranger.request(method, path)).status;

for (const [word, [method, path]] of Object.entries(own))
    alone(`all but ${word}: its paths are nowhere, the others' are where they were`, { SWITCHHOOK_DIALECTS: words.filter((one) => one !== word).join(",") }, async (world) => {
        assert.equal(await status(world, method, path), 404);
        for (const [other, [otherMethod, otherPath]] of Object.entries(own))
            if (other !== word)
                assert.notEqual(await status(world, otherMethod, otherPath), 404, otherPath);
        assert.equal(await status(world, "POST", "/token"), 401, "native paths stay");
    });

alone("only the quickstarts: /voice, and nothing else of anybody's", { SWITCHHOOK_DIALECTS: "quickstart" }, async (world) => {
    const { native, ...others } = served(world);
    assert.deepEqual(others, { kin: ["/voice"] });
    assert.ok(native.includes("/token"));
});

alone("none: native paths alone", { SWITCHHOOK_DIALECTS: "none" }, async (world) => {
    assert.deepEqual(Object.keys(served(world)), ["native"]);
    for (const [method, path] of [...Object.values(own), ["POST", "/voice"], ["POST", "/status"]])
        assert.equal(await status(world, method, path), 404, path);
});

alone("a dialect below a prefix: every path of it, and Location", { SWITCHHOOK_DIALECT_PREFIXES: "kin=/old/phone,kennex=/k" }, async (world) => {
    assert.equal(await status(world, "POST", "/api/voice/token"), 404);
    assert.equal((await world.api.post("/k/api/calls/token", { agentId: "albert" })).json.identity, "albert");
    const to = world.number();
    const { status: placed, json, headers } = await world.api.post("/old/phone/api/voice/calls", { to, from: "+15005550006" });
    assert.deepEqual([placed, headers.location], [200, `/old/phone/api/voice/calls/${json.id}`]);
    assert.equal((await world.api.get(headers.location)).json.call.id, json.id);
    const fact = { CallSid: world.sid(), CallStatus: "ringing" };
    assert.equal((await world.deliver("/old/phone/status", fact)).text, "OK");
    assert.equal((await world.deliver("/status", fact)).text, "OK", "the SDK guide's own, which has not moved");
});

scenario("two dialects whose paths meet: exit status 2, and both are named", async (world) => {
    for (const command of ["serve", "check"]) {
        const { status: code, stderr } = world.run([command], { SWITCHHOOK_DIALECT_PREFIXES: "asah=/api" });
        assert.equal(code, 2);
        assert.match(stderr, /routes collide: GET, POST \/api\/voice\/token of table kin and \/api\/voice\/token of table asah/);
    }
});

scenario("a dialect whose paths meet native ones: exit status 2, and both are named", async (world) => {
    const { status: code, stderr } = world.run(["check"], { SWITCHHOOK_DIALECTS: "kin-sdk", SWITCHHOOK_DIALECT_PREFIXES: "kin-sdk=/webhooks" });
    assert.equal(code, 2);
    assert.match(stderr, /routes collide: GET, POST \/webhooks\/call-status of table webhooks\/status and \/webhooks\/call-status of table kin-sdk/);
});

scenario("check lists what is served, and where", async (world) => {
    const { stdout } = world.run(["check"], { SWITCHHOOK_DIALECTS: "kennex,asah", SWITCHHOOK_DIALECT_PREFIXES: "kennex=/k,kin=/x" });
    assert.match(stdout, /^ok +dialect +kennex serves \/k\/api\/calls\/token \/k\/api\/calls\/twiml \/k\/api\/calls\/status$/m);
    assert.match(stdout, /^ok +dialect +asah serves \/voice\/token \/voice\/response \/voice\/status$/m);
    assert.match(stdout, /^warning +dialect +kin has a prefix and is switched off$/m);
    assert.doesNotMatch(stdout, /voip-dashboard/);
});

scenario("a hook address may lead to a moved dialect, not to where it was", async (world) => {
    const moved = { SWITCHHOOK_DIALECTS: "kin", SWITCHHOOK_DIALECT_PREFIXES: "kin=/old" };
    const hook = (path) => ({ TWILIO_VOICE_WEBHOOK_URL: `https://phone.example.com${path}` });
    assert.equal(world.run(["check"], { ...moved, ...hook("/old/voice") }).status, 0);
    assert.equal(world.run(["check"], { ...moved, ...hook("/voice") }).status, 2);
    assert.equal(world.run(["check"], { TWILIO_STATUS_WEBHOOK_URL: "https://phone.example.com/webhook/any/depth" }).status, 0);
});

scenario("the document shows one dialect alone", async (world) => {
    const { json } = await world.stranger.get("/openapi.json?tag=kennex");
    assert.deepEqual(Object.keys(json.paths), ["/api/calls/token", "/api/calls/twiml", "/api/calls/status"]);
    assert.deepEqual(json.tags, world.document.tags, "what else there is");
    assert.deepEqual((await world.stranger.get("/openapi.json?tag=nobody")).json.paths, {});
});

scenario("an Idempotency-Key works in a dialect, and belongs to its path", async (world) => {
    const to = world.number();
    const wish = { to, from: "+15005550006" };
    const key = { "idempotency-key": `order-${world.name("n")}` };
    const first = await world.api.post("/api/voice/calls", wish, key);
    const second = await world.api.post("/api/voice/calls", wish, key);
    assert.deepEqual([first.status, second.status, second.headers["idempotency-replayed"]], [200, 200, "true"]);
    assert.equal(second.text, first.text);
    const native = await world.api.post("/calls", wish, key);
    assert.deepEqual([native.status, native.json.field], [422, "Idempotency-Key"]);
    assert.equal(await world.sim.dialled(to), 1);
});

scenario("a call that was placed in a dialect is the same call natively", async (world) => {
    const { json } = await world.api.post("/api/voice/calls", { to: world.number(), from: "+15005550006" });
    const call = await world.callOver(json.id);
    assert.equal(call.sid, json.callSid);
    assert.deepEqual(Object.keys(call).filter((name) => ["callSid", "startTime", "success"].includes(name)), [], "native shapes stay as they are");
});

/** A signed body of any type: its hash is in the query, which the signature covers. */
function deliverBody(world, path, type, bytes) {
    const target = `${path}?bodySHA256=${sha256(bytes)}`;
    const signature = signForm(world.env.TWILIO_AUTH_TOKEN, world.publicUrl(target), []);
    const headers = { ...world.hostHeader(), "content-type": type, "x-twilio-signature": signature };
    return exchange(world.origin, "POST", target, { body: bytes, headers });
}

const bodies = [
    ["an object: its members count as fields", "application/json", '{"EventType":"task.created","TaskAge":7,"Deep":{"a":[1]},"Nothing":null}', 200, "taskrouter"],
    ["a list of events, as Event Streams sends them", "application/json", '[{"type":"com.twilio.voice","data":{"n":1}}]', 200, "fact"],
    ["no JSON after all", "application/json", '{"broken":', 200, "fact"],
    ["XML", "text/xml", "<Event/>", 200, "fact"],
    ["bytes that are no text", "application/octet-stream", Buffer.from([0xff, 0xfe, 0x41]), 415],
    ["a NUL", "text/plain", Buffer.from([0x41, 0x00, 0x42]), 415],
    ["more members than a form may have fields", "application/json", JSON.stringify(Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`m${i}`, 1]))), 413],
];

for (const [what, type, bytes, expected, kind] of bodies)
    scenario(`/webhook gets ${what}: ${expected}`, async (world) => {
        const before = world.count("timeline");
        const answer = await deliverBody(world, "/webhook/json", type, bytes);
        assert.equal(answer.status, expected, answer.text);
        assert.equal((await deliverBody(world, "/webhook/json", type, bytes)).status, expected);
        assert.equal(world.count("timeline"), before + (kind ? 1 : 0), "kept once, or not at all");
        if (kind)
            assert.deepEqual(world.sqlite("SELECT kind, raw FROM timeline ORDER BY sequence DESC LIMIT 1"), [{ kind, raw: bytes }]);
    });

scenario("a call whose instructions are asked for in JSON that cannot be used hears the apology", async (world) => {
    const answer = await deliverBody(world, "/voice/response", "application/json", '{"To":"+14155550123"}');
    assert.equal(answer.status, 200);
    assert.match(answer.text, /<Say>We are sorry/);
});
