#include "core/ticker.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "core/macros.h"
#include "core/wall_clock.h"
#include "core/xmalloc.h"

enum { TICKS_MAX = 16 };

struct tick {
    tick_fn *call;
    void *context;
    int64_t period_ms;
    int64_t next_ms; /* monotonic */
};

struct ticker {
    pthread_mutex_t lock;
    pthread_cond_t stopped; /* on the monotonic clock */
    pthread_t thread;
    bool started;
    bool stop;
    size_t count;
    struct tick ticks[TICKS_MAX];
};

struct ticker *ticker_create(void)
{
    struct ticker *ticker = xcalloc(1, sizeof(*ticker));
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&ticker->stopped, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&ticker->lock, NULL);
    return ticker;
}

void ticker_add(struct ticker *ticker, int64_t period_ms, tick_fn *tick, void *context)
{
    ASSERT(!ticker->started && ticker->count < TICKS_MAX && period_ms > 0);
    ticker->ticks[ticker->count++] = (struct tick){
        .call = tick,
        .context = context,
        .period_ms = period_ms,
        .next_ms = monotonic_ms() + period_ms,
    };
}

static struct tick *earliest(struct ticker *ticker)
{
    struct tick *first = &ticker->ticks[0];
    for (size_t i = 1; i < ticker->count; i++) {
        if (ticker->ticks[i].next_ms < first->next_ms)
            first = &ticker->ticks[i];
    }
    return first;
}

/* True when it is time, false when the ticker is to stop. */
static bool wait_until(struct ticker *ticker, int64_t at_ms)
{
    struct timespec at = {.tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000};
    pthread_mutex_lock(&ticker->lock);
    int rc = 0;
    while (!ticker->stop && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&ticker->stopped, &ticker->lock, &at);
    bool go_on = !ticker->stop;
    pthread_mutex_unlock(&ticker->lock);
    return go_on;
}

static void *run(void *context)
{
    struct ticker *ticker = context;
    struct tick *tick = earliest(ticker);
    while (wait_until(ticker, tick->next_ms)) {
        tick->call(tick->context);
        tick->next_ms = monotonic_ms() + tick->period_ms;
        tick = earliest(ticker);
    }
    return NULL;
}

void ticker_start(struct ticker *ticker)
{
    ASSERT(ticker->count > 0);
    int failed = pthread_create(&ticker->thread, NULL, run, ticker);
    ASSERT(failed == 0);
    ticker->started = true;
}

void ticker_free(struct ticker *ticker)
{
    if (ticker == NULL)
        return;
    if (ticker->started) {
        pthread_mutex_lock(&ticker->lock);
        ticker->stop = true;
        pthread_cond_signal(&ticker->stopped);
        pthread_mutex_unlock(&ticker->lock);
        pthread_join(ticker->thread, NULL);
    }
    pthread_cond_destroy(&ticker->stopped);
    pthread_mutex_destroy(&ticker->lock);
    free(ticker);
}
