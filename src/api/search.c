/*
 * GET /search: words in what was said, in calls and in voicemails, newest first. What somebody may see is part of what is
 * looked up, so nothing is read that may not be shown.
 */
#include "search.h"

#include <inttypes.h>
#include <string.h>

#include "app/app.h"
#include "app/caller.h"
#include "app/hand_over.h"
#include "core/text.h"
#include "http/response.h"
#include "json_values.h"
#include "list_query.h"
#include "transcript_json.h"
#include "voice/outcome.h"
#include "voice/search.h"

enum { READ_DEADLINE_MS = 15000 };

struct search_work {
    struct search_filter filter;
    const char *q;
    struct search_terms terms;
    struct search_rows rows;
};

/* ---- the query ---- */

static int set_q(void *data, const char *value)
{
    struct search_work *work = data;
    work->q = value;
    return 0;
}

static int set_identity(void *data, const char *value)
{
    struct search_work *work = data;
    work->filter.identity = value;
    return text_is_empty(value) ? -1 : 0;
}

static int set_direction(void *data, const char *value)
{
    struct search_work *work = data;
    enum call_direction direction;
    if (!call_direction_from_text(value, &direction))
        return -1;
    work->filter.direction = call_direction_text(direction);
    return 0;
}

static int set_since(void *data, const char *value)
{
    struct search_work *work = data;
    return list_since(value, &work->filter.since_ms);
}

static int set_until(void *data, const char *value)
{
    struct search_work *work = data;
    return list_until(value, &work->filter.until_ms);
}

static int set_limit(void *data, const char *value)
{
    struct search_work *work = data;
    return list_limit(value, &work->filter.limit);
}

static int set_cursor(void *data, const char *value)
{
    struct search_work *work = data;
    return text_to_int64(value, 1, INT64_MAX, &work->filter.before_number) ? 0 : -1;
}

static const struct list_parameter parameters[] = {
    {"q",         set_q,         "words"                                    },
    {"identity",  set_identity,  "an identity"                              },
    {"direction", set_direction, "outbound-browser, outbound-api or inbound"},
    {"since",     set_since,     LIST_TIME_EXPECTED                         },
    {"until",     set_until,     LIST_TIME_EXPECTED                         },
    {"limit",     set_limit,     LIST_LIMIT_EXPECTED                        },
    {"cursor",    set_cursor,    LIST_CURSOR_EXPECTED                       },
};

static int search_parse(const struct request *request, struct search_work *work, struct error *err)
{
    struct search_filter *filter = &work->filter;
    filter->limit = LIST_LIMIT_DEFAULT;
    if (list_query_read(&request->query, parameters, ARRAY_LEN(parameters), work, err) < 0)
        return -1;
    if (work->q == NULL)
        return error_field(err, "q", "q is missing: what is looked for?");
    if (search_terms_read(work->q, request->arena, &work->terms, err) < 0)
        return -1;
    filter->terms = &work->terms;
    struct viewer viewer = caller_viewer(request->caller);
    if (!viewer.sees_all) {
        filter->owned_by_owner = viewer.owner;
        filter->owned_by_identity = viewer.identity;
        filter->owned_by_group = viewer.group;
        filter->owned_by_nobody =
            viewer.owner == NULL && viewer.identity == NULL && viewer.group == NULL;
    }
    return 0;
}

/* ---- the answer ---- */

/* The snippet in pieces: what was found, and what is around it. Nobody has to look for marks in somebody's words. */
static json_t *snippet_to_json(const char *text)
{
    static const char marks[] = {SEARCH_MATCH_BEGIN, SEARCH_MATCH_END, '\0'};
    json_t *pieces = json_array();
    bool match = false;
    for (const char *rest = text; *rest != '\0';) {
        size_t len = strcspn(rest, marks);
        if (len > 0)
            json_array_append_new(pieces,
                                  json_pack("{s:s%, s:b}", "text", rest, len, "match", (int)match));
        rest += len;
        if (*rest != '\0')
            match = *rest++ == SEARCH_MATCH_BEGIN;
    }
    return pieces;
}

static json_t *found_to_json(const struct search_row *row)
{
    const char *speaker = transcript_speaker(row->direction, plan_flow(row->plan), row->line.track);
    json_t *object = transcript_line_to_json(&row->line, speaker);
    json_object_del(object, "text");
    json_object_set_new(object, "snippet", snippet_to_json(row->line.text));
    json_object_set_new(object, "call_id", json_string(row->call_id));
    json_object_set_new(object, "call_sid", text_or_null(row->call_sid));
    json_object_set_new(object, "voicemail_id", text_or_null(row->voicemail_id));
    json_object_set_new(object, "recording_sid", text_or_null(row->recording_sid));
    json_object_set_new(object, "direction", json_string(call_direction_text(row->direction)));
    json_object_set_new(object, "from", text_or_null(row->from));
    json_object_set_new(object, "to", text_or_null(row->to));
    json_object_set_new(object, "identity", text_or_null(row->identity));
    return object;
}

static int search_read(struct store_rx *rx, void *data, struct arena *arena, struct error *err)
{
    struct search_work *work = data;
    return store_search_transcripts(rx, &work->filter, arena, &work->rows, err);
}

static int
search_reply(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    if (hand_over_result(request, err) < 0)
        return -1;
    const struct search_rows *found = &((const struct search_work *)request->work)->rows;
    json_t *items = json_array();
    for (size_t i = 0; i < found->count; i++)
        json_array_append_new(items, found_to_json(&found->items[i]));
    json_t *cursor = found->more ? json_sprintf("%" PRId64, found->next_before) : json_null();
    response_json(request, response, 200,
                  json_pack("{s:o, s:o}", "items", items, "next_cursor", cursor));
    return 0;
}

int search_get(struct app *app,
               struct request *request,
               struct response *response,
               struct error *err)
{
    (void)response;
    struct search_work *work = arena_alloc(request->arena, sizeof(*work));
    if (caller_needs(request->caller, SCOPE_TRANSCRIPTS_READ, err) < 0 ||
        search_parse(request, work, err) < 0)
        return -1;
    metric_add(app->count.searches, 1);
    struct hand_over what = {
        .read = search_read, .work = work, .reply = search_reply, .deadline_ms = READ_DEADLINE_MS};
    return hand_over(app, request, &what, err);
}

const struct route_doc search_doc = {
    .summary = "Look for words in what was said, in calls and in voicemails; newest first. All "
               "words must be there; \"several words\" in quotation marks stand side by side; a "
               "star behind a word finds what begins like it. Case and accents do not matter.",
    .parameters =
        "[{\"name\":\"q\",\"in\":\"query\",\"required\":true,\"schema\":{\"type\":\"string\","
        "\"maxLength\":256}},"
        "{\"name\":\"identity\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}},"
        "{\"name\":\"direction\",\"in\":\"query\",\"schema\":{\"enum\":[\"outbound-browser\","
        "\"outbound-api\",\"inbound\"]}}," LIST_PARAMETERS "]",
    .response_type = "application/json",
    .response_schema =
        "{\"type\":\"object\",\"required\":[\"items\",\"next_cursor\"],\"properties\":{"
        "\"items\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"call_id\","
        "\"voicemail_id\",\"speaker\",\"at\",\"snippet\"],\"properties\":{"
        "\"snippet\":{\"type\":\"array\",\"description\":\"some words around what was found\","
        "\"items\":{\"type\":\"object\",\"required\":[\"text\",\"match\"]}}}}},"
        "\"next_cursor\":{\"type\":[\"string\",\"null\"]}}}",
};
