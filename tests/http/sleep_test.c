/* Sleeping requests: who wakes them, when, and what if nobody does. */
#include <pthread.h>
#include <stdatomic.h>

#include "core/lock.h"
#include "http/request.h"
#include "http/response.h"
#include "support/http_guards.h"
#include "support/raw_http.h"

enum { LONG_MS = 60 * 1000, SHORT_MS = 10 };

/* One request that handlers have handed over to the test. */
struct app {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct request *handed; /* a reference */
    uint32_t ticket;
    _Atomic(int) replies;
    _Atomic(bool) may_wake;
};

static struct app app = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
static struct raw_server server;

static void hand_over(struct request *request, uint32_t ticket)
{
    auto_unlock pthread_mutex_t *held = lock(&app.mutex);
    assert_null(app.handed);
    app.handed = request_ref(request);
    app.ticket = ticket;
    (void)pthread_cond_signal(&app.changed);
}

struct wake {
    struct request *request;
    uint32_t ticket;
};

static struct wake take(void)
{
    auto_unlock pthread_mutex_t *held = lock(&app.mutex);
    while (app.handed == NULL)
        (void)pthread_cond_wait(&app.changed, &app.mutex);
    return (struct wake){steal(&app.handed), app.ticket};
}

/* What the reply will say. */
static void set_work(struct request *request, const char *text)
{
    request->work = arena_strdup(request->arena, text);
}

/* ---- handlers ---- */

static int
reply(struct app *a, struct request *request, struct response *response, struct error *err)
{
    atomic_fetch_add(&a->replies, 1);
    if (request_timed_out(request))
        return error_set(err, ERROR_DEADLINE, "nobody came");
    if (request_shutting_down(request))
        return error_set(err, ERROR_UNAVAILABLE, "going down");
    response_text(response, 200, "text/plain", request->work == NULL ? "no work" : request->work);
    return 0;
}

/* Sleeps until the test wakes it. */
static int
sleeps(struct app *a, struct request *request, struct response *response, struct error *err)
{
    (void)a;
    (void)response;
    (void)err;
    uint32_t ticket = request_await(request, reply, LONG_MS);
    hand_over(request, ticket);
    return 0;
}

static int
sleeps_shortly(struct app *a, struct request *request, struct response *response, struct error *err)
{
    (void)a;
    (void)response;
    (void)err;
    (void)request_await(request, reply, SHORT_MS);
    return 0;
}

static int
wakes_itself(struct app *a, struct request *request, struct response *response, struct error *err)
{
    (void)a;
    (void)response;
    (void)err;
    uint32_t ticket = request_await(request, reply, LONG_MS);
    set_work(request, "itself");
    request_wake(request, ticket);
    request_wake(request, ticket);
    return 0;
}

static void *wake_in_thread(void *argument)
{
    const struct wake *wake = argument;
    request_wake(wake->request, wake->ticket);
    return NULL;
}

/* Another thread is through with waking before the handler returns. */
static int
is_woken_early(struct app *a, struct request *request, struct response *response, struct error *err)
{
    (void)a;
    (void)response;
    (void)err;
    struct wake wake = {request, request_await(request, reply, LONG_MS)};
    set_work(request, "early");
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wake_in_thread, &wake), 0);
    (void)pthread_join(thread, NULL);
    return 0;
}

static int
second_sleep(struct app *a, struct request *request, struct response *response, struct error *err)
{
    (void)response;
    (void)err;
    atomic_fetch_add(&a->replies, 1);
    uint32_t ticket = request_await(request, reply, LONG_MS);
    hand_over(request, ticket);
    return 0;
}

static int
sleeps_twice(struct app *a, struct request *request, struct response *response, struct error *err)
{
    (void)a;
    (void)response;
    (void)err;
    uint32_t ticket = request_await(request, second_sleep, LONG_MS);
    hand_over(request, ticket);
    return 0;
}

