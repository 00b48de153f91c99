// What was left and what was recorded: it appears by itself, is heard, found, and goes again.
import assert from "node:assert/strict";

import { exchange } from "../scenarios/support/http.mjs";
import { until } from "../scenarios/support/until.mjs";
import { isHeard, leaveMessage, player, talk } from "./support/messages.mjs";
import { stage } from "./support/stage.mjs";

const NUMBERS = { alice: "+15005550006", bob: "+15005550007", carol: "+15005550008", dave: "+15005550009", erin: "+15005550010" };

const page = stage(
    {
        SWITCHHOOK_VOICEMAIL: "true",
        SWITCHHOOK_VOICEMAIL_TRANSCRIBE: "true",
        SWITCHHOOK_RECORD: "record-from-answer-dual",
        SWITCHHOOK_TRANSCRIBE: "outbound-browser",
        SWITCHHOOK_INBOUND_IDENTITIES: Object.entries(NUMBERS).map(([identity, number]) => `${number}=${identity}`).join(),
    },
    { simulator: ["--speed", "max", ...Object.values(NUMBERS).flatMap((number) => ["--number", number])] },
);

const narrow = { dark: true, width: 360, height: 1450 };

const open = (person, name) => person.page.getByRole("tab", { name }).click();
const items = (person, list) => person.get(`#${list} > li`);
const count = (person, list, n) => until(`${n} in ${list}`, async () => (await items(person, list).count()) === n);
const item = (person, list, text) => items(person, list).filter({ hasText: text });

page("a voicemail arrives while one looks, is heard, called back and deleted", async (at) => {
    const alice = await at.person("alice");
    await open(alice, "Voicemails");
    await alice.reads("#voicemails-empty", "No voicemails");
    await at.shot(alice, "voicemails-none");
    const from = at.world.number();
    await at.world.sim.inbound({ from, to: NUMBERS.alice, script: { speaks_ms: 7000, leaves_message: "The invoice of March is wrong, please call me back." } });
    await alice.ringsFrom(from);
    await alice.button("Reject").click();
    await count(alice, "voicemails", 1);
    await alice.reads("#new-count", /^1$/);
    await alice.reads("#voicemails .said", "The invoice of March is wrong");
    await alice.get("#voicemails .play:enabled").waitFor();
    await at.shot(alice, "voicemails");

    await alice.button(`Play: Voicemail from ${from}`).click();
    const { duration } = await isHeard(alice);
    const { json } = await at.world.as(at.world.key).get("/voicemails?identity=alice");
    assert.ok(Math.abs(duration - json.items[0].duration) < 1, `${duration} s are heard of ${json.items[0].duration}`);
    await alice.reads("#voicemails .what", "Heard");
    await alice.get("#new-count").waitFor({ state: "hidden" });
    await at.shot(alice, "voicemail-plays");
    await alice.button(`Pause: Voicemail from ${from}`).click();
    await until("it pauses", async () => (await player(alice)).paused);

    await alice.button(`Mark as new: voicemail from ${from}`).click();
    await alice.reads("#new-count", /^1$/);
    await alice.button(`Mark as heard: voicemail from ${from}`).click();
    await alice.reads("#voicemails .what", "Heard");

    await at.world.sim.callee(from, { answer_after_ms: 500, hangup_after_ms: null });
    await alice.button(`Call back: ${from}`).click();
    await alice.talksTo(from);
    await alice.button("End").click();
    await alice.over(`Call with ${from} ended`);

    await alice.button(`Delete the voicemail from ${from}`).click();
    await alice.reads("#voicemails .sure", "Delete for ever?");
    await at.shot(alice, "voicemail-delete");
    await count(alice, "voicemails", 1); // once is not enough
    await alice.button(`Delete for ever? The voicemail from ${from}`).click();
    await count(alice, "voicemails", 0);
    await alice.get("#player").waitFor({ state: "hidden" });
    assert.equal((await at.world.as(at.world.key).get("/voicemails?identity=alice")).json.items.length, 0);
});

