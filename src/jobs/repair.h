/*
 * What Twilio's REST API says of calls, taken into the store: of a call that was asked about, placed, found again or adopted.
 * An answer obeys the same rank rule as a webhook, and says what it said in the timeline, so that it can be told again.
 */
#ifndef JOBS_REPAIR_H
#define JOBS_REPAIR_H

#include "jobs/call_news.h"
#include "twilio/rest_answer.h"
#include "twilio/rest_recordings.h"
#include "voice/silence.h"

/** One answer about one call. Texts live in `arena`. */
struct repair {
    struct arena *arena;
    const struct silence_settings *silence;
    int64_t now_ms;
    int64_t asked_at_ms;          /**< what was heard later than this is newer than the answer */
    int64_t settle_after_ms;      /**< if it brings the end: see call_settle_later; 0: nothing */
    const struct rest_call *root; /**< NULL: nothing was said of it, or */
    bool lost;                    /**< Twilio has no such call */
    const struct rest_call *legs;
    size_t leg_count;
    bool is_new;    /**< the call was made for this answer */
    bool legs_told; /**< the list was asked for: a leg that is not on it is over if the call is */

    /* what came of it */
    struct call_row call; /**< filled by the caller, as the store has it */
    struct call_news news;
    enum news_effect effect; /**< of everything that was said, the one that matters most */
    unsigned legs_new;       /**< legs nobody had told us of */
    bool settled_price;
};

/** Take the answer in. Writes the legs and the call (which must be in the store), no timeline entry. */
int repair_take(struct store_tx *tx, struct repair *repair, struct error *err) MUST_USE;

/** A call of ours has got its name by `resource`: Twilio's answer to our request, or its list. Not written. */
int call_be_placed(struct store_tx *tx,
                   struct call_row *call,
                   const struct rest_call *resource,
                   const struct silence_settings *silence,
                   int64_t now_ms,
                   struct arena *arena,
                   struct error *err) MUST_USE;

/** It is not placed, and why: Twilio's code (0: none of its) and words. */
void call_be_refused(struct call_row *call, int code, const char *why, int64_t now_ms);

/** `summary` of an exchange (jobs/talk.h) followed by what it led to and the resources that it told of; a form. */
const char *repair_raw(const char *summary,
                       const char *outcome,
                       const struct rest_call *root,
                       const struct rest_call *legs,
                       size_t leg_count,
                       struct arena *arena);

/** `summary` followed by a recording that was listed, in the words of a recording callback. */
const char *repair_recording_raw(const char *summary,
                                 const struct rest_recording *recording,
                                 struct arena *arena);

/** The resources again, from an entry's `raw`; what it does not hold is left out. */
struct repair_told {
    const char *outcome; /**< "" if none was written */
    const char *problem;
    int code;
    bool has_root;
    struct rest_call root;
    struct rest_call *legs;
    size_t leg_count;
    bool legs_told;
};

int repair_read(const char *raw,
                struct arena *arena,
                struct repair_told *out,
                struct error *err) MUST_USE;

#endif
