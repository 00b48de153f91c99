/*
 * The parts of a server and how they are connected. They are freed in the reverse order of their making; where that is
 * not enough, parts_free says why.
 */
#include "program/parts.h"

#include <stdlib.h>

#include "api/events.h"
#include "app/admission.h"
#include "app/audit.h"
#include "app/feed.h"
#include "app/fetched_keys.h"
#include "app/forward_auth.h"
#include "app/group_memory.h"
#include "app/keys.h"
#include "app/limits.h"
#include "app/recording_links.h"
#include "app/sound_readers.h"
#include "app/sounds.h"
#include "app/tickets.h"
#include "app/waiters.h"
#include "clockwork.h"
#include "core/log.h"
#include "core/text.h"
#include "core/ticker.h"
#include "core/xmalloc.h"
#include "crypto/compare.h"
#include "dispatch/dispatch.h"
#include "edge.h"
#include "generation.h"
#include "http/server.h"
#include "internal.h"
#include "jobs/runner.h"
#include "media_storage.h"
#include "net/net.h"
#include "recordings.h"
#include "routes/routes.h"
#include "twilio/twiml.h"

enum {
    ADMIN_WORKERS = 2,
    ADMIN_CONNECTIONS = 64,
};

/* Everything there is, in the order in which it is made. */
struct parts {
    struct config *config; /* of the first generation */
    struct generation *generation;
    struct app app;
    struct net *net;
    struct media_storage *media;
    struct recordings *recordings;
    struct sounds *sounds;
    struct rest_account account;
    struct router *public_router;
    struct router *admin_router;
    struct http_server *public_server;
    struct http_server *admin_server;
    struct ticker *ticker;
};

/* ---- making --------------------------------------------------------------------------------------------------- */

static int make_dispatch(struct parts *parts, struct error *err)
{
    struct app *app = &parts->app;
    const struct dispatch_settings settings = {
        .store = app->store,
        .bus = app->bus,
        .metrics = app->metrics,
        .clock = app->clock,
        .config = parts->config,
        .write = event_write_body,
    };
    if (dispatch_create(&settings, &app->dispatch, err) < 0)
        return -1;
    return dispatch_use_file(app->dispatch, parts->generation->subscriptions, err);
}

static int make_net(struct parts *parts, struct error *err)
{
    struct net_settings settings = configuration_net(parts->config);
    parts->account = configuration_account(parts->config);
    return net_create(&settings, parts->app.metrics, &parts->net, err);
}

static int make_media(struct parts *parts, struct error *err)
{
    struct app *app = &parts->app;
    if (media_storage_create(parts->config, app->metrics, app->clock, &parts->media, err) < 0)
        return -1;
    app->storage = media_storage_door(parts->media);
    app->sound_readers = sound_readers_create(app->storage, parts->config->playing.readers,
                                              parts->config->playing.at_once_max, app->metrics);
    return 0;
}

/* Who asks the application, and whoever has the keys of its tokens. Each has connections of its own: one that hangs does
 * not hold up the other, nor Twilio. */
static int make_users(struct parts *parts, struct error *err)
{
    struct app *app = &parts->app;
    const struct config_users *users = &parts->config->users;
    const struct fetched_keys_settings keys = configuration_fetched_keys(parts->config);
    const struct forward_auth_settings forward = configuration_forward_auth(parts->config);
    app->groups = group_memory_create();
    if (config_has_auth(parts->config, CONFIG_AUTH_JWT) && users->jwks_url.text != NULL &&
        fetched_keys_create(&keys, app->metrics, &app->fetched_keys, err) < 0)
        return -1;
    if (!config_has_auth(parts->config, CONFIG_AUTH_FORWARD))
        return 0;
    return forward_auth_create(&forward, app->metrics, &app->forward_auth, err);
}

