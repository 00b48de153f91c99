/* GET /calls/{id}/transcript: what was said in a call, in order; as JSON, or as text for people. */
#include "transcript_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/hand_over.h"
#include "calls_internal.h"
#include "core/buf.h"
#include "core/text.h"
#include "json_values.h"
#include "list_query.h"
#include "search.h"
#include "voice/outcome.h"

enum {
    READ_DEADLINE_MS = 15000,
    LINES_DEFAULT = 200,
    LINES_MAX = 1000,
    TEXT_MAX_BYTES = (LINES_MAX + 100) * (LIMIT_TRANSCRIPT_LINE_BYTES + 64),
    CURSOR_BYTES = 96,
};

struct transcript_wish {
    struct transcript_place after;
    char track[32];
    size_t limit;
    bool as_text;
};

struct transcript_work {
    const struct caller *caller;
    const char *key;
    struct transcript_wish wish;
    struct call_row call;
    struct transcription_rows transcriptions;
    struct transcript_line_rows lines;
    struct transcript_line_rows partials; /* behind the last line */
};

/* ---- the query ---- */

static int set_format(void *data, const char *value)
{
    struct transcript_wish *wish = data;
    wish->as_text = text_equal(value, "text");
    return wish->as_text || text_equal(value, "json") ? 0 : -1;
}

static int set_limit(void *data, const char *value)
{
    struct transcript_wish *wish = data;
    int64_t limit;
    if (!text_to_int64(value, 1, LINES_MAX, &limit))
        return -1;
    wish->limit = (size_t)limit;
    return 0;
}

/* TRANSCRIPTION.SEQUENCE.TRACK; the track is the last line's, which may be empty. */
static int set_cursor(void *data, const char *value)
{
    struct transcript_wish *wish = data;
    int end = 0;
    int64_t transcription;
    int64_t sequence;
    if (sscanf(value, "%" SCNd64 ".%" SCNd64 ".%n", &transcription, &sequence, &end) != 2 ||
        end == 0 || transcription < 1 || sequence < 0 || strlen(value + end) >= sizeof(wish->track))
        return -1;
    (void)snprintf(wish->track, sizeof(wish->track), "%s", value + end);
    wish->after = (struct transcript_place){transcription, sequence, wish->track};
    return 0;
}

static const struct list_parameter parameters[] = {
    {"format", set_format, "json or text"             },
    {"limit",  set_limit,  "an integer from 1 to 1000"},
    {"cursor", set_cursor, LIST_CURSOR_EXPECTED       },
};

static void write_cursor(const struct transcript_line_row *line, char out[CURSOR_BYTES])
{
    (void)snprintf(out, CURSOR_BYTES, "%" PRId64 ".%" PRId64 ".%s", line->transcription_number,
                   line->sequence, line->track);
}

/* ---- reading ---- */

static int transcript_read(struct store_rx *rx, void *data, struct arena *arena, struct error *err)
{
    struct transcript_work *work = data;
    if (find_visible_call(rx, work->caller, work->key, arena, &work->call, err) < 0)
        return -1;
    int64_t number = work->call.number;
    if (store_list_transcriptions(rx, number, arena, &work->transcriptions, err) < 0 ||
        store_list_transcript(rx, number, &work->wish.after, work->wish.limit, arena, &work->lines,
                              err) < 0)
        return -1;
    return work->lines.more
               ? 0
               : store_list_transcript_partials(rx, number, arena, &work->partials, err);
}

/* ---- as JSON ---- */

static const struct transcription_row *find_transcription(const struct transcription_rows *rows,
                                                          int64_t number)
{
    for (size_t i = 0; i < rows->count; i++)
        if (rows->items[i].number == number)
            return &rows->items[i];
    return NULL;
}

json_t *transcript_line_to_json(const struct transcript_line_row *line, const char *speaker)
{
    return json_pack("{s:o, s:s, s:s, s:o, s:o, s:I}", "track", text_or_null(line->track),
                     "speaker", speaker, "text", line->text, "confidence",
                     line->confidence < 0 ? json_null() : json_real(line->confidence / 1000.0),
                     "at", time_or_null(line->at_ms), "sequence", (json_int_t)line->sequence);
}

static const char *speaker_of(const struct transcript_work *work,
                              const struct transcript_line_row *line)
{
    return transcript_speaker(work->call.direction, plan_flow(work->call.plan), line->track);
}

static void put_lines(const struct transcript_work *work,
                      const struct transcript_line_rows *lines,
                      bool final,
                      json_t *items)
{
    for (size_t i = 0; i < lines->count; i++) {
        const struct transcript_line_row *line = &lines->items[i];
        const struct transcription_row *of =
            find_transcription(&work->transcriptions, line->transcription_number);
        json_t *item = transcript_line_to_json(line, speaker_of(work, line));
        json_object_set_new(item, "final", json_boolean(final));
        json_object_set_new(item, "transcription_sid", text_or_null(of == NULL ? NULL : of->sid));
        json_object_set_new(item, "recording_sid",
                            text_or_null(of == NULL ? NULL : of->recording_sid));
        json_array_append_new(items, item);
    }
}

static json_t *transcription_to_json(const struct transcription_row *row)
{
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:I}", "sid", row->sid, "status",
                     row->status, "recording_sid", text_or_null(row->recording_sid), "language",
                     text_or_null(row->language), "started_at", time_or_null(row->started_at_ms),
                     "ended_at", time_or_null(row->ended_at_ms), "error_code",
                     int_or_null(row->error_code, row->error_code > 0), "error",
                     text_or_null(row->error), "lines", (json_int_t)row->lines);
}

