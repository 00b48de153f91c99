/*
 * The one place where it is decided whether a call may be made: asked inside the unit of work that makes it, by
 * POST /calls and by every answer to Twilio that dials somebody. Whoever is admitted takes a place, in the same unit, so
 * two requests cannot both be the last one. All admissions of an account read and write the account's counter first:
 * that row is what they wait for each other on. One writer thread makes that so today; an engine with several writers
 * has to lock it (store_get_usage with USAGE_OF_ACCOUNT, in a unit of work).
 *
 * What is refused counts nowhere. A call is counted once, when it begins: further dials within it (the menu, the second
 * half of a bridge) are judged by everything else. Its place goes back when it is over (store_update_call).
 */
#ifndef APP_ADMISSION_H
#define APP_ADMISSION_H

#include "app/app.h"

struct admission {
    const struct call_row *call; /**< identity, owner and group are who is judged; number, state */
    bool is_new;                 /**< it is not in the store yet, so it cannot hold a place */
    const char *number;          /**< who is dialled: E.164, or NULL if it is a client */
    const char *caller_id;       /**< what is asked to be shown to them, or NULL */
    const char *later_caller_id; /**< the same, of whoever is dialled from within the call */
    const char *default_caller_id; /**< shown if nothing is asked for and it is allowed */
    int64_t now_ms;
};

/**
 * May it be? If so the call has its place and *out says what to show and how long it may last. Call it once per unit,
 * after everything else that might refuse.
 */
int admission_decide(struct store_tx *tx,
                     const struct app *app,
                     const struct admission *admission,
                     struct arena *arena,
                     struct policy_verdict *out,
                     struct error *err) MUST_USE;

/** The shorter of two lengths in seconds, of which 0 says nothing. */
int64_t admission_shorter(int64_t a, int64_t b);

/** The refusal as an error for the API. Returns -1. */
int admission_error(const struct policy_verdict *verdict, struct error *err);

/** Count a refusal, once it is committed. REASON_NONE and reasons that are not the policy's are not counted. */
void admission_count(const struct app *app, enum reason reason);

/** Put right what counters and places do not agree on (store_recount_usage). At the start; blocks. */
int admission_recount(const struct app *app, struct error *err) MUST_USE;

/** Forget the counters of whoever has not called for an hour. Now and then; blocks. */
int admission_prune(const struct app *app, struct error *err) MUST_USE;

#endif
