/*
 * /subscriptions: who is told what happens, by webhooks of the application's own. For those with the scope webhooks:manage;
 * who makes or reroutes one must be allowed what it is told.
 */
#include <string.h>

#include "app/subscriptions_file.h"
#include "app/told_call.h"
#include "core/limits.h"
#include "core/text.h"
#include "core/xmalloc.h"
#include "input.h"
#include "subscriptions_internal.h"

#define FIELD(name, type, member, min, max)                                                        \
    {                                                                                              \
        name, INPUT_##type, offsetof(struct subscription_wish, member), min, max                   \
    }

static const struct input_field create_fields[] = {
    FIELD("url", TEXT, url, 1, SUBSCRIPTION_URL_BYTES),
    FIELD("events", ARRAY, event_list, 1, SUBSCRIPTION_EVENTS),
    FIELD("secret", TEXT, secret, 1, SIGNING_SECRET_BYTES),
    FIELD("identity", TEXT, identity, 1, SUBSCRIPTION_TEXT_BYTES),
    FIELD("group", TEXT, group, 1, SUBSCRIPTION_TEXT_BYTES),
    FIELD("description", TEXT, description, 1, SUBSCRIPTION_TEXT_BYTES),
};
static const struct input_field update_fields[] = {
    FIELD("url", TEXT, url, 1, SUBSCRIPTION_URL_BYTES),
    FIELD("events", ARRAY, event_list, 1, SUBSCRIPTION_EVENTS),
    FIELD("identity", TEXT, identity, 1, SUBSCRIPTION_TEXT_BYTES),
    FIELD("group", TEXT, group, 1, SUBSCRIPTION_TEXT_BYTES),
    FIELD("description", TEXT, description, 1, SUBSCRIPTION_TEXT_BYTES),
};
static const struct input_field rotate_fields[] = {
    FIELD("secret", TEXT, secret, 1, SIGNING_SECRET_BYTES),
    FIELD("overlap_seconds", INT, overlap_s, 0, 2592000),
};
static const struct input_field enable_fields[] = {
    FIELD("skip", BOOL, skip, 0, 0),
};
static const struct input_field resend_fields[] = {
    FIELD("since", TEXT, since, 1, 64),
    FIELD("until", TEXT, until, 1, 64),
};

/* ---- parse: alike for all ---- */

static int64_t number_of(const struct app *app, const struct request *request)
{
    int64_t number = 0;
    return dispatch_read_id(app->dispatch, DISPATCH_ID_SUBSCRIPTION, request_param(request, "id"),
                            &number)
               ? number
               : 0;
}

static int begin(struct app *app,
                 struct request *request,
                 const struct change_work *what,
                 const struct input_field *fields,
                 size_t count,
                 enum audit_action action,
                 handler_fn *reply,
                 struct error *err)
{
    struct change_work *work = arena_alloc(request->arena, sizeof *work);
    *work = *what;
    work->wish.overlap_s = app->config->dispatch.overlap_ms / 1000;
    if (caller_needs(request->caller, SCOPE_WEBHOOKS_MANAGE, err) < 0 ||
        subscription_wish_read(app, request, fields, count, &work->wish, err) < 0)
        return -1;
    if (work->number == 0)
        work->number = number_of(app, request);
    return change_begin(app, request, work, action, reply, err);
}

static int
reply_with(struct request *request, struct response *response, int status, struct error *err)
{
    const struct change_work *work = request->work;
    if (hand_over_result(request, err) < 0)
        return -1;
    response_json(
        request, response, status,
        subscription_to_json(work->app->dispatch, &work->result.row, work->result.secret));
    return 0;
}

static int
reply_ok(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    return reply_with(request, response, 200, err);
}

/* ---- create ---- */

