/*
 * When Twilio's lists are compared with what is stored (handlers/sweep_account.c does it): after a start, because nobody has told
 * us anything while we were away, and now and then, because what is told gets lost while we are here as well.
 */
#include "reconcile.h"

#include "core/log.h"

struct wanting {
    const struct runner_settings *with;
    int64_t now_ms;
    bool after_start;
    bool wanted; /* a job was written, or there is one */
};

static int64_t earlier(int64_t a, int64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

/*
 * Up to when everything is known. While we run, that is the last sweep; after a start also the last sign of life, if it is older
 * or there are no other sweeps. A database without either is new, and what an account did before is not ours.
 */
static int64_t known_until(const struct wanting *wanting, const struct reconciler_row *row)
{
    if (!wanting->after_start)
        return row->swept_until_ms != 0 ? row->swept_until_ms : wanting->now_ms;
    return wanting->with->reconcile.periodic ? earlier(row->alive_at_ms, row->swept_until_ms)
                                             : row->alive_at_ms;
}

static int insert_job(struct store_tx *tx, const struct wanting *wanting, struct error *err)
{
    struct job_row job = {.account_sid = wanting->with->account->account_sid,
                          .kind = JOB_SWEEP_ACCOUNT,
                          .run_at_ms = wanting->now_ms,
                          .created_at_ms = wanting->now_ms};
    if (store_insert_job(tx, &job, err) == 0)
        return 0;
    if (err->kind != ERROR_CONFLICT)
        return -1;
    error_clear(err);
    return 0;
}

static int want(struct store_tx *tx, void *work, struct error *err)
{
    struct wanting *wanting = work;
    const struct reconcile_settings *settings = &wanting->with->reconcile;
    auto_arena struct arena *arena = arena_create();
    struct reconciler_row row;
    wanting->wanted = false;
    if (store_get_reconciler(store_tx_reader(tx), arena, &row, err) < 0)
        return -1;
    int64_t known_ms = known_until(wanting, &row);
    if (known_ms == 0)
        return 0;
    int64_t since_ms = known_ms - settings->back_ms;
    if (since_ms < wanting->now_ms - settings->longest_ms) {
        since_ms = wanting->now_ms - settings->longest_ms;
        log_warning("sweep.cut", LOG_INT("back_s", settings->longest_ms / 1000));
    }
    row.pending_since_ms = earlier(row.pending_since_ms, since_ms);
    wanting->wanted = true;
    return store_put_reconciler(tx, &row, err) < 0 ? -1 : insert_job(tx, wanting, err);
}

static void ask_for_sweep(struct runner *runner, bool after_start)
{
    const struct runner_settings *with = runner_with(runner);
    struct wanting wanting = {
        .with = with, .now_ms = wall_clock_now_ms(with->clock), .after_start = after_start};
    struct error err = {0};
    if (store_apply(with->store, want, &wanting, &err) < 0)
        log_warning("sweep.not_asked", LOG_PHONE("error", err.message));
    else if (wanting.wanted)
        runner_wake(runner, JOB_LANE_TRUTH);
}

void runner_reconcile(struct runner *runner)
{
    ask_for_sweep(runner, false);
}

static int live(struct store_tx *tx, void *work, struct error *err)
{
    const int64_t *now_ms = work;
    auto_arena struct arena *arena = arena_create();
    struct reconciler_row row;
    if (store_get_reconciler(store_tx_reader(tx), arena, &row, err) < 0)
        return -1;
    if (row.alive_at_ms >= *now_ms)
        return 0;
    row.alive_at_ms = *now_ms;
    return store_put_reconciler(tx, &row, err);
}

void runner_live(struct runner *runner)
{
    const struct runner_settings *with = runner_with(runner);
    int64_t now_ms = wall_clock_now_ms(with->clock);
    struct error err = {0};
    if (store_apply(with->store, live, &now_ms, &err) < 0)
        log_warning("alive.unwritten", LOG_PHONE("error", err.message));
}

void reconcile_after_start(struct runner *runner)
{
    ask_for_sweep(runner, true);
    runner_live(runner);
}
