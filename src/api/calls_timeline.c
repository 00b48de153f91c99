/* GET /calls/{id}/timeline: what happened, in lines that people read, and what is the matter. */
#include "api/explanation.h"
#include "app/explain.h"
#include "app/hand_over.h"
#include "calls_internal.h"
#include "core/text.h"
#include "list_query.h"

enum { READ_DEADLINE_MS = 15000 };

const char timeline_parameters[] =
    "[{\"name\":\"kind\",\"in\":\"query\",\"schema\":{\"type\":\"string\"},\"description\":"
    "\"entries of this kind alone\"},"
    "{\"name\":\"limit\",\"in\":\"query\",\"schema\":{\"type\":\"integer\",\"minimum\":1,"
    "\"maximum\":200,\"default\":50}},"
    "{\"name\":\"cursor\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}}]";

const char timeline_schema[] =
    "{\"type\":\"object\",\"required\":[\"items\",\"next_cursor\",\"diagnosis\"],\"properties\":{"
    "\"items\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"at\",\"kind\","
    "\"source\",\"summary\"],\"properties\":{"
    "\"at\":{\"type\":\"string\",\"format\":\"date-time\"},"
    "\"happened_at\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\","
    "\"description\":\"as Twilio says\"},"
    "\"kind\":{\"type\":\"string\"},"
    "\"source\":{\"enum\":[\"twilio\",\"rest\",\"frontend\",\"switchhook\"]},"
    "\"effect\":{\"type\":[\"string\",\"null\"]},\"summary\":{\"type\":\"string\"},"
    "\"repeats\":{\"type\":\"integer\",\"description\":\"how often it came again\"}}}},"
    "\"next_cursor\":{\"type\":[\"string\",\"null\"]},"
    "\"diagnosis\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"code\","
    "\"weight\",\"text\"],\"properties\":{\"code\":{\"type\":\"string\"},"
    "\"weight\":{\"enum\":[\"note\",\"warning\",\"problem\"]},\"text\":{\"type\":\"string\"},"
    "\"advice\":{\"type\":[\"string\",\"null\"]}}}}}}";

struct timeline_work {
    const struct caller *caller;
    const char *key;
    int64_t now_ms;
    bool filtered;
    enum timeline_kind kind;
    size_t skip; /* so many entries that match were on earlier pages */
    size_t limit;
    struct explain_rows rows;
    struct findings findings;
};

static int set_kind(void *data, const char *value)
{
    struct timeline_work *work = data;
    static const char *const texts[] = {
#define X(name, text) [TIMELINE_##name] = (text),
        TIMELINE_KINDS(X)
#undef X
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (text_equal(value, texts[i])) {
            work->kind = (enum timeline_kind)i;
            work->filtered = true;
            return 0;
        }
    }
    return -1;
}

static int set_limit(void *data, const char *value)
{
    struct timeline_work *work = data;
    return list_limit(value, &work->limit);
}

static int set_cursor(void *data, const char *value)
{
    struct timeline_work *work = data;
    int64_t skip;
    if (!text_to_int64(value, 1, LIMIT_TIMELINE_ENTRIES, &skip))
        return -1;
    work->skip = (size_t)skip;
    return 0;
}

static const struct list_parameter parameters[] = {
    {"kind",   set_kind,   "a kind of entry, e.g. status"},
    {"limit",  set_limit,  LIST_LIMIT_EXPECTED           },
    {"cursor", set_cursor, LIST_CURSOR_EXPECTED          },
};

static int timeline_read(struct store_rx *rx, void *data, struct arena *arena, struct error *err)
{
    struct timeline_work *work = data;
    struct call_row call;
    if (find_visible_call(rx, work->caller, work->key, arena, &call, err) < 0 ||
        explain_read(rx, &call, arena, &work->rows, err) < 0)
        return -1;
    work->findings = explain_findings(&work->rows, work->now_ms, arena);
    return 0;
}

/* Who may not know of recordings is told of none. */
static bool is_shown(const struct timeline_work *work,
                     const struct explanation_view *view,
                     const struct timeline_row *row)
{
    return (!work->filtered || row->kind == work->kind) &&
           (view->recordings || row->kind != TIMELINE_RECORDING);
}

static json_t *
page_of(const struct timeline_work *work, const struct explanation_view *view, size_t *next)
{
    json_t *items = json_array();
    size_t seen = 0;
    *next = 0;
    for (size_t i = 0; i < work->rows.timeline.count; i++) {
        const struct timeline_row *row = &work->rows.timeline.items[i];
        if (!is_shown(work, view, row) || seen++ < work->skip)
            continue;
        if (json_array_size(items) == work->limit) {
            *next = work->skip + work->limit;
            break;
        }
        json_array_append_new(items, explanation_entry(row, view));
    }
    return items;
}

static bool is_about_recordings(enum finding_kind kind)
{
    return kind == FINDING_MISSING_RECORDING || kind == FINDING_NOT_STORED ||
           kind == FINDING_NOT_STORED_YET;
}

static json_t *diagnosis_of(const struct timeline_work *work, const struct explanation_view *view)
{
    struct findings shown = {0};
    auto_arena struct arena *arena = arena_create();
    struct finding *items = arena_alloc(arena, work->findings.count * sizeof(*items));
    for (size_t i = 0; i < work->findings.count; i++) {
        if (view->recordings || !is_about_recordings(work->findings.items[i].kind))
            items[shown.count++] = work->findings.items[i];
    }
    shown.items = items;
    return explanation_findings(&shown);
}

static int timeline_reply(struct app *app,
                          struct request *request,
                          struct response *response,
                          struct error *err)
{
    (void)app;
    if (hand_over_result(request, err) < 0)
        return -1;
    const struct timeline_work *work = request->work;
    struct explanation_view view = {
        .parameters = true, /* as GET /calls/{id}: who sees the call sees its numbers */
        .recordings = caller_has(work->caller, SCOPE_RECORDINGS_READ),
        .numbers = true,
    };
    size_t next;
    json_t *items = page_of(work, &view, &next);
    json_t *cursor = next == 0 ? json_null() : json_sprintf("%zu", next);
    response_json(request, response, 200,
                  json_pack("{s:o, s:o, s:o}", "items", items, "next_cursor", cursor, "diagnosis",
                            diagnosis_of(work, &view)));
    request_note(request, "call", work->rows.call.id);
    return 0;
}

int calls_timeline(struct app *app,
                   struct request *request,
                   struct response *response,
                   struct error *err)
{
    (void)response;
    struct timeline_work *work = arena_alloc(request->arena, sizeof(*work));
    work->caller = request->caller;
    work->key = request_param(request, "id");
    work->now_ms = app_now_ms(app);
    work->limit = LIST_LIMIT_DEFAULT;
    if (caller_needs_reading(request->caller, err) < 0 ||
        list_query_read(&request->query, parameters, ARRAY_LEN(parameters), work, err) < 0)
        return -1;
    struct hand_over what = {.read = timeline_read,
                             .work = work,
                             .reply = timeline_reply,
                             .deadline_ms = READ_DEADLINE_MS};
    return hand_over(app, request, &what, err);
}