static int count_others(struct store_tx *tx, struct arena *arena, struct error *err)
{
    struct subscription_rows rows;
    size_t count = 0;
    if (store_list_subscriptions(store_tx_reader(tx), arena, &rows, err) < 0)
        return -1;
    for (size_t i = 0; i < rows.count; i++)
        count += rows.items[i].state != SUBSCRIPTION_DELETED;
    return count < LIMIT_SUBSCRIPTIONS
               ? 0
               : error_set(err, ERROR_CONFLICT, "there are %d subscriptions; no more are kept",
                           (int)LIMIT_SUBSCRIPTIONS);
}

static int
create(struct store_tx *tx, struct change_work *work, struct arena *arena, struct error *err)
{
    const struct subscription_wish *wish = &work->wish;
    const struct caller *caller = work->request->caller;
    if (count_others(tx, arena, err) < 0)
        return -1;
    work->result.secret = wish->secret != NULL ? wish->secret : work->fresh_secret;
    work->result.row = (struct subscription_row){
        .account_sid = work->config->twilio.account_sid,
        .url = wish->url,
        .events = wish->events != NULL ? wish->events : "*",
        .identity = wish->identity,
        .group = wish->group,
        .description = wish->description,
        .scopes = scopes_to_text(caller->scopes & TOLD_SCOPES, arena),
        .secret = work->result.secret,
        .created_at_ms = work->now_ms,
        .updated_at_ms = work->now_ms,
        .created_by = caller->owner,
    };
    return store_newest_sequence(store_tx_reader(tx), &work->result.row.cursor, err);
}

static int
created(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    return reply_with(request, response, 201, err);
}

static int subscriptions_create(struct app *app,
                                struct request *request,
                                struct response *response,
                                struct error *err)
{
    (void)response;
    struct change_work work = {.change = create, .number = -1, .needs_scopes = true};
    struct change_work *kept = arena_alloc(request->arena, sizeof *kept);
    signing_secret_make(work.fresh_secret);
    *kept = work;
    if (caller_needs(request->caller, SCOPE_WEBHOOKS_MANAGE, err) < 0 ||
        subscription_wish_read(app, request, create_fields, ARRAY_LEN(create_fields), &kept->wish,
                               err) < 0)
        return -1;
    if (kept->wish.url == NULL)
        return error_field(err, "url", "url is missing: where to send");
    return change_begin(app, request, kept, AUDIT_SUBSCRIPTION_CREATE, created, err);
}

/* ---- update ---- */

static int
update(struct store_tx *tx, struct change_work *work, struct arena *arena, struct error *err)
{
    (void)tx;
    (void)arena;
    (void)err;
    const struct subscription_wish *wish = &work->wish;
    struct subscription_row *row = &work->result.row;
    row->url = wish->url != NULL ? wish->url : row->url;
    row->events = wish->events != NULL ? wish->events : row->events;
    if (wish->identity != NULL || wish->clears_identity)
        row->identity = wish->identity;
    if (wish->group != NULL || wish->clears_group)
        row->group = wish->group;
    if (wish->description != NULL || wish->clears_description)
        row->description = wish->description;
    row->updated_at_ms = work->now_ms;
    return 0;
}

static int subscriptions_update(struct app *app,
                                struct request *request,
                                struct response *response,
                                struct error *err)
{
    (void)response;
    const struct change_work work = {.change = update, .not_of_file = true, .needs_scopes = true};
    return begin(app, request, &work, update_fields, ARRAY_LEN(update_fields),
                 AUDIT_SUBSCRIPTION_UPDATE, reply_ok, err);
}

/* ---- delete ---- */

static int delete (struct store_tx *tx,
                   struct change_work *work,
                   struct arena *arena,
                   struct error *err)
{
    (void)tx;
    (void)arena;
    (void)err;
    work->result.row.state = SUBSCRIPTION_DELETED;
    work->result.row.secret = work->result.row.old_secret = NULL;
    work->result.row.updated_at_ms = work->now_ms;
    return 0;
}

static int
deleted(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    if (hand_over_result(request, err) < 0)
        return -1;
    response_empty(response, 204);
    return 0;
}

