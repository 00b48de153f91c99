#include "gentle.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/lock.h"
#include "core/log.h"
#include "core/wall_clock.h"
#include "core/xmalloc.h"

enum { MICRO = 1000 * 1000, HOLD_LEAST_MS = 1000 };

/* Tokens in millionths, so that a slow rate loses nothing by rounding. */
struct gentle {
    pthread_mutex_t lock;
    int64_t per_second;
    int64_t micro_tokens;
    int64_t filled_at_ms;
    int64_t held_until_ms;
};

struct gentle *gentle_create(unsigned per_second)
{
    struct gentle *gentle = xcalloc(1, sizeof(*gentle));
    pthread_mutex_init(&gentle->lock, NULL);
    gentle->per_second = per_second;
    gentle->micro_tokens = (int64_t)per_second * MICRO;
    return gentle;
}

void gentle_free(struct gentle *gentle)
{
    if (gentle == NULL)
        return;
    pthread_mutex_destroy(&gentle->lock);
    free(gentle);
}

static void fill(struct gentle *gentle, int64_t now_ms)
{
    int64_t most = gentle->per_second * MICRO;
    int64_t passed_ms = now_ms - gentle->filled_at_ms;
    if (gentle->filled_at_ms == 0 || passed_ms > 1000)
        passed_ms = 1000;
    gentle->micro_tokens += passed_ms * gentle->per_second * (MICRO / 1000);
    if (gentle->micro_tokens > most)
        gentle->micro_tokens = most;
    gentle->filled_at_ms = now_ms;
}

int64_t gentle_take(struct gentle *gentle, int64_t now_ms)
{
    int64_t wait_ms = 0;
    pthread_mutex_lock(&gentle->lock);
    fill(gentle, now_ms);
    if (gentle->held_until_ms > now_ms)
        wait_ms = gentle->held_until_ms - now_ms;
    else if (gentle->micro_tokens >= MICRO)
        gentle->micro_tokens -= MICRO;
    else
        wait_ms = (MICRO - gentle->micro_tokens) / (gentle->per_second * (MICRO / 1000)) + 1;
    pthread_mutex_unlock(&gentle->lock);
    return wait_ms;
}

void gentle_hold(struct gentle *gentle, int64_t until_ms)
{
    pthread_mutex_lock(&gentle->lock);
    if (until_ms > gentle->held_until_ms)
        gentle->held_until_ms = until_ms;
    pthread_mutex_unlock(&gentle->lock);
}

static int await_turn(const struct attempt *attempt, struct error *err)
{
    struct gentle *gentle = runner_gentle(attempt->runner);
    int64_t wait_ms;
    while ((wait_ms = gentle_take(gentle, monotonic_ms())) > 0) {
        if (wait_ms > attempt_lane(attempt)->lease_ms / 2)
            return error_set(err, ERROR_RATE_LIMITED, "Twilio asks to wait for %lld s",
                             (long long)wait_ms / 1000);
        if (!runner_pause(attempt->runner, wait_ms))
            return error_set(err, ERROR_UNAVAILABLE, "the server is stopping");
    }
    return 0;
}

int talk_gently(const struct attempt *attempt,
                const struct rest_request *request,
                struct talk *out,
                struct error *err)
{
    if (await_turn(attempt, err) < 0 || talk(attempt, request, out, err) < 0)
        return -1;
    if (out->result != TALK_THROTTLED)
        return 0;
    int64_t hold_ms = out->retry_after_ms > HOLD_LEAST_MS ? out->retry_after_ms : HOLD_LEAST_MS;
    gentle_hold(runner_gentle(attempt->runner), monotonic_ms() + hold_ms);
    log_warning("reconciler.held", LOG_INT("job", attempt->job.number), LOG_INT("ms", hold_ms));
    return 0;
}
