/*
 * Why it stopped ringing, and who answered. Twilio says how each leg ended, and a browser's SDK only that a call was
 * cancelled; why follows from all legs together. Pure.
 */
#ifndef VOICE_RING_H
#define VOICE_RING_H

#include <stddef.h>

#include "voice/call.h"
#include "voice/plan.h"

/* name in C, text in the API */
#define RING_ENDS(X)                                                                               \
    X(NONE, "") /* it still rings, or nobody was rung */                                           \
    X(ANSWERED, "answered")                                                                        \
    X(ANSWERED_ELSEWHERE, "answered-elsewhere") /* by another leg of the same call */              \
    X(CALLER_GAVE_UP, "caller-gave-up")                                                            \
    X(TIMEOUT, "timeout")                                                                          \
    X(REJECTED, "rejected") /* a person said no */                                                 \
    X(BUSY, "busy")                                                                                \
    X(CANCELED_BY_US, "canceled-by-us") /* somebody asked this server to end the call */           \
    X(FAILED, "failed")

enum ring_end {
#define X(name, text) RING_END_##name,
    RING_ENDS(X)
#undef X
};

/** As the API spells it; "" for none. */
const char *ring_end_text(enum ring_end end);

/** A leg that may have rung somebody. */
struct ring_leg {
    const char *sid; /**< may be NULL */
    const char *to;  /**< as Twilio says it: +1555..., client:alice; may be NULL */
    struct leg_state state;
};

/** What is known of a call. */
struct ring_facts {
    enum call_direction direction;
    enum call_flow flow; /**< of a call placed by REST */
    struct ring_leg root;
    const struct ring_leg *legs; /**< its child legs */
    size_t count;
    int64_t hangup_asked_at_ms; /**< when somebody asked us to end it; 0: nobody has */
};

/** Of a child leg. */
enum ring_end ring_end_of_leg(const struct ring_facts *facts, const struct ring_leg *leg);

/**
 * Of the call: of the root leg where that rings the person (placed by REST); else of the legs that were dialled, of
 * which the one that ended last says it unless somebody answered.
 */
enum ring_end ring_end_of_call(const struct ring_facts *facts);

/** The leg at whose end somebody was reached, the first of several; NULL if nobody was. Borrowed from `facts`. */
const struct ring_leg *ring_answerer(const struct ring_facts *facts);

#endif
