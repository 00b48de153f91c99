/* Answers without an end: what is sent arrives, whoever is slow or gone does no harm, and everything ends. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "core/lock.h"
#include "http/request.h"
#include "http/stream.h"
#include "support/http_guards.h"
#include "support/raw_http.h"

enum { LONG_MS = 60 * 1000, SHORT_MS = 30, STREAMS_MAX = 64, QUEUE_BYTES = 4096 };

struct app {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct stream *opened[STREAMS_MAX]; /* references */
    size_t count;
    _Atomic(int) closed;
    int64_t heartbeat_ms;
};

static struct app app = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
static struct raw_server server;
static struct stream_text *beat;
static struct stream_text *farewell;

static struct stream_text *text_of(const char *text)
{
    return stream_text_create(text, strlen(text));
}

static void closed(void *context)
{
    (void)context;
    auto_unlock pthread_mutex_t *held = lock(&app.mutex);
    atomic_fetch_add(&app.closed, 1);
    (void)pthread_cond_broadcast(&app.changed);
}

static int open_stream(struct app *a,
                       struct request *request,
                       struct response *response,
                       struct stream **out,
                       struct error *err)
{
    const struct stream_settings settings = {.content_type = "text/event-stream",
                                             .queue_max_bytes = QUEUE_BYTES,
                                             .heartbeat_ms = a->heartbeat_ms,
                                             .heartbeat = beat,
                                             .farewell = farewell,
                                             .closed = closed,
                                             .context = a};
    return stream_open(request, response, &settings, out, err);
}

static int
listen_to(struct app *a, struct request *request, struct response *response, struct error *err)
{
    struct stream *stream;
    if (open_stream(a, request, response, &stream, err) < 0)
        return error_retry_after(err, 7);
    auto_unlock pthread_mutex_t *held = lock(&a->mutex);
    a->opened[a->count++] = stream;
    (void)pthread_cond_broadcast(&a->changed);
    return 0;
}

static int
fails_late(struct app *a, struct request *request, struct response *response, struct error *err)
{
    struct stream *stream;
    if (open_stream(a, request, response, &stream, err) < 0)
        return -1;
    stream_unref(stream);
    return error_set(err, ERROR_CONFLICT, "after all not");
}

static int
fast(struct app *a, struct request *request, struct response *response, struct error *err)
{
    (void)a;
    (void)request;
    (void)err;
    response_text(response, 200, "text/plain", "fast");
    return 0;
}

/* ---- measured ---- */

enum { MEASURED_BYTES = 100 * 1000, PIECE_BYTES = 7000 };

/* A source: pieces of 7000 bytes, at once, as they are wanted; or whatever the test sends. */
struct source {
    struct stream *stream;
    bool feeds;
    size_t sent;
    _Atomic(int) asked;
};

static struct source source;

static void feed(void *context)
{
    struct source *from = context;
    char piece[PIECE_BYTES];
    (void)atomic_fetch_add(&from->asked, 1);
    if (!from->feeds)
        return;
    for (size_t i = 0; i < sizeof piece; i++)
        piece[i] = (char)('a' + (from->sent + i) % 23);
    struct stream_text *text = stream_text_create(piece, sizeof piece);
    assert_int_equal(stream_send(from->stream, text), STREAM_TAKEN);
    stream_text_unref(text);
    from->sent += sizeof piece;
}

static int
measured(struct app *a, struct request *request, struct response *response, struct error *err)
{
    if (request->method == HTTP_HEAD) {
        response_length(response, 200, "audio/x-wav", MEASURED_BYTES);
        return 0;
    }
    const struct stream_settings settings = {.content_type = "audio/x-wav",
                                             .queue_max_bytes = QUEUE_BYTES,
                                             .heartbeat_ms = a->heartbeat_ms,
                                             .status = 206,
                                             .measured = true,
                                             .length = MEASURED_BYTES,
                                             .wanted = feed,
                                             .closed = closed,
                                             .context = &source};
    auto_unlock pthread_mutex_t *held = lock(&a->mutex);
    if (stream_open(request, response, &settings, &source.stream, err) < 0)
        return -1;
    a->opened[a->count++] = source.stream;
    (void)pthread_cond_broadcast(&a->changed);
    return 0;
}

