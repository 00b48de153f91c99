/*
 * How a subscription or a delivery is changed: scopes, then one unit of work that reads it, changes it, writes it and the
 * audit log; then the dispatch thread is told to look again.
 */
#include "app/told_call.h"
#include "core/text.h"
#include "subscriptions_internal.h"

int subscription_check_scopes(const struct caller *caller, const char *scopes, struct error *err)
{
    unsigned needed = 0;
    if (scopes_from_text(scopes, &needed, err) < 0)
        return -1;
    unsigned missing = needed & TOLD_SCOPES & ~caller->scopes;
    for (unsigned i = 0; missing >> i != 0; i++)
        if ((missing >> i & 1u) != 0)
            return caller_needs(caller, (enum scope)i, err);
    return 0;
}

static int read_subscription(struct store_tx *tx,
                             struct change_work *work,
                             struct arena *arena,
                             struct error *err)
{
    struct change_result *result = &work->result;
    struct store_rx *rx = store_tx_reader(tx);
    int64_t number = work->number;
    if (work->delivery != 0) {
        if (store_get_delivery(rx, work->delivery, arena, &result->delivery, err) < 0)
            return -1;
        number = result->delivery.subscription;
    }
    if (store_get_subscription(rx, number, arena, &result->row, err) < 0)
        return -1;
    if (work->not_of_file && result->row.name != NULL)
        return error_set(err, ERROR_CONFLICT,
                         "the subscription comes from subscriptions.json: change it there");
    return work->needs_scopes
               ? subscription_check_scopes(work->request->caller, result->row.scopes, err)
               : 0;
}

static int
write_audit(struct store_tx *tx, struct change_work *work, struct arena *arena, struct error *err)
{
    struct audit_entry audit = work->audit;
    const struct change_result *result = &work->result;
    char *id = arena_alloc(arena, DISPATCH_ID_BYTES);
    if (work->delivery != 0)
        dispatch_write_id(work->app->dispatch, DISPATCH_ID_DELIVERY, work->delivery, id);
    else
        dispatch_write_id(work->app->dispatch, DISPATCH_ID_SUBSCRIPTION, result->row.number, id);
    audit.subject = id;
    if (audit.action == AUDIT_SUBSCRIPTION_DISABLE)
        audit.reason = result->row.disabled_because;
    return audit_append(tx, work->config, &audit, err);
}

static int apply(struct store_tx *tx, void *data, struct arena *arena, struct error *err)
{
    struct change_work *work = data;
    struct subscription_row *row = &work->result.row;
    bool fresh = work->number < 0;
    if (!fresh && read_subscription(tx, work, arena, err) < 0)
        return -1;
    if (work->change(tx, work, arena, err) < 0)
        return -1;
    if ((fresh ? store_insert_subscription(tx, row, err)
               : store_update_subscription(tx, row, err)) < 0)
        return -1;
    return write_audit(tx, work, arena, err);
}

static void committed(struct app *app, void *data)
{
    (void)data;
    dispatch_look_again(app->dispatch);
}

int change_begin(struct app *app,
                 struct request *request,
                 struct change_work *work,
                 enum audit_action action,
                 handler_fn *reply,
                 struct error *err)
{
    if (work->needs_scopes && caller_needs(request->caller, SCOPE_CALLS_READ_ALL, err) < 0)
        return -1;
    work->app = app;
    work->config = app->config;
    work->request = request;
    work->now_ms = app_now_ms(app);
    work->audit = audit_of(request, action);
    const struct hand_over what = {
        .apply = apply,
        .work = work,
        .result = &work->result,
        .result_bytes = sizeof work->result,
        .reply = reply,
        .deadline_ms = SUBSCRIPTION_DEADLINE_MS,
        .committed = committed,
    };
    return hand_over(app, request, &what, err);
}
