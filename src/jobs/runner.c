#include "jobs/runner.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/log.h"
#include "core/random.h"
#include "core/xmalloc.h"
#include "gentle.h"
#include "internal.h"
#include "known_numbers.h"
#include "reconcile.h"

struct runner {
    struct runner_settings with;
    const struct rest_credentials *_Atomic credentials;
    const struct hook_settings *_Atomic hooks;
    pthread_mutex_t lock; /* of the lanes' wakes and of stop */
    bool stop;
    pthread_cond_t stopping;
    struct gentle *gentle;
    struct known_numbers *numbers;
    struct lane {
        struct runner *runner;
        enum job_lane which;
        pthread_cond_t woken; /* on the monotonic clock */
        uint64_t
            wakes; /* counts runner_wake, so that none is missed between looking and sleeping */
        unsigned running;
        pthread_t *workers;
    } lanes[JOB_LANE_COUNT];
};

/* What becomes of a job whose attempts have failed often enough. */
enum exhausted {
    GO_ON, /* it has to be done: it is never given up, only tried ever more seldom */
    BURY,  /* an operator sees it */
    DROP,  /* the sweep will ask for it again */
};

static const struct {
    job_fn *run;
    enum exhausted exhausted;
} kinds[] = {
    [JOB_PLACE_CALL] = {place_call,        GO_ON},
    [JOB_HANGUP_CALL] = {hangup_call,       BURY },
    [JOB_REFRESH_CALL] = {refresh_call,      DROP },
    [JOB_FIND_CALL] = {find_call,         GO_ON},
    [JOB_FETCH_RECORDING] = {fetch_recording,   BURY },
    [JOB_DELETE_RECORDING] = {delete_recording,  GO_ON},
    [JOB_RELEASE_RECORDING] = {release_recording, BURY },
    [JOB_ERASE_AT_TWILIO] = {erase_at_twilio,   BURY },
    [JOB_SETTLE_CALL] = {refresh_call,      DROP },
    [JOB_SWEEP_ACCOUNT] = {sweep_account,     GO_ON},
    [JOB_START_RECORDING] = {start_recording,   BURY },
    [JOB_PAUSE_RECORDING] = {control_recording, BURY },
    [JOB_RESUME_RECORDING] = {control_recording, BURY },
    [JOB_STOP_RECORDING] = {control_recording, BURY },
};

struct runner *runner_create(const struct runner_settings *settings)
{
    struct runner *runner = xcalloc(1, sizeof(*runner));
    runner->with = *settings;
    runner_use(runner, settings->credentials, settings->hooks);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    for (enum job_lane which = 0; which < JOB_LANE_COUNT; which++) {
        struct lane *lane = &runner->lanes[which];
        lane->runner = runner;
        lane->which = which;
        lane->workers = xcalloc(settings->lanes[which].workers, sizeof(*lane->workers));
        pthread_cond_init(&lane->woken, &monotonic);
    }
    pthread_cond_init(&runner->stopping, &monotonic);
    pthread_condattr_destroy(&monotonic);
    runner->gentle = gentle_create(settings->reconcile.per_second);
    runner->numbers = known_numbers_create();
    pthread_mutex_init(&runner->lock, NULL);
    return runner;
}

struct gentle *runner_gentle(struct runner *runner)
{
    return runner->gentle;
}

struct known_numbers *runner_numbers(struct runner *runner)
{
    return runner->numbers;
}

bool runner_pause(struct runner *runner, int64_t ms)
{
    int64_t at_ms = monotonic_ms() + ms;
    struct timespec at = {.tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000};
    int rc = 0;
    pthread_mutex_lock(&runner->lock);
    while (!runner->stop && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&runner->stopping, &runner->lock, &at);
    bool go_on = !runner->stop;
    pthread_mutex_unlock(&runner->lock);
    return go_on;
}

const struct runner_settings *runner_with(const struct runner *runner)
{
    return &runner->with;
}

void runner_use(struct runner *runner,
                const struct rest_credentials *credentials,
                const struct hook_settings *hooks)
{
    runner->credentials = credentials;
    runner->hooks = hooks;
}

void runner_wake(struct runner *runner, enum job_lane lane)
{
    pthread_mutex_lock(&runner->lock);
    runner->lanes[lane].wakes++;
    pthread_cond_signal(&runner->lanes[lane].woken);
    pthread_mutex_unlock(&runner->lock);
}

/* ---- helpers of handlers ---- */

const struct lane_settings *attempt_lane(const struct attempt *attempt)
{
    return &attempt->with->lanes[job_kind_lane(attempt->job.kind)];
}

