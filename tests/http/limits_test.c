/* Everything that has a limit: at the limit it works, beyond it there is a clear answer or an end.
 */
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "core/limits.h"
#include "http/request.h"
#include "http/response.h"
#include "support/http_guards.h"
#include "support/raw_http.h"

enum { BODY_MAX = 1000, SHORT_MS = 50 };

static int
handle(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    (void)err;
    char *text =
        arena_printf(request->arena, "%zu %zu", request->body_len, strspn(request->body, "x"));
    response_text(response, 200, "text/plain", text);
    return 0;
}

/* More than sockets take at once, to a client that does not read. */
static int
much(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    (void)err;
    enum { MUCH = 32 * 1024 * 1024 };
    response_body(response, 200, "text/plain", arena_alloc(request->arena, MUCH), MUCH);
    return 0;
}

/* clang-format off */
static const struct route rows[] = {
    {.methods = HTTP_GET | HTTP_POST, .path = "/*", .guard = &guard_open, .body_max_bytes = BODY_MAX, .handle = handle},
    {.methods = HTTP_POST, .path = "/large", .guard = &guard_open, .body_max_bytes = MiB(1), .handle = handle},
    {.methods = HTTP_GET, .path = "/much", .guard = &guard_open, .handle = much},
};
/* clang-format on */
static const struct route_table table = {"limits", rows, ARRAY_LEN(rows)};
static struct raw_server server;

static int start(void **state)
{
    (void)state;
    server = raw_server_start(&table, NULL, NULL);
    return 0;
}

static int start_hasty(void **state)
{
    (void)state;
    const struct http_settings settings = {
        .header_deadline_ms = SHORT_MS, .body_deadline_ms = SHORT_MS, .idle_timeout_ms = SHORT_MS};
    server = raw_server_start(&table, &settings, NULL);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    raw_server_stop(&server);
    return 0;
}

/* `before`, then `c` so often that it is `len` bytes with `after`, then `after`. Free it. */
static char *padded(const char *before, char c, const char *after, size_t len)
{
    struct buf text;
    buf_init(&text, len);
    assert_int_equal(buf_puts(&text, before), 0);
    while (text.len < len - strlen(after))
        assert_int_equal(buf_append(&text, &c, 1), 0);
    assert_int_equal(buf_puts(&text, after), 0);
    return buf_steal(&text, NULL);
}

static int status_of(const char *request)
{
    return raw_ask(server.port, request).status;
}

/* ---- the head ---- */

