/*
 * The HTTP side: requests become engine requests. Most are answered at once; who has to wait sleeps
 * until the engine replies.
 */
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/lock.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "download.h"
#include "http/range.h"
#include "http/request.h"
#include "http/response.h"
#include "running.h"

enum {
    WORKERS = 8,
    CONNECTIONS_MAX = 800,
    BODY_MAX_BYTES = 128 * 1024,
    CONTROL_MAX_BYTES = 1024 * 1024,
    WAIT_DEFAULT_MS = 30 * 1000,
    WAIT_MAX_MS = 600 * 1000,
    IDLE_TIMEOUT_MS = 30 * 1000,
    HEADER_DEADLINE_MS = 10 * 1000,
};

/* A request that is being answered. Lives in the request's arena. */
struct box {
    struct simulator *simulator;
    struct request *request; /* with a reference of ours while it sleeps */
    uint32_t ticket;
    bool asleep;
    bool done;
    struct sim_reply reply; /* without its json: that is in `text` */
    const char *text;       /* this and what the reply names are the request's; NULL: none */
    size_t len;
};

static void add_element(struct buf *out, const char *name, const char *text)
{
    (void)buf_printf(out, "<%s>", name);
    for (const char *c = text; *c; c++)
        if (strchr("<>&", *c))
            (void)buf_printf(out, "&#%d;", *c);
        else
            (void)buf_append(out, c, 1);
    (void)buf_printf(out, "</%s>", name);
}

/* An error of the REST API as Twilio shows it to whoever did not ask for .json. */
static const char *error_xml(struct arena *arena, const json_t *json)
{
    auto_buf struct buf out;
    buf_init(&out, KiB(16));
    (void)buf_puts(&out, "<?xml version='1.0' encoding='UTF-8'?>\n<TwilioResponse><RestException>");
    (void)buf_printf(&out, "<Code>%" JSON_INTEGER_FORMAT "</Code>",
                     json_integer_value(json_object_get(json, "code")));
    add_element(&out, "Message", json_string_value(json_object_get(json, "message")));
    add_element(&out, "MoreInfo", json_string_value(json_object_get(json, "more_info")));
    (void)buf_printf(&out, "<Status>%" JSON_INTEGER_FORMAT "</Status>",
                     json_integer_value(json_object_get(json, "status")));
    (void)buf_puts(&out, "</RestException></TwilioResponse>");
    return arena_copy(arena, out.data, out.len);
}

/* In the request's arena: its own thread sleeps until it is woken. */
static const char *json_text(struct arena *arena, const json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
    const char *copy = text ? arena_strdup(arena, text) : NULL;
    free(text);
    return copy;
}

/* Under the lock: the JSON may share parts with the world, so it becomes text here. */
static void on_reply(void *context, const struct sim_reply *reply)
{
    struct box *box = context;
    struct arena *arena = box->request->arena;
    box->reply = *reply;
    box->reply.json = NULL;
    box->reply.location = reply->location ? arena_strdup(arena, reply->location) : NULL;
    box->reply.type = reply->type ? arena_strdup(arena, reply->type) : NULL;
    if (reply->json)
        box->text = reply->xml ? error_xml(arena, reply->json) : json_text(arena, reply->json);
    box->len = box->text ? strlen(box->text) : 0;
    json_decref(reply->json);
    box->done = true;
    if (box->asleep) {
        request_wake(box->request, box->ticket);
        request_unref(box->request);
    }
}

static const char gateway_page[] =
    "<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>\n";

/* A part says which, of how much. */
static void
add_range(const struct request *request, struct response *response, const struct sim_media *media)
{
    const struct byte_range part = {(int64_t)media->begin, (int64_t)media->length};
    response_header(response, "Accept-Ranges", "bytes");
    if (response->status == 206)
        response_content_range(request, response, &part, (int64_t)sim_media_bytes(media));
}

static int
render_sound(struct request *request, struct box *box, struct response *response, struct error *err)
{
    if (download_begin(box->simulator, request, response, &box->reply.media, box->reply.status,
                       err) < 0)
        return -1;
    add_range(request, response, &box->reply.media);
    return 0;
}

static const char *text_type(const struct sim_reply *reply)
{
    if (reply->type)
        return reply->type;
    return reply->xml ? "application/xml" : "application/json";
}

static void render_body(const struct box *box, struct response *response)
{
    const struct sim_reply *reply = &box->reply;
    if (reply->abort)
        response_abort(response);
    else if (reply->html)
        response_text(response, reply->status, "text/html", gateway_page);
    else if (box->text)
        response_body(response, reply->status, text_type(reply), box->text, box->len);
    else
        response_empty(response, reply->status);
}

