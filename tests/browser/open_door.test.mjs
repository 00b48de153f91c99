// A server on one's own machine that asks nobody who they are: no key, only a name.
import { isHeard, leaveMessage } from "./support/messages.mjs";
import { stage } from "./support/stage.mjs";

const page = stage(
    (port) => ({
        SWITCHHOOK_AUTH: "none",
        SWITCHHOOK_VOICEMAIL: "true",
        SWITCHHOOK_INBOUND_IDENTITY: "alice@example.com",
        TWILIO_WEBHOOK_BASE_URL: `http://127.0.0.1:${port}`,
    }),
    { simulator: ["--speed", "max"] },
);

page("whoever comes is asked for a name alone, and hears what was left for that name", async (at) => {
    const { from } = await leaveMessage(at.world, { to: "+15005550006" });
    const alice = await at.somebody();
    alice.expect(/422 .*\/token/);
    await alice.goto();
    await alice.reads("#who-hint", "asks nobody who they are");
    await alice.get("#identity").fill("alice@example.com");
    await alice.button("Go on").click();
    await alice.ready();
    await alice.reads("#my-name", "alice@example.com");
    await alice.page.reload();
    await alice.ready();
    await alice.reads("#my-name", "alice@example.com");
    await alice.page.getByRole("tab", { name: "Voicemails" }).click();
    await alice.button(`Play: Voicemail from ${from}`).click();
    await isHeard(alice);
});
