/* Stopping: what was sent is answered, what is late is cut off, nobody new comes in. */
#include <errno.h>
#include <pthread.h>

#include "http/request.h"
#include "http/response.h"
#include "support/http_guards.h"
#include "support/raw_http.h"

enum { LONG_MS = 60 * 1000 };

static int
handle(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    (void)err;
    response_body(response, 200, "text/plain", request->body, request->body_len);
    return 0;
}

static const struct route rows[] = {
    {.methods = HTTP_GET | HTTP_POST,
     .path = "/",
     .guard = &guard_open,
     .body_max_bytes = 64,
     .handle = handle},
};
static const struct route_table table = {"drain", rows, ARRAY_LEN(rows)};
static struct raw_server server;

static int start(void **state)
{
    (void)state;
    const struct http_settings settings = {.workers = 1};
    server = raw_server_start(&table, &settings, NULL);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    raw_server_stop(&server);
    return 0;
}

#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
#define POST_10 "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n"

/* What was sent before has been read: the only worker has answered a later connection. */
static void settle(void)
{
    assert_int_equal(raw_ask(server.port, GET).status, 200);
}

static void nobody_new_comes_in(void **state)
{
    (void)state;
    assert_int_equal(http_server_drain(server.server, LONG_MS), 0);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)server.port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), -1);
    assert_int_equal(errno, ECONNREFUSED);
    (void)close(fd);
}

static void idle_connections_are_closed(void **state)
{
    (void)state;
    struct raw_connection connection = raw_open(server.port);
    raw_send(&connection, GET);
    assert_int_equal(raw_read(&connection).status, 200);
    assert_int_equal(http_server_drain(server.server, LONG_MS), 0);
    assert_true(raw_at_end(&connection));
    raw_close(&connection);
}

static void what_was_sent_before_is_answered(void **state)
{
    (void)state;
    enum { CROWD = 50 };
    struct raw_connection crowd[CROWD];
    for (size_t i = 0; i < CROWD; i++) {
        crowd[i] = raw_open(server.port);
        raw_send(&crowd[i], GET);
    }
    assert_int_equal(http_server_drain(server.server, LONG_MS), 0);
    for (size_t i = 0; i < CROWD; i++) {
        assert_int_equal(raw_read(&crowd[i]).status, 200);
        assert_true(raw_at_end(&crowd[i]));
        raw_close(&crowd[i]);
    }
}

static void *send_the_rest(void *argument)
{
    raw_send(argument, "world");
    return NULL;
}

static void a_body_under_way_is_waited_for(void **state)
{
    (void)state;
    struct raw_connection connection = raw_open(server.port);
    raw_send(&connection, POST_10 "hello");
    settle();
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, send_the_rest, &connection), 0);
    assert_int_equal(http_server_drain(server.server, LONG_MS), 0);
    (void)pthread_join(thread, NULL);
    struct raw_response response = raw_read(&connection);
    assert_string_equal(response.body, "helloworld");
    raw_close(&connection);
}

static void a_body_that_does_not_come_is_cut_off_and_counted(void **state)
{
    (void)state;
    struct raw_connection body = raw_open(server.port);
    raw_send(&body, POST_10 "hello");
    struct raw_connection head = raw_open(server.port);
    raw_send(&head, "GET / HTTP/1.1\r\nHost: a\r\nX-Half");
    settle();
    assert_int_equal(http_server_drain(server.server, 5), 2);
    assert_true(raw_at_end(&body));
    assert_true(raw_at_end(&head));
    raw_close(&body);
    raw_close(&head);
}

static void a_server_that_never_started_can_be_freed(void **state)
{
    (void)state;
    static const char *const words[] = {"127.0.0.1:0"};
    const struct http_settings settings = {.listen = words, .listen_count = 1};
    struct http_server *other = NULL;
    struct error err = {0};
    assert_int_equal(
        http_server_create(&settings, server.router, NULL, server.metrics, &other, &err), 0);
    assert_true(http_server_port(other) > 0);
    http_server_free(other);
    http_server_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nobody_new_comes_in, start, stop),
        cmocka_unit_test_setup_teardown(idle_connections_are_closed, start, stop),
        cmocka_unit_test_setup_teardown(what_was_sent_before_is_answered, start, stop),
        cmocka_unit_test_setup_teardown(a_body_under_way_is_waited_for, start, stop),
        cmocka_unit_test_setup_teardown(a_body_that_does_not_come_is_cut_off_and_counted, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_server_that_never_started_can_be_freed, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
