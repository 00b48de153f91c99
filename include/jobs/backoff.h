/* How long to wait before the next attempt. Pure. */
#ifndef JOBS_BACKOFF_H
#define JOBS_BACKOFF_H

#include <stdint.h>

struct backoff {
    int64_t first_ms; /**< ceiling after the first attempt; doubles with each */
    int64_t max_ms;
};

/**
 * Full jitter: evenly between half the ceiling and the ceiling, so that many jobs that failed together do not return
 * together.
 *
 * @param attempt  1 for the first   @param random  any number   @param at_least_ms  e.g. Retry-After; -1 for none
 */
int64_t
backoff_ms(const struct backoff *backoff, int attempt, uint64_t random, int64_t at_least_ms);

#endif
