// Words in what was said: found by whoever may see the call, by nobody else, and gone when they are deleted.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";

import { after } from "node:test";

import { Application } from "./support/application.mjs";
import { stage } from "./support/world.mjs";

const application = await Application.open();
after(() => application.close());
const secret = randomBytes(32).toString("hex");

const scenario = stage({
    SWITCHHOOK_AUTH: "key,jwt",
    SWITCHHOOK_JWT_SECRET: secret,
    SWITCHHOOK_JWT_GROUP_CLAIM: "team",
    SWITCHHOOK_VOICEMAIL: "true", SWITCHHOOK_INBOUND_IDENTITIES: "+15005550006=alice,+15005550007=bob",
});

/** A call to that number in which these lines are said. */
async function call(world, to, lines, { direction = "inbound", from = "+14155550133" } = {}) {
    const sid = world.sid();
    await world.deliver("/twiml", { CallSid: sid, From: from, To: to, Direction: direction, CallStatus: "ringing" });
    const transcription = world.sid("GT");
    for (const [i, text] of lines.entries())
        await world.deliver("/webhooks/transcription", {
            CallSid: sid,
            TranscriptionSid: transcription,
            TranscriptionEvent: "transcription-content",
            Track: "inbound_track",
            SequenceId: String(i + 1),
            Final: "true",
            TranscriptionData: JSON.stringify({ transcript: text, confidence: 0.9 }),
        });
    return sid;
}

const find = async (caller, q, more = "") => {
    const { status, json, text } = await caller.get(`/search?q=${encodeURIComponent(q)}${more}`);
    assert.equal(status, 200, text);
    return json.items;
};
const textOf = ({ snippet }) => snippet.map(({ text, match }) => (match ? `<${text}>` : text)).join("");

scenario("words, phrases and beginnings; whatever is typed is words", async (world) => {
    const sid = await call(world, "+15005550006", ["The invoice 4711 is late, isn't it?", "Zażółć gęślą: café NOT open", 'She said "is late" twice']);
    const texts = async (q) => (await find(world.api, q)).filter((item) => item.call_sid === sid).map(textOf);
    assert.deepEqual(await texts("invoice LATE"), ["The <invoice> 4711 is <late>, isn't it?"]);
    assert.deepEqual(await texts('"is late"'), ['She said "<is late>" twice', "The invoice 4711 <is late>, isn't it?"]);
    assert.deepEqual(await texts("gesla CAFE"), ["Zażółć <gęślą>: <café> NOT open"]);
    assert.deepEqual(await texts("invo* 47*"), ["The <invoice> <4711> is late, isn't it?"]);
    for (const nothing of ["late NOT invoice", "late OR nothing", "text:late", "scope:late", "NEAR(late invoice)", "invoice^4"])
        assert.deepEqual(await texts(nothing), [], nothing);
    for (const odd of ["late)", "(late", "'late'", 'late"', "late;", "late --", "-late", "{late}", "late*", "\u{1F4DE} late"])
        assert.ok(Array.isArray(await texts(odd)), odd);
    const [item] = await find(world.api, "4711");
    assert.deepEqual([item.speaker, item.direction, item.identity, item.voicemail_id, item.confidence], ["caller", "inbound", "alice", null, 0.9]);
});

scenario("what is no search is refused by name", async (world) => {
    for (const query of ["", "?q=", "?q=%20", "?q=---", `?q=${"a".repeat(257)}`, `?q=${Array(17).fill("a").join("+")}`, "?q=%ff"]) {
        const { status, json } = await world.api.get(`/search${query}`);
        assert.ok(status === 422 ? json.field === "q" : status === 400 && query === "?q=%ff", `${query} ${status}`);
    }
    for (const query of ["limit=0", "cursor=x", "direction=up", "since=now", "colour=red"])
        assert.equal((await world.api.get(`/search?q=a&${query}`)).status, 422, query);
    const reader = await world.newCaller("calls:read-all,voicemails:read");
    assert.equal((await reader.get("/search?q=a")).status, 403);
});

scenario("newest first, page by page, within times, direction and mailbox", async (world) => {
    const word = `w${randomBytes(4).toString("hex")}`;
    const alice = await call(world, "+15005550006", [1, 2, 3].map((n) => `${word} alice ${n}`));
    const bob = await call(world, "+15005550007", [`${word} bob`]);
    const all = [];
    for (let cursor = ""; cursor !== null; ) {
        const { json } = await world.api.get(`/search?q=${word}&limit=3${cursor && `&cursor=${cursor}`}`);
        all.push(...json.items);
        cursor = json.next_cursor;
    }
    assert.deepEqual(all.map(({ call_sid: sid }) => sid), [bob, alice, alice, alice]);
    assert.deepEqual((await find(world.api, word, "&identity=bob")).map(({ call_sid: sid }) => sid), [bob]);
    assert.equal((await find(world.api, word, "&direction=inbound")).length, 4);
    assert.equal((await find(world.api, word, "&direction=outbound-api")).length, 0);
    assert.equal((await find(world.api, word, `&since=${all[0].at}`)).length, 1);
    assert.equal((await find(world.api, word, `&until=${all[3].at}`)).length, 0);
});

