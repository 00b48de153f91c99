// The pages of six products, as small as they can be: what each asks of its server and what it does with the answer, as
// its guide describes it. A browser that dials is played by the simulator.
import assert from "node:assert/strict";

import { exchange, jsonOf } from "./http.mjs";

/** A clock that goes when it is told to: for code that waits with setTimeout. */
export class FakeClock {
    now = 0;
    #timers = [];
    waited = [];

    setTimeout = (run, ms) => {
        this.waited.push(ms);
        this.#timers.push({ at: this.now + ms, run });
    };

    /** Let what is due by now happen, whatever it starts included. */
    async advance(ms) {
        const end = this.now + ms;
        for (;;) {
            await new Promise(setImmediate); // promises first
            const next = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
            if (!next)
                break;
            this.#timers.splice(this.#timers.indexOf(next), 1);
            this.now = next.at;
            next.run();
        }
        this.now = end;
    }
}

/** What an SDK's device is to a page: it has a token, and dials. */
class Device {
    constructor(world, token) {
        this.world = world;
        this.updateToken(token);
    }

    updateToken(token) {
        this.token = token;
        this.claims = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
        this.identity = this.claims.grants.identity;
    }

    /** device.connect({ params }): Twilio asks the TwiML App's address with them. */
    async connect({ params }) {
        const { To: to, ...others } = params;
        assert.equal(this.claims.grants.voice.outgoing.application_sid, this.world.account.TWILIO_TWIML_APP_SID, "the token lets it dial");
        return this.world.sim.browser({ identity: this.identity, to, params: others });
    }
}

class Page {
    /** `headers`: what the browser sends by itself, here the credential of whoever is logged in. */
    constructor(world, headers) {
        this.world = world;
        this.headers = headers;
    }

    async fetch(method, path, body) {
        const headers = { ...this.world.hostHeader(), ...this.headers, ...(body === undefined ? {} : { "content-type": "application/json" }) };
        const answer = await exchange(this.world.origin, method, path, { headers, body: body === undefined ? undefined : JSON.stringify(body) });
        return { ...answer, ok: answer.status >= 200 && answer.status < 300, json: jsonOf(answer) };
    }

    dial(number) {
        return this.device.connect({ params: { To: number } });
    }
}

/** KIN, phase 3: states, a token that is asked for by name and refreshed without one, a helper that tries three times. */
export class KinPage extends Page {
    status = "idle";

    async initialise(identity) {
        const { json } = await this.fetch("POST", "/api/voice/token", { identity });
        if (!json.success) {
            this.status = "error";
            this.error = json.error;
            return;
        }
        this.device = new Device(this.world, json.token);
        this.sounds = await Promise.all(["incoming", "outgoing", "disconnect"].map((name) => this.fetch("GET", `/sounds/${name}.wav`)));
        this.status = "ready";
    }

    async refresh() {
        const { json } = await this.fetch("POST", "/api/voice/token");
        if (json.success)
            this.device.updateToken(json.token);
        return json;
    }

    async makeCall(to) {
        if (this.status !== "ready")
            return { success: false };
        this.status = "outgoing";
        return { success: true, call: await this.dial(to) };
    }
}

/** Try up to three times, waiting a second longer each time; `clock` is where it waits. */
export async function retry(attempt, clock, most = 3) {
    for (let tried = 1; ; tried++) {
        try {
            const result = await attempt();
            if (result.success)
                return result;
        } catch (problem) {
            if (tried === most)
                throw problem;
            await new Promise((resolve) => clock.setTimeout(resolve, 1000 * tried));
        }
        if (tried === most)
            return undefined;
    }
}

/** KIN's own backend. */
export class KinBackend extends Page {
    createCall(to, from, options) {
        return this.fetch("POST", "/api/voice/calls", { to, from, options });
    }

    async details(sid) {
        return (await this.fetch("GET", `/api/voice/calls/${sid}`)).json;
    }

    async hangup(sid) {
        return (await this.fetch("POST", `/api/voice/calls/${sid}/hangup`)).json;
    }
}

/** VoIP Dashboard: the address of the token comes from a variable; whatever goes wrong is one sentence. */
export class DashboardPage extends Page {
    async initialise(tokenUrl) {
        const answer = await this.fetch("GET", tokenUrl);
        if (!answer.ok)
            throw new Error("Failed to get capability token");
        this.device = new Device(this.world, answer.json.token);
    }

    makeCall(phoneNumber) {
        return this.dial(phoneNumber);
    }

    toggleHold(sid) {
        return this.fetch("POST", `/api/twilio/calls/${sid}/hold`, { hold: true });
    }
}

/** Kennex: the agent who is logged in gets a token under agentId. */
export class KennexPage extends Page {
    async initialise(agentId) {
        const answer = await this.fetch("POST", "/api/calls/token", { agentId });
        assert.ok(answer.ok, answer.text);
        this.device = new Device(this.world, answer.json.token);
    }
}

/** Asah: everything is in `data`. */
export class AsahPage extends Page {
    async initialise() {
        const { json } = await this.fetch("GET", "/voice/token");
        const { data } = json;
        this.device = new Device(this.world, data.token);
        return json;
    }

    dialRecorded(number) {
        return this.device.connect({ params: { To: number, enableRecording: "true" } });
    }
}

/** Twilio's quickstarts. */
export class QuickstartPage extends Page {
    async initialise() {
        const { json } = await this.fetch("GET", "/token");
        this.identity = json.identity;
        this.device = new Device(this.world, json.token);
    }
}