static int make_feed(struct parts *parts, struct error *err)
{
    struct app *app = &parts->app;
    const struct feed_settings settings = {
        .store = app->store,
        .bus = app->bus,
        .keys = app->keys,
        .metrics = app->metrics,
        .clock = app->clock,
        .events = &parts->config->events,
        .render = event_render,
        .farewell = event_farewell,
    };
    app->tickets = tickets_create(parts->config->events.ticket_ttl_ms);
    return feed_create(&settings, &app->feed, err);
}

static struct lane_settings lane_of(const struct config_lane *lane)
{
    return (struct lane_settings){
        .workers = lane->workers,
        .attempts_max = lane->attempts_max,
        .lease_ms = lane->lease_ms,
        .backoff = {lane->backoff_ms, lane->backoff_max_ms},
    };
}

static int64_t new_id(void *context, enum resource_kind kind, char *out)
{
    return app_new_id(context, kind, out);
}

static struct reconcile_settings reconcile_of(struct app *app, const struct config *config)
{
    static const enum adoption adoptions[] = {
        [CONFIG_ADOPT_OURS] = ADOPTION_OURS,
        [CONFIG_ADOPT_ALL] = ADOPTION_ALL,
        [CONFIG_ADOPT_NONE] = ADOPTION_NONE,
    };
    const struct config_reconcile *reconcile = &config->reconcile;
    return (struct reconcile_settings){
        .adoption = {.which = adoptions[reconcile->adopt],
                     .number = config->twilio.phone_number,
                     .caller_ids = &config->calls.caller_ids,
                     .inbound = &config->calls.inbound_identities},
        .application_sid = config->twilio.twiml_app_sid,
        .per_second = reconcile->per_second,
        .periodic = reconcile->sweep_ms > 0,
        .back_ms = reconcile->back_ms,
        .longest_ms = reconcile->longest_ms,
        .settle_after_ms = reconcile->settle_after_ms,
        .settle_attempts = reconcile->settle_attempts,
        .fetch = app->media != NULL,
        .unsure_ms = config->recordings.ready_ms,
        .new_id = new_id,
        .context = app,
    };
}

/* Few: they wait for their turn (jobs/gentle.h), and nobody waits for them. */
static struct lane_settings truth_lane(const struct config_lane *calls)
{
    enum { TRUTH_WORKERS = 2 };
    struct lane_settings lane = lane_of(calls);
    lane.workers = TRUTH_WORKERS;
    return lane;
}

static void make_runner(struct parts *parts)
{
    const struct config_jobs *jobs = &parts->config->jobs;
    struct app *app = &parts->app;
    struct runner_settings settings = {
        .store = app->store,
        .net = parts->net,
        .bus = app->bus,
        .metrics = app->metrics,
        .clock = app->clock,
        .account = &parts->account,
        .credentials = &parts->generation->credentials,
        .hooks = &parts->generation->hooks,
        .silence = &app->silence,
        .media = app->media,
        .storage = app->storage,
        .lanes = {[JOB_LANE_CALLS] = lane_of(&jobs->calls),
                  [JOB_LANE_MEDIA] = lane_of(&jobs->media),
                  [JOB_LANE_CLEARING] = lane_of(&jobs->media),
                  [JOB_LANE_TRUTH] = truth_lane(&jobs->calls)},
        .reconcile = reconcile_of(app, parts->config),
        .poll_ms = jobs->poll_ms,
        .unknown_retry_ms = jobs->unknown_retry_ms,
    };
    app->runner = runner_create(&settings);
}

