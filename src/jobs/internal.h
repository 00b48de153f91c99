/* Shared by the runner and the handlers. */
#ifndef JOBS_INTERNAL_H
#define JOBS_INTERNAL_H

#include "jobs/runner.h"

/** What a handler works with during one attempt. */
struct attempt {
    const struct runner_settings *with;
    const struct rest_credentials *credentials;
    const struct hook_settings *hooks;
    struct runner *runner;
    struct job_row job;
    bool lease_expired; /**< a former worker may have acted and died */
    struct arena *arena;
};

/**
 * One attempt at a job. A handler that settles its job (finish, retry or bury, in one unit with the facts) returns 0.
 * -1 with `err`: the runner tries again later if the kind of error is worth it, else buries the job.
 */
typedef int job_fn(struct attempt *attempt, struct error *err);

job_fn place_call;
job_fn find_call;
job_fn hangup_call;
job_fn refresh_call;
job_fn fetch_recording;
job_fn delete_recording;
job_fn release_recording;
job_fn erase_at_twilio;
job_fn sweep_account;
job_fn start_recording;
job_fn control_recording; /* pause, resume, stop */

static inline int64_t attempt_now_ms(const struct attempt *attempt)
{
    return wall_clock_now_ms(attempt->with->clock);
}

/** The settings, for parts that are no attempt. */
const struct runner_settings *runner_with(const struct runner *runner);

struct gentle;
struct known_numbers;

/** Shared by all workers: jobs/gentle.h, jobs/known_numbers.h. */
struct gentle *runner_gentle(struct runner *runner);
struct known_numbers *runner_numbers(struct runner *runner);

/** Wait. False, at once, when the workers are to end. */
bool runner_pause(struct runner *runner, int64_t ms);

/** How jobs of this one's lane are worked on. */
const struct lane_settings *attempt_lane(const struct attempt *attempt);

/** When to try again, by attempts so far; `at_least_ms` as in backoff_ms. */
int64_t attempt_again_at(const struct attempt *attempt, int64_t at_least_ms);

/**
 * The job is done. If it is gone already, its lease had run out and another worker has settled it; what this attempt
 * has found out is worth keeping all the same.
 */
int attempt_finish(struct store_tx *tx, const struct attempt *attempt, struct error *err) MUST_USE;

/** Publish that a call has moved. */
void attempt_publish(const struct attempt *attempt, enum event_kind kind, int64_t sequence);

/** Count `switchhook_jobs_total{kind,outcome}`. */
void attempt_count(const struct attempt *attempt, const char *outcome);

#endif