static json_t *work_to_json(const struct transcript_work *work)
{
    char cursor[CURSOR_BYTES] = "";
    json_t *transcriptions = json_array();
    json_t *items = json_array();
    int64_t lines = 0;
    for (size_t i = 0; i < work->transcriptions.count; i++) {
        lines += work->transcriptions.items[i].lines;
        json_array_append_new(transcriptions,
                              transcription_to_json(&work->transcriptions.items[i]));
    }
    put_lines(work, &work->lines, true, items);
    put_lines(work, &work->partials, false, items);
    if (work->lines.more)
        write_cursor(&work->lines.items[work->lines.count - 1], cursor);
    return json_pack("{s:s, s:o, s:o, s:o, s:b}", "call_id", work->call.id, "transcriptions",
                     transcriptions, "items", items, "next_cursor", text_or_null(cursor), "full",
                     lines >= LIMIT_TRANSCRIPT_LINES);
}

/* ---- as text ---- */

static void write_lines(const struct transcript_work *work,
                        const struct transcript_line_rows *lines,
                        const char *end,
                        struct buf *out)
{
    for (size_t i = 0; i < lines->count; i++) {
        const struct transcript_line_row *line = &lines->items[i];
        char at[TIME_TEXT_BYTES];
        time_to_rfc3339(line->at_ms, at);
        (void)buf_printf(out, "[%s] %s: %s%s\n", at, speaker_of(work, line), line->text, end);
    }
}

static void
render_text(struct request *request, const struct transcript_work *work, struct response *response)
{
    char cursor[CURSOR_BYTES];
    auto_buf struct buf text;
    buf_init(&text, TEXT_MAX_BYTES);
    (void)buf_puts(&text, "");
    write_lines(work, &work->lines, "", &text);
    write_lines(work, &work->partials, " ...", &text);
    response_text(response, 200, "text/plain; charset=utf-8",
                  arena_copy(request->arena, text.data == NULL ? "" : text.data, text.len));
    if (!work->lines.more)
        return;
    write_cursor(&work->lines.items[work->lines.count - 1], cursor);
    response_header(response, "X-Next-Cursor", arena_strdup(request->arena, cursor));
}

/* ---- the route ---- */

static int transcript_reply(struct app *app,
                            struct request *request,
                            struct response *response,
                            struct error *err)
{
    (void)app;
    if (hand_over_result(request, err) < 0)
        return -1;
    const struct transcript_work *work = request->work;
    if (work->wish.as_text)
        render_text(request, work, response);
    else
        response_json(request, response, 200, work_to_json(work));
    response_header(response, "Vary", "Accept");
    request_note(request, "call", work->call.id);
    return 0;
}

static int transcript_get(struct app *app,
                          struct request *request,
                          struct response *response,
                          struct error *err)
{
    (void)response;
    struct transcript_work *work = arena_alloc(request->arena, sizeof(*work));
    const char *accept = request_header(request, "Accept");
    work->caller = request->caller;
    work->key = request_param(request, "id");
    work->wish.limit = LINES_DEFAULT;
    work->wish.as_text = accept != NULL && text_starts_with_nocase(accept, "text/plain");
    if (caller_needs(request->caller, SCOPE_TRANSCRIPTS_READ, err) < 0 ||
        list_query_read(&request->query, parameters, ARRAY_LEN(parameters), &work->wish, err) < 0)
        return -1;
    struct hand_over what = {.read = transcript_read,
                             .work = work,
                             .reply = transcript_reply,
                             .deadline_ms = READ_DEADLINE_MS};
    return hand_over(app, request, &what, err);
}

static const struct route_doc transcript_doc = {
    .summary = "What was said in a call: lines in the order of the conversation, and behind the "
               "last of them what is being said right now (final: false). As text with "
               "format=text or Accept: text/plain; its next cursor is the header X-Next-Cursor.",
    .parameters =
        "[{\"name\":\"format\",\"in\":\"query\",\"schema\":{\"enum\":[\"json\",\"text\"]}},"
        "{\"name\":\"limit\",\"in\":\"query\",\"schema\":{\"type\":\"integer\",\"minimum\":1,"
        "\"maximum\":1000,\"default\":200}},"
        "{\"name\":\"cursor\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}}]",
    .response_type = "application/json",
    .text_type = "text/plain",
    .response_schema =
        "{\"type\":\"object\",\"required\":[\"call_id\",\"transcriptions\",\"items\","
        "\"next_cursor\",\"full\"],\"properties\":{\"call_id\":{\"type\":\"string\"},"
        "\"transcriptions\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":["
        "\"sid\",\"status\",\"lines\"]}},"
        "\"items\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"track\","
        "\"speaker\",\"text\",\"confidence\",\"at\",\"sequence\",\"final\"],\"properties\":{"
        "\"speaker\":{\"enum\":[\"agent\",\"caller\",\"callee\"]}}}},"
        "\"next_cursor\":{\"type\":[\"string\",\"null\"]},"
        "\"full\":{\"type\":\"boolean\",\"description\":\"it has as many lines as are kept\"}}}",
};

/* clang-format off */
static const struct route rows[] = {
    {HTTP_GET, "/calls/{id}/transcript", &guard_frontend, 0, NULL, transcript_get, &transcript_doc},
    {HTTP_GET, "/search",                &guard_frontend, 0, NULL, search_get,     &search_doc    },
};
/* clang-format on */

const struct route_table api_transcript_routes = {"api/transcripts", rows, ARRAY_LEN(rows)};
