/*
 * What is written down, in one unit of work for all subscriptions: the outcomes of attempts, new deliveries, cursors. Each
 * subscription is read in the unit, because the API may have changed it meanwhile.
 */
#include <stdlib.h>

#include "app/audit.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/random.h"
#include "core/text.h"
#include "internal.h"
#include "jobs/backoff.h"

#define BECAUSE_GONE "gone"
#define BECAUSE_FAILING "failing"

/* A subscription within the step. */
struct touched {
    struct subscriber *subscriber;
    int64_t cursor; /* to be stored */

    /* written by the unit: */
    bool found;
    bool refused; /* it takes nothing now */
    bool disabled;
    bool recovered;
    bool began_to_fail;
    int64_t made;
    int64_t delivered;
    int64_t failed;
    int64_t dead;
    struct subscription_row row;
};

struct step {
    struct dispatch *dispatch;
    int64_t now_ms;
    uint64_t random;
    struct touched *touched;
    size_t count;
    struct arena *arena;
};

/* ---- inside the unit ---- */

static void disable(struct step *step, struct touched *touched, const char *because)
{
    touched->row.state = SUBSCRIPTION_DISABLED;
    touched->row.disabled_because = because;
    touched->row.disabled_at_ms = step->now_ms;
    touched->disabled = true;
}

static void note_success(struct touched *touched, const struct outcome *outcome)
{
    touched->recovered |= touched->row.failing_since_ms != 0;
    touched->row.failing_since_ms = 0;
    touched->row.delivered_at_ms = outcome->ended_at_ms;
    touched->delivered++;
}

static void note_failure(struct step *step,
                         struct touched *touched,
                         const struct outcome *outcome,
                         const char *failure)
{
    struct subscription_row *row = &touched->row;
    touched->failed++;
    if (outcome->hopeless)
        return; /* nobody was asked */
    touched->began_to_fail |= row->failing_since_ms == 0;
    if (row->failing_since_ms == 0)
        row->failing_since_ms = outcome->at_ms;
    row->failed_at_ms = outcome->ended_at_ms;
    row->failure = failure;
    if (row->state != SUBSCRIPTION_ENABLED)
        return;
    if (outcome_is_gone(outcome))
        disable(step, touched, BECAUSE_GONE);
    else if (outcome->ended_at_ms - row->failing_since_ms >=
             step->dispatch->config->disable_after_ms)
        disable(step, touched, BECAUSE_FAILING);
}

static int settle(struct step *step,
                  struct store_tx *tx,
                  struct touched *touched,
                  const struct attempt *attempt,
                  struct error *err)
{
    const struct outcome *outcome = &attempt->outcome;
    uint64_t random = hash_finish(step->random ^ (uint64_t)attempt->row.number);
    struct delivery_row after =
        verdict_of(&attempt->row, outcome, step->dispatch->config, random, step->arena);
    if (store_settle_delivery(tx, &after, step->now_ms, err) < 0) {
        if (err->kind != ERROR_NOT_FOUND)
            return -1;
        error_clear(err); /* somebody has ended it otherwise */
        return 0;
    }
    if (after.state != DELIVERY_PENDING && touched->row.open_count > 0)
        touched->row.open_count--;
    touched->dead += after.state == DELIVERY_DEAD;
    if (after.state == DELIVERY_DELIVERED)
        note_success(touched, outcome);
    else
        note_failure(step, touched, outcome, after.last.error);
    return 0;
}

static int
settle_all(struct step *step, struct store_tx *tx, struct touched *touched, struct error *err)
{
    for (const struct attempt *a = step->dispatch->unsettled; a != NULL; a = a->next)
        if (a->subscriber == touched->subscriber && settle(step, tx, touched, a, err) < 0)
            return -1;
    return 0;
}

