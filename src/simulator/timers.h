/*
 * Things that happen later, in simulated time: a binary heap of timers that live inside what they
 * belong to. A timer is armed or not; arming again moves it. Equal times fire in the order of
 * arming, so runs repeat exactly.
 */
#ifndef SIMULATOR_TIMERS_H
#define SIMULATOR_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim;

typedef void timer_fn(struct sim *sim, void *context);

/** {0} is a timer that is not armed. Must not move while armed. */
struct timer {
    size_t place; /**< 1-based place in the heap; 0: not armed */
    int64_t due_ms;
    uint64_t order;
    timer_fn *fire;
    void *context;
    bool guard; /**< a limit that should not be reached: a world with nothing but guards is at rest
                 */
};

struct timers {
    struct timer **heap; /**< heap[0] is unused */
    size_t count;
    size_t room;
    size_t guards;
    uint64_t next_order;
};

void timers_release(struct timers *timers);

void timer_arm(
    struct timers *timers, struct timer *timer, int64_t due_ms, timer_fn *fire, void *context);

/** The same for a limit. */
void timer_arm_guard(
    struct timers *timers, struct timer *timer, int64_t due_ms, timer_fn *fire, void *context);

/** Harmless if it is not armed. */
void timer_cancel(struct timers *timers, struct timer *timer);

/** Take the earliest timer that is due by `now_ms` out, or NULL. */
struct timer *timers_take_due(struct timers *timers, int64_t now_ms);

/** The earliest timer, or NULL. */
const struct timer *timers_first(const struct timers *timers);

#endif