page("words are found in voicemails and calls, on a small dark screen", async (at) => {
    const left = await leaveMessage(at.world, { to: NUMBERS.bob, words: "My invoice is <b>wrong</b>." });
    await leaveMessage(at.world, { to: NUMBERS.bob, words: "Nothing of importance, have a nice day, and greet everybody at home from me and from the whole of the family." });
    await leaveMessage(at.world, { to: NUMBERS.carol, words: "Carol has an invoice too." });
    const called = await talk(at.world, "bob", { says: ["Good morning, this is about the invoice."], hears: ["Which one do you mean?"] });
    const bob = await at.person("bob", narrow);
    await bob.reads("#new-count", /^2$/);
    await open(bob, "Voicemails");
    await count(bob, "voicemails", 2); // the key may see Carol's, but this is Bob's
    await at.shot(bob, "voicemails");
    await bob.get("#words").fill("invoi*");
    await count(bob, "found", 2);
    assert.deepEqual(await bob.get("#found mark").allTextContents(), ["invoice", "invoice"]);
    await item(bob, "found", left.from).getByText("<b>wrong</b>").waitFor(); // as it was said
    await at.shot(bob, "found");
    await item(bob, "found", called.to).getByRole("button").click();
    await isHeard(bob);
    await at.shot(bob, "found-plays");
    await bob.get("#words").fill("elephants");
    await bob.reads("#found-empty", "Nothing was found.");
    await open(bob, "Recordings");
    await bob.get("#words").fill("");
    await bob.get("#panel-recordings").waitFor();
    await count(bob, "recordings", 1);
    await at.shot(bob, "recordings");
});

page("a recording of a call is played and saved", async (at) => {
    const called = await talk(at.world, "carol", { says: ["Hello"], hears: ["Hello"] });
    const carol = await at.person("carol");
    await open(carol, "Recordings");
    await item(carol, "recordings", `To ${called.to}`).getByRole("button").click();
    const { duration } = await isHeard(carol);
    assert.ok(Math.abs(duration - 8) <= 1, `${duration} s`);
    await at.shot(carol, "recordings");
    const [download] = await Promise.all([carol.page.waitForEvent("download"), carol.button("Download").click()]);
    assert.match(download.suggestedFilename(), /\.wav$/);
    assert.equal(await download.failure(), null);
    await carol.button("Close").click();
    await carol.get("#player").waitFor({ state: "hidden" });
});

page("a link that has ended in the middle is replaced, and it goes on there", async (at) => {
    await at.world.restart({ SWITCHHOOK_RECORDING_LINK_TTL: "1" });
    await at.world.sim.media({ sound_s: 3000 }); // more than a browser fetches ahead
    await leaveMessage(at.world, { to: NUMBERS.dave });
    await at.world.sim.media({ sound_s: null });
    const dave = await at.person("dave");
    dave.expect(/40[13] .*\/media/);
    await open(dave, "Voicemails");
    await dave.get("#voicemails .play").click();
    for (const [to, paused, was] of [[2500, false, 0], [1500, true, 2500]]) {
        const before = await isHeard(dave, { from: was - 0.1 });
        const { pathname, search } = new URL(before.src);
        await until("the link has ended", async () => (await exchange(at.world.origin, "HEAD", pathname + search)).status >= 400);
        await dave.page.evaluate(([time, stop]) => {
            const audio = document.getElementById("audio");
            if (stop)
                audio.pause();
            audio.currentTime = time;
        }, [to, paused]);
        await until("another link is there", async () => (await player(dave)).src !== before.src && (await player(dave)).duration > 2990);
        if (paused) {
            const now = await player(dave);
            assert.deepEqual([now.paused, now.currentTime], [true, to]);
        } else
            await isHeard(dave, { from: to - 0.1 });
    }
    await at.leave();
    await at.world.restart({ SWITCHHOOK_RECORDING_LINK_TTL: undefined });
});

