/* Requests that wait for a unit of work, for an event, or for their deadline. */
#include "app/hand_over.h"

#include <semaphore.h>
#include <time.h>

#include "app/app.h"
#include "http/response.h"
#include "jobs/runner.h"
#include "support/house.h"

/* What a test's handler does; the routes below have no other way to know. */
static struct scene {
    struct house house;
    struct raw_server server;
    sem_t begun;      /* the unit runs */
    sem_t goes_on;    /* and may end */
    int64_t write_ms; /* it ends by itself after this long */
    bool done;
    int64_t call_number;
    int64_t deadline_ms;
    struct event during; /* published while the unit runs; call_number 0: none */
    _Atomic int units;
    _Atomic int replies;
} scene;

static int let_in(struct app *app, struct request *request, struct error *err)
{
    (void)app;
    (void)request;
    (void)err;
    return 0;
}

static const struct guard guard_none = {.name = "open", .head = let_in};

static int
reply(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)app;
    scene.replies++;
    if (hand_over_result(request, err) < 0)
        return -1;
    response_text(response, 200, "text/plain", request_timed_out(request) ? "late" : "in time");
    return 0;
}

/* ---- a read that waits for news of a call -------------------------------------------------------------------- */

static int look(struct store_rx *rx, void *work, struct arena *arena, struct error *err)
{
    (void)rx;
    (void)work;
    (void)arena;
    (void)err;
    scene.units++;
    if (scene.during.call_number != 0)
        bus_publish(scene.house.app->bus, &scene.during);
    return 0;
}

static int listen_handle(struct app *app,
                         struct request *request,
                         struct response *response,
                         struct error *err)
{
    (void)response;
    struct hand_over what = {
        .read = look,
        .reply = reply,
        .deadline_ms = scene.deadline_ms,
        .wait_for_call = scene.call_number,
        .settled = &scene.done,
    };
    return hand_over(app, request, &what, err);
}

/* ---- a write that takes its time ----------------------------------------------------------------------------- */

static int write_slowly(struct store_tx *tx, void *work, struct arena *arena, struct error *err)
{
    (void)work;
    (void)arena;
    scene.units++;
    sem_post(&scene.begun);
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += scene.write_ms / 1000;
    until.tv_nsec += scene.write_ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    (void)sem_clockwait(&scene.goes_on, CLOCK_MONOTONIC, &until);
    struct timeline_row entry = {.account_sid = FAKE_ACCOUNT, .at_ms = 1, .kind = TIMELINE_FACT};
    return store_append_timeline(tx, &entry, err);
}

static void committed(struct app *app, void *work)
{
    (void)work;
    struct event event = {EVENT_CALL_STATUS, scene.call_number, 0};
    bus_publish(app->bus, &event);
    runner_wake(app->runner, JOB_LANE_CALLS);
}

static int
write_handle(struct app *app, struct request *request, struct response *response, struct error *err)
{
    (void)response;
    struct hand_over what = {
        .apply = write_slowly,
        .reply = reply,
        .committed = committed,
        .deadline_ms = scene.deadline_ms,
    };
    return hand_over(app, request, &what, err);
}

static int refuse(struct store_tx *tx, void *work, struct arena *arena, struct error *err)
{
    (void)tx;
    (void)work;
    (void)arena;
    return error_set(err, ERROR_CONFLICT, "not today");
}

static int refused_handle(struct app *app,
                          struct request *request,
                          struct response *response,
                          struct error *err)
{
    (void)response;
    struct hand_over what = {.apply = refuse,
                             .reply = reply,
                             .deadline_ms = scene.deadline_ms,
                             .wait_for_call = scene.call_number};
    return hand_over(app, request, &what, err);
}

static const struct route rows[] = {
    {HTTP_GET, "/listen",  &guard_none, 0, NULL, listen_handle,  NULL},
    {HTTP_GET, "/write",   &guard_none, 0, NULL, write_handle,   NULL},
    {HTTP_GET, "/refused", &guard_none, 0, NULL, refused_handle, NULL},
};
static const struct route_table routes = {"scene", rows, ARRAY_LEN(rows)};