static int
render(struct request *request, struct box *box, struct response *response, struct error *err)
{
    const struct sim_reply *reply = &box->reply;
    bool sound = reply->has_media && !reply->abort && !reply->html;
    if (!sound)
        render_body(box, response);
    else if (render_sound(request, box, response, err) < 0)
        return -1;
    if (reply->location)
        response_header(response, "Location", reply->location);
    if (reply->status == 401)
        response_header(response, "WWW-Authenticate", "Basic realm=\"Twilio API\"");
    if (reply->retry_after_s > 0)
        response_header(response, "Retry-After",
                        arena_printf(request->arena, "%d", reply->retry_after_s));
    if (*reply->request_id == '\0')
        return 0;
    response_header(response, "Twilio-Request-Id", arena_strdup(request->arena, reply->request_id));
    response_header(response, "Twilio-Request-Duration", "0.010");
    response_header(response, "Twilio-Concurrent-Requests", "1");
    response_header(response, "X-Home-Region", "us1");
    response_header(response, "X-API-Domain", "api.twilio.com");
    response_header(response, "X-Powered-By", "AT-5000");
    return 0;
}

static int
wake_up(struct app *app, struct request *request, struct response *response, struct error *err)
{
    struct simulator *simulator = app->simulator;
    struct box *box = request->work;
    {
        auto_unlock pthread_mutex_t *held = lock(&simulator->mutex);
        if (!box->done)
            sim_give_up(simulator->sim, simulator_now(simulator), box);
    }
    return render(request, box, response, err);
}

static const char *method_name(enum http_method method)
{
    switch (method) {
    case HTTP_GET:
    case HTTP_HEAD:
        return "GET";
    case HTTP_POST:
        return "POST";
    case HTTP_PUT:
        return "PUT";
    case HTTP_PATCH:
        return "PATCH";
    case HTTP_DELETE:
        return "DELETE";
    case HTTP_OPTIONS:
        return "OPTIONS";
    }
    return "";
}

static int64_t patience_ms(const struct request *request)
{
    int64_t ms = WAIT_DEFAULT_MS;
    const char *given = fields_get(&request->query, "timeout_ms");
    if (!text_starts_with(request->path, "/sim/"))
        return WAIT_MAX_MS;
    if (given && !text_to_int64(given, 1, WAIT_MAX_MS, &ms))
        ms = WAIT_DEFAULT_MS;
    return ms;
}

static int
answer(struct app *app, struct request *request, struct response *response, struct error *err)
{
    struct simulator *simulator = app->simulator;
    struct box *box = arena_alloc(request->arena, sizeof(*box));
    const char *authorization = request_header(request, "Authorization");
    const struct sim_request asked = {
        .method = method_name(request->method),
        .path = request->path,
        .target = request->target,
        .authorization = authorization ? authorization : "",
        .range = request_header(request, "Range"),
        .head = request->method == HTTP_HEAD,
        .media_type = request->media_type,
        .body = request->body,
        .body_len = request->body_len,
        .query = &request->query,
        .form = &request->form,
    };
    box->simulator = simulator;
    box->request = request;
    request->work = box;
    bool done = false;
    {
        auto_unlock pthread_mutex_t *held = lock(&simulator->mutex);
        sim_handle(simulator->sim, simulator_now(simulator), &asked, on_reply, box);
        done = box->done;
        if (!done) {
            (void)request_ref(request);
            box->asleep = true;
            box->ticket = request_await(request, wake_up, patience_ms(request));
        }
        (void)pthread_cond_signal(&simulator->changed);
    }
    return done ? render(request, box, response, err) : 0;
}

static int everybody(struct app *app, struct request *request, struct error *err)
{
    (void)app;
    (void)request;
    (void)err;
    return 0;
}

/* The REST API authenticates inside the engine, in Twilio's words; the control API is for whoever
 * is on this machine. */
static const struct guard guard_open = {.name = "open", .head = everybody};

enum { ANY_METHOD = HTTP_GET | HTTP_POST | HTTP_PUT | HTTP_PATCH | HTTP_DELETE };

static const struct route rows[] = {
    {ANY_METHOD, "/2010-04-01/*", &guard_open, BODY_MAX_BYTES,    NULL, answer, NULL},
    {ANY_METHOD, "/sim/*",        &guard_open, CONTROL_MAX_BYTES, NULL, answer, NULL},
};

static const struct route_table table = {"simulator", rows, ARRAY_LEN(rows)};

int front_open(struct simulator *simulator, struct error *err)
{
    const struct route_table *tables[] = {&table};
    const struct http_settings settings = {
        .name = "simulator",
        .listen = &simulator->settings->listen,
        .listen_count = 1,
        .workers = WORKERS,
        .connections_max = CONNECTIONS_MAX,
        .idle_timeout_ms = IDLE_TIMEOUT_MS,
        .header_deadline_ms = HEADER_DEADLINE_MS,
        .body_deadline_ms = HEADER_DEADLINE_MS,
        .clock = wall_clock_real(),
        .no_access_log = 1,
    };
    if (router_create(tables, ARRAY_LEN(tables), &simulator->router, err) < 0)
        return -1;
    return http_server_create(&settings, simulator->router, &simulator->app, simulator->metrics,
                              &simulator->http, err);
}
