// The application: it has users, signs their tokens, publishes its keys, and says who a cookie belongs to.
import { once } from "node:events";
import http from "node:http";

import * as jose from "../../node/node_modules/jose/dist/webapi/index.js";

export class Application {
    /** An application that listens on a port of the kernel's choice. */
    static async open() {
        const application = new Application();
        application.keys = new Map(); // kid -> { alg, privateKey, publicKey }
        application.published = []; // kids
        application.sessions = new Map(); // cookie -> what is answered about it
        application.asked = []; // what came in
        application.down = null; // a status instead of every answer
        application.held = null; // a list of answers that wait, while the application is slow
        application.server = http.createServer((request, response) => application.#answer(request, response));
        application.server.listen(0, "127.0.0.1");
        await once(application.server, "listening");
        application.origin = `http://127.0.0.1:${application.server.address().port}`;
        return application;
    }

    close() {
        this.release();
        this.server.closeAllConnections();
        return new Promise((resolve) => this.server.close(resolve));
    }

    // ---- keys and tokens

    async newKey(kid, alg = "RS256", { publish = true } = {}) {
        this.keys.set(kid, { alg, ...(await jose.generateKeyPair(alg, { extractable: true })) });
        if (publish)
            this.published.push(kid);
        return kid;
    }

    async jwks(kids = this.published) {
        return {
            keys: await Promise.all(
                kids.map(async (kid) => ({ ...(await jose.exportJWK(this.keys.get(kid).publicKey)), kid, use: "sig", alg: this.keys.get(kid).alg })),
            ),
        };
    }

    pem(kid) {
        return jose.exportSPKI(this.keys.get(kid).publicKey);
    }

    /** A token of these claims; valid for five minutes unless they say otherwise. `secret`: HS256 with it. */
    token(claims, { kid, secret, header = {} } = {}) {
        const key = secret === undefined ? this.keys.get(kid) : null;
        const all = { exp: Math.floor(Date.now() / 1000) + 300, ...claims };
        return new jose.SignJWT(all)
            .setProtectedHeader({ alg: key?.alg ?? "HS256", ...(kid ? { kid } : {}), ...header })
            .sign(key?.privateKey ?? new TextEncoder().encode(secret));
    }

    // ---- being asked

    /** Answers wait until release(). */
    hold() {
        this.held ??= [];
    }

    release() {
        const held = this.held ?? [];
        this.held = null;
        for (const answer of held)
            answer();
    }

    /** What was asked about at `path` so far. */
    questions(path) {
        return this.asked.filter(({ url }) => url === path);
    }

    async #answer(request, response) {
        const { pathname } = new URL(request.url, this.origin);
        this.asked.push({ url: pathname, method: request.method, headers: request.headers });
        const { status, headers, body } = await this.#decide(pathname, request);
        const send = () => response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
        if (this.held === null)
            send();
        else
            this.held.push(send);
    }

    async #decide(pathname, request) {
        if (this.down !== null)
            return { status: this.down, headers: {}, body: "" };
        if (pathname === "/jwks")
            return { status: 200, headers: {}, body: JSON.stringify(await this.jwks()) };
        const known = this.sessions.get(request.headers.cookie ?? request.headers.authorization);
        return { status: 401, headers: {}, body: "", ...known };
    }
}
