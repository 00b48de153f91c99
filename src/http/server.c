/*
 * The server as a whole: made, started, drained, gone.
 */
#include "http/server.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "core/random.h"
#include "core/xmalloc.h"
#include "router.h"
#include "server_internal.h"
#include "thread.h"

enum {
    IDLE_TIMEOUT_MS = 75 * 1000,
    HEADER_DEADLINE_MS = 10 * 1000,
    BODY_DEADLINE_MS = 30 * 1000,
    LIBRARY_POOL_BYTES = 32 * 1024, /* request line and headers of one connection */
    FRESH_GRACE_MS = 200,  /* at a drain: for what was sent before it and is not read yet */
    WOKEN_GRACE_MS = 1000, /* for those woken by the shutdown to answer */
    LOOK_MS = 2,           /* between two looks at what is still going on */
};

/* ---- settings ---- */

static int64_t positive_or(int64_t value, int64_t otherwise)
{
    return value > 0 ? value : otherwise;
}

static int
take_settings(struct http_server *server, const struct http_settings *settings, struct error *err)
{
    struct http_settings *own = &server->settings;
    *own = *settings;
    own->name = settings->name == NULL ? "http" : settings->name;
    own->clock = settings->clock == NULL ? wall_clock_real() : settings->clock;
    own->workers = settings->workers == 0 ? WORKERS_DEFAULT : settings->workers;
    own->idle_timeout_ms = positive_or(settings->idle_timeout_ms, IDLE_TIMEOUT_MS);
    own->header_deadline_ms = positive_or(settings->header_deadline_ms, HEADER_DEADLINE_MS);
    own->body_deadline_ms = positive_or(settings->body_deadline_ms, BODY_DEADLINE_MS);
    if (own->workers > WORKERS_MAX)
        return error_set(err, ERROR_INVALID, "at most %d workers", WORKERS_MAX);
    unsigned most = own->workers * WORKER_CONNECTIONS_MAX;
    if (own->connections_max == 0)
        own->connections_max = most;
    if (own->connections_max > most)
        return error_set(err, ERROR_INVALID, "%u workers take at most %u connections", own->workers,
                         most);
    return 0;
}

/* ---- metrics ---- */

static void find_metrics(struct http_server *server, struct metrics *metrics)
{
    static const char *const cut_phases[PHASES] = {
        [PHASE_FRESH] = "fresh", [PHASE_IDLE] = "idle",           [PHASE_HEAD] = "head",
        [PHASE_BODY] = "body",   [PHASE_ANSWERING] = "answering", [PHASE_STREAMING] = "streaming"};
    char labels[128];
    (void)snprintf(labels, sizeof labels, "server=\"%.32s\"", server->settings.name);
    server->connections_gauge =
        metrics_gauge(metrics, "switchhook_http_connections", labels, "Open connections.");
    server->asleep_gauge = metrics_gauge(metrics, "switchhook_http_suspended", labels,
                                         "Requests that wait for something.");
    server->streams_gauge =
        metrics_gauge(metrics, "switchhook_http_streams", labels, "Answers without an end.");
    server->streams_refused_counter =
        metrics_counter(metrics, "switchhook_http_streams_refused_total", labels,
                        "Streams refused because half of the connections are streams.");
    server->screened_counter = metrics_counter(metrics, "switchhook_http_screened_total", labels,
                                               "Requests refused as malformed or ambiguous.");
    for (size_t i = 0; i < PHASES; i++) {
        (void)snprintf(labels, sizeof labels, "server=\"%.32s\",phase=\"%s\"",
                       server->settings.name, cut_phases[i] == NULL ? "other" : cut_phases[i]);
        server->cut_counters[i] = metrics_counter(metrics, "switchhook_http_cut_total", labels,
                                                  "Connections cut for being too slow.");
    }
}

/* ---- making ---- */

static unsigned count_processors(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 2 ? 2 : count > WORKERS_MAX ? WORKERS_MAX : (unsigned)count;
}

