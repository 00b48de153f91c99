// A real S3-compatible store (npm s3rver) behind a gate that is stricter than it and can misbehave.
//
//     const store = await S3Store.open();
//     const world = await World.create({ ...store.settings(), SWITCHHOOK_STORAGE: "s3" });
//     store.trouble({ method: "PUT", status: 503, code: "SlowDown", times: 2 });
//
// The store looks at the key, the date and the headers of a request, but does not compute signatures of version 4. The gate does:
// with the package that Amazon's own SDK signs with, over what came over the wire. It also computes the digest of each body.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";

const require = createRequire(new URL("../../node/package.json", import.meta.url));
const { SignatureV4 } = require("@smithy/signature-v4");
const S3rver = require("s3rver");
const Account = require("s3rver/lib/models/account.js");

const region = "us-east-1";

class Sha256 {
    constructor(secret) {
        this.hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret);
    }

    update(data) {
        this.hash.update(data);
    }

    async digest() {
        return new Uint8Array(this.hash.digest());
    }
}

const error = (code) => `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>told to</Message></Error>`;

export class S3Store {
    /** `tls`: it speaks https for 127.0.0.1, with a certificate that only `store.certificate` vouches for. */
    static async open({ bucket = "recordings", tls = false } = {}) {
        const store = new S3Store();
        store.bucket = bucket;
        store.credentials = { accessKeyId: "key-of-the-scenario", secretAccessKey: "secret-of-the-scenario" };
        Account.DUMMY_ACCOUNT.createKeyPair(store.credentials.accessKeyId, store.credentials.secretAccessKey);
        store.directory = mkdtempSync(path.join(tmpdir(), "switchhook-s3-"));
        store.backend = new S3rver({ port: 0, address: "127.0.0.1", silent: true, directory: store.directory, configureBuckets: [{ name: bucket }] });
        store.backendPort = (await store.backend.run()).port;
        store.tls = tls ? store.#makeCertificate() : null;
        store.requests = []; // { method, url, headers, bytes, status }
        store.troubles = [];
        store.uploads = new Map(); // id -> { key, at }
        store.refused = []; // what the gate found wrong
        store.sockets = new Set();
        await store.up();
        return store;
    }

    /** Environment of a server that keeps recordings here. */
    settings(further = {}) {
        return {
            SWITCHHOOK_STORAGE: "s3",
            SWITCHHOOK_S3_ENDPOINT: `${this.tls ? "https" : "http"}://127.0.0.1:${this.port}`,
            ...(this.tls ? { SWITCHHOOK_S3_CA_FILE: this.certificate } : {}),
            SWITCHHOOK_S3_BUCKET: this.bucket,
            SWITCHHOOK_S3_PREFIX: "calls/",
            SWITCHHOOK_S3_ACCESS_KEY_ID: this.credentials.accessKeyId,
            SWITCHHOOK_S3_SECRET_ACCESS_KEY: this.credentials.secretAccessKey,
            SWITCHHOOK_S3_RETRY_MS: "10",
            ...further,
        };
    }

    /** The same for tests/support/storage_tool.c. */
    toolEnvironment(further = {}) {
        return {
            S3_PORT: String(this.port),
            S3_BUCKET: this.bucket,
            S3_ACCESS_KEY_ID: this.credentials.accessKeyId,
            S3_SECRET_ACCESS_KEY: this.credentials.secretAccessKey,
            ...further,
        };
    }

    async close() {
        await this.down();
        await new Promise((resolve) => this.backend.close(resolve));
        rmSync(this.directory, { recursive: true, force: true });
    }