int64_t attempt_again_at(const struct attempt *attempt, int64_t at_least_ms)
{
    return attempt_now_ms(attempt) + backoff_ms(&attempt_lane(attempt)->backoff,
                                                attempt->job.attempts, random_u64(), at_least_ms);
}

int attempt_finish(struct store_tx *tx, const struct attempt *attempt, struct error *err)
{
    if (store_finish_job(tx, attempt->job.number, err) == 0)
        return 0;
    if (err->kind != ERROR_NOT_FOUND)
        return -1;
    error_clear(err);
    return 0;
}

void attempt_publish(const struct attempt *attempt, enum event_kind kind, int64_t sequence)
{
    struct event event = {kind, attempt->job.call_number, sequence};
    bus_publish(attempt->with->bus, &event);
}

void attempt_count(const struct attempt *attempt, const char *outcome)
{
    char labels[80];
    (void)snprintf(labels, sizeof(labels), "kind=\"%s\",outcome=\"%s\"",
                   job_kind_text(attempt->job.kind), outcome);
    metric_add(metrics_counter(attempt->with->metrics, "switchhook_jobs_total", labels,
                               "Attempts at jobs by what became of them."),
               1);
}

/* ---- one attempt ---- */

enum verdict { AGAIN, BURIED, DROPPED };

struct settlement {
    const struct attempt *attempt;
    const char *message;
    enum verdict verdict;
    int64_t run_at_ms;
};

static const char *const verdict_texts[] = {
    [AGAIN] = "retried", [BURIED] = "buried", [DROPPED] = "dropped"};

static enum verdict judge(const struct attempt *attempt, const struct error *failure)
{
    enum exhausted exhausted = kinds[attempt->job.kind].exhausted;
    bool fresh = attempt->job.attempts < (int)attempt_lane(attempt)->attempts_max;
    if (error_info(failure->kind)->retry && (fresh || exhausted == GO_ON))
        return AGAIN;
    return exhausted == DROP ? DROPPED : BURIED;
}

static int settle_failure(struct store_tx *tx, void *work, struct error *err)
{
    const struct settlement *s = work;
    int64_t number = s->attempt->job.number;
    switch (s->verdict) {
    case AGAIN:
        return store_retry_job(tx, number, s->run_at_ms, s->message, err);
    case BURIED:
        return store_bury_job(tx, number, s->message, err);
    case DROPPED:
        break;
    }
    return attempt_finish(tx, s->attempt, err);
}

/* The handler could not settle the job itself. */
static void take_failure(struct attempt *attempt, const struct error *failure)
{
    struct settlement settlement = {attempt, failure->message, judge(attempt, failure),
                                    attempt_again_at(attempt, -1)};
    struct error err = {0};
    enum verdict verdict = settlement.verdict;
    log_warning(verdict == AGAIN    ? "job.retried"
                : verdict == BURIED ? "job.buried"
                                    : "job.dropped",
                LOG_INT("job", attempt->job.number),
                LOG_TEXT("kind", job_kind_text(attempt->job.kind)),
                LOG_INT("attempt", attempt->job.attempts), LOG_PHONE("error", failure->message));
    attempt_count(attempt, verdict_texts[verdict]);
    if (store_apply(attempt->with->store, settle_failure, &settlement, &err) < 0)
        log_error("job.unsettled", LOG_INT("job", attempt->job.number),
                  LOG_PHONE("error", err.message));
    /* If not even that could be written, the lease runs out and the job comes back. */
}

struct claim {
    struct attempt *attempt;
    enum job_lane lane;
};

static int claim(struct store_tx *tx, void *work, struct error *err)
{
    const struct claim *claim = work;
    struct attempt *attempt = claim->attempt;
    return store_claim_job(tx, claim->lane, attempt_now_ms(attempt),
                           attempt->with->lanes[claim->lane].lease_ms, attempt->arena,
                           &attempt->job, &attempt->lease_expired, err);
}

/* Take one job through one attempt; false if there was none. */
static bool run_one(struct runner *runner, enum job_lane lane)
{
    auto_arena struct arena *arena = arena_create();
    struct attempt attempt = {
        .with = &runner->with,
        .credentials = runner->credentials,
        .hooks = runner->hooks,
        .runner = runner,
        .arena = arena,
    };
    struct claim work = {&attempt, lane};
    struct error err = {0};
    if (store_apply(runner->with.store, claim, &work, &err) < 0) {
        if (err.kind != ERROR_NOT_FOUND)
            log_error("job.unclaimed", LOG_TEXT("job", "-"), LOG_PHONE("error", err.message));
        return false;
    }
    log_debug("job.started", LOG_INT("job", attempt.job.number),
              LOG_TEXT("kind", job_kind_text(attempt.job.kind)),
              LOG_INT("attempt", attempt.job.attempts));
    if (kinds[attempt.job.kind].run(&attempt, &err) < 0)
        take_failure(&attempt, &err);
    return true;
}

