/*
 * What was asked for when a call was placed by REST. Kept with the call as text, because Twilio
 * asks for instructions later, perhaps of another process.
 */
#ifndef VOICE_PLAN_H
#define VOICE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/error.h"

#define CALL_FLOWS(X)                                                                              \
    X(GREETING, "greeting")   /* say the greeting, pause, ask the question */                      \
    X(MENU, "menu")           /* gather a digit, dial its target */                                \
    X(BRIDGE, "bridge")       /* ring an identity, then dial the number */                         \
    X(TWIML_URL, "twiml_url") /* the caller's own document: Twilio does not ask us */

enum call_flow {
#define X(name, text) CALL_FLOW_##name,
    CALL_FLOWS(X)
#undef X
};

/** As the API spells it. */
const char *call_flow_text(enum call_flow flow);

/** Back again; false, and `out` untouched, for any other text. */
bool call_flow_from_text(const char *text, enum call_flow *out);

/** Texts are NULL and integers 0 where nothing was asked for. */
struct call_plan {
    enum call_flow flow;
    const char *to; /**< whom Twilio rings first: E.164, or client:IDENTITY in Twilio's spelling */
    const char *from;      /**< E.164, one of ours */
    const char *identity;  /**< bridge: who is rung first, in Twilio's spelling */
    const char *number;    /**< bridge: who is dialled then */
    const char *caller_id; /**< shown to whoever is dialled from within the call */
    const char *twiml_url;
    bool record;
    const char *recording_channels; /**< "mono" or "dual" */
    const char *trim;               /**< "trim-silence" or "do-not-trim" */
    const char *
        announcement; /**< said before it is recorded, which Twilio then is not asked for at once */
    int timeout_s;    /**< ringing, 5..600 */
    int time_limit_s;
    const char *machine_detection; /**< "Enable" or "DetectMessageEnd" */
    const char *send_digits;
};

/** The plan as text for the store; in `arena`. */
const char *plan_to_text(const struct call_plan *plan, struct arena *arena);

/** Back again; INTERNAL if the text is none of ours. Texts live in `arena`. */
int plan_from_text(const char *text,
                   struct arena *arena,
                   struct call_plan *out,
                   struct error *err) MUST_USE;

#endif
