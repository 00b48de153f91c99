/* One request after another: what reaches a handler and what comes back. */
#include "http/server.h"

#include <errno.h>

#include "core/text.h"
#include "http/body.h"
#include "http/problem.h"
#include "support/raw_http.h"

static int open_to_all(struct app *app, struct request *request, struct error *err)
{
    (void)app;
    (void)request;
    (void)err;
    return 0;
}

static int nobody(struct app *app, struct request *request, struct error *err)
{
    (void)app;
    (void)request;
    return error_set(err, ERROR_UNAUTHENTICATED, "who is there?");
}

static const struct guard guard_open = {.name = "open", .head = open_to_all};
static const struct guard guard_nobody = {.name = "nobody", .head = nobody};
static const struct guard guard_late = {.name = "late", .body = nobody};

static void add_fields(json_t *json, const char *name, const struct fields *fields)
{
    json_t *list = json_array();
    for (size_t i = 0; i < fields->count; i++)
        (void)json_array_append_new(
            list, json_pack("[s,s]", fields->items[i].name, fields->items[i].value));
    (void)json_object_set_new(json, name, list);
}

/* Everything a handler sees. */
static int
echo(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    (void)err;
    json_t *json = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s#}", "method", (int)request->method,
                             "target", request->target, "path", request->path, "peer",
                             request->peer, "route", request->route->path, "type",
                             request->media_type, "body", request->body, (int)request->body_len);
    add_fields(json, "query", &request->query);
    add_fields(json, "params", &request->params);
    add_fields(json, "form", &request->form);
    request_note(request, "call", "call_1");
    response_header(response, "X-Kind", "echo");
    response_json(request, response, 200, json);
    return 0;
}

static int
json_keys(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    json_t *json = request_json(request, err);
    if (json == NULL)
        return -1;
    response_json(request, response, 200, json);
    return 0;
}

static int
bad_header(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    (void)request;
    (void)err;
    response_text(response, 200, "text/plain", "never seen");
    response_header(response, "X-Split", "a\r\nSet-Cookie: b");
    return 0;
}

static int
broken(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    (void)request;
    (void)response;
    return error_set(err, ERROR_INTERNAL, "the disk says no");
}

static int
nothing(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    (void)request;
    (void)err;
    response_empty(response, 204);
    return 0;
}

static void render_plain(struct app *app,
                         const struct request *request,
                         const struct error *err,
                         struct response *response)
{
    (void)app;
    (void)request;
    response_text(response, error_info(err->kind)->http_status, "text/plain", "plain error");
}

static const struct dialect dialect_plain = {.name = "plain", .render_error = render_plain};

static int
hang_up(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    (void)request;
    (void)err;
    response_abort(response);
    return 0;
}

/* clang-format off */
static const struct route rows[] = {
    {.methods = HTTP_GET | HTTP_POST, .path = "/echo", .guard = &guard_open, .body_max_bytes = 1024, .handle = echo},
    {.methods = HTTP_GET, .path = "/echo/{id}/part/{name}", .guard = &guard_open, .handle = echo},
    {.methods = HTTP_GET, .path = "/files/*", .guard = &guard_open, .handle = echo},
    {.methods = HTTP_POST, .path = "/json", .guard = &guard_open, .body_max_bytes = 1024, .handle = json_keys},
    {.methods = HTTP_POST, .path = "/guarded", .guard = &guard_nobody, .body_max_bytes = 1024, .handle = echo},
    {.methods = HTTP_POST, .path = "/late", .guard = &guard_late, .body_max_bytes = 1024, .handle = echo},
    {.methods = HTTP_GET, .path = "/bad-header", .guard = &guard_open, .handle = bad_header},
    {.methods = HTTP_POST, .path = "/hang-up", .guard = &guard_open, .body_max_bytes = 1024, .handle = hang_up},
    {.methods = HTTP_GET, .path = "/broken", .guard = &guard_open, .handle = broken},
    {.methods = HTTP_POST, .path = "/nothing", .guard = &guard_open, .handle = nothing},
    {.methods = HTTP_POST, .path = "/plain", .guard = &guard_nobody, .dialect = &dialect_plain, .body_max_bytes = 1024, .handle = echo},
};
/* clang-format on */
static const struct route_table table = {"test", rows, ARRAY_LEN(rows)};