/* The first sleep ends by its deadline, so its ticket is stale. */
static int sleeps_shortly_then_long(struct app *a,
                                    struct request *request,
                                    struct response *response,
                                    struct error *err)
{
    (void)a;
    (void)response;
    (void)err;
    (void)request_await(request, second_sleep, SHORT_MS);
    return 0;
}

static int
fails_asleep(struct app *a, struct request *request, struct response *response, struct error *err)
{
    (void)a;
    (void)response;
    (void)request_await(request, reply, LONG_MS);
    return error_set(err, ERROR_CONFLICT, "nobody takes the work");
}

static int fails_when_woken(struct app *a,
                            struct request *request,
                            struct response *response,
                            struct error *err)
{
    (void)a;
    (void)response;
    request_wake(request, request_await(request, reply, LONG_MS));
    return error_set(err, ERROR_CONFLICT, "nobody takes the work");
}

static int
insomniac(struct app *a, struct request *request, struct response *response, struct error *err)
{
    (void)response;
    (void)err;
    atomic_fetch_add(&a->replies, 1);
    (void)request_await(request, insomniac, LONG_MS);
    return 0;
}

static int
echo_body(struct app *a, struct request *request, struct response *response, struct error *err)
{
    (void)a;
    (void)err;
    response_body(response, 200, "text/plain", request->body, request->body_len);
    return 0;
}

/* ---- guards that ask somebody else ---- */

static int
guard_verdict(struct app *a, struct request *request, struct response *response, struct error *err)
{
    (void)a;
    (void)response;
    if (request->work != NULL)
        return error_set(err, ERROR_FORBIDDEN, "%s", (const char *)request->work);
    return 0;
}

static int guard_asks(struct app *a, struct request *request, struct error *err)
{
    (void)a;
    (void)err;
    uint32_t ticket = request_await(request, guard_verdict, LONG_MS);
    hand_over(request, ticket);
    return 0;
}

static const struct guard asks_before_body = {.name = "head", .head = guard_asks};
static const struct guard asks_after_body = {.name = "body", .body = guard_asks};

/* clang-format off */
static const struct route rows[] = {
    {.methods = HTTP_GET, .path = "/sleeps", .guard = &guard_open, .handle = sleeps},
    {.methods = HTTP_GET, .path = "/sleeps-shortly", .guard = &guard_open, .handle = sleeps_shortly},
    {.methods = HTTP_GET, .path = "/wakes-itself", .guard = &guard_open, .handle = wakes_itself},
    {.methods = HTTP_GET, .path = "/is-woken-early", .guard = &guard_open, .handle = is_woken_early},
    {.methods = HTTP_GET, .path = "/sleeps-twice", .guard = &guard_open, .handle = sleeps_twice},
    {.methods = HTTP_GET, .path = "/shortly-then-long", .guard = &guard_open, .handle = sleeps_shortly_then_long},
    {.methods = HTTP_GET, .path = "/fails-asleep", .guard = &guard_open, .handle = fails_asleep},
    {.methods = HTTP_GET, .path = "/fails-when-woken", .guard = &guard_open, .handle = fails_when_woken},
    {.methods = HTTP_GET, .path = "/insomniac", .guard = &guard_open, .handle = insomniac},
    {.methods = HTTP_GET | HTTP_POST, .path = "/before-body", .guard = &asks_before_body, .body_max_bytes = 64, .handle = echo_body},
    {.methods = HTTP_POST, .path = "/after-body", .guard = &asks_after_body, .body_max_bytes = 64, .handle = echo_body},
};
/* clang-format on */
static const struct route_table table = {"sleep", rows, ARRAY_LEN(rows)};

static int start(void **state)
{
    (void)state;
    app.handed = NULL;
    atomic_store(&app.replies, 0);
    server = raw_server_start(&table, NULL, &app);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    raw_server_stop(&server);
    return 0;
}