static int subscriptions_delete(struct app *app,
                                struct request *request,
                                struct response *response,
                                struct error *err)
{
    (void)response;
    const struct change_work work = {.change = delete, .not_of_file = true};
    return begin(app, request, &work, NULL, 0, AUDIT_SUBSCRIPTION_DELETE, deleted, err);
}

/* ---- rotate ---- */

static int
rotate(struct store_tx *tx, struct change_work *work, struct arena *arena, struct error *err)
{
    (void)tx;
    (void)arena;
    (void)err;
    struct subscription_row *row = &work->result.row;
    row->old_secret = work->wish.overlap_s > 0 ? row->secret : NULL;
    row->old_secret_until_ms =
        work->wish.overlap_s > 0 ? work->now_ms + work->wish.overlap_s * 1000 : 0;
    row->secret = work->wish.secret != NULL ? work->wish.secret : work->fresh_secret;
    row->updated_at_ms = work->now_ms;
    work->result.secret = row->secret;
    return 0;
}

static int subscriptions_rotate(struct app *app,
                                struct request *request,
                                struct response *response,
                                struct error *err)
{
    (void)response;
    struct change_work work = {.change = rotate, .not_of_file = true, .needs_scopes = true};
    signing_secret_make(work.fresh_secret);
    return begin(app, request, &work, rotate_fields, ARRAY_LEN(rotate_fields),
                 AUDIT_SUBSCRIPTION_ROTATE, reply_ok, err);
}

/* ---- enable, disable ---- */

/* What is open and was not sent is dead then, and the timeline goes on from now. */
static int
skip_all(struct store_tx *tx, struct change_work *work, struct arena *arena, struct error *err)
{
    enum { ROWS = 1000 };
    struct subscription_row *row = &work->result.row;
    struct delivery_rows rows;
    do {
        if (store_list_overdue_deliveries(store_tx_reader(tx), row->number, INT64_MAX, ROWS, arena,
                                          &rows, err) < 0)
            return -1;
        for (size_t i = 0; i < rows.count; i++) {
            rows.items[i].state = DELIVERY_DEAD;
            rows.items[i].ended_at_ms = work->now_ms;
            if (store_settle_delivery(tx, &rows.items[i], work->now_ms, err) < 0)
                return -1;
        }
    } while (rows.count == ROWS);
    row->open_count = 0;
    return store_newest_sequence(store_tx_reader(tx), &row->cursor, err);
}

static int
enable(struct store_tx *tx, struct change_work *work, struct arena *arena, struct error *err)
{
    struct subscription_row *row = &work->result.row;
    if (work->wish.skip && skip_all(tx, work, arena, err) < 0)
        return -1;
    row->state = SUBSCRIPTION_ENABLED;
    row->disabled_because = NULL;
    row->disabled_at_ms = 0;
    row->failing_since_ms = 0;
    row->updated_at_ms = work->now_ms;
    return store_renew_deliveries(tx, row->number, work->now_ms,
                                  work->now_ms + work->config->dispatch.give_up_ms, err);
}

static int subscriptions_enable(struct app *app,
                                struct request *request,
                                struct response *response,
                                struct error *err)
{
    (void)response;
    const struct change_work work = {.change = enable, .needs_scopes = true};
    return begin(app, request, &work, enable_fields, ARRAY_LEN(enable_fields),
                 AUDIT_SUBSCRIPTION_ENABLE, reply_ok, err);
}

static int
disable(struct store_tx *tx, struct change_work *work, struct arena *arena, struct error *err)
{
    (void)tx;
    (void)arena;
    (void)err;
    struct subscription_row *row = &work->result.row;
    if (row->state == SUBSCRIPTION_DISABLED)
        return 0;
    row->state = SUBSCRIPTION_DISABLED;
    row->disabled_because = "asked";
    row->disabled_at_ms = work->now_ms;
    row->updated_at_ms = work->now_ms;
    return 0;
}

static int subscriptions_disable(struct app *app,
                                 struct request *request,
                                 struct response *response,
                                 struct error *err)
{
    (void)response;
    const struct change_work work = {.change = disable};
    return begin(app, request, &work, NULL, 0, AUDIT_SUBSCRIPTION_DISABLE, reply_ok, err);
}

