// Signed webhooks as bytes, for those that are sent in pieces, in heaps, or over somebody's dead body.
import { createHmac } from "node:crypto";

/** A form as Twilio encodes it. */
export const encodeForm = (pairs) => new URLSearchParams(pairs).toString();

/** As signForm, but of bytes: URL, names and values are latin1 texts, each character a byte. */
export function signBytes(authToken, url, pairs) {
    const hmac = createHmac("sha1", authToken).update(url, "latin1");
    for (const [name, value] of [...pairs].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
        hmac.update(name, "latin1").update(value, "latin1");
    return hmac.digest("base64");
}

/**
 * A signed POST, head and body.
 * @param {object|Array} fields  object (AccountSid is added) or [name, value] pairs
 * @param {object} [how]  body: another text for the same fields; lines: further header lines; chunked: true
 */
export function signedRequest(world, target, fields, { body, lines = "", chunked = false } = {}) {
    const pairs = Array.isArray(fields) ? fields : Object.entries({ AccountSid: world.env.TWILIO_ACCOUNT_SID, ...fields });
    const bytes = Buffer.from(body ?? encodeForm(pairs), "latin1");
    const framing = chunked ? "Transfer-Encoding: chunked" : `Content-Length: ${bytes.length}`;
    const head =
        `POST ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\n${framing}\r\n` +
        "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n" +
        `X-Twilio-Signature: ${signBytes(world.env.TWILIO_AUTH_TOKEN, world.publicUrl(target), pairs)}\r\n${lines}\r\n`;
    const payload = bytes.toString("latin1");
    return head + (chunked ? `${bytes.length.toString(16)}\r\n${payload}\r\n0\r\n\r\n` : payload);
}
