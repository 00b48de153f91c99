/*
 * DELETE /recordings/{id} and PATCH /recordings/{id}. Deleting is marked at once and done by a job, so it is done also while
 * Twilio or the storage is away; again is fine.
 */
#include "app/audit.h"
#include "core/text.h"
#include "http/body.h"
#include "input.h"
#include "jobs/recordings.h"
#include "jobs/runner.h"
#include "recordings_internal.h"
#include "voice/retention.h"

struct change_work {
    struct app *app;
    const struct caller *caller;
    const char *key;
    int64_t now_ms;
    struct audit_entry audit;
    struct wish {
        bool hold;
        const char *tag;
        bool has_hold;
        bool has_tag; /* perhaps none: it is taken off */
    } wish;
    struct recording_view view;
    bool job;
};

static int append_audit(struct store_tx *tx,
                        const struct change_work *work,
                        const struct recording_row *row,
                        const char *detail,
                        struct error *err)
{
    struct audit_entry audit = work->audit;
    audit.subject = row->id;
    audit.call_number = row->call_number;
    audit.call_id = row->call_id;
    audit.detail = detail;
    return audit_append(tx, work->app->config, &audit, err);
}

static void change_committed(struct app *app, void *data)
{
    const struct change_work *work = data;
    if (work->job)
        runner_wake(app->runner, JOB_LANE_CLEARING);
}

static int
view_reply(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    if (hand_over_result(request, err) < 0)
        return -1;
    const struct change_work *work = request->work;
    response_json(request, response, 200, recording_to_json(&work->view.row));
    request_note(request, "recording", work->view.row.id);
    return 0;
}

static int read_view(struct store_rx *rx, void *data, struct arena *arena, struct error *err)
{
    struct change_work *work = data;
    return recording_view_read(rx, &work->view, arena, err);
}

/* What is told is what was committed. */
static int
read_back(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)response;
    if (hand_over_result(request, err) < 0)
        return -1;
    struct change_work *work = request->work;
    work->view = (struct recording_view){.caller = work->caller, .key = work->key};
    struct hand_over what = {.read = read_view,
                             .work = work,
                             .reply = view_reply,
                             .deadline_ms = RECORDINGS_READ_DEADLINE_MS};
    return hand_over(app, request, &what, err);
}

static int hand_change_over(struct app *app,
                            struct request *request,
                            struct change_work *work,
                            int (*apply)(struct store_tx *, void *, struct arena *, struct error *),
                            struct error *err)
{
    work->app = app;
    work->caller = request->caller;
    work->key = request_param(request, "id");
    work->now_ms = request->arrived_ms;
    struct hand_over what = {
        .apply = apply,
        .work = work,
        .result = &work->job,
        .result_bytes = sizeof(work->job),
        .reply = read_back,
        .committed = change_committed,
        .deadline_ms = app->config->server.fact_deadline_ms,
    };
    return hand_over(app, request, &what, err);
}

/* ---- DELETE ---- */

static int delete_apply(struct store_tx *tx, void *data, struct arena *arena, struct error *err)
{
    struct change_work *work = data;
    struct recording_row row;
    if (find_visible_recording(store_tx_reader(tx), work->caller, work->key, arena, &row, err) < 0)
        return -1;
    if (row.deleted_at_ms != 0)
        return 0;
    work->job = true;
    if (recording_delete(tx, &row, work->now_ms, err) < 0)
        return -1;
    return append_audit(tx, work, &row, row.sid, err);
}

int recordings_delete(struct app *app,
                      struct request *request,
                      struct response *response,
                      struct error *err)
{
    (void)response;
    struct change_work *work = arena_alloc(request->arena, sizeof(*work));
    if (caller_needs(request->caller, SCOPE_RECORDINGS_DELETE, err) < 0)
        return -1;
    work->audit = audit_of(request, AUDIT_RECORDING_DELETE);
    return hand_change_over(app, request, work, delete_apply, err);
}

/* ---- PATCH ---- */

const char recording_patch_schema[] =
    "{\"type\":\"object\",\"properties\":{\"hold\":{\"type\":\"boolean\"},"
    "\"tag\":{\"type\":[\"string\",\"null\"],\"pattern\":\"^[A-Za-z0-9_.-]{1,64}$\"}}}";

static const char *detail_of(const struct wish *wish, struct arena *arena)
{
    const char *hold = !wish->has_hold ? "" : wish->hold ? "hold=true" : "hold=false";
    if (!wish->has_tag)
        return hold;
    return arena_printf(arena, "%s%stag=%s", hold, *hold == '\0' ? "" : " ",
                        wish->tag == NULL ? "" : wish->tag);
}

static int patch_apply(struct store_tx *tx, void *data, struct arena *arena, struct error *err)
{
    struct change_work *work = data;
    const struct wish *wish = &work->wish;
    struct recording_row row;
    if (find_visible_recording(store_tx_reader(tx), work->caller, work->key, arena, &row, err) < 0)
        return -1;
    if (!wish->has_hold && !wish->has_tag)
        return error_field(err, "hold", "there is nothing to change: give hold or tag");
    if (row.deleted_at_ms != 0)
        return error_set(err, ERROR_CONFLICT, "the recording was deleted");
    bool held = wish->has_hold ? wish->hold : row.hold;
    const char *tag = wish->has_tag ? wish->tag : row.tag;
    if (held == row.hold && text_equal(tag == NULL ? "" : tag, row.tag == NULL ? "" : row.tag))
        return 0;
    row.hold = held;
    row.tag = tag;
    row.updated_at_ms = work->now_ms;
    row.expires_at_ms = retention_expires_at(&work->app->config->keeping.rules, row.direction,
                                             row.tag, row.created_at_ms);
    if (store_put_recording(tx, &row, err) < 0)
        return -1;
    return append_audit(tx, work, &row, detail_of(wish, arena), err);
}

/* Both are looked at, so that null can take a tag off. */
static int read_wish(const struct request *request, struct wish *wish, struct error *err)
{
    static const struct input_field fields[] = {
        {"hold", INPUT_BOOL, offsetof(struct wish, hold), 0, 0                      },
        {"tag",  INPUT_TEXT, offsetof(struct wish, tag),  1, RETENTION_TAG_BYTES_MAX},
    };
    if (request->body_len == 0)
        return 0;
    json_auto_t *body = request_json(request, err);
    if (body == NULL || input_read(body, fields, ARRAY_LEN(fields), wish, err) < 0)
        return -1;
    wish->has_hold = json_is_boolean(json_object_get(body, "hold"));
    wish->has_tag = json_object_get(body, "tag") != NULL;
    if (wish->tag != NULL && !retention_is_tag(wish->tag))
        return error_field(err, "tag", "a tag is made of letters, digits, _, . and -");
    wish->tag = arena_strdup(request->arena, wish->tag);
    return 0;
}

int recordings_patch(struct app *app,
                     struct request *request,
                     struct response *response,
                     struct error *err)
{
    (void)response;
    struct change_work *work = arena_alloc(request->arena, sizeof(*work));
    if (read_wish(request, &work->wish, err) < 0)
        return -1;
    bool only_tag = work->wish.has_tag && !work->wish.has_hold;
    enum scope scope = only_tag ? SCOPE_RECORDINGS_CONTROL : SCOPE_RECORDINGS_HOLD;
    if (caller_needs(request->caller, scope, err) < 0 ||
        (work->wish.has_tag && caller_needs(request->caller, SCOPE_RECORDINGS_CONTROL, err) < 0))
        return -1;
    work->audit = audit_of(request, AUDIT_RECORDING_CHANGE);
    return hand_change_over(app, request, work, patch_apply, err);
}
