/*
 * A thread that acts when time has run out.
 *
 * Whoever has a deadline keeps it in an atomic of its own; setting, moving and clearing it is one
 * store, whoever many there are. The thread reads them all (a few thousand at most, so a glance
 * takes microseconds), but only at the moment the earliest one is due: deadlines are nearly always
 * moved away before, and it then sleeps on until the next.
 */
#ifndef HTTP_PRIVATE_DEADLINES_H
#define HTTP_PRIVATE_DEADLINES_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/** A deadline that is not set. */
#define DEADLINE_NEVER INT64_MAX

/**
 * Act on every deadline that is not after `now_ms`, clear it, and return the earliest of the
 * others. Runs on the deadlines' thread; deadlines may be set meanwhile.
 */
typedef int64_t deadlines_scan_fn(void *context, int64_t now_ms);

struct deadlines {
    deadlines_scan_fn *scan;
    void *context;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    _Atomic(int64_t) next_ms; /* when the thread looks again */
    int64_t early_ms;         /* the earliest deadline it was told of since it looked */
    bool stop;
};

/** Start the thread. */
void deadlines_start(struct deadlines *deadlines, deadlines_scan_fn *scan, void *context);

/** End it; nothing is acted on any more, but deadlines may still be set. */
void deadlines_stop(struct deadlines *deadlines);

/** When nobody sets deadlines any more. */
void deadlines_release(struct deadlines *deadlines);

/** Tell the thread of a deadline that is earlier than it expects; deadline_set does it. */
void deadlines_nudge(struct deadlines *deadlines, int64_t at_ms);

/** Set a deadline, in monotonic_ms; DEADLINE_NEVER clears it. Any thread. */
static inline void
deadline_set(struct deadlines *deadlines, _Atomic(int64_t) *deadline, int64_t at_ms)
{
    /* Both sequentially consistent: either the thread sees the new deadline, or we see that it is
     * about to look. */
    atomic_store(deadline, at_ms);
    if (at_ms < atomic_load(&deadlines->next_ms))
        deadlines_nudge(deadlines, at_ms);
}

#endif
