// Each product's page, backend and console settings against a server with exactly the variables of its guide (and those
// that docs/migrating.md says must be added).
import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { test } from "node:test";

import { alone } from "./support/alone.mjs";
import { AsahPage, DashboardPage, FakeClock, KennexPage, KinBackend, KinPage, QuickstartPage, retry } from "./support/frontends.mjs";
import { until } from "./support/world.mjs";

const BASE = "https://your-domain.example.com";
const NUMBER = "+15005550006";
const KNOWN = ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_API_KEY_SID", "TWILIO_API_KEY_SECRET", "TWILIO_TWIML_APP_SID", "TWILIO_PHONE_NUMBER", "TWILIO_WEBHOOK_BASE_URL"];

/** A world whose server has these variables of Twilio's and no others; `names` gets the account's values. */
function product(name, { names, console: settings = [], base = BASE, further = {} }, run) {
    alone(
        name,
        { TWILIO_WEBHOOK_BASE_URL: base, ...further },
        async (world, t) => {
            const without = Object.fromEntries(KNOWN.map((known) => [known, undefined]));
            await world.start({ ...without, ...names({ ...world.account, base }) });
            world.env.TWILIO_WEBHOOK_BASE_URL = base; // what the simulator and these scenarios sign for
            world.env.TWILIO_AUTH_TOKEN = world.account.TWILIO_AUTH_TOKEN;
            await run(world, t);
        },
        { start: false, simulator: settings },
    );
}

const agentOf = async (world) => {
    const { headers, name } = await world.newCaller("tokens:mint", `agent_${randomBytes(4).toString("hex")}`);
    return { name, headers: { authorization: headers.authorization } };
};

const serverOf = (world) => ({ authorization: `Bearer ${world.key}` });

/** A browser's call that was answered: told by the store and by the simulator alike. */
async function isAnswered(world, { call_sid: sid }, identity, to) {
    await world.sim.idle();
    const call = await world.callOver(sid);
    assert.deepEqual([call.direction, call.identity, call.to, call.outcome], ["outbound-browser", identity, to, "answered"]);
    const child = await world.sim.childOf(sid);
    assert.deepEqual([child.from, child.to], [NUMBER, to], "the number sees ours");
    await world.sameTruth();
    return call;
}

/** What Twilio's debugger would show of our answers. */
const worrying = async (world) => (await world.sim.warnings()).filter(({ code }) => code !== 15003);

// ---- KIN, phase 3

const kin = {
    names: (of) => ({
        TWILIO_ACCOUNT_SID: of.TWILIO_ACCOUNT_SID,
        TWILIO_AUTH_TOKEN: of.TWILIO_AUTH_TOKEN,
        TWILIO_APPLICATION_SID: of.TWILIO_TWIML_APP_SID,
        TWILIO_TWIML_APP_SID: of.TWILIO_TWIML_APP_SID,
        TWILIO_API_KEY_SID: of.TWILIO_API_KEY_SID,
        TWILIO_API_KEY_SECRET: of.TWILIO_API_KEY_SECRET,
        TWILIO_WEBHOOK_BASE_URL: of.base,
        TWILIO_VOICE_WEBHOOK_URL: `${of.base}/voice`,
        TWILIO_STATUS_WEBHOOK_URL: `${of.base}/status`,
        TWILIO_RECORDING_WEBHOOK_URL: `${of.base}/recording`,
        TWILIO_PHONE_NUMBER: NUMBER, // added: the guide has none
    }),
    console: ["--voice-url", `${BASE}/api/voice/twiml`, "--status-url", `${BASE}/api/voice/webhooks/call-status`],
};

product("KIN: an agent logs in, calls a customer, and refreshes the token without a body", kin, async (world) => {
    const { name, headers } = await agentOf(world);
    const page = new KinPage(world, headers);
    await page.initialise(name);
    assert.equal(page.status, "ready", page.error);
    assert.deepEqual(page.sounds.map(({ status, headers: { "content-type": type } }) => [status, type]), Array(3).fill([200, "audio/wav"]));
    const to = world.number();
    const { success, call } = await page.makeCall(to);
    assert.ok(success);
    await isAnswered(world, call, name, to);
    const refreshed = await page.refresh();
    assert.deepEqual([refreshed.success, page.device.identity], [true, name]);
    assert.deepEqual(await worrying(world), []);
});

product("KIN: somebody else's name: the page is told, and stays without a phone", kin, async (world) => {
    const page = new KinPage(world, (await agentOf(world)).headers);
    await page.initialise("the_boss");
    assert.equal(page.status, "error");
    assert.equal((await page.makeCall(world.number())).success, false);
    const nobody = new KinPage(world, {});
    await nobody.initialise("alice");
    assert.equal(nobody.status, "error");
});

