// Twilio on a busy day: calls that ring, are answered and end, all told by signed webhooks, whatever happens to the
// server meanwhile. What was answered is remembered, so that afterwards somebody can ask where it is.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";

import { exchange } from "./http.mjs";
import { encodeForm } from "./signed.mjs";
import { signForm } from "./twilio.mjs";

const STATUSES = ["queued", "initiated", "ringing", "in-progress"];
const OVER = ["completed", "failed"]; // failed: Twilio was asked, and has never heard of a call that is made up here
const rank = (status) => (OVER.includes(status) ? STATUSES.length : STATUSES.indexOf(status));
const chance = (probability) => Math.random() < probability;
const APOLOGY = "We are sorry";

/** One webhook, delivered once or more often. */
class Delivery {
    constructor(sid, target, status, sequence) {
        Object.assign(this, { sid, target, status, sequence, answered: false, tries: 0 });
        this.nonce = randomBytes(8).toString("hex");
    }

    fields(world) {
        return Object.entries({
            CallSid: this.sid,
            AccountSid: world.env.TWILIO_ACCOUNT_SID,
            From: "+14155550100",
            To: "+15005550006",
            Direction: "inbound",
            CallStatus: this.status,
            ...(this.sequence === undefined ? {} : { SequenceNumber: String(this.sequence), CallbackSource: "call-progress-events" }),
            Nonce: this.nonce,
        });
    }
}

/** People who do something again and again, until stop(); they wait while the server is away. */
class Busy {
    constructor(world) {
        Object.assign(this, { world, answers: 0, failures: 0, statuses: {}, waiting: new Set(), over: false });
        this.resume();
    }

    begin(people, act) {
        const busy = async () => {
            while (!this.over)
                await act();
        };
        this.people = Array.from({ length: people }, busy);
    }

    /** Nobody says anything until resume(): the server is away, and Twilio waits before it tries again. */
    pause() {
        this.open = new Promise((resolve) => (this.letGo = resolve));
    }

    resume() {
        this.letGo?.();
        this.open = Promise.resolve();
    }

    /** After that many more answers. */
    answered(more) {
        return new Promise((resolve) => this.waiting.add({ at: this.answers + more, resolve }));
    }

    /** One exchange, counted; undefined if there was no answer. */
    async say(exchanging) {
        await this.open;
        let answer;
        try {
            answer = await exchanging();
        } catch {
            this.failures++;
            return undefined;
        }
        this.statuses[answer.status] = (this.statuses[answer.status] ?? 0) + 1;
        this.answers++;
        for (const waiter of this.waiting)
            if (this.answers >= waiter.at && this.waiting.delete(waiter))
                waiter.resolve();
        return answer;
    }

    /** Everybody ends what they are at. */
    async stop() {
        this.over = true;
        this.resume();
        await Promise.all(this.people);
    }
}

export class Webhooks extends Busy {
    /** @param {object} [how]  callers: how many telephone at once; redeliver: how likely it is that Twilio tries again */
    constructor(world, { callers = 16, redeliver = 0.7 } = {}) {
        super(world);
        Object.assign(this, { redeliver, deliveries: [] });
        this.begin(callers, () => this.#call());
    }

    /** One try; true if the server said that it has it. */
    async #try(delivery) {
        const { world } = this;
        const pairs = delivery.fields(world);
        const headers = {
            ...world.hostHeader(),
            "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
            "x-twilio-signature": signForm(world.env.TWILIO_AUTH_TOKEN, world.publicUrl(delivery.target), pairs),
            "i-twilio-idempotency-token": delivery.nonce,
        };
        delivery.tries++;
        const answer = await this.say(() => exchange(world.origin, "POST", delivery.target, { body: encodeForm(pairs), headers }));
        delivery.answered ||= answer?.status === 204 || (answer?.status === 200 && !answer.text.includes(APOLOGY));
        return delivery.answered;
    }

