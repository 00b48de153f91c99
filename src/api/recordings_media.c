/*
 * GET /recordings/{id}/media: the sound, as a player wants it: whole or a part, with what is needed to ask for it again. The
 * row is read first, then the storage is opened by threads of its own (app/sound_readers.h), then it streams.
 *
 * POST /recordings/{id}/link: an address that a player without a header may use for a while.
 */
#include <string.h>

#include "app/audit.h"
#include "app/open_door.h"
#include "app/recording_links.h"
#include "app/sound_readers.h"
#include "core/limits.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "http/body.h"
#include "http/range.h"
#include "input.h"
#include "list_query.h"
#include "recordings_internal.h"
#include "voice/resource_id.h"

enum { NOT_YET_RETRY_S = 5 };

/* ---- who may ---- */

static const char *link_parameter(const struct request *request, const char *name)
{
    return fields_count(&request->query, name) == 1 ? fields_get(&request->query, name) : NULL;
}

/* A link, if one is shown: a wrong one is not made good by a cookie. Else whoever the frontend's guard knows. */
static int guard_head(struct app *app, struct request *request, struct error *err)
{
    const struct shown_link link = {
        .recording_id = request_param(request, "id"),
        .expires = link_parameter(request, "expires"),
        .by = link_parameter(request, "by"),
        .signature = link_parameter(request, "signature"),
    };
    struct caller *caller = arena_alloc(request->arena, sizeof(*caller));
    if (fields_get(&request->query, "signature") == NULL)
        return guard_frontend.head(app, request, err);
    if (config_has_auth(app->config, CONFIG_AUTH_NONE) && open_door_check(request, err) < 0)
        return -1;
    if (recording_links_check(app->recording_links, &link, app_now_ms(app), err) < 0)
        return -1;
    *caller = (struct caller){.kind = CALLER_LINK, .owner = link.by, .name = link.recording_id};
    request->caller = caller;
    request_note(request, "by", "link");
    return 0;
}

static int guard_body(struct app *app, struct request *request, struct error *err)
{
    bool by_link = fields_get(&request->query, "signature") != NULL;
    return by_link || guard_frontend.body == NULL ? 0 : guard_frontend.body(app, request, err);
}

const struct guard guard_player = {"player", guard_head, guard_body};

/* ---- the row ---- */

struct media_work {
    struct app *app;
    struct recording_view view;
    bool download;
    struct caller maker; /* of the link */
    const char *tag;
    const char *modified;
    struct byte_range part;
    enum range_wish wish;
    struct served_sound *sound;
};

/* Who made the link is in the audit log, unless that has been forgotten meanwhile. */
static int
read_maker(struct store_rx *rx, struct media_work *work, struct arena *arena, struct error *err)
{
    const struct caller *link = work->view.caller;
    struct audit_rows rows;
    int64_t sequence;
    work->maker = (struct caller){.kind = CALLER_LINK, .owner = "unknown"};
    if (!recording_links_maker(work->app->recording_links, link->owner, &sequence))
        return 0;
    const struct audit_filter filter = {
        .account_sid = work->app->config->twilio.account_sid,
        .before_sequence = sequence + 1,
        .limit = 1,
    };
    if (store_list_audit(rx, &filter, arena, &rows, err) < 0)
        return -1;
    if (rows.count == 0 || rows.items[0].sequence != sequence)
        return 0;
    work->maker.owner = rows.items[0].actor;
    work->maker.name = rows.items[0].actor_name;
    work->maker.identity = rows.items[0].identity;
    return 0;
}

static int media_read(struct store_rx *rx, void *data, struct arena *arena, struct error *err)
{
    struct media_work *work = data;
    if (work->view.caller->kind != CALLER_LINK)
        return recording_view_read(rx, &work->view, arena, err);
    if (store_get_recording_by_id(rx, work->view.key, arena, &work->view.row, err) < 0)
        return -1;
    return read_maker(rx, work, arena, err);
}

