#include "support/fake_twilio.h"

#include <stdatomic.h>

#include "core/lock.h"
#include "core/text.h"
#include "core/xmalloc.h"
#include "http/body.h"
#include "http/response.h"
#include "support/raw_http.h"

enum {
    CALLS_MAX = 512,
    RECORDINGS_MAX = 64,
    SCRIPT_MAX = 32,
    HELD_MAX = 32,
    KEPT_BYTES = 8192,
    PAGE_CALLS = 100
};

struct script {
    struct fake_answer answers[SCRIPT_MAX];
    size_t first;
    size_t end;
    size_t seen;
    char form[KEPT_BYTES];
    char target[KEPT_BYTES];
    char credentials[KEPT_BYTES];
};

struct held {
    struct request *request;
    uint32_t ticket;
};

struct fake_twilio {
    pthread_mutex_t lock;
    pthread_cond_t came;
    struct raw_server server;
    struct script scripts[FAKE_OPS];
    struct fake_call calls[CALLS_MAX];
    size_t call_count;
    struct fake_recording recordings[RECORDINGS_MAX];
    size_t recording_count;
    struct held held[HELD_MAX];
    size_t held_count;
};

void fake_new_sid(char *out, const char *prefix)
{
    static _Atomic unsigned last;
    (void)snprintf(out, 35, "%s%032x", prefix, ++last);
}

static int open_to_all(struct app *app, struct request *request, struct error *err)
{
    (void)app;
    (void)request;
    (void)err;
    return 0;
}

static const struct guard guard_none = {.name = "open", .head = open_to_all};

/* The server hands its context through; here it is this Twilio. */
static struct fake_twilio *fake_of(struct app *app)
{
    return (struct fake_twilio *)(void *)app;
}

/* ---- calls --------------------------------------------------------------------------------------------------- */

static struct fake_call *find_locked(struct fake_twilio *fake, const char *sid)
{
    for (size_t i = 0; i < fake->call_count; i++) {
        if (strcmp(fake->calls[i].sid, sid) == 0)
            return &fake->calls[i];
    }
    return NULL;
}

static void put_locked(struct fake_twilio *fake, struct fake_call *call)
{
    if (call->sid[0] == '\0')
        fake_new_sid(call->sid, "CA");
    struct fake_call *known = find_locked(fake, call->sid);
    if (known == NULL) {
        assert_true(fake->call_count < CALLS_MAX);
        known = &fake->calls[fake->call_count++];
    }
    *known = *call;
}

void fake_put_call(struct fake_twilio *fake, struct fake_call *call)
{
    auto_unlock pthread_mutex_t *held = lock(&fake->lock);
    put_locked(fake, call);
}

bool fake_get_call(struct fake_twilio *fake, const char *sid, struct fake_call *out)
{
    auto_unlock pthread_mutex_t *held = lock(&fake->lock);
    const struct fake_call *known = find_locked(fake, sid);
    if (known != NULL)
        *out = *known;
    return known != NULL;
}

static struct fake_recording *find_recording_locked(struct fake_twilio *fake, const char *sid)
{
    for (size_t i = 0; i < fake->recording_count; i++) {
        if (strcmp(fake->recordings[i].sid, sid) == 0)
            return &fake->recordings[i];
    }
    return NULL;
}

void fake_put_recording(struct fake_twilio *fake, const struct fake_recording *recording)
{
    auto_unlock pthread_mutex_t *held = lock(&fake->lock);
    struct fake_recording *known = find_recording_locked(fake, recording->sid);
    if (known == NULL) {
        assert_true(fake->recording_count < RECORDINGS_MAX);
        known = &fake->recordings[fake->recording_count++];
    }
    *known = *recording;
}

void fake_forget(struct fake_twilio *fake)
{
    auto_unlock pthread_mutex_t *held = lock(&fake->lock);
    fake->call_count = 0;
    fake->recording_count = 0;
}

static json_t *time_json(int64_t ms)
{
    char text[TIME_TEXT_BYTES];
    if (ms == 0)
        return json_null();
    time_to_rfc2822(ms, text);
    return json_string(text);
}

static json_t *seconds_json(int64_t seconds)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%lld", (long long)seconds);
    return seconds >= 0 ? json_string(text) : json_null();
}

