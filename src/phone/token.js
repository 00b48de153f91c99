// Access tokens: who we are, and a fresh one before the old one ends.
import { backoffMs, pause } from "./api.js";

/**
 * One token. Without an identity it is for whoever the key or cookie says we are; if that may be anybody, the server answers
 * 422 with the field `identity`, and the person is asked.
 */
export function fetchToken(api, identity) {
    return api.post("token", identity ? { identity } : {});
}

/** The same, however long it takes: what passes is tried again. `onWaiting` is told why. */
export async function fetchTokenPatiently(api, identity, { signal, onWaiting }) {
    for (let attempt = 0; ; attempt++) {
        try {
            return await fetchToken(api, identity);
        } catch (problem) {
            if (!problem.passes)
                throw problem;
            onWaiting(problem);
            await pause(backoffMs(attempt, problem), signal);
        }
    }
}

/** How long before its end the SDK shall ask for the next token, in milliseconds. */
export function refreshLeadMs({ expires_in: expires, refresh_after: after }) {
    return Math.max(5, expires - after) * 1000;
}
