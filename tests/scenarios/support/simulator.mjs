// The simulator's control API as words.
import assert from "node:assert/strict";

import { exchange, jsonOf } from "./http.mjs";
import { until } from "./until.mjs";

const OVER = new Set(["completed", "busy", "failed", "no-answer", "canceled"]);
const rank = (status) => (OVER.has(status) ? 4 : ["queued", "initiated", "ringing", "in-progress"].indexOf(status));

export class SimulatorHand {
    constructor(origin) {
        this.origin = origin;
    }

    async request(method, target, body) {
        const answer = await exchange(this.origin, method, `/sim${target}`, {
            body: body === undefined ? undefined : JSON.stringify(body),
            headers: { "content-type": "application/json" },
        });
        const json = jsonOf(answer);
        assert.ok(answer.status < 300, `simulator: ${method} ${target} -> ${answer.status} ${answer.text}`);
        return json;
    }

    /** How somebody behaves who is called: { answer_after_ms, hangup_after_ms, busy, no_answer, fail_sip, manual, presses ... }. */
    callee(match, script = {}) {
        return this.request("POST", "/script", { match, ...script });
    }

    /** Something goes wrong: { target: "rest" | "callback" | "twiml", kind, count, match, path, method, ... }. */
    fault(fault) {
        return this.request("POST", "/faults", fault);
    }

    /** No scripts, no faults. */
    async calm() {
        await this.request("DELETE", "/faults");
        await this.request("DELETE", "/script");
    }

    /** Somebody calls one of our numbers: { from, to, script }. */
    inbound(call = {}) {
        return this.request("POST", "/inbound", call);
    }

    /** A browser calls: { identity, to, params, script }. */
    browser(call) {
        return this.request("POST", "/browser", call);
    }

    hangUp(sid) {
        return this.request("POST", "/hangup", { call_sid: sid });
    }

    answer(sid) {
        return this.request("POST", "/answer", { call_sid: sid });
    }

    press(sid, digits) {
        return this.request("POST", "/press", { call_sid: sid, digits });
    }

    /** Until a leg like this is that far: { to, from, call_sid, status, calls_ended, legs_ended, requests, recordings_completed, recordings_downloaded }. */
    wait(condition) {
        return this.request("GET", `/wait?${new URLSearchParams({ timeout_ms: 20_000, ...condition })}`);
    }

    /** Until nothing is on its way and nothing will happen by itself. */
    idle() {
        return this.request("GET", "/idle?timeout_ms=20000");
    }

    /** How recordings' sound is served from now on: { delay_ms, max_s, sound_s }. */
    media(setup) {
        return this.request("PUT", "/media", setup);
    }

    /** The true recordings: { sid, call_sid, status, hashes ... }. */
    async recordings(filter = {}) {
        const { recordings } = await this.request("GET", `/recordings?${new URLSearchParams(filter)}`);
        return recordings;
    }

    async legs(filter = {}) {
        const { calls } = await this.request("GET", `/calls?${new URLSearchParams(filter)}`);
        return calls;
    }

    /** The leg of that SID, or the only one to that address. */
    async leg(filter) {
        const legs = await this.legs(typeof filter === "string" ? { call_sid: filter } : filter);
        assert.equal(legs.length, 1, `one leg like ${JSON.stringify(filter)}, not ${legs.length}`);
        return legs[0];
    }

    /** The only leg like that, once it is there and that far. */
    legThat(filter, status) {
        return until(`a leg like ${JSON.stringify(filter)} is ${status}`, async () => {
            const leg = await this.leg(filter);
            return rank(leg.status) >= rank(status) && leg;
        });
    }

    /** The leg that was dialled for that one. */
    childOf(sid) {
        return this.leg({ parent_call_sid: sid });
    }

    /** REST requests that the simulator got: requests({ method: "POST", path: "/Calls.json" }). */
    async requests({ method, path = "", to } = {}) {
        const { requests } = await this.request("GET", "/requests");
        return requests.filter(
            (one) =>
                (method === undefined || one.method === method) &&
                one.target.includes(path) &&
                (to === undefined || one.form.To === to || one.target.includes(encodeURIComponent(to))),
        );
    }

    /** How often somebody was dialled, as far as REST was asked. */
    async dialled(to) {
        return (await this.legs({ to, direction: "outbound-api" })).length;
    }

    /** Browsers that are connected: { browser, identity, registered, calls ... }. */
    async devices(identity) {
        const { devices } = await this.request("GET", "/devices");
        return identity === undefined ? devices : devices.filter((one) => one.identity === identity);
    }

    warnings() {
        return this.request("GET", "/warnings").then(({ warnings }) => warnings);
    }

    async everybodyHangsUp() {
        await this.idle();
        for (const leg of await this.legs())
            if (!OVER.has(leg.status))
                await this.request("POST", "/hangup", { call_sid: leg.call_sid }).catch(() => {}); // ended with another one
        await this.idle();
    }
}
