// The programs under test as child processes: started, listened to, ended by their process id.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import net from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
const build = process.env.SWITCHHOOK_BUILD ?? path.join(root, "build/dev");

function find(name, override) {
    const file = override ?? path.join(build, name);
    try {
        accessSync(file, constants.X_OK);
    } catch {
        throw new Error(`${file} is not there: cmake --preset dev && cmake --build --preset dev`);
    }
    return file;
}

/** A file of the build: tests/support makes `support/...`. */
export const built = (name) => find(name);

export const serverProgram = () => find("switchhook", process.env.SERVER_BIN);
export const simulatorProgram = () => find("switchhook-sim", process.env.SIM_BIN);

/** Sanitizers end the program with a status of their own; nothing of this machine's environment leaks in. */
const sanitizers = {
    ASAN_OPTIONS: `exitcode=99:${process.env.ASAN_OPTIONS ?? ""}`,
    UBSAN_OPTIONS: `print_stacktrace=1:halt_on_error=1:exitcode=99:${process.env.UBSAN_OPTIONS ?? ""}`,
    TSAN_OPTIONS: `exitcode=99:${process.env.TSAN_OPTIONS ?? ""}`,
};
export const cleanEnvironment = (env) => ({ PATH: process.env.PATH, TZ: "UTC", ...sanitizers, ...env });

const REPORT = /==\d+==ERROR: \w+Sanitizer|runtime error:|WARNING: ThreadSanitizer/;

/** Fail if a sanitizer said something in `output`. */
export function noSanitizerReport(output, who) {
    const at = output.search(REPORT);
    assert.ok(at < 0, `a sanitizer found something in ${who}:\n${output.slice(at, at + 4000)}`);
}

const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** A child whose output is kept and can be waited for. */
export class Program {
    constructor(name, file, args, options) {
        this.name = name;
        this.output = "";
        this.waiters = new Set();
        this.child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
        running.add(this.child);
        this.exited = new Promise((resolve) => {
            this.child.on("error", (problem) => resolve({ problem }));
            this.child.on("close", (code, signal) => resolve({ code, signal }));
        });
        this.exited.then((end) => {
            running.delete(this.child);
            this.end = end;
            this.notify();
        });
        for (const stream of [this.child.stdout, this.child.stderr])
            stream.setEncoding("utf8").on("data", (text) => {
                this.output += text;
                this.notify();
            });
    }

    get pid() {
        return this.child.pid;
    }

    notify() {
        this.waiters.forEach((waiter) => waiter());
    }

    /** The match of `pattern` in the output, as soon as it is there. Fails if the program ends first. */
    said(pattern, timeoutMs = 30_000) {
        return new Promise((resolve, reject) => {
            const done = (finish, value) => {
                clearTimeout(timer);
                this.waiters.delete(look);
                finish(value);
            };
            const look = () => {
                const match = this.output.match(pattern);
                if (match)
                    done(resolve, match);
                else if (this.end)
                    done(reject, new Error(`${this.name} ended (${JSON.stringify(this.end)}) before it said ${pattern}:\n${this.output}`));
            };
            const timer = setTimeout(
                () => done(reject, new Error(`${this.name} did not say ${pattern} in ${timeoutMs} ms:\n${this.output}`)),
                timeoutMs,
            );
            this.waiters.add(look);
            look();
        });
    }

    /** Send a signal and wait for the end. */
    async ends(signal, timeoutMs = 30_000) {
        if (!this.end)
            this.child.kill(signal);
        let timer;
        const late = new Promise((_, reject) => {
            timer = setTimeout(() => reject(new Error(`${this.name} did not end after ${signal}:\n${this.output}`)), timeoutMs);
        });
        return Promise.race([this.exited, late]).finally(() => clearTimeout(timer));
    }
}

/** Run a program to its end. */
export function runToEnd(file, args, { env, cwd, input } = {}) {
    const { status, signal, stdout, stderr, error } = spawnSync(file, args, {
        cwd,
        input,
        env: cleanEnvironment(env),
        encoding: "utf8",
        timeout: 60_000,
    });
    if (error)
        throw error;
    noSanitizerReport(stderr, `${path.basename(file)} ${args.join(" ")}`);
    return { status, signal, stdout, stderr };
}

const isFree = (port) =>
    new Promise((resolve) => {
        const server = net.createServer();
        server.once("error", () => resolve(false));
        server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
    });

/**
 * A free port below those that the kernel hands out for outgoing connections, so that a server which is started again
 * finds it free.
 */
export async function freePort() {
    for (;;) {
        const port = 10_000 + Math.floor(Math.random() * 20_000);
        if (await isFree(port))
            return port;
    }
}
