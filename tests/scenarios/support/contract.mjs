// The words of tests/contract/frontends.json.
//
// A point is something that a frontend, Twilio or an operator may rely on. Its steps are exchanges:
//
//     as      server (a key with every scope), agent (a key that mints for itself), other (a key that sees no call but
//             its own), stranger (no key), twilio (signed), forger (not signed)
//     ask     "POST /path"; "GET,POST /path" is asked once by each method, the form going into the query of a GET
//     json, form, body, headers        what is sent; Twilio signs JSON by bodySHA256 unless `uncovered`
//     answer  status, type, headers; json (members that must be there), text (the whole body), twiml (every element in
//             order: name, attributes of which null means "not there", text)
//     keep    names for parts of the answer, for later steps
//
// Beside steps: stored (rows of the database), asked (the REST request to Twilio), fault (of the simulator), settings
// (a server of its own), check (a run of `switchhook check`), page (what a document says).
//
// {number}, {sid}, {sid:RE}, {agent}, {port} and names of settings are filled in, the same throughout a point. In what is
// expected, <...> stands for a kind of value and /.../ for a pattern.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";

import { exchange, jsonOf } from "./http.mjs";
import { checkAnswer } from "./openapi.mjs";
import { sha256, signForm } from "./twilio.mjs";
import { until } from "./world.mjs";

export const contract = JSON.parse(readFileSync(new URL("../../contract/frontends.json", import.meta.url), "utf8"));

const root = new URL("../../../", import.meta.url);

// ---- filling in

class Names {
    constructor(world, known) {
        this.world = world;
        this.known = known;
    }

    #make(name) {
        if (name === "number")
            return this.world.number();
        if (name === "port")
            return String(this.world.port);
        if (name === "sid" || name.startsWith("sid:"))
            return this.world.sid(name.match(/^sid:([A-Z]{2})/)?.[1] ?? "CA");
        assert.ok(name in this.world.env, `nobody knows {${name}}`);
        return this.world.env[name];
    }

    fill(value) {
        if (typeof value === "string")
            return value.replace(/\{([A-Za-z_][\w:]*)\}/g, (_, name) => (this.known[name] ??= this.#make(name)));
        if (Array.isArray(value))
            return value.map((one) => this.fill(one));
        if (value !== null && typeof value === "object")
            return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, this.fill(one)]));
        return value;
    }
}

// ---- expecting

function checkJwt(world, token, identity, where) {
    const [header, claims, signature] = token.split(".");
    const right = createHmac("sha256", world.env.TWILIO_API_KEY_SECRET).update(`${header}.${claims}`).digest("base64url");
    assert.equal(signature, right, `${where}: signed with the API key's secret`);
    const { grants } = JSON.parse(Buffer.from(claims, "base64url"));
    assert.equal(grants.identity, identity, `${where}: whose token`);
    assert.deepEqual(grants.voice, { incoming: { allow: true }, outgoing: { application_sid: world.env.TWILIO_TWIML_APP_SID } }, where);
}

const kinds = {
    int: Number.isInteger,
    "int or null": (value) => value === null || Number.isInteger(value),
    text: (value) => typeof value === "string" && value !== "",
    "text or null": (value) => value === null || typeof value === "string",
    time: (value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value),
    "time or null": (value) => value === null || kinds.time(value),
    "sid:CA": (value) => /^CA[0-9a-f]{32}$/.test(value),
};

/** Members that are expected must be there; further ones may. */
function expect(world, expected, actual, where) {
    if (expected !== null && typeof expected === "object" && !Array.isArray(expected)) {
        assert.ok(actual !== null && typeof actual === "object", `${where} is ${JSON.stringify(actual)}, no object`);
        for (const [name, one] of Object.entries(expected))
            expect(world, one, actual[name], `${where}.${name}`);
        return;
    }
    const [, kind] = typeof expected === "string" ? (expected.match(/^<(.+)>$/) ?? []) : [];
    const [, pattern] = typeof expected === "string" ? (expected.match(/^\/(.+)\/$/s) ?? []) : [];
    if (kind?.startsWith("jwt:"))
        checkJwt(world, actual, kind.slice(4), where);
    else if (kind)
        assert.ok(kinds[kind](actual), `${where} is ${JSON.stringify(actual)}, not ${expected}`);
    else if (pattern)
        assert.match(String(actual), new RegExp(pattern), where);
    else
        assert.deepEqual(actual, expected, where);
}

const unescaped = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&apos;", "'").replaceAll("&amp;", "&");