static int check_stored(const struct recording_row *row, struct error *err)
{
    switch (row->media) {
    case RECORDING_MEDIA_STORED:
        return 0;
    case RECORDING_MEDIA_NONE:
        return error_set(err, ERROR_CONFLICT, "this recording has no sound here (it is %s)",
                         text_is_empty(row->status) ? "none" : row->status);
    case RECORDING_MEDIA_WANTED:
        (void)error_set(err, ERROR_CONFLICT,
                        "the sound of this recording is not here yet (wanted)");
        return error_retry_after(err, NOT_YET_RETRY_S);
    case RECORDING_MEDIA_ABSENT:
        return error_set(err, ERROR_NOT_FOUND, "nothing was recorded (absent)");
    case RECORDING_MEDIA_FAILED:
        return error_set(err, ERROR_NOT_FOUND, "its sound could not be fetched (failed)");
    case RECORDING_MEDIA_DELETED:
        break;
    }
    return error_set(err, ERROR_NOT_FOUND, "its sound was deleted (deleted)");
}

/* ---- the answer ---- */

static const char *file_extension(const char *type)
{
    return text_equal(type, "audio/mpeg") ? "mp3" : "wav";
}

/* recording-20260131-120002-rec_....wav: sorts by time, and tells nobody's number. */
static const char *file_name(const struct request *request, const struct recording_row *row)
{
    char at[TIME_TEXT_BYTES];
    time_to_rfc3339(row->started_at_ms > 0 ? row->started_at_ms : row->created_at_ms, at);
    return arena_printf(request->arena, "recording-%.4s%.2s%.2s-%.2s%.2s%.2s-%s.%s", at, at + 5,
                        at + 8, at + 11, at + 14, at + 17, row->id,
                        file_extension(row->media_type));
}

/* What stands beside the sound, and beside a 304. */
static void
add_headers(const struct request *request, const struct media_work *work, struct response *response)
{
    const struct recording_row *row = &work->view.row;
    response_header(response, "ETag", work->tag);
    response_header(response, "Last-Modified", work->modified);
    response_header(response, "Cache-Control", "private, no-store");
    response_header(response, "Accept-Ranges", "bytes");
    if (response->status == 304)
        return;
    response_header(response, "Content-Disposition",
                    arena_printf(request->arena, "%s; filename=\"%s\"",
                                 work->download ? "attachment" : "inline",
                                 file_name(request, row)));
    /* Pages of other origins play it in an <audio>, which asks without CORS: the link is the permission. */
    if (request->caller->kind == CALLER_LINK)
        response_header(response, "Cross-Origin-Resource-Policy", "cross-origin");
    if (response->status == 206)
        response_content_range(request, response, &work->part, row->media_bytes);
}

static void
tell_audit(struct app *app, const struct request *request, const struct media_work *work)
{
    struct audit_entry entry = audit_of(request, AUDIT_RECORDING_LISTEN);
    if (request->caller->kind == CALLER_LINK)
        entry.caller = &work->maker;
    entry.subject = work->view.row.id;
    entry.call_number = work->view.row.call_number;
    entry.call_id = work->view.row.call_id;
    audit_later(app->audit, app->config, &entry);
}

static int
play(struct app *app, struct request *request, struct response *response, struct error *err)
{
    struct media_work *work = request->work;
    int status = work->wish == RANGE_PART ? 206 : 200;
    if (sound_answer(work->sound, request, response, status, work->view.row.media_type, err) < 0)
        return -1;
    add_headers(request, work, response);
    tell_audit(app, request, work);
    return 0;
}

/* If-Modified-Since counts only where there is no If-None-Match (RFC 9110, 13.1.3); the date must be the very one. */
static bool is_known(const struct request *request, const struct media_work *work)
{
    if (request_header(request, "If-None-Match") != NULL)
        return request_has_tag(request, work->tag);
    return text_equal(request_header(request, "If-Modified-Since"), work->modified);
}

