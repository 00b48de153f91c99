// Waiting for something that nobody announces.

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Ask `look` again and again until it gives something true, and return that. What it throws counts as "not yet", and is
 * told when the time is over.
 */
export async function until(what, look, { timeoutMs = 15_000 } = {}) {
    const end = Date.now() + timeoutMs;
    let last;
    for (let wait = 2; ; wait = Math.min(wait * 1.5, 50)) {
        try {
            last = await look();
            if (last)
                return last;
        } catch (problem) {
            last = problem;
        }
        if (Date.now() > end)
            throw new Error(`${what}: not within ${timeoutMs} ms; last: ${last instanceof Error ? last.stack : JSON.stringify(last)}`);
        await pause(wait);
    }
}
