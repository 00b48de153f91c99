/*
 * The writer: one thread takes whatever has queued up while the last commit was on its way to the disk and makes it
 * one transaction. Nobody waits for a group to fill.
 *
 * Two kinds of failure are kept apart. A unit that says no is rolled back alone. Usually it has written nothing when it
 * says so, and there is nothing to do; if it has, the group is begun again with a savepoint around each unit. (Not at
 * once, because savepoints cost a quarter of the writer's time and such units are rare.) When the transaction itself
 * fails (disk full, I/O), savepoints do not help: everything is rolled back and each unit is run again in a transaction
 * of its own, so that one impossible unit does not take its neighbours with it.
 */
#include "internal.h"

#include <string.h>

#include "core/log.h"
#include "core/macros.h"
#include "core/wall_clock.h"

static struct store_unit *unit_of(struct store_link *link)
{
    return (struct store_unit *)(void *)((char *)link - offsetof(struct store_unit, link));
}

static void reset_unit(struct store_unit *unit)
{
    error_clear(&unit->failure);
    if (unit->result)
        memset(unit->result, 0, unit->result_bytes);
}

/* Run apply once. What the unit says about itself is in unit->failure. */
static int apply_unit(struct store_tx *tx, struct store_unit *unit)
{
    reset_unit(unit);
    if (unit->apply(tx, unit->work, &unit->failure) == 0) {
        error_clear(&unit->failure);
        return 0;
    }
    if (unit->failure.kind == ERROR_NONE)
        error_set(&unit->failure, ERROR_INTERNAL, "a unit of work failed and did not say why");
    return -1;
}

static int commit_timed(struct store *store, struct error *err)
{
    int64_t start_us = monotonic_us();
    int result = store->backend->commit(store->writer_session, err);
    if (result == 0 && store->meters.commit_seconds)
        histogram_observe(store->meters.commit_seconds, (double)(monotonic_us() - start_us) / 1e6);
    return result;
}

enum group_result {
    GROUP_KEPT,
    GROUP_UNGUARDED, /* a unit failed that has written, and there is no savepoint to go back to */
    GROUP_LOST,      /* the transaction failed */
};

static enum group_result
run_unguarded(struct store_tx *tx, struct store_unit *unit, struct error *lost)
{
    tx->writes = 0;
    if (apply_unit(tx, unit) < 0 && tx->writes > 0)
        return GROUP_UNGUARDED;
    return tx->reader.backend->check(tx->reader.session, lost) < 0 ? GROUP_LOST : GROUP_KEPT;
}

static enum group_result
run_guarded(struct store_tx *tx, struct store_unit *unit, struct error *lost)
{
    const struct store_backend *backend = tx->reader.backend;

    if (backend->unit_begin(tx->reader.session, lost) < 0)
        return GROUP_LOST;
    int result = apply_unit(tx, unit) < 0 ? backend->unit_drop(tx->reader.session, lost)
                                          : backend->unit_keep(tx->reader.session, lost);
    return result < 0 ? GROUP_LOST : GROUP_KEPT;
}

/* Inside a transaction: all units, then the commit. If not GROUP_KEPT, nothing is left of it. */
static enum group_result
run_together(struct store *store,
             struct store_link *group,
             enum group_result (*run_unit)(struct store_tx *, struct store_unit *, struct error *),
             struct error *lost)
{
    struct store_tx tx = {
        .reader = {store->backend, store->writer_session}
    };
    enum group_result result = GROUP_KEPT;

    for (struct store_link *link = group; link && result == GROUP_KEPT; link = link->next)
        result = run_unit(&tx, unit_of(link), lost);
    if (result == GROUP_KEPT && commit_timed(store, lost) < 0)
        result = GROUP_LOST;
    if (result != GROUP_KEPT)
        store->backend->rollback(store->writer_session);
    return result;
}

/* Inside a transaction: one unit and the commit. `lost` tells if the transaction failed, and not
 * only the unit. */
