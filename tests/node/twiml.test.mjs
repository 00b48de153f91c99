// Our TwiML builder beside Twilio's own: the same documents to the byte, and the same elements, places and attributes.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import twilio from "twilio";

const { VoiceResponse } = twilio.twiml;
const here = path.dirname(fileURLToPath(import.meta.url));
const build = process.env.SWITCHHOOK_BUILD ?? path.resolve(here, "../../build/dev");

// What our builder makes of documents described as lists of [name, attributes, ...content].
function ours(documents) {
    const input = JSON.stringify(documents);
    return JSON.parse(execFileSync(path.join(build, "support", "twiml"), { input, encoding: "utf8", maxBuffer: 1 << 26 }));
}

// The official builder, driven by the same description.
function official(verbs) {
    const add = (parent, [name, attributes, ...content]) => {
        const element = parent.addChild(name, attributes);
        for (const part of content) Array.isArray(part) ? add(element, part) : element.addText(part);
    };
    const response = new VoiceResponse();
    for (const verb of verbs) add(response, verb);
    return response.toString();
}

const leg = { url: "/whisper?x=1&y=2", method: "GET", statusCallback: "https://voice.example/cb", statusCallbackMethod: "POST" };

// Each with the calls of the official builder's own methods that make the same document.
const documents = {
    "an empty answer": [[], () => {}],
    "speech with everything that needs an escape": [
        [["Say", { voice: "alice", language: "en-GB", loop: 2 }, "Tom & Jerry <b> \"q\" 'a' é ☎️ > done"]],
        (r) => r.say({ voice: "alice", language: "en-GB", loop: 2 }, "Tom & Jerry <b> \"q\" 'a' é ☎️ > done"),
    ],
    "an outgoing call": [
        [
            [
                "Dial",
                {
                    callerId: "+15005550006",
                    timeout: 20,
                    answerOnBridge: true,
                    record: "record-from-answer-dual",
                    recordingStatusCallbackEvent: ["in-progress", "completed"],
                    action: "https://voice.example/a?b=1&c='2'",
                },
                "+14155550100",
            ],
        ],
        (r) =>
            r.dial(
                {
                    callerId: "+15005550006",
                    timeout: 20,
                    answerOnBridge: true,
                    record: "record-from-answer-dual",
                    recordingStatusCallbackEvent: ["in-progress", "completed"],
                    action: "https://voice.example/a?b=1&c='2'",
                },
                "+14155550100",
            ),
    ],
    "several people rung at once": [
        [
            [
                "Dial",
                { answerOnBridge: false, timeLimit: 0, action: "" },
                ["Number", { ...leg, statusCallbackEvent: ["initiated", "ringing"], sendDigits: "ww1#" }, "+14155550100"],
                ["Client", { statusCallback: "/cb" }, ["Identity", {}, "alice"], ["Parameter", { name: "k&", value: 'v"<>\n\t' }]],
                ["Client", {}, "bob_2"],
                ["Sip", { username: "u" }, "sip:a@b.example;transport=tls?x-h=1&y=2"],
            ],
        ],
        (r) => {
            const dial = r.dial({ answerOnBridge: false, timeLimit: 0, action: "" });
            dial.number({ ...leg, statusCallbackEvent: ["initiated", "ringing"], sendDigits: "ww1#" }, "+14155550100");
            const client = dial.client({ statusCallback: "/cb" });
            client.identity({}, "alice");
            client.parameter({ name: "k&", value: 'v"<>\n\t' });
            dial.client("bob_2");
            dial.sip({ username: "u" }, "sip:a@b.example;transport=tls?x-h=1&y=2");
        },
    ],
    "a menu": [
        [
            [
                "Gather",
                { input: ["dtmf", "speech"], numDigits: 1, finishOnKey: "", timeout: 5, actionOnEmptyResult: true, hints: "a, b" },
                ["Say", {}, "Press 1"],
                ["Pause", { length: 1 }],
                ["Play", { loop: 0 }, "https://voice.example/menu.mp3"],
            ],
            ["Redirect", { method: "POST" }, "/menu?x=1&y=2"],
        ],
        (r) => {
            const attributes = { numDigits: 1, finishOnKey: "", timeout: 5, actionOnEmptyResult: true, hints: "a, b" };
            const gather = r.gather({ input: ["dtmf", "speech"], ...attributes });
            gather.say("Press 1");
            gather.pause({ length: 1 });
            gather.play({ loop: 0 }, "https://voice.example/menu.mp3");
            r.redirect({ method: "POST" }, "/menu?x=1&y=2");
        },
    ],
    "verbs without anything": [
        [["Reject", {}], ["Reject", { reason: "busy" }], ["Hangup", {}], ["Pause", {}], ["Leave", {}], ["Echo", {}]],
        (r) => {
            r.reject();
            r.reject({ reason: "busy" });
            r.hangup();
            r.pause();
            r.leave();
            r.echo();
        },
    ],
    "a conference": [
        [
            [
                "Dial",
                {},
                [
                    "Conference",
                    {
                        startConferenceOnEnter: false,
                        endConferenceOnExit: true,
                        statusCallbackEvent: ["start", "end", "join", "leave"],
                        waitUrl: "",
                        beep: "onEnter",
                        maxParticipants: 10,
                    },
                    "Room 1 & co",
                ],
            ],
        ],
        (r) =>
            r.dial().conference(
                {
                    startConferenceOnEnter: false,
                    endConferenceOnExit: true,
                    statusCallbackEvent: ["start", "end", "join", "leave"],
                    waitUrl: "",
                    beep: "onEnter",
                    maxParticipants: 10,
                },
                "Room 1 & co",
            ),
    ],
    "a queue and a task": [
        [
            ["Enqueue", { workflowSid: "WW1", action: "/e" }, ["Task", { priority: 5, timeout: 30 }, '{"a":1,"b":"x<&>\\"y"}']],
            ["Enqueue", { waitUrl: "/wait" }, "support"],
            ["Dial", {}, ["Queue", { url: "/about-to-connect" }, "support"]],
        ],
        (r) => {
            r.enqueue({ workflowSid: "WW1", action: "/e" }).task({ priority: 5, timeout: 30 }, '{"a":1,"b":"x<&>\\"y"}');
            r.enqueue({ waitUrl: "/wait" }, "support");
            r.dial().queue({ url: "/about-to-connect" }, "support");
        },
    ],
    "streams": [
        [
            ["Start", {}, ["Transcription", { name: "t", partialResults: true, statusCallbackUrl: "https://x/y", track: "both_tracks" }]],
            ["Start", {}, ["Recording", { channels: "dual", recordingStatusCallback: "/r" }]],
            ["Connect", { action: "/x" }, ["Stream", { url: "wss://x.example/ms" }, ["Parameter", { name: "a", value: "1" }]]],
            ["Connect", {}, ["ConversationRelay", { url: "wss://x.example/cr?y=1", dtmfDetection: true }, ["Language", { code: "fr-FR" }]]],
            ["Stop", {}, ["Stream", { name: "x" }]],
        ],
        (r) => {
            r.start().transcription({ name: "t", partialResults: true, statusCallbackUrl: "https://x/y", track: "both_tracks" });
            r.start().recording({ channels: "dual", recordingStatusCallback: "/r" });
            r.connect({ action: "/x" }).stream({ url: "wss://x.example/ms" }).parameter({ name: "a", value: "1" });
            r.connect().conversationRelay({ url: "wss://x.example/cr?y=1", dtmfDetection: true }).language({ code: "fr-FR" });
            r.stop().stream({ name: "x" });
        },
    ],
    "speech with markup": [
        [
            [
                "Say",
                { voice: "Polly.Joanna" },
                "Hello ",
                ["break", { strength: "weak", time: "100ms" }],
                ["emphasis", { level: "strong" }, "world"],
                ["say-as", { "interpret-as": "telephone" }, "4155550100"],
                ["lang", { "xml:lang": "fr-FR" }, "oui"],
            ],
        ],
        (r) => {
            const say = r.say({ voice: "Polly.Joanna" }, "Hello ");
            say.break({ strength: "weak", time: "100ms" });
            say.emphasis({ level: "strong" }, "world");
            say.sayAs({ "interpret-as": "telephone" }, "4155550100");
            say.lang({ "xml:lang": "fr-FR" }, "oui");
        },
    ],
    "values that are zero, false, empty or missing": [
        [
            ["Play", { loop: 0 }, "https://x/y.mp3"],
            ["Play", { digits: "ww12" }],
            ["Say", { loop: 0, voice: null }],
            ["Record", { playBeep: false, maxLength: 30, transcribe: true, recordingStatusCallbackEvent: ["completed", "absent"] }],
            ["Record", { recordingStatusCallbackEvent: [], finishOnKey: "" }],
        ],
        (r) => {
            r.play({ loop: 0 }, "https://x/y.mp3");
            r.play({ digits: "ww12" });
            r.say({ loop: 0, voice: null }, "");
            r.record({ playBeep: false, maxLength: 30, transcribe: true, recordingStatusCallbackEvent: ["completed", "absent"] });
            r.record({ recordingStatusCallbackEvent: [], finishOnKey: "" });
        },
    ],
};