static const struct route rows[] = {
    {.methods = HTTP_GET, .path = "/",     .guard = &guard_open, .handle = listen_to },
    {.methods = HTTP_GET, .path = "/late", .guard = &guard_open, .handle = fails_late},
    {.methods = HTTP_GET, .path = "/fast", .guard = &guard_open, .handle = fast      },
    {.methods = HTTP_GET, .path = "/file", .guard = &guard_open, .handle = measured  },
};
static const struct route_table table = {"stream", rows, ARRAY_LEN(rows)};

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

static int start_with(struct http_settings settings)
{
    app.count = 0;
    source = (struct source){.feeds = true};
    app.heartbeat_ms = LONG_MS;
    atomic_store(&app.closed, 0);
    beat = text_of(":\n\n");
    farewell = text_of("bye\n");
    server = raw_server_start(&table, &settings, &app);
    return 0;
}

static int start(void **state)
{
    (void)state;
    return start_with((struct http_settings){0});
}

static int stop(void **state)
{
    (void)state;
    raw_server_stop(&server);
    assert_int_equal(atomic_load(&app.closed), app.count);
    for (size_t i = 0; i < app.count; i++)
        stream_unref(app.opened[i]);
    stream_text_unref(beat);
    stream_text_unref(farewell);
    return 0;
}

/* ---- hands ---- */

static struct stream *opened(size_t index)
{
    auto_unlock pthread_mutex_t *held = lock(&app.mutex);
    while (app.count <= index)
        (void)pthread_cond_wait(&app.changed, &app.mutex);
    return app.opened[index];
}

static void await_closed(int count)
{
    auto_unlock pthread_mutex_t *held = lock(&app.mutex);
    while (atomic_load(&app.closed) < count)
        (void)pthread_cond_wait(&app.changed, &app.mutex);
}

static struct raw_connection listen_at(const char *request)
{
    struct raw_connection connection = raw_open(server.port);
    raw_send(&connection, request);
    return connection;
}

static enum stream_result send_text(struct stream *stream, const char *text)
{
    struct stream_text *made = text_of(text);
    enum stream_result result = stream_send(stream, made);
    stream_text_unref(made);
    return result;
}

/* Read until `text` has come. */
static void expect(struct raw_connection *connection, const char *text)
{
    while (strstr(connection->data, text) == NULL)
        if (!raw_more(connection))
            fail_msg("the end came before \"%s\": %s", text, connection->data);
}

/* Read to the end of the chunks. */
static void expect_end(struct raw_connection *connection)
{
    expect(connection, "\r\n0\r\n");
}

static int64_t metric_now(const char *name)
{
    auto_buf struct buf out;
    buf_init(&out, 1 << 20);
    assert_int_equal(metrics_render(server.metrics, &out), 0);
    const char *line = strstr(out.data, name);
    while (line != NULL && (line > out.data && line[-1] != '\n'))
        line = strstr(line + 1, name);
    assert_non_null(line);
    return strtoll(strchr(line, ' ') + 1, NULL, 10);
}

/* ---- tests ---- */

static void what_is_sent_arrives_in_order(void **state)
{
    (void)state;
    struct raw_connection connection = listen_at(GET("/"));
    struct stream *stream = opened(0);
    assert_int_equal(send_text(stream, "one,"), STREAM_TAKEN);
    expect(&connection, "one,");
    assert_non_null(strstr(connection.data, "Content-Type: text/event-stream"));
    assert_non_null(strstr(connection.data, "Transfer-Encoding: chunked"));
    for (int i = 0; i < 100; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "<%d>", i);
        assert_int_equal(send_text(stream, text), STREAM_TAKEN);
        if (i % 10 == 0)
            expect(&connection, text);
    }
    expect(&connection, "<99>");
    stream_end(stream, NULL);
    expect_end(&connection);
    await_closed(1);
    assert_int_equal(send_text(stream, "late"), STREAM_OVER);
    raw_close(&connection);
}

static void a_connection_can_be_used_again_after_its_stream(void **state)
{
    (void)state;
    struct raw_connection connection = listen_at(GET("/"));
    stream_end(opened(0), NULL);
    expect_end(&connection);
    connection.len = 0;
    raw_send(&connection, GET("/fast"));
    expect(&connection, "\r\n\r\nfast");
    raw_close(&connection);
}

