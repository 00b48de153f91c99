// Requests to the server, and its errors as something that can be shown.

/** What the server said no to, or that it could not be reached (status 0). */
export class Problem extends Error {
    constructor(status, body, retryAfter) {
        super(body.detail || body.title || (status ? `The server answered ${status}.` : "The server cannot be reached."));
        this.status = status;
        this.code = body.code ?? "";
        this.field = body.field ?? "";
        this.requestId = body.request_id ?? "";
        this.retryAfterMs = retryAfter > 0 ? retryAfter * 1000 : 0;
    }

    /** Would the same request work later, unchanged? */
    get passes() {
        return this.status === 0 || this.status === 429 || this.status >= 500;
    }
}

async function problemOf(response) {
    let body = {};
    try {
        body = await response.json();
    } catch {
        // a proxy's own page
    }
    return new Problem(response.status, body, Number(response.headers.get("Retry-After")));
}

/**
 * Somebody who calls the API: with a key, or without one, and then by the cookie that the browser has. Paths are relative to
 * the page, so it may be served below any prefix.
 */
export class Api {
    constructor(key = "") {
        this.key = key;
    }

    /** The response itself, once it is known to be a success; for streams. */
    async open(method, path, { body, headers = {}, signal } = {}) {
        const all = { ...headers };
        if (this.key)
            all.Authorization = `Bearer ${this.key}`;
        if (body !== undefined)
            all["Content-Type"] = "application/json";
        let response;
        try {
            response = await fetch(path, {
                method,
                headers: all,
                body: body === undefined ? undefined : JSON.stringify(body),
                credentials: "same-origin",
                cache: "no-store",
                signal,
            });
        } catch (problem) {
            if (signal?.aborted)
                throw problem;
            throw new Problem(0, {});
        }
        if (!response.ok)
            throw await problemOf(response);
        return response;
    }

    async get(path, how) {
        return (await this.open("GET", path, how)).json();
    }

    async post(path, body = {}) {
        return (await this.open("POST", path, { body })).json();
    }
}

/** Waits; ends early, with an exception, when `signal` says so. */
export function pause(ms, signal) {
    return new Promise((resolve, reject) => {
        const timer = setTimeout(resolve, ms);
        signal?.addEventListener("abort", () => {
            clearTimeout(timer);
            reject(signal.reason);
        });
    });
}

/** How long to wait before attempt number `attempt` (from 0): 1 s, 2 s, 4 s ... 30 s, and never all at the same moment. */
export function backoffMs(attempt, problem) {
    const wished = Math.min(1000 * 2 ** attempt, 30_000);
    return Math.max(wished * (0.75 + Math.random() / 2), problem?.retryAfterMs ?? 0);
}
