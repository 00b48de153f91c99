// A browser's Device without a browser: what the Voice SDK says on its WebSocket, said by hand. The media are texts.
//
//     const bob = await Device.connect(world, { identity: "bob" });
//     await bob.register();
//     const { callsid } = await bob.hears("invite");
import assert from "node:assert/strict";
import { createHmac, randomUUID } from "node:crypto";
import { createRequire } from "node:module";

import { jsonOf } from "./http.mjs";

const { WebSocket } = createRequire(new URL("../../node/package.json", import.meta.url))("ws");

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** An access token written here, so that it can be wrong: { claims, header, secret } go over what is right. */
export function madeUpToken(world, identity, { claims = {}, header = {}, secret } = {}) {
    const { TWILIO_ACCOUNT_SID, TWILIO_API_KEY_SID, TWILIO_API_KEY_SECRET, TWILIO_TWIML_APP_SID } = world.account;
    const now = Math.floor(Date.now() / 1000);
    const voice = { incoming: { allow: true }, outgoing: { application_sid: TWILIO_TWIML_APP_SID } };
    const signed = [
        part({ alg: "HS256", typ: "JWT", cty: "twilio-fpa;v=1", ...header }),
        part({ iss: TWILIO_API_KEY_SID, sub: TWILIO_ACCOUNT_SID, iat: now, exp: now + 3600, grants: { identity, voice }, ...claims }),
    ].join(".");
    return `${signed}.${createHmac("sha256", secret ?? TWILIO_API_KEY_SECRET).update(signed).digest("base64url")}`;
}

/** A token as a frontend gets it: from the server. */
export async function mintedToken(world, identity) {
    const answer = await world.api.post("/token", { identity });
    assert.equal(answer.status, 200, answer.text);
    return jsonOf(answer).token;
}

const PATIENCE_MS = 20_000;

export class Device {
    /** Connect and show a token (the server's, unless one is given). `how.origin`: the page's; `how.listen: false`: say nothing yet. */
    static async connect(world, { identity, token, origin, listen = true, path = "/signal" } = {}) {
        const device = new Device();
        device.identity = identity;
        device.token = token ?? (identity && listen ? await mintedToken(world, identity) : "");
        device.heard = [];
        device.waiters = new Set();
        device.beats = 0;
        device.socket = new WebSocket(`ws://127.0.0.1:${world.signalPort}${path}`, { origin, perMessageDeflate: true });
        device.socket.on("message", (data, binary) => device.#take(String(data), binary));
        device.closed = new Promise((resolve) => device.socket.on("close", (code) => resolve(code)));
        device.closed.then((code) => {
            device.closeCode = code;
            device.#wake();
        });
        await new Promise((resolve, reject) => {
            device.socket.on("open", resolve);
            device.socket.on("error", reject);
        });
        device.socket.on("error", () => {});
        if (listen) {
            device.listen();
            device.welcome = await device.hears("connected");
        }
        return device;
    }

    #take(text, binary) {
        assert.equal(binary, false);
        if (text === "\n") {
            this.beats++;
            if (!this.mute)
                this.socket.send("\n");
            return;
        }
        const { type, payload } = JSON.parse(text);
        this.heard.push({ type, payload });
        this.#wake();
    }

    #wake() {
        this.waiters.forEach((look) => look());
    }

    say(type, payload) {
        this.socket.send(JSON.stringify({ type, version: "1.6", payload }));
    }

    listen(token = this.token) {
        this.token = token;
        this.say("listen", { token, reconnectTimeout: 0, browserinfo: { p: "browser", plugin: "rtc", v: "2.18.5", browser: { userAgent: "a scenario" } } });
    }

    /** The payload of the next message of that type (that `looks` right); it and what came before are forgotten. */
    hears(type, looks = () => true) {
        return new Promise((resolve, reject) => {
            const finish = (end, value) => {
                clearTimeout(timer);
                this.waiters.delete(look);
                end(value);
            };
            const look = () => {
                const at = this.heard.findIndex((one) => one.type === type && looks(one.payload));
                if (at >= 0)
                    finish(resolve, this.heard.splice(0, at + 1)[at].payload);
                else if (this.closeCode !== undefined)
                    finish(reject, new Error(`${this.identity}'s socket was closed (${this.closeCode}) before '${type}'; heard ${JSON.stringify(this.heard)}`));
            };
            const timer = setTimeout(
                () => finish(reject, new Error(`${this.identity} heard no '${type}'; heard ${JSON.stringify(this.heard)}`)),
                PATIENCE_MS,
            );
            this.waiters.add(look);
            look();
        });
    }

    async register() {
        this.say("register", { media: { audio: true } });
        await this.hears("ready");
        return this;
    }

    async unregister() {
        this.say("register", { media: { audio: false } });
        await this.hears("offline");
    }

    /** Place a call; the id is ours until the answer tells another. */
    invite(params = {}, sdp = offer(this.identity)) {
        const callsid = `TJS${randomUUID()}`;
        const text = Object.entries(params).map((pair) => pair.map(encodeURIComponent).join("="));
        this.say("invite", { callsid, sdp, twilio: text.length ? { params: text.join("&") } : {} });
        return callsid;
    }

    /** Say something and wait until the simulator must have heard it. */
    async settled() {
        this.say("register", { media: { audio: true } });
        await this.hears("ready");
    }

    /** Close in order; the simulator notices. */
    async leave() {
        this.socket.close(1000);
        await this.closed;
    }

    /** The connection breaks. */
    async breaks() {
        this.socket.terminate();
        await this.closed;
    }
}

/** An SDP offer as Chromium writes it, without candidates; `name` tells it from others. */
export function offer(name) {
    return [
        "v=0",
        "o=- 4611731400430051336 2 IN IP4 127.0.0.1",
        `s=${name}`,
        "t=0 0",
        "a=group:BUNDLE 0",
        "a=msid-semantic: WMS",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 0 8 110 126",
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        "a=ice-ufrag:abcd",
        "a=ice-pwd:abcdabcdabcdabcdabcdabcd",
        "a=setup:actpass",
        "a=mid:0",
        "a=sendrecv",
        "a=rtcp-mux",
        "a=rtpmap:111 opus/48000/2",
        "a=rtpmap:0 PCMU/8000",
        "",
    ].join("\r\n");
}

/** What this one would answer to `theirs`. */
export const answerTo = (theirs, name) => theirs.replace(/^s=.*$/m, `s=${name} to ${theirs.match(/^s=(.*)$/m)[1].trim()}`).replace("actpass", "active");
