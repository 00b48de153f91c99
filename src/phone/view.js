// The page's elements: what is shown, and what a person does to it. Nothing here knows the SDK or the server.
import { duration } from "./words.js";

const $ = (id) => document.getElementById(id);
const SCREENS = ["loading", "broken", "sign-in", "who", "phone"];

const KEYS = [
    ["1", ""], ["2", "ABC"], ["3", "DEF"],
    ["4", "GHI"], ["5", "JKL"], ["6", "MNO"],
    ["7", "PQRS"], ["8", "TUV"], ["9", "WXYZ"],
    ["*", ""], ["0", "+"], ["#", ""],
];
const SPOKEN = { "*": "star", "#": "hash" };

const DEVICE = { offline: "Offline", connecting: "Connecting …", ready: "Ready", failed: "Not connected", busy: "In a call" };
const TALK = { calling: "Calling …", ringing: "Ringing …", open: "Connected", reconnecting: "Connection lost, trying again …", ended: "Ended" };
const LONG_PRESS_MS = 500;

function padKey([key, letters], press) {
    const button = document.createElement("button");
    button.type = "button";
    if (SPOKEN[key])
        button.setAttribute("aria-label", SPOKEN[key]);
    const small = document.createElement("small");
    small.textContent = letters;
    button.append(key, " ", small);
    let held = false;
    let timer = 0;
    if (letters === "+") // as on any telephone
        button.addEventListener("pointerdown", () => {
            held = false;
            timer = setTimeout(() => {
                held = true;
                press("+");
            }, LONG_PRESS_MS);
        });
    for (const end of ["pointerup", "pointerleave", "pointercancel"])
        button.addEventListener(end, () => clearTimeout(timer));
    button.addEventListener("click", () => {
        if (!held)
            press(key);
        held = false;
    });
    return button;
}

function text(id, value) {
    const element = $(id);
    if (element.textContent !== value)
        element.textContent = value; // unchanged text is not read out again
}

function icon(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    use.setAttribute("href", `#i-${name}`);
    svg.append(use);
    return svg;
}

function avatar(id, name) {
    const letters = name.startsWith("+") ? "#" : name.slice(0, 1);
    text(id, letters);
    $(id).dataset.hue = String([...name].reduce((sum, c) => sum + c.codePointAt(0), 0) % 6);
}

function pill(id, state, words) {
    $(id).dataset.state = state;
    text(id, words);
}

export class View {
    /**
     * @param on what people do: signIn(key), name(identity), signOut(), dial(text), answer(), reject(), end(), mute(), press(key),
     *           alertAction(), dismiss()
     */
    constructor(on) {
        this.on = on;
        this.screen = "loading";
        this.opener = null;
        $("dial-pad").append(...KEYS.map((key) => padKey(key, (pressed) => this.type(pressed))));
        $("talk-pad").append(...KEYS.map(([key]) => padKey([key, ""], on.press)));
        this.listen();
    }

    listen() {
        const { on } = this;
        const submits = (form, field, does) =>
            $(form).addEventListener("submit", (event) => {
                event.preventDefault();
                does($(field).value);
            });
        submits("key-form", "key", (key) => on.signIn(key.trim()));
        submits("who-form", "identity", (identity) => on.name(identity.trim()));
        submits("dial", "to", on.dial);
        for (const [id, does] of [
            ["sign-out", on.signOut], ["answer", on.answer], ["reject", on.reject], ["end", on.end], ["mute", on.mute],
            ["alert-action", on.alertAction], ["alert-close", on.dismiss], ["keypad", () => this.toggleKeypad()], ["erase", () => this.erase()],
        ])
            $(id).addEventListener("click", does);
        $("to").addEventListener("input", () => this.typed());
        $("incoming").addEventListener("cancel", (event) => {
            event.preventDefault(); // Escape: the dialog goes when the call has gone
            on.reject();
        });
        document.addEventListener("keydown", (event) => this.shortcut(event));
    }

    // ---- keys

