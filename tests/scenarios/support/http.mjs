// One HTTP exchange, with nothing decided on the caller's behalf: Host, repeated headers and odd bodies included.
import http from "node:http";

const agent = new http.Agent({ keepAlive: true, maxSockets: 256 });

/**
 * @param {string} origin  "http://127.0.0.1:8080"
 * @param {object} [how]   body (text or Buffer), headers (object, or a flat list for repeats), signal, timeoutMs
 * @return {Promise<{status, headers, text}>}  rejects if there is no whole answer
 */
export function exchange(origin, method, target, { body, headers = {}, timeoutMs = 60_000 } = {}) {
    const { hostname, port } = new URL(origin);
    return new Promise((resolve, reject) => {
        const request = http.request({ agent, hostname, port, method, path: target, headers }, (response) => {
            const pieces = [];
            response.on("data", (piece) => pieces.push(piece));
            response.on("error", reject);
            response.on("end", () => {
                resolve({
                    status: response.statusCode,
                    headers: response.headers,
                    text: Buffer.concat(pieces).toString("utf8"),
                });
            });
        });
        request.setTimeout(timeoutMs, () => request.destroy(new Error(`${method} ${target}: no answer in ${timeoutMs} ms`)));
        request.on("error", reject);
        request.end(body);
    });
}

/** Close what is kept alive. */
export const endConnections = () => agent.destroy();

/** The body as JSON, or undefined if it is none. */
export function jsonOf(answer) {
    if (!/^application\/(\w+\+)?json/.test(answer.headers["content-type"] ?? ""))
        return undefined;
    return JSON.parse(answer.text);
}
