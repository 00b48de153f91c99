// What goes wrong around a phone, and what the person in front of it is told.
import assert from "node:assert/strict";

import { madeUpToken } from "../scenarios/support/device.mjs";
import { exchange } from "../scenarios/support/http.mjs";
import { until } from "../scenarios/support/until.mjs";
import { stage } from "./support/stage.mjs";

// The shortest token there is: the page fetches the next one half a minute before its end.
const page = stage({ SWITCHHOOK_TOKEN_TTL: "60" });

let fetched = 0;
let early; // somebody who has been here since the beginning

page("a phone is left on", async (at) => {
    early = await at.person("early", { dark: true });
    early.page.on("request", (request) => {
        if (request.url().endsWith("/token"))
            fetched++;
    });
    at.people = at.people.filter((person) => person !== early); // stays
});

page("a token that has ended is replaced, and nobody notices", async (at) => {
    const alice = await at.somebody();
    alice.name = "alice";
    const expired = madeUpToken(at.world, "alice", { claims: { exp: Math.floor(Date.now() / 1000) - 10 } });
    let asked = 0;
    await alice.page.route("**/token", (route) =>
        asked++ === 0 ? route.fulfill({ json: { token: expired, identity: "alice", expires_in: 60, refresh_after: 30 } }) : route.continue());
    await alice.goto(`/phone#identity=alice&key=${at.world.key}`);
    await alice.ready();
    assert.equal(asked, 2);
});

page("the server is restarted between token and call", async (at) => {
    const [alice, bob] = await Promise.all([at.person("alice"), at.person("bob")]);
    await Promise.all([alice.reads("#live", "Live"), bob.reads("#live", "Live")]);
    for (const person of [alice, bob, early])
        person.allow(/events|token|voicemails|recordings|calls/); // refused connections while it is away
    await at.world.restart();
    await alice.calls("bob");
    await bob.ringsFrom("alice");
    await bob.button("Answer").click();
    await Promise.all([alice.talksTo("bob"), bob.talksTo("alice")]);
    await Promise.all([alice.reads("#live", /^Live/), bob.reads("#live", /^Live/)]);
    await alice.button("End").click();
    await Promise.all([alice.over("Call with bob ended after"), bob.over("Call with alice ended")]);
});

page("the microphone is not allowed", async (at) => {
    const alice = await at.somebody();
    alice.name = "alice";
    await alice.page.addInitScript(() => {
        navigator.mediaDevices.getUserMedia = () =>
            new Promise((_, reject) => setTimeout(() => reject(new DOMException("Permission denied", "NotAllowedError")), 1));
    });
    await alice.goto(`/phone#identity=alice&key=${at.world.key}`);
    await alice.ready();
    await alice.calls("bob");
    await alice.reads("#last", "The microphone is not allowed");
    await at.shot(alice, "no-microphone");
});

page("a key is revoked", async (at) => {
    const { key } = await at.world.newCaller("all");
    const alice = await at.person("alice", { key });
    await alice.reads("#live", "Live");
    alice.expect(/401 .*\/events/);
    alice.allow(/401 .*\/(voicemails|recordings|calls)\?/); // lists that were just being read
    const { status, stderr } = at.world.run(["key", "revoke", key.split("_")[1]]);
    assert.equal(status, 0, stderr);
    await alice.reads("#key-problem", "does not know this key any more");
    await at.shot(alice, "revoked");
});

page("the one that was left on has fetched a new token, and is still ready", async (at) => {
    at.people.push(early);
    await until("a second token was fetched", () => fetched >= 1, { timeoutMs: 40_000 });
    await early.ready();
    const devices = await at.world.sim.devices("early");
    assert.deepEqual(devices.map(({ registered }) => registered), [true]);
});

page("the server signs with a wrong secret", async (at) => {
    await at.world.restart({ TWILIO_API_KEY_SECRET: "not-the-secret-of-this-key" });
    const alice = await at.somebody();
    await alice.goto(`/phone#identity=alice&key=${at.world.key}`);
    await alice.reads("#alert", "Twilio does not accept our signature");
    await alice.reads("#alert", "TWILIO_API_KEY_SECRET");
    await alice.reads("#device", "Not connected");
    await at.shot(alice, "wrong-secret");
    alice.allow(/events/);
    await at.world.restart({ TWILIO_API_KEY_SECRET: at.world.account.TWILIO_API_KEY_SECRET });
    await alice.button("Try again").click();
    await alice.ready();
    await alice.get("#alert").waitFor({ state: "hidden" });
});

page("the phone is switched off", async (at) => {
    await at.world.restart({ SWITCHHOOK_PHONE: "off" });
    for (const target of ["/phone", "/phone/main.js", "/phone/settings.json"]) {
        const { status } = await exchange(at.world.origin, "GET", target, {});
        assert.equal(status, 404, target);
    }
});
