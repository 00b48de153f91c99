// A gate on the way from the server to Twilio: everything passes, until a scenario holds a request and decides what
// becomes of it. For what the simulator's faults cannot say: how long an answer takes as seen by others.
import http from "node:http";

import { exchange } from "./http.mjs";
import { freePort } from "./programs.mjs";

/** A request that waits at the gate. */
class Held {
    constructor(matches) {
        this.matches = matches;
        this.arrived = new Promise((resolve, reject) => {
            const late = setTimeout(() => reject(new Error("nothing arrived at the gate")), 20_000);
            this.arrive = (one) => {
                clearTimeout(late);
                resolve(one);
            };
        });
        this.arrived.catch(() => {}); // told to whoever waits for it
    }

    /** Let Twilio have it; its answer is kept until reply(). */
    async forward() {
        await this.arrived;
        this.answer = await this.send();
        return this.answer;
    }

    /** Answer the server: with what Twilio said, or with something else { status, headers, text }. */
    async reply(answer = this.answer) {
        const { status, headers = {}, text = "" } = answer;
        await this.arrived;
        this.response.writeHead(status, { "content-type": headers["content-type"] ?? "application/json", ...headers });
        this.response.end(text);
    }

    /** The connection breaks, without an answer. */
    async cut() {
        await this.arrived;
        this.response.socket.destroy();
    }
}

export class Gate {
    static async open(target) {
        const gate = new Gate();
        gate.target = target;
        gate.held = [];
        gate.answers = [];
        gate.seen = [];
        gate.server = http.createServer((request, response) => gate.#take(request, response));
        gate.port = await freePort();
        gate.origin = `http://127.0.0.1:${gate.port}`;
        await gate.unlock();
        return gate;
    }

    /** Nobody is there: connections are refused. */
    lock() {
        return this.close();
    }

    unlock() {
        return new Promise((resolve, reject) => {
            this.server.once("error", reject);
            this.server.listen(this.port, "127.0.0.1", resolve);
        });
    }

    /** Hold the next request of that method whose path contains `path` and whose body contains `body`. */
    hold({ method, path = "", body = "" }) {
        const held = new Held((one) => one.method === method && one.target.includes(path) && one.body.includes(body));
        this.held.push(held);
        return held;
    }

    /** From now on such requests are answered here. Gives a function that ends it. */
    answer({ method, path = "" }, answer) {
        const rule = { matches: (one) => one.method === method && one.target.includes(path), answer };
        this.answers.push(rule);
        return () => this.answers.splice(this.answers.indexOf(rule), 1);
    }

    async #take(request, response) {
        const pieces = [];
        for await (const piece of request)
            pieces.push(piece);
        const one = { method: request.method, target: request.url, body: Buffer.concat(pieces).toString() };
        const { host, connection, "content-length": length, "transfer-encoding": coding, ...headers } = request.headers;
        const send = () => exchange(this.target, one.method, one.target, { body: one.body || undefined, headers });
        this.seen.push(one);
        const index = this.held.findIndex(({ matches }) => matches(one));
        if (index >= 0) {
            const [held] = this.held.splice(index, 1);
            Object.assign(held, { request: one, response, send });
            held.arrive(one);
            return;
        }
        const rule = this.answers.find(({ matches }) => matches(one));
        if (rule) {
            response.writeHead(rule.answer.status, { "content-type": "application/json" });
            response.end(rule.answer.text);
            return;
        }
        try {
            const answer = await send();
            const { connection: theirs, "keep-alive": alive, "content-length": size, "transfer-encoding": chunks, ...rest } = answer.headers;
            response.writeHead(answer.status, rest);
            response.end(answer.text);
        } catch {
            response.socket?.destroy(); // Twilio broke off, so does the gate
        }
    }

    async close() {
        if (!this.server.listening)
            return;
        const closed = new Promise((resolve) => this.server.close(resolve));
        this.server.closeAllConnections();
        await closed;
    }
}
