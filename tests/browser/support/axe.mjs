// axe-core, put into the page from outside: evaluate is not bound by the page's own policy.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Nothing serious, and nothing worse, of the rules of WCAG 2.2 A and AA and of good practice. */
export async function seriousFaults({ page }, state) {
    await page.evaluate(source);
    const violations = await page.evaluate(async () => {
        const { violations: all } = await window.axe.run(document, { resultTypes: ["violations"] });
        return all.map(({ id, impact, help, nodes }) => ({ id, impact, help, where: nodes.map(({ target, failureSummary }) => `${target}: ${failureSummary}`) }));
    });
    const serious = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
    assert.deepEqual(serious, [], `axe-core in the state ${state}`);
}
