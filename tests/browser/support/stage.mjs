// Two programs, a browser, and people in it. Like the scenarios' stage, with time that passes as it does for people: a browser
// cannot jump.
import { mkdirSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { World } from "../../scenarios/support/world.mjs";
import { Person, launch } from "./browser.mjs";
import { seriousFaults } from "./axe.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
const SHOTS = process.env.SWITCHHOOK_SCREENSHOTS ?? path.join(root, "build/screenshots");

export class Stage {
    static async create(settings, how = {}) {
        const stage = new Stage();
        const quick = { SWITCHHOOK_RATE_TOKEN: "0" }; // the same few people come again and again
        const all = (port) => ({ ...quick, ...(typeof settings === "function" ? settings(port) : settings) });
        stage.world = await World.create(all, { ...how, start: false, simulator: ["--speed", "1", ...(how.simulator ?? [])] });
        await stage.world.start({ SWITCHHOOK_PHONE_SIGNALING: `127.0.0.1:${stage.world.signalPort}` });
        stage.browser = await launch();
        stage.people = [];
        mkdirSync(SHOTS, { recursive: true });
        return stage;
    }

    /** Somebody in front of an empty window. */
    async somebody(how) {
        const person = await Person.open(this.browser, this.world.origin, how);
        this.people.push(person);
        return person;
    }

    /** Somebody who has signed in by a link, and whose phone is ready. */
    async person(identity, how = {}) {
        const person = await this.somebody(how);
        await person.goto(`/phone#identity=${encodeURIComponent(identity)}&key=${how.key ?? this.world.key}`);
        person.name = identity;
        await person.ready();
        return person;
    }

    /** A picture of what is there now, and the verdict of axe-core about it. */
    async shot(person, name) {
        const file = `${name}${person.dark ? "-dark" : ""}${person.width < 500 ? "-narrow" : ""}.png`;
        await person.page.screenshot({ path: path.join(SHOTS, file), animations: "disabled", caret: "hide" });
        await seriousFaults(person, name);
    }

    /** Everybody goes; nobody may have seen anything wrong. */
    async leave() {
        const people = this.people;
        this.people = [];
        for (const person of people)
            person.blameless();
        for (const person of people)
            await person.context.close();
    }

    async close() {
        await this.browser?.close();
        await this.world.close();
    }
}

/** A stage for the tests of this file, which come one after the other: page(name, run). */
export function stage(settings, how) {
    let here;
    before(async () => {
        here = await Stage.create(settings, how);
    });
    after(() => here?.close());
    return (name, run) =>
        test(name, { timeout: 60_000 }, async (t) => {
            const marks = here.world.marks();
            try {
                await run(here, t);
                await here.leave();
            } catch (problem) {
                here.world.tell(...marks);
                for (const { context, faults, name: who } of here.people.splice(0)) {
                    process.stderr.write(`${who}: ${faults.join("\n")}\n`);
                    await context.close();
                }
                throw problem;
            }
        });
}
