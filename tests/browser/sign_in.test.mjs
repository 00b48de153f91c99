// Getting in: who is let in and who is not, and what each is told.
import assert from "node:assert/strict";

import { stage } from "./support/stage.mjs";

const page = stage({});

page("somebody pastes a key, says who she is, and is ready", async (at) => {
    for (const how of [{}, { dark: true }, { width: 360, height: 740 }, { width: 360, height: 740, dark: true }]) {
        const alice = await at.somebody(how);
        await alice.goto();
        await alice.get("#key").waitFor();
        await alice.reads(".emergency", "This phone cannot reach emergency services");
        await at.shot(alice, "sign-in");
        alice.expect(/422 .*\/token/); // how the server asks for a name; browsers report every refusal
        await alice.get("#key").fill(at.world.key);
        await alice.button("Sign in").click();
        await alice.get("#identity").waitFor();
        await at.shot(alice, "who-are-you");
        await alice.get("#identity").fill("alice");
        await alice.button("Go on").click();
        await alice.ready();
        await alice.reads("#my-name", "alice");
        await at.shot(alice, "ready");
        await alice.button("Sign out").click();
        await alice.get("#key").waitFor();
        assert.equal(await alice.page.evaluate(() => sessionStorage.length), 0);
        assert.equal(await alice.get("#key").inputValue(), "");
    }
});

page("a link with a key is taken at its word, and out of the address", async (at) => {
    const bob = await at.person("bob");
    assert.equal(bob.page.url(), `${at.world.origin}/phone`);
    assert.equal(await bob.page.evaluate(() => window.history.length), 2, "nothing to go back to but the blank page");
    await bob.page.reload();
    await bob.ready();
    await bob.reads("#my-name", "bob");
    assert.ok(!at.world.server.output.includes(at.world.key), "the server's log holds a key");
});

page("a key that speaks for one name alone is not asked for it", async (at) => {
    const key = at.world.createKey("carol", "tokens:mint calls:read voicemails:read recordings:read");
    const carol = await at.somebody();
    await at.world.newCaller("tokens:mint"); // by now the server knows both
    await carol.goto(`/phone#key=${key}`);
    await carol.ready();
    await carol.reads("#my-name", "carol");
});

page("a stranger's key is refused in words", async (at) => {
    const mallory = await at.somebody();
    mallory.expect(/401 .*\/token/);
    await mallory.goto();
    await mallory.get("#key").fill(`shk_${"0".repeat(16)}_${"0".repeat(43)}`);
    await mallory.button("Sign in").click();
    await mallory.reads("#key-problem", "The server does not know this key.");
    await at.shot(mallory, "stranger");
    assert.equal(await mallory.page.evaluate(() => sessionStorage.length), 0);
});

page("a key without the scope is told which one", async (at) => {
    const { key } = await at.world.newCaller("calls:read");
    const eve = await at.somebody();
    eve.expect(/403 .*\/token/);
    await eve.goto();
    await eve.get("#key").fill(key);
    await eve.button("Sign in").click();
    await eve.reads("#key-problem", "tokens:mint");
});

page("a build without Twilio's SDK says what to do", async (at) => {
    const dora = await at.somebody({ dark: true });
    await dora.page.route("**/settings.json", async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, json: { ...(await response.json()), sdk: false } });
    });
    await dora.goto();
    await dora.reads("#broken-title", "Twilio's SDK is missing");
    await dora.reads("#broken-code", "npm ci");
    await at.shot(dora, "no-sdk");
});

page("without a server there is a word about it", async (at) => {
    const dora = await at.somebody();
    dora.expect(/settings.json/);
    await dora.page.route("**/settings.json", (route) => route.abort());
    await dora.goto();
    await dora.reads("#broken-text", "The server cannot be reached.");
});
