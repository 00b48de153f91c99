/* GET /recordings and GET /recordings/{id}: on reader threads, as calls are. */
#include "core/text.h"
#include "list_query.h"
#include "recordings_internal.h"
#include "voice/resource_id.h"

/* ---- one recording ---- */

int find_visible_recording(struct store_rx *rx,
                           const struct caller *caller,
                           const char *key,
                           struct arena *arena,
                           struct recording_row *out,
                           struct error *err)
{
    int64_t number;
    uint64_t random;
    struct recording_row row = {0};
    int found = -1;
    if (resource_id_parse(RESOURCE_RECORDING, key, &number, &random))
        found = store_get_recording_by_id(rx, key, arena, &row, err);
    else if (text_is_sid(key, "RE"))
        found = store_get_recording(rx, key, arena, &row, err);
    if (found < 0 && err->kind != ERROR_NONE && err->kind != ERROR_NOT_FOUND)
        return -1;
    struct viewer viewer = caller_recordings_viewer(caller);
    struct belonging belonging = {.owner = row.owner, .identity = row.identity, .group = row.group};
    if (found < 0 || !access_may_see(&viewer, &belonging)) {
        error_clear(err);
        return error_set(err, ERROR_NOT_FOUND, "there is no such recording");
    }
    *out = row;
    return 0;
}

int recording_view_read(struct store_rx *rx, void *work, struct arena *arena, struct error *err)
{
    struct recording_view *view = work;
    return find_visible_recording(rx, view->caller, view->key, arena, &view->row, err);
}

static int
get_reply(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    if (hand_over_result(request, err) < 0)
        return -1;
    const struct recording_view *view = request->work;
    response_json(request, response, 200, recording_to_json(&view->row));
    request_note(request, "recording", view->row.id);
    return 0;
}

int recordings_get(struct app *app,
                   struct request *request,
                   struct response *response,
                   struct error *err)
{
    (void)response;
    if (caller_needs_recordings(request->caller, err) < 0)
        return -1;
    struct recording_view *view = arena_alloc(request->arena, sizeof(*view));
    view->caller = request->caller;
    view->key = request_param(request, "id");
    struct hand_over what = {.read = recording_view_read,
                             .work = view,
                             .reply = get_reply,
                             .deadline_ms = RECORDINGS_READ_DEADLINE_MS};
    return hand_over(app, request, &what, err);
}

/* ---- a page of recordings ---- */

const char recording_list_parameters[] =
    "[{\"name\":\"call\",\"in\":\"query\",\"schema\":{\"type\":\"string\"},\"description\":\"the "
    "id of "
    "a call\"},"
    "{\"name\":\"direction\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}},"
    "{\"name\":\"status\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}},"
    "{\"name\":\"media\",\"in\":\"query\",\"schema\":{\"enum\":[\"none\",\"wanted\",\"stored\","
    "\"absent\",\"failed\",\"deleted\"]}},"
    "{\"name\":\"source\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}},"
    "{\"name\":\"tag\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}},"
    "{\"name\":\"number\",\"in\":\"query\",\"schema\":{\"type\":\"string\"},\"description\":\"from "
    "or "
    "to of its call\"},"
    "{\"name\":\"identity\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}},"
    "{\"name\":\"group\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}}," LIST_PARAMETERS "]";

struct list_work {
    struct recording_filter filter;
    struct recording_rows rows;
};

static int set_call(void *data, const char *value)
{
    struct recording_filter *filter = data;
    uint64_t random;
    return resource_id_parse(RESOURCE_CALL, value, &filter->call_number, &random) ? 0 : -1;
}

static int set_direction(void *data, const char *value)
{
    struct recording_filter *filter = data;
    enum call_direction direction;
    if (!call_direction_from_text(value, &direction))
        return -1;
    filter->direction = call_direction_text(direction);
    return 0;
}

static int set_status(void *data, const char *value)
{
    struct recording_filter *filter = data;
    filter->status = value;
    return recording_status_rank(value) > 0 ? 0 : -1;
}

