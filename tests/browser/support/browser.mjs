// Debian's Chromium, and people who sit in front of it. Whatever a page says that it should not (an error on the console, a
// violation of its policy, a request to anywhere but this machine) is kept, and asked for at the end of every test.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";

import { chromium } from "playwright-core";

const PROGRAMS = [process.env.SWITCHHOOK_CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser"].filter(Boolean);

const FLAGS = [
    "--no-sandbox",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection", // a machine may have nothing but loopback
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--mute-audio",
];

export function launch() {
    const executablePath = PROGRAMS.find((path) => existsSync(path));
    assert.ok(executablePath, "there is no Chromium: scripts/install-deps browser");
    return chromium.launch({ executablePath, args: FLAGS });
}

/** Every RTCPeerConnection of the page, so that a test can ask what goes through. */
function keepPeers() {
    window.testPeers = [];
    const Peer = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Peer {
        constructor(...given) {
            super(...given);
            window.testPeers.push(this);
        }
    };
}

const isLoopback = (url) => /^(?:https?|wss?):\/\/(?:127\.0\.0\.1|localhost|\[::1\])[:/]/.test(url) || /^(?:blob|data|about):/.test(url);

export class Person {
    static async open(browser, origin, { dark = false, width = 1040, height = 820, microphone = true, ...context } = {}) {
        const person = new Person();
        Object.assign(person, { origin, dark, width });
        person.context = await browser.newContext({
            viewport: { width, height },
            colorScheme: dark ? "dark" : "light",
            permissions: microphone ? ["microphone"] : [],
            reducedMotion: "reduce",
            ...context,
        });
        person.page = await person.context.newPage();
        person.faults = [];
        person.expected = [];
        person.allowed = [];
        person.watch();
        await person.page.addInitScript(keepPeers);
        return person;
    }

    watch() {
        const { page, faults } = this;
        page.on("console", (message) => {
            if (["error", "warning"].includes(message.type()))
                faults.push(`${message.type()} on the console: ${message.text()} (${message.location().url})`);
        });
        page.on("pageerror", (error) => faults.push(`uncaught: ${error.stack}`));
        page.on("request", (request) => {
            if (!isLoopback(request.url()))
                faults.push(`request to ${request.url()}`);
        });
        page.on("websocket", (socket) => {
            if (!isLoopback(socket.url()))
                faults.push(`socket to ${socket.url()}`);
        });
    }

    /** This much may be said: browsers report every refused request on the console themselves. */
    expect(pattern) {
        this.expected.push(pattern);
    }

    /** This may be said or not, as it happens to fall. */
    allow(pattern) {
        this.allowed.push(pattern);
    }

    /** Nothing was said that should not be; and what was expected has happened. */
    blameless() {
        for (const pattern of this.expected)
            assert.ok(this.faults.some((fault) => pattern.test(fault)), `${pattern} was expected and never came; there was: ${this.faults.join("\n")}`);
        assert.deepEqual(this.faults.filter((fault) => ![...this.expected, ...this.allowed].some((pattern) => pattern.test(fault))), []);
    }

    goto(target = "/phone") {
        return this.page.goto(this.origin + target);
    }

    get(selector) {
        return this.page.locator(selector);
    }

    button(name) {
        return this.page.getByRole("button", { name, exact: true });
    }

    /** Waits until the text of an element matches. */
    reads(selector, pattern) {
        return this.page.locator(selector).filter({ hasText: pattern }).waitFor({ timeout: 15_000 });
    }

    ready() {
        return this.reads("#device", "Ready");
    }

    async calls(to) {
        await this.get("#to").fill(to);
        await this.button("Call").click();
    }

    /** Rings, and the person sees who it is. */
    async ringsFrom(name) {
        await this.get("#incoming[open]").waitFor({ timeout: 15_000 });
        await this.reads("#incoming-who", name);
    }

    talksTo(name) {
        return Promise.all([this.reads("#talk-who", name), this.reads("#talk-state", "Connected")]);
    }

    /** Back at the dial pad, with words about how the call went. */
    async over(words) {
        await this.get("#dial").waitFor({ timeout: 15_000 });
        await this.reads("#last", words);
        await this.ready();
    }

    /** Packets that came in and went out so far, over all connections of the page. */
    packets() {
        return this.page.evaluate(async () => {
            const sum = { received: 0, sent: 0 };
            for (const peer of window.testPeers)
                for (const report of (await peer.getStats()).values())
                    if (report.type === "inbound-rtp")
                        sum.received += report.packetsReceived;
                    else if (report.type === "outbound-rtp")
                        sum.sent += report.packetsSent;
            return sum;
        });
    }
}
