// Every address with an id in it, asked by somebody whose thing it is not: it looks like what does not exist.
//
// A row that is added later must be given a rule here, or the first scenario fails.
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
    SWITCHHOOK_JWT_GROUP_CLAIM: "team",
    SWITCHHOOK_FORWARD_AUTH_URL: `${application.origin}/auth`,
    SWITCHHOOK_VOICEMAIL: "true",
});

/** What stands in the braces, for each address that has some: its last part, whatever a dialect puts before it. */
const rules = [
    [/\/calls\/\{id\}$/, "call"],
    [/\/calls\/\{id\}\/(hangup|recordings|timeline)$/, "call"],
    [/\/calls\/\{id\}\/transcript$/, "call"],
    [/\/calls\/\{id\}\/hold$/, "not built"], // 501, whoever asks, whatever the id
    [/\/jobs\/\{id\}(\/retry)?$/, "operator's"], // by a scope of its own, whatever the id
    [/\/voicemails\/\{id\}(\/(read|unread|callback))?$/, "voicemail"],
    [/^\/(subscriptions|deliveries)\/\{id\}(\/\w+)?$/, "operator's"],
    [/\/recordings\/\{id\}(\/(media|link|pause|resume|stop))?$/, "recording"],
];

const ruleOf = (path) => rules.find(([pattern]) => pattern.test(path))?.[1];

/** Addresses of frontends with an id: { path, methods }. */
const rows = (world) =>
    Object.entries(world.document.paths)
        .filter(([path]) => path.includes("{"))
        .map(([path, item]) => ({
            path,
            methods: Object.entries(item)
                .filter(([, { security }]) => security?.some((one) => !("twilioSignature" in one)))
                .map(([method]) => method.toUpperCase()),
        }))
        .filter(({ methods }) => methods.length > 0);

/** Three strangers who may do everything but see what is not theirs, by each of the ways. */
async function strangers(world) {
    const scopes = "calls:read calls:read-group calls:control calls:place recordings:read recordings:control recordings:delete recordings:hold voicemails:read voicemails:manage transcripts:read tokens:mint";
    const key = await world.newCaller(scopes.replaceAll(" ", ","));
    const user = await application.token({ sub: world.name("stranger"), team: world.name("team"), scope: scopes }, { secret });
    const cookie = `sid=${world.name("stranger")}`;
    application.sessions.set(cookie, {
        status: 200,
        headers: { "X-Auth-Identity": world.name("stranger"), "X-Auth-Group": world.name("team"), "X-Auth-Scopes": scopes },
    });
    return {
        key: key.headers,
        jwt: { authorization: `Bearer ${user}` },
        forward: { cookie, origin: "https://phone.example.com" },
    };
}

/** Calls of somebody else's: of a user of a group, and of a key. */
async function foreignCalls(world) {
    const owner = await application.token({ sub: world.name("owner"), team: "theirs" }, { secret });
    const ofUser = await world.stranger.post("/calls", { to: world.number() }, { authorization: `Bearer ${owner}` });
    const ofKey = await world.api.post("/calls", { to: world.number() });
    assert.deepEqual([ofUser.status, ofKey.status], [201, 201], ofUser.text + ofKey.text);
    return [ofUser.json, ofKey.json];
}

/** A recording of a call, as Twilio tells of it: { id, sid }. */
async function recordingOf(world, call) {
    const sid = world.sid("RE");
    const told = { CallSid: call.sid, RecordingSid: sid, RecordingStatus: "in-progress" };
    assert.equal((await world.deliver("/webhooks/recording-status", told)).status, 204);
    return (await world.api.get(`/recordings/${sid}`)).json;
}

const withoutRequestId = ({ status, text }) => [status, text.replace(/"request_id":"\w+"/, "")];

/** A message of somebody to a number that nobody is rung for. */
async function foreignVoicemail(world) {
    const sid = world.sid();
    const call = { CallSid: sid, From: "+14155550144", To: "+15005550006", Direction: "inbound", CallStatus: "ringing" };
    await world.deliver("/twiml", call);
    await world.deliver("/twiml/voicemail", { ...call, CallStatus: "in-progress", RecordingSid: world.sid("RE"), RecordingDuration: "5" });
    const { json } = await world.api.get("/voicemails?limit=1");
    return { id: json.items[0].id, sid };
}

scenario("every address with an id has a rule here", (world) => {
    const without = rows(world).filter(({ path }) => ruleOf(path) === undefined);
    assert.deepEqual(without, []);
    assert.ok(rows(world).filter(({ path }) => ruleOf(path) === "call").length >= 2);
});

scenario("what belongs to operators asks for their scope, whatever the id", async (world) => {
    for (const headers of Object.values(await strangers(world)))
        for (const { path, methods } of rows(world).filter((row) => ruleOf(row.path) === "operator's"))
            for (const method of methods)
                assert.equal((await world.stranger.request(method, path.replace(/\{\w+\}/, "1"), undefined, headers)).status, 403, `${method} ${path}`);
});

for (const way of ["key", "jwt", "forward"])
    scenario(`a stranger by ${way} finds nothing, by id or by SID, and does nothing`, async (world) => {
        const headers = (await strangers(world))[way];
        const calls = await foreignCalls(world);
        await world.sim.idle();
        const recordings = await Promise.all(calls.map((call) => recordingOf(world, call)));
        const before = await Promise.all(calls.map(({ id }) => world.call(id)));
        const things = { call: [calls, "call_00000000000000000000000001"], recording: [recordings, "rec_00000000000000000000000001"], voicemail: [[await foreignVoicemail(world)], "vm_00000000000000000000000001"] };
        for (const { path, methods } of rows(world).filter((row) => ruleOf(row.path) in things))
            for (const method of methods) {
                const [foreign, nobodys] = things[ruleOf(path)];
                const ask = (id) => world.stranger.request(method, path.replace(/\{\w+\}/, id), undefined, headers);
                const nothing = withoutRequestId(await ask(nobodys));
                assert.equal(nothing[0], 404, `${method} ${path}`);
                for (const { id, sid } of foreign)
                    for (const name of [id, sid])
                        assert.deepEqual(withoutRequestId(await ask(name)), nothing, `${method} ${path}`);
            }
        for (const list of ["/calls", "/recordings", "/voicemails"])
            assert.deepEqual((await world.stranger.get(list, headers)).json.items, []);
        assert.deepEqual(await Promise.all(calls.map(({ id }) => world.call(id))), before);
    });
