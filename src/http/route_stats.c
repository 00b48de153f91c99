#include "route_stats.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/xmalloc.h"
#include "router.h"

/* "cut": the request ended without an answer. */
static const char *const classes[] = {"cut", "1xx", "2xx", "3xx", "4xx", "5xx"};

enum { METHODS = 8 }; /* bits of enum http_method, and one for methods that are none of ours */

struct route_counters {
    _Atomic(struct metric *) requests[METHODS][ARRAY_LEN(classes)];
    _Atomic(struct histogram *) seconds;
};

struct route_stats {
    const char *server_name;
    struct metrics *metrics;
    size_t route_count;
    struct route_counters *routes; /* the one behind the last is for "no route" */
};

struct route_stats *
route_stats_create(const char *server_name, const struct router *router, struct metrics *metrics)
{
    struct route_stats *stats = xcalloc(1, sizeof *stats);
    stats->server_name = server_name;
    stats->metrics = metrics;
    stats->route_count = router_count(router);
    stats->routes = xcalloc(stats->route_count + 1, sizeof *stats->routes);
    return stats;
}

void route_stats_free(struct route_stats *stats)
{
    if (stats == NULL)
        return;
    free(stats->routes);
    free(stats);
}

static size_t method_place(enum http_method method)
{
    for (size_t i = 0; i < METHODS - 1; i++)
        if ((unsigned)method == 1U << i)
            return i;
    return METHODS - 1;
}

static const char *path_of(const struct route *route)
{
    return route == NULL ? "-" : route->path;
}

/* Two threads may both look a metric up; they get the same one. */
static struct metric *find_counter(const struct route_stats *stats,
                                   const struct route *route,
                                   enum http_method method,
                                   const char *class)
{
    char labels[256];
    (void)snprintf(labels, sizeof labels,
                   "server=\"%.32s\",route=\"%.128s\",method=\"%s\",status=\"%s\"",
                   stats->server_name, path_of(route), http_method_name(method), class);
    return metrics_counter(stats->metrics, "switchhook_http_requests_total", labels,
                           "Requests by route and outcome.");
}

static struct histogram *find_histogram(const struct route_stats *stats, const struct route *route)
{
    char labels[256];
    (void)snprintf(labels, sizeof labels, "server=\"%.32s\",route=\"%.128s\"", stats->server_name,
                   path_of(route));
    return metrics_histogram(stats->metrics, "switchhook_http_request_seconds", labels,
                             "From the request line to the last byte of the answer.",
                             metrics_latency_bounds, metrics_latency_bounds_count);
}

void route_stats_count(struct route_stats *stats,
                       const struct route *route,
                       size_t index,
                       enum http_method method,
                       int status,
                       int64_t us)
{
    struct route_counters *counters = &stats->routes[route == NULL ? stats->route_count : index];
    size_t class = status >= 100 && status < 600 ? (size_t)status / 100 : 0;
    _Atomic(struct metric *) *place = &counters->requests[method_place(method)][class];
    struct metric *counter = atomic_load_explicit(place, memory_order_acquire);
    if (counter == NULL) {
        counter = find_counter(stats, route, method, classes[class]);
        atomic_store_explicit(place, counter, memory_order_release);
    }
    metric_add(counter, 1);

    struct histogram *seconds = atomic_load_explicit(&counters->seconds, memory_order_acquire);
    if (seconds == NULL) {
        seconds = find_histogram(stats, route);
        atomic_store_explicit(&counters->seconds, seconds, memory_order_release);
    }
    histogram_observe(seconds, (double)us / 1e6);
}
