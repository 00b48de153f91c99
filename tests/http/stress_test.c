/*
 * Many connections, sleepers woken by threads and deadlines at once, clients that leave, and a server that is drained
 * in the middle of it. Meant for ThreadSanitizer; here every request must get the answer its path says.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "core/lock.h"
#include "core/random.h"
#include "http/request.h"
#include "http/response.h"
#include "support/http_guards.h"
#include "support/raw_http.h"

enum { WAKERS = 3, CLIENTS = 4, ROUNDS = 150, PIPELINE = 4, SLOTS = 256, LONG_MS = 60 * 1000 };

/* A bounded queue of sleepers; when it is full a deadline has to do. */
struct app {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct {
        struct request *request;
        uint32_t ticket;
    } queue[SLOTS];
    size_t count;
    bool stop;
    _Atomic(int) answered;
};

static struct app app = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
static struct raw_server server;

static bool enqueue(struct request *request, uint32_t ticket)
{
    auto_unlock pthread_mutex_t *held = lock(&app.mutex);
    if (app.count == SLOTS)
        return false;
    app.queue[app.count].request = request_ref(request);
    app.queue[app.count++].ticket = ticket;
    (void)pthread_cond_signal(&app.changed);
    return true;
}

static void *wake_them(void *argument)
{
    (void)argument;
    for (;;) {
        struct request *request;
        uint32_t ticket;
        {
            auto_unlock pthread_mutex_t *held = lock(&app.mutex);
            while (app.count == 0 && !app.stop)
                (void)pthread_cond_wait(&app.changed, &app.mutex);
            if (app.count == 0)
                return NULL;
            size_t which = (size_t)random_below(app.count);
            request = app.queue[which].request;
            ticket = app.queue[which].ticket;
            app.queue[which] = app.queue[--app.count];
        }
        request_wake(request, ticket);
        if (ticket % 2 == 0)
            request_wake(request, ticket);
        request_unref(request);
    }
}

static int
reply(struct app *a, struct request *request, struct response *response, struct error *err)
{
    if (request_shutting_down(request))
        return error_set(err, ERROR_UNAVAILABLE, "going down");
    atomic_fetch_add(&a->answered, 1);
    response_text(response, 200, "text/plain", fields_text(&request->query, "n"));
    return 0;
}

/* Sleeps up to three times, and is woken or not. */
static int
sleeps(struct app *a, struct request *request, struct response *response, struct error *err)
{
    (void)a;
    (void)response;
    (void)err;
    bool again = random_below(3) == 0 && !request_shutting_down(request);
    bool alone = random_below(4) == 0;
    uint32_t ticket =
        request_await(request, again ? sleeps : reply, alone ? (int64_t)random_below(8) : LONG_MS);
    if (!alone && !enqueue(request, ticket))
        request_wake(request, ticket);
    return 0;
}

static int guard_sleeps(struct app *a, struct request *request, struct error *err);

static int
guard_reply(struct app *a, struct request *request, struct response *response, struct error *err)
{
    (void)a;
    (void)request;
    (void)response;
    (void)err;
    return 0;
}

static int guard_sleeps(struct app *a, struct request *request, struct error *err)
{
    (void)a;
    (void)err;
    uint32_t ticket = request_await(request, guard_reply, LONG_MS);
    if (!enqueue(request, ticket))
        request_wake(request, ticket);
    return 0;
}

static const struct guard sleeping = {
    .name = "sleeping", .head = guard_sleeps, .body = guard_sleeps};

static const struct route rows[] = {
    {HTTP_POST, "/sleeps",  &guard_open, 1024, NULL, sleeps, NULL},
    {HTTP_POST, "/guarded", &sleeping,   1024, NULL, sleeps, NULL},
    {HTTP_POST, "/awake",   &guard_open, 1024, NULL, reply,  NULL},
};
static const struct route_table table = {"stress", rows, ARRAY_LEN(rows)};

static void send_some(struct raw_connection *connection, int first)
{
    static const char *const paths[] = {"/sleeps", "/guarded", "/awake"};
    for (int i = 0; i < PIPELINE; i++) {
        char request[256];
        (void)snprintf(request, sizeof request,
                       "POST %s?n=%d HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
                       paths[random_below(ARRAY_LEN(paths))], first + i);
        raw_send(connection, request);
    }
}

/* Answers come in order and are the right ones. -1: the connection ended. */
static int read_some(struct raw_connection *connection, int first)
{
    for (int i = 0; i < PIPELINE; i++) {
        struct raw_response response = raw_read(connection);
        if (response.status == 0 || response.status == 503)
            return -1;
        char wanted[16];
        (void)snprintf(wanted, sizeof wanted, "%d", first + i);
        assert_int_equal(response.status, 200);
        assert_string_equal(response.body, wanted);
    }
    return 0;
}

/* @param argument  where to stop, or NULL: when the server does */
static void *be_a_client(void *argument)
{
    const int *rounds = argument;
    struct raw_connection connection = raw_open(server.port);
    for (int round = 0; rounds == NULL || round < *rounds; round++) {
        send_some(&connection, round);
        if (rounds != NULL && random_below(10) == 0) { /* leaves without waiting */
            raw_close(&connection);
            connection = raw_open(server.port);
            continue;
        }
        if (read_some(&connection, round) < 0) {
            assert_null(rounds);
            break;
        }
    }
    raw_close(&connection);
    return NULL;
}

static void run_clients(int *rounds, void (*meanwhile)(void))
{
    pthread_t wakers[WAKERS];
    pthread_t clients[CLIENTS];
    app.stop = false;
    atomic_store(&app.answered, 0);
    const struct http_settings settings = {.workers = 3, .no_access_log = 1};
    server = raw_server_start(&table, &settings, &app);
    for (size_t i = 0; i < WAKERS; i++)
        assert_int_equal(pthread_create(&wakers[i], NULL, wake_them, NULL), 0);
    for (size_t i = 0; i < CLIENTS; i++)
        assert_int_equal(pthread_create(&clients[i], NULL, be_a_client, rounds), 0);
    if (meanwhile != NULL)
        meanwhile();
    for (size_t i = 0; i < CLIENTS; i++)
        (void)pthread_join(clients[i], NULL);
    raw_server_stop(&server);
    {
        auto_unlock pthread_mutex_t *held = lock(&app.mutex);
        app.stop = true;
        (void)pthread_cond_broadcast(&app.changed);
    }
    for (size_t i = 0; i < WAKERS; i++)
        (void)pthread_join(wakers[i], NULL);
}

static void every_request_gets_its_own_answer(void **state)
{
    (void)state;
    int rounds = ROUNDS;
    run_clients(&rounds, NULL);
    assert_true(atomic_load(&app.answered) > 0);
}

static void stop_in_the_middle(void)
{
    while (atomic_load(&app.answered) < 100)
        assert_int_equal(poll(NULL, 0, 1), 0);
    (void)http_server_drain(server.server, 5);
}

static void a_server_may_be_stopped_in_the_middle(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        run_clients(NULL, stop_in_the_middle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_request_gets_its_own_answer),
        cmocka_unit_test(a_server_may_be_stopped_in_the_middle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
