// Does an answer keep what /openapi.json promises?
import assert from "node:assert/strict";

import { jsonOf } from "./http.mjs";
import { complaints } from "./schema.mjs";

const PROBLEM = "application/problem+json";

const mediaType = (answer) => (answer.headers["content-type"] ?? "").split(";")[0];

/** The path item that a target falls under: exact paths win over those with {parameters}. */
export function pathOf(document, target) {
    const path = target.split("?")[0];
    if (path in document.paths)
        return path;
    const segments = path.split("/");
    const below = Object.keys(document.paths).find(
        (template) => Object.values(document.paths[template]).some((one) => one["x-below"]) && `${path}/`.startsWith(template.replace("{below}", "")),
    );
    if (below)
        return below;
    return Object.keys(document.paths).find((template) => {
        const parts = template.split("/");
        return (
            parts.length === segments.length &&
            parts.every((part, i) => (/^\{.*\}$/.test(part) ? segments[i] !== "" : part === segments[i]))
        );
    });
}

function checkProblem(document, answer, what) {
    assert.equal(mediaType(answer), PROBLEM, `${what}: errors are problems`);
    const problem = jsonOf(answer);
    assert.deepEqual(complaints({ $ref: "#/components/schemas/problem" }, problem, "problem", document), [], what);
    assert.equal(problem.status, answer.status, `${what}: the problem tells another status`);
    if (answer.headers["idempotency-replayed"] === undefined) // else it is the first answer, byte for byte
        assert.equal(problem.request_id, answer.headers["x-request-id"], `${what}: the problem tells another request id`);
}

/* What cannot be read has no row yet, whatever its path looks like. */
const WITHOUT_A_ROW = new Set([400, 414, 431]);

/** A dialect has errors of its own shape. */
function checkError(document, operation, answer, what) {
    const promise = operation.responses.default;
    if (promise.content[PROBLEM] !== undefined || (WITHOUT_A_ROW.has(answer.status) && mediaType(answer) === PROBLEM)) {
        checkProblem(document, answer, what);
        return;
    }
    checkContent(document, answer, promise, what);
    if (answer.headers["idempotency-replayed"] === undefined)
        assert.equal(jsonOf(answer).request_id, answer.headers["x-request-id"], `${what}: the error tells another request id`);
}

function checkContent(document, answer, promised, what) {
    if (promised.content === undefined) {
        assert.equal(answer.text, "", `${what}: no body is promised`);
        return;
    }
    const promise = promised.content[mediaType(answer)];
    assert.ok(promise, `${what}: ${mediaType(answer)} is not promised, but ${Object.keys(promised.content)}`);
    const json = jsonOf(answer);
    if (json !== undefined)
        assert.deepEqual(complaints(promise.schema, json, "body", document), [], what);
}

/** Fail unless `answer` to `method target` is one that the document describes. */
export function checkAnswer(document, method, target, answer) {
    const what = `${method} ${target} -> ${answer.status}`;
    const path = pathOf(document, target);
    if (path === undefined) {
        assert.ok(answer.status >= 400, `${what}: the document has no such path`);
        checkProblem(document, answer, what);
        return;
    }
    const item = document.paths[path];
    const operation = item[method === "HEAD" ? "get" : method.toLowerCase()];
    if (operation === undefined) {
        assert.ok(answer.status >= 400, `${what}: the document has no such operation`);
        checkProblem(document, answer, what);
        return;
    }
    if (answer.status === 304 || (method === "HEAD" && answer.status === 200)) {
        assert.equal(answer.text, "", `${what}: a body where there is none`);
        assert.ok(method === "HEAD" || answer.headers.etag, `${what}: not modified since when?`);
        return;
    }
    const promised = operation.responses[answer.status];
    if (promised !== undefined) {
        checkContent(document, answer, promised, what);
        return;
    }
    assert.ok(answer.status >= 400, `${what}: the document promises only ${Object.keys(operation.responses)}`);
    checkError(document, operation, answer, what);
}
