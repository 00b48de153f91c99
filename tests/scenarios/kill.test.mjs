// The server is killed at any moment, again and again, while the world goes on: nothing that was answered is lost, nothing
// is there twice, no call goes back, and nobody is dialled twice.
import assert from "node:assert/strict";

import { alone } from "./support/alone.mjs";
import { Placements, Webhooks } from "./support/load.mjs";
import { stage, until } from "./support/world.mjs";

const FOR_MS = 6000;
const ROUNDS_MIN = 6; // where everything is slow

const scenario = stage();

const upTo = (most) => 1 + Math.floor(Math.random() * most);

/** Killed before it is ready, or a moment later, at whatever it is doing then. */
async function killWhileStarting(world) {
    const starting = world.start().catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, upTo(80)));
    await world.kill9();
    await starting;
}

/** Rounds of: so many things happen, then the server is killed and started again. Gives how many. */
async function killAgainAndAgain(world, load, most) {
    const end = Date.now() + FOR_MS;
    let rounds = 0;
    for (; rounds < ROUNDS_MIN || Date.now() < end; rounds++) {
        await load.answered(upTo(most));
        const killed = world.kill9();
        load.pause();
        await killed;
        if (rounds % 4 === 3)
            await killWhileStarting(world);
        await world.start();
        load.check();
        load.resume();
    }
    await load.answered(most);
    await load.stop();
    load.check();
    assert.deepEqual(world.sqlite("PRAGMA integrity_check"), [{ integrity_check: "ok" }]);
    return rounds;
}

scenario("every webhook that was answered is there once", async (world, t) => {
    const load = new Webhooks(world);
    const rounds = await killAgainAndAgain(world, load, 400);
    t.diagnostic(`${rounds} rounds: ${load}`);
    assert.ok(load.failures > 0, "nobody has noticed that the server was killed");
});

const curious = {
    SWITCHHOOK_QUEUED_SILENCE_MS: "1000",
    SWITCHHOOK_RINGING_SILENCE_MS: "1000",
    SWITCHHOOK_IN_PROGRESS_SILENCE_MS: "1000",
};

alone("nobody is dialled twice, and every call ends in Twilio's truth", curious, async (world, t) => {
    const load = new Placements(world);
    const rounds = await killAgainAndAgain(world, load, 40);
    const open = "placement NOT IN ('placed', 'refused') OR (placement = 'placed' AND ended_at = 0)";
    await until("every call is over", () => world.count(`calls WHERE ${open}`) === 0, { timeoutMs: 30_000 });
    await load.checkOutcome();
    await world.sameTruth();
    t.diagnostic(`${rounds} rounds: ${load}`);
    assert.ok(load.failures > 0, "nobody has noticed that the server was killed");
});
