// Somebody who is signed in to the application already: the cookie that is there says who it is.
import { createHmac } from "node:crypto";

import { isHeard, leaveMessage } from "./support/messages.mjs";
import { stage } from "./support/stage.mjs";

const SECRET = "a secret of the application, for tests alone";

const page = stage((port) => ({
    SWITCHHOOK_AUTH: "key,jwt",
    SWITCHHOOK_JWT_SECRET: SECRET.replaceAll(" ", "-"),
    SWITCHHOOK_JWT_COOKIE: "session",
    SWITCHHOOK_USER_SCOPES: "tokens:mint,calls:place,calls:read,calls:control,recordings:read,voicemails:read,voicemails:manage",
    SWITCHHOOK_VOICEMAIL: "true",
    SWITCHHOOK_INBOUND_IDENTITY: "alice",
    TWILIO_WEBHOOK_BASE_URL: `http://127.0.0.1:${port}`,
}), { simulator: ["--speed", "max"] });

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** What the application would have put into the cookie. */
function session(user) {
    const now = Math.floor(Date.now() / 1000);
    const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: user, iat: now, exp: now + 600 })}`;
    return `${signed}.${createHmac("sha256", SECRET.replaceAll(" ", "-")).update(signed).digest("base64url")}`;
}

page("a cookie signs in, and its owner is asked for nothing", async (at) => {
    const people = [];
    for (const name of ["alice", "bob"]) {
        const person = await at.somebody({ dark: name === "bob" });
        person.name = name;
        await person.context.addCookies([{ name: "session", value: session(name), url: at.world.origin, httpOnly: true, sameSite: "Strict" }]);
        await person.goto();
        await person.ready();
        await person.reads("#my-name", name);
        await person.reads("#live", /^Live/);
        people.push(person);
    }
    const [alice, bob] = people;
    await alice.calls("bob");
    await bob.ringsFrom("alice");
    await bob.button("Answer").click();
    await Promise.all([alice.talksTo("bob"), bob.talksTo("alice")]);
    await alice.button("End").click();
    await alice.over("Call with bob ended");
    await bob.over("Call with alice ended");
});

page("whoever came with a cookie hears what was left", async (at) => {
    const { from } = await leaveMessage(at.world, { to: "+15005550006" });
    const alice = await at.somebody();
    await alice.context.addCookies([{ name: "session", value: session("alice"), url: at.world.origin, httpOnly: true, sameSite: "Strict" }]);
    await alice.goto();
    await alice.ready();
    await alice.page.getByRole("tab", { name: "Voicemails" }).click();
    await alice.button(`Play: Voicemail from ${from}`).click();
    await isHeard(alice);
    await alice.reads("#voicemails .what", "Heard");
});

page("without the cookie a key is asked for", async (at) => {
    const eve = await at.somebody();
    eve.expect(/401 .*\/token/);
    await eve.goto();
    await eve.get("#key").waitFor();
    await eve.get("#key").fill(at.world.key);
    eve.expect(/422 .*\/token/);
    await eve.button("Sign in").click();
    await eve.get("#identity").waitFor();
});
