#include "jobs/retention.h"

#include <stdio.h>

#include "core/limits.h"
#include "core/log.h"

enum {
    ROWS_PER_STEP = 100,
    STEPS_PER_ROUND = 200,
};

static int apply(struct store_tx *tx, void *work, struct error *err)
{
    return store_prune(tx, work, err);
}

/* @return how many went, -1 */
static int64_t
prune_kind(const struct retention_settings *with, enum retention_kind kind, struct error *err)
{
    int64_t before_ms = wall_clock_now_ms(with->clock) - with->ttl_ms[kind];
    struct pruning step = {.kind = kind,
                           .before_ms = before_ms,
                           .told_before_ms = before_ms - INT64_C(1000) * LIMIT_UNTOLD_KEPT_S,
                           .limit = ROWS_PER_STEP};
    int64_t removed = 0;
    for (int i = 0; i < STEPS_PER_ROUND; i++) {
        if (store_apply(with->store, apply, &step, err) < 0)
            return -1;
        removed += step.removed;
        if (!step.more)
            break;
    }
    return removed;
}

static void count(const struct retention_settings *with, enum retention_kind kind, int64_t removed)
{
    char labels[64];
    (void)snprintf(labels, sizeof labels, "table=\"%s\"", retention_kind_text(kind));
    metric_add(metrics_counter(with->metrics, "switchhook_retention_removed_total", labels,
                               "What went because of its age; a call counts once, with all of it."),
               removed);
}

void retention_run(const struct retention_settings *settings)
{
    for (int i = 0; i < RETENTION_KIND_COUNT; i++) {
        enum retention_kind kind = (enum retention_kind)i;
        struct error err = {0};
        int64_t removed = settings->ttl_ms[i] > 0 ? prune_kind(settings, kind, &err) : 0;
        if (removed < 0) {
            log_warning("retention.failed", LOG_TEXT("table", retention_kind_text(kind)),
                        LOG_TEXT("error", err.message));
            return;
        }
        count(settings, kind, removed);
        if (removed > 0)
            log_info("retention.removed", LOG_TEXT("table", retention_kind_text(kind)),
                     LOG_INT("rows", removed));
    }
}