static struct raw_connection open_and_send(const char *request)
{
    struct raw_connection connection = raw_open(server.port);
    raw_send(&connection, request);
    return connection;
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

static void wake_and_forget(struct wake wake, const char *work)
{
    set_work(wake.request, work);
    request_wake(wake.request, wake.ticket);
    request_unref(wake.request);
}

/* ---- tests ---- */

static void another_thread_wakes(void **state)
{
    (void)state;
    struct raw_connection connection = open_and_send(GET("/sleeps"));
    for (int i = 0; i < 3; i++) { /* the connection stays usable */
        struct wake wake = take();
        wake_and_forget(wake, "woken");
        struct raw_response response = raw_read(&connection);
        assert_int_equal(response.status, 200);
        assert_string_equal(response.body, "woken");
        raw_send(&connection, GET("/sleeps"));
    }
    wake_and_forget(take(), "woken");
    assert_int_equal(raw_read(&connection).status, 200);
    raw_close(&connection);
}

static void waking_before_the_handler_returns_is_not_lost(void **state)
{
    (void)state;
    assert_string_equal(raw_ask(server.port, GET("/wakes-itself")).body, "itself");
    assert_string_equal(raw_ask(server.port, GET("/is-woken-early")).body, "early");
}

static void the_deadline_wakes_whom_nobody_wakes(void **state)
{
    (void)state;
    assert_int_equal(raw_ask(server.port, GET("/sleeps-shortly")).status, 504);
    assert_int_equal(atomic_load(&app.replies), 1);
}

static void a_second_waking_does_nothing(void **state)
{
    (void)state;
    struct raw_connection connection = open_and_send(GET("/sleeps"));
    struct wake wake = take();
    request_wake(wake.request, wake.ticket);
    request_wake(wake.request, wake.ticket);
    assert_int_equal(raw_read(&connection).status, 200);
    request_wake(wake.request, wake.ticket);
    request_unref(wake.request);
    assert_int_equal(atomic_load(&app.replies), 1);
    raw_close(&connection);
}

static void a_reply_may_sleep_again(void **state)
{
    (void)state;
    struct raw_connection connection = open_and_send(GET("/sleeps-twice"));
    struct wake first = take();
    wake_and_forget(first, NULL);
    struct wake second = take();
    assert_int_not_equal(first.ticket, second.ticket);
    wake_and_forget(second, "twice");
    assert_string_equal(raw_read(&connection).body, "twice");
    assert_int_equal(atomic_load(&app.replies), 2);
    raw_close(&connection);
}

static void a_stale_ticket_wakes_nobody(void **state)
{
    (void)state;
    struct raw_connection connection = open_and_send(GET("/shortly-then-long"));
    struct wake second = take();
    set_work(second.request, "too early");
    request_wake(second.request, second.ticket - 1);
    request_wake(second.request, 0);
    wake_and_forget(second, "right");
    assert_string_equal(raw_read(&connection).body, "right");
    assert_int_equal(atomic_load(&app.replies), 2);
    raw_close(&connection);
}

static void a_request_outlives_answer_and_server(void **state)
{
    (void)state;
    struct raw_connection connection = open_and_send(GET("/sleeps"));
    struct wake wake = take();
    request_wake(wake.request, wake.ticket);
    assert_int_equal(raw_read(&connection).status, 200);
    raw_close(&connection);
    raw_server_stop(&server);
    assert_string_equal(wake.request->path, "/sleeps");
    assert_string_equal(request_header(wake.request, "host"), "a");
    request_wake(wake.request, wake.ticket);
    request_unref(wake.request);
    (void)start(NULL);
}

static void a_failure_after_going_to_sleep_is_rendered(void **state)
{
    (void)state;
    struct raw_connection connection = open_and_send(GET("/fails-asleep"));
    assert_int_equal(raw_read(&connection).status, 409);
    raw_send(&connection, GET("/fails-when-woken"));
    assert_int_equal(raw_read(&connection).status, 409);
    assert_int_equal(atomic_load(&app.replies), 0);
    raw_close(&connection);
}

/* ---- sleeping guards ---- */

#define POST(path, headers) "POST " path " HTTP/1.1\r\nHost: a\r\n" headers "\r\n"

static void a_guard_may_sleep_before_the_body_is_read(void **state)
{
    (void)state;
    struct raw_connection connection =
        open_and_send(POST("/before-body", "Content-Length: 5\r\n") "hello");
    wake_and_forget(take(), NULL);
    assert_string_equal(raw_read(&connection).body, "hello");

    raw_send(&connection, POST("/before-body", "Content-Length: 5\r\n")); /* body comes later */
    wake_and_forget(take(), NULL);
    raw_send(&connection, "later");
    assert_string_equal(raw_read(&connection).body, "later");

    raw_send(&connection,
             POST("/before-body", "Transfer-Encoding: chunked\r\n") "5\r\nchunk\r\n0\r\n\r\n");
    wake_and_forget(take(), NULL);
    assert_string_equal(raw_read(&connection).body, "chunk");

    raw_send(&connection, GET("/before-body"));
    wake_and_forget(take(), NULL);
    assert_int_equal(raw_read(&connection).status, 200);
    raw_close(&connection);
}

static void a_sleeping_guard_may_refuse(void **state)
{
    (void)state;
    struct raw_connection connection = open_and_send(GET("/before-body"));
    wake_and_forget(take(), "no");
    assert_int_equal(raw_read(&connection).status, 403);
    /* The connection goes on without a body, and is closed with one that nobody wants. */
    raw_send(&connection, POST("/before-body", "Content-Length: 5\r\n"));
    wake_and_forget(take(), "no");
    assert_int_equal(raw_read(&connection).status, 403);
    assert_true(raw_at_end(&connection));
    raw_close(&connection);
}

static void continue_is_said_after_the_guard(void **state)
{
    (void)state;
    struct raw_connection connection =
        open_and_send(POST("/before-body", "Content-Length: 5\r\nExpect: 100-continue\r\n"));
    wake_and_forget(take(), NULL);
    assert_int_equal(raw_read(&connection).status, 100);
    raw_send(&connection, "hello");
    assert_string_equal(raw_read(&connection).body, "hello");
    raw_send(&connection, POST("/before-body", "Content-Length: 5\r\nExpect: 100-continue\r\n"));
    wake_and_forget(take(), "no");
    assert_int_equal(raw_read(&connection).status, 403);
    raw_close(&connection);
}

static void a_guard_may_sleep_after_the_body(void **state)
{
    (void)state;
    struct raw_connection connection =
        open_and_send(POST("/after-body", "Content-Length: 5\r\n") "hello");
    wake_and_forget(take(), NULL);
    assert_string_equal(raw_read(&connection).body, "hello");
    raw_send(&connection, POST("/after-body", "Content-Length: 5\r\n") "hello");
    wake_and_forget(take(), "no");
    assert_int_equal(raw_read(&connection).status, 403);
    raw_close(&connection);
}

/* ---- peers that go away ---- */

static void a_peer_that_leaves_while_we_sleep_does_no_harm(void **state)
{
    (void)state;
    struct raw_connection connection = open_and_send(GET("/sleeps"));
    struct wake wake = take();
    raw_close(&connection);
    wake_and_forget(wake, "too late");
    assert_int_equal(raw_ask(server.port, GET("/wakes-itself")).status, 200);
}

static void a_peer_that_only_listens_gets_its_answer(void **state)
{
    (void)state;
    struct raw_connection connection = open_and_send(GET("/sleeps"));
    struct wake wake = take();
    assert_int_equal(shutdown(connection.fd, SHUT_WR), 0);
    wake_and_forget(wake, "listening");
    assert_string_equal(raw_read(&connection).body, "listening");
    raw_close(&connection);
}

static void pipelined_requests_sleep_one_after_the_other(void **state)
{
    (void)state;
    struct raw_connection connection =
        open_and_send(GET("/sleeps") GET("/wakes-itself") GET("/sleeps"));
    wake_and_forget(take(), "one");
    assert_string_equal(raw_read(&connection).body, "one");
    assert_string_equal(raw_read(&connection).body, "itself");
    wake_and_forget(take(), "three");
    assert_string_equal(raw_read(&connection).body, "three");
    raw_close(&connection);
}

/* ---- shutting down ---- */

static void draining_wakes_who_still_sleeps(void **state)
{
    (void)state;
    struct raw_connection connection = open_and_send(GET("/sleeps"));
    struct wake wake = take();
    assert_int_equal(http_server_drain(server.server, 1), 0);
    struct raw_response response = raw_read(&connection);
    assert_int_equal(response.status, 503);
    assert_string_equal(raw_header(&response, "Connection"), "close");
    assert_true(raw_at_end(&connection));
    request_wake(wake.request, wake.ticket); /* too late, and harmless */
    request_unref(wake.request);
    raw_close(&connection);
    raw_server_stop(&server);
    (void)start(NULL);
}

static void freeing_wakes_who_still_sleeps(void **state)
{
    (void)state;
    struct raw_connection connection = open_and_send(GET("/sleeps"));
    struct wake wake = take();
    raw_server_stop(&server);
    assert_int_equal(raw_read(&connection).status, 503);
    request_wake(wake.request, wake.ticket);
    request_unref(wake.request);
    raw_close(&connection);
    (void)start(NULL);
}

static void draining_waits_for_work_under_way(void **state)
{
    (void)state;
    struct raw_connection connection = open_and_send(GET("/sleeps"));
    struct wake wake = take();
    set_work(wake.request, "in time");
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wake_in_thread, &wake), 0);
    assert_int_equal(http_server_drain(server.server, LONG_MS), 0);
    assert_string_equal(raw_read(&connection).body, "in time");
    (void)pthread_join(thread, NULL);
    request_unref(wake.request);
    raw_close(&connection);
    raw_server_stop(&server);
    (void)start(NULL);
}

