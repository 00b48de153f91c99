// Every request that we send to Twilio's REST API, checked against Twilio's published description of it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import Ajv from "ajv";

const here = path.dirname(fileURLToPath(import.meta.url));
const build = process.env.SWITCHHOOK_BUILD ?? path.resolve(here, "../../build/dev");
const spec = JSON.parse(readFileSync(path.resolve(here, "../vectors/twilio_api_v2010.json"), "utf8"));
const requests = JSON.parse(execFileSync(path.join(build, "support", "rest_requests"), { encoding: "utf8" }));

const formats = {
    uri: (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
    "http-method": (text) => text === "GET" || text === "POST",
    "phone-number": (text) => /^\+[1-9][0-9]{6,14}$/.test(text),
    endpoint: (text) => /^(\+[1-9][0-9]{6,14}|(client|sip|sips|app):.+)$/.test(text),
    twiml: (text) => text.startsWith("<Response") && text.length <= 4000,
    "date-time": (text) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text),
};
const others = ["date-time-rfc-2822", "currency", "uri-map", "int64"];
const ajv = new Ajv({ strict: false, allErrors: true, formats: { ...formats, ...Object.fromEntries(others.map((name) => [name, true])) } });
ajv.addSchema(spec, "spec");

const resolve = (schema) => (schema.$ref ? schema.$ref.split("/").slice(1).reduce((at, key) => at[key], spec) : schema);
const absolute = (schema) => JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"spec#/components'));

// The operation that a request's method and path belong to, and what stands in its path.
function operation({ method, url }) {
    const { pathname } = new URL(url);
    for (const [template, item] of Object.entries(spec.paths)) {
        const names = [];
        const pattern = template.replaceAll(".", "\\.").replace(/\{(\w+)\}/g, (_, name) => (names.push(name), "([^/]+?)"));
        const match = new RegExp(`^${pattern}$`).exec(pathname);
        const found = item[method.toLowerCase()];
        if (match && found) return { ...found, given: Object.fromEntries(names.map((name, i) => [name, match[i + 1]])) };
    }
    return assert.fail(`nothing is described for ${method} ${pathname}`);
}

// Form text as JSON of the types that the schema names: numbers, booleans, repeated keys as lists.
function decode(text, properties) {
    const out = {};
    for (const pair of text.split("&").filter(Boolean)) {
        const [name, value] = pair.split("=").map(decodeURIComponent);
        const { type } = properties[name] ? resolve(properties[name]) : { type: "string" };
        if (type === "array") (out[name] ??= []).push(value);
        else {
            assert.ok(!(name in out), `${name} is given twice`);
            out[name] = type === "integer" ? Number(value) : type === "boolean" ? JSON.parse(value) : value;
        }
    }
    return out;
}

function check(schema, value, what) {
    const validate = ajv.compile(absolute({ ...schema, type: "object", additionalProperties: false }));
    assert.ok(validate(value), `${what}: ${ajv.errorsText(validate.errors)}`);
}

const parameters = ({ parameters: all }, place) =>
    Object.fromEntries(all.filter((parameter) => parameter.in === place).map(({ name, schema }) => [name, schema]));
const form = (described) => described.requestBody?.content["application/x-www-form-urlencoded"].schema;

test("every request belongs to the operation it is meant for", () => {
    for (const request of requests) assert.equal(operation(request).operationId, request.name);
});

test("every path and query is as described", () => {
    for (const request of requests) {
        const described = operation(request);
        const query = parameters(described, "query");
        const inPath = parameters(described, "path");
        check({ properties: inPath, required: Object.keys(inPath) }, described.given, request.url);
        check({ properties: query }, decode(new URL(request.url).search.slice(1), query), request.url);
    }
});

test("every body is as described", () => {
    for (const request of requests) {
        const schema = form(operation(request));
        assert.equal(request.body !== null, schema !== undefined, request.url);
        if (schema) check(schema, decode(request.body, schema.properties), `${request.name} ${request.body}`);
    }
});

test("bodies are escaped, and say what they said before", () => {
    const bodies = requests.filter(({ body }) => body !== null).map(({ body }) => body);
    for (const body of bodies) assert.match(body, /^[A-Za-z0-9%&=._~-]+$/);
    assert.ok(bodies.some((body) => new URLSearchParams(body).get("Twiml") === "<Response><Say>hé & +</Say></Response>"));
});

test("every parameter that may be of use is sent by some request", () => {
    const unused = { CreateCall: ["ClientNotificationUrl"], UpdateCall: [], ListCall: ["StartTime", "EndTime", "EndTime<", "EndTime>"] };
    for (const [name, left_out] of Object.entries(unused)) {
        const mine = requests.filter((request) => request.name === name);
        const described = operation(mine[0]);
        const properties = form(described)?.properties ?? parameters(described, "query");
        const text = (request) => request.body ?? new URL(request.url).search.slice(1);
        const sent = new Set(mine.flatMap((request) => Object.keys(decode(text(request), properties))));
        assert.deepEqual(Object.keys(properties).filter((property) => !sent.has(property)).sort(), left_out.sort(), name);
    }
});

test("the check itself finds what is wrong", () => {
    const schema = form(operation(requests[0]));
    const good = "To=%2B14155550100&From=%2B15005550006&Url=https%3A%2F%2Fvoice.example";
    const wrong = ["To=1", "Nonsense=1", "Timeout=soon", "Method=PUT", "StatusCallback=x", "ApplicationSid=AP1"];
    check(schema, decode(good, schema.properties), "good");
    for (const pair of wrong) {
        const body = pair.startsWith("To=") ? good.replace("To=%2B14155550100", pair) : `${good}&${pair}`;
        assert.throws(() => check(schema, decode(body, schema.properties), pair), pair);
    }
    assert.throws(() => check(schema, decode("To=%2B14155550100", schema.properties), "no From"), /From/);
});
