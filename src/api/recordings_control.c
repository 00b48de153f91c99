/*
 * POST /calls/{id}/recordings: record a call that is going on. POST /recordings/{id}/pause, /resume, /stop.
 *
 * The wish and its job are one unit; whoever asked waits for what Twilio says of it (a timeline entry), or is told 202 when
 * that takes too long. What is so already is 200 again, and nothing is asked of Twilio.
 */
#include <string.h>

#include "app/audit.h"
#include "calls_internal.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "http/body.h"
#include "input.h"
#include "jobs/recording_control.h"
#include "jobs/runner.h"
#include "recordings_internal.h"

enum { READ_MS = 500, SID_BYTES = 40 };

struct control_result {
    int64_t call_number;
    int64_t sequence;    /* of the wish; 0: it is so already */
    char sid[SID_BYTES]; /* of the recording that is changed, or runs already; "" for a new one */
    bool job;
};

struct control_work {
    struct app *app;
    const struct caller *caller;
    const char *key;
    int64_t now_ms;
    int64_t deadline_ms; /* monotonic: until then we wait for Twilio */
    struct audit_entry audit;
    const struct recording_control *control; /* NULL: start */
    struct start_wish {
        const char *channels;
        const char *trim;
        const char *pause_behavior;
    } wish;
    struct control_result result;
    struct recording_row row; /* once it is done */
    bool done;                /* nothing to wait for any more */
    struct error failure;     /* what Twilio said */
};

/* ---- apply ---- */

/* Nobody can be told in the middle of a call without being interrupted: the timeline says that nobody was. */
static const char *raw_of_wish(const struct control_work *work, const struct call_row *call)
{
    bool tells = !text_is_empty(work->app->config->calls.recording_announcement);
    return work->control == NULL && tells && call->consent_callee_heard_ms == 0 ? "announced=false"
                                                                                : NULL;
}

static int write_wish(struct store_tx *tx,
                      struct control_work *work,
                      const struct call_row *call,
                      enum job_kind kind,
                      const char *subject,
                      const char *recording_id,
                      struct error *err)
{
    struct job_row job = {
        .account_sid = call->account_sid,
        .kind = kind,
        .call_number = call->number,
        .subject = subject,
        .run_at_ms = work->now_ms,
        .created_at_ms = work->now_ms,
    };
    struct timeline_row entry = {
        .call_number = call->number,
        .account_sid = call->account_sid,
        .at_ms = work->now_ms,
        .kind = TIMELINE_REQUEST,
        .route = work->control == NULL ? ROUTE_START_RECORDING : ROUTE_CONTROL_RECORDING,
        .effect = work->control == NULL ? "start" : work->control->word,
        .raw = raw_of_wish(work, call),
    };
    struct audit_entry audit = work->audit;
    audit.call_number = call->number;
    audit.call_id = call->id;
    audit.subject = recording_id;
    if (call->timeline_count >= LIMIT_TIMELINE_ENTRIES)
        return error_set(err, ERROR_CONFLICT, "too much has been asked of this call");
    if (store_insert_job(tx, &job, err) < 0) {
        if (err->kind != ERROR_CONFLICT)
            return -1;
        error_clear(err); /* it is being done already: wait for that */
    }
    if (store_append_timeline(tx, &entry, err) < 0 ||
        audit_append(tx, work->app->config, &audit, err) < 0)
        return -1;
    work->result.sequence = entry.sequence;
    work->result.job = true;
    return 0;
}

/* One that was started here and still runs: asked for again, it is that one. */
static bool runs_already(const struct recording_row *row)
{
    return text_equal(row->source, "StartCallRecordingAPI") &&
           (text_equal(row->status, "in-progress") || text_equal(row->status, "paused"));
}

/*
 * Of a call that came in, or that a browser made, Twilio does not tell when its root leg was answered: then it is asked, and
 * says 21220 if that is not so.
 */
static bool goes_on(const struct call_row *call)
{
    if (call->root_sid == NULL || call_status_is_terminal(call->root.status))
        return false;
    return call->direction != CALL_DIRECTION_OUTBOUND_API ||
           call->root.status == CALL_STATUS_IN_PROGRESS;
}

