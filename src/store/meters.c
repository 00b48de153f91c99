/*
 * The store's metrics. Without a registry every pointer is NULL and nothing is counted.
 */
#include "internal.h"

#include "core/macros.h"

static const double group_bounds[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512};

void meter_add(struct metric *metric, int64_t amount)
{
    if (metric)
        metric_add(metric, amount);
}

struct meter {
    size_t offset;
    const char *name;
    const char *help;
};

#define METER(member) offsetof(struct store_meters, member)
/* clang-format off */
static const struct meter counters[] = {
    {METER(units), "switchhook_store_units_total", "Units of work that were finished, with either result."},
    {METER(units_failed), "switchhook_store_units_failed_total", "Units of work that were rolled back."},
    {METER(groups), "switchhook_store_groups_total", "Groups of units that were committed together."},
    {METER(groups_guarded), "switchhook_store_groups_guarded_total", "Groups that were run again with savepoints, because a unit failed after writing."},
    {METER(groups_rerun), "switchhook_store_groups_rerun_total", "Groups that failed and were run again unit by unit."},
    {METER(reads), "switchhook_store_reads_total", "Reads that were finished, with either result."},
    {METER(reads_failed), "switchhook_store_reads_failed_total", "Reads that failed, not-found included."},
};
static const struct meter gauges[] = {
    {METER(failing), "switchhook_store_failing", "1 while the store cannot write, else 0."},
    {METER(queued), "switchhook_store_queued_units", "Units of work that wait for the writer."},
    {METER(queued_reads), "switchhook_store_queued_reads", "Reads that wait for a reader."},
};
/* clang-format on */

static struct metric **meter_at(struct store_meters *meters, const struct meter *meter)
{
    return (struct metric **)(void *)((char *)meters + meter->offset);
}

void meters_init(struct store_meters *meters, struct metrics *metrics)
{
    if (!metrics)
        return;
    for (size_t i = 0; i < ARRAY_LEN(counters); i++)
        *meter_at(meters, &counters[i]) =
            metrics_counter(metrics, counters[i].name, "", counters[i].help);
    for (size_t i = 0; i < ARRAY_LEN(gauges); i++)
        *meter_at(meters, &gauges[i]) = metrics_gauge(metrics, gauges[i].name, "", gauges[i].help);
    meters->group_units =
        metrics_histogram(metrics, "switchhook_store_group_units", "", "Units of work per commit.",
                          group_bounds, ARRAY_LEN(group_bounds));
    meters->commit_seconds = metrics_histogram(
        metrics, "switchhook_store_commit_seconds", "", "Time from COMMIT to the disk's answer.",
        metrics_latency_bounds, metrics_latency_bounds_count);
}
