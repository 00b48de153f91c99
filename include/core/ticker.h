/*
 * One thread that calls a few functions, each in its own period: reloading, sweeping, proving health. A function that
 * takes long delays the others and nothing else.
 */
#ifndef CORE_TICKER_H
#define CORE_TICKER_H

#include <stdint.h>

struct ticker;

/** Runs on the ticker's thread. */
typedef void tick_fn(void *context);

/** A ticker without functions, not yet started; never NULL. Free with ticker_free. */
struct ticker *ticker_create(void);

/** Call `tick` every `period_ms`, first after one period. Before ticker_start; at most 16. */
void ticker_add(struct ticker *ticker, int64_t period_ms, tick_fn *tick, void *context);

/** Start the thread; once, and with at least one function. */
void ticker_start(struct ticker *ticker);

/** Wait for the function under way, end the thread, free. Takes NULL, and one that was never started. */
void ticker_free(struct ticker *ticker);

#endif