static int choose_part(const struct request *request, struct media_work *work, struct error *err)
{
    const struct recording_row *row = &work->view.row;
    work->wish = request_range(request, work->tag, work->modified, row->media_bytes, &work->part);
    if (work->wish != RANGE_UNSATISFIABLE)
        return 0;
    (void)error_set(err, ERROR_RANGE, "the sound has %lld bytes", (long long)row->media_bytes);
    err->limit = row->media_bytes;
    return -1;
}

/* A key may be an application's that plays to all its users; a person, or whoever has a link, listens to little at once. */
static const char *listener_of(const struct caller *caller)
{
    bool is_person =
        caller->kind == CALLER_LINK || caller->kind == CALLER_JWT || caller->kind == CALLER_FORWARD;
    return is_person ? caller->owner : NULL;
}

static int
begin(struct app *app, struct request *request, struct response *response, struct error *err)
{
    struct media_work *work = request->work;
    const struct recording_row *row = &work->view.row;
    if (is_known(request, work)) {
        response_empty(response, 304);
    } else if (request->method == HTTP_HEAD) {
        response_length(response, 200, row->media_type, (size_t)row->media_bytes);
    } else if (choose_part(request, work, err) < 0) {
        return -1;
    } else {
        const struct sound_part part = {.key = row->media_key,
                                        .listener = listener_of(work->view.caller),
                                        .whole_bytes = row->media_bytes,
                                        .first = work->part.first,
                                        .bytes = work->part.bytes};
        return sound_open(app->sound_readers, request, &part, play,
                          app->config->server.body_deadline_ms, &work->sound, err);
    }
    add_headers(request, work, response);
    return 0;
}

static int
media_reply(struct app *app, struct request *request, struct response *response, struct error *err)
{
    struct media_work *work = request->work;
    if (hand_over_result(request, err) < 0)
        return -1;
    const struct recording_row *row = &work->view.row;
    request_note(request, "recording", row->id);
    if (check_stored(row, err) < 0)
        return -1;
    char modified[TIME_TEXT_BYTES];
    time_to_http_date(row->media_stored_at_ms, modified);
    work->modified = arena_strdup(request->arena, modified);
    work->tag = arena_printf(request->arena, "\"%s\"", row->media_sha256);
    return begin(app, request, response, err);
}

static int set_download(void *data, const char *value)
{
    bool *download = data;
    *download = text_equal(value, "1") || text_equal(value, "true");
    return *download || text_equal(value, "0") || text_equal(value, "false") ? 0 : -1;
}

/* Checked by the guard. */
static int set_nothing(void *data, const char *value)
{
    (void)data;
    (void)value;
    return 0;
}

static const struct list_parameter media_query[] = {
    {"download",  set_download, "1 or 0"},
    {"expires",   set_nothing,  ""      },
    {"by",        set_nothing,  ""      },
    {"signature", set_nothing,  ""      },
};

const char recording_media_parameters[] =
    "[{\"name\":\"download\",\"in\":\"query\",\"schema\":{\"type\":\"boolean\"},\"description\":"
    "\"1: "
    "to be saved, not played\"},"
    "{\"name\":\"expires\",\"in\":\"query\",\"schema\":{\"type\":\"string\"},\"description\":\"of "
    "a "
    "link, like by and signature\"},"
    "{\"name\":\"by\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}},"
    "{\"name\":\"signature\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}},"
    "{\"name\":\"Range\",\"in\":\"header\",\"schema\":{\"type\":\"string\"},\"description\":\"one "
    "range "
    "of bytes\"}]";

