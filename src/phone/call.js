// One call, from the first ring to the last word: what the SDK tells about it, as one state that can be shown.
//
//     calling -> ringing -> open <-> reconnecting -> ended          we call
//     incoming -> open <-> reconnecting -> ended                    we are called
import { errorWords, isNumber, partyName } from "./words.js";

const WARNINGS = {
    "constant-audio-input-level": "Your microphone seems to be silent.",
    "low-bytes-received": "Nothing is coming from the other side.",
    "ice-connectivity-lost": "The connection is bad. Trying to find another way.",
};
const SIMULATED_WARNINGS = {
    ...WARNINGS,
    "low-bytes-received": "Nothing to hear. Where nobody has a phone open under a name, the simulator answers to it.",
};

export class Talk {
    /** @param call the SDK's; @param given { who, outgoing, simulated, onChange } */
    constructor(call, { who, outgoing, simulated, onChange }) {
        this.call = call;
        this.who = who ?? partyName(call.parameters.From);
        this.outgoing = outgoing;
        this.state = outgoing ? "calling" : "incoming";
        this.since = 0; // when it was answered
        this.muted = false;
        this.sent = ""; // tones
        this.declined = false; // by us
        this.error = null; // { title, text }
        this.notes = new Map();
        this.onChange = onChange;
        // The simulator's people on telephones take part in the signalling only: there is nothing to be heard, which must not look
        // like a fault.
        this.silent = simulated && isNumber(this.who);
        this.warnings = simulated ? SIMULATED_WARNINGS : WARNINGS;
        this.listen();
    }

    listen() {
        const { call } = this;
        call.on("ringing", () => this.become("ringing"));
        call.on("accept", () => this.become("open"));
        call.on("reconnecting", () => this.become("reconnecting"));
        call.on("reconnected", () => this.become("open"));
        call.on("mute", (muted) => {
            this.muted = muted;
            this.onChange(this);
        });
        call.on("error", (error) => {
            this.error ??= errorWords(error);
            if (call.status() === "closed")
                this.become("ended");
            this.onChange(this); // also after the end: the SDK may say first that it is over, then why
        });
        call.on("warning", (name) => this.note(name, this.warnings[name]));
        call.on("warning-cleared", (name) => this.note(name, undefined));
        for (const end of ["disconnect", "cancel", "reject"])
            call.on(end, () => this.become("ended"));
        // Without a token to resume it the SDK lets go of the call, and says no more about it.
        call.on("transportClose", () => {
            if (call.status() === "closed")
                this.become("ended");
        });
    }

    /** Over before anybody could listen. */
    get isOver() {
        return this.call.status() === "closed";
    }

    become(state) {
        if (this.state === "ended" || this.state === state)
            return;
        this.state = state;
        if (state === "open" && this.since === 0)
            this.since = Date.now();
        this.onChange(this);
    }

    note(name, words) {
        if (words)
            this.notes.set(name, words);
        else
            this.notes.delete(name);
        this.onChange(this);
    }

    get sid() {
        return this.call.parameters.CallSid;
    }

    get seconds() {
        return this.since ? (Date.now() - this.since) / 1000 : 0;
    }

    answer() {
        this.become("calling"); // until the connection stands
        this.call.accept();
    }

    reject() {
        this.declined = true;
        this.call.reject();
        this.become("ended");
    }

    end() {
        this.call.disconnect();
        this.become("ended");
    }

    toggleMute() {
        this.call.mute(!this.call.isMuted());
    }

    press(key) {
        this.call.sendDigits(key);
        this.sent = (this.sent + key).slice(-24);
        this.onChange(this);
    }
}