int http_server_create(const struct http_settings *settings,
                       const struct router *router,
                       struct app *app,
                       struct metrics *metrics,
                       struct http_server **out,
                       struct error *err)
{
    auto_free struct http_server *server = xcalloc(1, sizeof *server);
    if (take_settings(server, settings, err) < 0 || acceptor_init(&server->acceptor, err) < 0)
        return -1;
    if (listeners_open(settings->listen, settings->listen_count, &server->listeners, err) < 0) {
        acceptor_release(&server->acceptor);
        return -1;
    }
    for (size_t i = 0; i < server->listeners.count && server->port == 0; i++)
        server->port = server->listeners.items[i].port;
    server->router = router;
    server->app = app;
    server->id_seed = random_u64();
    server->processors = count_processors();
    server->stats = route_stats_create(server->settings.name, router, metrics);
    find_metrics(server, metrics);
    *out = steal(&server);
    return 0;
}

unsigned http_server_port(const struct http_server *server)
{
    return server->port;
}

/* ---- starting ---- */

PRINTF_LIKE(2, 0)
static void library_log(void *context, const char *format, va_list values)
{
    (void)context;
    if (log_threshold() > LOG_LEVEL_DEBUG)
        return;
    char text[256];
    (void)vsnprintf(text, sizeof text, format, values);
    log_debug("http.library", LOG_PHONE("message", text));
}

static unsigned whole_seconds(int64_t ms)
{
    int64_t seconds = (ms + 999) / 1000;
    return seconds > UINT_MAX / 2 ? UINT_MAX / 2 : (unsigned)seconds;
}

static struct MHD_Daemon *start_daemon(struct worker *worker)
{
    const struct http_settings *settings = &worker->server->settings;
    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME |
            MHD_USE_ITC | MHD_USE_ERROR_LOG,
        0, NULL, NULL, request_continue, worker, MHD_OPTION_EXTERNAL_LOGGER, library_log, NULL,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)WORKER_LIBRARY_LIMIT, MHD_OPTION_CONNECTION_TIMEOUT,
        whole_seconds(settings->idle_timeout_ms), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)LIBRARY_POOL_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK,
        request_begin, worker, MHD_OPTION_NOTIFY_COMPLETED, request_end, worker,
        MHD_OPTION_NOTIFY_CONNECTION, connection_notify, worker, MHD_OPTION_END);
}

static int start_workers(struct http_server *server, struct error *err)
{
    /* Cache lines of their own, so that workers do not slow each other down. */
    unsigned count = server->settings.workers;
    server->workers = xcalloc_aligned(CACHE_LINE, count, sizeof *server->workers);
    for (unsigned i = 0; i < count; i++)
        worker_init(&server->workers[i], server);
    server->worker_count = count;
    deadlines_start(&server->deadlines, server_scan, server);

    sigset_t before = signals_block();
    int result = 0;
    for (unsigned i = 0; i < count && result == 0; i++) {
        server->workers[i].daemon = start_daemon(&server->workers[i]);
        if (server->workers[i].daemon == NULL)
            result = error_errno(err, ERROR_UNAVAILABLE, "starting a request thread");
    }
    signals_restore(&before);
    return result;
}

static void warn_of_few_files(const struct http_server *server)
{
    enum { FILES_FOR_OTHERS = 64 };
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
        limit.rlim_cur < (rlim_t)server->settings.connections_max + FILES_FOR_OTHERS)
        log_warning("http.few_files", LOG_TEXT("server", server->settings.name),
                    LOG_INT("open_files_max", limit.rlim_cur),
                    LOG_INT("connections_max", server->settings.connections_max));
}

int http_server_start(struct http_server *server, struct error *err)
{
    ASSERT(server->workers == NULL);
    warn_of_few_files(server);
    if (start_workers(server, err) < 0)
        return -1;
    acceptor_start(server);
    return 0;
}

/* ---- stopping ---- */

