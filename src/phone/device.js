// The SDK's Device: made with a token, registered, kept so. Everything that has to do with Twilio's SDK as a whole is here;
// one call is in call.js.
import { refreshLeadMs } from "./token.js";
import { isAboutToken } from "./words.js";
import { sounds } from "./sounds.js";

function loadScript(src, data = {}) {
    return new Promise((resolve, reject) => {
        const script = document.createElement("script");
        Object.assign(script.dataset, data);
        script.onload = resolve;
        script.onerror = () => reject(new Error(`${src} could not be loaded`));
        script.src = src;
        document.head.append(script);
    });
}

/** Twilio's SDK, once: window.Twilio. Where the simulator plays Twilio a small script goes before it. */
export async function loadSdk({ signaling }) {
    if (window.Twilio)
        return;
    if (signaling)
        await loadScript("phone/simulator.js", { signaling });
    await loadScript("phone/twilio.js");
}

function optionsFor(settings, minted) {
    return {
        appName: "switchhook-phone",
        appVersion: settings.version,
        codecPreferences: ["opus", "pcmu"],
        closeProtection: true, // "leave the page?" while somebody is talking
        enableImprovedSignalingErrorPrecision: true, // a wrong secret is 31202 and not the 53000 of everything
        logLevel: "silent", // errors come as events, and are told to the person
        maxCallSignalingTimeoutMs: 30_000, // a call survives that long without the signalling
        sounds: sounds(),
        tokenRefreshMs: refreshLeadMs(minted),
        ...(settings.edge && { edge: settings.edge }),
        ...(settings.signaling && { chunderw: settings.signaling, publishEvents: false }),
    };
}

/**
 * A device of its own life. Tells: onState("connecting" | "ready" | "failed" | "offline"), onIncoming(call),
 * onError(error, call), onTokenWillExpire().
 */
export class PhoneDevice {
    constructor(settings, tell) {
        this.settings = settings;
        this.tell = tell;
        this.device = null;
    }

    /** Begin, or begin anew, with this token. */
    start(minted) {
        this.stop();
        const device = new window.Twilio.Device(minted.token, optionsFor(this.settings, minted));
        this.device = device;
        const current = (does) => (...given) => {
            if (this.device === device)
                does(...given);
        };
        device.on("registering", current(() => this.tell.onState("connecting")));
        device.on("registered", current(() => this.tell.onState("ready")));
        device.on("unregistered", current(() => this.tell.onState("connecting"))); // it comes back by itself
        device.on("destroyed", current(() => this.tell.onState("offline")));
        device.on("incoming", current((call) => this.tell.onIncoming(call)));
        device.on("tokenWillExpire", current(() => this.tell.onTokenWillExpire()));
        device.on("error", current((error, call) => this.failed(error, call)));
        // Settles only if all goes well; what does not is told by the events above.
        device.register().catch(() => {});
    }

    /** With a token that is refused the SDK would go on knocking: it is put away until there is a better one. */
    failed(error, call) {
        if (isAboutToken(error.code) && !this.isBusy) {
            this.stop();
            this.tell.onState("failed");
        }
        this.tell.onError(error, call);
    }

    /** A fresh token for what is running; the connection and a call go on. */
    renew(minted) {
        if (!this.device)
            this.start(minted);
        else {
            this.device.updateOptions({ tokenRefreshMs: refreshLeadMs(minted) });
            this.device.updateToken(minted.token);
        }
    }

    get isBusy() {
        return this.device?.isBusy ?? false;
    }

    connect(to) {
        return this.device.connect({ params: { To: to } });
    }

    stop() {
        const device = this.device;
        this.device = null;
        device?.destroy();
    }
}
