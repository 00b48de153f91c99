/*
 * POST /calls. The intent and the job that places it are one unit of work; the client waits, asleep, for what Twilio
 * says: 201, or 202 with Location if that takes too long. With an Idempotency-Key a repeat returns the first answer.
 */
#include <string.h>

#include "api/api.h"
#include "app/admission.h"
#include "app/audit.h"
#include "app/hand_over.h"
#include "app/limits.h"
#include "calls_internal.h"
#include "core/log.h"
#include "core/text.h"
#include "crypto/digest.h"
#include "jobs/runner.h"
#include "twilio/rest_refusal.h"
#include "voice/news.h"
#include "voice/resource_id.h"

enum { KEY_BYTES_MAX = 255, SHORT_DEADLINE_MS = 10000 };

struct create_result {
    bool settled; /* nothing to wait for: answered before, a repeat whose call is known, refused */
    bool created;
    struct policy_verdict refused; /* its reason is NONE if it was not */
    struct call_row call;          /* as it was inserted: with what the policy chose */
    const char *call_id;           /* of the call that was created now, or by the earlier request */
    struct idempotency_row earlier; /* its status is 0 if the first answer was never given */
    int64_t sequence;
};

struct create_work {
    struct app *app;
    const struct caller *caller;
    struct call_row call;
    struct call_plan plan;
    bool chose_from;
    const char *body; /* as it came, for the timeline */
    const char *key;  /* Idempotency-Key, or NULL */
    unsigned char request_sha256[SHA256_BYTES];
    struct audit_entry audit;
    struct create_result result;
    struct call_view view;    /* read back once Twilio has spoken */
    struct response rendered; /* kept while the first answer is stored */
};

/* ---- parse --------------------------------------------------------------------------------------------------- */

static int read_key(const struct request *request, const char **out, struct error *err)
{
    const char *key = request_header(request, "Idempotency-Key");
    *out = NULL;
    if (key == NULL)
        return 0;
    size_t len = strlen(key);
    if (len == 0 || len > KEY_BYTES_MAX)
        return error_field(err, "Idempotency-Key", "Idempotency-Key must have 1 to %d characters",
                           KEY_BYTES_MAX);
    for (const char *c = key; *c != '\0'; c++) {
        if (*c < ' ' || *c > '~')
            return error_field(err, "Idempotency-Key", "Idempotency-Key must be printable ASCII");
    }
    *out = key;
    return 0;
}

/* The same key means the same request: method and path are in the row already, so the body tells. */
static void hash_request(const struct request *request, unsigned char out[SHA256_BYTES])
{
    const char *text = arena_printf(request->arena, "%s\n%s", request->path, request->body);
    digest_sha256(text, strlen(text), out);
}

static int
create_parse(struct app *app, struct request *request, struct create_work *work, struct error *err)
{
    struct call_wish wish;
    if (caller_needs(request->caller, SCOPE_CALLS_PLACE, err) < 0 ||
        limits_take_call(app, request, err) < 0 || read_key(request, &work->key, err) < 0 ||
        call_wish_read(app, request, &wish, err) < 0)
        return -1;
    char *id = arena_alloc(request->arena, RESOURCE_ID_BYTES);
    work->app = app;
    work->caller = request->caller;
    work->body = request->body;
    hash_request(request, work->request_sha256);
    work->plan = wish.plan;
    work->chose_from = wish.chose_from;
    work->call = (struct call_row){
        .number = app_new_id(app, RESOURCE_CALL, id),
        .id = id,
        .account_sid = app->config->twilio.account_sid,
        .direction = CALL_DIRECTION_OUTBOUND_API,
        .placement = CALL_PLACEMENT_INTENDED,
        .root = leg_state_new(),
        .from = wish.plan.from,
        .to = wish.plan.to,
        .identity = wish.identity != NULL ? wish.identity : request->caller->identity,
        .owner = request->caller->owner,
        .group = wish.identity == NULL || text_equal(wish.identity, request->caller->identity)
                     ? request->caller->group
                     : NULL,
        .metadata = wish.metadata,
        .created_at_ms = request->arrived_ms,
        .heard_at_ms = request->arrived_ms,
    };
    work->audit = audit_of(request, AUDIT_CALL_PLACE);
    work->audit.call_number = work->call.number;
    work->audit.call_id = id;
    work->audit.number = wish.plan.number != NULL ? wish.plan.number : wish.plan.to;
    request_note(request, "call", id);
    return 0;
}

/* ---- apply --------------------------------------------------------------------------------------------------- */