static json_t *call_json(const struct fake_call *call)
{
    bool priced = call->price[0] != '\0';
    return json_pack("{s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:s}", "sid",
                     call->sid, "parent_call_sid",
                     call->parent_sid[0] != '\0' ? json_string(call->parent_sid) : json_null(),
                     "account_sid", FAKE_ACCOUNT, "to", call->to, "from", call->from, "direction",
                     call->direction, "status", call->status, "date_created",
                     time_json(call->created_ms), "start_time", time_json(call->started_ms),
                     "end_time", time_json(call->ended_ms), "duration",
                     seconds_json(call->duration_s), "price",
                     priced ? json_string(call->price) : json_null(), "price_unit", "USD");
}

static json_t *recording_json(const struct fake_recording *recording)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:i}", "sid", recording->sid,
                     "account_sid", FAKE_ACCOUNT, "call_sid", recording->call_sid, "status",
                     recording->status, "source", recording->source, "date_created",
                     time_json(recording->created_ms), "start_time",
                     time_json(recording->created_ms), "duration",
                     seconds_json(recording->duration_s), "channels", recording->channels);
}

/* ---- what is usually done ------------------------------------------------------------------------------------ */

static void copy_text(char *out, size_t bytes, const char *text)
{
    assert_true(text_copy(out, bytes, text));
}

static void do_create(struct fake_twilio *fake, struct request *request, struct response *response)
{
    struct fake_call call = {.created_ms = request->arrived_ms, .duration_s = -1};
    copy_text(call.to, sizeof(call.to), fields_text(&request->form, "To"));
    copy_text(call.from, sizeof(call.from), fields_text(&request->form, "From"));
    copy_text(call.direction, sizeof(call.direction), "outbound-api");
    copy_text(call.status, sizeof(call.status), "queued");
    put_locked(fake, &call);
    response_json(request, response, 201, call_json(&call));
}

/* Is it of before what `name` says? */
static bool is_before(const struct fields *query, const char *name, int64_t at_ms)
{
    const char *text = fields_get(query, name);
    int64_t since_ms = 0;
    if (text == NULL)
        return false;
    assert_true(time_from_rfc3339(text, &since_ms));
    return at_ms < since_ms;
}

static bool is_listed(const struct fake_call *call, const struct fields *query)
{
    const char *status = fields_get(query, "Status");
    const char *to = fields_get(query, "To");
    const char *from = fields_get(query, "From");
    const char *parent = fields_get(query, "ParentCallSid");
    return !is_before(query, "StartTime>", call->created_ms) &&
           (status == NULL || strcmp(status, call->status) == 0) &&
           (to == NULL || strcmp(to, call->to) == 0) &&
           (from == NULL || strcmp(from, call->from) == 0) &&
           (parent == NULL || strcmp(parent, call->parent_sid) == 0);
}

static void do_list(struct fake_twilio *fake, struct request *request, struct response *response)
{
    json_t *calls = json_array();
    for (size_t i = fake->call_count; i > 0; i--) {
        if (is_listed(&fake->calls[i - 1], &request->query))
            json_array_append_new(calls, call_json(&fake->calls[i - 1]));
    }
    assert_true(json_array_size(calls) <= PAGE_CALLS); /* it has one page alone */
    response_json(request, response, 200, json_pack("{s:o, s:n}", "calls", calls, "next_page_uri"));
}

/* Of a call if there is one in the path, else those since a time. */
static void
do_recordings(struct fake_twilio *fake, struct request *request, struct response *response)
{
    bool of_call = strstr(request->path, "/Calls/") != NULL;
    const char *call_sid = of_call ? request_param(request, "call") : NULL;
    json_t *list = json_array();
    for (size_t i = fake->recording_count; i > 0; i--) {
        const struct fake_recording *recording = &fake->recordings[i - 1];
        if (of_call ? strcmp(call_sid, recording->call_sid) == 0
                    : !is_before(&request->query, "DateCreated>", recording->created_ms))
            json_array_append_new(list, recording_json(recording));
    }
    response_json(request, response, 200,
                  json_pack("{s:o, s:n}", "recordings", list, "next_page_uri"));
}

static struct fake_call *named(struct fake_twilio *fake, const struct request *request)
{
    char sid[35];
    (void)snprintf(sid, sizeof(sid), "%s", request_param(request, "file"));
    return find_locked(fake, sid);
}

static void not_found(struct request *request, struct response *response)
{
    response_json(request, response, 404,
                  json_pack("{s:i, s:s, s:i}", "code", 20404, "message",
                            "The requested resource was not found", "status", 404));
}

static void do_fetch(struct fake_twilio *fake, struct request *request, struct response *response)
{
    const struct fake_call *call = named(fake, request);
    if (call == NULL)
        not_found(request, response);
    else
        response_json(request, response, 200, call_json(call));
}

