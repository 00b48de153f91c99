// The phone: who we are, the device, the call, the list; and what happens when one of them changes. docs/frontend.md walks
// through it.
import { Api, pause } from "./api.js";
import { Talk } from "./call.js";
import { PhoneDevice, loadSdk } from "./device.js";
import { watchEvents } from "./events.js";
import { History, fetchCalls, sidsOf } from "./history.js";
import { Inbox } from "./inbox.js";
import { InboxView } from "./inbox_view.js";
import { fetchToken, fetchTokenPatiently } from "./token.js";
import { View } from "./view.js";
import { endWords, errorWords, isExpired, partyName, readTarget } from "./words.js";

const STORED = "switchhook.phone"; // in sessionStorage: this tab alone, gone with it
const TICK_MS = 500;
const FIRST_ASKED_MS = 300;
const ASKED_AT_MOST = 4;
const ACTIONS = { "retry": "Try again", "sign-in": "Sign in", "renew": "" };

let settings;
let session = null; // { api, me, identity, abort, minted }
let device = null;
let deviceState = "offline";
let talk = null; // the call we are in
let ringing = null; // the one that comes in
let ended = null; // the one before
let history = null;
let live = false; // the stream of events is there
let alertDoes = () => {};

const view = new View({
    signIn,
    name: (identity) => signIn(session?.pending ?? "", identity),
    signOut,
    dial,
    answer: () => answer(),
    reject: () => ringing?.reject(),
    end: () => talk?.end(),
    mute: () => talk?.toggleMute(),
    press: (key) => talk?.press(key),
    alertAction: () => alertDoes(),
    dismiss: () => view.alert(null),
});

const inbox = new Inbox(new InboxView(), {
    dial: (target) => {
        const who = partyName(target);
        view.fill(who);
        void dial(who);
    },
});

// ---- signing in --------------------------------------------------------------------------------------------------

function stored() {
    try {
        return JSON.parse(sessionStorage.getItem(STORED)) ?? {};
    } catch {
        return {};
    }
}

/** `/phone#identity=alice&key=shk_...`: for a link on one's own machine. A fragment is not sent to anybody, and goes at once. */
function takeFragment() {
    const given = new URLSearchParams(location.hash.slice(1));
    if (!given.has("key"))
        return false;
    sessionStorage.setItem(STORED, JSON.stringify({ key: given.get("key"), identity: given.get("identity") ?? "" }));
    window.history.replaceState(null, "", location.pathname + location.search);
    return true;
}

/** The first token says whether we may come in, and who we are. */
async function signIn(key, identity = "") {
    view.alert(null);
    view.problem("key", "");
    view.problem("identity", "");
    view.waiting("key-form", true);
    view.waiting("who-form", true);
    const api = new Api(key);
    try {
        await begin(api, identity, await fetchToken(api, identity));
    } catch (problem) {
        notIn(problem, key, identity);
    } finally {
        view.waiting("key-form", false);
        view.waiting("who-form", false);
    }
}

function notIn(problem, key, identity) {
    if (problem.field === "identity") { // whoever this is may be anybody
        session = { pending: key };
        view.askName(key ? "This key may speak for anybody." : "This server asks nobody who they are.");
        view.problem("identity", identity ? problem.message : "");
        return;
    }
    sessionStorage.removeItem(STORED);
    session = null;
    view.show("sign-in");
    const unknown = problem.status === 401;
    if (key || !unknown)
        view.problem("key", unknown ? "The server does not know this key." : problem.message);
}

async function begin(api, identity, minted) {
    await loadSdk(settings);
    const abort = new AbortController();
    session = { api, identity, me: minted.identity, abort, minted };
    sessionStorage.setItem(STORED, JSON.stringify({ key: api.key, identity }));
    history = new History(session.me);
    view.me(session.me);
    view.history([]);
    view.last("");
    view.talk(null);
    view.show("phone");
    inbox.begin(session);
    device = new PhoneDevice(settings, { onState, onIncoming, onError, onTokenWillExpire: renewToken });
    device.start(minted);
    void watchEvents(api, {
        signal: abort.signal,
        onEvent,
        onLost,
        onRefused,
    });
}

function signOut() {
    session?.abort?.abort(new Error("signed out"));
    talk?.end();
    ringing?.reject();
    device?.stop();
    device = null;
    session = null;
    sessionStorage.removeItem(STORED);
    inbox.stop();
    live = false;
    view.me("");
    view.live(live);
    view.alert(null);
    view.show("sign-in");
}

// ---- the device --------------------------------------------------------------------------------------------------

function onState(state) {
    deviceState = state;
    view.device(talk ? "busy" : state);
    if (state === "ready")
        view.alert(null);
}

/** Fetched until it is there, and handed to the device while a call goes on. */
async function renewToken() {
    const { api, identity, abort } = session;
    try {
        const minted = await fetchTokenPatiently(api, identity, {
            signal: abort.signal,
            onWaiting: ({ message }) => alert({ title: "No fresh access token yet", text: `${message} Trying again.`, tone: "calm" }),
        });
        session.minted = minted;
        device.renew(minted);
        view.alert(null);
    } catch (problem) {
        if (!abort.signal.aborted)
            alert({ title: "No fresh access token", text: problem.message, again: "sign-in" });
    }
}

