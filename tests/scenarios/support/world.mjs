// A world: the real server and the real simulator, talking to each other over loopback, and hands to reach into both.
//
//     const scenario = stage({ SWITCHHOOK_INBOUND_IDENTITY: "alice" });
//
//     scenario("a customer calls and alice answers", async (world) => {
//         await world.sim.callee("client:alice", { answer_after_ms: 2000 });
//         const leg = await world.sim.inbound();
//         ...
//     });
//
// Time at the simulator jumps to whatever happens next, so nothing here waits for the clock; a person whose script is
// `manual` rings until she is told to answer. The world is shared by the scenarios of a file, so each takes numbers
// and identities of its own: world.number(), world.name().
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

import { Gate } from "./gate.mjs";
import { exchange, jsonOf } from "./http.mjs";
import { checkAnswer } from "./openapi.mjs";
import { Program, cleanEnvironment, freePort, noSanitizerReport, runToEnd, serverProgram, simulatorProgram } from "./programs.mjs";
import { SimulatorHand } from "./simulator.mjs";
import { simulatedLegs, simulatedRecordings, storedLegs, storedRecordings } from "./truth.mjs";
import { madeUpSid, signForm } from "./twilio.mjs";
import { until } from "./until.mjs";

export { until };

const secret = () => randomBytes(16).toString("hex");

/** Credentials and addresses, made up for this world alone. */
function makeUpAccount() {
    return {
        TWILIO_ACCOUNT_SID: `AC${secret()}`,
        TWILIO_AUTH_TOKEN: secret(),
        TWILIO_API_KEY_SID: `SK${secret()}`,
        TWILIO_API_KEY_SECRET: secret(),
        TWILIO_TWIML_APP_SID: `AP${secret()}`,
        TWILIO_PHONE_NUMBER: "+15005550006",
        TWILIO_WEBHOOK_BASE_URL: "https://phone.example.com",
    };
}

/** Everything that repeats or waits, quick; silences long, so that nobody is asked unless a scenario wants it. */
const quickSettings = {
    SWITCHHOOK_ADMIN_LISTEN: "127.0.0.1:0",
    SWITCHHOOK_WORKERS: "2",
    SWITCHHOOK_CONNECTIONS_MAX: "200",
    SWITCHHOOK_KEY_RELOAD_MS: "100",
    SWITCHHOOK_JOB_BACKOFF_MS: "20",
    SWITCHHOOK_JOB_BACKOFF_MAX_MS: "100",
    SWITCHHOOK_MEDIA_BACKOFF_MS: "20",
    SWITCHHOOK_MEDIA_BACKOFF_MAX_MS: "100",
    SWITCHHOOK_JOB_POLL_MS: "50",
    SWITCHHOOK_RECORDINGS_READY_MS: "20",
    SWITCHHOOK_RECORDINGS_READY_MAX_MS: "200",
    SWITCHHOOK_RECORDINGS_ROOM_CHECK_MS: "50",
    SWITCHHOOK_RECORDINGS_RESERVE_BYTES: "0",
    SWITCHHOOK_UNKNOWN_RETRY_MS: "30",
    SWITCHHOOK_REFRESH_SWEEP_MS: "50",
    SWITCHHOOK_SWEEP_MS: "0",
    SWITCHHOOK_SWEEP_RATE: "100",
    SWITCHHOOK_SETTLE_AFTER_MS: "0",
    SWITCHHOOK_MIN_FREE_BYTES: "0",
    ...Object.fromEntries(["KEY", "USER", "TOKEN", "CALLS", "ADDRESS", "FAILURES"].map((rate) => [`SWITCHHOOK_RATE_${rate}`, "0"])),
};

/** Somebody who calls the API. Answers are checked against /openapi.json. */
export class Caller {
    constructor(world, headers) {
        this.world = world;
        this.headers = headers;
    }