static struct raw_server server;

static int start(void **state)
{
    (void)state;
    server = raw_server_start(&table, NULL, NULL);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    raw_server_stop(&server);
    return 0;
}

static json_t *parse(const struct raw_response *response)
{
    json_t *json = json_loadb(response->body, response->body_len, 0, NULL);
    assert_non_null(json);
    return json;
}

static const char *text_of(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));
    assert_non_null(text);
    return text;
}

/* The pairs of a list in the echo, as name=value,... */
static const char *pairs_of(const json_t *json, const char *name)
{
    static char text[512];
    size_t len = 0;
    size_t i;
    json_t *pair;
    text[0] = '\0';
    json_array_foreach(json_object_get(json, name), i, pair) len += (size_t)snprintf(
        text + len, sizeof text - len, "%s=%s,", json_string_value(json_array_get(pair, 0)),
        json_string_value(json_array_get(pair, 1)));
    return text;
}

static void a_handler_sees_target_path_and_query(void **state)
{
    (void)state;
    struct raw_response response =
        raw_ask(server.port, "GET /%65cho?b=1%2B2&a=x+y&a= HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(response.status, 200);
    assert_string_equal(raw_header(&response, "X-Kind"), "echo");
    assert_string_equal(raw_header(&response, "Content-Type"), "application/json");
    json_auto_t *json = parse(&response);
    assert_string_equal(text_of(json, "target"), "/%65cho?b=1%2B2&a=x+y&a=");
    assert_string_equal(text_of(json, "path"), "/echo");
    assert_string_equal(text_of(json, "peer"), "127.0.0.1");
    assert_string_equal(pairs_of(json, "query"), "b=1+2,a=x y,a=,");
}

static void a_handler_sees_a_form_in_order_and_with_repeats(void **state)
{
    (void)state;
    struct raw_response response =
        raw_ask(server.port,
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: "
                "Application/X-WWW-Form-URLencoded; charset=utf-8\r\nContent-Length: 22\r\n\r\n"
                "To=%2B1&From=a+b&To=c&");
    assert_int_equal(response.status, 200);
    json_auto_t *json = parse(&response);
    assert_string_equal(pairs_of(json, "form"), "To=+1,From=a b,To=c,");
    assert_string_equal(text_of(json, "type"), "application/x-www-form-urlencoded");
    assert_string_equal(text_of(json, "body"), "To=%2B1&From=a+b&To=c&");
}

static void path_parameters_are_decoded(void **state)
{
    (void)state;
    struct raw_response response =
        raw_ask(server.port, "GET /echo/a%2Fb/part/c%20d HTTP/1.1\r\nHost: a\r\n\r\n");
    json_auto_t *json = parse(&response);
    assert_string_equal(pairs_of(json, "params"), "id=a/b,name=c d,");
}

static void a_prefix_row_answers_all_below_it(void **state)
{
    (void)state;
    static const char *const targets[] = {"/files", "/files/", "/files/a", "/files/a/b/c"};
    for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
        char request[128];
        (void)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", targets[i]);
        struct raw_response response = raw_ask(server.port, request);
        assert_int_equal(response.status, 200);
        json_auto_t *json = parse(&response);
        assert_string_equal(text_of(json, "path"), targets[i]);
        assert_string_equal(text_of(json, "route"), "/files/*");
    }
}

