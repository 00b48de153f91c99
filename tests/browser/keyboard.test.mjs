// A call by keyboard alone: no pointer, and at every step the focus is where somebody expects it.
import assert from "node:assert/strict";

import { stage } from "./support/stage.mjs";

const page = stage({});

const focused = (person) => person.page.evaluate(() => document.activeElement?.id || document.activeElement?.className);

/** Presses Tab until that has the focus. */
async function tabTo(person, id, most = 30) {
    for (let i = 0; i < most; i++) {
        if ((await focused(person)) === id)
            return;
        await person.page.keyboard.press("Tab");
    }
    assert.fail(`Tab never came to ${id}`);
}

page("sign in, call, tones, mute and end, without a pointer", async (at) => {
    const alice = await at.somebody();
    alice.name = "alice";
    alice.expect(/422 .*\/token/);
    await alice.goto();
    await alice.get("#key").waitFor();
    assert.equal(await focused(alice), "key");
    await alice.page.keyboard.insertText(at.world.key);
    await alice.page.keyboard.press("Enter");
    await alice.get("#identity").waitFor();
    assert.equal(await focused(alice), "identity");
    await alice.page.keyboard.type("alice");
    await alice.page.keyboard.press("Enter");
    await alice.ready();
    assert.equal(await focused(alice), "to");

    const bob = await at.person("bob", { dark: true });
    await alice.page.keyboard.type("bob");
    await alice.page.keyboard.press("Enter");
    await bob.ringsFrom("alice");
    await bob.page.keyboard.press("Control+Enter");
    await Promise.all([alice.talksTo("bob"), bob.talksTo("alice")]);
    assert.equal(await focused(alice), "talk");
    await alice.page.keyboard.press("Alt+m");
    await alice.get('#mute[aria-pressed="true"]').waitFor();
    await alice.page.keyboard.press("Alt+m");
    await alice.get('#mute[aria-pressed="false"]').waitFor();
    await alice.page.keyboard.press("Alt+k");
    await alice.get("#talk-pad").waitFor();
    await alice.page.keyboard.type("12#");
    await alice.reads("#talk-sent", "12#");
    await tabTo(alice, "end");
    await at.shot(alice, "focus");
    await alice.page.keyboard.press("Enter");
    await Promise.all([alice.over("Call with bob ended"), bob.over("Call with alice ended")]);
    assert.equal(await focused(alice), "to");

    // The list leads to the next call.
    await tabTo(alice, "entry");
    await alice.page.keyboard.press("Enter");
    assert.equal(await alice.get("#to").inputValue(), "bob");
    assert.equal(await focused(alice), "to");
});

page("Escape declines, Tab stays within the pop-up, Alt+X ends", async (at) => {
    const [alice, bob] = await Promise.all([at.person("alice"), at.person("bob")]);
    await alice.page.keyboard.type("bob");
    await alice.page.keyboard.press("Enter");
    await bob.ringsFrom("alice");
    await tabTo(bob, "answer", 4);
    await tabTo(bob, "reject", 4);
    await bob.page.keyboard.press("Escape");
    await bob.over("You declined alice.");
    assert.equal(await focused(bob), "to");
    await alice.over("bob declined.");

    await alice.page.keyboard.press("Control+a");
    await alice.page.keyboard.type("bob");
    await alice.page.keyboard.press("Enter");
    await bob.ringsFrom("alice");
    await tabTo(bob, "answer", 4);
    await bob.page.keyboard.press("Space");
    await Promise.all([alice.talksTo("bob"), bob.talksTo("alice")]);
    await bob.page.keyboard.press("Alt+x");
    await Promise.all([alice.over("Call with bob ended"), bob.over("Call with alice ended")]);
});
