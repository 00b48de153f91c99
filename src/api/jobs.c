/*
 * GET /jobs, POST /jobs/{id}/retry, DELETE /jobs/{id}: what Twilio must still do for us, and what was given up. For
 * operators: jobs belong to no frontend, so a scope of its own is all that is asked for.
 */
#include <inttypes.h>

#include "api/api.h"
#include "app/app.h"
#include "app/audit.h"
#include "app/caller.h"
#include "app/hand_over.h"
#include "core/text.h"
#include "http/response.h"
#include "jobs/runner.h"
#include "list_query.h"

enum { READ_DEADLINE_MS = 15000 };

struct job_view {
    struct job_row row;
    const char *call_id; /* or NULL */
};

static int view_job(struct store_rx *rx,
                    const struct job_row *row,
                    struct arena *arena,
                    struct job_view *out,
                    struct error *err)
{
    struct call_row call;
    *out = (struct job_view){.row = *row};
    if (row->call_number == 0)
        return 0;
    if (store_get_call_by_number(rx, row->call_number, arena, &call, err) < 0)
        return -1;
    out->call_id = call.id;
    return 0;
}

static json_t *view_to_json(const struct job_view *view)
{
    static const char *const states[] = {"pending", "leased", "dead"};
    const struct job_row *row = &view->row;
    char run_at[TIME_TEXT_BYTES];
    char created_at[TIME_TEXT_BYTES];
    time_to_rfc3339(row->run_at_ms, run_at);
    time_to_rfc3339(row->created_at_ms, created_at);
    return json_pack("{s:o, s:s, s:s, s:s, s:s?, s:s?, s:i, s:s?, s:s, s:s}", "id",
                     json_sprintf("%" PRId64, row->number), "kind", job_kind_text(row->kind),
                     "lane", job_lane_text(job_kind_lane(row->kind)), "state", states[row->state],
                     "call", view->call_id, "subject", *row->subject != '\0' ? row->subject : NULL,
                     "attempts", row->attempts, "last_error", row->last_error, "run_at", run_at,
                     "created_at", created_at);
}

#define JOB_SCHEMA                                                                                 \
    "{\"type\":\"object\",\"required\":[\"id\",\"kind\",\"lane\",\"state\",\"attempts\","          \
    "\"run_at\",\"created_at\"],\"properties\":{\"id\":{\"type\":\"string\"},"                     \
    "\"kind\":{\"type\":\"string\"},\"lane\":{\"type\":\"string\"},"                               \
    "\"state\":{\"type\":\"string\",\"enum\":[\"pending\",\"leased\",\"dead\"]},"                  \
    "\"call\":{\"type\":[\"string\",\"null\"]},\"subject\":{\"type\":[\"string\",\"null\"]},"      \
    "\"attempts\":{\"type\":\"integer\"},\"last_error\":{\"type\":[\"string\",\"null\"]},"         \
    "\"run_at\":{\"type\":\"string\",\"format\":\"date-time\"},"                                   \
    "\"created_at\":{\"type\":\"string\",\"format\":\"date-time\"}}}"

/* ---- the list ---- */

struct list_work {
    struct job_filter filter;
    struct job_view *views;
    size_t count;
};

static int set_state(void *data, const char *value)
{
    struct job_filter *filter = data;
    filter->dead = text_equal(value, "dead");
    return filter->dead || text_equal(value, "open") ? 0 : -1;
}

static int set_limit(void *data, const char *value)
{
    struct job_filter *filter = data;
    return list_limit(value, &filter->limit);
}

static int set_cursor(void *data, const char *value)
{
    struct job_filter *filter = data;
    return text_to_int64(value, 1, INT64_MAX, &filter->before_number) ? 0 : -1;
}

static const struct list_parameter parameters[] = {
    {"state",  set_state,  "dead or open"      },
    {"limit",  set_limit,  LIST_LIMIT_EXPECTED },
    {"cursor", set_cursor, LIST_CURSOR_EXPECTED},
};

