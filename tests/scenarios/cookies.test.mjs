// Callers whom a browser names by itself: which pages may make it do that.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after } from "node:test";

import { Application } from "./support/application.mjs";
import { stage } from "./support/world.mjs";

const application = await Application.open();
after(() => application.close());
const secret = randomBytes(32).toString("hex");

const scenario = stage({
    SWITCHHOOK_AUTH: "key,jwt,forward",
    SWITCHHOOK_JWT_SECRET: secret,
    SWITCHHOOK_JWT_COOKIE: "session",
    SWITCHHOOK_FORWARD_AUTH_URL: `${application.origin}/auth`,
    SWITCHHOOK_CORS_ORIGINS: "https://app.example.com,http://localhost:3000",
});

application.sessions.set("other=1", { status: 200, headers: { "X-Auth-Identity": "forwarded" } });
const cookies = async () => [`session=${await application.token({ sub: "alice" }, { secret })}`, "other=1"];

const allowed = {
    "our public address": { origin: "https://phone.example.com" },
    "a page of the list": { origin: "https://app.example.com" },
    "another page of the list": { origin: "http://localhost:3000" },
    "the address that was called, at loopback": (world) => ({ origin: world.origin }),
};

const refused = {
    "no Origin": {},
    "no Origin, but the browser says same-origin": { "sec-fetch-site": "same-origin" },
    "the Origin of a sandbox": { origin: "null" },
    "another site": { origin: "https://evil.example" },
    "http instead of https": { origin: "http://phone.example.com" },
    "another port": { origin: "https://phone.example.com:8443" },
    "a site that begins so": { origin: "https://phone.example.com.evil.example" },
    "a site that ends so": { origin: "https://evilphone.example.com" },
    "a site below": { origin: "https://www.app.example.com" },
    "our address with a path": { origin: "https://phone.example.com/" },
    "our address in capitals": { origin: "HTTPS://PHONE.EXAMPLE.COM" },
    "another port of this machine": { origin: "http://127.0.0.1:1" },
};

for (const [what, headers] of Object.entries(allowed))
    scenario(`${what}: a page may place a call by cookie`, async (world) => {
        for (const cookie of await cookies()) {
            const given = typeof headers === "function" ? headers(world) : headers;
            const { status, text } = await world.stranger.post("/token", {}, { cookie, ...given });
            assert.equal(status, 200, text);
            assert.equal((await world.stranger.get("/token", { cookie, ...given })).status, 200);
        }
    });

for (const [what, headers] of Object.entries(refused))
    scenario(`${what}: it may not, and nothing happens`, async (world) => {
        const before = world.count("calls");
        for (const cookie of await cookies())
            for (const [path, body] of [
                ["/calls", { to: world.number() }],
                ["/token", {}],
                ["/calls/call_00000000000000000000000001/hangup", undefined],
            ]) {
                const { status, json } = await world.stranger.post(path, body, { cookie, ...headers });
                assert.deepEqual([status, json.code], [403, "wrong-origin"], path);
            }
        assert.equal(world.count("calls"), before);
    });

scenario("reading needs no Origin, unless the browser says that it is another site's page that reads", async (world) => {
    for (const cookie of await cookies()) {
        for (const headers of [{}, { "sec-fetch-site": "same-origin" }, { "sec-fetch-site": "none" }, { origin: "https://app.example.com", "sec-fetch-site": "cross-site" }])
            assert.equal((await world.stranger.get("/token", { cookie, ...headers })).status, 200, JSON.stringify(headers));
        for (const headers of [{ "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }, { origin: "https://evil.example" }, { origin: "null" }]) {
            const { status, json } = await world.stranger.get("/token", { cookie, ...headers });
            assert.deepEqual([status, json.code], [403, "wrong-origin"], JSON.stringify(headers));
        }
    }
});

scenario("what a page could take for a script is none", async (world) => {
    const [cookie] = await cookies();
    const { headers, text } = await world.stranger.get("/token", { cookie });
    assert.match(headers["content-type"], /^application\/json/);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.throws(() => new Function(text), SyntaxError);
});

scenario("a header needs no Origin: no page can make a browser send it", async (world) => {
    const token = await application.token({ sub: "alice" }, { secret });
    for (const origin of [undefined, "https://evil.example"]) {
        const headers = origin ? { origin } : {};
        assert.equal((await world.stranger.post("/token", {}, { authorization: `Bearer ${token}`, ...headers })).status, 200);
        assert.equal((await world.api.post("/token", { identity: "bob" }, headers)).status, 200);
    }
});

scenario("a cookie that is there twice is nobody's", async (world) => {
    const good = await application.token({ sub: "alice" }, { secret });
    const other = await application.token({ sub: "mallory" }, { secret });
    for (const cookie of [`session=${good}; session=${other}`, `session=${good};session=${good}`, `session=; session=${good}`]) {
        const { status, json } = await world.stranger.get("/token", { cookie });
        assert.deepEqual([status, json.code], [400, "malformed-request"], cookie.slice(0, 30));
    }
});

scenario("our cookie is found among others, however odd they are", async (world) => {
    const good = await application.token({ sub: "alice" }, { secret });
    for (const cookie of [
        `theme=dark; session=${good}`,
        `session=${good}; broken; =x; {"json":"a,b"}`,
        `mysession=x; session=${good}; session2=y`,
        `session="${good}"`,
        `Session=other;session=${good}`,
        `a=session=1;  session=${good}  `,
    ])
        assert.equal((await world.stranger.get("/token", { cookie })).json.identity, "alice", cookie.slice(0, 40));
});

scenario("a token in the cookie that is wrong is not shown to the application instead", async (world) => {
    const before = application.questions("/auth").length;
    const stale = await application.token({ sub: "alice", exp: 1 }, { secret });
    assert.equal((await world.stranger.get("/token", { cookie: `session=${stale}; other=1` })).status, 401);
    assert.equal((await world.stranger.get("/token", { cookie: "session=; other=1" })).status, 401);
    assert.equal(application.questions("/auth").length, before);
});
