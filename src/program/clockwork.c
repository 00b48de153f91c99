#include "clockwork.h"

#include "app/admission.h"
#include "app/audit.h"
#include "app/fetched_keys.h"
#include "app/keys.h"
#include "core/log.h"
#include "core/notify.h"
#include "dispatch/dispatch.h"
#include "internal.h"
#include "jobs/recording_ages.h"
#include "jobs/retention.h"
#include "jobs/runner.h"
#include "store/store.h"

enum {
    AUDIT_LOOKS = 4, /* within the time of a repeat */
    KEYS_LOOK_MS = 500,
};

void clockwork_reload_keys(void *context)
{
    struct app *app = context;
    struct error err = {0};
    if (keys_refresh(app->keys, &err) < 0)
        log_warning("keys.stale", LOG_PHONE("error", err.message));
}

static void renew_fetched_keys(void *context)
{
    fetched_keys_tick(context);
}

static void sweep(void *context)
{
    struct app *app = context;
    const struct config *config = app->config;
    runner_sweep(app->runner, config->calls.idempotency_ttl_ms, config->audit.ttl_ms);
}

static void prune_what_is_old(void *context)
{
    struct app *app = context;
    const struct config_retention *kept = &app->config->retention;
    const struct retention_settings settings = {
        .store = app->store,
        .metrics = app->metrics,
        .clock = app->clock,
        .ttl_ms = {[RETENTION_RAW] = kept->raw_ms,
                   [RETENTION_TIMELINE] = kept->timeline_ms,
                   [RETENTION_TRANSCRIPTS] = kept->transcript_ms,
                   [RETENTION_CALLS] = kept->call_ms,
                   [RETENTION_DEAD_JOBS] = kept->dead_job_ms,
                   [RETENTION_IDENTITY_GROUPS] = kept->identity_group_ms}
    };
    retention_run(&settings);
}

static void age_recordings(void *context)
{
    struct app *app = context;
    const struct config *config = app->config;
    const struct recording_ages ages = {
        .rules = &config->keeping.rules,
        .release = config->keeping.release,
        .release_after_ms = config->keeping.release_after_ms,
    };
    runner_age_recordings(app->runner, &ages, &app->retained_before);
}

static void settle_audit(void *context)
{
    struct app *app = context;
    audit_log_tick(app->audit, app_now_ms(app));
}

/* Only a server that can still write says that it is alive. */
static void feed_watchdog(void *context)
{
    struct app *app = context;
    struct error err = {0};
    if (store_probe(app->store, &err) == 0)
        (void)service_notify("WATCHDOG=1", NULL);
    else
        log_error("watchdog.unfed", LOG_PHONE("error", err.message));
}

static void prune_usage(void *context)
{
    struct error err = {0};
    if (admission_prune(context, &err) < 0)
        log_warning("usage.unpruned", LOG_TEXT("error", err.message));
}

static void sweep_webhooks(void *context)
{
    dispatch_sweep(context);
}

static void reconcile(void *context)
{
    struct app *app = context;
    runner_reconcile(app->runner);
}

static void live(void *context)
{
    struct app *app = context;
    runner_live(app->runner);
}

struct ticker *clockwork_create(struct app *app)
{
    const struct config *config = app->config;
    struct ticker *ticker = ticker_create();
    ticker_add(ticker, config->access.key_reload_ms, clockwork_reload_keys, app);
    ticker_add(ticker, config->jobs.refresh_sweep_ms, sweep, app);
    ticker_add(ticker, config->jobs.refresh_sweep_ms, prune_what_is_old, app);
    ticker_add(ticker, config->keeping.sweep_ms, age_recordings, app);
    ticker_add(ticker, config->audit.repeat_ms / AUDIT_LOOKS + 1, settle_audit, app);
    ticker_add(ticker, config->calls.policy_hour_ms, prune_usage, app);
    ticker_add(ticker, config->reconcile.alive_ms, live, app);
    if (config->reconcile.sweep_ms > 0)
        ticker_add(ticker, config->reconcile.sweep_ms, reconcile, app);
    if (app->fetched_keys != NULL)
        ticker_add(ticker, KEYS_LOOK_MS, renew_fetched_keys, app->fetched_keys);
    ticker_add(ticker, config->dispatch.sweep_ms, sweep_webhooks, app->dispatch);
    if (service_watchdog_ms() > 0)
        ticker_add(ticker, service_watchdog_ms(), feed_watchdog, app);
    return ticker;
}
