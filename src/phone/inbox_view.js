// The lists beside the phone: tabs, voicemails, recordings, what was found, and the player. Nothing here knows the server.
import { duration, partyName } from "./words.js";

const $ = (id) => document.getElementById(id);
const TABS = ["calls", "voicemails", "recordings"];
const TYPED_MS = 250; // after the last letter of a search
const SURE_MS = 5000; // to think twice about deleting

const MEDIA = {
    none: "Not recorded yet",
    wanted: "The sound is being fetched",
    absent: "Nothing was recorded",
    failed: "The sound could not be fetched",
    deleted: "Deleted",
};

const SPEAKERS = { agent: "you", caller: "the caller", callee: "who was called" };

function element(name, className, ...content) {
    const made = document.createElement(name);
    if (className)
        made.className = className;
    made.append(...content);
    return made;
}

function button(className, label, does) {
    const made = element("button", className, label);
    made.type = "button";
    made.addEventListener("click", does);
    return made;
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

function when(iso) {
    const at = new Date(iso);
    const today = at.toDateString() === new Date().toDateString();
    return today ? at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) : at.toLocaleDateString([], { day: "numeric", month: "short" });
}

/** Anonymous callers have words instead of a number. */
const canBeCalled = (party) => /^\+[1-9][0-9]{6,14}$/.test(party ?? "") || /^client:/.test(party ?? "");

export class InboxView {
    constructor() {
        this.audio = $("audio");
        this.state = null; // of the player
        this.sure = null; // the voicemail that is about to be deleted
        for (const tab of TABS) {
            $(`tab-${tab}`).addEventListener("click", () => this.open(tab));
            $(`tab-${tab}`).addEventListener("keydown", (event) => this.#arrow(event, tab));
        }
    }

    /** @param on  play(recording, what, voicemail), mark(voicemail), remove(voicemail), callBack(voicemail), search(words), close(), download() */
    listen(on) {
        this.on = on;
        let timer = 0;
        $("search").addEventListener("submit", (event) => {
            event.preventDefault();
            clearTimeout(timer);
            on.search($("words").value.trim());
        });
        $("words").addEventListener("input", () => {
            clearTimeout(timer);
            const words = $("words").value.trim();
            timer = setTimeout(() => on.search(words), words === "" ? 0 : TYPED_MS);
        });
        $("player-close").addEventListener("click", on.close);
        $("player-save").addEventListener("click", on.download);
    }

    // ---- tabs

    open(tab) {
        this.#choose(tab);
        if (tab !== "calls" && $("words").value.trim() !== "")
            this.on.search($("words").value.trim());
    }

    #choose(tab) {
        for (const one of TABS) {
            const chosen = one === tab;
            $(`tab-${one}`).setAttribute("aria-selected", String(chosen));
            $(`tab-${one}`).tabIndex = chosen ? 0 : -1;
            $(`panel-${one}`).hidden = !chosen;
        }
        $("search").hidden = tab === "calls";
        $("found-box").hidden = true;
    }