/* The key has been used. Its first answer, or: still being answered (409), or: of another request (422). */
static int take_earlier(struct store_rx *rx,
                        struct create_work *work,
                        const struct idempotency_row *earlier,
                        struct arena *arena,
                        struct error *err)
{
    if (memcmp(earlier->request_sha256, work->request_sha256, SHA256_BYTES) != 0)
        return error_field(err, "Idempotency-Key",
                           "this Idempotency-Key was used for another request; use a new one");
    int64_t age_ms = work->call.created_at_ms - earlier->created_at_ms;
    /* Unanswered, and older than this process or than anybody waits: the call itself knows the answer. */
    bool abandoned = earlier->created_at_ms < work->app->started_ms ||
                     age_ms > 2 * work->app->config->server.place_deadline_ms + SHORT_DEADLINE_MS;
    if (earlier->status == 0 && !abandoned)
        return error_set(err, ERROR_CONFLICT,
                         "a request with this Idempotency-Key is being answered right now");
    struct call_row call;
    if (store_get_call_by_number(rx, earlier->call_number, arena, &call, err) < 0)
        return -1;
    work->result.earlier = *earlier;
    work->result.call_id = call.id;
    work->result.settled = true;
    return 0;
}

/* Has this key been used? If so the result is settled, or an error says what is wrong with that. */
static int look_for_earlier(struct store_rx *rx,
                            struct create_work *work,
                            struct arena *arena,
                            struct error *err)
{
    struct idempotency_row earlier;
    if (store_get_idempotency(rx, work->caller->owner, work->key, arena, &earlier, err) == 0)
        return take_earlier(rx, work, &earlier, arena, err);
    if (err->kind != ERROR_NOT_FOUND)
        return -1;
    error_clear(err);
    return 0;
}

/* After the call's own row, which it refers to. */
static int use_key(struct store_tx *tx, const struct create_work *work, struct error *err)
{
    struct idempotency_row row = {
        .caller = work->caller->owner,
        .key = work->key,
        .account_sid = work->call.account_sid,
        .call_number = work->call.number,
        .created_at_ms = work->call.created_at_ms,
    };
    memcpy(row.request_sha256, work->request_sha256, SHA256_BYTES);
    return store_insert_idempotency(tx, &row, err);
}

/* Somebody else's call: the group that identity is in, as far as anybody has told us. */
static int find_group(struct store_rx *rx,
                      const struct create_work *work,
                      struct arena *arena,
                      const char **out,
                      struct error *err)
{
    *out = work->call.group;
    if (*out != NULL || work->call.identity == NULL ||
        store_get_identity_group(rx, work->call.identity, arena, out, err) == 0)
        return 0;
    if (err->kind != ERROR_NOT_FOUND)
        return -1;
    error_clear(err);
    return 0;
}

/* May it be placed? Then the call is as the policy lets it be: which number is shown, how long it may last. */
static int admit(struct store_tx *tx,
                 const struct create_work *work,
                 struct arena *arena,
                 struct call_row *call,
                 struct policy_verdict *verdict,
                 struct error *err)
{
    struct call_plan plan = work->plan;
    const char *dialled = plan.flow == CALL_FLOW_BRIDGE ? plan.number : plan.to;
    struct admission admission = {
        .call = call,
        .is_new = true,
        .number = text_is_e164(dialled) ? dialled : NULL,
        .caller_id = work->chose_from ? plan.from : NULL,
        .later_caller_id = plan.caller_id,
        .default_caller_id = plan.from,
        .now_ms = call->created_at_ms,
    };
    if (find_group(store_tx_reader(tx), work, arena, &call->group, err) < 0 ||
        admission_decide(tx, work->app, &admission, arena, verdict, err) < 0)
        return -1;
    if (verdict->reason != REASON_NONE)
        return 0;
    plan.from = verdict->caller_id;
    plan.time_limit_s = (int)admission_shorter(plan.time_limit_s, verdict->call_seconds);
    call->from = plan.from;
    call->plan = plan_to_text(&plan, arena);
    return 0;
}

static int insert_intent(struct store_tx *tx,
                         struct create_work *work,
                         const struct call_row *call,
                         struct error *err)
{
    struct job_row job = {
        .account_sid = work->call.account_sid,
        .kind = JOB_PLACE_CALL,
        .call_number = work->call.number,
        .run_at_ms = work->call.created_at_ms,
        .created_at_ms = work->call.created_at_ms,
    };
    struct timeline_row entry = {
        .call_number = work->call.number,
        .account_sid = work->call.account_sid,
        .at_ms = work->call.created_at_ms,
        .kind = TIMELINE_REQUEST,
        .route = "POST /calls",
        .raw = work->body,
        .news = news_kind_text(NEWS_CALL_CREATED),
    };
    if (store_insert_call(tx, call, err) < 0 || store_insert_job(tx, &job, err) < 0 ||
        store_append_timeline(tx, &entry, err) < 0 ||
        audit_append(tx, work->app->config, &work->audit, err) < 0)
        return -1;
    work->result.created = true;
    work->result.call = *call;
    work->result.call_id = work->call.id;
    work->result.sequence = entry.sequence;
    return 0;
}

