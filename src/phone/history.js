// My calls: the latest ones from GET /calls, kept up to date by what GET /events tells.
import { duration, partyName } from "./words.js";

const SHOWN = 20;
const OVER = new Set(["completed", "busy", "failed", "no-answer", "canceled"]);

// What became of a call, as [for whoever called, for whoever was called].
const OUTCOMES = {
    "answered": ["Answered", "Answered"],
    "voicemail": ["Voicemail", "Voicemail"],
    "busy": ["Busy", "Missed, you were busy"],
    "no-answer": ["No answer", "Missed"],
    "failed": ["Could not be reached", "Missed"],
    "canceled": ["Canceled", "Missed"],
    "refused": ["Not allowed", "Not allowed"],
};

const LIVE = { "queued": "Starting", "initiated": "Calling", "ringing": "Ringing", "in-progress": "Talking" };

/** The SIDs of a call's legs, the root's first. */
export function sidsOf({ sid, legs }) {
    return [sid, ...(legs ?? []).map((leg) => leg.sid)];
}

export class History {
    constructor(me) {
        this.me = me;
        this.calls = new Map(); // by id
        this.isRead = false; // GET /calls has been answered
    }

    isMine(call) {
        const parties = [call, ...(call.legs ?? [])].flatMap(({ from, to }) => [from, to]);
        return call.identity === this.me || parties.some((party) => partyName(party) === this.me);
    }

    put(call) {
        if (this.isMine(call) || this.calls.has(call.id))
            this.calls.set(call.id, { ...this.calls.get(call.id), ...call }); // lists come without legs
    }

    /** The call with a leg of that SID, as far as it is known; or undefined. */
    withLeg(sid) {
        return [...this.calls.values()].find((call) => sidsOf(call).includes(sid));
    }

    /** Newest first, as the page shows them. */
    entries() {
        return [...this.calls.values()]
            .sort((a, b) => (a.created_at < b.created_at ? 1 : -1))
            .slice(0, SHOWN)
            .map((call) => this.entry(call));
    }

    entry(call) {
        const mine = call.direction === "outbound-browser" && (call.identity === this.me || partyName(call.from) === this.me);
        const other = mine ? call.to : call.from;
        const live = !OVER.has(call.status) && call.placement !== "refused" && call.placement !== "canceled";
        const answered = call.outcome === "answered";
        return {
            id: call.id,
            mine,
            other: partyName(other),
            target: other?.startsWith("client:") ? partyName(other) : other,
            at: new Date(call.created_at),
            live,
            tone: live ? "live" : answered ? "good" : mine ? "plain" : "bad",
            what: this.what(call, mine, live, answered),
        };
    }

    what(call, mine, live, answered) {
        // Twilio tells of the leg that is rung, seldom of the one that rings it.
        if (live)
            return LIVE[call.answered_by ? "in-progress" : call.status] ?? "Starting";
        const words = (OUTCOMES[call.outcome] ?? ["Ended", "Ended"])[mine ? 0 : 1];
        return answered && call.duration > 0 ? `${words}, ${duration(call.duration)}` : words;
    }
}

/** The latest calls, those that this caller may see. */
export async function fetchCalls(api) {
    const { items } = await api.get("calls?limit=50");
    return items;
}
