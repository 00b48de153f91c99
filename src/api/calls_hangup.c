/*
 * POST /calls/{id}/hangup: end a call. What is over is over (200); what was not yet sent never will be; what Twilio has
 * is ended by a job, and the client waits for Twilio's word.
 */
#include "app/audit.h"
#include "app/hand_over.h"
#include "calls_internal.h"
#include "core/text.h"
#include "jobs/call_moves.h"
#include "jobs/call_news.h"
#include "jobs/claim.h"
#include "jobs/runner.h"

struct hangup_result {
    bool canceled; /* it will never be sent */
    bool job;      /* the runner has something to do */
    int64_t sequence;
    int64_t call_number;
};

struct hangup_work {
    struct app *app;
    const struct caller *caller;
    const char *key;
    int64_t now_ms;
    int64_t deadline_ms; /* monotonic: until then we wait for Twilio */
    struct audit_entry audit;
    struct hangup_result result;
    struct call_view view;
    bool done; /* as the view says: nothing to wait for any more */
};

/* ---- apply ---- */

static bool is_over(const struct call_row *call)
{
    return call_status_is_terminal(call->root.status) ||
           call->placement == CALL_PLACEMENT_REFUSED || call->placement == CALL_PLACEMENT_CANCELED;
}

/* Not sent, and now never: the job goes in the same unit. If a worker has it already, it will see hangup_wanted. */
static int end_intended(struct store_tx *tx,
                        struct hangup_work *work,
                        struct call_row *call,
                        struct error *err)
{
    if (store_cancel_job(tx, JOB_PLACE_CALL, call->number, "", err) == 0) {
        call_cancel(call, work->now_ms);
        work->result.canceled = true;
        return 0;
    }
    if (err->kind != ERROR_NOT_FOUND)
        return -1;
    error_clear(err);
    call->hangup_wanted = true;
    return 0;
}

static int
end_call(struct store_tx *tx, struct hangup_work *work, struct call_row *call, struct error *err)
{
    switch (call->placement) {
    case CALL_PLACEMENT_INTENDED:
        return end_intended(tx, work, call, err);
    case CALL_PLACEMENT_PLACED:
        call->hangup_wanted = true;
        work->result.job = true;
        return call_enqueue(tx, call, JOB_HANGUP_CALL, work->now_ms, work->now_ms, err);
    case CALL_PLACEMENT_SENDING:
    case CALL_PLACEMENT_UNKNOWN:
        call->hangup_wanted = true; /* ended as soon as it has a name */
        return 0;
    case CALL_PLACEMENT_REFUSED:
    case CALL_PLACEMENT_CANCELED:
        break;
    }
    return 0;
}

static int hangup_apply(struct store_tx *tx, void *data, struct arena *arena, struct error *err)
{
    struct hangup_work *work = data;
    struct call_row call;
    if (find_visible_call(store_tx_reader(tx), work->caller, work->key, arena, &call, err) < 0)
        return -1;
    work->result.call_number = call.number;
    if (is_over(&call))
        return 0;
    struct call_news news = call_news_begin(&call, arena);
    if (call.hangup_asked_at_ms == 0)
        call.hangup_asked_at_ms = work->now_ms;
    struct timeline_row entry = {
        .call_number = call.number,
        .account_sid = call.account_sid,
        .at_ms = work->now_ms,
        .kind = TIMELINE_REQUEST,
        .route = ROUTE_HANGUP,
    };
    struct audit_entry audit = work->audit;
    audit.call_number = call.number;
    audit.call_id = call.id;
    bool full = call.timeline_count >= LIMIT_TIMELINE_ENTRIES; /* asked again and again */
    if (end_call(tx, work, &call, err) < 0 || store_update_call(tx, &call, err) < 0)
        return -1;
    entry.news = call_news_text(&news, &call);
    if (!full && (store_append_timeline(tx, &entry, err) < 0 ||
                  audit_append(tx, work->app->config, &audit, err) < 0))
        return -1;
    work->result.sequence = entry.sequence;
    return 0;
}

static void hangup_committed(struct app *app, void *data)
{
    const struct hangup_work *work = data;
    enum event_kind kind = work->result.canceled ? EVENT_CALL_PLACEMENT : EVENT_CALL_WISH;
    struct event event = {kind, work->result.call_number, work->result.sequence};
    if (work->result.job)
        runner_wake(app->runner, JOB_LANE_CALLS);
    if (work->result.canceled || work->result.sequence != 0)
        bus_publish(app->bus, &event);
}

/* ---- reply ---- */

static int
read_back(struct app *app, struct request *request, struct response *response, struct error *err);

/* Over, or Twilio has taken our word: 200. Else wait on, and 202 when there is no time left. */
static int
hangup_reply(struct app *app, struct request *request, struct response *response, struct error *err)
{
    if (hand_over_result(request, err) < 0)
        return -1;
    const struct hangup_work *work = request->work;
    if (!work->done && monotonic_ms() < work->deadline_ms && !request_shutting_down(request))
        return read_back(app, request, response, err);
    call_view_render(request, &work->view, &dialect_shape(request)->ended_call,
                     work->done ? 200 : 202, response);
    return 0;
}

static int read_view(struct store_rx *rx, void *data, struct arena *arena, struct error *err)
{
    struct hangup_work *work = data;
    if (call_view_read(rx, &work->view, arena, err) < 0)
        return -1;
    work->done = is_over(&work->view.call) || !work->view.call.hangup_wanted;
    return 0;
}

/* Read the call, and if it is not done sleep until there is news of it; however little time is left, read it. */
static int
read_back(struct app *app, struct request *request, struct response *response, struct error *err)
{
    enum { READ_MS = 500 };
    (void)response;
    if (hand_over_result(request, err) < 0)
        return -1;
    struct hangup_work *work = request->work;
    int64_t left_ms = work->deadline_ms - monotonic_ms();
    work->view = (struct call_view){.app = app, .caller = work->caller, .key = work->key};
    struct hand_over what = {
        .read = read_view,
        .work = work,
        .reply = hangup_reply,
        .deadline_ms = left_ms > READ_MS ? left_ms : READ_MS,
        .wait_for_call = work->result.call_number,
        .settled = &work->done,
    };
    return hand_over(app, request, &what, err);
}

int calls_hangup(struct app *app,
                 struct request *request,
                 struct response *response,
                 struct error *err)
{
    (void)response;
    if (caller_needs(request->caller, SCOPE_CALLS_CONTROL, err) < 0)
        return -1;
    struct hangup_work *work = arena_alloc(request->arena, sizeof(*work));
    work->app = app;
    work->caller = request->caller;
    work->key = request_param(request, "id");
    work->now_ms = request->arrived_ms;
    work->deadline_ms = monotonic_ms() + app->config->server.place_deadline_ms;
    work->audit = audit_of(request, AUDIT_CALL_HANGUP);
    struct hand_over what = {
        .apply = hangup_apply,
        .work = work,
        .result = &work->result,
        .result_bytes = sizeof(work->result),
        .reply = read_back,
        .committed = hangup_committed,
        .deadline_ms = app->config->server.fact_deadline_ms,
    };
    return hand_over(app, request, &what, err);
}
