/*
 * switchhook serve: make the parts, connect them, run until a signal, stop in the reverse order.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "app/app.h"
#include "app/keys.h"
#include "app/waiters.h"
#include "core/log.h"
#include "core/notify.h"
#include "core/text.h"
#include "core/ticker.h"
#include "core/xmalloc.h"
#include "http/response.h"
#include "http/server.h"
#include "internal.h"
#include "jobs/runner.h"
#include "net/net.h"
#include "routes/routes.h"
#include "twilio/rest.h"
#include "twilio/signature.h"
#include "twilio/twiml.h"

static const char usage[] = "switchhook serve [--env-file FILE]";

enum { ADMIN_WORKERS = 2, ADMIN_CONNECTIONS = 64 };

/* Everything there is, in the order in which it is made. */
struct parts {
    struct config *config;
    struct app app;
    struct net *net;
    struct rest_account account;
    struct rest_credentials credentials;
    struct router *public_router;
    struct router *admin_router;
    struct http_server *public_server;
    struct http_server *admin_server;
    struct ticker *ticker;
};

/* ---- making --------------------------------------------------------------------------------------------------- */

static int make_signature_keys(struct parts *parts, struct error *err)
{
    const struct config_twilio *twilio = &parts->config->twilio;
    const char *tokens[2] = {
        secret_reveal(&twilio->auth_token),
        secret_reveal(&twilio->auth_token_secondary),
    };
    if (tokens[0] == NULL)
        return 0; /* only with signatures switched off, which config_load has checked */
    return signature_keys_create(tokens, tokens[1] != NULL ? 2 : 1, &parts->app.signature_keys,
                                 err);
}

static int make_net(struct parts *parts, struct error *err)
{
    const struct config *config = parts->config;
    const struct config_twilio *twilio = &config->twilio;
    struct net_settings settings = configuration_net(config);
    parts->account = configuration_account(config);
    if (rest_credentials_choose(twilio->account_sid, twilio->api_key_sid,
                                secret_reveal(&twilio->api_key_secret),
                                secret_reveal(&twilio->auth_token), &parts->credentials, err) < 0)
        return -1;
    return net_create(&settings, parts->app.metrics, &parts->net, err);
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
        .credentials = &parts->credentials,
        .hooks = &app->hooks,
        .silence = &app->silence,
        .backoff = {jobs->backoff_ms, jobs->backoff_max_ms},
        .workers = jobs->workers,
        .attempts_max = jobs->attempts_max,
        .lease_ms = jobs->lease_ms,
        .poll_ms = jobs->poll_ms,
        .unknown_retry_ms = jobs->unknown_retry_ms,
    };
    app->runner = runner_create(&settings);
}

