/*
 * The durable outbox: what Twilio must do, or must be asked, is a job row written with the fact that calls for it; a few
 * worker threads claim rows under a lease, talk to Twilio, and record the outcome. A handler may run twice and must not
 * mind; the one that spends money (place_call) never sends twice, see jobs/handlers/place_call.c.
 */
#ifndef JOBS_RUNNER_H
#define JOBS_RUNNER_H

#include "core/metrics.h"
#include "core/wall_clock.h"
#include "events/bus.h"
#include "jobs/backoff.h"
#include "jobs/media.h"
#include "net/net.h"
#include "store/store.h"
#include "twilio/hooks.h"
#include "twilio/rest.h"
#include "voice/adoption.h"
#include "voice/resource_id.h"
#include "voice/silence.h"

/** How Twilio's lists are compared with what is stored, and what becomes of calls that nobody has told us of. */
struct reconcile_settings {
    struct adoption_settings adoption;
    const char *application_sid; /**< our TwiML App: numbers that it answers are ours */
    unsigned per_second;         /**< requests of everything that nobody waits for */
    bool periodic;               /**< runner_reconcile is called now and then */
    int64_t back_ms;             /**< so much further back than the last time, since lists lag */
    int64_t longest_ms;          /**< and never further back than this */
    int64_t settle_after_ms;     /**< after the end: ask for what is missing; 0: do not */
    unsigned settle_attempts;    /**< with pauses that double */
    bool fetch;                  /**< sound of recordings is kept here */
    int64_t unsure_ms;           /**< see jobs/recordings.h */
    int64_t (*new_id)(void *context, enum resource_kind kind, char *out);
    void *context;
};

/** How the jobs of one lane are worked on. */
struct lane_settings {
    unsigned workers;
    unsigned attempts_max; /**< claims before a job is buried */
    int64_t lease_ms;      /**< longer than any attempt at a job of this lane */
    struct backoff backoff;
};

/** Borrowed until runner_free. */
struct runner_settings {
    struct store *store;
    struct net *net;
    struct bus *bus;
    struct metrics *metrics;
    const struct wall_clock *clock;
    const struct rest_account *account;
    const struct rest_credentials *credentials; /**< the first; see runner_use */
    const struct hook_settings *hooks;          /**< the first; see runner_use */
    const struct silence_settings *silence;
    struct media *media;     /**< jobs/media.h; NULL: recordings stay at Twilio */
    struct storage *storage; /**< where they are otherwise */
    struct lane_settings lanes[JOB_LANE_COUNT];
    int64_t poll_ms; /**< how often to look without being woken */
    struct reconcile_settings reconcile;
    int64_t unknown_retry_ms; /**< between looks for a call that may have been placed */
};

struct runner;

struct runner *runner_create(const struct runner_settings *settings);

/** Start the workers. Leases of a former process end first: nobody of it can be alive. */
int runner_start(struct runner *runner, struct error *err) MUST_USE;

/** Talk to Twilio with these from the next attempt on. Borrowed until runner_free. Any thread. */
void runner_use(struct runner *runner,
                const struct rest_credentials *credentials,
                const struct hook_settings *hooks);

/** There may be a job in that lane. Any thread, never blocks. */
void runner_wake(struct runner *runner, enum job_lane lane);

/**
 * Enqueue a refresh_call job for every call that has been silent too long, and forget idempotency keys and audit rows
 * that are older than said. For the ticker; blocks on the store.
 */
void runner_sweep(struct runner *runner, int64_t idempotency_ttl_ms, int64_t audit_ttl_ms);

/** Compare with Twilio's lists again, from before the last time on. For the ticker; blocks on the store. */
void runner_reconcile(struct runner *runner);

/** The server is alive: what happens after the last time this was said is compared after a start. For the ticker; blocks. */
void runner_live(struct runner *runner);

/**
 * Finish what is under way and end the workers; runner_wake does no harm afterwards, so units of work that were
 * handed over before may still be committed. Again is fine. Takes NULL.
 */
void runner_stop(struct runner *runner);

/** runner_stop if that was not done, and free. Takes NULL. */
void runner_free(struct runner *runner);

#endif
