// What to tell a person: errors of the SDK by code, ends of calls, names.

// Codes as the SDK raises them with enableImprovedSignalingErrorPrecision. `again`: what a button may offer.
const ERRORS = {
    20101: ["The access token is not valid", "Sign in again. If that does not help, the server's account or application is not set up right.", "sign-in"],
    20104: ["The access token has ended", "A new one is being fetched.", "renew"],
    20151: ["Twilio does not know who we are", "The account or the API key of the server is wrong: that is for the operator.", "retry"],
    31000: ["Something went wrong", "The call could not go on.", ""],
    31001: ["The phone application was not found", "TWILIO_TWIML_APP_SID of the server is wrong: that is for the operator.", "retry"],
    31002: ["The call was declined", "", ""],
    31003: ["The connection took too long", "Look at the network, then try again.", "retry"],
    31005: ["The connection to the telephone network was lost", "It is being made again.", ""],
    31008: ["Too late", "The caller had just given up.", ""],
    31009: ["No connection to the telephone network", "It is being made again. Try once more in a moment.", ""],
    31100: ["The request was not understood", "", ""],
    31101: ["A parameter is missing", "", ""],
    31102: ["The access token is missing", "Sign in again.", "sign-in"],
    31103: ["A parameter is too long", "", ""],
    31104: ["The connection between the two sides is not valid", "", ""],
    31105: ["This name cannot be used", "Twilio takes letters, digits and underscores.", "sign-in"],
    31107: ["The connection cannot be resumed", "Call again.", ""],
    31201: ["Twilio does not know who we are", "The account or the API key of the server is wrong: that is for the operator.", "retry"],
    31202: ["Twilio does not accept our signature", "TWILIO_API_KEY_SECRET of the server is wrong: that is for the operator, not for you.", "retry"],
    31203: ["Twilio has no such account", "TWILIO_ACCOUNT_SID of the server is wrong, or the account is closed: that is for the operator.", "retry"],
    31204: ["The access token is not valid", "Sign in again.", "sign-in"],
    31205: ["The access token has ended", "A new one is being fetched.", "renew"],
    31206: ["Too many requests", "Wait a minute, then try again.", "retry"],
    31207: ["The access token is valid for too long", "SWITCHHOOK_TOKEN_TTL of the server must be at most a day.", "retry"],
    31209: ["The call could not be resumed", "Call again.", ""],
    31400: ["A call came in that could not be read", "", ""],
    31401: ["The microphone is not allowed", "Allow it for this page (the symbol beside the address), then call again.", ""],
    31402: ["There is no microphone", "Plug one in, or close the program that is using it, then call again.", ""],
    31404: ["Nobody was found there", "Look at the number or name.", ""],
    31480: ["Not reachable at the moment", "Nobody is signed in there.", ""],
    31486: ["Busy", "The other side is talking to somebody.", ""],
    31603: ["Declined", "The other side does not want to talk.", ""],
    53000: ["The connection to the telephone network failed", "It is being made again.", "retry"],
    53001: ["The connection to the telephone network was lost", "It is being made again.", ""],
    53400: ["The sound could not be set up", "The browser refused its own description of the call.", ""],
    53402: ["The sound could not be set up", "The browser did not understand the other side.", ""],
    53405: ["No sound gets through", "A firewall may be in the way.", ""],
};

/** { title, text, again } of an error of the SDK. */
export function errorWords(error) {
    const code = error?.code;
    const [title, text, again] = ERRORS[code] ?? ["Something went wrong", error?.message ?? "", ""];
    return { title, text: `${text}${code ? ` (${code})` : ""}`.trim(), again };
}

/** Codes after which trying the same token again is of no use. */
export const isAboutToken = (code) => [20101, 20104, 20151, 31102, 31201, 31202, 31203, 31204, 31205, 31207].includes(code);
export const isExpired = (code) => code === 20104 || code === 31205;

/** Twilio takes letters, digits and `_`, so the server spells runs of others as `Qz`, their bytes in hex, `_`: as people write it. */
export function readable(name) {
    const bytes = name.replaceAll("%", "%25").replace(/Qz((?:[0-9a-f]{2})+)_/g, (_, hex) => hex.replace(/../g, "%$&"));
    try {
        return decodeURIComponent(bytes);
    } catch {
        return name;
    }
}

/** `client:bob` is bob, a number is a number. */
export function partyName(party) {
    if (!party)
        return "Unknown";
    return party.startsWith("client:") ? readable(party.slice("client:".length)) : party;
}

export const isNumber = (text) => /^\+[0-9]{3,}$/.test(text);

/**
 * What a person typed, as the server wants it: { to } or { problem }.
 * Numbers are written in many ways, with spaces and brackets; names hold none of those.
 */
export function readTarget(text, emergencyNumbers) {
    const typed = text.trim();
    if (typed === "")
        return { problem: "Type a number or a name." };
    const bare = typed.replace(/[\s().\-/]/g, "");
    const digits = bare.replace(/^\+/, "");
    if (emergencyNumbers.includes(digits))
        return { problem: `This phone cannot reach emergency services. Dial ${digits} from another phone.` };
    if (bare.startsWith("+")) // nobody is called so: a letter in it is a slip
        return /^\+[1-9][0-9]{6,14}$/.test(bare) ? { to: bare } : { problem: "A number has 7 to 15 digits after the +." };
    if (!/^[0-9]+$/.test(bare))
        return { to: typed };
    return digits.length < 7 ? { to: bare } : { problem: "Begin with + and the country code, such as +1." };
}

const REACHED = {
    "busy": (who) => `${who} is busy.`,
    "no-answer": (who) => `${who} did not answer.`,
    "failed": (who) => `${who} could not be reached.`,
    "canceled": (who) => `Call to ${who} canceled.`,
    "refused": (who, { reason }) => `Calling ${who} is not allowed${reason ? ` (${reason})` : ""}.`,
};

const RANG = {
    "answered-elsewhere": (who, { answered_by: by }) => `${who} called: ${by?.identity ?? by?.number ?? "somebody else"} has answered.`,
    "caller-gave-up": (who) => `Missed: ${who} gave up.`,
    "timeout": (who) => `Missed: ${who} called, and it rang too long.`,
    "rejected": (who) => `You declined ${who}.`,
    "canceled-by-us": (who) => `The call of ${who} was ended by the server.`,
    "failed": (who) => `${who} called, and this browser could not be rung.`,
};

/**
 * What became of a call, once the server knows: { who, outgoing, sid } is ours, `event` what was told about it. The SDK itself
 * says only that it is over.
 */
export function endWords({ who, outgoing, sid }, event) {
    const { call } = event;
    if (outgoing && call.outcome && call.outcome !== "answered") {
        const declined = call.legs?.some((leg) => leg.ring_ended_because === "rejected");
        return declined ? `${who} declined.` : REACHED[call.outcome]?.(who, call) ?? "";
    }
    const leg = call.legs?.find((candidate) => candidate.sid === sid);
    if (!outgoing && leg?.ring_ended_because && leg.ring_ended_because !== "answered")
        return RANG[leg.ring_ended_because]?.(who, call) ?? "";
    const seconds = outgoing ? call.duration : leg?.duration;
    return seconds > 0 ? `Call with ${who} ended after ${duration(seconds)}.` : "";
}

/** 65 is 1:05. */
export function duration(seconds) {
    const two = (n) => String(n).padStart(2, "0");
    const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
    return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