/* Answers are of the moment and for the one who asked; browsers are told so. */
static void finish(struct app *app, const struct request *request, struct response *response)
{
    (void)app;
    (void)request;
    bool cached = false;
    for (size_t i = 0; i < response->header_count; i++)
        cached |= text_equal_nocase(response->headers[i].name, "Cache-Control");
    if (!cached)
        response_header(response, "Cache-Control", "no-store");
    response_header(response, "X-Content-Type-Options", "nosniff");
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
        .finish = finish,
    };
    struct http_settings admin = settings;
    admin.name = "admin";
    admin.listen = server->admin_listen.items;
    admin.listen_count = server->admin_listen.count;
    admin.workers = ADMIN_WORKERS;
    admin.connections_max = ADMIN_CONNECTIONS;
    admin.no_access_log = 1;
    if (routes_public(&parts->public_router, err) < 0 ||
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

/* ---- what happens by the clock --------------------------------------------------------------------------------- */

static void reload_keys(void *context)
{
    struct app *app = context;
    struct error err = {0};
    if (keys_refresh(app->keys, &err) < 0)
        log_warning("keys.stale", LOG_TEXT("error", err.message));
}

static void sweep(void *context)
{
    struct app *app = context;
    runner_sweep(app->runner, app->config->calls.idempotency_ttl_ms);
}

/* Only a server that can still write says that it is alive. */
static void feed_watchdog(void *context)
{
    struct app *app = context;
    struct error err = {0};
    if (store_probe(app->store, &err) == 0)
        (void)service_notify("WATCHDOG=1", NULL);
    else
        log_error("watchdog.unfed", LOG_TEXT("error", err.message));
}

static void refresh_log_drops(void *context)
{
    metric_set(context, (int64_t)log_drops());
}

static void make_ticker(struct parts *parts)
{
    const struct config *config = parts->config;
    parts->ticker = ticker_create();
    ticker_add(parts->ticker, config->access.key_reload_ms, reload_keys, &parts->app);
    ticker_add(parts->ticker, config->jobs.refresh_sweep_ms, sweep, &parts->app);
    if (service_watchdog_ms() > 0)
        ticker_add(parts->ticker, service_watchdog_ms(), feed_watchdog, &parts->app);
}

/* ---- all parts -------------------------------------------------------------------------------------------------- */

static int make_app(struct parts *parts, struct error *err)
{
    struct app *app = &parts->app;
    app->config = parts->config;
    app->clock = wall_clock_real();
    app->metrics = metrics_create();
    app_register_counters(app);
    app_read_settings(app);
    metrics_on_render(
        app->metrics, refresh_log_drops,
        metrics_gauge(app->metrics, "switchhook_log_drops", "", "Log lines that were dropped."));
    app->store = store_open(parts->config, app->metrics, parts->config->store.readers);
    if (app->store == NULL)
        return error_set(err, ERROR_UNAVAILABLE, "no database");
    app->bus = bus_create();
    app->waiters = waiters_create(app->bus);
    app->keys = keys_create(app->store);
    return keys_refresh(app->keys, err);
}

static int make_parts(struct parts *parts, struct error *err)
{
    if (make_app(parts, err) < 0 || make_signature_keys(parts, err) < 0 || make_net(parts, err) < 0)
        return -1;
    make_runner(parts);
    if (make_servers(parts, err) < 0)
        return -1;
    make_ticker(parts);
    return 0;
}

static void free_parts(struct parts *parts)
{
    struct app *app = &parts->app;
    ticker_free(parts->ticker);
    http_server_free(parts->public_server);
    net_stop(parts->net);
    runner_free(app->runner);
    http_server_free(parts->admin_server);
    router_free(parts->public_router);
    router_free(parts->admin_router);
    net_free(parts->net);
    keys_free(app->keys);
    waiters_free(app->waiters);
    store_close(app->store);
    bus_free(app->bus);
    signature_keys_free(app->signature_keys);
    metrics_free(app->metrics);
}

/* ---- running ---------------------------------------------------------------------------------------------------- */

static int start(struct parts *parts, struct error *err)
{
    if (runner_start(parts->app.runner, err) < 0 ||
        http_server_start(parts->admin_server, err) < 0 ||
        http_server_start(parts->public_server, err) < 0)
        return -1;
    ticker_start(parts->ticker);
    log_info("server.ready", LOG_TEXT("version", SWITCHHOOK_VERSION),
             LOG_TEXT("listen", parts->config->server.listen.items[0]),
             LOG_INT("port", http_server_port(parts->public_server)),
             LOG_INT("admin_port", http_server_port(parts->admin_server)),
             LOG_TEXT("database", parts->config->store.database));
    return service_notify("READY=1", err);
}

/* What can change while we run: keys are looked at anyway; the level of the log. The rest needs a restart. */
static void reload(struct parts *parts, const char *env_file)
{
    (void)service_notify("RELOADING=1", NULL);
    struct config *fresh = configuration_load(env_file, CONFIG_FOR_SERVE);
    if (fresh == NULL) {
        log_error("config.rejected", LOG_TEXT("kept", "the settings from before"));
    } else {
        log_set_threshold(fresh->log.level);
        reload_keys(&parts->app);
        log_info("config.reloaded", LOG_TEXT("kept", "what needs a restart"));
        config_free(fresh);
    }
    (void)service_notify("READY=1", NULL);
}

static void wait_for_the_end(struct parts *parts, const sigset_t *signals, const char *env_file)
{
    int signal_number = 0;
    while (sigwait(signals, &signal_number) == 0 && signal_number == SIGHUP)
        reload(parts, env_file);
    (void)service_notify("STOPPING=1", NULL);
    log_info("server.stopping", LOG_INT("signal", signal_number));
    unsigned cut = http_server_drain(parts->public_server, parts->config->server.drain_deadline_ms);
    log_info("server.drained", LOG_INT("cut_off", cut));
}

static int run(struct parts *parts, const sigset_t *signals, const char *env_file)
{
    struct error err = {0};
    int failed = make_parts(parts, &err) < 0 || start(parts, &err) < 0;
    if (failed)
        (void)fprintf(stderr, "switchhook: cannot start: %s\n", err.message);
    else
        wait_for_the_end(parts, signals, env_file);
    free_parts(parts);
    if (!failed)
        return EXIT_OK;
    return err.kind == ERROR_INVALID ? EXIT_BAD_CONFIGURATION : EXIT_FAILED;
}

/* Before there are threads, so that all of them inherit it: main alone takes signals. */
static void block_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

static void prepare_libraries(void)
{
    json_object_seed(0);
    twiml_setup();
}

int program_serve(int argc, char **argv)
{
    const char *env_file = NULL;
    const struct argument known[] = {
        {"--env-file", &env_file, NULL}
    };
    sigset_t signals;
    if (arguments_read(argc, argv, known, ARRAY_LEN(known), usage) < 0)
        return EXIT_BAD_CONFIGURATION;
    struct config *config = configuration_load(env_file, CONFIG_FOR_SERVE);
    if (config == NULL)
        return EXIT_BAD_CONFIGURATION;
    block_signals(&signals);
    prepare_libraries();
    log_start(&(struct log_settings){
        .threshold = config->log.level,
        .show_numbers = config->log.show_numbers,
        .queue_bytes = config->log.queue_bytes,
        .fd = 2,
    });
    struct parts *parts = xcalloc(1, sizeof(*parts));
    parts->config = config;
    int status = run(parts, &signals, env_file);
    log_info("server.stopped", LOG_INT("status", status));
    log_stop();
    free(parts);
    config_free(config);
    twiml_teardown();
    return status;
}