static int start_apply(struct store_tx *tx, void *data, struct arena *arena, struct error *err)
{
    struct control_work *work = data;
    struct store_rx *rx = store_tx_reader(tx);
    struct call_row call;
    struct recording_rows rows;
    if (find_visible_call(rx, work->caller, work->key, arena, &call, err) < 0 ||
        store_list_call_recordings(rx, call.number, arena, &rows, err) < 0)
        return -1;
    work->result.call_number = call.number;
    if (!goes_on(&call))
        return error_set(err, ERROR_CONFLICT,
                         "the call is not in progress, so it cannot be recorded");
    for (size_t i = 0; i < rows.count; i++) {
        if (!runs_already(&rows.items[i]))
            continue;
        (void)text_copy(work->result.sid, sizeof work->result.sid, rows.items[i].sid);
        return 0;
    }
    const char *subject =
        arena_printf(arena, "%s %s", work->wish.channels == NULL ? "-" : work->wish.channels,
                     work->wish.trim == NULL ? "-" : work->wish.trim);
    return write_wish(tx, work, &call, JOB_START_RECORDING, subject, NULL, err);
}

static int control_apply(struct store_tx *tx, void *data, struct arena *arena, struct error *err)
{
    struct control_work *work = data;
    struct store_rx *rx = store_tx_reader(tx);
    struct recording_row row;
    struct call_row call;
    if (find_visible_recording(rx, work->caller, work->key, arena, &row, err) < 0)
        return -1;
    (void)text_copy(work->result.sid, sizeof work->result.sid, row.sid);
    work->result.call_number = row.call_number;
    if (recording_control_is_done(work->control, row.status))
        return 0;
    if (recording_status_rank(row.status) >= recording_status_rank("stopped"))
        return error_set(err, ERROR_CONFLICT, "the recording is over (%s)", row.status);
    if (row.call_number == 0)
        return error_set(err, ERROR_CONFLICT, "the recording is of no call that is known");
    if (store_get_call_by_number(rx, row.call_number, arena, &call, err) < 0)
        return -1;
    const char *behavior = work->wish.pause_behavior;
    const char *subject =
        behavior == NULL ? row.id : arena_printf(arena, "%s %s", row.id, behavior);
    return write_wish(tx, work, &call, work->control->kind, subject, row.id, err);
}

static void control_committed(struct app *app, void *data)
{
    const struct control_work *work = data;
    struct event event = {EVENT_CALL_WISH, work->result.call_number, work->result.sequence};
    if (!work->result.job)
        return;
    runner_wake(app->runner, JOB_LANE_CALLS);
    bus_publish(app->bus, &event);
}

/* ---- reply ---- */

static int
read_back(struct app *app, struct request *request, struct response *response, struct error *err);

static void
tell(struct request *request, const struct control_work *work, struct response *response)
{
    if (!work->done) {
        response_json(request, response, 202, json_pack("{s:s}", "state", "asked for"));
        return;
    }
    response_json(request, response, 200, recording_to_json(&work->row));
    response_header(response, "Location",
                    arena_printf(request->arena, "/recordings/%s", work->row.id));
    request_note(request, "recording", work->row.id);
}

static int control_reply(struct app *app,
                         struct request *request,
                         struct response *response,
                         struct error *err)
{
    if (hand_over_result(request, err) < 0)
        return -1;
    struct control_work *work = request->work;
    if (work->failure.kind != ERROR_NONE) {
        *err = work->failure;
        return -1;
    }
    if (!work->done && monotonic_ms() < work->deadline_ms && !request_shutting_down(request))
        return read_back(app, request, response, err);
    tell(request, work, response);
    return 0;
}

/* What Twilio refuses is no failure of the look. */
static int look(struct store_rx *rx, void *data, struct arena *arena, struct error *err)
{
    struct control_work *work = data;
    const struct control_result *result = &work->result;
    const char *sid = result->sid[0] == '\0' ? NULL : result->sid;
    work->failure = (struct error){0};
    if (result->sequence != 0) {
        const char *exchange =
            work->control == NULL ? EXCHANGE_START_RECORDING : EXCHANGE_CONTROL_RECORDING;
        const char *told = sid;
        int outcome = recording_outcome(rx, result->call_number, result->sequence, exchange, sid,
                                        arena, &told, &work->failure);
        work->done = outcome != 0;
        if (outcome <= 0)
            return 0;
        sid = told;
    }
    work->done = true;
    return store_get_recording(rx, sid == NULL ? "" : sid, arena, &work->row, err);
}

static int
read_back(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)response;
    if (hand_over_result(request, err) < 0)
        return -1;
    struct control_work *work = request->work;
    int64_t left_ms = work->deadline_ms - monotonic_ms();
    struct hand_over what = {
        .read = look,
        .work = work,
        .reply = control_reply,
        .deadline_ms = left_ms > READ_MS ? left_ms : READ_MS,
        .wait_for_call = work->result.sequence != 0 ? work->result.call_number : 0,
        .settled = &work->done,
    };
    return hand_over(app, request, &what, err);
}