    shortcut(event) {
        if ($("incoming").open) {
            if (event.ctrlKey && event.key === "Enter")
                this.take(event, this.on.answer);
            return;
        }
        if ($("talk").hidden || event.ctrlKey || event.metaKey)
            return;
        const does = { KeyM: this.on.mute, KeyK: () => this.toggleKeypad(), KeyX: this.on.end }[event.code];
        if (event.altKey && does)
            this.take(event, does);
        else if (!event.altKey && /^[0-9*#]$/.test(event.key) && !event.repeat)
            this.take(event, () => this.on.press(event.key));
    }

    take(event, does) {
        event.preventDefault();
        does();
    }

    type(key) {
        const field = $("to");
        const [from, to] = [field.selectionStart ?? field.value.length, field.selectionEnd ?? field.value.length];
        field.setRangeText(key, from, to, "end");
        this.typed();
    }

    erase() {
        const field = $("to");
        field.value = field.value.slice(0, -1);
        this.typed();
        if (field.value === "")
            field.focus();
    }

    typed() {
        $("erase").hidden = $("to").value === "";
        this.problem("to", "");
    }

    toggleKeypad(open = $("talk-pad").hidden) {
        $("talk-pad").hidden = !open;
        $("talk-avatar").hidden = open;
        $("keypad").setAttribute("aria-expanded", String(open));
    }

    // ---- what is shown

    show(screen) {
        const before = this.screen;
        this.screen = screen;
        document.body.dataset.screen = screen;
        for (const id of SCREENS)
            $(id).hidden = id !== screen;
        $("shortcuts").hidden = screen !== "phone";
        if (before !== screen)
            ({ "sign-in": $("key"), "who": $("identity"), "phone": $("to") })[screen]?.focus();
    }

    broken(title, words, code = "") {
        text("broken-title", title);
        text("broken-text", words);
        text("broken-code", code);
        $("broken-code").hidden = code === "";
        this.show("broken");
    }

    askName(reason) {
        text("who-hint", `${reason} Others reach you by the name that you give here.`);
        this.show("who");
    }

    /** Words below a field, or none. */
    problem(field, words) {
        const input = $(field);
        if (words)
            input.setAttribute("aria-invalid", "true");
        else
            input.removeAttribute("aria-invalid");
        text(`${field}-problem`, words);
        if (words)
            input.focus();
    }

    waiting(form, busy) {
        $(form).querySelector(".primary").disabled = busy;
    }

    me(name) {
        $("me").hidden = name === "";
        text("my-name", name);
        if (name === "")
            $("key").value = "";
    }

    device(state) {
        pill("device", { ready: "ready", connecting: "busy", busy: "busy", failed: "failed" }[state] ?? "offline", DEVICE[state]);
        $("dial-go").disabled = state !== "ready";
    }

    live(state) {
        pill("live", state ? "ready" : "offline", state ? "Live" : "Not live");
    }

    alert(words) {
        $("alert").hidden = !words;
        $("alert").dataset.tone = words?.tone ?? "";
        text("alert-title", words?.title ?? "");
        text("alert-text", words?.text ?? "");
        $("alert-action").hidden = !words?.action;
        text("alert-action", words?.action ?? "");
    }

    last(words) {
        text("last", words);
    }

    /** The call we are in, or null. */
    talk(talk) {
        const was = !$("talk").hidden;
        $("talk").hidden = !talk;
        $("dial").hidden = Boolean(talk);
        if (talk) {
            text("talk-who", talk.who);
            avatar("talk-avatar", talk.who);
            text("talk-state", TALK[talk.state] + (talk.muted ? ", you are muted" : ""));
            text("talk-note", [talk.silent ? "No media: the simulator plays this number, so there is nothing to hear." : "", talk.error?.title ?? "", ...talk.notes.values()].filter(Boolean).join(" "));
            text("talk-sent", talk.sent);
            $("mute").setAttribute("aria-pressed", String(talk.muted));
            $("mute").querySelector("use").setAttribute("href", talk.muted ? "#i-mic-off" : "#i-mic");
            this.tick(talk);
        }
        if (talk && !was) {
            this.toggleKeypad(false);
            $("talk").focus();
        } else if (!talk && was && !$("incoming").open)
            $("to").focus();
    }

    tick(talk) {
        text("talk-timer", talk.since ? duration(talk.seconds) : "");
    }

    /** Somebody is calling, or null. */
    incoming(talk) {
        const dialog = $("incoming");
        document.title = talk ? `${talk.who} is calling` : "Phone · Switchhook";
        if (talk && !dialog.open) {
            text("incoming-who", talk.who);
            avatar("incoming-avatar", talk.who);
            dialog.showModal();
        } else if (!talk && dialog.open)
            dialog.close();
    }

    history(entries) {
        $("history-empty").hidden = entries.length > 0;
        const focused = document.activeElement?.closest?.("#history .entry")?.dataset.id;
        $("history").replaceChildren(...entries.map((entry) => this.entry(entry)));
        if (focused)
            $("history").querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus();
    }

    historyProblem(words) {
        text("history-empty", words);
        $("history-empty").hidden = false;
    }

    entry(entry) {
        const item = document.createElement("li");
        const button = document.createElement("button");
        const parts = ["way", "other", "when", "what"].map((name) => {
            const span = document.createElement("span");
            span.className = name;
            return span;
        });
        const [way, other, when, what] = parts;
        const missed = entry.tone === "bad";
        const direction = document.createElement("span");
        direction.className = "unseen"; // the arrow, for whoever cannot see it
        direction.textContent = entry.mine ? "To " : "From ";
        way.append(icon(entry.mine ? "out" : missed ? "missed" : "in"), direction);
        other.textContent = entry.other;
        const today = entry.at.toDateString() === new Date().toDateString();
        when.textContent = today ? entry.at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) : entry.at.toLocaleDateString([], { day: "numeric", month: "short" });
        what.textContent = entry.what;
        button.type = "button";
        button.className = "entry";
        button.dataset.tone = entry.tone;
        button.dataset.id = entry.id;
        button.title = `Put ${entry.other} into the field`;
        button.append(...parts);
        button.addEventListener("click", () => this.fill(entry.target ?? entry.other));
        item.append(button);
        return item;
    }

    fill(target) {
        $("to").value = target;
        this.typed();
        $("to").focus();
    }
}
