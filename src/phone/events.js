// What happens to calls, as it happens. Server-Sent Events, read with fetch because EventSource sends no header; whoever signs in
// by cookie could as well write `new EventSource("events")`.
import { backoffMs, pause } from "./api.js";

/** Cuts a stream of text into events { id, event, data, retry }. A line ends in LF, CR LF or CR; an empty one ends the event. */
export function* eventsIn(state, text) {
    state.rest += text;
    const lines = state.rest.split(/\r\n|\n|\r(?!$)/);
    state.rest = lines.pop();
    for (const line of lines) {
        if (line === "") {
            if (state.data.length > 0)
                yield { id: state.id, event: state.event || "message", data: state.data.join("\n") };
            state.data = [];
            state.event = "";
            continue;
        }
        const colon = line.indexOf(":");
        const name = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
        if (name === "data")
            state.data.push(value);
        else if (name === "event")
            state.event = value;
        else if (name === "id")
            state.id = value;
        else if (name === "retry" && /^[0-9]+$/.test(value))
            state.retryMs = Number(value);
    }
}

/** Reads one connection to its end. */
async function listen(api, state, signal, onEvent) {
    const headers = { Accept: "text/event-stream", ...(state.id && { "Last-Event-ID": state.id }) };
    const response = await api.open("GET", "events", { headers, signal });
    Object.assign(state, { attempt: 0, rest: "", event: "", data: [] });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
        const { value, done } = await reader.read();
        if (done)
            return;
        for (const { event, data } of eventsIn(state, value))
            onEvent(event, JSON.parse(data));
    }
}

/**
 * Listens until `signal` says otherwise, and comes back after every end: from where it left off, since the server is told
 * the last event that was seen. onEvent(type, data); onLost() when the stream has ended; onRefused(problem) when it is of no use
 * to come back.
 */
export async function watchEvents(api, { signal, onEvent, onLost, onRefused }) {
    const state = { id: "", event: "", data: [], rest: "", retryMs: 0, attempt: 0 };
    while (!signal.aborted) {
        let problem;
        try {
            await listen(api, state, signal, onEvent);
        } catch (caught) {
            problem = caught;
        }
        if (signal.aborted)
            return;
        onLost();
        if (problem?.status && !problem.passes) {
            onRefused(problem);
            return;
        }
        await pause(Math.max(state.retryMs, backoffMs(state.attempt++, problem)), signal).catch(() => {});
    }
}
