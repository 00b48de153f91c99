/* GET /calls and GET /calls/{id}: on reader threads, so a slow list never delays a webhook. */
#include <string.h>

#include "app/hand_over.h"
#include "calls_internal.h"
#include "core/text.h"
#include "list_query.h"
#include "voice/resource_id.h"

enum { READ_DEADLINE_MS = 15000, TIMELINE_SHOWN = 1000 };

/* ---- one call ---- */

int find_visible_call(struct store_rx *rx,
                      const struct caller *caller,
                      const char *key,
                      struct arena *arena,
                      struct call_row *out,
                      struct error *err)
{
    int64_t number;
    uint64_t random;
    struct call_row call = {0};
    int found = -1;
    if (resource_id_parse(RESOURCE_CALL, key, &number, &random))
        found = store_get_call(rx, key, arena, &call, err);
    else if (text_is_sid(key, "CA"))
        found = store_get_call_by_sid(rx, key, arena, &call, err);
    if (found < 0 && err->kind != ERROR_NONE && err->kind != ERROR_NOT_FOUND)
        return -1;
    struct viewer viewer = caller_viewer(caller);
    struct belonging belonging = {
        .owner = call.owner, .identity = call.identity, .group = call.group};
    if (found < 0 || !access_may_see(&viewer, &belonging)) {
        error_clear(err);
        return error_set(err, ERROR_NOT_FOUND, "there is no such call");
    }
    *out = call;
    return 0;
}

int call_view_read(struct store_rx *rx, void *work, struct arena *arena, struct error *err)
{
    struct call_view *view = work;
    if (find_visible_call(rx, view->caller, view->key, arena, &view->call, err) < 0)
        return -1;
    int64_t number = view->call.number;
    if (store_list_legs(rx, number, arena, &view->legs, err) < 0 ||
        store_list_call_recordings(rx, number, arena, &view->recordings, err) < 0)
        return -1;
    return store_list_timeline(rx, number, 0, TIMELINE_SHOWN, arena, &view->timeline, err);
}

/* Rows of this resource are .../calls, .../calls/{id} and what is below that. */
const char *call_location(const struct request *request, const char *id)
{
    const char *path = request->route->path;
    const char *open = strchr(path, '{');
    if (text_starts_with(path, "/voicemails"))
        return arena_printf(request->arena, "/calls/%s", id);
    if (open == NULL)
        return arena_printf(request->arena, "%s/%s", path, id);
    return arena_printf(request->arena, "%.*s%s", (int)(open - path), path, id);
}

void call_view_render(struct request *request,
                      const struct call_view *view,
                      const struct envelope *envelope,
                      int status,
                      struct response *response)
{
    struct call_details details = {
        .legs = &view->legs,
        .recordings = caller_may_know_recordings(view->caller) ? &view->recordings : NULL,
        .timeline = &view->timeline,
        .timeline_more = view->call.timeline_count > (int64_t)view->timeline.count,
    };
    response_json(request, response, status,
                  dialect_envelope(envelope, call_to_json(&view->call, &details)));
    response_header(response, "Location", call_location(request, view->call.id));
}

static int
get_reply(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    if (hand_over_result(request, err) < 0)
        return -1;
    const struct call_view *view = request->work;
    call_view_render(request, view, &dialect_shape(request)->call, 200, response);
    request_note(request, "call", view->call.id);
    return 0;
}

int calls_get(struct app *app,
              struct request *request,
              struct response *response,
              struct error *err)
{
    (void)response;
    if (caller_needs_reading(request->caller, err) < 0)
        return -1;
    struct call_view *view = arena_alloc(request->arena, sizeof(*view));
    view->app = app;
    view->caller = request->caller;
    view->key = request_param(request, "id");
    struct hand_over what = {
        .read = call_view_read, .work = view, .reply = get_reply, .deadline_ms = READ_DEADLINE_MS};
    return hand_over(app, request, &what, err);
}

/* ---- a page of calls ---- */

const char call_list_parameters[] =
    "[{\"name\":\"status\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}},"
    "{\"name\":\"direction\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}},"
    "{\"name\":\"number\",\"in\":\"query\",\"schema\":{\"type\":\"string\"},\"description\":"
    "\"equals from or to\"},"
    "{\"name\":\"identity\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}},"
    "{\"name\":\"group\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}}," LIST_PARAMETERS "]";

struct list_work {
    struct call_filter filter;
    struct call_rows rows;
};

