/*
 * What went wrong with a call, read from its timeline: what arrived late, never, twice, out of order; what was refused, found by
 * asking, contradictory; and what to do about it. Plain data in, findings out; for `switchhook explain` and its route.
 */
#ifndef VOICE_DIAGNOSIS_H
#define VOICE_DIAGNOSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "voice/call.h"
#include "voice/decision.h"

#define FINDING_WEIGHTS(X)                                                                         \
    X(NOTE, "note")       /* worth knowing; the state is right */                                  \
    X(WARNING, "warning") /* the state is right, but only thanks to repair or luck */              \
    X(PROBLEM, "problem") /* somebody has to do something, or something is not known */

/* name, code, weight, advice ("" for none) */
#define FINDINGS(X)                                                                                \
    X(LATE, "late", NOTE,                                                                          \
      "If this is frequent, look at how long webhooks take here "                                  \
      "(switchhook_http_request_seconds) "                                                         \
      "and at the proxy in front.")                                                                \
    X(OUT_OF_ORDER, "out-of-order", NOTE, "")                                                      \
    X(REPEATED, "repeated", NOTE,                                                                  \
      "Twilio delivers again what was not answered in time; repeats change nothing.")              \
    X(MISSING_STATUS, "missing-status", WARNING,                                                   \
      "Was the server down or unreachable then? Is the address of call-status reachable from "     \
      "outside? switchhook check --online compares what Twilio has been told.")                    \
    X(MISSING_END, "missing-end", WARNING,                                                         \
      "Set the status callback of the number or TwiML App to /webhooks/call-status; until then "   \
      "the end is found by asking, later.")                                                        \
    X(MISSING_SEQUENCE, "missing-sequence", WARNING,                                               \
      "Callbacks were lost on the way; what they said was completed by later ones or by asking.")  \
    X(MISSING_DIAL_ACTION, "missing-dial-action", WARNING,                                         \
      "The caller has heard nothing after the dial, or what the fallback says.")                   \
    X(MISSING_RECORDING, "missing-recording", WARNING,                                             \
      "Twilio was asked to record and nothing was heard of it; the next sweep lists what it has.") \
    X(NOT_STORED, "recording-not-stored", PROBLEM,                                                 \
      "See switchhook jobs; once the cause is mended, retry the job.")                             \
    X(NOT_STORED_YET, "recording-not-stored-yet", NOTE, "")                                        \
    X(CONTRADICTION, "contradiction", WARNING,                                                     \
      "The first end that was told stands. Two servers under one account, or a test by hand?")     \
    X(NOT_UNDERSTOOD, "not-understood", WARNING, "The delivery is kept as it came.")               \
    X(FALLBACK, "fallback", PROBLEM,                                                               \
      "Twilio could not get or use an answer of ours: its debugger has the error, our log has "    \
      "twiml.fallback.")                                                                           \
    X(REFUSED_BY_US, "refused-by-us", NOTE, "")                                                    \
    X(REFUSED_BY_TWILIO, "refused-by-twilio", PROBLEM,                                             \
      "Twilio's error dictionary explains the code.")                                              \
    X(REST_FAILED, "rest-failed", WARNING, "It was tried again.")                                  \
    X(REPAIRED, "repaired", WARNING, "Nobody told us; Twilio was asked.")                          \
    X(ADOPTED, "adopted", WARNING,                                                                 \
      "The whole call was missed and found in Twilio's list: was the server down then?")           \
    X(UNKNOWN, "unknown", PROBLEM,                                                                 \
      "Twilio is being asked whether the request arrived; it is not sent again.")                  \
    X(OPEN, "open", NOTE, "")                                                                      \
    X(SILENT, "silent", WARNING, "Twilio is asked when the call has been silent for too long.")    \
    X(PRICE_MISSING, "price-missing", NOTE, "Twilio knows the price minutes after the end.")       \
    X(NOT_KEPT, "not-kept", NOTE, "So nothing is said of what arrived, or did not.")

enum finding_weight {
#define X(name, text) FINDING_WEIGHT_##name,
    FINDING_WEIGHTS(X)
#undef X
};

enum finding_kind {
#define X(name, code, weight, advice) FINDING_##name,
    FINDINGS(X)
#undef X
};

struct finding {
    enum finding_kind kind;
    int64_t at_ms;       /**< of the entry it is about; 0: of the whole call */
    const char *leg_sid; /**< or NULL */
    const char *text;    /**< a sentence without numbers of people; lives in the arena */
};

const char *finding_code(enum finding_kind kind);
const char *finding_weight_text(enum finding_kind kind);
const char *finding_advice(enum finding_kind kind);

/* What an entry is, as far as the rules care. */
enum told_kind {
    TOLD_INSTRUCTION, /**< Twilio asked; `decision` is what we said */
    TOLD_STATUS,
    TOLD_RECORDING,
    TOLD_REST,   /**< an exchange that we began */
    TOLD_REPAIR, /**< state that was taken because nobody told us */
    TOLD_OTHER,
};

/** One entry of the timeline. Texts are "" where there is nothing. */
struct told {
    enum told_kind kind;
    int64_t at_ms;       /**< when it arrived */
    int64_t happened_ms; /**< when it happened, as the source says; 0: not told */
    const char *route;
    const char *leg_sid;
    const char *effect;
    enum call_status status; /**< of a status callback */
    int64_t sequence;        /**< -1: not told */
    int64_t repeats;         /**< how often it came again */
    bool asks_after_dial;    /**< the question that follows a dial */
    bool asks_fallback;
    bool decided; /**< `decision` is set */
    struct decision decision;
    int64_t code;        /**< Twilio's error code, 0: none */
    const char *problem; /**< of an exchange: what went wrong */
};

/** A leg, the root leg first. */
struct told_leg {
    const char *sid;
    bool all_events; /**< we have asked to be told of all of them, not of the end alone */
    struct leg_state state;
};

/** A recording, as far as it is known. */
struct told_recording {
    const char *sid;
    bool completed;
    bool stored;
    bool given_up;     /**< it will not be fetched by itself any more */
    const char *error; /**< why it is not stored, or "" */
};

struct diagnosis_case {
    int64_t now_ms;
    enum call_placement placement;
    enum call_outcome outcome;
    bool has_price;
    const char *refusal; /**< or NULL */
    int refusal_code;
    int64_t heard_at_ms;
    int64_t due_at_ms;
    bool recording_wanted;
    const struct told *entries; /**< in the order in which they arrived */
    size_t entry_count;
    const struct told_leg *legs;
    size_t leg_count;
    const struct told_recording *recordings;
    size_t recording_count;
    int64_t
        kept_from_ms; /**< entries from before, or their parameters, have gone; 0: nothing has */
};

struct findings {
    const struct finding *items; /**< by when they happened; those of the whole call last */
    size_t count;
};

enum {
    DIAGNOSIS_LATE_MS = 15 * 1000,        /**< Twilio's own retries take less */
    DIAGNOSIS_PRICE_MS = 6 * 3600 * 1000, /**< a price that takes longer is missing */
    DIAGNOSIS_FINDINGS_MAX = 500,         /**< more of one call say nothing new */
};

/** Apply every rule. Pure; bounded by DIAGNOSIS_FINDINGS_MAX. */
struct findings diagnose(const struct diagnosis_case *what, struct arena *arena);

#endif
