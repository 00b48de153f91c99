// Access tokens: whose, how long, and signed so that others believe them.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";

import { stage } from "./support/world.mjs";

const scenario = stage({ SWITCHHOOK_TOKEN_TTL: "1800", TWILIO_PUSH_CREDENTIAL_SID: `CR${"0".repeat(32)}`, TWILIO_REGION: "ie1" });

/** Header and claims, if the signature is right. */
function read(world, token) {
    const [header, claims, signature] = token.split(".");
    const right = createHmac("sha256", world.env.TWILIO_API_KEY_SECRET).update(`${header}.${claims}`).digest("base64url");
    assert.equal(signature, right, "signed with the API key's secret");
    return [header, claims].map((part) => JSON.parse(Buffer.from(part, "base64url")));
}

for (const [what, mint] of [
    ["POST", (caller) => caller.post("/token", { identity: "alice" })],
    ["GET", (caller) => caller.get("/token?identity=alice")],
])
    scenario(`${what}: a token for whoever is named, by one who may`, async (world) => {
        const before = Math.floor(Date.now() / 1000);
        const { status, json, headers } = await mint(world.api);
        assert.equal(status, 200);
        assert.equal(headers["cache-control"], "no-store");
        const [header, claims] = read(world, json.token);
        assert.deepEqual(header, { alg: "HS256", typ: "JWT", cty: "twilio-fpa;v=1", twr: "ie1" });
        const { iat, exp, jti, nbf, ...rest } = claims;
        assert.ok(iat >= before && iat <= Date.now() / 1000);
        assert.equal(exp, iat + 1800);
        assert.ok(jti.startsWith(`${world.env.TWILIO_API_KEY_SID}-`));
        assert.deepEqual(rest, {
            iss: world.env.TWILIO_API_KEY_SID,
            sub: world.env.TWILIO_ACCOUNT_SID,
            grants: {
                identity: "alice",
                voice: {
                    incoming: { allow: true },
                    outgoing: { application_sid: world.env.TWILIO_TWIML_APP_SID },
                    push_credential_sid: `CR${"0".repeat(32)}`,
                },
            },
        });
        assert.deepEqual([json.identity, json.expires_in], ["alice", 1800]);
        assert.equal(new Date(json.expires_at).getTime(), exp * 1000);
        assert.ok(json.refresh_after < json.expires_in);
    });

scenario("who may mint for anybody and names nobody: Identity is required", async (world) => {
    for (const answer of [await world.api.post("/token"), await world.api.post("/token", {}), await world.api.get("/token"), await world.api.post("/token", { identity: "" })]) {
        assert.deepEqual([answer.status, answer.json.field, answer.json.detail], [422, "identity", "Identity is required"]);
    }
});

scenario("what is given twice or is too long is refused by name", async (world) => {
    for (const [path, field, words] of [
        ["/token?identity=alice&identity=bob", "identity", /more than once/],
        ["/token?identity=alice&ttl=60&ttl=600", "ttl", /more than once/],
        [`/token?identity=${"a".repeat(122)}`, "identity", /^identity is longer than 121 characters/],
    ]) {
        const { status, json } = await world.api.get(path);
        assert.deepEqual([status, json.field], [422, field]);
        assert.match(json.detail, words);
    }
});

scenario("who may mint for himself: his own name, and no other", async (world) => {
    const agent = await world.newCaller("tokens:mint", "agent-7");
    const own = await agent.get("/token");
    assert.deepEqual([own.status, own.json.identity], [200, "agent-7"]);
    const [, claims] = read(world, own.json.token);
    assert.match(claims.grants.identity, /^[A-Za-z0-9_]+$/, "spelled as Twilio allows");
    assert.equal((await agent.post("/token", { identity: "agent-7" })).status, 200);
    const other = await agent.post("/token", { identity: "alice" });
    assert.deepEqual([other.status, other.json.code], [403, "forbidden"]);
    assert.equal((await agent.get("/token?identity=alice")).status, 403);
});

scenario("tokens:mint-any alone is enough to mint for others", async (world) => {
    const server = await world.newCaller("tokens:mint-any");
    assert.equal((await server.post("/token", { identity: "alice" })).status, 200);
});

for (const ttl of [60, 86400])
    scenario(`ttl ${ttl}: taken`, async (world) => {
        const { json } = await world.api.post("/token", { identity: "alice", ttl });
        const [, { iat, exp }] = read(world, json.token);
        assert.deepEqual([json.expires_in, exp - iat], [ttl, ttl]);
        assert.equal((await world.api.get(`/token?identity=alice&ttl=${ttl}`)).json.expires_in, ttl);
    });

for (const ttl of [59, 86401, 0, -1, 1e12, 60.5, "60", true])
    scenario(`ttl ${JSON.stringify(ttl)}: 422 naming it`, async (world) => {
        const { status, json } = await world.api.post("/token", { identity: "alice", ttl });
        assert.deepEqual([status, json.field], [422, "ttl"]);
    });

for (const ttl of ["59", "86401", "x", "", "1e3", "60 "])
    scenario(`?ttl=${ttl}: 422 naming it`, async (world) => {
        const { status, json } = await world.api.get(`/token?identity=alice&ttl=${encodeURIComponent(ttl)}`);
        assert.deepEqual([status, json.field], [422, "ttl"]);
    });

for (const identity of ["alice", "jo@x.example", "Ünïcode", "a b", "client:x", "x".repeat(121), "Qz41_", "📞"])
    scenario(`identity ${identity.slice(0, 20)}: kept as it is, spelled as Twilio allows`, async (world) => {
        const { status, json } = await world.api.post("/token", { identity });
        if (status === 422) {
            assert.equal(json.field, "identity");
            return;
        }
        assert.deepEqual([status, json.identity], [200, identity]);
        const [, claims] = read(world, json.token);
        assert.match(claims.grants.identity, /^[A-Za-z0-9_]{1,121}$/);
        if (/^\w+$/.test(identity) && !identity.includes("Qz"))
            assert.equal(claims.grants.identity, identity);
    });

for (const identity of ["x".repeat(600), "ü".repeat(200), 7, null, ["alice"], "a\u0000b"])
    scenario(`identity ${JSON.stringify(identity).slice(0, 20)}: refused`, async (world) => {
        const { status } = await world.api.post("/token", { identity });
        assert.ok([400, 422].includes(status), String(status));
    });

scenario("a member that nobody asked for: 422 naming it", async (world) => {
    const { status, json } = await world.api.post("/token", { identity: "alice", role: "admin" });
    assert.deepEqual([status, json.field], [422, "role"]);
});

scenario("the command line mints the same token", async (world) => {
    const { status, stdout } = world.run(["token", "--identity", "alice", "--ttl", "600"]);
    assert.equal(status, 0);
    const [, claims] = read(world, stdout.trim());
    assert.deepEqual([claims.grants.identity, claims.exp - claims.iat], ["alice", 600]);
});

for (const args of [[], ["--identity"], ["--identity", "a", "--ttl", "59"], ["--identity", "a", "--ttl", "x"], ["--identity", "x".repeat(600)], ["--who", "a"]])
    scenario(`token ${args.join(" ").slice(0, 30)}: exit status 2, nothing on standard output`, async (world) => {
        const end = world.run(["token", ...args]);
        assert.deepEqual([end.status, end.stdout], [2, ""]);
        assert.notEqual(end.stderr, "");
    });
