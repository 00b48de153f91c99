// Users whom the application knows: it is asked about their cookie or Authorization.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { after } from "node:test";

import { Application } from "./support/application.mjs";
import { cleanEnvironment, serverProgram } from "./support/programs.mjs";
import { stage, until } from "./support/world.mjs";

const application = await Application.open();
after(() => application.close());

const scenario = stage({
    SWITCHHOOK_AUTH: "key,forward",
    SWITCHHOOK_FORWARD_AUTH_URL: `${application.origin}/auth`,
    SWITCHHOOK_FORWARD_AUTH_TIMEOUT_MS: "1500",
    SWITCHHOOK_FORWARD_AUTH_CACHE_MS: "2000",
    SWITCHHOOK_CORS_ORIGINS: "https://app.example.com",
});

const guesses = stage({
    SWITCHHOOK_AUTH: "key,forward",
    SWITCHHOOK_FORWARD_AUTH_URL: `${application.origin}/auth`,
    SWITCHHOOK_CORS_ORIGINS: "https://app.example.com",
    SWITCHHOOK_RATE_FAILURES: "1",
    SWITCHHOOK_RATE_FAILURES_BURST: "5",
});

const ours = { origin: "https://app.example.com" };
let sessions = 0;

/** A cookie that nobody has used yet, and what is answered about it. */
function session(answer) {
    const cookie = `sid=${++sessions}`;
    application.sessions.set(cookie, answer);
    return { cookie, ...ours };
}

const known = (identity, further = {}) => session({ status: 200, headers: { "X-Auth-Identity": identity, ...further } });
const questions = () => application.questions("/auth");

scenario("who the application knows by its cookie is let in as that user", async (world) => {
    const name = world.name("alice");
    const headers = known(name);
    const { status, json, text } = await world.stranger.post("/token", {}, headers);
    assert.equal(status, 200, text);
    assert.equal(json.identity, name);
    const { headers: asked, method } = questions().at(-1);
    assert.equal(method, "GET");
    assert.equal(asked.cookie, headers.cookie);
    assert.deepEqual([asked["x-forwarded-method"], asked["x-forwarded-uri"]], ["POST", "/token"]);
    await world.logLine("http.request", ({ user }) => user === name);
});

scenario("the query of a request stays here: it may hold what no log should", async (world) => {
    await world.stranger.get("/calls?limit=7", known(world.name("bea")));
    assert.equal(questions().at(-1).headers["x-forwarded-uri"], "/calls");
});

scenario("identity, scopes and group come in headers or as JSON", async (world) => {
    const name = world.name("carl");
    const group = world.name("sales");
    const asJson = (body) => session({ status: 200, body: JSON.stringify(body) });
    for (const headers of [
        known(name, { "X-Auth-Scopes": "tokens:mint-any other:scope", "X-Auth-Group": group }),
        asJson({ identity: name, scopes: ["tokens:mint-any", "other:scope"], group }),
        asJson({ identity: name, scopes: "tokens:mint-any", group: [group] }),
    ]) {
        assert.equal((await world.stranger.post("/token", { identity: world.name("x") }, headers)).status, 200);
        const { json } = await world.stranger.post("/calls", { to: world.number() }, headers);
        assert.deepEqual([json.identity, json.group], [name, group]);
    }
});

scenario("a user of a token and the same user of a cookie are one; a key of that name is not", async (world) => {
    const name = world.name("dan");
    const { json } = await world.stranger.post("/calls", { to: world.number() }, known(name));
    assert.equal((await world.stranger.get(`/calls/${json.id}`, known(name))).status, 200);
    assert.equal((await world.stranger.get(`/calls/${json.id}`, known(`${name}x`))).status, 404);
    assert.equal((await (await world.newCaller("calls:read", name)).get(`/calls/${json.id}`)).status, 404);
});

scenario("no is 401 or 403, as the application says it", async (world) => {
    for (const [said, code] of [
        [401, "unauthenticated"],
        [403, "forbidden"],
    ]) {
        const { status, json } = await world.stranger.get("/token", session({ status: said }));
        assert.deepEqual([status, json.code], [said, code]);
    }
    const { status, headers } = await world.stranger.get("/token", { cookie: "sid=nobody", ...ours });
    assert.equal(status, 401);
    assert.match(headers["www-authenticate"], /ways="key forward", error="invalid_token"/);
});