struct census {
    unsigned requests; /* anything from the request line on */
    unsigned handling; /* of these, fully received */
    unsigned fresh;    /* connections that have not sent a request line yet */
};

static struct census count_connections(const struct http_server *server)
{
    struct census census = {0};
    for (unsigned i = 0; i < server->worker_count; i++) {
        const struct worker *worker = &server->workers[i];
        unsigned seen = 0;
        for (size_t j = 0; j < WORKER_CONNECTIONS_MAX; j++) {
            enum phase phase =
                atomic_load_explicit(&worker->connections[j].phase, memory_order_relaxed);
            seen += phase >= PHASE_IDLE;
            census.requests += phase >= PHASE_HEAD;
            census.handling += phase >= PHASE_HANDLING;
        }
        /* Those on their way to the worker have no place yet. */
        unsigned assigned = atomic_load(&worker->assigned);
        census.fresh += assigned > seen ? assigned - seen : 0;
    }
    return census;
}

static void look_again_soon(void)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
}

static void let_requests_finish(const struct http_server *server, int64_t deadline_ms)
{
    int64_t start_ms = monotonic_ms();
    for (;;) {
        struct census census = count_connections(server);
        int64_t waited_ms = monotonic_ms() - start_ms;
        bool settled = census.fresh == 0 || waited_ms >= FRESH_GRACE_MS;
        if (waited_ms >= deadline_ms || (census.requests == 0 && settled))
            return;
        look_again_soon();
    }
}

/* Streams would never end by themselves, but for the measured ones, which have until the deadline. Those that begin from
 * here on end themselves. */
static void end_streams(struct http_server *server)
{
    for (unsigned i = 0; i < server->worker_count; i++)
        for (size_t j = 0; j < WORKER_CONNECTIONS_MAX; j++)
            connection_farewell(&server->workers[i].connections[j]);
}

/* Everybody asleep is woken, and whoever goes to sleep from here on wakes at once. */
static void wake_everybody(struct http_server *server)
{
    atomic_store(&server->stopping, true);
    for (unsigned i = 0; i < server->worker_count; i++)
        for (size_t j = 0; j < WORKER_CONNECTIONS_MAX; j++)
            connection_wake(&server->workers[i].connections[j], WOKEN_BY_SHUTDOWN);
    end_streams(server);
    for (int64_t start_ms = monotonic_ms(); monotonic_ms() - start_ms < WOKEN_GRACE_MS;) {
        if (count_connections(server).handling == 0)
            break;
        look_again_soon();
    }
    while (atomic_load(&server->asleep) > 0) /* somebody is between waking and having woken */
        look_again_soon();
}

static void stop_workers(struct http_server *server)
{
    /* Before the library stops: nobody may be about to resume a connection then. */
    if (server->worker_count > 0)
        deadlines_stop(&server->deadlines);
    for (unsigned i = 0; i < server->worker_count; i++) {
        struct worker *worker = &server->workers[i];
        if (worker->daemon != NULL)
            MHD_stop_daemon(worker->daemon);
        worker->daemon = NULL;
    }
}

unsigned http_server_drain(struct http_server *server, int64_t deadline_ms)
{
    atomic_store(&server->draining, true);
    acceptor_stop(server);
    listeners_close(&server->listeners);
    end_streams(server);
    let_requests_finish(server, deadline_ms);
    wake_everybody(server);
    unsigned cut = count_connections(server).requests;
    stop_workers(server);
    return cut;
}

void http_server_free(struct http_server *server)
{
    if (server == NULL)
        return;
    if (!atomic_load(&server->draining))
        (void)http_server_drain(server, 0);
    if (server->worker_count > 0)
        deadlines_release(&server->deadlines);
    for (unsigned i = 0; i < server->worker_count; i++)
        worker_release(&server->workers[i]);
    free(server->workers);
    acceptor_release(&server->acceptor);
    route_stats_free(server->stats);
    free(server);
}