static int set_media(void *data, const char *value)
{
    struct recording_filter *filter = data;
    enum recording_media media;
    filter->media = value;
    return recording_media_from_text(value, &media) ? 0 : -1;
}

#define SET_TEXT(member)                                                                           \
    static int set_##member(void *data, const char *value)                                         \
    {                                                                                              \
        struct recording_filter *filter = data;                                                    \
        filter->member = value;                                                                    \
        return text_is_empty(value) ? -1 : 0;                                                      \
    }
SET_TEXT(source)
SET_TEXT(tag)
SET_TEXT(number)
SET_TEXT(identity)
SET_TEXT(group)
#undef SET_TEXT

static int set_since(void *data, const char *value)
{
    struct recording_filter *filter = data;
    return list_since(value, &filter->since_ms);
}

static int set_until(void *data, const char *value)
{
    struct recording_filter *filter = data;
    return list_until(value, &filter->until_ms);
}

static int set_limit(void *data, const char *value)
{
    struct recording_filter *filter = data;
    return list_limit(value, &filter->limit);
}

static int set_cursor(void *data, const char *value)
{
    struct recording_filter *filter = data;
    uint64_t random;
    return resource_id_parse(RESOURCE_RECORDING, value, &filter->before_number, &random) ? 0 : -1;
}

static const struct list_parameter parameters[] = {
    {"call",      set_call,      "the id of a call"                               },
    {"direction", set_direction, "outbound-browser, outbound-api or inbound"      },
    {"status",    set_status,    "a status of Twilio's, e.g. completed"           },
    {"media",     set_media,     "none, wanted, stored, absent, failed or deleted"},
    {"source",    set_source,    "a source of Twilio's, e.g. DialVerb"            },
    {"tag",       set_tag,       "a tag"                                          },
    {"number",    set_number,    "a number as it stands in from or to of its call"},
    {"identity",  set_identity,  "an identity"                                    },
    {"group",     set_group,     "a group"                                        },
    {"since",     set_since,     LIST_TIME_EXPECTED                               },
    {"until",     set_until,     LIST_TIME_EXPECTED                               },
    {"limit",     set_limit,     LIST_LIMIT_EXPECTED                              },
    {"cursor",    set_cursor,    LIST_CURSOR_EXPECTED                             },
};

static int list_parse(struct app *app,
                      const struct request *request,
                      struct recording_filter *filter,
                      struct error *err)
{
    filter->limit = LIST_LIMIT_DEFAULT;
    filter->account_sid = app->config->twilio.account_sid;
    if (list_query_read(&request->query, parameters, ARRAY_LEN(parameters), filter, err) < 0)
        return -1;
    struct viewer viewer = caller_recordings_viewer(request->caller);
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
    return store_list_recordings(rx, &work->filter, arena, &work->rows, err);
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
        json_array_append_new(items, recording_to_json(&work->rows.items[i]));
    char cursor_text[RESOURCE_ID_BYTES]; /* an id's form, so that its number is checked like one */
    resource_id_format(RESOURCE_RECORDING, work->rows.next_before, 0, cursor_text);
    json_t *cursor = work->rows.more ? json_string(cursor_text) : json_null();
    response_json(request, response, 200,
                  json_pack("{s:o, s:o}", "items", items, "next_cursor", cursor));
    return 0;
}

int recordings_list(struct app *app,
                    struct request *request,
                    struct response *response,
                    struct error *err)
{
    (void)response;
    struct list_work *work = arena_alloc(request->arena, sizeof(*work));
    if (caller_needs_recordings(request->caller, err) < 0 ||
        list_parse(app, request, &work->filter, err) < 0)
        return -1;
    struct hand_over what = {.read = list_read,
                             .work = work,
                             .reply = list_reply,
                             .deadline_ms = RECORDINGS_READ_DEADLINE_MS};
    return hand_over(app, request, &what, err);
}
