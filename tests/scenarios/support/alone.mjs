// A scenario with a world of its own: for those that need other settings than the rest of their file, or break things.
import { test } from "node:test";

import { World } from "./world.mjs";

/**
 * @param {object|function} settings  environment of the server, or what gives it
 * @param {function} run              gets the world and node's test context
 * @param {object} [how]              as for World.create; skip: why it cannot run here
 */
export function alone(name, settings, run, { skip = false, ...how } = {}) {
    test(name, { skip }, async (t) => {
        const world = await World.create(typeof settings === "function" ? settings() : settings, how);
        try {
            await run(world, t);
        } catch (problem) {
            world.tell(0, 0);
            await world.abandon();
            throw problem;
        }
        await world.close();
    });
}