static int create_apply(struct store_tx *tx, void *data, struct arena *arena, struct error *err)
{
    struct create_work *work = data;
    if (work->key != NULL && look_for_earlier(store_tx_reader(tx), work, arena, err) < 0)
        return -1;
    if (work->result.settled)
        return 0;
    struct call_row call = work->call;
    struct policy_verdict verdict;
    if (admit(tx, work, arena, &call, &verdict, err) < 0)
        return -1;
    if (verdict.reason != REASON_NONE) {
        work->result.refused = verdict;
        work->result.settled = true;
        return 0;
    }
    if (insert_intent(tx, work, &call, err) < 0)
        return -1;
    return work->key != NULL ? use_key(tx, work, err) : 0;
}

/* Nothing has changed, so it is written behind the answer: whoever is refused again and again fills no disk. */
static void audit_refusal(struct app *app, const struct create_work *work)
{
    struct audit_entry entry = work->audit;
    entry.action = AUDIT_CALL_REFUSED;
    entry.allowed = false;
    entry.call_number = 0;
    entry.call_id = NULL;
    entry.number = work->plan.number != NULL ? work->plan.number : work->plan.to;
    entry.reason = reason_code(work->result.refused.reason);
    entry.detail = work->result.refused.because;
    audit_later(app->audit, app->config, &entry);
}

static void create_committed(struct app *app, void *data)
{
    const struct create_work *work = data;
    if (work->result.refused.reason != REASON_NONE) {
        admission_count(app, work->result.refused.reason);
        audit_refusal(app, work);
    }
    if (!work->result.created)
        return;
    struct event event = {EVENT_CALL_CREATED, work->call.number, work->result.sequence};
    bus_publish(app->bus, &event);
    runner_wake(app->runner, JOB_LANE_CALLS);
}

/* ---- reply --------------------------------------------------------------------------------------------------- */

/* The stored first answer, byte for byte. */
static void
replay(struct request *request, const struct idempotency_row *earlier, struct response *response)
{
    response_text(response, earlier->status, earlier->content_type, earlier->body);
    if (earlier->location != NULL)
        response_header(response, "Location", earlier->location);
    response_header(response, "Idempotency-Replayed", "true");
    request_note(request, "replayed", "true");
}

/*
 * The row keeps Twilio's code, not its HTTP status. No code: Twilio was not reached, or was not itself. 20xxx is about
 * the account and its credentials, which the client cannot mend; both are told as 502.
 */
static int status_of_refusal(int code)
{
    enum { TOO_MANY_REQUESTS = 20429, FIRST_OF_ACCOUNT = 20000, FIRST_OF_CALLS = 21000 };
    if (code == 0)
        return 503;
    if (code == TOO_MANY_REQUESTS)
        return 429;
    return code >= FIRST_OF_ACCOUNT && code < FIRST_OF_CALLS ? 403 : 400;
}

/* Twilio's no, in words a person understands; a dialect may say it in its own way. */
static void render_refusal(struct app *app,
                           struct request *request,
                           const struct call_row *call,
                           struct response *response)
{
    struct error refusal = {0};
    struct rest_refusal told = {.http_status = status_of_refusal(call->refusal_code),
                                .code = call->refusal_code,
                                .message = call->refusal};
    rest_refusal_error(&told, &refusal);
    const struct dialect *dialect = request->route->dialect;
    (dialect != NULL ? dialect : &http_dialect_native)
        ->render_error(app, request, &refusal, response);
    response_header(response, "Location", call_location(request, call->id));
}

static void render_call(struct app *app,
                        struct request *request,
                        const struct call_view *view,
                        struct response *response)
{
    const struct dialect_shape *shape = dialect_shape(request);
    switch (view->call.placement) {
    case CALL_PLACEMENT_REFUSED:
        render_refusal(app, request, &view->call, response);
        return;
    case CALL_PLACEMENT_PLACED:
    case CALL_PLACEMENT_CANCELED:
        call_view_render(request, view, &shape->new_call,
                         shape->new_call_status != 0 ? shape->new_call_status : 201, response);
        return;
    case CALL_PLACEMENT_INTENDED:
    case CALL_PLACEMENT_SENDING:
    case CALL_PLACEMENT_UNKNOWN:
        break;
    }
    call_view_render(request, view, &shape->new_call, 202, response);
}

