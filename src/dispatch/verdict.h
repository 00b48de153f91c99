/* What becomes of a delivery after an attempt. Pure. */
#ifndef DISPATCH_SRC_VERDICT_H
#define DISPATCH_SRC_VERDICT_H

#include <stdbool.h>

#include "config/config.h"
#include "store/subscriptions.h"

/** What an attempt came to. */
struct outcome {
    int64_t at_ms; /**< when it was begun */
    int64_t ended_at_ms;
    int64_t latency_ms;
    int status;             /**< 0: no answer */
    int64_t retry_after_ms; /**< -1: not said */
    const char *problem;    /**< why there was no answer; "" if there was */
    const char *answer;     /**< the beginning of its body, or NULL */
    bool hopeless;          /**< it was not even begun, for a reason that will not change */
};

/** Does the endpoint say that it has it? */
bool outcome_is_success(const struct outcome *outcome);

/** The endpoint wants nothing any more: 410. */
bool outcome_is_gone(const struct outcome *outcome);

/** Until when the whole endpoint is to be left alone: what 429 and 503 ask for, bounded; 0: no wish. */
int64_t outcome_leave_alone_until(const struct outcome *outcome,
                                  const struct config_dispatch *config);

/** The delivery after it. @param random  any number; error texts go to `arena` */
struct delivery_row verdict_of(const struct delivery_row *before,
                               const struct outcome *outcome,
                               const struct config_dispatch *config,
                               uint64_t random,
                               struct arena *arena);

#endif