/* ---- handlers ---- */

static int begin(struct app *app,
                 struct request *request,
                 struct control_work *work,
                 int (*apply)(struct store_tx *, void *, struct arena *, struct error *),
                 struct error *err)
{
    work->app = app;
    work->caller = request->caller;
    work->key = request_param(request, "id");
    work->now_ms = request->arrived_ms;
    work->deadline_ms = monotonic_ms() + app->config->server.place_deadline_ms;
    struct hand_over what = {
        .apply = apply,
        .work = work,
        .result = &work->result,
        .result_bytes = sizeof(work->result),
        .reply = read_back,
        .committed = control_committed,
        .deadline_ms = app->config->server.fact_deadline_ms,
    };
    return hand_over(app, request, &what, err);
}

const char recording_start_schema[] =
    "{\"type\":\"object\",\"properties\":{\"recording_channels\":{\"enum\":[\"mono\",\"dual\"]},"
    "\"trim\":{\"enum\":[\"trim-silence\",\"do-not-trim\"]}}}";

static int
one_of(const char *field, const char *value, const char *a, const char *b, struct error *err)
{
    if (value == NULL || text_equal(value, a) || text_equal(value, b))
        return 0;
    return error_field(err, field, "%s must be %s or %s", field, a, b);
}

static int read_start(const struct request *request, struct start_wish *wish, struct error *err)
{
    static const struct input_field fields[] = {
        {"recording_channels", INPUT_TEXT, offsetof(struct start_wish, channels), 1, 32},
        {"trim",               INPUT_TEXT, offsetof(struct start_wish, trim),     1, 32},
    };
    if (request->body_len == 0)
        return 0;
    json_auto_t *body = request_json(request, err);
    if (body == NULL || input_read(body, fields, ARRAY_LEN(fields), wish, err) < 0 ||
        one_of("recording_channels", wish->channels, "mono", "dual", err) < 0 ||
        one_of("trim", wish->trim, "trim-silence", "do-not-trim", err) < 0)
        return -1;
    wish->channels = arena_strdup(request->arena, wish->channels);
    wish->trim = arena_strdup(request->arena, wish->trim);
    return 0;
}

const char recording_pause_schema[] =
    "{\"type\":\"object\",\"properties\":{\"pause_behavior\":{\"enum\":[\"silence\",\"skip\"]}}}";

static int read_pause(const struct request *request, struct start_wish *wish, struct error *err)
{
    static const struct input_field fields[] = {
        {"pause_behavior", INPUT_TEXT, offsetof(struct start_wish, pause_behavior), 1, 32},
    };
    if (request->body_len == 0)
        return 0;
    json_auto_t *body = request_json(request, err);
    if (body == NULL || input_read(body, fields, ARRAY_LEN(fields), wish, err) < 0 ||
        one_of("pause_behavior", wish->pause_behavior, "silence", "skip", err) < 0)
        return -1;
    wish->pause_behavior = arena_strdup(request->arena, wish->pause_behavior);
    return 0;
}

int recordings_start(struct app *app,
                     struct request *request,
                     struct response *response,
                     struct error *err)
{
    (void)response;
    struct control_work *work = arena_alloc(request->arena, sizeof(*work));
    if (caller_needs(request->caller, SCOPE_RECORDINGS_CONTROL, err) < 0 ||
        read_start(request, &work->wish, err) < 0)
        return -1;
    work->audit = audit_of(request, AUDIT_RECORDING_START);
    return begin(app, request, work, start_apply, err);
}

static int control(struct app *app,
                   struct request *request,
                   enum job_kind kind,
                   enum audit_action action,
                   struct error *err)
{
    struct control_work *work = arena_alloc(request->arena, sizeof(*work));
    if (caller_needs(request->caller, SCOPE_RECORDINGS_CONTROL, err) < 0 ||
        (kind == JOB_PAUSE_RECORDING && read_pause(request, &work->wish, err) < 0))
        return -1;
    work->control = recording_control_of(kind);
    work->audit = audit_of(request, action);
    return begin(app, request, work, control_apply, err);
}

#define CONTROL_HANDLER(word, NAME)                                                                \
    int recording_##word(struct app *app, struct request *request, struct response *response,      \
                         struct error *err)                                                        \
    {                                                                                              \
        (void)response;                                                                            \
        return control(app, request, JOB_##NAME##_RECORDING, AUDIT_RECORDING_##NAME, err);         \
    }

CONTROL_HANDLER(pause, PAUSE)
CONTROL_HANDLER(resume, RESUME)
CONTROL_HANDLER(stop, STOP)