    /** `body`: an object becomes JSON, a text goes as it is. */
    async request(method, target, body, headers = {}) {
        const all = { ...this.headers, ...headers };
        let bytes = body;
        if (body !== undefined && typeof body !== "string" && !Buffer.isBuffer(body)) {
            bytes = JSON.stringify(body);
            all["content-type"] ??= "application/json";
        }
        const answer = await exchange(this.world.origin, method, target, { body: bytes, headers: all });
        checkAnswer(this.world.document, method, target, answer);
        return Object.assign(answer, { json: jsonOf(answer) });
    }

    get(target, headers) {
        return this.request("GET", target, undefined, headers);
    }

    post(target, body, headers) {
        return this.request("POST", target, body, headers);
    }
}

export class World {
    /**
     * @param {object} settings  environment of the server beyond the quick settings; a value of undefined leaves one
     *                           out; or a function of the server's port
     * @param {object} [how]     simulator: further arguments; gate: true for world.gate between server and Twilio;
     *                           scopes: of the first key ("all"); start: false for no server;
     *                           wrapper: a command that becomes the server, ["prlimit", "--nofile=64"];
     *                           arguments: further ones for `serve`
     */
    static async create(settings = {}, how = {}) {
        const world = new World();
        world.dir = mkdtempSync(path.join(tmpdir(), "switchhook-scenario-"));
        world.programs = [];
        world.wrapper = how.wrapper ?? [];
        world.arguments = how.arguments ?? [];
        world.numbers = 0;
        try {
            await world.#build(settings, how);
        } catch (problem) {
            world.tell(0, 0);
            await world.abandon();
            throw problem;
        }
        return world;
    }

