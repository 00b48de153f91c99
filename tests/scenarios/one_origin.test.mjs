// One origin for the application and for us, as docs/migrating.md says: its own lines, put into config/nginx.conf, with TLS,
// an application beside, and a browser's cookies and Origin.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { Application } from "./support/application.mjs";
import { NAME, Nginx, missing } from "./support/nginx.mjs";
import { signForm } from "./support/twilio.mjs";
import { World } from "./support/world.mjs";

const BASE = `https://${NAME}`;
const skip = missing();
const secret = randomBytes(32).toString("hex");

let application;
let world;
let nginx;

function documented() {
    const text = readFileSync(new URL("../../docs/migrating.md", import.meta.url), "utf8");
    const blocks = [...text.matchAll(/^```nginx\n([^]*?)^```/gm)].map(([, block]) => block);
    assert.equal(blocks.length, 1);
    return blocks[0];
}

before(async () => {
    if (skip)
        return;
    application = await Application.open();
    world = await World.create({
        TWILIO_WEBHOOK_BASE_URL: BASE,
        SWITCHHOOK_TRUSTED_PROXIES: "127.0.0.1",
        SWITCHHOOK_AUTH: "key,jwt,forward",
        SWITCHHOOK_JWT_SECRET: secret,
        SWITCHHOOK_JWT_COOKIE: "session",
        SWITCHHOOK_FORWARD_AUTH_URL: `${application.origin}/auth`,
    });
    nginx = await Nginx.start(`127.0.0.1:${world.port}`, { application: new URL(application.origin).host, locations: documented() });
});
after(async () => {
    await nginx?.stop();
    await world?.close();
    await application?.close();
});

const scenario = (name, run) =>
    test(name, { skip }, async () => {
        const marks = world.marks();
        try {
            await run();
        } catch (problem) {
            world.tell(...marks);
            throw problem;
        }
    });

const json = { "content-type": "application/json" };
const own = { origin: BASE, "sec-fetch-site": "same-origin" };

/** A browser that has logged in, by each of the two ways: [cookie, its user]. */
async function loggedIn() {
    const [alice, bob] = [world.name("alice"), world.name("bob")];
    const cookie = `app_session=${randomBytes(8).toString("hex")}`;
    application.sessions.set(cookie, { status: 200, headers: { "X-Auth-Identity": bob } });
    return [
        [`session=${await application.token({ sub: alice }, { secret })}`, alice],
        [cookie, bob],
    ];
}

scenario("the page's own requests, by cookie: a token, a refresh without a body, a call", async () => {
    for (const speak of ["request", "request2"])
        for (const [cookie, name] of await loggedIn()) {
            const minted = await nginx[speak]("POST", "/api/voice/token", { headers: { ...json, ...own, cookie }, body: JSON.stringify({ identity: name }) });
            assert.equal(minted.status, 200, minted.text);
            assert.equal(JSON.parse(minted.text).identity, name);
            const refreshed = await nginx[speak]("POST", "/api/voice/token", { headers: { ...own, cookie } });
            assert.equal(JSON.parse(refreshed.text).identity, name, refreshed.text);
            const to = world.number();
            const placed = await nginx[speak]("POST", "/api/voice/calls", { headers: { ...json, ...own, cookie }, body: JSON.stringify({ to, from: "+15005550006" }) });
            assert.equal(placed.status, 200, placed.text);
            const read = await nginx[speak]("GET", `/api/voice/calls/${JSON.parse(placed.text).id}`, { headers: { cookie, "sec-fetch-site": "same-origin" } });
            assert.equal(read.status, 200, "reading sends no Origin");
        }
    await world.sim.idle();
});

scenario("another site's page has the browser's cookie and gets nothing by it", async () => {
    const before = world.count("calls");
    const body = JSON.stringify({ to: world.number(), from: "+15005550006" });
    for (const [cookie] of await loggedIn())
        for (const headers of [
            { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
            { origin: `http://${NAME}` },
            { origin: `https://other.${NAME}`, "sec-fetch-site": "same-site" },
            { origin: `http://127.0.0.1:${world.port}` },
            { origin: "null" },
            {},
            { origin: "https://evil.example", "x-forwarded-host": "evil.example", "x-forwarded-proto": "https" },
        ]) {
            const { status, text } = await nginx.request("POST", "/api/voice/calls", { headers: { ...json, ...headers, cookie }, body });
            const { success, code } = JSON.parse(text);
            assert.deepEqual([status, success, code], [403, false, "wrong-origin"], JSON.stringify(headers));
        }
    assert.equal(world.count("calls"), before);
});

scenario("who has not logged in, or has logged out, is 401", async () => {
    const [, [cookie]] = await loggedIn();
    application.sessions.delete(cookie);
    for (const headers of [{}, { cookie }, { cookie: "session=nonsense" }])
        assert.equal((await nginx.request("POST", "/api/voice/token", { headers: { ...own, ...headers } })).status, 401);
});

scenario("everything else is the application's, cookie included; Twilio's requests are not", async () => {
    const [, [cookie]] = await loggedIn();
    for (const target of ["/", "/login", "/api/other"]) {
        const { status } = await nginx.request("GET", target, { headers: { cookie } });
        assert.equal(status, 200, target);
        assert.equal(application.questions(target).at(-1).headers.cookie, cookie);
    }
    assert.equal((await nginx.request("GET", "/sounds/incoming.wav")).headers["content-type"], "audio/wav");
    const fields = { CallSid: world.sid(), From: `client:${world.name("agent")}`, To: world.number(), Direction: "inbound", CallStatus: "ringing", ApplicationSid: world.account.TWILIO_TWIML_APP_SID, AccountSid: world.account.TWILIO_ACCOUNT_SID };
    const before = application.asked.length;
    for (const [target, status] of [["/voice", 200], ["/twiml", 200], ["/api/voice/twiml", 200], ["/webhooks/call-status", 204]]) {
        const pairs = Object.entries({ ...fields, CallSid: world.sid() });
        const headers = { "content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signForm(world.env.TWILIO_AUTH_TOKEN, BASE + target, pairs) };
        const answer = await nginx.request("POST", target, { headers, body: new URLSearchParams(pairs).toString() });
        assert.equal(answer.status, status, target + answer.text);
    }
    assert.equal(application.asked.length, before, "nobody asked the application about them");
});

scenario("live events by cookie, through nginx as they happen", async () => {
    const [[cookie]] = await loggedIn();
    const { status, headers } = await nginx.request("HEAD", "/events", { headers: { cookie, "sec-fetch-site": "same-origin" } });
    assert.deepEqual([status, headers["content-type"]], [200, "text/event-stream"]);
    assert.equal((await nginx.request("GET", "/events", { headers: { cookie, "sec-fetch-site": "cross-site" } })).status, 403);
});
