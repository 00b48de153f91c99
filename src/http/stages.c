/*
 * The life of a request, as a table of steps. A step does its part or fails; a failure is rendered
 * in the words of the row's dialect and ends the life early. A guard or handler may put the request
 * to sleep: the step is then continued by the function it gave to request_await, until that does
 * not sleep again.
 *
 * Knows no library: the adapter calls exchange_advance when there is something to do.
 */
#include <string.h>

#include "core/text.h"
#include "exchange.h"
#include "http/problem.h"
#include "http/range.h"
#include "router.h"

typedef int step_fn(struct exchange *exchange, struct error *err);

/* The library's copy ends with the connection's next request; ours lives as long as the exchange.
 */
static void copy_headers(const struct raw_head *head, struct arena *arena, struct fields *out)
{
    size_t bytes = 0;
    for (size_t i = 0; i < head->header_count; i++)
        bytes += head->headers[i].name_len + head->headers[i].value_len + 2;
    char *text = arena_alloc(arena, bytes);
    struct field *items = arena_alloc(arena, head->header_count * sizeof *items);
    for (size_t i = 0; i < head->header_count; i++) {
        const struct raw_header *header = &head->headers[i];
        char *value = text + header->name_len + 1;
        memcpy(text, header->name, header->name_len);
        memcpy(value, header->value, header->value_len);
        items[i] = (struct field){.name = text,
                                  .name_len = header->name_len,
                                  .value = value,
                                  .value_len = header->value_len};
        text = value + header->value_len + 1;
    }
    *out = (struct fields){.items = items, .count = head->header_count, .cap = head->header_count};
}

static int check(struct exchange *exchange, struct error *err)
{
    if (screen_head(&exchange->head, &exchange->framing, err) == 0) {
        copy_headers(&exchange->head, exchange->request.arena, &exchange->request.headers);
        return 0;
    }
    exchange->refused_by_screen = true;
    exchange->close = true; /* where the next request begins is not known */
    return -1;
}

static int call_guard(struct exchange *exchange, guard_fn *guard, struct error *err)
{
    return guard == NULL ? 0 : guard(exchange->app, &exchange->request, err);
}

static int screen(struct exchange *exchange, struct error *err)
{
    return call_guard(exchange, exchange->settings->screen, err);
}

static void answer_options(struct exchange *exchange, unsigned methods)
{
    response_empty(&exchange->response, 204);
    response_header(&exchange->response, "Allow", router_allow(methods, exchange->request.arena));
    exchange->stage = STAGE_ANSWER;
}

static int no_row(struct exchange *exchange, unsigned allowed, struct error *err)
{
    if (allowed == 0)
        return error_set(err, ERROR_NOT_FOUND, "nothing is at this address");
    if (exchange->request.method == HTTP_OPTIONS && !exchange_has_body(exchange)) {
        answer_options(exchange, allowed);
        return 0;
    }
    exchange->allowed = allowed;
    return error_set(err, ERROR_METHOD_NOT_ALLOWED, "%.32s is not allowed here",
                     exchange->method_name);
}

static int find_route(struct exchange *exchange, struct error *err)
{
    struct request *request = &exchange->request;
    if (strcmp(request->target, "*") == 0) {
        answer_options(exchange, HTTP_GET | HTTP_POST | HTTP_PUT | HTTP_PATCH | HTTP_DELETE);
        return 0;
    }
    struct target target;
    if (target_parse(request->target, request->arena, &target, err) < 0)
        return -1;
    request->path = target.path;
    struct router_match match;
    router_match(exchange->router, request->method, &target, request->arena, &match);
    if (match.route == NULL)
        return no_row(exchange, match.allowed, err);
    request->route = match.route;
    request->params = match.params;
    exchange->route_index = match.index;
    return fields_decode(target.query, target.query_len, LIMIT_FORM_PAIRS, request->arena,
                         &request->query, err);
}

static int guard_head(struct exchange *exchange, struct error *err)
{
    return call_guard(exchange, exchange->request.route->guard->head, err);
}

static int admit(struct exchange *exchange, struct error *err)
{
    return call_guard(exchange, exchange->settings->admit, err);
}

/* "text/html; charset=utf-8" -> "text/html" */
static const char *media_type(const struct raw_framing *framing, struct arena *arena)
{
    const char *text = framing->media_type;
    size_t len = framing->media_type_len;
    const char *semicolon = len > 0 ? memchr(text, ';', len) : NULL;
    if (semicolon != NULL)
        len = (size_t)(semicolon - text);
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        len--;
    char *type = arena_copy(arena, text, len);
    for (size_t i = 0; i < len; i++)
        if (type[i] >= 'A' && type[i] <= 'Z')
            type[i] = (char)(type[i] + 'a' - 'A');
    return type;
}

static int check_length(struct exchange *exchange, struct error *err)
{
    struct request *request = &exchange->request;
    const struct raw_framing *framing = &exchange->framing;
    size_t max_bytes = request->route->body_max_bytes;
    if (exchange_has_body(exchange) && (max_bytes == 0 || framing->content_length > max_bytes))
        return error_set(err, ERROR_TOO_LARGE, "at most %zu bytes of body are taken here",
                         max_bytes);
    const char *coding = request_header(request, "Content-Encoding");
    if (coding != NULL && exchange_has_body(exchange) && !text_equal_nocase(coding, "identity"))
        return error_set(err, ERROR_UNSUPPORTED_TYPE, "encoded bodies are not taken");
    request->media_type = media_type(framing, request->arena);
    collect_init(&exchange->body, max_bytes, (size_t)framing->content_length);
    return 0;
}