    async #deliver(delivery) {
        this.deliveries.push(delivery);
        while (!(await this.#try(delivery)) && chance(this.redeliver));
        if (delivery.answered && chance(0.05))
            await this.#try(delivery); // Twilio has not heard the answer
    }

    async #call() {
        const sid = this.world.sid();
        await this.#deliver(new Delivery(sid, "/twiml", "ringing"));
        const facts = ["ringing", "in-progress", "completed"].map(
            (status, sequence) => new Delivery(sid, "/webhooks/call-status", status, sequence),
        );
        if (chance(0.3))
            await Promise.all(facts.reverse().map((fact) => this.#deliver(fact))); // late and early ones
        else
            for (const fact of facts)
                await this.#deliver(fact);
    }

    /** Fail unless all that was answered is in the store, once, and no call has gone back. */
    check() {
        const rows = this.world.sqlite(
            "SELECT substr(raw, instr(raw, 'Nonce=') + 6, 16) AS nonce, count(*) AS n FROM timeline WHERE raw LIKE '%Nonce=%' GROUP BY 1",
        );
        const stored = new Map(rows.map(({ nonce, n }) => [nonce, n]));
        for (const { nonce, answered, sid, status, tries } of this.deliveries) {
            const times = stored.get(nonce) ?? 0;
            const what = `${status} of ${sid} (${answered ? "answered" : "not answered"}, ${tries} tries) is stored ${times} times`;
            assert.ok(answered ? times === 1 : times <= 1, what);
        }
        const calls = new Map(this.world.sqlite("SELECT root_sid, status FROM calls").map((row) => [row.root_sid, row.status]));
        for (const { sid, status } of this.deliveries.filter(({ answered }) => answered))
            assert.ok(rank(calls.get(sid)) >= rank(status), `${sid} is ${calls.get(sid)}, but ${status} was answered`);
    }

    toString() {
        const answered = this.deliveries.filter((one) => one.answered).length;
        return `${this.deliveries.length} webhooks, ${answered} answered, ${this.failures} times no answer, ${JSON.stringify(this.statuses)}`;
    }
}

/** Frontends that place calls, each with an Idempotency-Key, and ask again until they are told something. */
export class Placements extends Busy {
    constructor(world, { frontends = 4, most = 800 } = {}) {
        super(world);
        Object.assign(this, { most, placements: [] });
        this.begin(frontends, () => this.#place());
    }

    async #place() {
        const placement = { to: this.world.number(), key: randomBytes(8).toString("hex"), tries: 0 };
        this.placements.push(placement);
        this.over ||= this.placements.length >= this.most;
        // What is told to a repeat is the last word: a request that never reached Twilio is refused, and stays it.
        const isSettled = ({ status, headers }) => status < 500 || headers["idempotency-replayed"] === "true";
        while (!placement.answer || !isSettled(placement.answer)) {
            placement.tries++;
            placement.answer = await this.say(() =>
                this.world.api.post("/calls", { to: placement.to }, { "idempotency-key": placement.key }),
            );
        }
    }

    check() {} // what is on its way cannot be told apart from what is lost

    /** Fail unless everybody was dialled once, or never, and then the call says so. */
    async checkOutcome() {
        for (const { to, tries, answer } of this.placements) {
            const what = `${to}, ${tries} tries, ${answer.status} ${answer.text.slice(0, 300)}`;
            assert.ok(answer.status === 201 || answer.status === 202 || answer.status === 502, what);
            const { placement, sid } = await this.world.call(answer.json.id ?? answer.headers.location.replace(/^.*\//, ""));
            assert.ok(answer.status < 500 || placement === "refused", `${placement}: ${what}`);
            const legs = await this.world.sim.legs({ to });
            assert.deepEqual(legs.map(({ call_sid: dialled }) => dialled), placement === "placed" ? [sid] : [], `${placement}: ${what}`);
            assert.ok(placement === "placed" || placement === "refused", `${placement}: ${what}`);
        }
    }

    toString() {
        return `${this.placements.length} calls, ${this.failures} times no answer, ${JSON.stringify(this.statuses)}`;
    }
}