    async #build(settings, how) {
        this.port = await freePort();
        this.account = makeUpAccount();
        const env = {
            ...this.account,
            ...quickSettings,
            SWITCHHOOK_LISTEN: `127.0.0.1:${this.port}`,
            SWITCHHOOK_DATABASE: path.join(this.dir, "switchhook.db"),
            ...(typeof settings === "function" ? settings(this.port) : settings),
        };
        await this.#startSimulator(env, how.simulator ?? []);
        if (how.gate)
            this.gate = await Gate.open(this.sim.origin);
        env.TWILIO_API_BASE_URL ??= this.gate?.origin ?? this.sim.origin;
        this.env = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
        this.key = this.createKey("scenario", how.scopes ?? "all");
        if (how.start !== false)
            await this.start();
    }

    async #startSimulator(env, further) {
        const base = env.TWILIO_WEBHOOK_BASE_URL;
        const options = [
            ["--listen", "127.0.0.1:0"],
            ["--speed", "max"],
            ["--public-base", base],
            ["--deliver-to", `http://127.0.0.1:${this.port}`],
            ["--voice-url", `${base}/twiml`],
            ["--fallback-url", `${base}/twiml/fallback`],
            ["--status-url", `${base}/webhooks/call-status`],
            further,
        ];
        const account = Object.fromEntries(Object.keys(this.account).map((name) => [name, env[name] ?? this.account[name]]));
        this.simulator = new Program("simulator", simulatorProgram(), options.flat(), {
            cwd: this.dir,
            env: cleanEnvironment(account),
        });
        this.simulatorPort = Number((await this.simulator.said(/listening on 127\.0\.0\.1:(\d+)/))[1]);
        this.signalPort = Number((await this.simulator.said(/ws:\/\/127\.0\.0\.1:(\d+)\/signal/))[1]);
        this.sim = new SimulatorHand(`http://127.0.0.1:${this.simulatorPort}`);
    }

    // ---- the server's life

    get origin() {
        return `http://127.0.0.1:${this.port}`;
    }

    get adminOrigin() {
        return `http://127.0.0.1:${this.adminPort}`;
    }

    /** Start the server; `change` goes over the environment for this and later starts. */
    async start(change = {}) {
        Object.assign(this.env, change);
        for (const name of Object.keys(this.env))
            if (this.env[name] === undefined)
                delete this.env[name];
        const [file, ...args] = [...this.wrapper, serverProgram(), "serve", ...this.arguments];
        this.server = new Program("server", file, args, { cwd: this.dir, env: cleanEnvironment(this.env) });
        this.programs.push(this.server);
        const ready = await this.server.said(/server\.ready .* port=(\d+) admin_port=(\d+)/);
        this.adminPort = Number(ready[2]);
        this.document = jsonOf(await exchange(this.origin, "GET", "/openapi.json", { headers: this.hostHeader() }));
    }

    /** SIGTERM, and everything is put away in order. */
    async stop() {
        const end = await this.server.ends("SIGTERM");
        noSanitizerReport(this.server.output, "the server");
        assert.deepEqual(end, { code: 0, signal: null }, `the server did not end well:\n${this.server.output.slice(-4000)}`);
    }

    /** SIGKILL: no goodbye, as when the power goes. */
    async kill9() {
        await this.server.ends("SIGKILL");
        noSanitizerReport(this.server.output, "the server");
    }

    /** In a quiet moment: what the simulator says meanwhile would be lost. */
    async restart(change) {
        await this.sim.idle();
        await this.stop();
        await this.start(change);
    }

    /** Run a subcommand to its end: { status, stdout, stderr }. `env` goes over the world's. */
    run(args, env = {}) {
        const all = { ...this.env, ...env };
        const present = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
        return runToEnd(serverProgram(), args, { cwd: this.dir, env: present });
    }

    // ---- people

    /** A new API key, by the command line; a running server takes a moment to notice. */
    createKey(name, scopes) {
        const { status, stdout, stderr } = this.run(["key", "create", "--name", name, "--scopes", scopes]);
        assert.equal(status, 0, stderr);
        return stdout.trim();
    }

    /** Somebody with a new key of these scopes, once the server knows it. */
    async newCaller(scopes, name = this.name("key")) {
        const key = this.createKey(name, scopes);
        const caller = this.as(key);
        caller.key = key;
        caller.name = name;
        await until(`the server knows the key ${name}`, async () => {
            const { status } = await exchange(this.origin, "GET", "/calls/none", { headers: caller.headers });
            return status !== 401 && status !== 429;
        });
        return caller;
    }

    as(key) {
        return new Caller(this, { ...this.hostHeader(), authorization: `Bearer ${key}` });
    }

    get api() {
        return this.as(this.key);
    }

    /** Somebody without a key. */
    get stranger() {
        return new Caller(this, this.hostHeader());
    }

    hostHeader() {
        return { host: `127.0.0.1:${this.port}` };
    }

    /** A telephone number that nobody has used yet: +1 aaa 555 01xx is kept free for examples. */
    number() {
        const n = this.numbers++;
        return `+1${300 + Math.floor(n / 100)}55501${String(n % 100).padStart(2, "0")}`;
    }

    /** A name that nobody has used yet, and that is spelled the same at Twilio. */
    name(stem) {
        return `${stem}_${this.numbers++}`;
    }

    // ---- Twilio's hand

    /** The URL as Twilio calls it. */
    publicUrl(target) {
        return this.env.TWILIO_WEBHOOK_BASE_URL + target;
    }

    /**
     * A webhook by hand: signed as Twilio signs, unless told otherwise.
     *
     * @param {object|Array} fields  object or [name, value] pairs; AccountSid is added
     * @param {object} [how]  method; token (I-Twilio-Idempotency-Token); authToken; signature (null: none); base; headers
     */
    async deliver(target, fields, how = {}) {
        const { method = "POST", authToken = this.env.TWILIO_AUTH_TOKEN, base = this.env.TWILIO_WEBHOOK_BASE_URL } = how;
        const pairs = Array.isArray(fields) ? fields : Object.entries({ AccountSid: this.env.TWILIO_ACCOUNT_SID, ...fields });
        const encoded = new URLSearchParams(pairs).toString();
        const get = method === "GET";
        const asked = get && encoded ? `${target}${target.includes("?") ? "&" : "?"}${encoded}` : target;
        const signature = how.signature === undefined ? signForm(authToken, base + asked, get ? [] : pairs) : how.signature;
        const headers = { ...this.hostHeader(), ...how.headers };
        if (signature !== null)
            headers["x-twilio-signature"] = signature;
        if (how.token !== undefined)
            headers["i-twilio-idempotency-token"] = how.token;
        if (!get)
            headers["content-type"] ??= "application/x-www-form-urlencoded; charset=UTF-8";
        const answer = await exchange(this.origin, method, asked, { body: get ? undefined : encoded, headers });
        checkAnswer(this.document, method, asked, answer);
        return answer;
    }

    /** What opens Twilio's REST API: `user:password`. */
    get credentials() {
        return `${this.account.TWILIO_ACCOUNT_SID}:${this.account.TWILIO_AUTH_TOKEN}`;
    }

    /**
     * Twilio's REST API as anybody with the account's credentials asks it, past the server: twilio("POST", "/Calls.json", form).
     *
     * @param {string} target  below the account, or a `*_uri` of an answer
     * @param {object} [form]  fields; a list repeats its name
     */
    async twilio(method, target, form) {
        const pairs = Object.entries(form ?? {}).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
        const account = `/2010-04-01/Accounts/${this.account.TWILIO_ACCOUNT_SID}`;
        const headers = { authorization: `Basic ${Buffer.from(this.credentials).toString("base64")}` };
        if (form)
            headers["content-type"] = "application/x-www-form-urlencoded";
        const answer = await exchange(this.sim.origin, method, target.startsWith("/2010-04-01/") ? target : account + target, {
            headers,
            body: form ? new URLSearchParams(pairs).toString() : undefined,
        });
        return Object.assign(answer, { json: jsonOf(answer) });
    }

    /** A SID that the simulator has never heard of. */
    sid(prefix = "CA") {
        return madeUpSid(prefix);
    }

    // ---- what is there

    /** Rows of the database, read from outside. Values are bound by name: sqlite("... WHERE root_sid = :sid", { sid }). */
    sqlite(query, values = {}) {
        const quote = (value) => (typeof value === "number" ? String(value) : `'${String(value).replaceAll("'", "''")}'`);
        const bound = query.replace(/:([a-z_]+)\b/g, (whole, name) => (name in values ? quote(values[name]) : whole));
        const text = execFileSync("sqlite3", ["-json", "-readonly", this.env.SWITCHHOOK_DATABASE, bound], { encoding: "utf8", maxBuffer: 1 << 28 });
        return text.trim() === "" ? [] : JSON.parse(text);
    }

    /** One number out of the database: count("timeline WHERE kind = 'status'"). */
    count(what, values) {
        return this.sqlite(`SELECT count(*) AS n FROM ${what}`, values)[0].n;
    }

    /** A call as the API tells it. */
    async call(id) {
        const { status, json, text } = await this.api.get(`/calls/${id}`);
        assert.equal(status, 200, text);
        return json;
    }

    /** The call once `looks` is true of it. */
    callUntil(id, what, looks) {
        return until(`call ${id} ${what}`, async () => {
            const call = await this.call(id);
            if (looks(call))
                return call;
            throw new Error(`it is ${JSON.stringify(call, ["placement", "status", "outcome", "reason", "duration", "legs", "sid"])}`);
        });
    }

    /** The call once it is over. */
    callOver(id) {
        const over = new Set(["completed", "busy", "failed", "no-answer", "canceled"]);
        return this.callUntil(id, "is over", (call) => over.has(call.status));
    }

    /** Metrics as { 'name{labels}': number }. */
    async metrics() {
        const { status, text } = await exchange(this.adminOrigin, "GET", "/metrics");
        assert.equal(status, 200);
        const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
        return Object.fromEntries(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]));
    }

    /** How much the metrics grow while `doing` runs: only what changed. */
    async growth(doing) {
        const earlier = await this.metrics();
        await doing();
        const later = await this.metrics();
        return Object.fromEntries(
            Object.keys(later)
                .map((name) => [name, later[name] - (earlier[name] ?? 0)])
                .filter(([, by]) => by !== 0),
        );
    }

    /** Lines of the log with this event: { time, level, event, ...fields }. */
    logged(event) {
        return this.server.output
            .split("\n")
            .map((line) => line.match(/^(\S+Z) (debug|info|warning|error) (\S+)(.*)$/))
            .filter((match) => match && match[3] === event)
            .map(([, time, level, name, rest]) => {
                const fields = [...rest.matchAll(/ ([a-z0-9_]+)=("(?:[^"\\]|\\.)*"|\S*)/g)];
                const plain = (text) => (text.startsWith('"') ? JSON.parse(text) : text);
                return { time, level, event: name, ...Object.fromEntries(fields.map(([, key, value]) => [key, plain(value)])) };
            });
    }

    /** The first log line of that event for which `looks` is true, once it is there. */
    logLine(event, looks = () => true) {
        return until(`the log says ${event}`, () => this.logged(event).find(looks));
    }

    /**
     * The simulator's calls and legs equal the store's, as sets: SIDs, parents, statuses, durations. Waits for what is
     * still on its way. With `recordings` they are compared as well: SIDs, legs, durations, and that each is stored.
     */
    async sameTruth({ recordings = false, timeoutMs = undefined } = {}) {
        await this.sim.idle();
        let theirs;
        let ours;
        await until("both tell the same story", async () => {
            theirs = { legs: await simulatedLegs(this), recordings: recordings ? await simulatedRecordings(this) : [] };
            ours = { legs: storedLegs(this), recordings: recordings ? storedRecordings(this) : [] };
            return JSON.stringify(theirs) === JSON.stringify(ours);
        }, { timeoutMs }).catch(() => assert.deepEqual(ours, theirs, "the store (actual) and the simulator (expected) tell different stories"));
    }

    // ---- the end

    /** Everybody hangs up, both tell the same story, both programs end well. */
    async close() {
        try {
            if (this.server && !this.server.end) {
                await this.sim.everybodyHangsUp();
                await this.sameTruth();
                await this.stop();
            }
            for (const program of this.programs)
                noSanitizerReport(program.output, program.name);
            const end = await this.simulator.ends("SIGTERM");
            noSanitizerReport(this.simulator.output, "the simulator");
            assert.deepEqual(end, { code: 0, signal: null }, "the simulator did not end well");
        } catch (problem) {
            this.tell(0, 0);
            throw problem;
        } finally {
            await this.abandon();
        }
    }

    async abandon() {
        for (const program of [...this.programs, this.simulator])
            if (program && !program.end)
                await program.ends("SIGKILL");
        await this.gate?.close();
        rmSync(this.dir, { recursive: true, force: true });
    }

    /** Where both programs' output is now, and what they have said since. */
    marks() {
        return [this.server?.output.length ?? 0, this.simulator.output.length];
    }

    tell(server, simulator) {
        const tail = (text) => (text.length > 20_000 ? `...\n${text.slice(-20_000)}` : text);
        process.stderr.write(
            `---- server ----\n${tail(this.server?.output.slice(server) ?? "")}` +
                `---- simulator ----\n${tail(this.simulator?.output.slice(simulator) ?? "")}----\n`,
        );
    }
}

/**
 * A world for the scenarios of this file. Gives scenario(name, run): run gets the world; if it fails, both programs' logs
 * since its beginning are printed.
 */
export function stage(settings, how) {
    let world;
    before(async () => {
        world = await World.create(settings, how);
    });
    after(() => world?.close());
    return (name, run) =>
        test(name, { timeout: 90_000 }, async (t) => {
            await world.sim.calm();
            const [server, simulator] = world.marks();
            const program = world.server;
            try {
                await run(world, t);
                await world.sim.idle(); // the next one may stop the server
            } catch (problem) {
                world.tell(program === world.server ? server : 0, simulator);
                throw problem;
            }
        });
}