static int set_up(void **state)
{
    (void)state;
    memset(&scene, 0, sizeof(scene));
    scene.call_number = 77;
    scene.deadline_ms = RAW_PATIENCE_MS / 4;
    scene.write_ms = RAW_PATIENCE_MS;
    sem_init(&scene.begun, 0, 0);
    sem_init(&scene.goes_on, 0, 0);
    /* Nobody else comes to the writer, so nobody waits for the slow unit by chance. */
    static const char *const settings[] = {"SWITCHHOOK_REFRESH_SWEEP_MS=600000", NULL};
    house_open(&scene.house, settings);
    scene.server = raw_server_start(&routes, NULL, scene.house.app);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (scene.server.server != NULL)
        raw_server_stop(&scene.server);
    house_close(&scene.house);
    sem_destroy(&scene.begun);
    sem_destroy(&scene.goes_on);
    return 0;
}

static struct raw_response ask(const char *path)
{
    auto_arena struct arena *arena = arena_create();
    return raw_ask(scene.server.port,
                   arena_printf(arena, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path));
}

/* ---- tests --------------------------------------------------------------------------------------------------- */

static void an_event_while_the_unit_runs_is_not_missed(void **state)
{
    (void)state;
    scene.during = (struct event){EVENT_CALL_PLACEMENT, scene.call_number, 0};
    assert_string_equal(ask("/listen").body, "in time");
}

static void an_event_about_another_call_wakes_nobody(void **state)
{
    (void)state;
    scene.during = (struct event){EVENT_CALL_STATUS, scene.call_number + 1, 0};
    scene.deadline_ms = 50;
    assert_string_equal(ask("/listen").body, "late");
}

static void a_unit_that_is_settled_waits_for_nothing(void **state)
{
    (void)state;
    scene.done = true;
    assert_string_equal(ask("/listen").body, "in time");
}

static void a_refused_unit_waits_for_nothing(void **state)
{
    (void)state;
    assert_int_equal(ask("/refused").status, 409);
}

static void an_event_after_the_unit_wakes(void **state)
{
    (void)state;
    struct raw_connection connection = raw_open(scene.server.port);
    raw_send(&connection, "GET /listen HTTP/1.1\r\nHost: x\r\n\r\n");
    struct event event = {EVENT_CALL_STATUS, scene.call_number, 0};
    while (atomic_load(&scene.replies) == 0)
        bus_publish(scene.house.app->bus, &event);
    assert_string_equal(raw_read(&connection).body, "in time");
    raw_close(&connection);
}

static void at_the_deadline_the_answer_is_503_and_the_unit_still_commits(void **state)
{
    (void)state;
    scene.deadline_ms = 20;
    struct raw_response response = ask("/write");
    assert_int_equal(response.status, 503);
    assert_null(strstr(response.body, "detail"));
    sem_wait(&scene.begun);
    sem_post(&scene.goes_on);
    struct error err = {0};
    assert_int_equal(store_probe(scene.house.app->store, &err), 0);
    assert_int_equal(atomic_load(&scene.units), 1);
    assert_int_equal(atomic_load(&scene.replies), 1);
}

/* The unit ends while everything around it is being freed; sanitizers watch. */
static void a_late_unit_outlives_whoever_waited_for_it(void **state)
{
    (void)state;
    scene.deadline_ms = 10;
    scene.write_ms = 100;
    assert_int_equal(ask("/write").status, 503);
    sem_wait(&scene.begun);
    raw_server_stop(&scene.server);
    house_reopen(&scene.house, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(an_event_while_the_unit_runs_is_not_missed),
        TEST(an_event_about_another_call_wakes_nobody),
        TEST(a_unit_that_is_settled_waits_for_nothing),
        TEST(a_refused_unit_waits_for_nothing),
        TEST(an_event_after_the_unit_wakes),
        TEST(at_the_deadline_the_answer_is_503_and_the_unit_still_commits),
        TEST(a_late_unit_outlives_whoever_waited_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