product("KIN: the backend places a call that is recorded, looks at it and ends it", kin, async (world) => {
    const backend = new KinBackend(world, serverOf(world));
    const to = world.number();
    await world.sim.callee(to, { manual: true, hangup_after_ms: null });
    const { status, json } = await backend.createCall(to, NUMBER, { record: true, recordingChannels: "dual", recordingFormat: "wav" });
    assert.deepEqual([status, json.success, json.to, json.from], [200, true, to, NUMBER]);
    await world.sim.legThat({ to }, "ringing");
    await world.sim.answer(json.callSid);
    await until("it is in progress", async () => (await backend.details(json.callSid)).call.status === "in-progress");
    const hungUp = await backend.hangup(json.callSid);
    assert.deepEqual([hungUp.success, hungUp.callSid], [true, json.callSid]);
    const over = await until("it is over", async () => {
        const { call } = await backend.details(json.callSid);
        return call.status === "completed" && call;
    });
    assert.ok(Number.isInteger(over.duration) && over.endTime !== null);
    const recorded = await world.callUntil(json.id, "has its recording", ({ recordings }) => recordings[0]?.status === "completed");
    assert.equal(recorded.recordings[0].channels, 2);
    // what its handlers of status and recording would have read came to the addresses of its environment
    const leg = await world.sim.leg(json.callSid);
    const came = leg.webhooks.map(({ url, params, answer }) => [new URL(url).pathname, params, answer]);
    const statuses = came.filter(([path]) => path === "/status");
    assert.deepEqual(statuses.map(([, { CallStatus }]) => CallStatus), ["initiated", "ringing", "in-progress", "completed"]);
    assert.ok(statuses.every(([, { CallSid }, answer]) => CallSid === json.callSid && answer === "OK"));
    assert.ok(Number(statuses.at(-1)[1].CallDuration) >= 0);
    const recordings = came.filter(([path]) => path === "/recording");
    assert.ok(recordings.some(([, { RecordingSid, RecordingStatus, RecordingUrl }]) => /^RE/.test(RecordingSid) && RecordingStatus === "completed" && RecordingUrl));
    assert.ok(came.some(([path]) => path === "/voice"), "instructions too");
});

// ---- the application's cookie, as browsers send it by themselves

const JWT_SECRET = "a-secret-of-the-application-long-enough-for-HS256";