for (const [name, [description, make]] of Object.entries(documents)) {
    test(`both write ${name} alike, to the byte`, () => {
        const response = new VoiceResponse();
        make(response);
        assert.deepEqual(ours([description])[0], { xml: response.toString() });
    });
}

test("both escape every character of the first planes alike, in text and in attributes", () => {
    const texts = [];
    for (let start = 0x20; start < 0x3000; start += 0x100) {
        let text = "";
        for (let point = start; point < start + 0x100; point++) text += String.fromCodePoint(point);
        texts.push(text);
    }
    texts.push("\t\n\r", "😀\u{10fffd}", "]]>", "&amp;", "<!-- x -->", "<![CDATA[x]]>", " two  spaces ");
    const described = texts.map((text) => [["Say", {}, text], ["Hangup", {}, ["Parameter", { name: "n", value: text }]]]);
    const results = ours(described);
    described.forEach((verbs, i) => assert.equal(results[i].xml, official(verbs)));
});

test("where the official builder would write what is no XML, ours refuses", () => {
    const texts = ["\u0001", "\u001b", "\ufffe", "\uffff"];
    for (const result of ours(texts.map((text) => [["Hangup", {}, ["Parameter", { name: "n", value: text }]]])))
        assert.equal(result.kind, "INVALID");
});