static void head_is_get_without_the_body(void **state)
{
    (void)state;
    struct raw_connection connection = raw_open(server.port);
    raw_send(&connection, "HEAD /echo HTTP/1.1\r\nHost: a\r\n\r\n");
    struct raw_response head = raw_read_as(&connection, false);
    raw_send(&connection, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
    struct raw_response get = raw_read(&connection);
    raw_close(&connection);
    assert_int_equal(head.status, 200);
    assert_int_equal(get.status, 200);
    assert_string_equal(raw_header(&head, "X-Kind"), "echo");
    assert_true(strtoul(raw_header(&head, "Content-Length"), NULL, 10) > 100);
}

/* clang-format off */
/* What is not a success: the request, the status, the code in the problem, one more header. */
static const struct {
    const char *request;
    int status;
    const char *code;
    const char *header;
    const char *value;
} refusals[] = {
    {"GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n", 404, "not-found", NULL, NULL},
    {"GET /echo/ HTTP/1.1\r\nHost: a\r\n\r\n", 404, "not-found", NULL, NULL},
    {"GET /echo//part/x HTTP/1.1\r\nHost: a\r\n\r\n", 404, "not-found", NULL, NULL},
    {"GET /1/2/3/4/5/6/7/8/9/10/11/12/13 HTTP/1.1\r\nHost: a\r\n\r\n", 404, "not-found", NULL, NULL},
    {"DELETE /echo HTTP/1.1\r\nHost: a\r\n\r\n", 405, "method-not-allowed", "Allow", "GET, HEAD, POST, OPTIONS"},
    {"GET /json HTTP/1.1\r\nHost: a\r\n\r\n", 405, "method-not-allowed", "Allow", "POST, OPTIONS"},
    {"get /echo HTTP/1.1\r\nHost: a\r\n\r\n", 405, "method-not-allowed", "Allow", "GET, HEAD, POST, OPTIONS"},
    {"BREW /echo HTTP/1.1\r\nHost: a\r\n\r\n", 405, "method-not-allowed", "Allow", "GET, HEAD, POST, OPTIONS"},
    {"GET /echo?a=%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed-request", NULL, NULL},
    {"GET /echo?a=%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed-request", NULL, NULL},
    {"GET /echo/%ff/part/a HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed-request", NULL, NULL},
    {"GET /files/../echo HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed-request", NULL, NULL},
    {"GET /files/%2e%2E/echo HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed-request", NULL, NULL},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=%", 400, "malformed-request", NULL, NULL},
    {"POST /guarded HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}", 401, "unauthenticated", "WWW-Authenticate", "Bearer"},
    {"POST /late HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}", 401, "unauthenticated", NULL, NULL},
    {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1025\r\n\r\n", 413, "too-large", "Connection", "close"},
    {"POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", 413, "too-large", NULL, NULL},
    {"POST /nothing HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 413, "too-large", NULL, NULL},
    {"POST /json HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", 415, "unsupported-media-type", NULL, NULL},
    {"POST /json HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}", 415, "unsupported-media-type", NULL, NULL},
    {"POST /json HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 415, "unsupported-media-type", NULL, NULL},
    {"POST /json HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"a\":1,\"a\":2}", 400, "malformed-request", NULL, NULL},
    {"POST /json HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n{}x", 400, "malformed-request", NULL, NULL},
    {"POST /json HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]", 422, "invalid-field", NULL, NULL},
    {"POST /json HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\nnull", 422, "invalid-field", NULL, NULL},
    {"GET /bad-header HTTP/1.1\r\nHost: a\r\n\r\n", 500, "internal", NULL, NULL},
    {"GET /broken HTTP/1.1\r\nHost: a\r\n\r\n", 500, "internal", NULL, NULL},
};
/* clang-format on */

static void a_refusal_is_a_problem_with_its_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        struct raw_response response = raw_ask(server.port, refusals[i].request);
        if (response.status != refusals[i].status)
            fail_msg("%s: %d", refusals[i].request, response.status);
        assert_string_equal(raw_header(&response, "Content-Type"), "application/problem+json");
        if (refusals[i].header != NULL)
            assert_string_equal(raw_header(&response, refusals[i].header), refusals[i].value);
        json_auto_t *json = parse(&response);
        assert_string_equal(text_of(json, "code"), refusals[i].code);
        assert_int_equal(json_integer_value(json_object_get(json, "status")), refusals[i].status);
        assert_string_equal(text_of(json, "request_id"), raw_header(&response, "X-Request-Id"));
        assert_int_equal(json_object_get(json, "detail") == NULL, response.status >= 500);
    }
}

static void json_bodies_may_be_empty(void **state)
{
    (void)state;
    struct raw_response response =
        raw_ask(server.port, "POST /json HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(response.status, 200);
    assert_string_equal(response.body, "{}");
    response =
        raw_ask(server.port, "POST /json HTTP/1.1\r\nHost: a\r\nContent-Type: application/json; "
                             "charset=utf-8\r\nContent-Length: 7\r\n\r\n{\"a\":1}");
    assert_string_equal(response.body, "{\"a\":1}");
}

static void a_dialect_renders_its_errors(void **state)
{
    (void)state;
    struct raw_response response =
        raw_ask(server.port, "POST /plain HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(response.status, 401);
    assert_string_equal(response.body, "plain error");
    assert_string_equal(raw_header(&response, "Content-Type"), "text/plain");
}

static void options_are_answered_from_the_table(void **state)
{
    (void)state;
    struct raw_response response =
        raw_ask(server.port, "OPTIONS /echo HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(response.status, 204);
    assert_string_equal(raw_header(&response, "Allow"), "GET, HEAD, POST, OPTIONS");
    response = raw_ask(server.port, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(response.status, 204);
    assert_non_null(raw_header(&response, "Allow"));
    response = raw_ask(server.port, "OPTIONS /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(response.status, 404);
}

static void a_connection_serves_many_requests_also_refused_ones(void **state)
{
    (void)state;
    struct raw_connection connection = raw_open(server.port);
    for (int i = 0; i < 3; i++) {
        raw_send(&connection, "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_int_equal(raw_read(&connection).status, 404);
        raw_send(&connection, "POST /late HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}");
        assert_int_equal(raw_read(&connection).status, 401);
        raw_send(&connection, "POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
        assert_int_equal(raw_read(&connection).status, 204);
    }
    raw_close(&connection);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    (void)state;
    struct raw_connection connection = raw_open(server.port);
    raw_send(&connection,
             "GET /echo?n=1 HTTP/1.1\r\nHost: a\r\n\r\n"
             "POST /json HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: "
             "7\r\n\r\n{\"n\":2}"
             "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
    struct raw_response first = raw_read(&connection);
    assert_non_null(strstr(first.body, "n=1"));
    assert_string_equal(raw_read(&connection).body, "{\"n\":2}");
    assert_int_equal(raw_read(&connection).status, 404);
    raw_close(&connection);
}

static void ids_differ_and_are_hexadecimal(void **state)
{
    (void)state;
    char ids[50][32];
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        struct raw_response response =
            raw_ask(server.port, "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
        (void)snprintf(ids[i], sizeof ids[i], "%.31s", raw_header(&response, "X-Request-Id"));
        assert_int_equal(strlen(ids[i]), 16);
        assert_int_equal(strspn(ids[i], "0123456789abcdef"), 16);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(ids[i], ids[j]);
    }
}

static void requests_are_counted_by_route_and_outcome(void **state)
{
    (void)state;
    struct metric *counter =
        metrics_counter(server.metrics, "switchhook_http_requests_total",
                        "server=\"test\",route=\"/nothing\",method=\"POST\",status=\"2xx\"", "");
    struct raw_connection connection = raw_open(server.port);
    int64_t before = metric_value(counter);
    for (int i = 0; i < 2; i++) { /* the first is counted before the second is read */
        raw_send(&connection, "POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
        assert_int_equal(raw_read(&connection).status, 204);
    }
    assert_true(metric_value(counter) > before);
    raw_close(&connection);
}

static void a_handler_may_reset_the_connection(void **state)
{
    (void)state;
    struct raw_connection connection = raw_open(server.port);
    raw_send(&connection, "POST /hang-up HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
    struct pollfd polled = {.fd = connection.fd, .events = POLLIN};
    assert_int_equal(poll(&polled, 1, RAW_PATIENCE_MS), 1);
    char byte = 0;
    assert_int_equal(recv(connection.fd, &byte, 1, 0), -1);
    assert_int_equal(errno, ECONNRESET);
    raw_close(&connection);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handler_sees_target_path_and_query),
        cmocka_unit_test(a_handler_sees_a_form_in_order_and_with_repeats),
        cmocka_unit_test(path_parameters_are_decoded),
        cmocka_unit_test(a_prefix_row_answers_all_below_it),
        cmocka_unit_test(head_is_get_without_the_body),
        cmocka_unit_test(a_refusal_is_a_problem_with_its_code),
        cmocka_unit_test(json_bodies_may_be_empty),
        cmocka_unit_test(a_dialect_renders_its_errors),
        cmocka_unit_test(options_are_answered_from_the_table),
        cmocka_unit_test(a_connection_serves_many_requests_also_refused_ones),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(ids_differ_and_are_hexadecimal),
        cmocka_unit_test(a_handler_may_reset_the_connection),
        cmocka_unit_test(requests_are_counted_by_route_and_outcome),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
