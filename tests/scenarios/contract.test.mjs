// What the frontends of six products expect: tests/contract/frontends.json, point by point, against the real server and
// the simulator. A row that a dialect serves, or a ruling, for which there is no point fails here.
import assert from "node:assert/strict";

import { alone } from "./support/alone.mjs";
import { asked, contract, playPoint, populate } from "./support/contract.mjs";
import { pathOf } from "./support/openapi.mjs";
import { stage } from "./support/world.mjs";

const scenario = stage();

scenario("every row of a dialect has a point", async (world) => {
    const rows = Object.entries(world.document.paths).flatMap(([path, item]) =>
        Object.entries(item)
            .filter(([, { tags }]) => !tags.includes("native"))
            .map(([method]) => `${method.toUpperCase()} ${path}`),
    );
    assert.ok(rows.length >= 40, String(rows.length));
    const played = new Set(asked.map(([method, target]) => `${method} ${pathOf(world.document, target.replace(/\{[^}]*\}/g, "x"))}`));
    assert.deepEqual(rows.filter((row) => !played.has(row)), []);
});

scenario("every dialect has rows", async (world) => {
    assert.deepEqual(
        world.document.tags.map(({ name }) => name),
        ["native", "kin", "voip-dashboard", "kennex", "kin-sdk", "asah"],
        "the quickstarts' rows are native, or shared with KIN's",
    );
});

scenario("every ruling has a point", () => {
    const numbers = Object.keys(contract.rulings).map(Number);
    assert.deepEqual(numbers, Array.from({ length: 38 }, (_, i) => i + 1));
    const played = new Set(contract.points.flatMap(({ rulings = [] }) => rulings));
    assert.deepEqual(numbers.filter((number) => !played.has(number)), []);
});

scenario("every point has a name of its own and says something", () => {
    const names = contract.points.map(({ point }) => point);
    assert.equal(new Set(names).size, names.length);
    for (const { point, steps, check, page } of contract.points)
        assert.ok(steps?.length > 0 || check || page, point);
});

for (const point of contract.points) {
    if (point.settings)
        alone(
            point.point,
            () => (port) => Object.fromEntries(Object.entries(point.settings).map(([name, value]) => [name, value.replace("{port}", port)])),
            async (world) => {
                await populate(world);
                await playPoint(world, point);
            },
        );
    else
        scenario(point.point, async (world) => {
            if (!world.agent)
                await populate(world);
            await playPoint(world, point);
        });
}