static int
make_all(struct step *step, struct store_tx *tx, struct touched *touched, struct error *err)
{
    const struct made_list *made = &step->dispatch->made;
    struct subscription_row *row = &touched->row;
    for (size_t i = 0; i < made->count; i++) {
        if (made->items[i].subscriber != touched->subscriber ||
            made->items[i].sequence <= row->cursor)
            continue;
        struct delivery_row delivery = made->items[i].row;
        delivery.created_at_ms = step->now_ms;
        delivery.due_at_ms = step->now_ms;
        delivery.give_up_at_ms = step->now_ms + step->dispatch->config->give_up_ms;
        if (store_insert_delivery(tx, &delivery, err) < 0)
            return -1;
        touched->made++;
        row->open_count++;
    }
    if (touched->cursor > row->cursor)
        row->cursor = touched->cursor;
    return 0;
}

static int write_audit(const struct step *step,
                       struct store_tx *tx,
                       const struct touched *touched,
                       struct error *err)
{
    const struct audit_entry entry = {
        .action = AUDIT_SUBSCRIPTION_DISABLE,
        .allowed = true,
        .at_ms = step->now_ms,
        .operator_id = "server",
        .subject = touched->subscriber->id,
        .reason = touched->row.disabled_because,
        .detail = touched->row.failure,
    };
    return audit_append(tx, step->dispatch->with.config, &entry, err);
}

static int
write_one(struct step *step, struct store_tx *tx, struct touched *touched, struct error *err)
{
    *touched = (struct touched){.subscriber = touched->subscriber, .cursor = touched->cursor};
    if (store_get_subscription(store_tx_reader(tx), touched->subscriber->row.number, step->arena,
                               &touched->row, err) < 0) {
        if (err->kind != ERROR_NOT_FOUND)
            return -1;
        error_clear(err); /* it was deleted, and its deliveries go with it */
        return 0;
    }
    touched->found = true;
    if (settle_all(step, tx, touched, err) < 0)
        return -1;
    touched->refused = touched->row.state != SUBSCRIPTION_ENABLED;
    if (!touched->refused && make_all(step, tx, touched, err) < 0)
        return -1;
    if (store_update_subscription(tx, &touched->row, err) < 0)
        return -1;
    return touched->disabled ? write_audit(step, tx, touched, err) : 0;
}

static int apply(struct store_tx *tx, void *work, struct error *err)
{
    struct step *step = work;
    for (size_t i = 0; i < step->count; i++)
        if (write_one(step, tx, &step->touched[i], err) < 0)
            return -1;
    return 0;
}

/* ---- before it ---- */

static bool has_something(const struct dispatch *dispatch, const struct subscriber *subscriber)
{
    if (subscriber->cursor - subscriber->row.cursor > CURSOR_SLACK)
        return true;
    for (const struct attempt *a = dispatch->unsettled; a != NULL; a = a->next)
        if (a->subscriber == subscriber)
            return true;
    for (size_t i = 0; i < dispatch->made.count; i++)
        if (dispatch->made.items[i].subscriber == subscriber)
            return true;
    return false;
}

static void touch_all(struct step *step)
{
    size_t most = 0;
    for (const struct subscriber *s = step->dispatch->subscribers; s != NULL; s = s->next)
        most++;
    step->touched = arena_alloc(step->arena, most * sizeof *step->touched);
    for (struct subscriber *s = step->dispatch->subscribers; s != NULL; s = s->next)
        if (has_something(step->dispatch, s))
            step->touched[step->count++] = (struct touched){.subscriber = s, .cursor = s->cursor};
}

/* ---- after it ---- */

static void tell_log(const struct touched *touched)
{
    const char *id = touched->subscriber->id;
    const struct subscription_row *row = &touched->row;
    if (touched->recovered)
        log_info("subscription.recovered", LOG_TEXT("subscription", id));
    if (touched->began_to_fail && row->failing_since_ms != 0)
        log_warning("subscription.failing", LOG_TEXT("subscription", id),
                    LOG_PHONE("error", row->failure));
    if (touched->dead > 0)
        log_warning("delivery.dead", LOG_TEXT("subscription", id), LOG_INT("count", touched->dead));
    if (touched->disabled)
        log_error("subscription.disabled", LOG_TEXT("subscription", id),
                  LOG_TEXT("because", row->disabled_because), LOG_PHONE("error", row->failure));
}

