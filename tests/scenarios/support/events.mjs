// A listener of /events: reads the stream as a browser would, remembers the last id, and can be told to stop reading.
import assert from "node:assert/strict";
import http from "node:http";

import { until } from "./until.mjs";

export class Listener {
    constructor(world, { target = "/events", headers = world.api.headers, lastId = null } = {}) {
        this.world = world;
        this.target = target;
        this.headers = headers;
        this.events = []; // { id, event, data }
        this.comments = 0;
        this.lastId = lastId;
        this.retry = null;
        this.ended = false;
    }

    /** Connect; resolves when the headers are there. */
    open() {
        const headers = { ...this.headers, accept: "text/event-stream" };
        if (this.lastId)
            headers["last-event-id"] = this.lastId;
        return new Promise((resolve, reject) => {
            const options = { host: "127.0.0.1", port: this.world.port, path: this.target, headers, agent: false };
            this.request = http.get(options, (answer) => {
                this.answer = answer;
                this.status = answer.statusCode;
                answer.setEncoding("utf8");
                let rest = "";
                answer.on("data", (text) => {
                    rest += text;
                    if (this.status !== 200)
                        return;
                    for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
                        this.#take(rest.slice(0, end));
                        rest = rest.slice(end + 2);
                    }
                });
                answer.on("end", () => {
                    this.body = rest;
                    this.ended = true;
                });
                answer.on("error", () => (this.ended = true));
                answer.on("close", () => (this.ended = true));
                resolve(this);
            });
            this.request.on("error", (problem) => {
                this.ended = true;
                reject(problem);
            });
        });
    }

    #take(block) {
        const event = { id: null, event: "message", data: "" };
        let said = false;
        for (const line of block.split("\n")) {
            if (line.startsWith(":")) {
                this.comments++;
                continue;
            }
            const [name, value] = [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)];
            if (name === "retry")
                this.retry = Number(value);
            if (name === "id")
                event.id = value;
            if (name === "event")
                event.event = value;
            if (name === "data") {
                event.data = JSON.parse(value);
                said = true;
            }
        }
        if (!said)
            return;
        if (event.id !== null)
            this.lastId = event.id;
        this.events.push(event);
    }

    close() {
        this.request.destroy();
    }

    get hello() {
        assert.equal(this.events[0]?.event, "hello");
        return this.events[0].data;
    }

    /** All but hello and bye. */
    get news() {
        return this.events.filter(({ event }) => event !== "hello" && event !== "bye");
    }

    names(callId) {
        return this.news.filter(({ data }) => !callId || data.call_id === callId).map(({ event }) => event);
    }

    /** The first event that looks like this, once it has come. */
    heard(what, looks) {
        return until(`the listener hears ${what}`, () => {
            const found = this.events.find(looks);
            if (!found && this.ended)
                throw new Error(`the stream has ended; heard: ${this.events.map(({ event }) => event).join(" ")}`);
            return found;
        });
    }

    heardOf(callId, name) {
        return this.heard(`${name} of ${callId}`, ({ event, data }) => event === name && data.call_id === callId);
    }

    over() {
        return until("the stream ends", () => this.ended);
    }
}

export async function listen(world, how) {
    const listener = await new Listener(world, how).open();
    if (listener.status === 200)
        await listener.heard("hello", ({ event }) => event === "hello");
    return listener;
}

/** What the timeline says listeners should have been told, in order: [name, call number] pairs. */
export function toldByTheTimeline(world, afterSequence = 0) {
    return world
        .sqlite("SELECT sequence, call_number, news FROM timeline WHERE news IS NOT NULL AND call_number IS NOT NULL AND sequence > :after ORDER BY sequence", { after: afterSequence })
        .flatMap(({ call_number: number, news }) => news.split(" ").map((word) => [word.split("=")[0], number]));
}