static void the_heartbeat_comes_when_nothing_else_does(void **state)
{
    (void)state;
    app.heartbeat_ms = SHORT_MS;
    struct raw_connection connection = listen_at(GET("/"));
    expect(&connection, "3\r\n:\n\n\r\n3\r\n:\n\n");
    raw_close(&connection);
    await_closed(1); /* only a heartbeat notices that nobody is there any more */
}

static void a_full_queue_takes_no_more_but_loses_nothing(void **state)
{
    (void)state;
    struct raw_connection connection = raw_open(server.port);
    int small = 4096;
    (void)setsockopt(connection.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    raw_send(&connection, GET("/"));
    struct stream *stream = opened(0);
    char big[1024];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    size_t taken = 0;
    enum stream_result result = STREAM_TAKEN;
    while (taken < 64 || result == STREAM_TAKEN) { /* what the kernel takes, and then the queue */
        result = send_text(stream, big);
        taken += result == STREAM_TAKEN;
        assert_int_not_equal(result, STREAM_OVER);
    }
    assert_true(stream_waiting(stream) <= QUEUE_BYTES);
    stream_end(stream, farewell);
    size_t got = 0;
    bool over = false;
    while (!over && raw_more(&connection)) {
        over = strstr(connection.data, "bye\n\r\n0\r\n") != NULL;
        for (size_t i = 0; i < connection.len && !over; i++)
            got += connection.data[i] == 'x';
        if (!over)
            raw_drop(&connection, connection.len > 16 ? connection.len - 16 : 0);
    }
    assert_true(over);
    assert_true(got > 0);
    raw_close(&connection);
}

static void the_farewell_ends_a_stream_when_the_server_stops(void **state)
{
    (void)state;
    struct raw_connection connections[8];
    for (size_t i = 0; i < ARRAY_LEN(connections); i++)
        connections[i] = listen_at(GET("/"));
    (void)opened(ARRAY_LEN(connections) - 1);
    assert_int_equal(http_server_drain(server.server, LONG_MS), 0);
    for (size_t i = 0; i < ARRAY_LEN(connections); i++) {
        expect(&connections[i], "4\r\nbye\n\r\n0\r\n");
        raw_close(&connections[i]);
    }
}

static void a_handler_that_fails_after_all_sends_its_error(void **state)
{
    (void)state;
    assert_int_equal(raw_ask(server.port, GET("/late")).status, 409);
    await_closed(1);
    atomic_store(&app.closed, 0);
    assert_int_equal(metric_now("switchhook_http_streams{"), 0);
}

static void an_old_client_gets_it_without_chunks(void **state)
{
    (void)state;
    struct raw_connection connection = listen_at("GET / HTTP/1.0\r\n\r\n");
    struct stream *stream = opened(0);
    assert_int_equal(send_text(stream, "plain"), STREAM_TAKEN);
    expect(&connection, "\r\n\r\nplain");
    stream_end(stream, farewell);
    expect(&connection, "plainbye\n");
    raw_close(&connection);
}

static int start_small(void **state)
{
    (void)state;
    return start_with((struct http_settings){.workers = 1, .connections_max = 9});
}

static void half_of_the_connections_at_most_are_streams(void **state)
{
    (void)state;
    struct raw_connection connections[4];
    for (size_t i = 0; i < ARRAY_LEN(connections); i++) {
        connections[i] = listen_at(GET("/"));
        (void)opened(i);
    }
    struct raw_response refused = raw_ask(server.port, GET("/"));
    assert_int_equal(refused.status, 503);
    assert_string_equal(raw_header(&refused, "Retry-After"), "7");
    assert_int_equal(raw_ask(server.port, GET("/fast")).status, 200);
    assert_int_equal(metric_now("switchhook_http_streams{"), 4);
    assert_int_equal(metric_now("switchhook_http_streams_refused_total{"), 1);
    stream_end(opened(0), NULL);
    await_closed(1);
    struct raw_connection another = listen_at(GET("/"));
    (void)opened(4);
    raw_close(&another);
    for (size_t i = 0; i < ARRAY_LEN(connections); i++)
        raw_close(&connections[i]);
}

static int start_impatient(void **state)
{
    (void)state;
    return start_with((struct http_settings){.workers = 1, .body_deadline_ms = 200});
}

static void a_peer_that_takes_nothing_is_cut(void **state)
{
    (void)state;
    struct raw_connection stalled = raw_open(server.port);
    int small = 4096;
    (void)setsockopt(stalled.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    raw_send(&stalled, GET("/"));
    struct stream *stream = opened(0);
    char big[2048];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    while (send_text(stream, big) != STREAM_OVER)
        (void)sched_yield();
    await_closed(1);
    assert_int_equal(metric_now("switchhook_http_cut_total{server=\"test\",phase=\"answering\"}"),
                     1);
    assert_int_equal(send_text(stream, "x"), STREAM_OVER);
    raw_close(&stalled);
}

/* ---- measured ---- */

static void a_measured_body_is_fetched_as_it_is_taken(void **state)
{
    (void)state;
    struct raw_connection connection = listen_at(GET("/file"));
    for (int round = 0; round < 2; round++) {
        struct raw_response response = raw_read(&connection);
        assert_int_equal(response.status, 206);
        assert_string_equal(raw_header(&response, "Content-Length"), "100000");
        assert_string_equal(raw_header(&response, "Content-Type"), "audio/x-wav");
        assert_null(raw_header(&response, "Transfer-Encoding"));
        assert_int_equal(response.body_len, MEASURED_BYTES);
        for (size_t i = 0; i < response.body_len; i++)
            assert_int_equal(response.body[i], 'a' + i % 23);
        await_closed(round + 1);
        assert_int_equal(atomic_load(&source.asked), MEASURED_BYTES / PIECE_BYTES + 1);
        source.sent = 0;
        atomic_store(&source.asked, 0);
        if (round == 0) /* the connection can be used again */
            raw_send(&connection, GET("/file"));
    }
    raw_close(&connection);
}

static void a_measured_body_may_come_later(void **state)
{
    (void)state;
    source.feeds = false;
    struct raw_connection connection = listen_at(GET("/file"));
    struct stream *stream = opened(0);
    for (int i = 0; i < 10; i++) {
        char text[10001];
        memset(text, 'a' + i, sizeof text - 1);
        text[sizeof text - 1] = '\0';
        while (stream_waiting(stream) > 0) /* the end of the text before is still on its way */
            (void)sched_yield();
        assert_int_equal(send_text(stream, text), STREAM_TAKEN);
        expect(&connection, (char[]){(char)('a' + i), (char)('a' + i), '\0'});
    }
    await_closed(1);
    assert_int_equal(send_text(stream, "beyond"), STREAM_OVER);
    assert_int_equal(raw_read(&connection).body_len, MEASURED_BYTES);
    raw_close(&connection);
}

static void a_measured_body_that_ends_early_ends_the_connection(void **state)
{
    (void)state;
    source.feeds = false;
    for (int round = 0; round < 2; round++) {
        struct raw_connection connection = listen_at(GET("/file"));
        struct stream *stream = opened((size_t)round);
        assert_int_equal(send_text(stream, "half"), STREAM_TAKEN);
        expect(&connection, "half");
        if (round == 0)
            stream_end(stream, NULL);
        else
            stream_break(stream);
        char byte = 0;
        assert_int_equal(recv(connection.fd, &byte, 1, 0), round == 0 ? 0 : -1);
        if (round == 1)
            assert_int_equal(errno, ECONNRESET);
        await_closed(round + 1);
        raw_close(&connection);
    }
}

static void a_measured_body_that_nobody_brings_is_cut_short(void **state)
{
    (void)state;
    source.feeds = false;
    app.heartbeat_ms = SHORT_MS;
    struct raw_connection connection = listen_at(GET("/file"));
    expect(&connection, "\r\n\r\n");
    assert_false(raw_more(&connection));
    await_closed(1);
    raw_close(&connection);
}

static void head_tells_the_length(void **state)
{
    (void)state;
    struct raw_response response = raw_ask(server.port, "HEAD /file HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(response.status, 200);
    assert_string_equal(raw_header(&response, "Content-Length"), "100000");
    assert_int_equal(atomic_load(&source.asked), 0);
}

static void *drain(void *argument)
{
    (void)http_server_drain(server.server, *(const int64_t *)argument);
    return NULL;
}

static void a_measured_body_may_finish_while_the_server_stops(void **state)
{
    (void)state;
    source.feeds = false;
    struct raw_connection connection = listen_at(GET("/file"));
    struct stream *stream = opened(0);
    assert_int_equal(send_text(stream, "first"), STREAM_TAKEN);
    expect(&connection, "first");
    pthread_t thread;
    int64_t patience_ms = LONG_MS;
    assert_int_equal(pthread_create(&thread, NULL, drain, &patience_ms), 0);
    char *rest = calloc(1, MEASURED_BYTES);
    assert_non_null(rest);
    memset(rest, 'z', MEASURED_BYTES - strlen("first"));
    assert_int_equal(send_text(stream, rest), STREAM_TAKEN);
    free(rest);
    assert_int_equal(raw_read(&connection).body_len, MEASURED_BYTES);
    (void)pthread_join(thread, NULL);
    raw_close(&connection);
}

static void a_measured_body_does_not_keep_the_server(void **state)
{
    (void)state;
    source.feeds = false;
    struct raw_connection connection = listen_at(GET("/file"));
    (void)opened(0);
    (void)http_server_drain(server.server, SHORT_MS);
    expect(&connection, "\r\n\r\n");
    assert_false(raw_more(&connection));
    await_closed(1);
    raw_close(&connection);
}

/* ---- everything at once ---- */

static _Atomic(bool) stop_sending;

static void *send_for_ever(void *argument)
{
    struct stream_text *text = text_of("tick\n");
    (void)argument;
    while (!atomic_load(&stop_sending)) {
        pthread_mutex_lock(&app.mutex);
        size_t count = app.count;
        pthread_mutex_unlock(&app.mutex);
        for (size_t i = 0; i < count; i++)
            (void)stream_send(app.opened[i], text);
    }
    stream_text_unref(text);
    return NULL;
}

static void listeners_come_and_go_while_all_is_told(void **state)
{
    (void)state;
    app.heartbeat_ms = 2;
    atomic_store(&stop_sending, false);
    pthread_t senders[2];
    for (size_t i = 0; i < ARRAY_LEN(senders); i++)
        assert_int_equal(pthread_create(&senders[i], NULL, send_for_ever, NULL), 0);
    for (size_t round = 0; round < 40; round++) {
        struct raw_connection connection = listen_at(GET("/"));
        struct stream *stream = opened(round);
        if (round % 3 != 0)
            expect(&connection, "tick\n");
        if (round % 2 == 0)
            stream_end(stream, farewell);
        raw_close(&connection);
    }
    assert_int_equal(http_server_drain(server.server, LONG_MS), 0);
    atomic_store(&stop_sending, true);
    for (size_t i = 0; i < ARRAY_LEN(senders); i++)
        (void)pthread_join(senders[i], NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_sent_arrives_in_order, start, stop),
        cmocka_unit_test_setup_teardown(a_connection_can_be_used_again_after_its_stream, start,
                                        stop),
        cmocka_unit_test_setup_teardown(the_heartbeat_comes_when_nothing_else_does, start, stop),
        cmocka_unit_test_setup_teardown(a_full_queue_takes_no_more_but_loses_nothing, start, stop),
        cmocka_unit_test_setup_teardown(the_farewell_ends_a_stream_when_the_server_stops, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_handler_that_fails_after_all_sends_its_error, start,
                                        stop),
        cmocka_unit_test_setup_teardown(an_old_client_gets_it_without_chunks, start, stop),
        cmocka_unit_test_setup_teardown(half_of_the_connections_at_most_are_streams, start_small,
                                        stop),
        cmocka_unit_test_setup_teardown(a_peer_that_takes_nothing_is_cut, start_impatient, stop),
        cmocka_unit_test_setup_teardown(a_measured_body_is_fetched_as_it_is_taken, start, stop),
        cmocka_unit_test_setup_teardown(a_measured_body_may_come_later, start, stop),
        cmocka_unit_test_setup_teardown(a_measured_body_that_ends_early_ends_the_connection, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_measured_body_that_nobody_brings_is_cut_short, start,
                                        stop),
        cmocka_unit_test_setup_teardown(head_tells_the_length, start, stop),
        cmocka_unit_test_setup_teardown(a_measured_body_may_finish_while_the_server_stops, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_measured_body_does_not_keep_the_server, start, stop),
        cmocka_unit_test_setup_teardown(listeners_come_and_go_while_all_is_told, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
