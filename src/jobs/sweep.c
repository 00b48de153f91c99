/*
 * Looking after what nobody speaks of: calls that have been silent too long, jobs that were buried, keys and audit rows that are
 * too old.
 */
#include "core/log.h"
#include "internal.h"
#include "jobs/call_moves.h"
#include "jobs/runner.h"

enum {
    CALLS_PER_SWEEP = 100,
    KEYS_PER_SWEEP = 1000,
    AUDIT_ROWS_PER_SWEEP = 5000,
    DEAD_JOBS_COUNTED = 1000
};

struct sweep {
    const struct runner_settings *with;
    int64_t now_ms;
    int64_t keys_before_ms;
    int64_t audit_before_ms;
    int64_t asked;
    int64_t pruned;
    int64_t dead_jobs;
    int64_t wanted_recordings;
};

/* The next look at this call is after the job has had its chance. */
static int
ask_about(struct store_tx *tx, const struct sweep *sweep, struct call_row *call, struct error *err)
{
    if (call_enqueue(tx, call, JOB_REFRESH_CALL, sweep->now_ms, sweep->now_ms, err) < 0)
        return -1;
    call->due_at_ms = sweep->now_ms + sweep->with->lanes[JOB_LANE_TRUTH].lease_ms;
    return store_update_call(tx, call, err);
}

static int apply(struct store_tx *tx, void *work, struct error *err)
{
    struct sweep *sweep = work;
    auto_arena struct arena *arena = arena_create();
    struct call_rows due;
    if (store_list_due_calls(store_tx_reader(tx), sweep->now_ms, CALLS_PER_SWEEP, arena, &due,
                             err) < 0)
        return -1;
    for (size_t i = 0; i < due.count; i++) {
        if (ask_about(tx, sweep, &due.items[i], err) < 0)
            return -1;
    }
    sweep->asked = (int64_t)due.count;
    const struct job_filter buried = {.dead = true, .limit = DEAD_JOBS_COUNTED};
    struct job_rows dead;
    if (store_list_jobs(store_tx_reader(tx), &buried, arena, &dead, err) < 0)
        return -1;
    sweep->dead_jobs = (int64_t)dead.count;
    if (store_count_wanted_recordings(store_tx_reader(tx), &sweep->wanted_recordings, err) < 0)
        return -1;
    sweep->pruned = 0;
    if (store_prune_idempotency(tx, sweep->keys_before_ms, KEYS_PER_SWEEP, &sweep->pruned, err) < 0)
        return -1;
    return store_prune_audit(tx, sweep->audit_before_ms, AUDIT_ROWS_PER_SWEEP, &sweep->pruned, err);
}

void runner_sweep(struct runner *runner, int64_t idempotency_ttl_ms, int64_t audit_ttl_ms)
{
    const struct runner_settings *with = runner_with(runner);
    int64_t now_ms = wall_clock_now_ms(with->clock);
    struct sweep sweep = {.with = with,
                          .now_ms = now_ms,
                          .keys_before_ms = now_ms - idempotency_ttl_ms,
                          .audit_before_ms = now_ms - audit_ttl_ms};
    struct error err = {0};
    if (store_apply(with->store, apply, &sweep, &err) < 0) {
        log_warning("sweep.failed", LOG_TEXT("job", "-"), LOG_PHONE("error", err.message));
        return;
    }
    metric_set(metrics_gauge(with->metrics, "switchhook_jobs_dead", "",
                             "Buried jobs that wait for an operator (1000: at least as many)."),
               sweep.dead_jobs);
    metric_set(metrics_gauge(with->metrics, "switchhook_recordings_waiting", "",
                             "Recordings whose sound is to be fetched."),
               sweep.wanted_recordings);
    if (sweep.asked > 0)
        runner_wake(runner, JOB_LANE_TRUTH);
}