static void do_delete(struct fake_twilio *fake, struct request *request, struct response *response)
{
    char sid[35];
    (void)snprintf(sid, sizeof(sid), "%s", request_param(request, "file"));
    struct fake_recording *known = find_recording_locked(fake, sid);
    if (known == NULL) {
        not_found(request, response);
        return;
    }
    *known = fake->recordings[--fake->recording_count];
    response_empty(response, 204);
}

static void do_update(struct fake_twilio *fake, struct request *request, struct response *response)
{
    struct fake_call *call = named(fake, request);
    if (call == NULL) {
        not_found(request, response);
        return;
    }
    if (call->ended_ms != 0) {
        response_json(request, response, 400,
                      json_pack("{s:i, s:s, s:i}", "code", 21220, "message",
                                "Call is not in-progress. Cannot redirect.", "status", 400));
        return;
    }
    copy_text(call->status, sizeof(call->status), fields_text(&request->form, "Status"));
    call->ended_ms = request->arrived_ms;
    call->duration_s = 0;
    response_json(request, response, 200, call_json(call));
}

/* ---- one request --------------------------------------------------------------------------------------------- */

static struct fake_answer
come(struct fake_twilio *fake, enum fake_op op, const struct request *request)
{
    struct script *script = &fake->scripts[op];
    struct fake_answer answer = {.way = FAKE_DO};
    if (script->first < script->end)
        answer = script->answers[script->first++ % SCRIPT_MAX];
    script->seen++;
    (void)snprintf(script->form, sizeof(script->form), "%s", request->body);
    const char *credentials = request_header(request, "Authorization");
    (void)snprintf(script->credentials, sizeof(script->credentials), "%s",
                   credentials != NULL ? credentials : "");
    (void)snprintf(script->target, sizeof(script->target), "%s", request->target);
    pthread_cond_broadcast(&fake->came);
    return answer;
}

static void
act(struct fake_twilio *fake, enum fake_op op, struct request *request, struct response *response)
{
    static void (*const deeds[])(struct fake_twilio *, struct request *, struct response *) = {
        [FAKE_CREATE] = do_create,         [FAKE_LIST] = do_list,
        [FAKE_FETCH] = do_fetch,           [FAKE_UPDATE] = do_update,
        [FAKE_RECORDINGS] = do_recordings, [FAKE_DELETE] = do_delete,
    };
    deeds[op](fake, request, response);
}

static int finish(struct fake_twilio *fake,
                  enum fake_op op,
                  const struct fake_answer *answer,
                  struct request *request,
                  struct response *response)
{
    auto_unlock pthread_mutex_t *held = lock(&fake->lock);
    if (answer->way != FAKE_ANSWER)
        act(fake, op, request, response);
    else
        response_text(response, answer->status, "application/json",
                      answer->body != NULL ? answer->body : "{}");
    if (answer->retry_after != NULL)
        response_header(response, "Retry-After", answer->retry_after);
    if (answer->way == FAKE_CUT)
        response_abort(response);
    return 0;
}

struct waiting_request {
    enum fake_op op;
    struct fake_answer answer;
};

static int
go_on(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)err;
    const struct waiting_request *waiting = request->work;
    return finish(fake_of(app), waiting->op, &waiting->answer, request, response);
}

static int
take(struct app *app, enum fake_op op, struct request *request, struct response *response)
{
    struct fake_twilio *fake = fake_of(app);
    pthread_mutex_lock(&fake->lock);
    struct fake_answer answer = come(fake, op, request);
    if (answer.hold) {
        struct waiting_request *waiting = arena_alloc(request->arena, sizeof(*waiting));
        *waiting = (struct waiting_request){op, answer};
        request->work = waiting;
        assert_true(fake->held_count < HELD_MAX);
        uint32_t ticket = request_await(request, go_on, RAW_PATIENCE_MS);
        fake->held[fake->held_count++] = (struct held){request_ref(request), ticket};
    }
    pthread_mutex_unlock(&fake->lock);
    return answer.hold ? 0 : finish(fake, op, &answer, request, response);
}

static int
on_create(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)err;
    return take(app, FAKE_CREATE, request, response);
}

static int
on_list(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)err;
    return take(app, FAKE_LIST, request, response);
}

static int
on_fetch(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)err;
    return take(app, FAKE_FETCH, request, response);
}

static int
on_update(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)err;
    return take(app, FAKE_UPDATE, request, response);
}

static int on_recordings(struct app *app,
                         struct request *request,
                         struct response *response,
                         struct error *err)
{
    (void)err;
    return take(app, FAKE_RECORDINGS, request, response);
}

