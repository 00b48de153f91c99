/*
 * What grows old goes, kind by kind, a few rows at a time so that nobody else's write waits for it.
 */
#ifndef JOBS_RETENTION_H
#define JOBS_RETENTION_H

#include "core/metrics.h"
#include "core/wall_clock.h"
#include "store/retention.h"

/** Borrowed. */
struct retention_settings {
    struct store *store;
    struct metrics *metrics;
    const struct wall_clock *clock;
    int64_t ttl_ms[RETENTION_KIND_COUNT]; /**< 0: kept for ever */
};

/** One round: all that is old enough, or as much as a round may take; the rest waits for the next. Blocks on the store. */
void retention_run(const struct retention_settings *settings);

#endif