/* ---- test ---- */

static int
test(struct store_tx *tx, struct change_work *work, struct arena *arena, struct error *err)
{
    (void)arena;
    struct change_result *result = &work->result;
    if (result->row.state != SUBSCRIPTION_ENABLED)
        return error_set(err, ERROR_CONFLICT, "the subscription is disabled; enable it first");
    result->delivery = (struct delivery_row){
        .subscription = result->row.number,
        .kind = DISPATCH_TEST_KIND,
        .happened_at_ms = work->now_ms,
        .created_at_ms = work->now_ms,
        .due_at_ms = work->now_ms,
        .give_up_at_ms = work->now_ms + work->config->dispatch.give_up_ms,
    };
    result->row.open_count++;
    return store_insert_delivery(tx, &result->delivery, err);
}

static int
tested(struct app *app, struct request *request, struct response *response, struct error *err)
{
    const struct change_work *work = request->work;
    if (hand_over_result(request, err) < 0)
        return -1;
    response_json(request, response, 202,
                  delivery_to_json(app->dispatch, &work->result.delivery, NULL, NULL));
    return 0;
}

static int subscriptions_test(struct app *app,
                              struct request *request,
                              struct response *response,
                              struct error *err)
{
    (void)response;
    const struct change_work work = {.change = test, .needs_scopes = true};
    return begin(app, request, &work, NULL, 0, AUDIT_SUBSCRIPTION_TEST, tested, err);
}

/* ---- send all dead ones again ---- */

/* The oldest would have to be found from the end: so whoever has many asks again, until there are no more. */
static int
resend(struct store_tx *tx, struct change_work *work, struct arena *arena, struct error *err)
{
    enum { AT_ONCE = 200 };
    struct change_result *result = &work->result;
    struct delivery_filter filter = {
        .subscription = result->row.number,
        .state = delivery_state_text(DELIVERY_DEAD),
        .since_ms = work->wish.since_ms,
        .until_ms = work->wish.until_ms,
        .limit = AT_ONCE,
    };
    struct delivery_rows rows;
    if (store_list_deliveries(store_tx_reader(tx), &filter, arena, &rows, err) < 0)
        return -1;
    for (size_t i = rows.count; i > 0; i--)
        if (store_reopen_delivery(tx, rows.items[i - 1].number, work->now_ms,
                                  work->now_ms + work->config->dispatch.give_up_ms, err) < 0)
            return -1;
    result->count = (int64_t)rows.count;
    result->more = rows.more;
    result->row.open_count += result->count;
    return 0;
}

static int
resent(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    const struct change_work *work = request->work;
    if (hand_over_result(request, err) < 0)
        return -1;
    response_json(request, response, 200,
                  json_pack("{s:I, s:b}", "resent", (json_int_t)work->result.count, "more",
                            work->result.more));
    return 0;
}

static int subscriptions_resend(struct app *app,
                                struct request *request,
                                struct response *response,
                                struct error *err)
{
    (void)response;
    const struct change_work work = {.change = resend, .needs_scopes = true};
    return begin(app, request, &work, resend_fields, ARRAY_LEN(resend_fields),
                 AUDIT_DELIVERY_RESEND, resent, err);
}

/* ---- read ---- */

struct read_work {
    int64_t number; /* 0: all, or there can be none */
    struct subscription_row row;
    struct subscription_rows rows;
};

static int read_list(struct store_rx *rx, void *data, struct arena *arena, struct error *err)
{
    struct read_work *work = data;
    return store_list_subscriptions(rx, arena, &work->rows, err);
}

static int
list_reply(struct app *app, struct request *request, struct response *response, struct error *err)
{
    const struct read_work *work = request->work;
    if (hand_over_result(request, err) < 0)
        return -1;
    json_t *items = json_array();
    for (size_t i = 0; i < work->rows.count; i++)
        if (work->rows.items[i].state != SUBSCRIPTION_DELETED)
            json_array_append_new(items,
                                  subscription_to_json(app->dispatch, &work->rows.items[i], NULL));
    response_json(request, response, 200, json_pack("{s:o, s:n}", "items", items, "next_cursor"));
    return 0;
}