static int make_servers(struct parts *parts, struct error *err)
{
    const struct config_server *server = &parts->config->server;
    struct http_settings settings = {
        .name = "public",
        .listen = server->listen.items,
        .listen_count = server->listen.count,
        .workers = server->workers,
        .connections_max = server->connections_max,
        .idle_timeout_ms = server->idle_timeout_ms,
        .header_deadline_ms = server->header_deadline_ms,
        .body_deadline_ms = server->body_deadline_ms,
        .clock = parts->app.clock,
    };
    edge_guard_public(&settings);
    struct http_settings admin = settings;
    edge_guard_admin(&admin);
    admin.name = "admin";
    admin.listen = server->admin_listen.items;
    admin.listen_count = server->admin_listen.count;
    admin.workers = ADMIN_WORKERS;
    admin.connections_max = ADMIN_CONNECTIONS;
    admin.no_access_log = 1;
    if (routes_public(parts->config, &parts->public_router, err) < 0 ||
        routes_admin(&parts->admin_router, err) < 0)
        return -1;
    struct app *app = &parts->app;
    app->router = parts->public_router;
    if (http_server_create(&settings, parts->public_router, app, app->metrics,
                           &parts->public_server, err) < 0)
        return -1;
    return http_server_create(&admin, parts->admin_router, app, app->metrics, &parts->admin_server,
                              err);
}

static void refresh_log_drops(void *context)
{
    metric_set(context, (int64_t)log_drops());
}

/* ---- all parts -------------------------------------------------------------------------------------------------- */

static int read_newest(struct store_rx *rx, void *work, struct error *err)
{
    auto_arena struct arena *arena = arena_create();
    const struct call_filter filter = {.limit = 1};
    const struct recording_filter recording_filter = {.limit = 1};
    struct call_rows calls;
    struct recording_rows recordings;
    int64_t *number = work;
    if (store_list_calls(rx, &filter, arena, &calls, err) < 0 ||
        store_list_recordings(rx, &recording_filter, arena, &recordings, err) < 0)
        return -1;
    *number = calls.count > 0 ? calls.items[0].number : 0;
    if (recordings.count > 0 && recordings.items[0].number > *number)
        *number = recordings.items[0].number;
    return 0;
}

/* A clock that was set back must not give out numbers a second time: they go on from where they were. */
static int resume_numbers(struct app *app, struct error *err)
{
    int64_t newest = 0;
    if (store_run_read(app->store, read_newest, &newest, err) < 0)
        return -1;
    atomic_store(&app->last_number, newest);
    return 0;
}

static int read_secret(struct store_rx *rx, void *work, struct error *err)
{
    return store_get_event_key(rx, work, err);
}

static int make_links(struct app *app, struct error *err)
{
    unsigned char secret[STORE_EVENT_KEY_BYTES];
    if (store_run_read(app->store, read_secret, secret, err) < 0)
        return -1;
    app->recording_links = recording_links_create(secret, sizeof secret);
    secret_wipe(secret, sizeof secret);
    return 0;
}

static int make_app(struct parts *parts, struct error *err)
{
    struct app *app = &parts->app;
    struct generation *first = generation_create(parts->config, NULL, err);
    if (first == NULL)
        return -1;
    generation_use(&parts->generation, first, app);
    app->silence = app_silence(parts->config);
    app->clock = wall_clock_real();
    app->started_ms = app_now_ms(app);
    app->metrics = metrics_create();
    app_register_counters(app);
    metrics_on_render(
        app->metrics, refresh_log_drops,
        metrics_gauge(app->metrics, "switchhook_log_drops", "", "Log lines that were dropped."));
    app->store = store_open_alone(parts->config, app->metrics);
    if (app->store == NULL)
        return error_set(err, ERROR_UNAVAILABLE, "no database");
    app->sounds = parts->sounds = sounds_create();
    app->bus = bus_create();
    app->waiters = waiters_create(app->bus);
    app->keys = keys_create(app->store);
    app->audit = audit_log_create(app->store, app->metrics);
    app->limits = limits_create(app->metrics);
    if (resume_numbers(app, err) < 0 || admission_recount(app, err) < 0 || make_links(app, err) < 0)
        return -1;
    return keys_refresh(app->keys, err);
}

static int make_parts(struct parts *parts, struct error *err)
{
    if (make_app(parts, err) < 0 || make_feed(parts, err) < 0 || make_dispatch(parts, err) < 0 ||
        make_net(parts, err) < 0 || make_media(parts, err) < 0 || make_users(parts, err) < 0 ||
        recordings_create(parts->config, &parts->app, &parts->recordings, err) < 0)
        return -1;
    make_runner(parts);
    if (make_servers(parts, err) < 0)
        return -1;
    parts->ticker = clockwork_create(&parts->app);
    return 0;
}