page("who is called hears nothing else", async (at) => {
    await leaveMessage(at.world, { to: NUMBERS.erin, speaks_ms: 60_000 });
    const erin = await at.person("erin");
    await open(erin, "Voicemails");
    await erin.get("#voicemails .play").click();
    await isHeard(erin);
    const from = at.world.number();
    const { call_sid: sid } = await at.world.sim.inbound({ from, to: NUMBERS.erin });
    await erin.ringsFrom(from);
    await until("it pauses", async () => (await player(erin)).paused);
    await erin.button("Answer").click();
    await erin.talksTo(from);
    await erin.get("#history").filter({ hasText: "Talking" }).waitFor({ state: "attached" }); // its answer has left
    await at.world.sim.hangUp(sid);
    await erin.over(`Call with ${from} ended`);
});

page("all of it without a pointer", async (at) => {
    const { from } = await leaveMessage(at.world, { to: NUMBERS.dave, words: "Are you there?" });
    const dave = await at.person("dave", { dark: true });
    const { keyboard } = dave.page;
    const label = () => dave.page.evaluate(() => document.activeElement?.getAttribute("aria-label") || document.activeElement?.id);
    const tabTo = async (wanted) => {
        for (let i = 0; i < 40 && (await label()) !== wanted; i++)
            await keyboard.press("Tab");
        assert.equal(await label(), wanted);
    };
    await item(dave, "voicemails", from).waitFor({ state: "attached" });
    await tabTo("tab-calls");
    await keyboard.press("ArrowLeft");
    assert.equal(await label(), "tab-recordings");
    await keyboard.press("ArrowLeft");
    assert.equal(await label(), "tab-voicemails");
    await keyboard.press("Tab");
    assert.equal(await label(), "words");
    await tabTo(`Play: Voicemail from ${from}`);
    await at.shot(dave, "voicemails-focus");
    await keyboard.press("Enter");
    await isHeard(dave);
    assert.equal(await label(), `Pause: Voicemail from ${from}`); // lists are drawn anew; the focus stays
    await item(dave, "voicemails", from).filter({ hasText: "Heard" }).waitFor();
    assert.equal(await label(), `Pause: Voicemail from ${from}`);
    await keyboard.press("Space");
    await until("it pauses", async () => (await player(dave)).paused);
    await tabTo(`Delete the voicemail from ${from}`);
    await keyboard.press("Enter");
    assert.equal(await label(), `Delete for ever? The voicemail from ${from}`);
    await keyboard.press("Enter");
    await item(dave, "voicemails", from).waitFor({ state: "detached" });
    assert.equal(await label(), "tab-voicemails");
});

page("what a key may not do is said where it is missing", async (at) => {
    const { from } = await leaveMessage(at.world, { to: NUMBERS.carol });
    const blind = await at.person("carol", { key: at.world.createKey("blind", "tokens:mint-any,calls:read") });
    blind.expect(/403 .*\/voicemails/);
    blind.expect(/403 .*\/recordings/);
    await open(blind, "Voicemails");
    await blind.reads("#voicemails-empty", "lacks the scope voicemails:read");
    await at.shot(blind, "voicemails-forbidden");
    blind.expect(/403 .*\/search/);
    await blind.get("#words").fill("anything");
    await blind.reads("#found-empty", "lacks the scope transcripts:read");
    await open(blind, "Recordings");
    await blind.get("#words").fill("");
    await blind.reads("#recordings-empty", "lacks the scope recordings:read");

    const deaf = await at.person("carol", { key: at.world.createKey("deaf", "tokens:mint-any,calls:read-all,voicemails:read") });
    deaf.expect(/403 .*\/link/);
    deaf.expect(/403 .*\/read/);
    deaf.allow(/403 .*\/recordings/);
    await open(deaf, "Voicemails");
    await item(deaf, "voicemails", from).getByRole("button", { name: "Play" }).click();
    await deaf.reads("#player-problem", "lacks the scope recordings:read");
    await at.shot(deaf, "voicemail-forbidden");
    await item(deaf, "voicemails", from).getByRole("button", { name: "Mark as heard" }).click();
    await deaf.reads("#voicemails-empty", "lacks the scope voicemails:manage");
});
