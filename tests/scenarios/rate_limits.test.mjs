// Too often: keys, tokens, calls, strangers, guesses. Twilio never, and those who know their key never because of others.
import assert from "node:assert/strict";

import { stage } from "./support/world.mjs";

// No rate gives anything back while a scenario runs: one a minute.
const few = (burst) => (name) => ({ [`SWITCHHOOK_RATE_${name}`]: "1", [`SWITCHHOOK_RATE_${name}_BURST`]: String(burst) });
const scenario = stage({ ...few(2)("CALLS"), ...few(3)("TOKEN"), ...few(60)("KEY"), ...few(1000)("ADDRESS") });
const guesses = stage(few(5)("FAILURES"));
const least = stage(Object.assign({}, ...["KEY", "USER", "TOKEN", "CALLS", "ADDRESS", "FAILURES"].map(few(1))));
const strangers = stage({ ...few(3)("ADDRESS"), SWITCHHOOK_TRUSTED_PROXIES: "127.0.0.1" });

const wrong = { authorization: `Bearer shk_${"0".repeat(16)}_${"0".repeat(64)}` };

function isLimited({ status, json, headers }, seconds = 60) {
    assert.equal(status, 429);
    assert.equal(json.code, "rate-limited");
    assert.ok(Number(headers["retry-after"]) >= 1 && Number(headers["retry-after"]) <= seconds, headers["retry-after"]);
}

scenario("tokens for one identity are few, for others they are not fewer because of it", async (world) => {
    const caller = await world.newCaller("tokens:mint-any");
    const token = (identity) => caller.post("/token", { identity });
    for (const left of [2, 1, 0]) {
        const { status, headers } = await token("alice");
        assert.equal(status, 200);
        assert.match(headers["ratelimit-policy"], /"key";q=60;w=3600, "token";q=3;w=180/);
        assert.match(headers.ratelimit, new RegExp(`"key";r=\\d+;t=\\d+, "token";r=${left};t=\\d+`));
    }
    const grown = await world.growth(async () => isLimited(await token("alice")));
    assert.equal(grown['switchhook_rate_refused_total{rate="token"}'], 1);
    assert.equal((await token("bob")).status, 200);
    assert.equal((await (await world.newCaller("tokens:mint-any")).post("/token", { identity: "alice" })).status, 200);
});

scenario("a dialect tells it in its own shape, with the same header fields", async (world) => {
    const caller = await world.newCaller("tokens:mint-any");
    const token = () => caller.get("/api/voice/token?identity=shape");
    for (let i = 0; i < 3; i++)
        assert.equal((await token()).status, 200);
    const { status, json, headers } = await token();
    assert.equal(status, 429);
    assert.equal(typeof json.error, "string");
    assert.ok(Number(headers["retry-after"]) >= 1);
    assert.match(headers.ratelimit, /"token";r=0/);
});

scenario("calls of one caller are few, and what was refused was not stored", async (world) => {
    const caller = await world.newCaller("calls:place");
    const place = () => caller.post("/calls", { to: world.number() });
    const before = world.count("calls");
    for (let i = 0; i < 2; i++)
        assert.equal((await place()).status, 201);
    isLimited(await place());
    assert.equal(world.count("calls"), before + 2);
    assert.equal((await world.api.post("/calls", { to: world.number() })).status, 201, "another caller places calls");
});

scenario("requests of one key are few, whatever they are", async (world) => {
    const caller = await world.newCaller("calls:read");
    let last;
    for (let i = 0; i < 61; i++)
        last = await caller.get("/calls?limit=1");
    isLimited(last);
    assert.match(last.headers.ratelimit, /"key";r=0;t=\d+/);
    isLimited(await caller.get("/calls/call_00000000000000000000000000"));
    assert.equal((await world.api.get("/calls?limit=1")).status, 200, "another key is");
});

guesses("wrong keys from one address are refused sooner, the right one is let in all the same", async (world) => {
    const seen = [];
    for (let i = 0; i < 7; i++)
        seen.push((await world.stranger.get("/calls", wrong)).status);
    assert.deepEqual(seen, [401, 401, 401, 401, 401, 429, 429]);
    isLimited(await world.stranger.get("/calls", wrong));
    assert.equal((await world.api.get("/calls")).status, 200);
    assert.equal((await world.stranger.get("/calls")).status, 401, "who shows nothing guesses nothing");
});