const nonsense = {
    "a redirect to a page to sign in": { status: 302, headers: { location: "/login" } },
    "500": { status: 500 },
    "204 without a word": { status: 204 },
    "nobody named": { status: 200, body: "{}" },
    "nobody named, in a header": { status: 200, headers: { "X-Auth-Identity": "" } },
    "a name too long": { status: 200, headers: { "X-Auth-Identity": "x".repeat(200) } },
    "a name that is a list of two members": { status: 200, body: '{"identity": "a", "identity": "b"}' },
    "two groups": { status: 200, body: '{"identity": "a", "group": ["x", "y"]}' },
    "a page": { status: 200, headers: { "content-type": "text/html" }, body: "<html>welcome</html>" },
    "a very long page": { status: 200, body: `{"identity": "a", "pad": "${"x".repeat(100_000)}"}` },
};

for (const [what, answer] of Object.entries(nonsense))
    scenario(`${what}: 503, and nobody is let in`, async (world) => {
        const { status, json } = await world.stranger.get("/token", session(answer));
        assert.deepEqual([status, json.code], [503, "unavailable"]);
        assert.equal(json.detail, undefined);
    });

scenario("an answer holds for a while, a refusal for less, and a failure not at all", async (world) => {
    const yes = known(world.name("eve"));
    const no = session({ status: 401 });
    const broken = session({ status: 500 });
    const before = questions().length;
    const grown = await world.growth(async () => {
        for (let i = 0; i < 5; i++) {
            assert.equal((await world.stranger.get("/token", yes)).status, 200);
            assert.equal((await world.stranger.get("/token", no)).status, 401);
        }
    });
    const asked = questions().length - before;
    assert.ok(asked >= 2 && asked <= 4, `${asked} questions`);
    assert.ok(grown['switchhook_forward_auth_total{source="cache"}'] >= 6, JSON.stringify(grown));
    for (let i = 0; i < 3; i++)
        assert.equal((await world.stranger.get("/token", broken)).status, 503);
    assert.equal(questions().filter(({ headers }) => headers.cookie === broken.cookie).length, 3);
    application.sessions.set(no.cookie, { status: 200, headers: { "X-Auth-Identity": world.name("now") } });
    await until("the refusal is forgotten", async () => (await world.stranger.get("/token", no)).status === 200);
    application.sessions.delete(yes.cookie);
    await until("the yes is forgotten", async () => (await world.stranger.get("/token", yes)).status === 401);
});

scenario("requests with one cookie at one time share one question, and it holds nobody else up", async (world) => {
    const headers = known(world.name("finn"));
    application.hold();
    const before = questions().length;
    const waiting = Array.from({ length: 20 }, () => world.stranger.get("/token", headers));
    await until("it is asked", () => questions().length > before);
    const started = Date.now();
    const sid = world.sid();
    await world.deliver("/twiml", { CallSid: sid, From: "client:alice", To: world.number(), Direction: "inbound", CallStatus: "ringing" });
    assert.equal((await world.deliver("/webhooks/call-status", { CallSid: sid, CallStatus: "completed", CallDuration: "1" })).status, 204);
    assert.equal((await world.api.get("/calls")).status, 200);
    assert.ok(Date.now() - started < 1000, "Twilio and keys do not wait for the application");
    application.release();
    for (const { status } of await Promise.all(waiting))
        assert.equal(status, 200);
    assert.equal(questions().length - before, 1);
});

scenario("an application that does not answer in time: 503, and afterwards everything is as before", async (world) => {
    const headers = known(world.name("gail"));
    application.hold();
    const answers = await Promise.all(Array.from({ length: 5 }, () => world.stranger.get("/token", headers)));
    for (const { status, json } of answers)
        assert.deepEqual([status, json.code], [503, "unavailable"]);
    await world.logLine("forward_auth.failed");
    application.release();
    assert.equal((await world.stranger.get("/token", headers)).status, 200);
});

scenario("a Bearer that is no key goes to the application too, and needs no Origin", async (world) => {
    const name = world.name("hugo");
    application.sessions.set("Bearer opaque-1", { status: 200, headers: { "X-Auth-Identity": name } });
    const { status, json } = await world.stranger.post("/token", {}, { authorization: "Bearer opaque-1" });
    assert.deepEqual([status, json.identity], [200, name]);
    assert.equal((await world.stranger.post("/token", {}, { authorization: "Bearer opaque-2" })).status, 401);
});

scenario("our keys are never passed on", async (world) => {
    const before = questions().length;
    assert.equal((await world.as(`shk_${"0".repeat(16)}_${"0".repeat(64)}`).get("/calls", { ...known("mallory") })).status, 401);
    assert.equal((await world.api.get("/calls", known("mallory"))).status, 200);
    assert.equal(questions().length, before);
});