static int set_status(void *data, const char *value)
{
    struct call_filter *filter = data;
    enum call_status status;
    if (!call_status_from_text(value, &status))
        return -1;
    filter->status = call_status_text(status);
    return 0;
}

static int set_direction(void *data, const char *value)
{
    struct call_filter *filter = data;
    enum call_direction direction;
    if (!call_direction_from_text(value, &direction))
        return -1;
    filter->direction = call_direction_text(direction);
    return 0;
}

static int set_number(void *data, const char *value)
{
    struct call_filter *filter = data;
    filter->number = value;
    return text_is_empty(value) ? -1 : 0;
}

static int set_identity(void *data, const char *value)
{
    struct call_filter *filter = data;
    filter->identity = value;
    return text_is_empty(value) ? -1 : 0;
}

static int set_group(void *data, const char *value)
{
    struct call_filter *filter = data;
    filter->group = value;
    return text_is_empty(value) ? -1 : 0;
}

static int set_since(void *data, const char *value)
{
    struct call_filter *filter = data;
    return list_since(value, &filter->since_ms);
}

static int set_until(void *data, const char *value)
{
    struct call_filter *filter = data;
    return list_until(value, &filter->until_ms);
}

static int set_limit(void *data, const char *value)
{
    struct call_filter *filter = data;
    return list_limit(value, &filter->limit);
}

static int set_cursor(void *data, const char *value)
{
    struct call_filter *filter = data;
    uint64_t random;
    return resource_id_parse(RESOURCE_CALL, value, &filter->before_number, &random) ? 0 : -1;
}

static const struct list_parameter parameters[] = {
    {"status",    set_status,    "a status of Twilio's, e.g. in-progress"   },
    {"direction", set_direction, "outbound-browser, outbound-api or inbound"},
    {"number",    set_number,    "a number as it stands in from or to"      },
    {"identity",  set_identity,  "an identity"                              },
    {"group",     set_group,     "a group"                                  },
    {"since",     set_since,     LIST_TIME_EXPECTED                         },
    {"until",     set_until,     LIST_TIME_EXPECTED                         },
    {"limit",     set_limit,     LIST_LIMIT_EXPECTED                        },
    {"cursor",    set_cursor,    LIST_CURSOR_EXPECTED                       },
};

static int
list_parse(struct app *app, struct request *request, struct call_filter *filter, struct error *err)
{
    const struct caller *caller = request->caller;
    filter->limit = LIST_LIMIT_DEFAULT;
    filter->account_sid = app->config->twilio.account_sid;
    if (list_query_read(&request->query, parameters, ARRAY_LEN(parameters), filter, err) < 0)
        return -1;
    struct viewer viewer = caller_viewer(caller);
    if (!viewer.sees_all) {
        ASSERT(viewer.owner != NULL); /* with none, the filter would let everything through */
        filter->owned_by_owner = viewer.owner;
        filter->owned_by_identity = viewer.identity;
        filter->owned_by_group = viewer.group;
    }
    return 0;
}

static int list_read(struct store_rx *rx, void *data, struct arena *arena, struct error *err)
{
    struct list_work *work = data;
    return store_list_calls(rx, &work->filter, arena, &work->rows, err);
}

static int
list_reply(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    if (hand_over_result(request, err) < 0)
        return -1;
    const struct list_work *work = request->work;
    json_t *items = json_array();
    for (size_t i = 0; i < work->rows.count; i++)
        json_array_append_new(items, call_to_json(&work->rows.items[i], NULL));
    char cursor_text[RESOURCE_ID_BYTES]; /* an id's form, so that its number is checked like one */
    resource_id_format(RESOURCE_CALL, work->rows.next_before, 0, cursor_text);
    json_t *cursor = work->rows.more ? json_string(cursor_text) : json_null();
    response_json(request, response, 200,
                  json_pack("{s:o, s:o}", "items", items, "next_cursor", cursor));
    return 0;
}

int calls_list(struct app *app,
               struct request *request,
               struct response *response,
               struct error *err)
{
    (void)response;
    struct list_work *work = arena_alloc(request->arena, sizeof(*work));
    if (caller_needs_reading(request->caller, err) < 0 ||
        list_parse(app, request, &work->filter, err) < 0)
        return -1;
    struct hand_over what = {
        .read = list_read, .work = work, .reply = list_reply, .deadline_ms = READ_DEADLINE_MS};
    return hand_over(app, request, &what, err);
}
