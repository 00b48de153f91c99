/*
 * The registry of metrics and their rendering. Registering and rendering take a lock; counting
 * never does.
 *
 * A family is all metrics of one name, a series is one of them with its labels. Nothing is ever
 * taken out, so a pointer that was handed out stays good.
 */
#include "core/metrics.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "core/lock.h"
#include "core/xmalloc.h"

enum family_type { FAMILY_COUNTER, FAMILY_GAUGE, FAMILY_HISTOGRAM };

struct metric {
    _Atomic int64_t value;
};

/* Buckets count what fell into them alone; they are summed up when rendered, so an observation is
 * one addition. */
struct histogram {
    const double *bounds;
    size_t bounds_count;
    _Atomic double sum;
    _Atomic uint64_t buckets[]; /* one more than bounds: what is above them all */
};

struct series {
    struct series *next;
    char *labels;
    struct metric metric;
    struct histogram *histogram; /* NULL unless the family is one of histograms */
};

struct family {
    struct family *next;
    char *name;
    char *help;
    enum family_type type;
    struct series *series;
    struct series **series_end;
};

struct refresh {
    struct refresh *next;
    metrics_refresh_fn *refresh;
    void *context;
};

struct metrics {
    pthread_mutex_t mutex;
    struct family *families;
    struct family **families_end;
    struct refresh *refreshes;
};

const double metrics_latency_bounds[] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                         0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
const size_t metrics_latency_bounds_count = ARRAY_LEN(metrics_latency_bounds);

struct metrics *metrics_create(void)
{
    struct metrics *metrics = xcalloc(1, sizeof *metrics);
    metrics->families_end = &metrics->families;
    int failed = pthread_mutex_init(&metrics->mutex, NULL);
    ASSERT(failed == 0);
    return metrics;
}

static void family_free(struct family *family)
{
    for (struct series *series = family->series, *next; series != NULL; series = next) {
        next = series->next;
        free(series->labels);
        free(series->histogram);
        free(series);
    }
    free(family->name);
    free(family->help);
    free(family);
}

void metrics_free(struct metrics *metrics)
{
    if (metrics == NULL)
        return;
    for (struct family *family = metrics->families, *next; family != NULL; family = next) {
        next = family->next;
        family_free(family);
    }
    for (struct refresh *refresh = metrics->refreshes, *next; refresh != NULL; refresh = next) {
        next = refresh->next;
        free(refresh);
    }
    (void)pthread_mutex_destroy(&metrics->mutex);
    free(metrics);
}

static struct family *
family_of(struct metrics *metrics, const char *name, const char *help, enum family_type type)
{
    for (struct family *family = metrics->families; family != NULL; family = family->next) {
        if (strcmp(family->name, name) != 0)
            continue;
        ASSERT(family->type == type);
        return family;
    }
    struct family *family = xcalloc(1, sizeof *family);
    family->name = xstrdup(name);
    family->help = xstrdup(help);
    family->type = type;
    family->series_end = &family->series;
    *metrics->families_end = family;
    metrics->families_end = &family->next;
    return family;
}

static struct series *series_of(struct family *family, const char *labels)
{
    for (struct series *series = family->series; series != NULL; series = series->next)
        if (strcmp(series->labels, labels) == 0)
            return series;
    struct series *series = xcalloc(1, sizeof *series);
    series->labels = xstrdup(labels);
    *family->series_end = series;
    family->series_end = &series->next;
    return series;
}

struct metric *
metrics_counter(struct metrics *metrics, const char *name, const char *labels, const char *help)
{
    auto_unlock pthread_mutex_t *held = lock(&metrics->mutex);
    return &series_of(family_of(metrics, name, help, FAMILY_COUNTER), labels)->metric;
}

struct metric *
metrics_gauge(struct metrics *metrics, const char *name, const char *labels, const char *help)
{
    auto_unlock pthread_mutex_t *held = lock(&metrics->mutex);
    return &series_of(family_of(metrics, name, help, FAMILY_GAUGE), labels)->metric;
}

struct histogram *metrics_histogram(struct metrics *metrics,
                                    const char *name,
                                    const char *labels,
                                    const char *help,
                                    const double *bounds,
                                    size_t bounds_count)
{
    auto_unlock pthread_mutex_t *held = lock(&metrics->mutex);
    struct series *series = series_of(family_of(metrics, name, help, FAMILY_HISTOGRAM), labels);
    if (series->histogram == NULL) {
        size_t buckets_bytes = (bounds_count + 1) * sizeof(_Atomic uint64_t);
        series->histogram = xcalloc(1, sizeof *series->histogram + buckets_bytes);
        series->histogram->bounds = bounds;
        series->histogram->bounds_count = bounds_count;
    }
    ASSERT(series->histogram->bounds == bounds);
    return series->histogram;
}

