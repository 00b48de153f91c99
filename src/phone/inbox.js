// What can be heard and read afterwards: my voicemails, recordings of my calls, and words in both. Lists are read once, and again
// when GET /events tells of a change.
import { Player } from "./player.js";

const SOON_MS = 200; // several events at once are one change
const SHOWN = 200; // as many as the server gives at once
const FOUND = 50;

const FORBIDDEN = {
    voicemails: "You may not see voicemails: the key lacks the scope voicemails:read.",
    recordings: "You may not see recordings: the key lacks the scope recordings:read.",
    change: "You may not change voicemails: the key lacks the scope voicemails:manage.",
    search: "You may not search: the key lacks the scope transcripts:read.",
};

export class Inbox {
    /** @param on  dial(target): call somebody */
    constructor(view, on) {
        this.view = view;
        this.on = on;
        this.player = new Player(view.audio, { onChange: (state) => view.player(state) });
        this.stop();
        view.listen({
            play: (recording, what, voicemail) => this.play(recording, what, voicemail),
            mark: (voicemail) => this.change(voicemail, voicemail.state === "new" ? "read" : "unread"),
            remove: (voicemail) => this.remove(voicemail),
            callBack: (voicemail) => on.dial(voicemail.from),
            search: (words) => this.search(words),
            close: () => this.player.close(),
            download: () => this.download(),
        });
    }

    begin(session) {
        this.session = session;
        this.soon();
    }

    stop() {
        clearTimeout(this.timer);
        this.timer = undefined;
        this.player.close();
        this.session = null;
        this.voicemails = [];
        this.recordings = [];
        this.words = "";
        this.forbidden = new Set(); // lists that are not asked for again
        this.turns = { voicemails: 0, recordings: 0 };
        this.view.clear();
    }

    /** A call has begun: nobody wants to hear two things. */
    hush() {
        this.player.pause();
    }

    event(type) {
        if (type === "hello" || /^(voicemail|recording)\./.test(type))
            this.soon();
    }

    soon() {
        this.timer ??= setTimeout(() => {
            this.timer = undefined;
            for (const list of ["voicemails", "recordings"])
                void this.refresh(list);
        }, SOON_MS);
    }

    async refresh(list) {
        const { session } = this;
        if (!session || this.forbidden.has(list))
            return;
        const turn = ++this.turns[list];
        const isLatest = () => session === this.session && turn === this.turns[list];
        try {
            const items = list === "voicemails" ? await readVoicemails(session) : await readRecordings(session);
            if (!isLatest())
                return;
            this[list] = items;
            this.view[list](items);
        } catch (problem) {
            if (!isLatest())
                return;
            if (problem.status === 403)
                this.forbidden.add(list);
            this.view.problem(list, problem.status === 403 ? FORBIDDEN[list] : problem.message);
        }
    }

    async play(recording, what, voicemail) {
        await this.player.toggle(this.session.api, recording, what);
        if (voicemail?.state === "new" && this.player.now?.id === recording && !this.player.now.problem)
            await this.change(voicemail, "read");
    }

    async download() {
        try {
            this.view.save(await this.player.download());
        } catch (problem) {
            this.view.player({ ...this.player.now, problem: problem.message });
        }
    }

    change(voicemail, verb) {
        return this.attempt(() => this.session.api.post(`voicemails/${voicemail.id}/${verb}`));
    }

    remove(voicemail) {
        if (this.player.now?.id === voicemail.recording?.id)
            this.player.close();
        return this.attempt(() => this.session.api.open("DELETE", `voicemails/${voicemail.id}`));
    }

    async attempt(does) {
        const { session } = this;
        try {
            await does();
            await this.refresh("voicemails");
        } catch (problem) {
            if (session && session === this.session)
                this.view.problem("voicemails", problem.status === 403 ? FORBIDDEN.change : problem.message);
        }
    }

    async search(words) {
        const { session } = this;
        this.words = words;
        if (words === "") {
            this.view.found(null);
            return;
        }
        try {
            const { items } = await session.api.get(`search?limit=${FOUND}&identity=${encodeURIComponent(session.me)}&q=${encodeURIComponent(words)}`);
            if (session === this.session && words === this.words)
                this.view.found(items.map((hit) => ({ hit, ...this.heardIn(hit) })));
        } catch (problem) {
            if (session === this.session && words === this.words)
                this.view.found([], problem.status === 403 ? FORBIDDEN.search : problem.message);
        }
    }

    /** The voicemail or the recording of a call in which those words were said, if it can be heard. */
    heardIn({ voicemail_id: id, call_id: callId }) {
        const voicemail = id && this.voicemails.find((one) => one.id === id);
        const recording = voicemail ? voicemail.recording : this.recordings.find((one) => one.recording.call_id === callId)?.recording;
        return { voicemail, recording };
    }
}

const mine = (session) => `limit=${SHOWN}&identity=${encodeURIComponent(session.me)}`;

/** A key that may see all sees everybody's: this is the mailbox of one. */
async function readVoicemails(session) {
    return (await session.api.get(`voicemails?${mine(session)}`)).items;
}

/** With the call that each belongs to, as far as it is known. */
async function readRecordings(session) {
    const lists = await Promise.all(["recordings", "calls"].map((list) => session.api.get(`${list}?${mine(session)}`)));
    const [recordings, calls] = lists.map(({ items }) => items);
    const byId = new Map(calls.map((call) => [call.id, call]));
    return recordings
        .filter(({ deleted_at: gone, source }) => !gone && source !== "RecordVerb") // those are voicemails
        .map((recording) => ({ recording, call: byId.get(recording.call_id) }));
}
