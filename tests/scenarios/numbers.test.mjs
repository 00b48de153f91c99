// Telephone numbers are nobody's business who reads the log: whatever happens to a call, the log shows its last four digits.
import assert from "node:assert/strict";

import { stage, until } from "./support/world.mjs";

const UNVERIFIED = "+15005550010"; // ours by configuration, not by Twilio's books
const WAREHOUSE = "+14155550190";
const settings = {
    SWITCHHOOK_LOG_LEVEL: "debug",
    SWITCHHOOK_CALLER_IDS: UNVERIFIED,
    SWITCHHOOK_MENU: `1=${WAREHOUSE}`,
    SWITCHHOOK_RECORD: "record-from-answer",
    SWITCHHOOK_JOB_ATTEMPTS_MAX: "2",
    SWITCHHOOK_TRUSTED_PROXIES: "127.0.0.1",
};
const scenario = stage(settings);
const open = stage({ ...settings, SWITCHHOOK_LOG_NUMBERS: "true" });

/** Everything that a call can come to; the numbers that were used. */
async function everything(world) {
    const used = [world.env.TWILIO_PHONE_NUMBER, UNVERIFIED, WAREHOUSE];
    const number = () => {
        used.push(world.number());
        return used.at(-1);
    };
    const api = world.api;
    const person = async (script) => {
        const to = number();
        await world.sim.callee(to, script);
        return to;
    };
    const place = async (wish) => (await api.post("/calls", wish)).json;

    // placed, and what becomes of it
    for (const script of [{ answer_after_ms: 100, hangup_after_ms: 1000 }, { busy: true }, { no_answer: true }, { fail_sip: 503 }])
        await place({ to: await person(script), timeout: 5 });
    await place({ to: await person({ answer_after_ms: 100, presses: ["1"] }), flow: "menu" });
    await place({ to: await person({ answer_after_ms: 100, hangup_after_ms: 1000 }), flow: "bridge", identity: world.name("agent") });
    const { id } = await place({ to: await person({ manual: true }) });
    await api.post(`/calls/${id}/hangup`);

    // refused: by Twilio, who quotes the number; by us, before anything was stored
    assert.equal((await api.post("/calls", { to: number(), from: UNVERIFIED })).status, 422);
    for (const kind of ["rate_limit", "server_error"]) {
        const to = number();
        await world.sim.fault({ target: "rest", method: "POST", match: { To: to }, kind, count: 9 });
        await place({ to });
    }
    await place({ to: number().slice(1) });
    await place({ to: number(), from: number() });
    await place({ to: `${number()}x` });
    await place({ [number()]: number() });
    await api.get(`/calls?number=${encodeURIComponent(number())}`);
    await api.get(`/calls?number=${encodeURIComponent(number())}&${number().slice(1)}=1`);
    await api.get(`/calls/${encodeURIComponent(number())}`);
    await api.get(`/${encodeURIComponent(number())}`);
    await world.stranger.post("/calls", { to: number() });

    // tokens, also for people who are called like a number
    await api.post("/token", { identity: number() });
    await api.get(`/token?identity=${encodeURIComponent(number())}`);

    // from a browser and from outside
    for (const script of [{ answer_after_ms: 100, hangup_after_ms: 1000 }, { busy: true }])
        await world.sim.browser({ identity: world.name("agent"), to: await person(script) });
    await world.sim.browser({ identity: world.name("agent"), to: number().slice(1) });
    await world.sim.inbound({ from: number(), to: world.env.TWILIO_PHONE_NUMBER });

    // by Twilio's hand, signed or not, and with numbers where none belong
    const fields = () => ({ CallSid: world.sid(), From: number(), To: number(), CallStatus: "ringing", Direction: "inbound" });
    await world.deliver("/twiml", fields());
    await world.deliver("/twiml", fields(), { signature: "Zm9yZ2Vk" });
    await world.deliver(`/twiml?call=${encodeURIComponent(number())}`, fields());
    await world.deliver(`/twiml/${encodeURIComponent(number())}`, fields(), { signature: "Zm9yZ2Vk" });
    await world.deliver("/twiml/fallback", { ...fields(), ErrorCode: "11200", ErrorUrl: `https://phone.example.com/twiml?To=${encodeURIComponent(number())}` });
    await world.deliver("/webhooks/call-status", { CallSid: number(), CallStatus: number() });
    await world.deliver("/webhooks/recording-status", { RecordingSid: world.sid("RE"), RecordingStatus: "completed", From: number() });
    await world.sim.idle();
    await until("nothing is under way", () => world.count("jobs WHERE state <> 'dead'") === 0);
    return used;
}

const shownIn = (output, number) => {
    const digits = number.replace(/\D/g, "");
    return output.split("\n").filter((line) => line.includes(digits) || line.includes(digits.slice(1)));
};

scenario("the whole log of everything shows no number in full", async (world) => {
    const used = await everything(world);
    world.server.child.kill("SIGHUP");
    await world.logLine("config.reloaded");
    const output = world.server.output;
    for (const number of used)
        assert.deepEqual(shownIn(output, number), [], number);
    assert.match(output, /\*{3,}0010/, "where a number is told, its last digits are");
    assert.ok(used.length > 30);
});

scenario("nor does the audit log", async (world) => {
    const numbers = world.sqlite("SELECT number FROM audit WHERE number IS NOT NULL");
    assert.ok(numbers.length > 5);
    for (const { number } of numbers)
        assert.doesNotMatch(number, /\d{7}/);
});

open("SWITCHHOOK_LOG_NUMBERS shows them", async (world) => {
    await everything(world);
    assert.notDeepEqual(shownIn(world.server.output, UNVERIFIED), []);
    const placed = world.sqlite("SELECT number FROM audit WHERE action = 'call.place' LIMIT 1");
    assert.match(placed[0].number, /^\+\d+$/);
});
