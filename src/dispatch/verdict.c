#include "verdict.h"

#include "jobs/backoff.h"

enum {
    STATUS_GONE = 410,
    STATUS_TOO_MANY = 429,
    STATUS_UNAVAILABLE = 503,
};

bool outcome_is_success(const struct outcome *outcome)
{
    return outcome->status >= 200 && outcome->status < 300;
}

bool outcome_is_gone(const struct outcome *outcome)
{
    return outcome->status == STATUS_GONE;
}

int64_t outcome_leave_alone_until(const struct outcome *outcome,
                                  const struct config_dispatch *config)
{
    bool busy = outcome->status == STATUS_TOO_MANY || outcome->status == STATUS_UNAVAILABLE;
    if (!busy || outcome->retry_after_ms <= 0)
        return 0;
    int64_t wait_ms = outcome->retry_after_ms < config->backoff_max_ms ? outcome->retry_after_ms
                                                                       : config->backoff_max_ms;
    return outcome->ended_at_ms + wait_ms;
}

static const char *failure_of(const struct outcome *outcome, struct arena *arena)
{
    if (outcome->status == 0)
        return outcome->problem;
    bool redirect = outcome->status >= 300 && outcome->status < 400;
    return arena_printf(arena, "status %d%s", outcome->status,
                        redirect ? ", and redirects are not followed" : "");
}

/* One more try at the very end, whatever the backoff says; then it is dead. */
static void fail(struct delivery_row *row,
                 const struct outcome *outcome,
                 const struct config_dispatch *config,
                 uint64_t random)
{
    const struct backoff backoff = {config->backoff_ms, config->backoff_max_ms};
    int64_t now_ms = outcome->ended_at_ms;
    int64_t until_ms = outcome_leave_alone_until(outcome, config);
    int64_t wait_ms = backoff_ms(&backoff, (int)(row->attempts - row->attempts_base), random,
                                 until_ms > 0 ? until_ms - now_ms : -1);
    if (outcome->hopeless || now_ms >= row->give_up_at_ms) {
        row->state = DELIVERY_DEAD;
        row->ended_at_ms = now_ms;
        return;
    }
    row->state = DELIVERY_PENDING;
    row->due_at_ms = now_ms + wait_ms < row->give_up_at_ms ? now_ms + wait_ms : row->give_up_at_ms;
}

struct delivery_row verdict_of(const struct delivery_row *before,
                               const struct outcome *outcome,
                               const struct config_dispatch *config,
                               uint64_t random,
                               struct arena *arena)
{
    struct delivery_row row = *before;
    row.attempts++;
    row.last = (struct delivery_attempt){
        .at_ms = outcome->at_ms,
        .status = outcome->status,
        .latency_ms = outcome->latency_ms,
        .answer = outcome->answer,
    };
    if (outcome_is_success(outcome)) {
        row.state = DELIVERY_DELIVERED;
        row.ended_at_ms = outcome->ended_at_ms;
        return row;
    }
    row.last.error = failure_of(outcome, arena);
    fail(&row, outcome, config, random);
    return row;
}
