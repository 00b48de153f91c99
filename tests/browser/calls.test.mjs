// Two people call each other, with the SDK as it comes from Twilio and with sound that really goes from one page to the other.
import assert from "node:assert/strict";

import { until } from "../scenarios/support/until.mjs";
import { stage } from "./support/stage.mjs";

const page = stage({ SWITCHHOOK_INBOUND_IDENTITY: "alice" });

const wide = { dark: false };
const narrow = { dark: true, width: 360, height: 740 };

/** Packets go from each to the other, and go on going. */
async function theyHearEachOther(...people) {
    for (const person of people) {
        const before = await person.packets();
        await until(`packets flow at ${person.name}`, async () => {
            const now = await person.packets();
            assert.ok(now.received > before.received + 10 && now.sent > before.sent + 10, `${JSON.stringify(before)}, then ${JSON.stringify(now)}`);
            return true;
        });
    }
}

/** From the dial pad until both talk; with pictures of every state, in the light or the dark of whoever is in it. */
async function connect(at, caller, callee, shots = false) {
    await caller.calls(callee.name);
    await callee.ringsFrom(caller.name);
    await caller.reads("#talk-state", "Ringing");
    if (shots) {
        await at.shot(caller, "ringing");
        await at.shot(callee, "incoming");
    }
    await callee.button("Answer").click();
    await Promise.all([caller.talksTo(callee.name), callee.talksTo(caller.name)]);
}

async function twoPeople(at, [how, other] = [wide, narrow]) {
    return Promise.all([at.person("alice", how), at.person("bob", other)]);
}

page("each calls the other, they hear each other, and each hangs up", async (at) => {
    const [alice, bob] = await twoPeople(at);
    for (const [caller, callee] of [[alice, bob], [bob, alice]]) {
        await connect(at, caller, callee, true);
        await theyHearEachOther(caller, callee);
        await caller.reads("#history", "Talking");
        await at.shot(caller, "talking");
        await callee.button("Mute").click();
        await callee.get('#mute[aria-pressed="true"]').waitFor();
        await at.shot(callee, "muted");
        await callee.button("End").click();
        await caller.over(`Call with ${callee.name} ended after`);
        await callee.over(`Call with ${caller.name} ended`);
    }
    await connect(at, alice, bob);
    await alice.button("End").click();
    await Promise.all([alice.over("Call with bob ended"), bob.over("Call with alice ended")]);
    for (const person of [alice, bob])
        await until(`${person.name} sees all three calls`, async () => (await person.get("#history .entry[data-tone=good]").count()) === 3);
    await at.shot(alice, "calls");
    await at.shot(bob, "calls");
    await at.world.sameTruth();
});

page("muting stops the voice and nothing else", async (at) => {
    const [alice, bob] = await twoPeople(at);
    const live = () => alice.page.evaluate(() => window.testPeers.at(-1).getSenders().map(({ track }) => track.enabled));
    await connect(at, alice, bob);
    assert.deepEqual(await live(), [true]);
    await alice.button("Mute").click();
    assert.deepEqual(await live(), [false]);
    await theyHearEachOther(alice, bob); // silence is sent as well
    await alice.button("Mute").click();
    assert.deepEqual(await live(), [true]);
    await alice.button("End").click();
    await bob.over("Call with alice ended");
});

page("a call is declined", async (at) => {
    const [alice, bob] = await twoPeople(at);
    await alice.calls("bob");
    await bob.ringsFrom("alice");
    await bob.button("Reject").click();
    await bob.over("You declined alice.");
    await alice.over("bob declined.");
    await at.shot(alice, "declined");
    await alice.reads("#history", /Busy|No answer/);
});

page("a caller gives up", async (at) => {
    const [alice, bob] = await twoPeople(at);
    await alice.calls("bob");
    await bob.ringsFrom("alice");
    await alice.button("End").click();
    await bob.get("#incoming:not([open])").waitFor({ state: "attached" });
    await bob.over("Missed: alice gave up.");
    await at.shot(bob, "missed");
});

page("nobody answers", async (at) => {
    await at.world.restart({ SWITCHHOOK_RING_TIMEOUT: "5" }); // the shortest there is
    const [alice, bob] = await twoPeople(at);
    await alice.calls("bob");
    await bob.ringsFrom("alice");
    await alice.over("bob did not answer.");
    await bob.over("Missed: alice called, and it rang too long.");
    await at.leave();
    await at.world.restart({ SWITCHHOOK_RING_TIMEOUT: undefined });
});