guesses("Twilio is not refused for rate, however often it comes and whoever else was", async (world) => {
    for (let i = 0; i < 7; i++)
        await world.stranger.get("/calls", wrong);
    for (let i = 0; i < 100; i++) {
        const { status, headers } = await world.deliver("/webhooks/call-status", { CallSid: world.sid(), CallStatus: "ringing", SequenceNumber: "0" });
        assert.equal(status, 204);
        assert.equal(headers.ratelimit, undefined);
    }
});

least("a flood of Twilio's requests, every rate as low as it goes, strangers and guesses from the same address in between", async (world) => {
    const fact = () => ({ CallSid: world.sid(), CallStatus: "ringing", SequenceNumber: "0", From: "+15005550006", To: world.number() });
    const asked = () => ({ CallSid: world.sid(), From: "client:alice", To: world.number(), Direction: "inbound", CallStatus: "ringing" });
    const signed = [
        () => world.deliver("/webhooks/call-status", fact()),
        () => world.deliver("/webhooks/call-status", fact(), { method: "GET" }),
        () => world.deliver("/twiml", asked()),
        () => world.deliver("/voice", asked()),
        () => world.deliver("/api/calls/status", fact()),
        () => world.deliver("/webhooks/recording-status", { CallSid: world.sid(), RecordingSid: world.sid("RE"), RecordingStatus: "in-progress" }),
    ];
    const others = [
        () => world.stranger.get("/openapi.json"),
        () => world.stranger.get("/calls", wrong),
        () => world.deliver("/webhooks/call-status", fact(), { signature: "Zm9yZ2Vk" }),
        () => world.api.get("/calls?limit=1"),
    ];
    const [twilios, theirs] = [[], []];
    for (let wave = 0; wave < 10; wave++) { // of fewer requests than there are connections
        const all = await Promise.all(Array.from({ length: 40 }, (_, i) => [signed[i % signed.length](), others[i % others.length]()]).flat());
        twilios.push(...all.filter((_, i) => i % 2 === 0));
        theirs.push(...all.filter((_, i) => i % 2 === 1));
    }
    assert.deepEqual(twilios.filter(({ status }) => status !== 200 && status !== 204), []);
    assert.deepEqual(twilios.filter(({ headers }) => headers.ratelimit !== undefined || headers["retry-after"] !== undefined), []);
    const refused = (n) => theirs.filter((_, i) => i % others.length === n).filter(({ status }) => status === 429).length;
    assert.ok(refused(0) >= 98 && refused(1) >= 98 && refused(3) >= 98, "the others have no rates left: that was a flood");
    assert.deepEqual([...new Set(theirs.filter((_, i) => i % others.length === 2).map(({ status }) => status))], [403]);
    assert.equal((await world.deliver("/twiml", asked())).status, 200);
});

scenario("forged requests are 403 every time; the log says it once, and how many it has not said", async (world) => {
    const forge = () => world.deliver("/webhooks/call-status", { CallSid: world.sid(), CallStatus: "ringing" }, { signature: "Zm9yZ2Vk" });
    for (let i = 0; i < 50; i++)
        assert.equal((await forge()).status, 403);
    const lines = world.logged("signature.mismatch").concat(world.logged("signature.misconfigured"));
    assert.ok(lines.length <= 2, `${lines.length} lines`);
    assert.equal((await world.metrics())['switchhook_signatures_total{token="none"}'], 50);
});

strangers("who needs no credentials is told apart by address, IPv6 by network", async (world) => {
    const from = (address) => world.stranger.get("/openapi.json", { "x-forwarded-for": address });
    for (let i = 0; i < 3; i++)
        assert.equal((await from("203.0.113.9")).status, 200);
    isLimited(await from("203.0.113.9"));
    assert.equal((await from("203.0.113.10")).status, 200);
    for (let i = 0; i < 3; i++)
        assert.equal((await from(`2001:db8:1:2::${i + 1}`)).status, 200);
    isLimited(await from("2001:db8:1:2:ffff::9"));
    assert.equal((await from("2001:db8:1:3::1")).status, 200);
});
