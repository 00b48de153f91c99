/* What jobs, webhooks and frontends do alike to a call. Inside a unit of work. */
#ifndef JOBS_CALL_MOVES_H
#define JOBS_CALL_MOVES_H

#include "store/store.h"

/**
 * A job about the call, due at `run_at_ms`; call runner_wake after the commit. If one of that kind is open already,
 * that one is enough.
 */
int call_enqueue(struct store_tx *tx,
                 const struct call_row *call,
                 enum job_kind kind,
                 int64_t run_at_ms,
                 int64_t now_ms,
                 struct error *err) MUST_USE;

/**
 * The call has just ended, if it had not before: what Twilio knows only later (its price), and what nobody may have told (legs,
 * recordings), is asked for in `after_ms`; 0: it is not.
 */
int call_settle_later(struct store_tx *tx,
                      enum call_status before,
                      const struct call_row *call,
                      int64_t after_ms,
                      int64_t now_ms,
                      struct error *err) MUST_USE;

/** End a call that was never sent to Twilio and never will be. Its job is the caller's to remove. */
void call_cancel(struct call_row *call, int64_t now_ms);

#endif