static int read_one(struct store_rx *rx, void *data, struct arena *arena, struct error *err)
{
    struct read_work *work = data;
    return store_get_subscription(rx, work->number, arena, &work->row, err);
}

static int
get_reply(struct app *app, struct request *request, struct response *response, struct error *err)
{
    const struct read_work *work = request->work;
    if (hand_over_result(request, err) < 0)
        return -1;
    response_json(request, response, 200, subscription_to_json(app->dispatch, &work->row, NULL));
    return 0;
}

static int read_begin(struct app *app,
                      struct request *request,
                      int64_t number,
                      int (*read)(struct store_rx *, void *, struct arena *, struct error *),
                      handler_fn *reply,
                      struct error *err)
{
    struct read_work *work = arena_alloc(request->arena, sizeof *work);
    work->number = number;
    if (caller_needs(request->caller, SCOPE_WEBHOOKS_MANAGE, err) < 0)
        return -1;
    const struct hand_over what = {
        .read = read, .work = work, .reply = reply, .deadline_ms = SUBSCRIPTION_DEADLINE_MS};
    return hand_over(app, request, &what, err);
}

static int subscriptions_list(struct app *app,
                              struct request *request,
                              struct response *response,
                              struct error *err)
{
    (void)response;
    return read_begin(app, request, 0, read_list, list_reply, err);
}

static int subscriptions_get(struct app *app,
                             struct request *request,
                             struct response *response,
                             struct error *err)
{
    (void)response;
    return read_begin(app, request, number_of(app, request), read_one, get_reply, err);
}

/* ---- the table ---- */

#define URL_PROPERTY "\"url\":{\"type\":\"string\",\"maxLength\":2048}"
#define EVENTS_PROPERTY                                                                            \
    "\"events\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":100,\"items\":{\"type\":"          \
    "\"string\"},\"description\":\"names of events, call.*, or *\"}"
#define FILTER_PROPERTIES                                                                          \
    "\"identity\":{\"type\":[\"string\",\"null\"],\"maxLength\":256},"                             \
    "\"group\":{\"type\":[\"string\",\"null\"],\"maxLength\":256},"                                \
    "\"description\":{\"type\":[\"string\",\"null\"],\"maxLength\":256}"
#define SECRET_PROPERTY                                                                            \
    "\"secret\":{\"type\":\"string\",\"pattern\":\"^whsec_\",\"description\":"                     \
    "\"" SIGNING_SECRET_EXPECTED "; left out: one is made\"}"

