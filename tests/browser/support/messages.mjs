// Voicemails and recordings, made without anybody in front of a page: time at the simulator jumps.
import assert from "node:assert/strict";

import { until } from "../../scenarios/support/until.mjs";

/** Somebody calls that number, nobody answers, and leaves these words. Answers with the number, once its sound is here. */
export async function leaveMessage(world, { to, words, speaks_ms = 7000, from = world.number() }) {
    await world.sim.callee("client:*", { no_answer: true });
    const { call_sid: sid } = await world.sim.inbound({ from, to, script: { speaks_ms, ...(words && { leaves_message: words }) } });
    await world.sim.idle();
    await until("the voicemail is stored", async () => {
        const { json } = await world.as(world.key).get(`/voicemails?number=${encodeURIComponent(from)}`);
        const [one] = json.items;
        return one?.recording.media.state === "stored" && (!words || one.transcript) && one;
    });
    return { from, sid };
}

/** One of ours calls a telephone; both say something, and it is recorded. */
export async function talk(world, identity, { says, hears, to = world.number() }) {
    await world.sim.callee(to, { answer_after_ms: 1000, hangup_after_ms: 9000, says_on_call: hears });
    const { call_sid: sid } = await world.sim.browser({ identity, to, script: { says_on_call: says } });
    await world.sim.idle();
    await until("the recording is stored", async () => {
        const { json } = await world.as(world.key).get("/recordings?limit=200");
        return json.items.some((one) => one.call_sid === sid && one.media.state === "stored");
    });
    return { to, sid };
}

/** What the page's player does. */
export const player = (person) =>
    person.page.evaluate(() => {
        const { src, currentTime, duration, paused, error } = document.getElementById("audio");
        return { src, currentTime, duration, paused, error: error?.message };
    });

/** It is being heard: time goes on. */
export async function isHeard(person, { from = 0, within = 60 } = {}) {
    const first = await until("something is heard", async () => {
        const now = await player(person);
        return !now.paused && now.currentTime > from && now;
    });
    assert.ok(first.currentTime < from + within, `it goes on at ${first.currentTime} and not at ${from}`);
    return until("it goes on", async () => {
        const now = await player(person);
        return now.currentTime > first.currentTime + 0.1 && now;
    });
}