static int answer_apply(struct store_tx *tx, void *data, struct arena *arena, struct error *err)
{
    const struct create_work *work = data;
    const char *location = NULL;
    for (size_t i = 0; i < work->rendered.header_count; i++) {
        if (text_equal(work->rendered.headers[i].name, "Location"))
            location = work->rendered.headers[i].value;
    }
    struct idempotency_row row = {
        .caller = work->caller->owner,
        .key = work->key,
        .status = work->rendered.status,
        .content_type = work->rendered.content_type,
        .body = arena_copy(arena, work->rendered.body, work->rendered.body_len),
        .location = location,
    };
    return store_answer_idempotency(tx, &row, err);
}

static int create_answered(struct app *app,
                           struct request *request,
                           struct response *response,
                           struct error *err)
{
    (void)app;
    /* If the answer could not be kept, a repeat will be told from the call itself: still one call. */
    struct error unkept = {0};
    if (hand_over_result(request, &unkept) < 0)
        log_warning("idempotency.unkept", LOG_TEXT("req", request->id),
                    LOG_PHONE("error", unkept.message));
    (void)err;
    const struct create_work *work = request->work;
    *response = work->rendered;
    return 0;
}

/*
 * There is no time to read back, but the intent is committed and will be placed, perhaps by the next process. A client
 * that was told 503 would place it again.
 */
static int answer_without_reading(struct request *request,
                                  const struct create_work *work,
                                  struct response *response,
                                  struct error *err)
{
    if (!work->result.created)
        return error_set(err, ERROR_UNAVAILABLE, "the call of that Idempotency-Key was not read");
    response_json(request, response, 202,
                  dialect_envelope(&dialect_shape(request)->new_call,
                                   call_to_json(&work->result.call, NULL)));
    response_header(response, "Location", call_location(request, work->call.id));
    return 0;
}

static int
create_reply(struct app *app, struct request *request, struct response *response, struct error *err)
{
    struct create_work *work = request->work;
    struct error unread = {0};
    if (hand_over_result(request, &unread) < 0)
        return answer_without_reading(request, work, response, err);
    render_call(app, request, &work->view, response);
    if (work->key == NULL || response->body == NULL)
        return 0;
    work->rendered = *response;
    struct hand_over what = {.apply = answer_apply,
                             .work = work,
                             .reply = create_answered,
                             .deadline_ms = SHORT_DEADLINE_MS};
    return hand_over(app, request, &what, err);
}

static int read_back(struct store_rx *rx, void *data, struct arena *arena, struct error *err)
{
    struct create_work *work = data;
    return call_view_read(rx, &work->view, arena, err);
}

static int create_settled(struct app *app,
                          struct request *request,
                          struct response *response,
                          struct error *err)
{
    if (hand_over_result(request, err) < 0)
        return -1;
    struct create_work *work = request->work;
    if (work->result.refused.reason != REASON_NONE)
        return admission_error(&work->result.refused, err);
    if (work->result.earlier.status != 0) {
        replay(request, &work->result.earlier, response);
        return 0;
    }
    if (request_shutting_down(request))
        return answer_without_reading(request, work, response, err);
    work->view =
        (struct call_view){.app = app, .caller = work->caller, .key = work->result.call_id};
    struct hand_over what = {
        .read = read_back, .work = work, .reply = create_reply, .deadline_ms = SHORT_DEADLINE_MS};
    return hand_over(app, request, &what, err);
}

int calls_create_about(struct app *app,
                       struct request *request,
                       struct response *response,
                       const char *subject,
                       struct error *err)
{
    (void)response;
    struct create_work *work = arena_alloc(request->arena, sizeof(*work));
    if (create_parse(app, request, work, err) < 0)
        return -1;
    work->audit.subject = subject;
    struct hand_over what = {
        .apply = create_apply,
        .work = work,
        .result = &work->result,
        .result_bytes = sizeof(work->result),
        .reply = create_settled,
        .committed = create_committed,
        .deadline_ms = app->config->server.place_deadline_ms,
        .wait_for_call = work->call.number,
        .settled = &work->result.settled,
    };
    return hand_over(app, request, &what, err);
}

int calls_create(struct app *app,
                 struct request *request,
                 struct response *response,
                 struct error *err)
{
    return calls_create_about(app, request, response, NULL, err);
}