static void take_over(struct dispatch *dispatch, const struct touched *touched)
{
    struct subscriber *subscriber = touched->subscriber;
    struct subscription_row *mine = &subscriber->row;
    if (!touched->found) {
        subscriber->listed = false;
        return;
    }
    metric_add(dispatch->count.made, touched->made);
    metric_add(dispatch->count.delivered, touched->delivered);
    metric_add(dispatch->count.failed, touched->failed);
    metric_add(dispatch->count.dead, touched->dead);
    if (touched->refused)
        subscriber->cursor = touched->row.cursor;
    mine->cursor = touched->row.cursor;
    mine->open_count = touched->row.open_count;
    mine->state = touched->row.state;
    subscriber_judge_backlog(dispatch, subscriber);
    subscriber->look_at_ms = 0;
    tell_log(touched);
    if (touched->disabled)
        dispatch_look_again(dispatch);
}

/* Sixteen that were under way when the endpoint went down say it once. */
static void count_failure(struct subscriber *subscriber, const struct outcome *outcome)
{
    if (subscriber->failures > 0 && outcome->at_ms < subscriber->failed_at_ms)
        return;
    subscriber->failures++;
    subscriber->failed_at_ms = outcome->ended_at_ms;
}

/* Of the endpoint as a whole: how long it is left alone. */
static void learn(struct dispatch *dispatch, const struct attempt *attempt)
{
    enum { PATIENCE = 3 }; /* failures in a row until it is asked ever less often */
    const struct backoff backoff = {dispatch->config->backoff_ms, dispatch->config->backoff_max_ms};
    const struct outcome *outcome = &attempt->outcome;
    struct subscriber *subscriber = attempt->subscriber;
    if (outcome->hopeless)
        return;
    if (outcome_is_success(outcome)) {
        subscriber->failures = 0;
        subscriber->not_before_ms = 0;
        return;
    }
    unsigned before = subscriber->failures;
    count_failure(subscriber, outcome);
    int64_t until_ms = outcome_leave_alone_until(outcome, dispatch->config);
    if (subscriber->failures > PATIENCE && subscriber->failures > before) {
        int attempts = (int)(subscriber->failures - PATIENCE);
        until_ms = outcome->ended_at_ms +
                   backoff_ms(&backoff, attempts, random_u64(), until_ms - outcome->ended_at_ms);
    }
    if (until_ms > subscriber->not_before_ms)
        subscriber->not_before_ms = until_ms;
}

static void forget_settled(struct dispatch *dispatch)
{
    while (dispatch->unsettled != NULL) {
        struct attempt *attempt = dispatch->unsettled;
        dispatch->unsettled = attempt->next;
        learn(dispatch, attempt);
        histogram_observe(dispatch->count.seconds, (double)attempt->outcome.latency_ms / 1e3);
        if (outcome_is_success(&attempt->outcome))
            histogram_observe(dispatch->count.delay,
                              (double)(attempt->outcome.ended_at_ms - attempt->row.happened_at_ms) /
                                  1e3);
        attempt_land(attempt);
    }
}

static void forget_made(struct made_list *made)
{
    made->count = 0;
    arena_free(made->arena);
    made->arena = arena_create();
}

int step_write(struct dispatch *dispatch, struct error *err)
{
    auto_arena struct arena *arena = arena_create();
    struct step step = {
        .dispatch = dispatch,
        .now_ms = wall_clock_now_ms(dispatch->with.clock),
        .random = random_u64(),
        .arena = arena,
    };
    touch_all(&step);
    if (step.count > 0 && store_apply(dispatch->with.store, apply, &step, err) < 0)
        return -1;
    for (size_t i = 0; i < step.count; i++)
        take_over(dispatch, &step.touched[i]);
    if (step.count > 0)
        subscribers_count(dispatch);
    forget_settled(dispatch);
    if (dispatch->made.count > 0)
        forget_made(&dispatch->made);
    return 0;
}