/* ---- workers ---- */

struct look {
    enum job_lane lane;
    int64_t next_at_ms;
};

static int read_next_at(struct store_rx *rx, void *work, struct error *err)
{
    struct look *look = work;
    return store_next_job_at(rx, look->lane, &look->next_at_ms, err);
}

/* How long there is nothing to do in that lane, in milliseconds; 0 if a job is due. */
static int64_t idle_ms(struct runner *runner, enum job_lane lane)
{
    struct look look = {.lane = lane};
    int64_t now_ms = wall_clock_now_ms(runner->with.clock);
    struct error err = {0};
    if (store_run_read(runner->with.store, read_next_at, &look, &err) < 0 || look.next_at_ms == 0)
        return runner->with.poll_ms;
    int64_t wait = look.next_at_ms - now_ms;
    if (wait <= 0)
        return 0;
    return wait < runner->with.poll_ms ? wait : runner->with.poll_ms;
}

/* Sleep unless somebody has called since `seen`. False when it is time to stop. */
static bool sleep_ms(struct lane *lane, int64_t ms, uint64_t *seen)
{
    struct runner *runner = lane->runner;
    int64_t at_ms = monotonic_ms() + ms;
    struct timespec at = {.tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000};
    pthread_mutex_lock(&runner->lock);
    int rc = 0;
    while (!runner->stop && lane->wakes == *seen && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&lane->woken, &runner->lock, &at);
    *seen = lane->wakes;
    bool go_on = !runner->stop;
    pthread_mutex_unlock(&runner->lock);
    return go_on;
}

/* A job that would find no room is not even claimed. */
static bool has_room(const struct runner *runner, enum job_lane lane)
{
    return lane != JOB_LANE_MEDIA || runner->with.media == NULL ||
           media_has_room(runner->with.media, 0);
}

static void *work(void *context)
{
    struct lane *lane = context;
    struct runner *runner = lane->runner;
    uint64_t seen = 0;
    int64_t wait = 0;
    while (sleep_ms(lane, wait, &seen)) {
        wait = idle_ms(runner, lane->which);
        if (wait == 0 && (!has_room(runner, lane->which) || !run_one(runner, lane->which)))
            wait = runner->with.poll_ms; /* another worker was quicker, or the store cannot write */
    }
    return NULL;
}

static int expire_leases(struct store_tx *tx, void *context, struct error *err)
{
    const struct runner *runner = context;
    return store_expire_leases(tx, wall_clock_now_ms(runner->with.clock), err);
}

static int start_lane(struct lane *lane, struct error *err)
{
    for (; lane->running < lane->runner->with.lanes[lane->which].workers; lane->running++) {
        if (pthread_create(&lane->workers[lane->running], NULL, work, lane) != 0)
            return error_set(err, ERROR_INTERNAL, "a worker thread cannot be started");
    }
    return 0;
}

int runner_start(struct runner *runner, struct error *err)
{
    if (store_apply(runner->with.store, expire_leases, runner, err) < 0)
        return -1;
    reconcile_after_start(runner);
    for (size_t i = 0; i < JOB_LANE_COUNT; i++) {
        if (start_lane(&runner->lanes[i], err) < 0)
            return -1;
    }
    return 0;
}

void runner_stop(struct runner *runner)
{
    if (runner == NULL)
        return;
    pthread_mutex_lock(&runner->lock);
    runner->stop = true;
    for (size_t i = 0; i < JOB_LANE_COUNT; i++)
        pthread_cond_broadcast(&runner->lanes[i].woken);
    pthread_cond_broadcast(&runner->stopping);
    pthread_mutex_unlock(&runner->lock);
    for (size_t i = 0; i < JOB_LANE_COUNT; i++) {
        struct lane *lane = &runner->lanes[i];
        while (lane->running > 0)
            pthread_join(lane->workers[--lane->running], NULL);
    }
}

void runner_free(struct runner *runner)
{
    if (runner == NULL)
        return;
    runner_stop(runner);
    for (size_t i = 0; i < JOB_LANE_COUNT; i++) {
        pthread_cond_destroy(&runner->lanes[i].woken);
        free(runner->lanes[i].workers);
    }
    pthread_cond_destroy(&runner->stopping);
    pthread_mutex_destroy(&runner->lock);
    gentle_free(runner->gentle);
    known_numbers_free(runner->numbers);
    free(runner);
}