static int list_read(struct store_rx *rx, void *data, struct arena *arena, struct error *err)
{
    struct list_work *work = data;
    struct job_rows rows;
    if (store_list_jobs(rx, &work->filter, arena, &rows, err) < 0)
        return -1;
    work->views = arena_alloc(arena, (rows.count + 1) * sizeof(*work->views));
    for (work->count = 0; work->count < rows.count; work->count++) {
        if (view_job(rx, &rows.items[work->count], arena, &work->views[work->count], err) < 0)
            return -1;
    }
    return 0;
}

static int
list_reply(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    const struct list_work *work = request->work;
    if (hand_over_result(request, err) < 0)
        return -1;
    json_t *items = json_array();
    for (size_t i = 0; i < work->count; i++)
        json_array_append_new(items, view_to_json(&work->views[i]));
    json_t *cursor = work->count < work->filter.limit
                         ? json_null()
                         : json_sprintf("%" PRId64, work->views[work->count - 1].row.number);
    response_json(request, response, 200,
                  json_pack("{s:o, s:o}", "items", items, "next_cursor", cursor));
    return 0;
}

static int
jobs_list(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)response;
    struct list_work *work = arena_alloc(request->arena, sizeof(*work));
    work->filter = (struct job_filter){.dead = true, .limit = LIST_LIMIT_DEFAULT};
    if (caller_needs(request->caller, SCOPE_JOBS_MANAGE, err) < 0 ||
        list_query_read(&request->query, parameters, ARRAY_LEN(parameters), &work->filter, err) < 0)
        return -1;
    struct hand_over what = {
        .read = list_read, .work = work, .reply = list_reply, .deadline_ms = READ_DEADLINE_MS};
    return hand_over(app, request, &what, err);
}

/* ---- one job ---- */

struct move_result {
    struct job_view view;
};

struct move_work {
    const struct config *config;
    int64_t number; /* 0: there can be no such job */
    int64_t now_ms;
    struct audit_entry audit;
    struct move_result result;
};

static int get_job(struct store_rx *rx,
                   const struct move_work *work,
                   struct arena *arena,
                   struct job_row *out,
                   struct error *err)
{
    return work->number == 0 ? error_set(err, ERROR_NOT_FOUND, "there is no such job")
                             : store_get_job(rx, work->number, arena, out, err);
}

static int write_audit(struct store_tx *tx,
                       const struct move_work *work,
                       const struct job_row *row,
                       struct arena *arena,
                       struct error *err)
{
    struct audit_entry audit = work->audit;
    audit.subject = arena_printf(arena, "%" PRId64, row->number);
    audit.reason = job_kind_text(row->kind);
    audit.call_number = row->call_number;
    audit.call_id = work->result.view.call_id;
    return audit_append(tx, work->config, &audit, err);
}

/* One that waits for its next attempt need not wait; what a worker is at is left alone. */
static int retry_apply(struct store_tx *tx, void *data, struct arena *arena, struct error *err)
{
    struct move_work *work = data;
    struct store_rx *rx = store_tx_reader(tx);
    struct job_row row;
    if (get_job(rx, work, arena, &row, err) < 0)
        return -1;
    bool idle = row.state != JOB_LEASED;
    if (idle && store_revive_job(tx, row.number, work->now_ms, err) < 0)
        return err->kind == ERROR_CONFLICT
                   ? (error_clear(err),
                      error_set(err, ERROR_CONFLICT, "another job about the same is open already"))
                   : -1;
    if (store_get_job(rx, work->number, arena, &row, err) < 0 ||
        view_job(rx, &row, arena, &work->result.view, err) < 0)
        return -1;
    return idle ? write_audit(tx, work, &row, arena, err) : 0;
}

