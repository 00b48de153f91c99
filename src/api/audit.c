/* GET /audit: who did what, or was not allowed to. On reader threads. */
#include <inttypes.h>

#include "api/api.h"
#include "app/app.h"
#include "app/audit.h"
#include "app/caller.h"
#include "app/hand_over.h"
#include "core/text.h"
#include "http/response.h"
#include "list_query.h"
#include "voice/resource_id.h"

enum { READ_DEADLINE_MS = 15000 };

struct audit_work {
    struct audit_filter filter;
    struct audit_rows rows;
};

/* ---- what is asked for --------------------------------------------------------------------------------------- */

static int set_actor(void *data, const char *value)
{
    struct audit_filter *filter = data;
    filter->actor = value;
    return text_is_empty(value) ? -1 : 0;
}

static int set_action(void *data, const char *value)
{
    struct audit_filter *filter = data;
    enum audit_action action;
    filter->action = value;
    return audit_action_from_text(value, &action) ? 0 : -1;
}

static int set_call(void *data, const char *value)
{
    struct audit_filter *filter = data;
    uint64_t random;
    filter->call_id = value;
    return resource_id_parse(RESOURCE_CALL, value, &filter->call_number, &random) ? 0 : -1;
}

static int set_allowed(void *data, const char *value)
{
    struct audit_filter *filter = data;
    filter->allowed = text_equal(value, "true") ? 1 : -1;
    return text_equal(value, "true") || text_equal(value, "false") ? 0 : -1;
}

static int set_since(void *data, const char *value)
{
    struct audit_filter *filter = data;
    return list_since(value, &filter->since_ms);
}

static int set_until(void *data, const char *value)
{
    struct audit_filter *filter = data;
    return list_until(value, &filter->until_ms);
}

static int set_limit(void *data, const char *value)
{
    struct audit_filter *filter = data;
    return list_limit(value, &filter->limit);
}

static int set_cursor(void *data, const char *value)
{
    struct audit_filter *filter = data;
    return text_to_int64(value, 1, INT64_MAX, &filter->before_sequence) ? 0 : -1;
}

static const struct list_parameter parameters[] = {
    {"actor",   set_actor,   "the id of a key, \"user:\" and an identity, or an identity"},
    {"action",  set_action,  "an action such as call.place"                              },
    {"call",    set_call,    "the id of a call"                                          },
    {"allowed", set_allowed, "true or false"                                             },
    {"since",   set_since,   LIST_TIME_EXPECTED                                          },
    {"until",   set_until,   LIST_TIME_EXPECTED                                          },
    {"limit",   set_limit,   LIST_LIMIT_EXPECTED                                         },
    {"cursor",  set_cursor,  LIST_CURSOR_EXPECTED                                        },
};

static int read_filter(struct app *app,
                       const struct request *request,
                       struct audit_filter *filter,
                       struct error *err)
{
    filter->limit = LIST_LIMIT_DEFAULT;
    filter->account_sid = app->config->twilio.account_sid;
    return list_query_read(&request->query, parameters, ARRAY_LEN(parameters), filter, err);
}

/* ---- what is told -------------------------------------------------------------------------------------------- */

static json_t *row_to_json(const struct audit_row *row)
{
    char at[TIME_TEXT_BYTES];
    time_to_rfc3339(row->at_ms, at);
    return json_pack("{s:s, s:s, s:b, s:s, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, "
                     "s:s?, s:I}",
                     "at", at, "action", row->action, "allowed", row->allowed, "actor_kind",
                     row->actor_kind, "actor", row->actor, "actor_name", row->actor_name,
                     "identity", row->identity, "address", row->address, "request_id",
                     row->request_id, "call", row->call_id, "subject", row->subject, "number",
                     row->number, "reason", row->reason, "detail", row->detail, "times",
                     (json_int_t)row->times);
}

static int list_read(struct store_rx *rx, void *data, struct arena *arena, struct error *err)
{
    struct audit_work *work = data;
    return store_list_audit(rx, &work->filter, arena, &work->rows, err);
}

static int
list_reply(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    if (hand_over_result(request, err) < 0)
        return -1;
    const struct audit_rows *rows = &((const struct audit_work *)request->work)->rows;
    json_t *items = json_array();
    for (size_t i = 0; i < rows->count; i++)
        json_array_append_new(items, row_to_json(&rows->items[i]));
    json_t *cursor = rows->more ? json_sprintf("%" PRId64, rows->next_before) : json_null();
    response_json(request, response, 200,
                  json_pack("{s:o, s:o}", "items", items, "next_cursor", cursor));
    return 0;
}

static int
audit_list(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)response;
    struct audit_work *work = arena_alloc(request->arena, sizeof(*work));
    if (caller_needs(request->caller, SCOPE_AUDIT_READ, err) < 0 ||
        read_filter(app, request, &work->filter, err) < 0)
        return -1;
    struct hand_over what = {
        .read = list_read, .work = work, .reply = list_reply, .deadline_ms = READ_DEADLINE_MS};
    return hand_over(app, request, &what, err);
}

static const struct route_doc list_doc = {
    .summary = "A page of the audit log, newest first: who did what, or was not allowed to.",
    .parameters =
        "[{\"name\":\"actor\",\"in\":\"query\",\"schema\":{\"type\":\"string\"},\"description\":"
        "\"equals actor or identity\"},"
        "{\"name\":\"action\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}},"
        "{\"name\":\"call\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}},"
        "{\"name\":\"allowed\",\"in\":\"query\",\"schema\":{\"type\":\"boolean\"}}," LIST_PARAMETERS
        "]",
    .response_type = "application/json",
    .response_schema =
        "{\"type\":\"object\",\"required\":[\"items\",\"next_cursor\"],\"properties\":{"
        "\"items\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"at\","
        "\"action\",\"allowed\",\"actor_kind\",\"times\"],\"properties\":{"
        "\"at\":{\"type\":\"string\",\"format\":\"date-time\"},\"action\":{\"type\":\"string\"},"
        "\"allowed\":{\"type\":\"boolean\"},\"actor_kind\":{\"type\":\"string\"},"
        "\"actor\":{\"type\":[\"string\",\"null\"]},\"actor_name\":{\"type\":[\"string\","
        "\"null\"]},\"identity\":{\"type\":[\"string\",\"null\"]},"
        "\"address\":{\"type\":[\"string\",\"null\"]},\"request_id\":{\"type\":[\"string\","
        "\"null\"]},\"call\":{\"type\":[\"string\",\"null\"]},"
        "\"subject\":{\"type\":[\"string\",\"null\"]},\"number\":{\"type\":[\"string\","
        "\"null\"]},\"reason\":{\"type\":[\"string\",\"null\"]},"
        "\"detail\":{\"type\":[\"string\",\"null\"]},\"times\":{\"type\":\"integer\"}}}},"
        "\"next_cursor\":{\"type\":[\"string\",\"null\"]}}}",
};

static const struct route rows[] = {
    {HTTP_GET, "/audit", &guard_frontend, 0, NULL, audit_list, &list_doc},
};

const struct route_table api_audit_routes = {"api/audit", rows, ARRAY_LEN(rows)};
