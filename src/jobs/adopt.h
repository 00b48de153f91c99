/*
 * What Twilio lists, compared with what is stored: a known call learns what it has missed, an unknown one becomes ours if the
 * settings want it (voice/adoption.h), a leg joins its call, a recording too. Nothing is written if there is nothing new.
 */
#ifndef JOBS_ADOPT_H
#define JOBS_ADOPT_H

#include "repair.h"
#include "talk.h"
#include "twilio/rest_recordings.h"

/* What is repaired, as the metric says it. */
#define REPAIRS(X)                                                                                 \
    X(STATE, "state")         /* status, times, duration, price of a root leg */                   \
    X(LEG, "leg")             /* the same of a child leg, or one nobody had told of */             \
    X(ADOPTED, "adopted")     /* a whole call */                                                   \
    X(RECORDING, "recording") /* a recording, or its state */                                      \
    X(PRICE, "price")

enum repair_of {
#define X(name, text) REPAIR_##name,
    REPAIRS(X)
#undef X
        REPAIR_COUNT
};

enum { ADOPT_EVENTS_MAX = 64 };

/** One unit of work over a few resources. The caller sets the first part; the rest is zeroed by adopt_begin. */
struct adopting {
    struct attempt *attempt;
    const struct talk *said; /**< the exchange that listed them */
    const char *route;       /**< of it, for the timeline */
    int64_t asked_at_ms;
    const struct rest_call
        *page; /**< what was listed together: legs are taken with their call, at once */
    size_t page_count;

    int64_t repaired[REPAIR_COUNT];
    bool media; /**< there is a sound to fetch */
    struct event events[ADOPT_EVENTS_MAX];
    size_t event_count;
};

/** Before each run of the unit. */
void adopt_begin(struct adopting *adopting);

/** A Call resource. INVALID is no outcome: what cannot be taken is left. */
int adopt_call_resource(struct store_tx *tx,
                        struct adopting *adopting,
                        const struct rest_call *listed,
                        struct error *err) MUST_USE;

/** A Recording resource. */
int adopt_recording_resource(struct store_tx *tx,
                             struct adopting *adopting,
                             const struct rest_recording *listed,
                             struct error *err) MUST_USE;

/** After the commit: count, publish, wake. */
void adopt_tell(const struct adopting *adopting);

/** Count a repair that was made elsewhere. */
void adopt_count(const struct attempt *attempt, enum repair_of what, int64_t count);

/** Is a number, by what Twilio says of it, one that leads here? Asked once a sweep, and remembered. Between units of work. */
int adopt_learn_numbers(struct attempt *attempt,
                        const struct rest_call *listed,
                        size_t count,
                        struct error *err) MUST_USE;

#endif
