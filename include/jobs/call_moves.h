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

/** End a call that was never sent to Twilio and never will be. Its job is the caller's to remove. */
void call_cancel(struct call_row *call, int64_t now_ms);

/**
 * Twilio has this call, whose root leg is `sid`: it is placed. What we had concluded from silence (that it was refused
 * or canceled) is forgotten. If news that did not carry our id came first, there is a row for that SID already: it is
 * closed in favour of this one. The caller writes `call`, and enqueues a hang-up if one is wanted.
 */
int call_take_name(struct store_tx *tx,
                   struct call_row *call,
                   const char *sid,
                   int64_t now_ms,
                   struct arena *arena,
                   struct error *err) MUST_USE;

#endif