static void run_alone(struct store *store, struct store_unit *unit, struct error *lost)
{
    struct store_tx tx = {
        .reader = {store->backend, store->writer_session}
    };

    if (apply_unit(&tx, unit) == 0) {
        if (commit_timed(store, lost) == 0)
            return;
        unit->failure = *lost;
    } else {
        (void)store->backend->check(store->writer_session, lost);
    }
    store->backend->rollback(store->writer_session);
}

/* No transaction can be begun: that is the same for all, and nobody is made to wait for the same
 * answer again. */
static void fail_from(struct store_link *link, const struct error *failure)
{
    for (; link; link = link->next) {
        reset_unit(unit_of(link));
        unit_of(link)->failure = *failure;
    }
}

/* Each unit in a transaction of its own. `lost` is the last failure of a transaction, if there was
 * one. */
static void run_each(struct store *store, struct store_link *group, struct error *lost)
{
    error_clear(lost);
    for (struct store_link *link = group; link; link = link->next) {
        struct error one = {0};
        if (store->backend->begin(store->writer_session, &one) < 0) {
            *lost = one;
            fail_from(link, lost);
            return;
        }
        run_alone(store, unit_of(link), &one);
        if (one.kind != ERROR_NONE)
            *lost = one;
    }
}

/* Say once that writing fails, and once that it works again: not after a group that only looked, as
 * jobs do in between. */
static void note_health(struct store *store, const struct error *lost)
{
    bool failing = lost->kind != ERROR_NONE;
    if (failing == store->failing)
        return;
    if (!failing && !store->backend->wrote(store->writer_session))
        return;
    store->failing = failing;
    if (store->meters.failing)
        metric_set(store->meters.failing, failing);
    if (failing)
        log_error("store.failing", LOG_TEXT("engine", store->backend->name),
                  LOG_PHONE("error", lost->message));
    else
        log_info("store.recovered", LOG_TEXT("engine", store->backend->name));
}

/* Several units, in a transaction that has begun. */
static void run_several(struct store *store, struct store_link *group, struct error *lost)
{
    enum group_result result = run_together(store, group, run_unguarded, lost);
    if (result == GROUP_UNGUARDED) {
        meter_add(store->meters.groups_guarded, 1);
        if (store->backend->begin(store->writer_session, lost) < 0) {
            fail_from(group, lost);
            return;
        }
        result = run_together(store, group, run_guarded, lost);
    }
    if (result == GROUP_LOST) {
        meter_add(store->meters.groups_rerun, 1);
        run_each(store, group, lost);
    }
}

static void run_group(struct store *store, struct store_link *group, size_t count)
{
    struct error lost = {0};

    if (store->backend->begin(store->writer_session, &lost) < 0)
        fail_from(group, &lost);
    else if (count == 1)
        run_alone(store, unit_of(group), &lost);
    else
        run_several(store, group, &lost);
    note_health(store, &lost);
}

/* `done` may free its unit, so the next one is looked up before. */
static void finish_group(struct store *store, struct store_link *group)
{
    int64_t units = 0;
    int64_t failed = 0;
    while (group) {
        struct store_unit *unit = unit_of(group);
        group = group->next;
        units++;
        failed += unit->failure.kind != ERROR_NONE;
        struct error failure = unit->failure;
        unit->done(unit->work, &failure);
    }
    meter_add(store->meters.units, units);
    meter_add(store->meters.units_failed, failed);
}

void *writer_main(void *argument)
{
    struct store *store = argument;
    unsigned idle_ms = store->idle_ms;
    struct store_link *group = NULL;
    size_t count = 0;

    for (;;) {
        switch (waiting_take(&store->units, store->group_max, idle_ms, &group, &count)) {
        case WAITING_CLOSED:
            return NULL;
        case WAITING_IDLE:
            store->backend->idle(store->writer_session);
            idle_ms = 0; /* once is enough until the next unit */
            break;
        case WAITING_SOME:
            run_group(store, group, count);
            finish_group(store, group);
            meter_add(store->meters.groups, 1);
            if (store->meters.group_units)
                histogram_observe(store->meters.group_units, (double)count);
            store->backend->after_group(store->writer_session);
            idle_ms = store->idle_ms;
            break;
        }
    }
}
