#include "deadlines.h"

#include <signal.h>
#include <time.h>

#include "core/lock.h"
#include "core/wall_clock.h"
#include "thread.h"

/* However many deadlines there are close together, the thread looks at most this often. */
enum { PAUSE_MS = 2 };

static void wait_until(struct deadlines *deadlines, int64_t at_ms)
{
    if (at_ms == DEADLINE_NEVER) {
        (void)pthread_cond_wait(&deadlines->changed, &deadlines->mutex);
        return;
    }
    struct timespec until = {.tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000};
    (void)pthread_cond_timedwait(&deadlines->changed, &deadlines->mutex, &until);
}

/* Under the lock, given back and taken again for the scan. Returns when to look again. */
static int64_t look(struct deadlines *deadlines)
{
    deadlines->early_ms = DEADLINE_NEVER;
    /* From here on whoever sets a deadline tells us, because its place may have been passed
     * already. */
    atomic_store(&deadlines->next_ms, DEADLINE_NEVER);
    (void)pthread_mutex_unlock(&deadlines->mutex);
    int64_t next_ms = deadlines->scan(deadlines->context, monotonic_ms());
    (void)lock(&deadlines->mutex);
    return next_ms;
}

static void *run(void *argument)
{
    struct deadlines *deadlines = argument;
    auto_unlock pthread_mutex_t *held = lock(&deadlines->mutex);
    int64_t next_ms = look(deadlines);
    while (!deadlines->stop) {
        if (deadlines->early_ms < next_ms)
            next_ms = deadlines->early_ms;
        atomic_store(&deadlines->next_ms, next_ms);
        int64_t now_ms = monotonic_ms();
        if (now_ms < next_ms) {
            wait_until(deadlines, next_ms);
            continue;
        }
        wait_until(deadlines, now_ms + PAUSE_MS);
        next_ms = look(deadlines);
    }
    return NULL;
}

void deadlines_start(struct deadlines *deadlines, deadlines_scan_fn *scan, void *context)
{
    *deadlines = (struct deadlines){.scan = scan, .context = context, .early_ms = DEADLINE_NEVER};
    atomic_init(&deadlines->next_ms, DEADLINE_NEVER);
    (void)pthread_mutex_init(&deadlines->mutex, NULL);
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&deadlines->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    thread_start(&deadlines->thread, "http-deadlines", run, deadlines);
}

void deadlines_nudge(struct deadlines *deadlines, int64_t at_ms)
{
    auto_unlock pthread_mutex_t *held = lock(&deadlines->mutex);
    if (at_ms >= deadlines->early_ms)
        return;
    deadlines->early_ms = at_ms;
    (void)pthread_cond_signal(&deadlines->changed);
}

void deadlines_stop(struct deadlines *deadlines)
{
    {
        auto_unlock pthread_mutex_t *held = lock(&deadlines->mutex);
        deadlines->stop = true;
        (void)pthread_cond_signal(&deadlines->changed);
    }
    (void)pthread_join(deadlines->thread, NULL);
}

void deadlines_release(struct deadlines *deadlines)
{
    (void)pthread_cond_destroy(&deadlines->changed);
    (void)pthread_mutex_destroy(&deadlines->mutex);
}
