/*
 * Counters and latencies of each route. A metric is looked up when it is first needed and then held
 * by pointer, so a route that nobody calls takes no line in /metrics.
 */
#ifndef HTTP_PRIVATE_ROUTE_STATS_H
#define HTTP_PRIVATE_ROUTE_STATS_H

#include <stdint.h>

#include "core/metrics.h"
#include "http/route.h"

struct route_stats;

/** @param server_name, router, metrics  borrowed for its life */
struct route_stats *
route_stats_create(const char *server_name, const struct router *router, struct metrics *metrics);
void route_stats_free(struct route_stats *stats);

/**
 * One request is done.
 *
 * @param route  NULL if none was found   @param index  the route's, in order of registration
 * @param status  0 if it was not answered   Any thread.
 */
void route_stats_count(struct route_stats *stats,
                       const struct route *route,
                       size_t index,
                       enum http_method method,
                       int status,
                       int64_t us);

#endif