scenario("who brings nothing is told so, and nobody is asked", async (world) => {
    const before = questions().length;
    const { status, headers } = await world.stranger.get("/calls");
    assert.equal(status, 401);
    assert.equal(headers["www-authenticate"], 'Bearer realm="switchhook", ways="key forward"');
    assert.equal(questions().length, before);
});

scenario("the end of the server does not wait for the application", async (world) => {
    const headers = known(world.name("iris"));
    application.hold();
    const before = questions().length;
    const waiting = world.stranger.get("/token", headers).then(({ status }) => status, () => "cut");
    await until("it is asked", () => questions().length > before);
    const started = Date.now();
    await world.restart();
    assert.ok(Date.now() - started < 15_000);
    assert.ok([503, "cut"].includes(await waiting));
    application.release();
    assert.equal((await world.stranger.get("/token", headers)).status, 200);
});

scenario("who has gone before the application answers leaves nothing behind", async (world) => {
    const before = questions().length;
    application.hold();
    const sockets = Array.from({ length: 6 }, (_, i) => {
        const socket = net.connect(world.port, "127.0.0.1");
        socket.write(`GET /token HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nCookie: sid=gone-${i % 2}\r\n\r\n`);
        return socket;
    });
    await until("it is asked", async () => questions().length === before + 2 && (await world.metrics())['switchhook_http_suspended{server="public"}'] === 6);
    for (const socket of sockets)
        socket.resetAndDestroy();
    await Promise.all(sockets.map((socket) => once(socket, "close")));
    application.release();
    await world.logLine("http.request", ({ end }) => end === "closed");
    assert.equal((await world.api.get("/calls")).status, 200);
    await world.restart(); // the sanitizer tells what was not put away
});

scenario("with a time of 0 every request is asked about, by its own method and path", async (world) => {
    await world.restart({ SWITCHHOOK_FORWARD_AUTH_CACHE_MS: "0", SWITCHHOOK_FORWARD_AUTH_SEND: "cookie" });
    const headers = known(world.name("jo"));
    const before = questions().length;
    for (const path of ["/token", "/token", "/calls"])
        assert.equal((await world.stranger.get(path, headers)).status, 200);
    assert.deepEqual(questions().slice(before).map(({ headers: asked }) => asked["x-forwarded-uri"]), ["/token", "/token", "/calls"]);
    const { status, json } = await world.stranger.get("/calls", { ...headers, authorization: "Bearer opaque-1" });
    assert.deepEqual([status, json.code], [401, "unauthenticated"], "what is not passed on is not taken");
});

const password = (text) => ({ authorization: `Basic ${Buffer.from(`alice:${text}`).toString("base64")}`, ...ours });
const right = (text) => {
    const headers = password(text);
    application.sessions.set(headers.authorization, { status: 200, headers: { "X-Auth-Identity": "alice" } });
    return headers;
};

guesses("passwords are tried as often as they may be wrong, however many come at once", async (world) => {
    const remembered = right("remembered");
    for (let i = 0; i < 10; i++)
        assert.equal((await world.stranger.get("/token", i === 0 ? remembered : right(`other-${i}`))).status, 200, "right ones take nothing");
    const before = questions().length;
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => world.stranger.get("/token", password(i))));
    const refused = answers.filter(({ status }) => status === 401).length;
    assert.deepEqual([refused, answers.filter(({ status }) => status === 429).length], [5, 15]);
    assert.equal(questions().length - before, 5);
    const { status, headers } = await world.stranger.get("/token", right("new"));
    assert.equal(status, 429);
    assert.ok(Number(headers["retry-after"]) >= 1);
    assert.equal(questions().length - before, 5);
    assert.equal((await world.stranger.get("/token", remembered)).status, 200);
    assert.equal((await world.stranger.get("/token", known("bob"))).status, 200, "nobody guesses a cookie");
});

/** A subcommand that asks this very process, so that it must not stand still meanwhile. */
const runAside = (world, args) =>
    new Promise((resolve) => {
        execFile(serverProgram(), args, { cwd: world.dir, env: cleanEnvironment(world.env) }, (problem, stdout) => resolve(stdout));
    });

scenario("check asks the application about a stranger", async (world) => {
    assert.match(await runAside(world, ["check", "--online"]), /^ok +forward .*does not know a stranger/m);
    application.down = 200;
    assert.match(await runAside(world, ["check", "--online"]), /^error +forward .*lets somebody in/m);
    application.down = null;
});