    #arrow(event, tab) {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        const to = { Home: 0, End: TABS.length - 1 }[event.key] ?? (step && (TABS.indexOf(tab) + step + TABS.length) % TABS.length);
        if (to === undefined)
            return;
        event.preventDefault();
        this.open(TABS[to]);
        $(`tab-${TABS[to]}`).focus();
    }

    clear() {
        this.#choose("calls");
        $("words").value = "";
        this.voicemails([]);
        this.recordings([]);
    }

    // ---- lists

    problem(list, words) {
        $(`${list}-empty`).textContent = words;
        $(`${list}-empty`).hidden = false;
    }

    voicemails(items) {
        const fresh = items.filter(({ state }) => state === "new").length;
        $("new-count").hidden = fresh === 0;
        $("new-count").textContent = String(fresh);
        $("new-count-words").textContent = fresh === 0 ? "" : " new";
        this.#fill("voicemails", items.map((one) => this.#voicemail(one)), "No voicemails. They appear here as they are left.");
    }

    recordings(items) {
        this.#fill("recordings", items.map((one) => this.#recording(one)), "No recordings of your calls.");
    }

    /** null: nothing is looked for. */
    found(hits, words = "Nothing was found.") {
        const panel = TABS.find((tab) => $(`tab-${tab}`).getAttribute("aria-selected") === "true");
        $("found-box").hidden = !hits || panel === "calls";
        $(`panel-${panel}`).hidden = panel !== "calls" && Boolean(hits);
        this.#fill("found", (hits ?? []).map((hit) => this.#hit(hit)), words);
    }

    #fill(list, items, empty) {
        const focused = document.activeElement?.closest?.(`#${list} [data-focus]`)?.dataset.focus;
        $(list).replaceChildren(...items);
        $(`${list}-empty`).textContent = empty;
        $(`${list}-empty`).hidden = items.length > 0;
        if (focused)
            $(list).querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
        this.player(this.state);
    }

    // ---- entries

    #play(recording, name, voicemail) {
        const ready = recording?.media.state === "stored";
        const made = button("play", icon("play"), () => this.on.play(recording.id, name, voicemail));
        made.setAttribute("aria-label", `Play: ${name}`);
        made.dataset.plays = recording?.id ?? "";
        made.dataset.focus = `play-${recording?.id}`;
        made.dataset.name = name;
        made.disabled = !ready;
        return made;
    }

    #head(who, at, what) {
        return [element("span", "other", who), element("span", "when", when(at)), element("span", "what", what)];
    }

    #voicemail(one) {
        const who = partyName(one.from);
        const ready = one.recording?.media.state === "stored";
        const item = element("li", "heard");
        const fresh = one.state === "new";
        item.dataset.id = one.id;
        item.dataset.state = one.state;
        item.append(this.#play(one.recording, `Voicemail from ${who}`, one), ...this.#head(who, one.created_at,
            [fresh ? "New" : "Heard", duration(one.duration ?? 0), ready ? "" : MEDIA[one.recording?.media.state] ?? ""].filter(Boolean).join(", ")));
        if (one.transcript?.text)
            item.append(element("blockquote", "said", one.transcript.text));
        item.append(this.#does(one, who, fresh));
        return item;
    }

    #does(one, who, fresh) {
        const does = element("div", "does");
        const add = (name, label, action, about) => {
            const made = button("quiet", label, action);
            made.setAttribute("aria-label", about);
            made.dataset.focus = `${name}-${one.id}`;
            does.append(made);
            return made;
        };
        if (canBeCalled(one.from))
            add("back", "Call back", () => this.on.callBack(one), `Call back: ${who}`);
        add("mark", fresh ? "Mark as heard" : "Mark as new", () => this.on.mark(one), `${fresh ? "Mark as heard" : "Mark as new"}: voicemail from ${who}`);
        const gone = add("delete", "Delete", () => this.#remove(one, gone, who), `Delete the voicemail from ${who}`);
        if (this.sure === one.id)
            this.#ask(gone, who);
        return does;
    }

    /** Deleting is for ever, so it takes two. */
    #remove(one, made, who) {
        if (this.sure === one.id) {
            this.sure = null;
            this.on.remove(one);
            $("tab-voicemails").focus();
            return;
        }
        this.sure = one.id;
        this.#ask(made, who);
        setTimeout(() => {
            if (this.sure !== one.id)
                return;
            this.sure = null;
            const there = document.querySelector(`[data-focus="delete-${CSS.escape(one.id)}"]`);
            there?.replaceChildren("Delete");
            there?.classList.remove("sure");
            there?.setAttribute("aria-label", `Delete the voicemail from ${who}`);
        }, SURE_MS);
    }

    #ask(made, who) {
        made.replaceChildren("Delete for ever?");
        made.classList.add("sure");
        made.setAttribute("aria-label", `Delete for ever? The voicemail from ${who}`);
    }

    #recording({ recording, call }) {
        const mine = call?.direction === "outbound-browser";
        const who = call ? `${mine ? "To" : "From"} ${partyName(mine ? call.to : call.from)}` : "A call";
        const ready = recording.media.state === "stored";
        const item = element("li", "heard");
        item.dataset.id = recording.id;
        item.append(this.#play(recording, call ? `Call ${who[0].toLowerCase()}${who.slice(1)}` : who), ...this.#head(who, recording.created_at,
            ready ? duration(recording.duration ?? 0) : MEDIA[recording.media.state] ?? ""));
        return item;
    }

    #hit({ hit, voicemail, recording }) {
        const who = partyName(hit.direction === "inbound" ? hit.from : hit.to);
        const item = element("li", "heard");
        const words = element("blockquote", "said", ...hit.snippet.map(({ text, match }) => (match ? element("mark", "", text) : text)));
        const where = hit.voicemail_id ? "Voicemail" : `In a call ${SPEAKERS[hit.speaker] ?? "somebody"} said`;
        if (recording)
            item.append(this.#play(recording, `${voicemail ? "Voicemail from" : "Call with"} ${who}`, voicemail));
        else
            item.append(element("span", "way", icon("search")));
        item.append(...this.#head(who, hit.at, where), words);
        return item;
    }

    // ---- the player

    player(state) {
        this.state = state;
        $("player").hidden = !state;
        $("player-what").textContent = state?.what ?? "";
        $("player-problem").textContent = state?.problem ?? "";
        for (const one of document.querySelectorAll("[data-plays]")) {
            const playing = Boolean(state?.playing) && one.dataset.plays === state.id;
            one.querySelector("use").setAttribute("href", playing ? "#i-pause" : "#i-play");
            one.setAttribute("aria-label", `${playing ? "Pause" : "Play"}: ${one.dataset.name}`);
        }
    }

    save(url) {
        const link = element("a");
        link.href = url;
        link.download = "";
        link.click();
    }
}