static int discard_apply(struct store_tx *tx, void *data, struct arena *arena, struct error *err)
{
    struct move_work *work = data;
    struct job_row row;
    if (get_job(store_tx_reader(tx), work, arena, &row, err) < 0)
        return -1;
    if (row.state != JOB_DEAD)
        return error_set(err, ERROR_CONFLICT,
                         "the job is open: only one that was given up can be discarded");
    if (view_job(store_tx_reader(tx), &row, arena, &work->result.view, err) < 0 ||
        write_audit(tx, work, &row, arena, err) < 0)
        return -1;
    return store_finish_job(tx, row.number, err);
}

static void retry_committed(struct app *app, void *data)
{
    const struct move_work *work = data;
    runner_wake(app->runner, job_kind_lane(work->result.view.row.kind));
}

static int
retry_reply(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    const struct move_work *work = request->work;
    if (hand_over_result(request, err) < 0)
        return -1;
    response_json(request, response, 200, view_to_json(&work->result.view));
    return 0;
}

static int discard_reply(struct app *app,
                         struct request *request,
                         struct response *response,
                         struct error *err)
{
    (void)app;
    if (hand_over_result(request, err) < 0)
        return -1;
    response_empty(response, 204);
    return 0;
}

static int move(struct app *app,
                struct request *request,
                struct hand_over *what,
                enum audit_action action,
                struct error *err)
{
    struct move_work *work = arena_alloc(request->arena, sizeof(*work));
    if (caller_needs(request->caller, SCOPE_JOBS_MANAGE, err) < 0)
        return -1;
    *work = (struct move_work){
        .config = app->config, .now_ms = app_now_ms(app), .audit = audit_of(request, action)};
    if (!text_to_int64(request_param(request, "id"), 1, INT64_MAX, &work->number))
        work->number = 0;
    what->work = work;
    what->result = &work->result;
    what->result_bytes = sizeof(work->result);
    what->deadline_ms = READ_DEADLINE_MS;
    return hand_over(app, request, what, err);
}

static int
jobs_retry(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)response;
    struct hand_over what = {
        .apply = retry_apply, .committed = retry_committed, .reply = retry_reply};
    return move(app, request, &what, AUDIT_JOB_RETRY, err);
}

static int
jobs_discard(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)response;
    struct hand_over what = {.apply = discard_apply, .reply = discard_reply};
    return move(app, request, &what, AUDIT_JOB_DISCARD, err);
}

/* ---- the table ---- */

static const struct route_doc list_doc = {
    .summary = "Jobs, the newest first: those that were given up, or those that are still open.",
    .parameters =
        "[{\"name\":\"state\",\"in\":\"query\",\"schema\":{\"type\":\"string\",\"enum\":[\"dead\","
        "\"open\"],\"default\":\"dead\"}},"
        "{\"name\":\"limit\",\"in\":\"query\",\"schema\":{\"type\":\"integer\",\"minimum\":1,"
        "\"maximum\":200,\"default\":50}},"
        "{\"name\":\"cursor\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}}]",
    .response_type = "application/json",
    .response_schema =
        "{\"type\":\"object\",\"required\":[\"items\",\"next_cursor\"],\"properties\":{"
        "\"items\":{\"type\":\"array\",\"items\":" JOB_SCHEMA "},"
        "\"next_cursor\":{\"type\":[\"string\",\"null\"]}}}",
};

static const struct route_doc retry_doc = {
    .summary = "Let a job that was given up, or that waits, try again now, from its first attempt.",
    .response_type = "application/json",
    .response_schema = JOB_SCHEMA,
};

static const struct route_doc discard_doc = {
    .summary = "Forget a job that was given up.",
    .success_status = 204,
};

static const struct route rows[] = {
    {HTTP_GET,    "/jobs",            &guard_frontend, 0, NULL, jobs_list,    &list_doc   },
    {HTTP_POST,   "/jobs/{id}/retry", &guard_frontend, 0, NULL, jobs_retry,   &retry_doc  },
    {HTTP_DELETE, "/jobs/{id}",       &guard_frontend, 0, NULL, jobs_discard, &discard_doc},
};

const struct route_table api_job_routes = {"api/jobs", rows, ARRAY_LEN(rows)};