/* Relaxed everywhere: a metric orders nothing, it only must not lose an addition. */

void metric_add(struct metric *metric, int64_t amount)
{
    atomic_fetch_add_explicit(&metric->value, amount, memory_order_relaxed);
}

void metric_set(struct metric *metric, int64_t value)
{
    atomic_store_explicit(&metric->value, value, memory_order_relaxed);
}

int64_t metric_value(const struct metric *metric)
{
    return atomic_load_explicit(&metric->value, memory_order_relaxed);
}

void histogram_observe(struct histogram *histogram, double value)
{
    size_t bucket = 0;
    while (bucket < histogram->bounds_count && value > histogram->bounds[bucket])
        bucket++;
    atomic_fetch_add_explicit(&histogram->buckets[bucket], 1, memory_order_relaxed);
    double sum = atomic_load_explicit(&histogram->sum, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&histogram->sum, &sum, sum + value,
                                                  memory_order_relaxed, memory_order_relaxed)) {
        /* `sum` is what another thread made of it */
    }
}

void metrics_on_render(struct metrics *metrics, metrics_refresh_fn *refresh, void *context)
{
    struct refresh *row = xcalloc(1, sizeof *row);
    *row = (struct refresh){.refresh = refresh, .context = context};
    auto_unlock pthread_mutex_t *held = lock(&metrics->mutex);
    row->next = metrics->refreshes;
    metrics->refreshes = row;
}

/*
 * Without the lock, because a refresh may register metrics. The list only grows at its head, so
 * what was the head is the start of a list that nobody changes any more.
 */
static void refresh_all(struct metrics *metrics)
{
    (void)lock(&metrics->mutex);
    const struct refresh *refresh = metrics->refreshes;
    (void)pthread_mutex_unlock(&metrics->mutex);
    for (; refresh != NULL; refresh = refresh->next)
        refresh->refresh(refresh->context);
}

static int
render_histogram(const struct family *family, const struct series *series, struct buf *out)
{
    const struct histogram *histogram = series->histogram;
    const char *comma = series->labels[0] == '\0' ? "" : ",";
    const char *open = series->labels[0] == '\0' ? "" : "{";
    const char *close = series->labels[0] == '\0' ? "" : "}";
    uint64_t count = 0;
    for (size_t i = 0; i <= histogram->bounds_count; i++) {
        count += atomic_load_explicit(&histogram->buckets[i], memory_order_relaxed);
        (void)buf_printf(out, "%s_bucket{%s%sle=\"", family->name, series->labels, comma);
        if (i < histogram->bounds_count)
            (void)buf_printf(out, "%g\"} %ju\n", histogram->bounds[i], (uintmax_t)count);
        else
            (void)buf_printf(out, "+Inf\"} %ju\n", (uintmax_t)count);
    }
    double sum = atomic_load_explicit(&histogram->sum, memory_order_relaxed);
    (void)buf_printf(out, "%s_sum%s%s%s %.15g\n", family->name, open, series->labels, close, sum);
    return buf_printf(out, "%s_count%s%s%s %ju\n", family->name, open, series->labels, close,
                      (uintmax_t)count);
}

static int render_metric(const struct family *family, const struct series *series, struct buf *out)
{
    bool bare = series->labels[0] == '\0';
    return buf_printf(out, "%s%s%s%s %jd\n", family->name, bare ? "" : "{", series->labels,
                      bare ? "" : "}", (intmax_t)metric_value(&series->metric));
}

static int render_family(const struct family *family, struct buf *out)
{
    static const char *const types[] = {
        [FAMILY_COUNTER] = "counter", [FAMILY_GAUGE] = "gauge", [FAMILY_HISTOGRAM] = "histogram"};

    int failed = buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help,
                            family->name, types[family->type]);
    for (const struct series *series = family->series; series != NULL; series = series->next) {
        if (family->type == FAMILY_HISTOGRAM)
            failed = render_histogram(family, series, out);
        else
            failed = render_metric(family, series, out);
    }
    return failed; /* of the last append, because a buffer's failure sticks */
}

int metrics_render(struct metrics *metrics, struct buf *out)
{
    refresh_all(metrics);
    auto_unlock pthread_mutex_t *held = lock(&metrics->mutex);
    for (const struct family *family = metrics->families; family != NULL; family = family->next)
        if (render_family(family, out) < 0)
            return -1;
    return 0;
}
