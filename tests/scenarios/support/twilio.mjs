// What Twilio does, written once more in another language: signatures and SIDs.
import { createHash, createHmac, randomBytes } from "node:crypto";

/** X-Twilio-Signature of a form: URL, then names and values sorted by name. Source: Twilio, "Validate requests". */
export function signForm(authToken, url, fields) {
    const sorted = [...fields].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    const text = url + sorted.map(([name, value]) => name + value).join("");
    return createHmac("sha1", authToken).update(text, "utf8").digest("base64");
}

export const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** Ours begin with ffff, so that sameTruth can tell calls that the simulator has never heard of. */
export const MADE_UP = "ffff";
export const madeUpSid = (prefix) => prefix + MADE_UP + randomBytes(14).toString("hex");