// ---- the tables agree

const left_out = new Set(["Pay", "Prompt"]);
const own_methods = new Set(["constructor", "comment", "commentAfter", "commentBefore", "addText", "addChild", "toString"]);

// Every [parents..., element] that the official builder has a method for, found by calling them all.
function places() {
    const found = new Map();
    const walk = (make, trail) => {
        const prototype = Object.getPrototypeOf(make());
        for (const method of Object.getOwnPropertyNames(prototype)) {
            if (own_methods.has(method) || method.startsWith("_") || /^ssml/.test(method)) continue;
            const node = make();
            const child = node[method]({});
            const name = child?._getXml?.()?.name;
            if (name === undefined || left_out.has(name) || trail.includes(name)) continue;
            const key = `${trail.at(-1) ?? "Response"} > ${name}`;
            if (found.has(key)) continue;
            found.set(key, [...trail, name]);
            walk(() => make()[method]({}), [...trail, name]);
        }
    };
    walk(() => new VoiceResponse(), []);
    return found;
}

function nest(names, attributes = {}) {
    const [name, ...rest] = names;
    return rest.length === 0 ? [name, attributes] : [name, {}, nest(rest, attributes)];
}

test("ours lets every element stand wherever the official builder does", () => {
    const found = places();
    assert.ok(found.size > 100, `only ${found.size} places were found`);
    const results = ours([...found.values()].map((names) => [nest(names)]));
    [...found.keys()].forEach((place, i) => {
        const refused = /may not stand|no such/.test(results[i].message ?? "");
        assert.ok(!refused, `${place}: ${results[i].message}`);
    });
});

test("ours lets no element stand where the official builder has no place for it", () => {
    const known = places();
    const trails = new Map([["Response", []]]);
    for (const names of known.values()) if (!trails.has(names.at(-1))) trails.set(names.at(-1), names);
    const pairs = [];
    for (const [parent, trail] of trails)
        for (const child of trails.keys())
            if (child !== "Response" && parent !== child && !known.has(`${parent} > ${child}`)) pairs.push([parent, child, trail]);
    assert.ok(pairs.length > 1000);
    const results = ours(pairs.map(([, child, trail]) => [nest([...trail, child])]));
    pairs.forEach(([parent, child], i) => {
        assert.equal(results[i].kind, "INTERNAL", `<${child}> in <${parent}>`);
        assert.match(results[i].message, /may not stand in/);
    });
});

// The attributes of each element, as the types of the official builder declare them.
function attributes() {
    const require = createRequire(import.meta.url);
    const folder = path.dirname(require.resolve("twilio"));
    const types = readFileSync(path.join(folder, "twiml/VoiceResponse.d.ts"), "utf8").replace(/\/\*[^]*?\*\//g, "");
    const special = { "ssmlSay-as": "say-as", SayAs: "say-as" };
    const found = new Map();
    for (const [, name, body] of types.matchAll(/interface (\w+)Attributes[^{]*\{([^]*?)\n    \}/g)) {
        const plain = name.replace(/^Ssml/, "");
        const element = name.startsWith("Ssml") ? (special[plain] ?? plain.toLowerCase()) : name === "SipUri" ? "Uri" : name;
        const names = [...body.matchAll(/^\s*"?([\w:-]+)"?\?: /gm)].map((match) => match[1]);
        if (!left_out.has(element)) found.set(element, [...new Set([...(found.get(element) ?? []), ...names])]);
    }
    return found;
}

test("ours knows every attribute of the official builder", () => {
    const trails = new Map([...places().values()].map((names) => [names.at(-1), names]));
    const cases = [];
    for (const [element, names] of attributes()) {
        assert.ok(trails.has(element), `<${element}> has no place`);
        for (const name of names) cases.push([element, name]);
    }
    assert.ok(cases.length > 250, `only ${cases.length} attributes were found`);
    const results = ours(cases.map(([element, name]) => [nest(trails.get(element), { [name]: "\u0001" })]));
    cases.forEach(([element, name], i) => {
        assert.equal(results[i].kind, "INVALID", `${name} of <${element}>: ${results[i].message}`);
        assert.equal(results[i].field, name);
    });
});
