/*
 * The log of the application's webhooks: what was sent to whom, when, and what became of it. It names calls and what happened
 * in them, so whoever looks must be allowed what the subscription is told.
 */
#include <inttypes.h>

#include "core/text.h"
#include "list_query.h"
#include "subscriptions_internal.h"

struct list_work {
    const struct caller *caller;
    int64_t subscription;
    struct delivery_filter filter;
    struct delivery_rows rows;
    const char **call_ids;
};

/* ---- what is asked for ---- */

static int set_state(void *data, const char *value)
{
    struct delivery_filter *filter = data;
    filter->state = value;
    for (int i = DELIVERY_PENDING; i <= DELIVERY_DEAD; i++)
        if (text_equal(value, delivery_state_text((enum delivery_state)i)))
            return 0;
    return -1;
}

static int set_since(void *data, const char *value)
{
    struct delivery_filter *filter = data;
    return list_since(value, &filter->since_ms);
}

static int set_until(void *data, const char *value)
{
    struct delivery_filter *filter = data;
    return list_until(value, &filter->until_ms);
}

static int set_limit(void *data, const char *value)
{
    struct delivery_filter *filter = data;
    return list_limit(value, &filter->limit);
}

static int set_cursor(void *data, const char *value)
{
    struct delivery_filter *filter = data;
    return text_to_int64(value, 1, INT64_MAX, &filter->before_number) ? 0 : -1;
}

static const struct list_parameter parameters[] = {
    {"state",  set_state,  "pending, waiting, delivered or dead"},
    {"since",  set_since,  LIST_TIME_EXPECTED                   },
    {"until",  set_until,  LIST_TIME_EXPECTED                   },
    {"limit",  set_limit,  LIST_LIMIT_EXPECTED                  },
    {"cursor", set_cursor, LIST_CURSOR_EXPECTED                 },
};

/* ---- reading ---- */

static int may_look(const struct caller *caller, struct error *err)
{
    if (caller_needs(caller, SCOPE_WEBHOOKS_MANAGE, err) < 0)
        return -1;
    return caller_needs(caller, SCOPE_CALLS_READ_ALL, err);
}

static int call_id_of(struct store_rx *rx,
                      const struct delivery_row *row,
                      struct arena *arena,
                      const char **out,
                      struct error *err)
{
    struct call_row call;
    *out = NULL;
    if (row->call_number == 0)
        return 0;
    if (store_get_call_by_number(rx, row->call_number, arena, &call, err) == 0) {
        *out = call.id;
        return 0;
    }
    if (err->kind != ERROR_NOT_FOUND)
        return -1;
    error_clear(err); /* it is not kept any more */
    return 0;
}

static int list_read(struct store_rx *rx, void *data, struct arena *arena, struct error *err)
{
    struct list_work *work = data;
    struct subscription_row row;
    if (store_get_subscription(rx, work->subscription, arena, &row, err) < 0 ||
        subscription_check_scopes(work->caller, row.scopes, err) < 0 ||
        store_list_deliveries(rx, &work->filter, arena, &work->rows, err) < 0)
        return -1;
    work->call_ids = arena_alloc(arena, (work->rows.count + 1) * sizeof *work->call_ids);
    for (size_t i = 0; i < work->rows.count; i++)
        if (call_id_of(rx, &work->rows.items[i], arena, &work->call_ids[i], err) < 0)
            return -1;
    return 0;
}

static int
list_reply(struct app *app, struct request *request, struct response *response, struct error *err)
{
    const struct list_work *work = request->work;
    if (hand_over_result(request, err) < 0)
        return -1;
    json_t *items = json_array();
    for (size_t i = 0; i < work->rows.count; i++)
        json_array_append_new(
            items, delivery_to_json(app->dispatch, &work->rows.items[i], work->call_ids[i], NULL));
    json_t *cursor =
        work->rows.more ? json_sprintf("%" PRId64, work->rows.next_before) : json_null();
    response_json(request, response, 200,
                  json_pack("{s:o, s:o}", "items", items, "next_cursor", cursor));
    return 0;
}

static int deliveries_list(struct app *app,
                           struct request *request,
                           struct response *response,
                           struct error *err)
{
    (void)response;
    struct list_work *work = arena_alloc(request->arena, sizeof *work);
    work->caller = request->caller;
    work->filter.limit = LIST_LIMIT_DEFAULT;
    if (may_look(request->caller, err) < 0 ||
        list_query_read(&request->query, parameters, ARRAY_LEN(parameters), &work->filter, err) < 0)
        return -1;
    if (!dispatch_read_id(app->dispatch, DISPATCH_ID_SUBSCRIPTION, request_param(request, "id"),
                          &work->subscription))
        work->subscription = 0;
    work->filter.subscription = work->subscription;
    const struct hand_over what = {.read = list_read,
                                   .work = work,
                                   .reply = list_reply,
                                   .deadline_ms = SUBSCRIPTION_DEADLINE_MS};
    return hand_over(app, request, &what, err);
}

/* ---- one ---- */