function onError(error, call) {
    if (call)
        return; // told by the call itself
    if (isExpired(error.code)) {
        void renewToken();
        return;
    }
    alert(errorWords(error));
}

function alert({ title, text, again, tone }) {
    alertDoes = again === "sign-in" ? signOut : renewToken;
    view.alert({ title, text, tone, action: ACTIONS[again] ?? "" });
}

// ---- calls -------------------------------------------------------------------------------------------------------

async function dial(typed) {
    const { to, problem } = readTarget(typed, settings.emergency_numbers);
    view.problem("to", problem ?? "");
    if (problem || talk || deviceState !== "ready")
        return;
    view.last("");
    inbox.hush();
    try {
        talk = new Talk(await device.connect(to), { who: to, outgoing: true, simulated: Boolean(settings.signaling), onChange: onTalk });
        if (talk.isOver)
            talk.become("ended");
        else
            onTalk(talk);
    } catch (error) {
        alert(errorWords(error));
    }
}

function onIncoming(call) {
    if (talk || ringing) {
        call.ignore();
        return;
    }
    inbox.hush();
    ringing = new Talk(call, { outgoing: false, simulated: Boolean(settings.signaling), onChange: onTalk });
    view.incoming(ringing);
}

function answer() {
    if (!ringing)
        return;
    talk = ringing;
    ringing = null;
    view.incoming(null);
    talk.answer();
}

function onTalk(changed) {
    if (changed.state === "ended" && (changed === talk || changed === ringing))
        onEnded(changed);
    if (changed === ended && changed.error)
        view.last(`${changed.who}: ${changed.error.title}. ${changed.error.text}`);
    if (changed !== talk && talk !== null)
        return;
    view.talk(talk);
    view.device(talk ? "busy" : deviceState);
}

function onEnded(over) {
    ended = over;
    view.last(over.declined ? `You declined ${over.who}.` : over.since || over.outgoing ? `Call with ${over.who} ended.` : `${over.who} called.`);
    talk = null;
    ringing = null;
    view.incoming(null);
    const known = history.withLeg(over.sid); // the server may have told it before the SDK did
    if (known)
        tellEnd({ call: known });
    if (!live)
        askForEnd(over).catch(() => {}); // then it stays at what was said above
}

setInterval(() => talk && view.tick(talk), TICK_MS);

// ---- my calls ----------------------------------------------------------------------------------------------------

/** The list as it is now; events tell what changes. */
async function readHistory() {
    const { api, abort } = session;
    try {
        const calls = await fetchCalls(api);
        if (abort.signal.aborted)
            return;
        calls.forEach((call) => history.put(call));
        history.isRead = true;
        view.history(history.entries());
    } catch (problem) {
        if (!abort.signal.aborted && !problem.passes)
            view.historyProblem(problem.message);
    }
}

function onEvent(type, data) {
    inbox.event(type);
    if (type === "hello") {
        live = true;
        view.live(live);
        if (!data.resumed)
            void readHistory();
    } else if (data.call) {
        history.put(data.call);
        tellEnd(data);
    }
    view.history(history.entries());
}

/** What became of the call that we were in, in words: it mostly comes a moment after the SDK has let go of it. */
function tellEnd(event) {
    const words = ended?.sid && !ended.error && sidsOf(event.call).includes(ended.sid) ? endWords(ended, event) : "";
    if (words)
        view.last(words);
}

function onLost() {
    live = false;
    view.live(live);
    if (!history.isRead)
        void readHistory();
}

/** Without the stream the end is asked for, a few times: Twilio tells the server a moment after the SDK. */
async function askForEnd({ sid }) {
    const { api, abort } = session;
    for (let attempt = 0; sid && attempt < ASKED_AT_MOST; attempt++) {
        await pause(FIRST_ASKED_MS * 2 ** attempt, abort.signal);
        onEvent("call.updated", { call: await api.get(`calls/${sid}`) });
    }
}

function onRefused(problem) {
    if (problem.status !== 401)
        return; // the list stays as it was read
    signOut();
    view.problem("key", "The server does not know this key any more.");
}

// ---- the start ---------------------------------------------------------------------------------------------------

async function start() {
    takeFragment();
    try {
        settings = await new Api().get("phone/settings.json");
    } catch (problem) {
        view.broken("The phone cannot start", problem.message);
        return;
    }
    if (!settings.sdk) {
        view.broken("Twilio's SDK is missing", "It comes from npm and is not part of Switchhook. Fetch it, then build and start the server again:",
            "cd src/phone && npm ci\ncmake --build build/release");
        return;
    }
    const { key, identity } = stored();
    if (key || !settings.ask_for_key)
        await signIn(key ?? "", identity);
    else
        view.show("sign-in");
}

// The same link again, for somebody else, in a tab that is open already.
window.addEventListener("hashchange", () => {
    if (takeFragment())
        location.reload();
});

void start();
