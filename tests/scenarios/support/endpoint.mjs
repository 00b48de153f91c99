// Where the application takes its webhooks: it keeps what comes, checks signatures with the public library, and answers as it is
// told to.
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import { createRequire } from "node:module";

import { until } from "./until.mjs";

const { Webhook } = createRequire(import.meta.url)("../../node/node_modules/standardwebhooks/dist/index.js");

export { Webhook };

export class Endpoint {
    /** @param {object} [tls]  key and cert: then it speaks https */
    static async open(tls = null) {
        const endpoint = new Endpoint();
        endpoint.taken = []; // { path, headers, body, at, event, status }
        endpoint.answer = () => 204; // (request) => status, or { status, headers, body }, or null: none, or a promise of these
        endpoint.open = 0; // requests that wait for their answer
        endpoint.most = 0;
        const serve = (request, response) => endpoint.#take(request, response);
        endpoint.server = tls ? https.createServer(tls, serve) : http.createServer(serve);
        endpoint.server.keepAliveTimeout = 60_000;
        endpoint.server.listen(0, "127.0.0.1");
        await once(endpoint.server, "listening");
        endpoint.port = endpoint.server.address().port;
        endpoint.origin = `${tls ? "https" : "http"}://127.0.0.1:${endpoint.port}`;
        return endpoint;
    }

    close() {
        this.server.closeAllConnections();
        return new Promise((resolve) => this.server.close(resolve));
    }

    #take(request, response) {
        const pieces = [];
        request.on("data", (piece) => pieces.push(piece));
        request.on("error", () => {});
        request.on("end", async () => {
            const body = Buffer.concat(pieces).toString("utf8");
            const one = { path: request.url, method: request.method, headers: request.headers, body, at: Date.now() };
            one.event = JSON.parse(body);
            this.open++;
            this.most = Math.max(this.most, this.open);
            this.taken.push(one);
            const answer = await this.answer(one, response);
            this.open--;
            if (answer === null || answer === undefined)
                return;
            const { status, headers = {}, body: text = "" } = typeof answer === "number" ? { status: answer } : answer;
            one.status = status;
            response.writeHead(status, headers).end(text);
        });
    }

    /** Those that came to that path, each verified if a secret is given. */
    to(path, secret = null) {
        const list = this.taken.filter((one) => one.path === path);
        if (secret !== null)
            for (const one of list)
                new Webhook(secret).verify(one.body, one.headers);
        return list;
    }

    /** Once `looks` is true of the list of those that came to that path. */
    until(what, path, looks) {
        return until(what, () => {
            const list = this.to(path);
            return looks(list) ? list : null;
        });
    }
}

/** The types of these, in the order in which they came. */
export const typesOf = (list) => list.map(({ event }) => event.type);
