// nginx in front, as config/nginx.conf says: TLS ends there, with a certificate made for the occasion.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http2 from "node:http2";
import https from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import tls from "node:tls";
import { fileURLToPath } from "node:url";

import { Program } from "./programs.mjs";
import { until } from "./until.mjs";

const site = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../../config/nginx.conf");
const env = { PATH: `${process.env.PATH}:/usr/sbin` };

export const NAME = "voice.example.com";

/** The header field by which a test says where its request comes from. */
export const FROM = "x-test-from";

function withApplication(site, { application, locations }) {
    const whole = /^ {4}location \/ \{[^}]*\}\n/m;
    if (!whole.test(site))
        throw new Error("config/nginx.conf has no location / any more");
    return `upstream application { server ${application}; }\n${site.replace(whole, () => locations)}`;
}

/** Why there can be none here, or false. */
export function missing() {
    const absent = ["nginx", "openssl"].filter((tool) => spawnSync(tool, ["-v"], { env }).error);
    return absent.length > 0 && `${absent.join(" and ")} not installed (scripts/test installs what it needs)`;
}

export class Nginx {
    /**
     * @param {string} upstream  where the server listens, "127.0.0.1:8080" or "unix:/path"
     * @param {object} [beside]  an application on the same origin: `application` is where it listens, `locations` what
     *                           goes where instead of everything to the server
     */
    static async start(upstream, beside) {
        const nginx = new Nginx();
        nginx.folder = mkdtempSync(path.join(tmpdir(), "switchhook-nginx-"));
        nginx.socket = nginx.file("tls");
        nginx.#makeCertificate();
        nginx.#writeSettings(upstream, beside);
        const settings = ["-e", nginx.file("error.log"), "-p", nginx.folder, "-c", nginx.file("nginx.conf")];
        nginx.program = new Program("nginx", "nginx", settings, { env });
        await until("nginx answers", () => nginx.request("GET", "/healthz"));
        return nginx;
    }

    file(name) {
        return path.join(this.folder, name);
    }

    #makeCertificate() {
        const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
        const subject = ["-subj", `/CN=${NAME}`, "-addext", `subjectAltName=DNS:${NAME}`];
        const files = ["-keyout", this.file("key.pem"), "-out", this.file("cert.pem")];
        execFileSync("openssl", ["req", "-x509", ...kind, ...subject, ...files], { env, stdio: "pipe" });
        this.ca = readFileSync(this.file("cert.pem"));
    }

    /** The site as an operator fills it in, and around it what a distribution's nginx.conf is. */
    #writeSettings(upstream, beside) {
        const values = {
            LISTEN: `unix:${this.socket}`,
            SERVER_NAME: NAME,
            CERTIFICATE: this.file("cert.pem"),
            CERTIFICATE_KEY: this.file("key.pem"),
            UPSTREAM: upstream,
            ACCESS_LOG: this.file("access.log"),
        };
        const filled = readFileSync(site, "utf8").replace(/@([A-Z_]+)@/g, (word, name) => values[name] ?? word);
        writeFileSync(this.file("site.conf"), beside ? withApplication(filled, beside) : filled);
        const folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${this.file(name)};`);
        // Everybody comes by a UNIX socket here; who it would have been else, a test may say.
        const from = `set_real_ip_from unix:; real_ip_header ${FROM};`;
        const user = process.getuid() === 0 ? "user root;" : ""; // else its workers could not enter our folder
        writeFileSync(
            this.file("nginx.conf"),
            `${user} daemon off; pid ${this.file("pid")}; events {} http { ${folders.join(" ")} ${from} include ${this.file("site.conf")}; }`,
        );
    }

    get #connection() {
        return { ca: this.ca, servername: NAME };
    }

    /** As exchange() of http.mjs, through TLS. */
    request(method, target, { body, headers = {} } = {}) {
        const options = { ...this.#connection, socketPath: this.socket, method, path: target, headers: { host: NAME, ...headers } };
        return new Promise((resolve, reject) => {
            const request = https.request(options, (response) => {
                const pieces = [];
                response.on("data", (piece) => pieces.push(piece));
                response.on("error", reject);
                response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, text: Buffer.concat(pieces).toString() }));
            });
            request.setTimeout(30_000, () => request.destroy(new Error(`${method} ${target}: no answer`)));
            request.on("error", reject);
            request.end(body);
        });
    }

    /** The same in HTTP/2. */
    async request2(method, target, { body, headers = {} } = {}) {
        const socket = tls.connect({ ...this.#connection, path: this.socket, ALPNProtocols: ["h2"] });
        const session = http2.connect(`https://${NAME}`, { createConnection: () => socket });
        try {
            return await new Promise((resolve, reject) => {
                session.on("error", reject);
                const stream = session.request({ ":method": method, ":path": target, ...headers });
                const answer = { text: "" };
                stream.on("response", (all) => Object.assign(answer, { status: all[":status"], headers: all }));
                stream.setEncoding("utf8").on("data", (text) => (answer.text += text));
                stream.on("error", reject);
                stream.on("end", () => resolve(answer));
                stream.end(body);
            });
        } finally {
            session.close();
        }
    }

    async stop() {
        await this.program.ends("SIGQUIT");
        rmSync(this.folder, { recursive: true, force: true });
    }
}