/*
 * A request's deadline may have passed while its unit still waits for the writer; the store finishes it when it closes.
 * So whatever such a unit tells (runner, bus and through it the waiters, counters) is freed after the store.
 */
void parts_free(struct parts *parts)
{
    if (parts == NULL)
        return;
    struct app *app = &parts->app;
    ticker_free(parts->ticker);
    http_server_free(parts->public_server);
    http_server_free(parts->admin_server);
    net_stop(parts->net);
    recordings_stop(parts->recordings);
    media_storage_stop(parts->media);
    sound_readers_free(app->sound_readers);
    fetched_keys_free(app->fetched_keys);
    forward_auth_free(app->forward_auth);
    runner_stop(app->runner);
    feed_stop(app->feed);
    dispatch_stop(app->dispatch);
    if (app->audit != NULL)
        audit_log_flush(app->audit);
    store_close(app->store);
    runner_free(app->runner);
    recordings_free(parts->recordings);
    net_free(parts->net);
    media_storage_free(parts->media);
    router_free(parts->public_router);
    router_free(parts->admin_router);
    audit_log_free(app->audit);
    limits_free(app->limits);
    feed_free(app->feed);
    dispatch_free(app->dispatch);
    tickets_free(app->tickets);
    recording_links_free(app->recording_links);
    keys_free(app->keys);
    group_memory_free(app->groups);
    waiters_free(app->waiters);
    bus_free(app->bus);
    sounds_free(parts->sounds);
    metrics_free(app->metrics);
    generation_free_all(parts->generation);
    free(parts);
}

int parts_create(struct config *config, struct parts **out, struct error *err)
{
    struct parts *parts = xcalloc(1, sizeof(*parts));
    parts->config = config;
    if (make_parts(parts, err) < 0) {
        parts_free(parts);
        return -1;
    }
    *out = parts;
    return 0;
}

int parts_start(struct parts *parts, struct error *err)
{
    feed_start(parts->app.feed);
    dispatch_start(parts->app.dispatch);
    if (media_storage_start(parts->media, err) < 0 || runner_start(parts->app.runner, err) < 0 ||
        http_server_start(parts->admin_server, err) < 0 ||
        http_server_start(parts->public_server, err) < 0)
        return -1;
    ticker_start(parts->ticker);
    return 0;
}

unsigned parts_drain(struct parts *parts)
{
    return http_server_drain(parts->public_server, parts->config->server.drain_deadline_ms);
}

int parts_reload(struct parts *parts, struct config *fresh, struct error *err)
{
    struct seal_keys *keys = NULL;
    config_keep_running(fresh, parts->config);
    if (media_storage_keys(fresh, &keys, err) < 0) {
        config_free(fresh);
        return -1;
    }
    struct generation *generation = generation_create(fresh, fresh, err);
    if (generation == NULL) {
        seal_keys_free(keys);
        return -1;
    }
    generation_use(&parts->generation, generation, &parts->app);
    runner_use(parts->app.runner, &generation->credentials, &generation->hooks);
    media_storage_use(parts->media, fresh, keys);
    parts_reload_keys(parts);
    return dispatch_use_file(parts->app.dispatch, generation->subscriptions, err);
}

void parts_reload_keys(struct parts *parts)
{
    clockwork_reload_keys(&parts->app);
}

struct app *parts_app(struct parts *parts)
{
    return &parts->app;
}

unsigned parts_public_port(const struct parts *parts)
{
    return http_server_port(parts->public_server);
}

unsigned parts_admin_port(const struct parts *parts)
{
    return http_server_port(parts->admin_server);
}

void parts_prepare_libraries(void)
{
    json_object_seed(0);
    twiml_setup();
}

void parts_forget_libraries(void)
{
    twiml_teardown();
}