    #makeCertificate() {
        const key = path.join(this.directory, "tls-key.pem");
        this.certificate = path.join(this.directory, "tls-certificate.pem");
        const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
        const subject = ["-subj", "/CN=store of the scenario", "-addext", "subjectAltName=IP:127.0.0.1"];
        execFileSync("openssl", ["req", "-x509", ...kind, ...subject, "-keyout", key, "-out", this.certificate], { stdio: "pipe" });
        return { key: readFileSync(key), cert: readFileSync(this.certificate) };
    }

    // ---- trouble

    /** Nobody answers at its port until up(). */
    async down() {
        for (const socket of this.sockets)
            socket.destroy();
        await new Promise((resolve) => this.server.close(resolve));
    }

    async up() {
        const take = (request, response) => this.#take(request, response);
        this.server = this.tls ? https.createServer(this.tls, take) : http.createServer(take);
        this.server.on("connection", (socket) => {
            this.sockets.add(socket);
            socket.on("close", () => this.sockets.delete(socket));
        });
        this.server.listen(this.port ?? 0, "127.0.0.1");
        await once(this.server, "listening");
        this.port = this.server.address().port;
    }

    /**
     * The next `times` requests that fit `method` and `url` (a pattern) get `status` and `code`; or `reset`: their connection is
     * reset in the middle of the body; or `hold`: they are never answered; or `skew_ms`: the store takes them for that much older than they are.
     */
    trouble({ method, url = /./, times = Infinity, ...what }) {
        this.troubles.push({ method, url, times, seen: 0, ...what });
        return this.troubles.at(-1);
    }

    calm() {
        this.troubles = [];
    }

    #troubleFor(request) {
        const found = this.troubles.find(({ method, url, times, seen }) => (method === undefined || method === request.method) && url.test(request.url) && seen < times);
        if (found)
            found.seen++;
        return found;
    }

    // ---- what is stored

    /** Keys, without the prefix. */
    keys() {
        const found = [];
        const walk = (folder) => {
            for (const entry of readdirSync(folder, { withFileTypes: true })) {
                if (entry.isDirectory())
                    walk(path.join(folder, entry.name));
                else if (entry.name.endsWith("._S3rver_object"))
                    found.push(path.relative(path.join(this.directory, this.bucket), path.join(folder, entry.name)).replace("._S3rver_object", ""));
            }
        };
        walk(path.join(this.directory, this.bucket));
        return found.filter((key) => key.startsWith("calls/")).map((key) => key.slice("calls/".length)).sort();
    }

    bytesOf(key) {
        return readFileSync(path.join(this.directory, this.bucket, "calls", `${key}._S3rver_object`));
    }

    /** As somebody does who can write to the store. */
    replace(key, bytes) {
        writeFileSync(path.join(this.directory, this.bucket, "calls", `${key}._S3rver_object`), bytes);
    }

    // ---- the gate

    async #take(request, response) {
        const trouble = this.#troubleFor(request);
        if (trouble?.reset) {
            request.once("data", () => request.socket.resetAndDestroy());
            request.once("end", () => request.socket.resetAndDestroy());
            return;
        }
        if (trouble?.hold)
            return;
        const chunks = [];
        for await (const chunk of request)
            chunks.push(chunk);
        const body = Buffer.concat(chunks);
        const seen = { method: request.method, url: request.url, headers: request.headers, bytes: body.length };
        this.requests.push(seen);
        const wrong = await this.#judge(request, body);
        if (wrong)
            this.refused.push(`${request.method} ${request.url}: ${wrong}`);
        seen.status = wrong ? 403 : (trouble?.status ?? 0);
        if (seen.status === 0 && this.#doesItself(request, seen, response))
            return;
        if (seen.status !== 0)
            response.writeHead(seen.status, { "content-type": "application/xml" }).end(request.method === "HEAD" ? "" : error(wrong ?? trouble.code));
        else
            this.#pass(request, body, trouble, seen, response);
    }

    #pass(request, body, trouble, seen, response) {
        const headers = { ...request.headers };
        if (trouble?.skew_ms)
            headers["x-amz-date"] = new Date(Date.now() - trouble.skew_ms).toISOString().replace(/[-:]|\.\d+/g, "");
        const onward = http.request({ port: this.backendPort, host: "127.0.0.1", method: request.method, path: request.url, headers }, (answer) => {
            seen.status = answer.statusCode;
            this.#noteUpload(request, answer);
            response.writeHead(answer.statusCode, answer.headers);
            answer.pipe(response);
        });
        onward.on("error", () => response.destroy());
        onward.end(body);
    }

    // ---- what s3rver lacks: listing uploads that were begun and not ended, and ending them

    #doesItself(request, seen, response) {
        const { searchParams } = new URL(request.url, "http://127.0.0.1");
        const ends = searchParams.get("uploadId");
        if (request.method === "GET" && searchParams.has("uploads"))
            this.#listUploads(seen, response);
        else if (request.method === "DELETE" && ends)
            response.writeHead((seen.status = this.uploads.delete(ends) ? 204 : 404)).end();
        else
            return false;
        return true;
    }

    #noteUpload(request, answer) {
        const { pathname, searchParams } = new URL(request.url, "http://127.0.0.1");
        const ends = searchParams.get("uploadId");
        if (request.method === "POST" && searchParams.has("uploads")) {
            let text = "";
            answer.on("data", (chunk) => (text += chunk));
            answer.on("end", () => this.uploads.set(text.match(/<UploadId>([^<]+)</)[1], { key: pathname.slice(this.bucket.length + 2), at: new Date() }));
        } else if (ends && request.method === "POST" && answer.statusCode < 300) {
            this.uploads.delete(ends);
        }
    }

    #listUploads(seen, response) {
        seen.status = 200;
        const rows = [...this.uploads].map(([id, { key, at }]) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${at.toISOString()}</Initiated></Upload>`);
        response.writeHead(200, { "content-type": "application/xml" }).end(`<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${rows.join("")}</ListMultipartUploadsResult>`);
    }

    /** The code of what is wrong with a signature, or undefined. */
    async #judge({ method, url, headers }, body) {
        const [, key, day, theirRegion, names, signature] =
            headers.authorization?.match(/^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/) ?? [];
        if (signature === undefined || key !== this.credentials.accessKeyId || theirRegion !== region)
            return key === undefined ? "AccessDenied" : key === this.credentials.accessKeyId ? "AuthorizationHeaderMalformed" : "InvalidAccessKeyId";
        const at = headers["x-amz-date"]?.match(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/);
        if (!at || !headers["x-amz-date"].startsWith(day))
            return "AccessDenied";
        const signable = names.split(";");
        for (const name of ["host", "x-amz-date", "x-amz-content-sha256"])
            assert.ok(signable.includes(name), `${name} is signed`);
        if (headers["x-amz-content-sha256"] !== createHash("sha256").update(body).digest("hex"))
            return "XAmzContentSHA256Mismatch";
        const target = new URL(url, "http://127.0.0.1");
        const signer = new SignatureV4({ service: "s3", region, credentials: this.credentials, sha256: Sha256, uriEscapePath: false, applyChecksum: false });
        const again = await signer.sign(
            {
                method,
                protocol: "http:",
                hostname: "127.0.0.1",
                path: url.split("?")[0],
                query: Object.fromEntries(target.searchParams),
                headers: Object.fromEntries(signable.map((name) => [name, headers[name]])),
            },
            { signingDate: new Date(Date.UTC(at[1], at[2] - 1, at[3], at[4], at[5], at[6])), signableHeaders: new Set(signable) },
        );
        return again.headers.authorization === headers.authorization ? undefined : "SignatureDoesNotMatch";
    }
}