int recordings_media(struct app *app,
                     struct request *request,
                     struct response *response,
                     struct error *err)
{
    (void)response;
    struct media_work *work = arena_alloc(request->arena, sizeof(*work));
    bool by_link = request->caller->kind == CALLER_LINK;
    if ((!by_link && caller_needs_recordings(request->caller, err) < 0) ||
        list_query_read(&request->query, media_query, ARRAY_LEN(media_query), &work->download,
                        err) < 0)
        return -1;
    work->app = app;
    work->view.caller = request->caller;
    work->view.key = request_param(request, "id");
    struct hand_over what = {.read = media_read,
                             .work = work,
                             .reply = media_reply,
                             .deadline_ms = RECORDINGS_READ_DEADLINE_MS};
    return hand_over(app, request, &what, err);
}

/* ---- links ---- */

struct link_work {
    struct app *app;
    const struct caller *caller;
    const char *key;
    int64_t expires_s;
    struct audit_entry audit;
    struct link_result {
        char id[RESOURCE_ID_BYTES];
        int64_t sequence; /* of the audit row that says who made it */
    } result;
};

static int link_apply(struct store_tx *tx, void *data, struct arena *arena, struct error *err)
{
    struct link_work *work = data;
    struct recording_row row;
    if (find_visible_recording(store_tx_reader(tx), work->caller, work->key, arena, &row, err) < 0)
        return -1;
    struct audit_entry entry = work->audit;
    entry.subject = row.id;
    entry.call_number = row.call_number;
    entry.call_id = row.call_id;
    struct audit_row audit = audit_row_of(work->app->config, &entry, arena);
    if (store_append_audit(tx, &audit, err) < 0)
        return -1;
    (void)text_copy(work->result.id, sizeof work->result.id, row.id);
    work->result.sequence = audit.sequence;
    return 0;
}

static int
link_reply(struct app *app, struct request *request, struct response *response, struct error *err)
{
    if (hand_over_result(request, err) < 0)
        return -1;
    const struct link_work *work = request->work;
    char expires_at[TIME_TEXT_BYTES];
    time_to_rfc3339(work->expires_s * 1000, expires_at);
    const char *query = recording_links_make(app->recording_links, work->result.id, work->expires_s,
                                             work->result.sequence, request->arena);
    const char *url =
        arena_printf(request->arena, "/recordings/%s/media?%s", work->result.id, query);
    response_json(request, response, 201,
                  json_pack("{s:s, s:s}", "url", url, "expires_at", expires_at));
    request_note(request, "recording", work->result.id);
    return 0;
}

const char recording_link_request_schema[] =
    "{\"type\":\"object\",\"properties\":{\"expires_in\":{\"type\":\"integer\",\"minimum\":1,"
    "\"maximum\":3600,\"description\":\"seconds\"}}}";

static int read_expiry(const struct app *app,
                       const struct request *request,
                       int64_t *expires_in_s,
                       struct error *err)
{
    static const struct input_field fields[] = {
        {"expires_in", INPUT_INT, 0, 1, RECORDING_LINK_TTL_MAX_S},
    };
    *expires_in_s = app->config->playing.link_ttl_s;
    if (request->body_len == 0)
        return 0;
    json_auto_t *body = request_json(request, err);
    if (body == NULL)
        return -1;
    return input_read(body, fields, ARRAY_LEN(fields), expires_in_s, err);
}

int recordings_link(struct app *app,
                    struct request *request,
                    struct response *response,
                    struct error *err)
{
    (void)response;
    struct link_work *work = arena_alloc(request->arena, sizeof(*work));
    int64_t expires_in_s;
    if (caller_needs_recordings(request->caller, err) < 0 ||
        read_expiry(app, request, &expires_in_s, err) < 0)
        return -1;
    work->app = app;
    work->caller = request->caller;
    work->key = request_param(request, "id");
    work->expires_s = app_now_ms(app) / 1000 + expires_in_s;
    work->audit = audit_of(request, AUDIT_RECORDING_LINK);
    struct hand_over what = {
        .apply = link_apply,
        .work = work,
        .result = &work->result,
        .result_bytes = sizeof(work->result),
        .reply = link_reply,
        .deadline_ms = app->config->server.fact_deadline_ms,
    };
    return hand_over(app, request, &what, err);
}