static int
on_delete(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)err;
    return take(app, FAKE_DELETE, request, response);
}

#define RECORDINGS "/2010-04-01/Accounts/{account}/Recordings"
#define CALLS "/2010-04-01/Accounts/{account}/Calls"
static const struct route rows[] = {
    {HTTP_POST,   CALLS ".json",                   &guard_none, KiB(16), NULL, on_create,     NULL},
    {HTTP_GET,    CALLS ".json",                   &guard_none, 0,       NULL, on_list,       NULL},
    {HTTP_GET,    CALLS "/{file}",                 &guard_none, 0,       NULL, on_fetch,      NULL},
    {HTTP_POST,   CALLS "/{file}",                 &guard_none, KiB(16), NULL, on_update,     NULL},
    {HTTP_GET,    CALLS "/{call}/Recordings.json", &guard_none, 0,       NULL, on_recordings, NULL},
    {HTTP_GET,    RECORDINGS ".json",              &guard_none, 0,       NULL, on_recordings, NULL},
    {HTTP_DELETE, RECORDINGS "/{file}",            &guard_none, 0,       NULL, on_delete,     NULL},
};
static const struct route_table routes = {"fake twilio", rows, ARRAY_LEN(rows)};

/* ---- for tests ----------------------------------------------------------------------------------------------- */

struct fake_twilio *fake_twilio_start(void)
{
    struct fake_twilio *fake = xcalloc(1, sizeof(*fake));
    struct http_settings settings = {.no_access_log = 1};
    pthread_mutex_init(&fake->lock, NULL);
    pthread_cond_init(&fake->came, NULL);
    fake->server = raw_server_start(&routes, &settings, (struct app *)(void *)fake);
    return fake;
}

void fake_twilio_stop(struct fake_twilio *fake)
{
    fake_release(fake);
    raw_server_stop(&fake->server);
    pthread_cond_destroy(&fake->came);
    pthread_mutex_destroy(&fake->lock);
    free(fake);
}

unsigned fake_twilio_port(const struct fake_twilio *fake)
{
    return fake->server.port;
}

void fake_next(struct fake_twilio *fake, enum fake_op op, struct fake_answer answer)
{
    auto_unlock pthread_mutex_t *held = lock(&fake->lock);
    struct script *script = &fake->scripts[op];
    assert_true(script->end - script->first < SCRIPT_MAX);
    script->answers[script->end++ % SCRIPT_MAX] = answer;
}

void fake_release(struct fake_twilio *fake)
{
    struct held held[HELD_MAX];
    pthread_mutex_lock(&fake->lock);
    size_t count = fake->held_count;
    memcpy(held, fake->held, sizeof(held));
    fake->held_count = 0;
    pthread_mutex_unlock(&fake->lock);
    for (size_t i = 0; i < count; i++) {
        request_wake(held[i].request, held[i].ticket);
        request_unref(held[i].request);
    }
}

size_t fake_count(struct fake_twilio *fake, enum fake_op op)
{
    auto_unlock pthread_mutex_t *held = lock(&fake->lock);
    return fake->scripts[op].seen;
}

/* A test that fails jumps out of here: not with the lock, which its tear-down takes. */
void fake_await(struct fake_twilio *fake, enum fake_op op, size_t count)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += RAW_PATIENCE_MS / 1000;
    pthread_mutex_lock(&fake->lock);
    int late = 0;
    while (fake->scripts[op].seen < count && late == 0)
        late = pthread_cond_timedwait(&fake->came, &fake->lock, &until);
    size_t seen = fake->scripts[op].seen;
    pthread_mutex_unlock(&fake->lock);
    if (seen < count)
        fail_msg("only %zu of %zu requests came", seen, count);
}

const char *fake_form(struct fake_twilio *fake, enum fake_op op)
{
    static char copy[KEPT_BYTES];
    auto_unlock pthread_mutex_t *held = lock(&fake->lock);
    memcpy(copy, fake->scripts[op].form, sizeof(copy));
    return copy;
}

const char *fake_credentials(struct fake_twilio *fake, enum fake_op op)
{
    static char copy[KEPT_BYTES];
    auto_unlock pthread_mutex_t *held = lock(&fake->lock);
    memcpy(copy, fake->scripts[op].credentials, sizeof(copy));
    return copy;
}

const char *fake_target(struct fake_twilio *fake, enum fake_op op)
{
    static char copy[KEPT_BYTES];
    auto_unlock pthread_mutex_t *held = lock(&fake->lock);
    memcpy(copy, fake->scripts[op].target, sizeof(copy));
    return copy;
}
