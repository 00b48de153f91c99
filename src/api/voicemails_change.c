/* POST /voicemails/{id}/read and /unread, DELETE /voicemails/{id}. What is so already stays so, without a trace. */
#include "app/audit.h"
#include "jobs/recordings.h"
#include "jobs/runner.h"
#include "jobs/voicemails.h"
#include "voice/news.h"
#include "voicemails_internal.h"

struct change {
    enum audit_action action;
    enum news_kind news;
    const char *route;
};

struct change_result {
    struct voicemail_details details;
    struct event event;
    bool job; /* a sound is to be removed */
};

struct change_work {
    struct app *app;
    const struct caller *caller;
    const struct change *change;
    const char *id;
    int64_t now_ms;
    struct audit_entry audit;
    struct change_result result;
};

static const struct change to_read = {AUDIT_VOICEMAIL_READ, NEWS_VOICEMAIL_READ,
                                      "POST /voicemails/{id}/read"};
static const struct change to_unread = {AUDIT_VOICEMAIL_UNREAD, NEWS_VOICEMAIL_READ,
                                        "POST /voicemails/{id}/unread"};
static const struct change to_deleted = {AUDIT_VOICEMAIL_DELETE, NEWS_VOICEMAIL_DELETED,
                                         "DELETE /voicemails/{id}"};

/* Listeners and the audit log are told of it, in the same unit. */
static int note(struct store_tx *tx,
                struct change_work *work,
                const struct voicemail_row *row,
                struct arena *arena,
                struct error *err)
{
    struct audit_entry audit = work->audit;
    audit.call_number = row->call_number;
    audit.subject = row->id;
    if (voicemail_tell(tx, row, news_kind_text(work->change->news), work->change->route,
                       work->now_ms, arena, &work->result.event, err) < 0)
        return -1;
    return audit_append(tx, work->app->config, &audit, err);
}

static int mark_apply(struct store_tx *tx, void *data, struct arena *arena, struct error *err)
{
    struct change_work *work = data;
    struct store_rx *rx = store_tx_reader(tx);
    struct voicemail_row row;
    if (find_visible_voicemail(rx, work->caller, work->id, arena, &row, err) < 0)
        return -1;
    bool read = work->change == &to_read;
    if (read != (row.read_at_ms != 0)) {
        row.read_at_ms = read ? work->now_ms : 0;
        if (store_update_voicemail(tx, &row, err) < 0 || note(tx, work, &row, arena, err) < 0)
            return -1;
    }
    return voicemail_details_read(rx, &row, arena, &work->result.details, err);
}

/* Its recording goes as by DELETE /recordings/{id}: what is held, or still being recorded, is not deleted. */
static int delete_recording(struct store_tx *tx,
                            struct change_work *work,
                            const struct voicemail_row *row,
                            struct arena *arena,
                            struct error *err)
{
    struct recording_row recording;
    if (store_get_recording(store_tx_reader(tx), row->recording_sid, arena, &recording, err) < 0) {
        if (err->kind != ERROR_NOT_FOUND)
            return -1;
        error_clear(err);
        return 0;
    }
    work->result.job = true;
    return recording_delete(tx, &recording, work->now_ms, err);
}

static int delete_apply(struct store_tx *tx, void *data, struct arena *arena, struct error *err)
{
    struct change_work *work = data;
    struct voicemail_row row;
    if (find_visible_voicemail(store_tx_reader(tx), work->caller, work->id, arena, &row, err) < 0 ||
        delete_recording(tx, work, &row, arena, err) < 0 || note(tx, work, &row, arena, err) < 0)
        return -1;
    return voicemail_forget(tx, &row, work->now_ms, arena, err);
}

static void change_committed(struct app *app, void *data)
{
    const struct change_work *work = data;
    if (work->result.event.call_number != 0)
        bus_publish(app->bus, &work->result.event);
    if (work->result.job)
        runner_wake(app->runner, JOB_LANE_CLEARING);
}

static int
mark_reply(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    if (hand_over_result(request, err) < 0)
        return -1;
    const struct change_work *work = request->work;
    response_json(request, response, 200, voicemail_to_json(&work->result.details));
    return 0;
}

static int
delete_reply(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    if (hand_over_result(request, err) < 0)
        return -1;
    response_empty(response, 204);
    return 0;
}

static int
change(struct app *app, struct request *request, const struct change *wish, struct error *err)
{
    if (caller_needs(request->caller, SCOPE_VOICEMAILS_MANAGE, err) < 0)
        return -1;
    bool deletes = wish == &to_deleted;
    struct change_work *work = arena_alloc(request->arena, sizeof(*work));
    work->app = app;
    work->caller = request->caller;
    work->change = wish;
    work->id = request_param(request, "id");
    work->now_ms = request->arrived_ms;
    work->audit = audit_of(request, wish->action);
    struct hand_over what = {
        .apply = deletes ? delete_apply : mark_apply,
        .work = work,
        .result = &work->result,
        .result_bytes = sizeof(work->result),
        .reply = deletes ? delete_reply : mark_reply,
        .committed = change_committed,
        .deadline_ms = app->config->server.fact_deadline_ms,
    };
    request_note(request, "voicemail", work->id);
    return hand_over(app, request, &what, err);
}

int voicemails_read(struct app *app,
                    struct request *request,
                    struct response *response,
                    struct error *err)
{
    (void)response;
    return change(app, request, &to_read, err);
}

int voicemails_unread(struct app *app,
                      struct request *request,
                      struct response *response,
                      struct error *err)
{
    (void)response;
    return change(app, request, &to_unread, err);
}

int voicemails_delete(struct app *app,
                      struct request *request,
                      struct response *response,
                      struct error *err)
{
    (void)response;
    return change(app, request, &to_deleted, err);
}