/** Every element in document order: [name, attributes, text]. Enough for what this server writes. */
function elements(xml) {
    const found = [];
    for (const [, name, attributes, text] of xml.matchAll(/<([A-Z]\w*)((?:\s+[\w:]+="[^"]*")*)\s*\/?>([^<]*)/g))
        found.push([name, Object.fromEntries([...attributes.matchAll(/([\w:]+)="([^"]*)"/g)].map(([, key, value]) => [key, unescaped(value)])), unescaped(text)]);
    return found;
}

function expectTwiml(world, expected, text) {
    const actual = elements(text);
    assert.deepEqual(actual.map(([name]) => name), expected.map(([name]) => name), text);
    expected.forEach(([name, attributes, words], i) => {
        for (const [key, value] of Object.entries(attributes))
            expect(world, value ?? undefined, actual[i][1][key], `${name} ${key}`);
        if (words !== undefined)
            expect(world, words, actual[i][2], name);
    });
}

function expectAnswer(world, expected, answer, what) {
    assert.equal(answer.status, expected.status, `${what}: ${answer.text}`);
    if (expected.type !== undefined)
        assert.equal((answer.headers["content-type"] ?? "").split(";")[0], expected.type, what);
    for (const [name, value] of Object.entries(expected.headers ?? {}))
        expect(world, value, answer.headers[name], `${what}: ${name}`);
    if (expected.json !== undefined)
        expect(world, expected.json, jsonOf(answer), `${what}: body`);
    if (expected.text !== undefined)
        assert.equal(answer.text, expected.text, what);
    if (expected.twiml !== undefined)
        expectTwiml(world, expected.twiml, answer.text);
}

// ---- asking

const callers = {
    server: (world) => world.api,
    agent: (world) => world.agent,
    other: (world) => world.other,
    stranger: (world) => world.stranger,
};

/** Twilio's hand, with a body that is no form. */
async function deliverJson(world, method, target, step) {
    const body = JSON.stringify(step.json);
    const asked = step.uncovered ? target : `${target}?bodySHA256=${sha256(body)}`;
    const signature = signForm(world.env.TWILIO_AUTH_TOKEN, world.env.TWILIO_WEBHOOK_BASE_URL + asked, []);
    const headers = { ...world.hostHeader(), "content-type": "application/json", "x-twilio-signature": signature };
    const answer = await exchange(world.origin, method, asked, { body, headers });
    checkAnswer(world.document, method, asked, answer);
    return answer;
}

function askOnce(world, step, method, target) {
    if (step.as in callers)
        return callers[step.as](world).request(method, target, step.json ?? step.body, {
            ...(step.body === undefined ? {} : { "content-type": "application/json" }),
            ...step.headers,
        });
    if (step.json !== undefined)
        return deliverJson(world, method, target, step);
    return world.deliver(target, step.form, { method, base: step.base, ...(step.as === "forger" ? { signature: null } : {}) });
}

const partOf = (answer, path) => path.split(".").reduce((at, name) => at?.[name], path.startsWith("headers.") ? answer : jsonOf(answer));

async function play(world, names, step) {
    const [methods, target] = names.fill(step.ask).split(" ");
    for (const method of methods.split(",")) {
        const filled = names.fill({ ...step, keep: undefined });
        const answer = await askOnce(world, filled, method, target);
        expectAnswer(world, filled.answer, answer, `${step.as} asks ${method} ${target}`);
        for (const [name, path] of Object.entries(step.keep ?? {}))
            names.known[name] = partOf(answer, path);
    }
}

// ---- looking behind it

async function lookAtRequest(world, { to, user, form = {}, without = [] }) {
    const request = await until(`Twilio was asked to call ${to}`, async () => (await world.sim.requests({ method: "POST", path: "/Calls.json", to }))[0]);
    expect(world, form, request.form, "the request to Twilio");
    for (const name of without)
        assert.ok(!(name in request.form), `${name} is no parameter of a call`);
    if (user !== undefined)
        assert.equal(request.user, user, "who asks Twilio");
}

function runCheck(world, { env, status, says }) {
    const report = world.run(["check"], Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value ?? undefined])));
    const output = report.stdout + report.stderr;
    assert.equal(report.status, status, output);
    for (const words of says)
        assert.match(output, new RegExp(words), words);
}

function readPage({ file, says }) {
    const text = readFileSync(new URL(file, root), "utf8");
    for (const words of says)
        assert.match(text, new RegExp(words), `${file} says ${words}`);
}

/** Play a point in a world that has `agent` and `other` (see callers). */
export async function playPoint(world, point) {
    const names = new Names(world, { agent: world.agent?.name });
    if (point.fault)
        await world.sim.fault(point.fault);
    for (const step of point.steps ?? [])
        await play(world, names, step);
    for (const { select, rows } of names.fill(point.stored ?? []))
        assert.deepEqual(world.sqlite(`SELECT ${select}`), rows, select);
    if (point.asked)
        await lookAtRequest(world, names.fill(point.asked));
    if (point.check)
        runCheck(world, point.check);
    if (point.page)
        readPage(point.page);
}

/** The people that points speak of. */
export async function populate(world) {
    world.agent = await world.newCaller("tokens:mint", world.name("agent"));
    world.other = await world.newCaller("calls:read calls:control calls:place", world.name("other"));
}

/** "GET /path" of every step, for asking whether a row has a point. */
export const asked = contract.points.flatMap(({ steps = [] }) =>
    steps.flatMap(({ ask }) => {
        const [methods, target] = ask.split(" ");
        return methods.split(",").map((method) => [method, target.split("?")[0]]);
    }),
);
