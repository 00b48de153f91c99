// Users of the application, who bring its token.
import assert from "node:assert/strict";
import { createHmac, createPublicKey, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { after } from "node:test";

import { Application } from "./support/application.mjs";
import { claimsOf } from "./support/tokens.mjs";
import { stage, until } from "./support/world.mjs";

const application = await Application.open();
const secret = randomBytes(32).toString("hex");
await application.newKey("first", "RS256");
after(() => application.close());

const scenario = stage({
    SWITCHHOOK_AUTH: "key,jwt",
    SWITCHHOOK_JWT_SECRET: secret,
    SWITCHHOOK_JWT_JWKS_URL: `${application.origin}/jwks`,
    SWITCHHOOK_JWT_JWKS_REFETCH_MS: "100",
    SWITCHHOOK_JWT_AUDIENCE: "phone",
    SWITCHHOOK_JWT_ISSUER: "https://app.example.com",
    SWITCHHOOK_JWT_GROUP_CLAIM: "team",
    SWITCHHOOK_JWT_COOKIE: "session",
    SWITCHHOOK_CORS_ORIGINS: "https://app.example.com",
});

const us = { aud: "phone", iss: "https://app.example.com" };
const tokenFor = (sub, further = {}) => application.token({ sub, ...us, ...further }, { secret });
const user = async (world, sub, further) => world.as(await tokenFor(sub, further));

// ---- who it is

scenario("a user gets a token for itself, and for nobody else", async (world) => {
    const name = world.name("alice");
    const alice = await user(world, name);
    const own = await alice.post("/token", {});
    assert.equal(own.status, 200, own.text);
    assert.equal(own.json.identity, name);
    assert.equal(claimsOf(own.json.token).grants.identity, name);
    assert.equal((await alice.post("/token", { identity: name })).status, 200);
    const other = await alice.post("/token", { identity: world.name("bob") });
    assert.deepEqual([other.status, other.json.code], [403, "forbidden"]);
    const logged = await world.logLine("http.request", ({ user: who }) => who === name);
    assert.equal(logged.key, undefined);
});

scenario("an expiry beyond all times is one that never comes", async (world) => {
    for (const exp of [now() + 60, 1e16, 1e17, 1e308]) {
        const { status, text } = await (await user(world, world.name("old"), { exp })).get("/token");
        assert.equal(status, 200, `${exp}: ${text}`);
    }
    assert.equal((await (await user(world, world.name("old"), { exp: -1e308 })).get("/token")).status, 401);
});

scenario("scopes of the token are added to those of every user; others are passed over", async (world) => {
    const name = world.name("carol");
    const plain = await user(world, name, { scope: "openid profile all calls:fly" });
    assert.equal((await plain.post("/token", { identity: world.name("x") })).status, 403, "all is not all");
    for (const scope of ["openid tokens:mint-any", ["openid", "tokens:mint-any"]]) {
        const minter = await user(world, name, { scope });
        assert.equal((await minter.post("/token", { identity: world.name("x") })).status, 200);
    }
});

scenario("a number is an identity too, and an identity that Twilio cannot know is none", async (world) => {
    const { json } = await (await user(world, 4711)).get("/token");
    assert.equal(json.identity, "4711");
    const wrong = ["", undefined, null, {}, [], true, "x".repeat(122), "a\u0007b", 1.5];
    for (const sub of wrong) {
        const { status, json: problem } = await (await user(world, sub)).get("/token");
        assert.deepEqual([status, problem.code], [401, "unauthenticated"], JSON.stringify(sub));
    }
});

// ---- whose calls

scenario("users see what is theirs, keys what is theirs, and nothing is mixed up", async (world) => {
    const name = world.name("dora");
    const dora = await user(world, name);
    const key = await world.newCaller("calls:place,calls:read,calls:control", name);
    const repeat = { "idempotency-key": "the same for both" };
    const hers = await dora.post("/calls", { to: world.number() }, repeat);
    const its = await key.post("/calls", { to: world.number() }, repeat);
    assert.deepEqual([hers.status, its.status], [201, 201], hers.text + its.text);
    assert.notEqual(hers.json.id, its.json.id);
    assert.equal(hers.json.identity, name);
    for (const [caller, own, foreign] of [
        [dora, hers, its],
        [key, its, hers],
    ]) {
        assert.equal((await caller.get(`/calls/${own.json.id}`)).status, 200);
        assert.equal((await caller.get(`/calls/${foreign.json.id}`)).status, 404);
        assert.equal((await caller.post(`/calls/${foreign.json.sid}/hangup`)).status, 404);
        const { json } = await caller.get("/calls");
        assert.deepEqual(json.items.map(({ id }) => id), [own.json.id]);
    }
    const again = await (await user(world, name)).post("/calls", { to: hers.json.to }, repeat);
    assert.equal(again.headers["idempotency-replayed"], "true", "another token of the same user is the same user");
});

scenario("a call from a browser belongs to its user", async (world) => {
    const name = world.name("erin");
    const sid = world.sid();
    await world.deliver("/twiml", { CallSid: sid, From: `client:${name}`, To: world.number(), Direction: "inbound", CallStatus: "ringing" });
    assert.equal((await (await user(world, name)).get(`/calls/${sid}`)).status, 200);
    assert.equal((await (await user(world, `${name}x`)).get(`/calls/${sid}`)).status, 404);
    await world.deliver("/webhooks/call-status", { CallSid: sid, CallStatus: "completed", CallDuration: "1" });
});

scenario("a user rings its own browser first, and nobody else's", async (world) => {
    const name = world.name("fay");
    const other = world.name("gus");
    const fay = await user(world, name);
    const own = await fay.post("/calls", { to: world.number(), flow: "bridge" });
    assert.equal(own.status, 201, own.text);
    assert.equal(own.json.to, `client:${name}`);
    const foreign = await fay.post("/calls", { to: world.number(), flow: "bridge", identity: other });
    assert.deepEqual([foreign.status, foreign.json.code], [403, "forbidden"]);
});

scenario("a group sees its calls: those of REST, of browsers, and those that came in", async (world) => {
    const team = world.name("sales");
    const [ann, ben, eve] = [world.name("ann"), world.name("ben"), world.name("eve")];
    const as = (name, group, scope) => user(world, name, { team: group, scope });
    assert.equal((await (await as(ann, team)).post("/token", {})).status, 200);
    const placed = (await (await as(ann, team)).post("/calls", { to: world.number() })).json;
    const browser = world.sid();
    await world.deliver("/twiml", { CallSid: browser, From: `client:${ann}`, To: world.number(), Direction: "inbound", CallStatus: "ringing" });
    await world.deliver("/webhooks/call-status", { CallSid: browser, CallStatus: "completed", CallDuration: "1" });
    assert.equal(placed.group, team);
    for (const id of [placed.id, browser]) {
        assert.equal((await (await as(ben, team, "calls:read-group")).get(`/calls/${id}`)).json.group, team);
        assert.equal((await (await as(ben, team, "calls:read-group")).post(`/calls/${id}/hangup`)).status, 200);
        assert.equal((await (await as(ben, team)).get(`/calls/${id}`)).status, 404, "without the scope the group is nothing");
        assert.equal((await (await as(eve, `${team}x`, "calls:read-group")).get(`/calls/${id}`)).status, 404);
        assert.equal((await (await as(eve, undefined, "calls:read-group")).get(`/calls/${id}`)).status, 404);
    }
    const listed = async (caller, query = "") => (await caller.get(`/calls${query}`)).json.items.map(({ id }) => id).sort();
    const both = [placed.id, (await world.call(browser)).id].sort();
    assert.deepEqual(await listed(await as(ben, team, "calls:read-group")), both);
    assert.deepEqual(await listed(world.api, `?group=${team}`), both);
    assert.deepEqual(await listed(await as(eve, `${team}x`, "calls:read-group"), `?group=${team}`), []);
});

scenario("a group is remembered across a restart, costs one write, and ends with the claim", async (world) => {
    const name = world.name("hal");
    const group = () => world.sqlite("SELECT call_group FROM identity_groups WHERE identity = :name", { name });
    const mint = async (team) => assert.equal((await (await user(world, name, { team })).post("/token", {})).status, 200);
    await mint("north");
    assert.deepEqual(group(), [{ call_group: "north" }]);
    // The audit log is written behind the answer, in units of its own: some mint falls between two of them, and that one costs none.
    await until("a mint that writes nothing", async () => ((await world.growth(() => mint("north"))).switchhook_store_units_total ?? 0) === 0);
    await mint(["south"]);
    assert.deepEqual(group(), [{ call_group: "south" }]);
    await world.restart();
    const sid = world.sid();
    await world.deliver("/twiml", { CallSid: sid, From: `client:${name}`, To: world.number(), Direction: "inbound", CallStatus: "ringing" });
    assert.equal((await world.call(sid)).group, "south");
    await mint(undefined);
    assert.deepEqual(group(), []);
    assert.equal((await world.call(sid)).group, "south", "the call keeps the one it began with");
    await world.deliver("/webhooks/call-status", { CallSid: sid, CallStatus: "completed", CallDuration: "1" });
    assert.equal((await (await user(world, name, { team: ["a", "b"] })).get("/token")).status, 401, "several are a guess");
});

// ---- what is no credential

const now = () => Math.floor(Date.now() / 1000);
const base64url = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const hmac = (input, key) => `${input}.${createHmac("sha256", key).update(input).digest("base64url")}`;

const forgeries = {
    "no token": () => "",
    "a word": () => "hello",
    "alg none": () => `${base64url({ alg: "none" })}.${base64url({ sub: "mallory", ...us, exp: now() + 60 })}.`,
    "another secret": () => application.token({ sub: "mallory", ...us }, { secret: randomBytes(32).toString("hex") }),
    expired: () => tokenFor("mallory", { exp: now() - 3600 }),
    "no expiry": () => hmac(`${base64url({ alg: "HS256" })}.${base64url({ sub: "mallory", ...us })}`, secret),
    "not yet": () => tokenFor("mallory", { nbf: now() + 3600 }),
    "another audience": () => tokenFor("mallory", { aud: "elsewhere" }),
    "another issuer": () => tokenFor("mallory", { iss: "https://evil.example" }),
    "a critical header": () => hmac(`${base64url({ alg: "HS256", crit: ["x"], x: 1 })}.${base64url({ sub: "mallory", ...us, exp: now() + 60 })}`, secret),
    "another kind": () => application.token({ sub: "mallory", ...us }, { secret, header: { typ: "logout+jwt" } }),
    "the public key as secret (PEM)": async () =>
        hmac(`${base64url({ alg: "HS256", kid: "first" })}.${base64url({ sub: "mallory", ...us, exp: now() + 60 })}`, await application.pem("first")),
    "the public key as secret (DER)": async () =>
        hmac(
            `${base64url({ alg: "HS256", kid: "first" })}.${base64url({ sub: "mallory", ...us, exp: now() + 60 })}`,
            createPublicKey(await application.pem("first")).export({ type: "spki", format: "der" }),
        ),
    "too long": () => tokenFor("mallory", { pad: "x".repeat(12500) }),
};

for (const [what, forge] of Object.entries(forgeries))
    scenario(`${what}: 401, by header and by cookie, and counted`, async (world) => {
        const token = await forge();
        const grown = await world.growth(async () => {
            const ways = [{ authorization: `Bearer ${token}` }, { cookie: `session=${token}` }];
            for (const headers of token.length > 16384 ? ways.slice(0, 1) : ways) { // so long a cookie is 431
                const { status, json, headers: answer } = await world.stranger.get("/token", headers);
                assert.deepEqual([status, json.code], [401, "unauthenticated"], what);
                assert.match(answer["www-authenticate"], /^Bearer realm="switchhook", ways="key jwt"/);
            }
        });
        const refused = grown['switchhook_auth_total{way="jwt",result="refused"}'] ?? grown['switchhook_auth_total{way="none",result="refused"}'];
        assert.ok(refused >= 1, JSON.stringify(grown));
        assert.ok(!world.server.output.includes("mallory"), "nobody of that name was believed");
    });

scenario("an access token for Twilio opens nothing here", async (world) => {
    const { json } = await (await user(world, world.name("ida"))).get("/token");
    const { status, json: problem } = await world.as(json.token).get("/calls");
    assert.deepEqual([status, problem.code], [401, "unauthenticated"]);
});

scenario("a wrong credential is never made up for by another one", async (world) => {
    const good = await tokenFor(world.name("jan"));
    const stale = await tokenFor("mallory", { exp: now() - 3600 });
    const mixed = [
        { authorization: `Bearer ${stale}`, cookie: `session=${good}` },
        { authorization: `Bearer shk_${"0".repeat(16)}_${"0".repeat(64)}`, cookie: `session=${good}` },
        { authorization: `Bearer ${stale}`, "x-api-key": world.key },
        { "x-api-key": "shk_nonsense", cookie: `session=${good}` },
    ];
    for (const headers of mixed)
        assert.equal((await world.stranger.get("/token", headers)).status, 401, JSON.stringify(Object.keys(headers)));
});

scenario("who brings nothing is told which ways are open", async (world) => {
    const { status, json, headers } = await world.stranger.get("/calls");
    assert.equal(status, 401);
    assert.match(json.detail, /API key.*application's token.*cookie session/);
    assert.equal(headers["www-authenticate"], 'Bearer realm="switchhook", ways="key jwt"');
});

// ---- keys that change

scenario("RS256 and ES256 with keys from the URL; a new key is fetched when it is first seen", async (world) => {
    const name = world.name("kim");
    const asked = () => application.questions("/jwks").length;
    assert.equal((await world.as(await application.token({ sub: name, ...us }, { kid: "first" })).get("/token")).status, 200);
    await application.newKey("second", "ES256");
    application.published = ["second"];
    const before = asked();
    const fresh = await application.token({ sub: name, ...us }, { kid: "second" });
    await until("the fetch is allowed again", async () => (await world.as(fresh).get("/token")).status === 200);
    assert.ok(asked() > before);
    const old = await world.as(await application.token({ sub: name, ...us }, { kid: "first" })).get("/token");
    assert.equal(old.status, 401, "it is not published any more");
});

scenario("unknown keys do not make us ask again and again", async (world) => {
    const before = application.questions("/jwks").length;
    await application.newKey("secret", "RS256", { publish: false });
    const token = await application.token({ sub: "mallory", ...us }, { kid: "secret" });
    const started = Date.now();
    await Promise.all(Array.from({ length: 40 }, async () => assert.equal((await world.as(token).get("/token")).status, 401)));
    const most = 2 + Math.ceil((Date.now() - started) / 100);
    assert.ok(application.questions("/jwks").length - before <= most, `${application.questions("/jwks").length - before}, at most ${most}`);
});

scenario("while the keys cannot be fetched, the old ones stay, and new ones are 503", async (world) => {
    await application.newKey("third");
    application.published = ["third"];
    const known = await application.token({ sub: world.name("lea"), ...us }, { kid: "third" });
    await until("the third is known", async () => (await world.as(known).get("/token")).status === 200);
    application.down = 500;
    await application.newKey("fourth");
    const unknown = await application.token({ sub: world.name("lea"), ...us }, { kid: "fourth" });
    await until("the fetch has failed", async () => {
        const { status, json } = await world.as(unknown).get("/token");
        return status === 503 && json.code === "unavailable";
    });
    assert.equal((await world.as(known).get("/token")).status, 200);
    await world.logLine("jwks.failed");
    application.down = null;
    await until("the fourth is known", async () => (await world.as(unknown).get("/token")).status === 200);
});

scenario("requests with a known key do not wait for a fetch that hangs", async (world) => {
    const known = await application.token({ sub: world.name("max"), ...us }, { kid: "fourth" });
    await application.newKey("fifth");
    const unknown = await application.token({ sub: world.name("max"), ...us }, { kid: "fifth" });
    application.hold();
    const waiting = until("a fetch has begun", async () => (await world.as(unknown).get("/token")).status === 200);
    await until("the application is asked", () => application.held?.length > 0);
    const started = Date.now();
    assert.equal((await world.as(known).get("/token")).status, 200);
    assert.ok(Date.now() - started < 1000);
    application.release();
    await waiting;
});

// ---- settings

scenario("SIGHUP reads key files again, and keeps the old ones if they are wrong", async (world) => {
    const file = path.join(world.dir, "application.pem");
    await application.newKey("file-1");
    await application.newKey("file-2");
    writeFileSync(file, await application.pem("file-1"));
    await world.restart({ SWITCHHOOK_JWT_PUBLIC_KEY_FILE: file, SWITCHHOOK_JWT_JWKS_URL: undefined });
    const token = (kid) => application.token({ sub: world.name("nia"), ...us }, { kid });
    const status = async (kid) => (await world.as(await token(kid)).get("/token")).status;
    assert.deepEqual([await status("file-1"), await status("file-2")], [200, 401]);
    writeFileSync(file, "-----BEGIN PUBLIC KEY-----\nnonsense\n-----END PUBLIC KEY-----\n");
    world.server.child.kill("SIGHUP");
    await world.logLine("config.rejected", ({ error }) => /SWITCHHOOK_JWT_PUBLIC_KEY_FILE/.test(error));
    assert.equal(await status("file-1"), 200);
    writeFileSync(file, await application.pem("file-2"));
    world.server.child.kill("SIGHUP");
    await until("the second is known", async () => (await status("file-2")) === 200);
    assert.equal(await status("file-1"), 401);
});

const wrongSettings = {
    "a secret that is short": [{ SWITCHHOOK_JWT_SECRET: "short" }, /shorter than 32 bytes/],
    "Twilio's secret": [(env) => ({ SWITCHHOOK_JWT_SECRET: env.TWILIO_API_KEY_SECRET }), /a secret of Twilio's/],
    "a file that is not there": [{ SWITCHHOOK_JWT_PUBLIC_KEY_FILE: "/nonexistent/key.pem" }, /SWITCHHOOK_JWT_PUBLIC_KEY_FILE/],
    "a key set that is none": [{ SWITCHHOOK_JWT_JWKS_FILE: "/dev/null" }, /SWITCHHOOK_JWT_JWKS_FILE.*key set/],
    "keys over plain http": [{ SWITCHHOOK_JWT_JWKS_URL: "http://app.example.com/jwks" }, /plain http/],
    "a scope there is not": [{ SWITCHHOOK_USER_SCOPES: "calls:fly" }, /SWITCHHOOK_USER_SCOPES.*calls:fly/],
    "no key at all": [{ SWITCHHOOK_JWT_SECRET: undefined, SWITCHHOOK_JWT_PUBLIC_KEY_FILE: undefined, SWITCHHOOK_JWT_JWKS_URL: undefined }, /no key to check tokens with/],
};

for (const [what, [change, expected]] of Object.entries(wrongSettings))
    scenario(`${what}: neither serve nor check takes it`, async (world) => {
        const env = typeof change === "function" ? change(world.env) : change;
        const served = world.run(["serve"], { ...env, SWITCHHOOK_DATABASE: path.join(world.dir, "other.db"), SWITCHHOOK_LISTEN: "127.0.0.1:0" });
        assert.equal(served.status, 2, served.stdout + served.stderr);
        assert.match(served.stderr.replace(/\s+/g, " "), expected);
        const checked = world.run(["check"], env);
        assert.notEqual(checked.status, 0);
        assert.match((checked.stdout + checked.stderr).replace(/\s+/g, " "), expected);
    });