scenario("a voicemail is found by its words, and not after it was deleted", async (world) => {
    const word = `w${randomBytes(4).toString("hex")}`;
    const sid = world.sid();
    const of = { CallSid: sid, From: "+14155550144", To: "+15005550006", Direction: "inbound" };
    const first = await world.deliver("/twiml", { ...of, CallStatus: "ringing" });
    const action = new URL(first.text.match(/<Dial[^>]* action="([^"]+)"/)[1].replaceAll("&amp;", "&"));
    await world.deliver(action.pathname + action.search, { ...of, CallStatus: "in-progress", DialCallStatus: "busy" });
    const recording = { RecordingSid: world.sid("RE"), RecordingDuration: "5" };
    await world.deliver("/twiml/voicemail", { ...of, CallStatus: "in-progress", ...recording });
    await world.deliver("/webhooks/transcription", { ...of, ...recording, TranscriptionSid: world.sid("TR"), TranscriptionStatus: "completed", TranscriptionText: `Call me about ${word}` });
    const [item] = await find(world.api, word);
    assert.match(item.voicemail_id, /^vm_/);
    assert.equal((await world.api.request("DELETE", `/voicemails/${item.voicemail_id}`)).status, 204);
    assert.deepEqual(await find(world.api, word), []);
    assert.deepEqual(world.sqlite("SELECT rowid FROM transcript_search WHERE transcript_search MATCH :word", { word }), []);
});

scenario("nobody finds what is not his: a key that owns no call, a user with another name", async (world) => {
    const word = `w${randomBytes(4).toString("hex")}`;
    await call(world, "+15005550006", [`${word} of alice`]);
    const key = await world.newCaller("calls:read,transcripts:read");
    assert.deepEqual(await find(key, word), []);
    assert.equal((await find(world.api, word)).length, 1);
});

scenario("a user finds what was said in calls of hers, and of her group if she may read those", async (world) => {
    const word = `w${randomBytes(4).toString("hex")}`;
    const scopes = "calls:read calls:read-group transcripts:read voicemails:read voicemails:manage tokens:mint";
    const as = async (sub, team, scope = scopes) => {
        const token = await application.token({ sub, team, scope }, { secret });
        return Object.assign(world.as("none"), { headers: { ...world.hostHeader(), authorization: `Bearer ${token}` } });
    };
    const [alice, bob] = [await as("alice", "sales"), await as("bob", "sales")];
    assert.equal((await alice.post("/token")).status, 200, "now it is known which group she is in");
    const hers = await call(world, "+15005550006", [`${word} for alice`]);
    const his = await call(world, "+15005550007", [`${word} for bob`]);
    const sids = async (user) => (await find(user, word)).map(({ call_sid: sid }) => sid);
    assert.deepEqual(await sids(alice), [hers]);
    assert.deepEqual(await sids(bob), [his, hers], "his own, and his group's");
    assert.deepEqual(await sids(await as("bob", "sales", "calls:read transcripts:read")), [his], "without the scope for the group his own");
    assert.deepEqual(await sids(await as("carol", "support")), []);
    assert.deepEqual((await find(bob, word, "&identity=alice")).map(({ call_sid: sid }) => sid), [hers]);
    assert.deepEqual(await find(alice, word, "&identity=bob"), []);
});

scenario("a user sees her own mailbox", async (world) => {
    const token = async (sub) => ({ ...world.hostHeader(), authorization: `Bearer ${await application.token({ sub, scope: "voicemails:read voicemails:manage" }, { secret })}` });
    const [alice, bob] = [await token("alice"), await token("bob")];
    const sid = world.sid();
    const of = { CallSid: sid, From: "+14155550155", To: "+15005550006", Direction: "inbound" };
    const first = await world.deliver("/twiml", { ...of, CallStatus: "ringing" });
    const action = new URL(first.text.match(/<Dial[^>]* action="([^"]+)"/)[1].replaceAll("&amp;", "&"));
    await world.deliver(action.pathname + action.search, { ...of, CallStatus: "in-progress", DialCallStatus: "no-answer" });
    await world.deliver("/twiml/voicemail", { ...of, CallStatus: "in-progress", RecordingSid: world.sid("RE"), RecordingDuration: "5" });
    const { json } = await world.stranger.get("/voicemails?state=new&number=%2B14155550155", alice);
    assert.deepEqual([json.items.length, json.items[0].identity], [1, "alice"]);
    assert.deepEqual((await world.stranger.get("/voicemails", bob)).json, { items: [], next_cursor: null, new_count: 0 });
    const { id } = json.items[0];
    assert.equal((await world.stranger.post(`/voicemails/${id}/read`, undefined, bob)).status, 404);
    assert.equal((await world.stranger.post(`/voicemails/${id}/read`, undefined, alice)).json.state, "read");
    assert.equal((await world.stranger.get("/voicemails?limit=1", alice)).json.new_count, json.new_count - 1);
});