struct get_work {
    const struct caller *caller;
    int64_t number;
    struct delivery_row row;
    struct delivery_attempts former;
    const char *call_id;
};

static int64_t number_of(const struct app *app, const struct request *request)
{
    int64_t number = 0;
    return dispatch_read_id(app->dispatch, DISPATCH_ID_DELIVERY, request_param(request, "id"),
                            &number)
               ? number
               : 0;
}

static int get_read(struct store_rx *rx, void *data, struct arena *arena, struct error *err)
{
    struct get_work *work = data;
    struct subscription_row row;
    if (store_get_delivery(rx, work->number, arena, &work->row, err) < 0 ||
        store_get_subscription(rx, work->row.subscription, arena, &row, err) < 0 ||
        subscription_check_scopes(work->caller, row.scopes, err) < 0 ||
        store_list_former_attempts(rx, work->number, arena, &work->former, err) < 0)
        return -1;
    return call_id_of(rx, &work->row, arena, &work->call_id, err);
}

static int
get_reply(struct app *app, struct request *request, struct response *response, struct error *err)
{
    const struct get_work *work = request->work;
    if (hand_over_result(request, err) < 0)
        return -1;
    response_json(request, response, 200,
                  delivery_to_json(app->dispatch, &work->row, work->call_id, &work->former));
    return 0;
}

static int deliveries_get(struct app *app,
                          struct request *request,
                          struct response *response,
                          struct error *err)
{
    (void)response;
    struct get_work *work = arena_alloc(request->arena, sizeof *work);
    work->caller = request->caller;
    work->number = number_of(app, request);
    if (may_look(request->caller, err) < 0)
        return -1;
    const struct hand_over what = {.read = get_read,
                                   .work = work,
                                   .reply = get_reply,
                                   .deadline_ms = SUBSCRIPTION_DEADLINE_MS};
    return hand_over(app, request, &what, err);
}

/* ---- again ---- */

static int
resend(struct store_tx *tx, struct change_work *work, struct arena *arena, struct error *err)
{
    struct change_result *result = &work->result;
    struct store_rx *rx = store_tx_reader(tx);
    if (store_reopen_delivery(tx, work->delivery, work->now_ms,
                              work->now_ms + work->config->dispatch.give_up_ms, err) < 0 ||
        store_get_delivery(rx, work->delivery, arena, &result->delivery, err) < 0)
        return -1;
    result->row.open_count++;
    return call_id_of(rx, &result->delivery, arena, &result->call_id, err);
}

static int
resent(struct app *app, struct request *request, struct response *response, struct error *err)
{
    const struct change_work *work = request->work;
    if (hand_over_result(request, err) < 0)
        return -1;
    response_json(
        request, response, 202,
        delivery_to_json(app->dispatch, &work->result.delivery, work->result.call_id, NULL));
    return 0;
}

static int deliveries_resend(struct app *app,
                             struct request *request,
                             struct response *response,
                             struct error *err)
{
    (void)response;
    struct change_work *work = arena_alloc(request->arena, sizeof *work);
    *work = (struct change_work){
        .change = resend, .delivery = number_of(app, request), .needs_scopes = true};
    if (caller_needs(request->caller, SCOPE_WEBHOOKS_MANAGE, err) < 0)
        return -1;
    return change_begin(app, request, work, AUDIT_DELIVERY_RESEND, resent, err);
}

/* ---- the table ---- */

static const struct route_doc list_doc = {
    .summary = "A page of what was sent, or is to be sent, for a subscription, newest first.",
    .parameters = "[{\"name\":\"state\",\"in\":\"query\",\"schema\":{\"type\":\"string\",\"enum\":["
                  "\"pending\",\"waiting\",\"delivered\",\"dead\"]}}," LIST_PARAMETERS "]",
    .response_type = "application/json",
    .response_schema =
        "{\"type\":\"object\",\"required\":[\"items\",\"next_cursor\"],\"properties\":{"
        "\"items\":{\"type\":\"array\",\"items\":" DELIVERY_SCHEMA "},"
        "\"next_cursor\":{\"type\":[\"string\",\"null\"]}}}",
};
static const struct route_doc get_doc = {
    .summary = "One delivery, by its webhook-id, with all its attempts.",
    .response_type = "application/json",
    .response_schema = DELIVERY_SCHEMA,
};
static const struct route_doc resend_doc = {
    .summary = "Send it again, with the same webhook-id.",
    .response_type = "application/json",
    .response_schema = DELIVERY_SCHEMA,
    .success_status = 202,
};

/* clang-format off */
static const struct route rows[] = {
    {HTTP_GET,  "/subscriptions/{id}/deliveries", &guard_frontend, 0, NULL, deliveries_list,   &list_doc},
    {HTTP_GET,  "/deliveries/{id}",               &guard_frontend, 0, NULL, deliveries_get,    &get_doc},
    {HTTP_POST, "/deliveries/{id}/resend",        &guard_frontend, 0, NULL, deliveries_resend, &resend_doc},
};
/* clang-format on */

const struct route_table api_delivery_routes = {"api/deliveries", rows, ARRAY_LEN(rows)};