static void whoever_sleeps_for_ever_is_cut_off(void **state)
{
    (void)state;
    struct raw_connection connection = open_and_send(GET("/insomniac"));
    while (atomic_load(&app.replies) == 0)
        assert_int_equal(poll(NULL, 0, 1), 0);
    assert_int_equal(http_server_drain(server.server, 1), 1);
    assert_true(raw_at_end(&connection));
    raw_close(&connection);
    raw_server_stop(&server);
    (void)start(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(another_thread_wakes, start, stop),
        cmocka_unit_test_setup_teardown(waking_before_the_handler_returns_is_not_lost, start, stop),
        cmocka_unit_test_setup_teardown(the_deadline_wakes_whom_nobody_wakes, start, stop),
        cmocka_unit_test_setup_teardown(a_second_waking_does_nothing, start, stop),
        cmocka_unit_test_setup_teardown(a_reply_may_sleep_again, start, stop),
        cmocka_unit_test_setup_teardown(a_stale_ticket_wakes_nobody, start, stop),
        cmocka_unit_test_setup_teardown(a_request_outlives_answer_and_server, start, stop),
        cmocka_unit_test_setup_teardown(a_failure_after_going_to_sleep_is_rendered, start, stop),
        cmocka_unit_test_setup_teardown(a_guard_may_sleep_before_the_body_is_read, start, stop),
        cmocka_unit_test_setup_teardown(a_sleeping_guard_may_refuse, start, stop),
        cmocka_unit_test_setup_teardown(continue_is_said_after_the_guard, start, stop),
        cmocka_unit_test_setup_teardown(a_guard_may_sleep_after_the_body, start, stop),
        cmocka_unit_test_setup_teardown(a_peer_that_leaves_while_we_sleep_does_no_harm, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_peer_that_only_listens_gets_its_answer, start, stop),
        cmocka_unit_test_setup_teardown(pipelined_requests_sleep_one_after_the_other, start, stop),
        cmocka_unit_test_setup_teardown(draining_wakes_who_still_sleeps, start, stop),
        cmocka_unit_test_setup_teardown(freeing_wakes_who_still_sleeps, start, stop),
        cmocka_unit_test_setup_teardown(draining_waits_for_work_under_way, start, stop),
        cmocka_unit_test_setup_teardown(whoever_sleeps_for_ever_is_cut_off, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
