// One player for everything that can be heard. An <audio> sends no header, so it is given a link that is signed for a short while;
// when that has ended in the middle, another one is fetched and it goes on where it was.

const LINKS_AT_MOST = 3; // for one sound, without a second of it heard in between
const LEFT_TO_THE_ELEMENT = new Set([
    "AbortError", // another sound was chosen meanwhile
    "NotAllowedError", // the browser wants a click on its own controls
    "NotSupportedError", // told by the event "error" as well
]);

export class Player {
    /** @param on  onChange(state): { id, what, playing, problem }, or null when nothing is in it */
    constructor(audio, { onChange }) {
        this.audio = audio;
        this.onChange = onChange;
        this.now = null; // { api, id, what, at, began, goOn, links, problem }
        audio.addEventListener("error", () => this.#broke());
        for (const moved of ["timeupdate", "seeking"])
            audio.addEventListener(moved, () => this.#moved());
        for (const changed of ["play", "pause", "ended"])
            audio.addEventListener(changed, () => this.#changed());
    }

    /** Play that recording from its beginning; the same one again pauses, or goes on. */
    async toggle(api, id, what) {
        if (this.now?.id !== id || this.now.problem)
            await this.#load({ api, id, what, at: this.now?.id === id ? this.now.at : 0, links: 0 });
        else if (this.audio.paused)
            await this.#play();
        else
            this.audio.pause();
    }

    pause() {
        if (this.now)
            this.now.goOn = false; // also if its link is still on the way
        this.audio.pause();
    }

    close() {
        this.now = null;
        this.#empty();
        this.#tell();
    }

    /** The address of a file to be saved. */
    async download() {
        const { api, id } = this.now;
        return `${await link(api, id)}&download=1`;
    }

    async #load(wanted, goOn = true) {
        this.#empty();
        this.now = Object.assign(wanted, { goOn, began: wanted.at, links: wanted.links + 1, problem: "" });
        this.#tell();
        try {
            const url = await link(wanted.api, wanted.id);
            if (this.now !== wanted)
                return;
            this.audio.src = url;
            this.audio.currentTime = wanted.at;
            if (wanted.goOn)
                await this.#play();
        } catch (problem) {
            this.#failed(wanted, problem.status === 403 ? "You may not listen: the key lacks the scope recordings:read." : problem.message);
        }
    }

    #empty() {
        this.audio.pause();
        this.audio.removeAttribute("src");
        this.audio.load();
    }

    async #play() {
        try {
            await this.audio.play();
        } catch (problem) {
            if (!LEFT_TO_THE_ELEMENT.has(problem.name))
                throw problem;
        }
    }

    /** Somebody has played or paused it, perhaps by the browser's own controls. */
    #changed() {
        if (this.now && this.audio.readyState !== HTMLMediaElement.HAVE_NOTHING && !this.audio.error)
            this.now.goOn = !this.audio.paused;
        this.#tell();
    }

    /** Where to go on, also if somebody has jumped to what is not there yet. */
    #moved() {
        if (!this.now || this.audio.readyState === HTMLMediaElement.HAVE_NOTHING)
            return;
        this.now.at = this.audio.currentTime;
        if (this.now.at > this.now.began + 1)
            this.now.links = 1;
    }

    /** Has the link ended? An element does not tell, so another one is tried. Chromium has paused it by now, so that is not asked. */
    #broke() {
        const wanted = this.now;
        if (!wanted || !this.audio.hasAttribute("src"))
            return;
        if (wanted.links < LINKS_AT_MOST)
            void this.#load(wanted, wanted.goOn);
        else
            this.#failed(wanted, "The sound cannot be played.");
    }

    #failed(wanted, words) {
        if (this.now !== wanted)
            return;
        this.#empty();
        wanted.problem = words;
        this.#tell();
    }

    #tell() {
        const { now, audio } = this;
        this.onChange(now && { id: now.id, what: now.what, playing: !audio.paused && !audio.ended, problem: now.problem });
    }
}

/** Links are absolute paths of the server; the page may be served below a prefix. */
async function link(api, id) {
    const { url } = await api.post(`recordings/${id}/link`);
    return url.replace(/^\//, "");
}