page("whoever has two tabs is called in both, and answers in one", async (at) => {
    const [alice, bob] = await twoPeople(at);
    const other = await at.person("bob", wide);
    await alice.calls("bob");
    await Promise.all([bob.ringsFrom("alice"), other.ringsFrom("alice")]);
    await other.button("Answer").click();
    await Promise.all([alice.talksTo("bob"), other.talksTo("alice")]);
    await bob.get("#incoming:not([open])").waitFor({ state: "attached" });
    await theyHearEachOther(alice, other);
    await other.button("End").click();
    await alice.over("Call with bob ended");
});

page("a name is shown as its people write it", async (at) => {
    const [doe, bob] = await Promise.all([at.person("j.doe@example.com", wide), at.person("bob", narrow)]);
    await doe.reads("#my-name", "j.doe@example.com");
    await connect(at, doe, bob);
    await bob.button("End").click();
    await doe.over("Call with bob ended");
    await bob.over("Call with j.doe@example.com ended");
    await connect(at, bob, doe);
    await bob.button("End").click();
    await doe.over("Call with bob ended");
});

page("a telephone is called: the page says that there is nothing to hear", async (at) => {
    const alice = await at.person("alice", wide);
    const number = at.world.number();
    await at.world.sim.callee(number, { ring_after_ms: 100, answer_after_ms: 500, hangup_after_ms: null });
    await alice.calls(number.replace(/^\+1(...)(...)/, "+1 ($1) $2-"));
    await alice.talksTo(number);
    await alice.reads("#talk-note", "No media");
    await at.shot(alice, "telephone");
    await at.world.sim.hangUp((await at.world.sim.leg({ to: number, direction: "outbound-dial" })).call_sid);
    await alice.over(`Call with ${number} ended`);
});

page("a telephone is busy", async (at) => {
    const alice = await at.person("alice", narrow);
    const number = at.world.number();
    await at.world.sim.callee(number, { busy: true });
    await alice.calls(number);
    await alice.over(`${number} is busy.`);
    await at.shot(alice, "busy");
});

page("somebody calls from outside", async (at) => {
    const alice = await at.person("alice", wide);
    const number = at.world.number();
    await at.world.sim.inbound({ from: number });
    await alice.ringsFrom(number);
    await alice.button("Answer").click();
    await alice.talksTo(number);
    await alice.reads("#history", "Talking"); // the SDK is connected a moment before its answer has left
    await alice.button("End").click();
    await alice.over(`Call with ${number} ended`);
});

page("keys are tones", async (at) => {
    const [alice, bob] = await twoPeople(at);
    await alice.page.evaluate(() => {
        window.testTones = "";
        const insert = RTCDTMFSender.prototype.insertDTMF;
        RTCDTMFSender.prototype.insertDTMF = function (tones, ...given) {
            window.testTones += tones;
            return insert.call(this, tones, ...given);
        };
    });
    await connect(at, alice, bob);
    await alice.button("Keypad").click();
    for (const key of ["1", "star", "0"])
        await alice.get("#talk-pad").getByRole("button", { name: key, exact: true }).click();
    await alice.page.keyboard.press("9");
    await alice.page.keyboard.press("#");
    await alice.reads("#talk-sent", "1*09#");
    await at.shot(alice, "keypad");
    assert.equal(await alice.page.evaluate(() => window.testTones), "1*09#");
    await alice.button("End").click();
    await bob.over("Call with alice ended");
});

page("emergency services are not dialled, and the page says so at once", async (at) => {
    const alice = await at.person("alice", wide);
    const calls = at.world.count("calls");
    for (const number of ["911", "112", " 9-1-1 ", "+999"]) {
        await alice.calls(number);
        await alice.reads("#to-problem", "cannot reach emergency services");
    }
    await at.shot(alice, "emergency");
    assert.equal(at.world.count("calls"), calls);
});

page("what is no number is not dialled", async (at) => {
    const alice = await at.person("alice", narrow);
    for (const [typed, words] of [["", "Type a number"], ["4155550101", "country code"], ["+123", "7 to 15 digits"], ["+1415555010l", "7 to 15 digits"]]) {
        await alice.calls(typed);
        await alice.reads("#to-problem", words);
    }
});
