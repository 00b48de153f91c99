/* GET /voicemails and GET /voicemails/{id}: on reader threads, as calls are. */
#include "core/text.h"
#include "list_query.h"
#include "voice/resource_id.h"
#include "voicemails_internal.h"

enum { NEW_COUNT_MAX = 1000 };

/* ---- one voicemail ---- */

int find_visible_voicemail(struct store_rx *rx,
                           const struct caller *caller,
                           const char *id,
                           struct arena *arena,
                           struct voicemail_row *out,
                           struct error *err)
{
    struct voicemail_row row = {0};
    int found = store_get_voicemail(rx, id, arena, &row, err);
    if (found < 0 && err->kind != ERROR_NOT_FOUND)
        return -1;
    struct viewer viewer = caller_viewer(caller);
    struct belonging belonging = {.identity = row.identity, .group = row.group};
    if (found < 0 || !access_may_see(&viewer, &belonging)) {
        error_clear(err);
        return error_set(err, ERROR_NOT_FOUND, "there is no such voicemail");
    }
    *out = row;
    return 0;
}

struct get_work {
    const struct caller *caller;
    const char *id;
    struct voicemail_details details;
};

static int get_read(struct store_rx *rx, void *data, struct arena *arena, struct error *err)
{
    struct get_work *work = data;
    struct voicemail_row row;
    if (find_visible_voicemail(rx, work->caller, work->id, arena, &row, err) < 0)
        return -1;
    return voicemail_details_read(rx, &row, arena, &work->details, err);
}

static int
get_reply(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    if (hand_over_result(request, err) < 0)
        return -1;
    const struct get_work *work = request->work;
    response_json(request, response, 200, voicemail_to_json(&work->details));
    request_note(request, "voicemail", work->details.row.id);
    return 0;
}

int voicemails_get(struct app *app,
                   struct request *request,
                   struct response *response,
                   struct error *err)
{
    (void)response;
    if (caller_needs(request->caller, SCOPE_VOICEMAILS_READ, err) < 0)
        return -1;
    struct get_work *work = arena_alloc(request->arena, sizeof(*work));
    work->caller = request->caller;
    work->id = request_param(request, "id");
    struct hand_over what = {.read = get_read,
                             .work = work,
                             .reply = get_reply,
                             .deadline_ms = VOICEMAILS_READ_DEADLINE_MS};
    return hand_over(app, request, &what, err);
}

/* ---- a page of voicemails ---- */

const char voicemail_list_parameters[] =
    "[{\"name\":\"state\",\"in\":\"query\",\"schema\":{\"enum\":[\"new\",\"read\"]}},"
    "{\"name\":\"identity\",\"in\":\"query\",\"schema\":{\"type\":\"string\"},\"description\":"
    "\"the mailbox\"},"
    "{\"name\":\"number\",\"in\":\"query\",\"schema\":{\"type\":\"string\"},\"description\":"
    "\"equals from or to\"}," LIST_PARAMETERS "]";

struct list_work {
    struct voicemail_filter filter;
    struct voicemail_rows rows;
    struct voicemail_details *details; /* of each row */
    int64_t new_count;
};

static int set_state(void *data, const char *value)
{
    struct voicemail_filter *filter = data;
    filter->state = text_equal(value, "new") ? 1 : -1;
    return filter->state == 1 || text_equal(value, "read") ? 0 : -1;
}

static int set_identity(void *data, const char *value)
{
    struct voicemail_filter *filter = data;
    filter->identity = value;
    return text_is_empty(value) ? -1 : 0;
}

static int set_number(void *data, const char *value)
{
    struct voicemail_filter *filter = data;
    filter->number = value;
    return text_is_empty(value) ? -1 : 0;
}

static int set_since(void *data, const char *value)
{
    struct voicemail_filter *filter = data;
    return list_since(value, &filter->since_ms);
}

static int set_until(void *data, const char *value)
{
    struct voicemail_filter *filter = data;
    return list_until(value, &filter->until_ms);
}

static int set_limit(void *data, const char *value)
{
    struct voicemail_filter *filter = data;
    return list_limit(value, &filter->limit);
}

static int set_cursor(void *data, const char *value)
{
    struct voicemail_filter *filter = data;
    uint64_t random;
    return resource_id_parse(RESOURCE_VOICEMAIL, value, &filter->before_number, &random) ? 0 : -1;
}

static const struct list_parameter parameters[] = {
    {"state",    set_state,    "new or read"       },
    {"identity", set_identity, "an identity"       },
    {"number",   set_number,   "a number"          },
    {"since",    set_since,    LIST_TIME_EXPECTED  },
    {"until",    set_until,    LIST_TIME_EXPECTED  },
    {"limit",    set_limit,    LIST_LIMIT_EXPECTED },
    {"cursor",   set_cursor,   LIST_CURSOR_EXPECTED},
};

static int list_parse(struct app *app,
                      const struct request *request,
                      struct voicemail_filter *filter,
                      struct error *err)
{
    filter->limit = LIST_LIMIT_DEFAULT;
    filter->account_sid = app->config->twilio.account_sid;
    if (list_query_read(&request->query, parameters, ARRAY_LEN(parameters), filter, err) < 0)
        return -1;
    struct viewer viewer = caller_viewer(request->caller);
    if (!viewer.sees_all) {
        filter->owned_by_identity = viewer.identity;
        filter->owned_by_group = viewer.group;
        filter->owned_by_nobody = viewer.identity == NULL && viewer.group == NULL;
    }
    return 0;
}

static int list_read(struct store_rx *rx, void *data, struct arena *arena, struct error *err)
{
    struct list_work *work = data;
    if (store_list_voicemails(rx, &work->filter, arena, &work->rows, err) < 0 ||
        store_count_new_voicemails(rx, &work->filter, NEW_COUNT_MAX, &work->new_count, err) < 0)
        return -1;
    work->details = arena_alloc(arena, (work->rows.count + 1) * sizeof(*work->details));
    for (size_t i = 0; i < work->rows.count; i++) {
        if (voicemail_details_read(rx, &work->rows.items[i], arena, &work->details[i], err) < 0)
            return -1;
    }
    return 0;
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
        json_array_append_new(items, voicemail_to_json(&work->details[i]));
    char cursor_text[RESOURCE_ID_BYTES]; /* an id's form, so that its number is checked like one */
    resource_id_format(RESOURCE_VOICEMAIL, work->rows.next_before, 0, cursor_text);
    json_t *cursor = work->rows.more ? json_string(cursor_text) : json_null();
    response_json(request, response, 200,
                  json_pack("{s:o, s:o, s:I}", "items", items, "next_cursor", cursor, "new_count",
                            (json_int_t)work->new_count));
    return 0;
}

int voicemails_list(struct app *app,
                    struct request *request,
                    struct response *response,
                    struct error *err)
{
    (void)response;
    struct list_work *work = arena_alloc(request->arena, sizeof(*work));
    if (caller_needs(request->caller, SCOPE_VOICEMAILS_READ, err) < 0 ||
        list_parse(app, request, &work->filter, err) < 0)
        return -1;
    struct hand_over what = {.read = list_read,
                             .work = work,
                             .reply = list_reply,
                             .deadline_ms = VOICEMAILS_READ_DEADLINE_MS};
    return hand_over(app, request, &what, err);
}