/** The application's own session token, in its cookie. */
function cookieOf(sub) {
    const part = (object) => Buffer.from(JSON.stringify(object)).toString("base64url");
    const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub, exp: Math.floor(Date.now() / 1000) + 600 })}`;
    return { cookie: `theme=dark; session=${signed}.${createHmac("sha256", JWT_SECRET).update(signed).digest("base64url")}` };
}

const withCookie = { SWITCHHOOK_AUTH: "key,jwt", SWITCHHOOK_JWT_SECRET: JWT_SECRET, SWITCHHOOK_JWT_COOKIE: "session" };

product("by the session's cookie on one origin, nothing of the pages changes", { ...kin, further: withCookie }, async (world) => {
    const here = { origin: BASE };
    const page = new KinPage(world, { ...cookieOf("alice"), ...here });
    await page.initialise("alice");
    assert.equal(page.status, "ready", page.error);
    assert.equal((await page.refresh()).identity, "alice");
    const to = world.number();
    await isAnswered(world, (await page.makeCall(to)).call, "alice", to);

    const asah = new AsahPage(world, cookieOf("bob")); // GET: browsers send no Origin within one
    assert.equal((await asah.initialise()).data.identity, "bob");
    const kennex = new KennexPage(world, { ...cookieOf("carol"), ...here });
    await kennex.initialise("carol");
    const quickstart = new QuickstartPage(world, cookieOf("dave"));
    await quickstart.initialise();
    assert.equal(quickstart.identity, "dave");

    const somebodyElse = new KinPage(world, { ...cookieOf("alice"), ...here });
    await somebodyElse.initialise("bob");
    assert.equal(somebodyElse.status, "error", "the caller's own name alone");
    const elsewhere = new KinPage(world, { ...cookieOf("alice"), origin: "https://evil.example.com" });
    await elsewhere.initialise("alice");
    assert.equal(elsewhere.status, "error", "a page of another site");
});

test("KIN: the retry helper tries three times, after one second and two", async () => {
    const clock = new FakeClock();
    let attempts = 0;
    const failing = retry(() => {
        attempts++;
        throw new Error("no");
    }, clock).catch((problem) => problem.message);
    await clock.advance(0);
    assert.equal(attempts, 1);
    await clock.advance(999);
    assert.equal(attempts, 1);
    await clock.advance(1);
    assert.equal(attempts, 2);
    await clock.advance(1999);
    assert.equal(attempts, 2);
    await clock.advance(1);
    assert.equal(attempts, 3);
    assert.equal(await failing, "no");
    assert.deepEqual(clock.waited, [1000, 2000]);
});

product("KIN: the retry helper against this server: refused twice, then placed, once", kin, async (world) => {
    const clock = new FakeClock();
    const backend = new KinBackend(world, serverOf(world));
    const to = world.number();
    const numbers = ["+0987654321", "+0987654321", to]; // the guide's own, until somebody mends it
    const placed = retry(async () => {
        const { json } = await backend.createCall(numbers.shift(), NUMBER);
        if (!json.success)
            throw new Error(json.error);
        return json;
    }, clock);
    await until("it waits for the first time", () => clock.waited.length === 1);
    await clock.advance(1000);
    await until("it waits again", () => clock.waited.length === 2);
    await clock.advance(2000);
    assert.equal((await placed).to, to);
    assert.equal(await world.sim.dialled(to), 1);
});

// ---- KIN, SDK guide

product(
    "KIN SDK: its hooks take statuses, events of TaskRouter, and whatever comes to /webhook",
    {
        ...kin,
        names: (of) => ({
            ...kin.names(of),
            TWILIO_RECORDING_WEBHOOK_URL: undefined,
            TWILIO_WORKSPACE_SID: `WS${"0".repeat(32)}`,
            TWILIO_WORKFLOW_SID: `WW${"0".repeat(32)}`,
            TWILIO_TASK_QUEUE_SID: `WQ${"0".repeat(32)}`,
            TWILIO_TASKROUTER_WEBHOOK_URL: `${of.base}/taskrouter`,
        }),
        console: ["--voice-url", `${BASE}/voice`, "--status-url", `${BASE}/call-status`],
    },
    async (world) => {
        await world.sim.callee("client:alice", { answer_after_ms: 1000, hangup_after_ms: 2000 });
        const { call_sid: sid } = await world.sim.inbound({ to: NUMBER });
        await world.sim.idle();
        const call = await world.callOver(sid);
        assert.equal(call.status, "completed");
        const leg = await world.sim.leg(sid);
        assert.deepEqual(leg.webhooks.filter(({ url }) => new URL(url).pathname === "/call-status").map(({ answer }) => answer), ["OK"]);
        for (const [path, event] of [["/taskrouter", "task.created"], ["/taskrouter-events", "worker.activity.update"], ["/webhook", "reservation.accepted"]])
            assert.equal((await world.deliver(path, { EventType: event, Sid: world.sid("EV") })).text, "OK");
        assert.equal(world.count("timeline WHERE kind = 'taskrouter'"), 3);
        assert.equal((await world.deliver("/webhook", { EventType: "task.created" }, { signature: null })).status, 403, "not the library's 400");
    },
);

// ---- VoIP Dashboard

product(
    "VoIP Dashboard: a call comes in and is answered, one goes out, and hold says what it is",
    {
        names: (of) => ({
            TWILIO_ACCOUNT_SID: of.TWILIO_ACCOUNT_SID,
            TWILIO_API_KEY: of.TWILIO_API_KEY_SID,
            TWILIO_API_SECRET: of.TWILIO_API_KEY_SECRET,
            TWILIO_APPLICATION_SID: of.TWILIO_TWIML_APP_SID,
            NEXT_PUBLIC_TWILIO_APPLICATION_SID: of.TWILIO_TWIML_APP_SID,
            NEXT_PUBLIC_TWILIO_PHONE_NUMBER: NUMBER,
            NEXT_PUBLIC_TWILIO_CAPABILITY_TOKEN_URL: "/api/twilio/token",
            TWILIO_PHONE_NUMBER: NUMBER, // added, as is what signatures need
            TWILIO_AUTH_TOKEN: of.TWILIO_AUTH_TOKEN,
            TWILIO_WEBHOOK_BASE_URL: of.base,
        }),
        console: ["--voice-url", `${BASE}/api/twilio/voice`],
        further: { SWITCHHOOK_INBOUND_IDENTITY: "alice" },
    },
    async (world) => {
        const { name, headers } = await agentOf(world);
        const page = new DashboardPage(world, headers);
        await page.initialise(world.env.NEXT_PUBLIC_TWILIO_CAPABILITY_TOKEN_URL);
        assert.equal(page.device.identity, name);
        await assert.rejects(new DashboardPage(world, {}).initialise("/api/twilio/token"), /^Error: Failed to get capability token$/);

        const to = world.number();
        const call = await isAnswered(world, await page.makeCall(to), name, to);
        assert.equal(call.legs.length, 1);

        await world.sim.callee("client:alice", { answer_after_ms: 3000, hangup_after_ms: 5000 });
        const from = world.number();
        const { call_sid: sid } = await world.sim.inbound({ from, to: NUMBER });
        await world.sim.idle();
        assert.equal((await world.callOver(sid)).outcome, "answered");
        assert.equal((await world.sim.childOf(sid)).from, from, "the pop-up shows who calls");

        const held = await new DashboardPage(world, serverOf(world)).toggleHold(sid);
        assert.deepEqual([held.status, held.json.code], [501, "not-implemented"]);
        assert.deepEqual(await worrying(world), []);
    },
);

// ---- Kennex

product(
    "Kennex: Albert dials a customer; Twilio asks for instructions by GET",
    {
        names: (of) => ({
            TWILIO_ACCOUNT_SID: of.TWILIO_ACCOUNT_SID,
            TWILIO_AUTH_TOKEN: of.TWILIO_AUTH_TOKEN,
            TWILIO_API_KEY: of.TWILIO_API_KEY_SID,
            TWILIO_API_SECRET: of.TWILIO_API_KEY_SECRET,
            TWILIO_PHONE_NUMBER: NUMBER,
            TWILIO_TWIML_APP_SID: of.TWILIO_TWIML_APP_SID,
            BACKEND_URL: of.base,
        }),
        console: ["--voice-url", `${BASE}/api/calls/twiml`, "--voice-method", "GET", "--status-url", `${BASE}/api/calls/status`],
    },
    async (world) => {
        const { name, headers } = await agentOf(world);
        const page = new KennexPage(world, headers);
        await page.initialise(name);
        const to = world.number();
        const call = await isAnswered(world, await page.dial(to), name, to);
        const leg = await world.sim.leg(call.sid);
        const [first] = leg.webhooks;
        assert.equal(first.method, "GET");
        assert.equal(new URL(first.url).pathname, "/api/calls/twiml");
        assert.ok(leg.webhooks.some(({ url, status }) => new URL(url).pathname === "/api/calls/status" && status === 204));
        assert.deepEqual(await worrying(world), []);
    },
);

// ---- Asah

product(
    "Asah: a token out of its envelope, a call that is recorded, and one to a number that is none",
    {
        names: (of) => ({
            TWILIO_ACCOUNT_SID: of.TWILIO_ACCOUNT_SID,
            TWILIO_API_KEY: of.TWILIO_API_KEY_SID,
            TWILIO_API_SECRET: of.TWILIO_API_KEY_SECRET,
            TWILIO_TWIML_APP_SID: of.TWILIO_TWIML_APP_SID,
            TWILIO_CALLER_NUMBER: NUMBER,
            TWILIO_AUTH_TOKEN: of.TWILIO_AUTH_TOKEN, // added
            TWILIO_WEBHOOK_BASE_URL: of.base, // added
        }),
        console: ["--voice-url", `${BASE}/voice/response`, "--status-url", `${BASE}/voice/status`],
    },
    async (world) => {
        const { name, headers } = await agentOf(world);
        const page = new AsahPage(world, headers);
        const { status, data } = await page.initialise();
        assert.deepEqual([status, data.identity], ["success", name]);
        const plain = world.number();
        assert.deepEqual((await isAnswered(world, await page.dial(plain), name, plain)).recordings, []);
        const recorded = world.number();
        const call = await isAnswered(world, await page.dialRecorded(recorded), name, recorded);
        const known = await world.callUntil(call.id, "has its recording", ({ recordings }) => recordings[0]?.status === "completed");
        assert.equal(known.recordings[0].channels, 2);

        const { call_sid: sid } = await page.dial("0987654321");
        await world.sim.idle();
        const refused = await world.callOver(sid);
        assert.deepEqual([refused.outcome, refused.reason, refused.legs], ["refused", "not-a-number", []]);
        const spoken = (await world.sim.leg(sid)).events.filter(({ what }) => what === "says");
        assert.match(spoken[0].detail, /Invalid phone number format/);
        assert.deepEqual(await worrying(world), []);
    },
);

// ---- the quickstarts

product(
    "Quickstart: GET /token, and POST /voice dials",
    { ...kin, names: (of) => ({ ...kin.names(of), TWILIO_VOICE_WEBHOOK_URL: undefined, TWILIO_STATUS_WEBHOOK_URL: undefined, TWILIO_RECORDING_WEBHOOK_URL: undefined }), console: ["--voice-url", `${BASE}/voice`] },
    async (world) => {
        const { name, headers } = await agentOf(world);
        const page = new QuickstartPage(world, headers);
        await page.initialise();
        assert.equal(page.identity, name);
        const to = world.number();
        await isAnswered(world, await page.dial(to), name, to);
        assert.deepEqual(await worrying(world), []);
    },
);
