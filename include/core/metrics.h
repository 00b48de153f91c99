/*
 * Counters, gauges and histograms in Prometheus' text format. A metric is registered once by name and labels and then
 * held by pointer: counting is one atomic addition, no lock and no lookup.
 */
#ifndef CORE_METRICS_H
#define CORE_METRICS_H

#include <stdint.h>

#include "core/buf.h"

struct metrics;
struct metric; /**< one counter or gauge */
struct histogram;

/** An empty registry, never NULL. Its functions may be called by any thread. */
struct metrics *metrics_create(void);

/** Free it with all its metrics: nobody may count any more. Takes NULL. */
void metrics_free(struct metrics *metrics);

/**
 * The counter of that name and labels, made if it does not exist. The result lives as long as `metrics`.
 * @param labels  `kind="place_call",outcome="done"` or "" ; values must hold no `"`, `\` or line break
 * @param help    one sentence; the first registration of a name decides
 */
struct metric *
metrics_counter(struct metrics *metrics, const char *name, const char *labels, const char *help);

/** The same for a value that goes up and down. */
struct metric *
metrics_gauge(struct metrics *metrics, const char *name, const char *labels, const char *help);

/** The same for a distribution; `bounds` (ascending, borrowed for ever: a static array) are the upper limits. */
struct histogram *metrics_histogram(struct metrics *metrics,
                                    const char *name,
                                    const char *labels,
                                    const char *help,
                                    const double *bounds,
                                    size_t bounds_count);

/** Count, set, read, and sort a value into its bucket. Any thread. */
void metric_add(struct metric *metric, int64_t amount);
void metric_set(struct metric *metric, int64_t value);
int64_t metric_value(const struct metric *metric);
void histogram_observe(struct histogram *histogram, double value);

/** Bounds in seconds for latencies: 100 us to 10 s. */
extern const double metrics_latency_bounds[];
extern const size_t metrics_latency_bounds_count;

/** Called before each rendering, to refresh gauges that are read and not counted. */
typedef void metrics_refresh_fn(void *context);
void metrics_on_render(struct metrics *metrics, metrics_refresh_fn *refresh, void *context);

/** Append everything in the text exposition format 0.0.4, grouped by name. -1 if `out` is full. */
int metrics_render(struct metrics *metrics, struct buf *out);

#endif