static int status_of_target(size_t bytes)
{
    auto_free char *target = padded("/", 'a', "", bytes);
    auto_free char *request = calloc(1, bytes + 64);
    (void)snprintf(request, bytes + 64, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", target);
    return status_of(request);
}

static void a_target_has_a_longest(void **state)
{
    (void)state;
    assert_int_equal(status_of_target(LIMIT_TARGET_BYTES), 200);
    assert_int_equal(status_of_target(LIMIT_TARGET_BYTES + 1), 414);
    assert_int_equal(status_of_target((size_t)40 * 1024), 414);
}

static int status_of_head(size_t bytes)
{
    auto_free char *request =
        padded("GET / HTTP/1.1\r\nHost: a\r\nX-Long: ", 'a', "\r\n\r\n", bytes);
    return status_of(request);
}

static void a_head_has_a_largest(void **state)
{
    (void)state;
    assert_int_equal(status_of_head(LIMIT_HEADER_BYTES), 200);
    assert_int_equal(status_of_head(LIMIT_HEADER_BYTES + 1), 431);
    assert_int_equal(status_of_head((size_t)40 * 1024), 431);
}

static int status_of_headers(size_t count)
{
    auto_buf struct buf request;
    buf_init(&request, KiB(64));
    (void)buf_puts(&request, "GET / HTTP/1.1\r\nHost: a\r\n");
    for (size_t i = 1; i < count; i++)
        (void)buf_printf(&request, "X-%zu: a\r\n", i);
    (void)buf_puts(&request, "\r\n");
    return status_of(request.data);
}

static void headers_are_counted(void **state)
{
    (void)state;
    assert_int_equal(status_of_headers(LIMIT_HEADER_COUNT), 200);
    assert_int_equal(status_of_headers(LIMIT_HEADER_COUNT + 1), 431);
    assert_int_equal(status_of_headers(600), 431);
}

static int status_of_form(size_t pairs)
{
    auto_buf struct buf request;
    buf_init(&request, KiB(64));
    (void)buf_printf(&request,
                     "POST /large HTTP/1.1\r\nHost: a\r\nContent-Type: "
                     "application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n",
                     pairs * 2 - 1);
    for (size_t i = 0; i < pairs; i++)
        (void)buf_puts(&request, i == 0 ? "a" : "&a");
    return status_of(request.data);
}

static void form_fields_are_counted(void **state)
{
    (void)state;
    assert_int_equal(status_of_form(LIMIT_FORM_PAIRS), 200);
    assert_int_equal(status_of_form(LIMIT_FORM_PAIRS + 1), 413);
}

/* ---- bodies ---- */

static struct raw_response post(const char *path, size_t bytes)
{
    char head[256];
    (void)snprintf(head, sizeof head, "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n",
                   path, bytes);
    auto_free char *request = padded(head, 'x', "", strlen(head) + bytes);
    return raw_ask(server.port, request);
}

static void a_body_may_be_as_large_as_its_row_says(void **state)
{
    (void)state;
    assert_string_equal(post("/", BODY_MAX).body, "1000 1000");
    assert_int_equal(post("/", BODY_MAX + 1).status, 413);
    assert_string_equal(post("/large", MiB(1)).body, "1048576 1048576");
    assert_int_equal(post("/large", MiB(1) + 1).status, 413);
}

/* A chunked body of `bytes`, in chunks of `chunk`. */
static struct raw_response post_chunked(const char *path, size_t bytes, size_t chunk)
{
    auto_buf struct buf request;
    buf_init(&request, MiB(4));
    (void)buf_printf(&request, "POST %s HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
                     path);
    auto_free char *piece = padded("", 'x', "", chunk);
    for (size_t sent = 0; sent < bytes; sent += chunk) {
        size_t len = bytes - sent < chunk ? bytes - sent : chunk;
        (void)buf_printf(&request, "%zx\r\n%.*s\r\n", len, (int)len, piece);
    }
    (void)buf_puts(&request, "0\r\n\r\n");
    return raw_ask(server.port, request.data);
}

static void a_chunked_body_may_be_as_large_as_its_row_says(void **state)
{
    (void)state;
    assert_string_equal(post_chunked("/", BODY_MAX, 7).body, "1000 1000");
    assert_string_equal(post_chunked("/", BODY_MAX, BODY_MAX).body, "1000 1000");
    assert_string_equal(post_chunked("/large", MiB(1), 1000).body, "1048576 1048576");
    assert_int_equal(post_chunked("/", BODY_MAX + 1, 7).status, 413);
    assert_int_equal(post_chunked("/", BODY_MAX + 1, BODY_MAX + 1).status, 413);
    assert_int_equal(post_chunked("/", KiB(30), KiB(1)).status, 413);
}

static void who_sends_on_and_on_is_cut_off(void **state)
{
    (void)state;
    struct raw_response response = post_chunked("/", MiB(2), KiB(64));
    assert_int_equal(response.status, 0);
}

static void an_announced_body_is_refused_before_it_is_sent(void **state)
{
    (void)state;
    struct raw_connection connection = raw_open(server.port);
    raw_send(&connection,
             "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n");
    assert_int_equal(raw_read(&connection).status, 413);
    assert_true(raw_at_end(&connection));
    raw_close(&connection);
    connection = raw_open(server.port);
    raw_send(&connection,
             "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n");
    assert_int_equal(raw_read(&connection).status, 100);
    raw_send(&connection, "x");
    assert_string_equal(raw_read(&connection).body, "1 1");
    raw_close(&connection);
}

/* ---- time ---- */

static int64_t cut_count(const char *phase)
{
    char labels[64];
    (void)snprintf(labels, sizeof labels, "server=\"test\",phase=\"%s\"", phase);
    return metric_value(metrics_counter(server.metrics, "switchhook_http_cut_total", labels, ""));
}

static void expect_cut(const char *bytes, const char *phase)
{
    struct raw_connection connection = raw_open(server.port);
    raw_send(&connection, bytes);
    assert_true(raw_at_end(&connection));
    raw_close(&connection);
    assert_int_equal(cut_count(phase), 1);
}

static void slow_heads_and_bodies_are_cut_off(void **state)
{
    (void)state;
    expect_cut("GET", "fresh");
    expect_cut("GET / HTTP/1.1\r\nHost: a\r\nX-Slow:", "head");
    expect_cut("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nxxx", "body");
}

static void an_idle_connection_is_closed(void **state)
{
    (void)state;
    struct raw_connection connection = raw_open(server.port);
    raw_send(&connection, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(raw_read(&connection).status, 200);
    assert_true(raw_at_end(&connection));
    raw_close(&connection);
}

static void who_does_not_read_is_cut_off(void **state)
{
    (void)state;
    struct metric *counter = metrics_counter(server.metrics, "switchhook_http_requests_total",
                                             "server=\"test\",route=\"/much\",method=\"GET\","
                                             "status=\"2xx\"",
                                             "");
    struct raw_connection connection = raw_open(server.port);
    raw_send(&connection, "GET /much HTTP/1.1\r\nHost: a\r\n\r\n");
    while (metric_value(counter) == 0) /* counted when it ends */
        assert_int_equal(poll(NULL, 0, 1), 0);
    assert_int_equal(cut_count("answering"), 1);
    raw_close(&connection);
}

/* ---- connections ---- */

static void allow_files(rlim_t count)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_cur >= count)
        return;
    limit.rlim_cur = count;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

enum { CROWD = 960 };

/* All requests are there before the server looks at the first: the library's worst moment. */
static void a_burst_up_to_the_limit_is_answered(void **state)
{
    (void)state;
    allow_files(2 * CROWD + 100);
    const struct http_settings settings = {
        .workers = CROWD / 120, .connections_max = CROWD, .no_access_log = 1};
    server = raw_server_start(&table, &settings, NULL);
    struct raw_connection *crowd = calloc(CROWD, sizeof *crowd);
    assert_non_null(crowd);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < CROWD; i++) {
            if (round == 0) {
                crowd[i] = raw_open(server.port);
                free(crowd[i].data);
                crowd[i].data = calloc(1, 1024);
            }
            raw_send(&crowd[i], "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        }
        for (size_t i = 0; i < CROWD; i++) {
            struct pollfd polled = {.fd = crowd[i].fd, .events = POLLIN};
            assert_int_equal(poll(&polled, 1, RAW_PATIENCE_MS), 1);
            ssize_t got = recv(crowd[i].fd, crowd[i].data, 1023, 0);
            assert_true(got > 12);
            assert_memory_equal(crowd[i].data, "HTTP/1.1 200", 12);
        }
    }
    for (size_t i = 0; i < CROWD; i++)
        raw_close(&crowd[i]);
    free(crowd);
}

static void beyond_the_limit_connections_wait_their_turn(void **state)
{
    (void)state;
    const struct http_settings settings = {.workers = 1, .connections_max = 2};
    server = raw_server_start(&table, &settings, NULL);
    struct raw_connection first = raw_open(server.port);
    struct raw_connection second = raw_open(server.port);
    struct raw_connection third = raw_open(server.port);
    static const char get[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    raw_send(&third, get);
    raw_send(&first, get);
    raw_send(&second, get);
    assert_int_equal(raw_read(&first).status, 200);
    assert_int_equal(raw_read(&second).status, 200);
    struct pollfd polled = {.fd = third.fd, .events = POLLIN};
    assert_int_equal(poll(&polled, 1, SHORT_MS), 0);
    raw_close(&first);
    assert_int_equal(raw_read(&third).status, 200);
    raw_close(&second);
    raw_close(&third);
}

static void connections_come_and_go(void **state)
{
    (void)state;
    const struct http_settings settings = {.workers = 2, .connections_max = 3};
    server = raw_server_start(&table, &settings, NULL);
    for (int i = 0; i < 300; i++)
        assert_int_equal(status_of("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
}

static void out_of_descriptors_is_not_the_end(void **state)
{
    (void)state;
    const struct http_settings settings = {.workers = 1};
    server = raw_server_start(&table, &settings, NULL);
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct raw_connection connection = raw_open(server.port); /* accepted, or soon */
    raw_send(&connection, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(raw_read(&connection).status, 200);
    struct raw_connection late = raw_open_fd(socket(AF_INET, SOCK_STREAM, 0));
    /* No descriptor beyond the ones in use. */
    const struct rlimit few = {.rlim_cur = (rlim_t)late.fd + 1, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)server.port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(late.fd, (const struct sockaddr *)&address, sizeof address), 0);
    raw_send(&late, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    struct pollfd polled = {.fd = late.fd, .events = POLLIN};
    assert_int_equal(poll(&polled, 1, SHORT_MS), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(raw_read(&late).status, 200);
    raw_close(&late);
    raw_close(&connection);
}

static void a_server_without_descriptors_does_not_start(void **state)
{
    (void)state;
    static const char *const words[] = {"127.0.0.1:0"};
    const struct http_settings settings = {.listen = words, .listen_count = 1};
    const struct route_table *const tables[] = {&table};
    struct error err = {0};
    server.metrics = metrics_create();
    assert_int_equal(router_create(tables, 1, &server.router, &err), 0);
    assert_int_equal(
        http_server_create(&settings, server.router, NULL, server.metrics, &server.server, &err),
        0);
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    int next = dup(0);
    const struct rlimit few = {.rlim_cur = (rlim_t)next + 4, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    assert_int_equal(http_server_start(server.server, &err), -1);
    assert_int_equal(err.kind, ERROR_UNAVAILABLE);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    (void)close(next);
}

static void too_many_connections_for_the_workers_are_refused(void **state)
{
    (void)state;
    static const char *const words[] = {"127.0.0.1:0"};
    const struct http_settings settings[] = {
        {.listen = words, .listen_count = 1, .workers = 2,   .connections_max = 241},
        {.listen = words,               .listen_count = 1,                  .workers = 257},
    };
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        struct http_server *none = NULL;
        struct error err = {0};
        assert_int_equal(http_server_create(&settings[i], NULL, NULL, NULL, &none, &err), -1);
        assert_int_equal(err.kind, ERROR_INVALID);
        assert_null(none);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_target_has_a_longest, start, stop),
        cmocka_unit_test_setup_teardown(a_head_has_a_largest, start, stop),
        cmocka_unit_test_setup_teardown(headers_are_counted, start, stop),
        cmocka_unit_test_setup_teardown(form_fields_are_counted, start, stop),
        cmocka_unit_test_setup_teardown(a_body_may_be_as_large_as_its_row_says, start, stop),
        cmocka_unit_test_setup_teardown(a_chunked_body_may_be_as_large_as_its_row_says, start,
                                        stop),
        cmocka_unit_test_setup_teardown(who_sends_on_and_on_is_cut_off, start, stop),
        cmocka_unit_test_setup_teardown(an_announced_body_is_refused_before_it_is_sent, start,
                                        stop),
        cmocka_unit_test_setup_teardown(slow_heads_and_bodies_are_cut_off, start_hasty, stop),
        cmocka_unit_test_setup_teardown(an_idle_connection_is_closed, start_hasty, stop),
        cmocka_unit_test_setup_teardown(who_does_not_read_is_cut_off, start_hasty, stop),
        cmocka_unit_test_teardown(a_burst_up_to_the_limit_is_answered, stop),
        cmocka_unit_test_teardown(beyond_the_limit_connections_wait_their_turn, stop),
        cmocka_unit_test_teardown(connections_come_and_go, stop),
        cmocka_unit_test_teardown(out_of_descriptors_is_not_the_end, stop),
        cmocka_unit_test_teardown(a_server_without_descriptors_does_not_start, stop),
        cmocka_unit_test(too_many_connections_for_the_workers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