/* Only says where the head's part ends; exchange_advance stops here until the library has the body.
 */
static int await_body(struct exchange *exchange, struct error *err)
{
    (void)exchange;
    (void)err;
    return 0;
}

static int decode(struct exchange *exchange, struct error *err)
{
    struct request *request = &exchange->request;
    struct collect *body = &exchange->body;
    if (body->overflowed)
        return error_set(err, ERROR_TOO_LARGE, "at most %zu bytes of body are taken here",
                         body->max_bytes);
    if (body->len > 0) {
        request->body = body->data;
        request->body_len = body->len;
    }
    if (!text_equal(request->media_type, "application/x-www-form-urlencoded"))
        return 0;
    return fields_decode(request->body, request->body_len, LIMIT_FORM_PAIRS, request->arena,
                         &request->form, err);
}

static int guard_body(struct exchange *exchange, struct error *err)
{
    return call_guard(exchange, exchange->request.route->guard->body, err);
}

static int handle(struct exchange *exchange, struct error *err)
{
    return exchange->request.route->handle(exchange->app, &exchange->request, &exchange->response,
                                           err);
}

static step_fn *const steps[] = {
    [STAGE_CHECK] = check,           [STAGE_SCREEN] = screen, [STAGE_ROUTE] = find_route,
    [STAGE_GUARD_HEAD] = guard_head, [STAGE_ADMIT] = admit,   [STAGE_LENGTH] = check_length,
    [STAGE_BODY] = await_body,       [STAGE_DECODE] = decode, [STAGE_GUARD_BODY] = guard_body,
    [STAGE_HANDLE] = handle,
};

/* The step of this stage, or what continues it after a sleep. */
static int run_step(struct exchange *exchange, struct error *err)
{
    handler_fn *reply = exchange->reply;
    exchange->reply = NULL;
    exchange->awaiting = false;
    exchange->in_step = true;
    int result = reply == NULL ? steps[exchange->stage](exchange, err)
                               : reply(exchange->app, &exchange->request, &exchange->response, err);
    exchange->in_step = false;
    return result;
}

static void fail(struct exchange *exchange, const struct error *err)
{
    exchange_render_error(exchange, err);
    exchange->stage = STAGE_ANSWER;
}

/*
 * A step failed although it had gone to sleep, e.g. because nobody would take the work. If the
 * sleep can be taken back it is ended here, else whoever was asked to wake us does; either way the
 * failure is rendered when we are awake.
 */
static void fail_asleep(struct exchange *exchange, const struct error *err)
{
    exchange->failed = true;
    exchange->err = *err;
    (void)exchange_wake(exchange, exchange->tickets, WOKEN_BY_FAILURE);
}

enum progress exchange_advance(struct exchange *exchange)
{
    if (exchange->failed) {
        exchange->failed = false;
        fail(exchange, &exchange->err);
    }
    while (exchange->stage != STAGE_ANSWER) {
        if (exchange->stage == STAGE_BODY && !exchange->head_done)
            return PROGRESS_BODY;
        struct error err = {0};
        enum stage stage = exchange->stage;
        bool failed = run_step(exchange, &err) < 0;
        if (failed && err.kind == ERROR_NONE)
            (void)error_set(&err, ERROR_INTERNAL, "a step failed without saying why");
        if (exchange->awaiting) {
            if (failed)
                fail_asleep(exchange, &err);
            return PROGRESS_ASLEEP;
        }
        if (failed)
            fail(exchange, &err);
        else if (exchange->stage == stage)
            exchange->stage = stage + 1;
    }
    return PROGRESS_ANSWER;
}

void exchange_render_error(struct exchange *exchange, const struct error *cause)
{
    struct error told = *cause;
    struct error *err = &told;
    struct request *request = &exchange->request;
    struct response *response = &exchange->response;
    const struct dialect *dialect = request->route != NULL && request->route->dialect != NULL
                                        ? request->route->dialect
                                        : &http_dialect_native;

    if (exchange->settings->refused != NULL)
        exchange->settings->refused(exchange->app, request, err);
    exchange->answered_error = err->kind;
    *response = (struct response){.status = 200};
    dialect->render_error(exchange->app, request, err, response);
    if (err->kind == ERROR_METHOD_NOT_ALLOWED && exchange->allowed != 0)
        response_header(response, "Allow", router_allow(exchange->allowed, request->arena));
    if (err->kind == ERROR_RANGE) /* RFC 9110, 14.4: how long it is */
        response_content_range(request, response, NULL, err->limit);
    if (err->retry_after_s > 0 && !response_has_header(response, "Retry-After"))
        response_header(response, "Retry-After",
                        arena_printf(request->arena, "%lld", (long long)err->retry_after_s));
    if (response->status == 401 && !response_has_header(response, "WWW-Authenticate"))
        response_header(response, "WWW-Authenticate",
                        request->challenge != NULL ? request->challenge : "Bearer");
    if (error_info(err->kind)->http_status >= 500 && err->kind != ERROR_NOT_IMPLEMENTED)
        log_error("http.failure", LOG_TEXT("req", request->id),
                  LOG_TEXT("code", error_info(err->kind)->code),
                  LOG_PHONE("message", err->message));
}