static const struct route_doc list_doc = {
    .summary = "Who is told what happens: all subscriptions of the application's webhooks.",
    .response_type = "application/json",
    .response_schema =
        "{\"type\":\"object\",\"required\":[\"items\",\"next_cursor\"],\"properties\":{"
        "\"items\":{\"type\":\"array\",\"items\":" SUBSCRIPTION_SCHEMA "},"
        "\"next_cursor\":{\"type\":\"null\"}}}",
};
static const struct route_doc create_doc = {
    .summary =
        "Subscribe: from now on events are sent to that URL, signed with the secret in the answer.",
    .request_type = "application/json",
    .request_schema = "{\"type\":\"object\",\"required\":[\"url\"],\"additionalProperties\":false,"
                      "\"properties\":{" URL_PROPERTY "," EVENTS_PROPERTY "," SECRET_PROPERTY
                      "," FILTER_PROPERTIES "}}",
    .response_type = "application/json",
    .response_schema = SUBSCRIPTION_SCHEMA,
    .success_status = 201,
};
static const struct route_doc get_doc = {
    .summary = "One subscription.",
    .response_type = "application/json",
    .response_schema = SUBSCRIPTION_SCHEMA,
};
static const struct route_doc update_doc = {
    .summary = "Change where it is sent, what, or of whom; what is not named stays.",
    .request_type = "application/json",
    .request_schema =
        "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" URL_PROPERTY
        "," EVENTS_PROPERTY "," FILTER_PROPERTIES "}}",
    .response_type = "application/json",
    .response_schema = SUBSCRIPTION_SCHEMA,
};
static const struct route_doc delete_doc = {
    .summary = "Unsubscribe. What was not delivered yet is not sent any more.",
    .success_status = 204,
};
static const struct route_doc rotate_doc = {
    .summary = "A new secret; the old one signs as well for the time of the overlap.",
    .request_type = "application/json",
    .request_schema =
        "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" SECRET_PROPERTY
        ",\"overlap_seconds\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":"
        "2592000}}}",
    .response_type = "application/json",
    .response_schema = SUBSCRIPTION_SCHEMA,
};
static const struct route_doc enable_doc = {
    .summary = "Send again, from where it stopped; with skip, from now on.",
    .request_type = "application/json",
    .request_schema = "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
                      "\"skip\":{\"type\":\"boolean\",\"default\":false}}}",
    .response_type = "application/json",
    .response_schema = SUBSCRIPTION_SCHEMA,
};
static const struct route_doc disable_doc = {
    .summary = "Send nothing for the time being; what happens meanwhile is not lost.",
    .response_type = "application/json",
    .response_schema = SUBSCRIPTION_SCHEMA,
};
static const struct route_doc test_doc = {
    .summary = "Send an event of the type " DISPATCH_TEST_KIND ".",
    .response_type = "application/json",
    .response_schema = DELIVERY_SCHEMA,
    .success_status = 202,
};
static const struct route_doc resend_doc = {
    .summary = "Send dead deliveries again, 200 at a time, the newest of them.",
    .request_type = "application/json",
    .request_schema = "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
                      "\"since\":{\"type\":\"string\",\"format\":\"date-time\"},"
                      "\"until\":{\"type\":\"string\",\"format\":\"date-time\"}}}",
    .response_type = "application/json",
    .response_schema = "{\"type\":\"object\",\"required\":[\"resent\",\"more\"],\"properties\":{"
                       "\"resent\":{\"type\":\"integer\"},\"more\":{\"type\":\"boolean\"}}}",
};

#define SMALL KiB(16)

/* clang-format off */
static const struct route rows[] = {
    {HTTP_GET,    "/subscriptions",              &guard_frontend, 0,     NULL, subscriptions_list,    &list_doc},
    {HTTP_POST,   "/subscriptions",              &guard_frontend, SMALL, NULL, subscriptions_create,  &create_doc},
    {HTTP_GET,    "/subscriptions/{id}",         &guard_frontend, 0,     NULL, subscriptions_get,     &get_doc},
    {HTTP_PATCH,  "/subscriptions/{id}",         &guard_frontend, SMALL, NULL, subscriptions_update,  &update_doc},
    {HTTP_DELETE, "/subscriptions/{id}",         &guard_frontend, 0,     NULL, subscriptions_delete,  &delete_doc},
    {HTTP_POST,   "/subscriptions/{id}/rotate",  &guard_frontend, SMALL, NULL, subscriptions_rotate,  &rotate_doc},
    {HTTP_POST,   "/subscriptions/{id}/enable",  &guard_frontend, SMALL, NULL, subscriptions_enable,  &enable_doc},
    {HTTP_POST,   "/subscriptions/{id}/disable", &guard_frontend, 0,     NULL, subscriptions_disable, &disable_doc},
    {HTTP_POST,   "/subscriptions/{id}/test",    &guard_frontend, 0,     NULL, subscriptions_test,    &test_doc},
    {HTTP_POST,   "/subscriptions/{id}/resend",  &guard_frontend, SMALL, NULL, subscriptions_resend,  &resend_doc},
};
/* clang-format on */

const struct route_table api_subscription_routes = {"api/subscriptions", rows, ARRAY_LEN(rows)};
