/*
 * What a call is, and how its state moves. A call is ours; legs are Twilio's. Three words, not one:
 * placement (did we place it), status (Twilio's, of the root leg), outcome (what the person wants
 * to know).
 *
 * Status has ranks. A lower rank never replaces a higher one, a terminal status is never left (a
 * second, different one is an anomaly and stays in the timeline only), the earliest answer time
 * wins. A REST answer and a webhook obey the same rule. Source of the ranks: Twilio, "Call
 * resource", status callback events.
 */
#ifndef VOICE_CALL_H
#define VOICE_CALL_H

#include <stdbool.h>
#include <stdint.h>

/* name in C, text on the wire and in the store */
#define CALL_DIRECTIONS(X)                                                                         \
    X(OUTBOUND_BROWSER, "outbound-browser")                                                        \
    X(OUTBOUND_API, "outbound-api")                                                                \
    X(INBOUND, "inbound")

#define CALL_PLACEMENTS(X)                                                                         \
    X(INTENDED, "intended") /* a row, nothing sent */                                              \
    X(SENDING, "sending")   /* the request to Twilio is, or may be, on its way */                  \
    X(PLACED, "placed")     /* Twilio has it */                                                    \
    X(REFUSED, "refused")   /* Twilio said no */                                                   \
    X(UNKNOWN, "unknown")   /* it may have arrived; being looked up, never repeated */             \
    X(CANCELED, "canceled") /* ended by us before it was sent */

/* name, text, rank */
#define CALL_STATUSES(X)                                                                           \
    X(NONE, "", -1) /* nothing heard yet */                                                        \
    X(QUEUED, "queued", 0)                                                                         \
    X(INITIATED, "initiated", 1)                                                                   \
    X(RINGING, "ringing", 2)                                                                       \
    X(IN_PROGRESS, "in-progress", 3)                                                               \
    X(COMPLETED, "completed", 4)                                                                   \
    X(BUSY, "busy", 4)                                                                             \
    X(FAILED, "failed", 4)                                                                         \
    X(NO_ANSWER, "no-answer", 4)                                                                   \
    X(CANCELED, "canceled", 4)

#define CALL_OUTCOMES(X)                                                                           \
    X(NONE, "")                                                                                    \
    X(ANSWERED, "answered")                                                                        \
    X(BUSY, "busy")                                                                                \
    X(NO_ANSWER, "no-answer")                                                                      \
    X(FAILED, "failed")                                                                            \
    X(CANCELED, "canceled")                                                                        \
    X(VOICEMAIL, "voicemail")                                                                      \
    X(REFUSED, "refused") /* by us: nobody was dialled */

enum call_direction {
#define X(name, text) CALL_DIRECTION_##name,
    CALL_DIRECTIONS(X)
#undef X
};

enum call_placement {
#define X(name, text) CALL_PLACEMENT_##name,
    CALL_PLACEMENTS(X)
#undef X
};

enum call_status {
#define X(name, text, rank) CALL_STATUS_##name,
    CALL_STATUSES(X)
#undef X
};

enum call_outcome {
#define X(name, text) CALL_OUTCOME_##name,
    CALL_OUTCOMES(X)
#undef X
};

/** As the store and the API spell them; the statuses are Twilio's words. */
const char *call_direction_text(enum call_direction direction);
const char *call_placement_text(enum call_placement placement);
const char *call_status_text(enum call_status status);
const char *call_outcome_text(enum call_outcome outcome);

/** Back again; false, and `out` untouched, for any other text. */
bool call_direction_from_text(const char *text, enum call_direction *out);

/** Twilio's statuses and event names: "answered" is in-progress, "cancelled" is canceled. False if it is neither. */
bool call_status_from_text(const char *text, enum call_status *out);

/** How far along a status is: news of a higher rank moves a leg, see CALL_STATUSES. */
int call_status_rank(enum call_status status);

/** Is the leg over? */
bool call_status_is_terminal(enum call_status status);

/** Is a call over: ended, or never to be made? `status` is that of its root leg. */
bool call_is_over(enum call_placement placement, enum call_status status);

/** The part of a leg that moves. `sequence` -1: none seen; times 0: not yet; `duration_s` -1: not known. */
struct leg_state {
    enum call_status status;
    int64_t sequence;
    int64_t answered_at_ms;
    int64_t ended_at_ms;
    int64_t duration_s;
    int sip_code; /**< 0: not told */
};

/** The state of a leg nobody has said anything about. */
struct leg_state leg_state_new(void);

/** What one source (webhook or REST answer) says about a leg. */
struct leg_news {
    enum call_status status;
    int64_t sequence;   /**< -1: not given */
    int64_t at_ms;      /**< when it happened, as the source says; else when it arrived */
    int64_t duration_s; /**< -1: not given */
    int sip_code;       /**< 0: not given */
};

enum news_effect {
    NEWS_ADVANCES,  /**< the state has moved */
    NEWS_COMPLETES, /**< nothing moved, but it filled in a duration, SIP code, earlier answer */
    NEWS_CHANGES_NOTHING, /**< late or repeated */
    NEWS_CONTRADICTS,     /**< a second, different terminal status: an anomaly, state untouched */
};

/** "advances", "completes", "changes-nothing", "contradicts": the timeline's word for it. */
const char *news_effect_text(enum news_effect effect);

/** Take news into `leg` by rank. Pure. */
enum news_effect leg_take_news(struct leg_state *leg, const struct leg_news *news);

/**
 * When it was answered, 0 if it was not. A leg that lasted was answered even if nobody has said when; counting back from
 * its end is the best there is then. It is not kept in the state, where it would pass for something that was told.
 */
int64_t leg_answered_at_ms(const struct leg_state *leg);

/** What a terminal status of the leg that was to be reached means for the person. NONE while it is not over. */
enum call_outcome outcome_of_leg(const struct leg_state *leg);

/**
 * What `DialCallStatus` (with DialBridged "true"/"false"/"" as given) means for the person. NONE if it is no status.
 */
enum call_outcome outcome_of_dial(const char *dial_call_status, const char *dial_bridged);

/**
 * The outcome that tells more wins, whichever is known first: answered, voicemail, refused, busy, failed, canceled (the
 * leg that rang says so), no-answer (the other leg of the same call then says that).
 */
enum call_outcome outcome_merge(enum call_outcome known, enum call_outcome news);

#endif
