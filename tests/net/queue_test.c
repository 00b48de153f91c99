/*
 * Bounded concurrency, a bounded queue, and an orderly end: everything taken is answered exactly
 * once.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/lock.h"
#include "net/fixture.h"
#include "support/cmocka_all.h"

/* Counts answers by result. */
struct tally {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned by_result[NET_UNKNOWN + 1];
    unsigned all;
    struct net *net; /* for those who go on from the callback */
    struct net_request next;
    unsigned left;
};

static struct tally tally_new(void)
{
    return (struct tally){
        .mutex = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER,
    };
}

static void count(void *context, const struct net_answer *answer)
{
    struct tally *tally = context;
    auto_unlock pthread_mutex_t *held = lock(&tally->mutex);
    tally->by_result[answer->result]++;
    tally->all++;
    (void)pthread_cond_broadcast(&tally->changed);
}

static void tally_await(struct tally *tally, unsigned all)
{
    auto_unlock pthread_mutex_t *held = lock(&tally->mutex);
    while (tally->all < all)
        (void)pthread_cond_wait(&tally->changed, &tally->mutex);
}

static int start(struct fixture *fixture, const char *path, int64_t timeout_ms, struct tally *tally)
{
    struct error err = {0};
    struct net_request request = {
        .method = "POST",
        .url = fixture_url(fixture, path),
        .body = "a=b",
        .body_len = 3,
        .timeout_ms = timeout_ms,
    };
    int failed = net_start(fixture->net, &request, count, tally, &err);
    if (failed < 0)
        assert_int_equal(err.kind, ERROR_UNAVAILABLE);
    return failed;
}

static struct fixture open_narrow(unsigned in_flight_max, unsigned queue_max)
{
    struct net_settings settings = fixture_settings();
    settings.in_flight_max = in_flight_max;
    settings.queue_max = queue_max;
    return fixture_open(&settings);
}

static const char *rendered(struct fixture *fixture)
{
    struct buf text;
    buf_init(&text, MiB(1));
    assert_int_equal(metrics_render(fixture->metrics, &text), 0);
    const char *copy = arena_strdup(fixture->arena, text.data);
    buf_release(&text);
    return copy;
}

static void what_does_not_fit_into_the_queue_is_refused(void **state)
{
    (void)state;
    struct fixture fixture = open_narrow(2, 1);
    struct tally tally = tally_new();
    for (int i = 0; i < 3; i++)
        assert_int_equal(start(&fixture, "/hold", 0, &tally), 0);
    assert_int_equal(start(&fixture, "/hold", 0, &tally), -1);
    peer_await(fixture.peer, 2);
    assert_int_equal(peer_connections(fixture.peer), 2);
    assert_non_null(strstr(rendered(&fixture), "\nswitchhook_net_in_flight 2\n"));
    assert_non_null(strstr(rendered(&fixture), "\nswitchhook_net_queue 1\n"));

    peer_release(fixture.peer);
    tally_await(&tally, 3);
    assert_int_equal(tally.by_result[NET_ANSWERED], 3);
    assert_int_equal(peer_connections(fixture.peer), 2);
    assert_int_equal(start(&fixture, "/ok", 0, &tally), 0);
    tally_await(&tally, 4);
    const char *text = rendered(&fixture);
    assert_non_null(strstr(text, "switchhook_net_requests_total{outcome=\"answered\"} 4\n"));
    assert_non_null(strstr(text, "switchhook_net_requests_total{outcome=\"refused\"} 1\n"));
    assert_non_null(strstr(text, "\nswitchhook_net_in_flight 0\n"));
    assert_non_null(strstr(text, "\nswitchhook_net_queue 0\n"));
    assert_non_null(strstr(text, "\nswitchhook_net_request_seconds_count 4\n"));
    fixture_close(&fixture);
}

static void a_request_that_waited_too_long_for_a_place_is_never_sent(void **state)
{
    (void)state;
    struct fixture fixture = open_narrow(1, 4);
    struct tally held_up = tally_new();
    struct tally impatient = tally_new();
    assert_int_equal(start(&fixture, "/hold", 0, &held_up), 0);
    peer_await(fixture.peer, 1);
    assert_int_equal(start(&fixture, "/ok", 0, &held_up), 0);
    assert_int_equal(start(&fixture, "/ok", 50, &impatient), 0);
    assert_int_equal(start(&fixture, "/ok", 0, &held_up), 0);
    assert_int_equal(start(&fixture, "/ok", 20, &impatient), 0);
    tally_await(&impatient, 2);
    assert_int_equal(impatient.by_result[NET_NEVER_SENT], 2);
    assert_int_equal(peer_requests(fixture.peer, NULL), 1);
    peer_release(fixture.peer);
    tally_await(&held_up, 3);
    assert_int_equal(held_up.by_result[NET_ANSWERED], 3);
    assert_int_equal(peer_requests(fixture.peer, NULL), 3);
    fixture_close(&fixture);
}

static void the_end_answers_everybody(void **state)
{
    (void)state;
    int silent = -1;
    struct fixture fixture = open_narrow(3, 4);
    struct tally tally = tally_new();
    struct net_request handshake = {
        .method = "GET",
        .url = arena_printf(fixture.arena, "https://127.0.0.1:%u/", peer_silent_port(&silent)),
    };
    struct error err = {0};
    assert_int_equal(net_start(fixture.net, &handshake, count, &tally, &err), 0);
    for (int i = 0; i < 6; i++)
        assert_int_equal(start(&fixture, "/hold", 0, &tally), 0);
    peer_await(fixture.peer, 2);
    net_free(fixture.net);
    fixture.net = NULL;
    assert_int_equal(tally.all, 7);
    assert_int_equal(tally.by_result[NET_UNKNOWN], 2);
    assert_int_equal(tally.by_result[NET_NEVER_SENT], 5);
    assert_int_equal(peer_requests(fixture.peer, NULL), 2);
    (void)close(silent);
    fixture_close(&fixture);
}

static void go_on(void *context, const struct net_answer *answer)
{
    struct tally *tally = context;
    struct error err = {0};
    bool more = false;
    {
        auto_unlock pthread_mutex_t *held = lock(&tally->mutex);
        more = tally->left > 0 && tally->left-- > 0;
    }
    int failed = more ? net_start(tally->net, &tally->next, go_on, tally, &err) : 0;
    if (failed == 0 && !more)
        count(tally, answer);
}

/* One place, no queue: the place must be free when the callback runs. */
static void an_answer_may_start_the_next_request(void **state)
{
    (void)state;
    struct fixture fixture = open_narrow(1, 0);
    struct tally tally = tally_new();
    struct error err = {0};
    tally.net = fixture.net;
    tally.next = (struct net_request){.method = "GET", .url = fixture_url(&fixture, "/ok")};
    tally.left = 10;
    assert_int_equal(net_start(fixture.net, &tally.next, go_on, &tally, &err), 0);
    tally_await(&tally, 1);
    assert_int_equal(peer_requests(fixture.peer, NULL), 11);
    fixture_close(&fixture);
}

/* Started from the callback of the end: refused, not lost and not called. */
static void nothing_starts_while_it_ends(void **state)
{
    (void)state;
    struct fixture fixture = open_narrow(1, 1);
    struct tally tally = tally_new();
    struct error err = {0};
    tally.net = fixture.net;
    tally.next = (struct net_request){.method = "GET", .url = fixture_url(&fixture, "/hold")};
    tally.left = 10;
    assert_int_equal(net_start(fixture.net, &tally.next, go_on, &tally, &err), 0);
    peer_await(fixture.peer, 1);
    net_free(fixture.net);
    fixture.net = NULL;
    assert_int_equal(tally.left, 9);
    assert_int_equal(tally.all, 0);
    fixture_close(&fixture);
}

enum { THREADS = 4, EACH = 200 };

struct crowd {
    struct fixture *fixture;
    const char *url;
    struct tally *tally;
    _Atomic unsigned refused;
};

static void *call_many(void *context)
{
    struct crowd *crowd = context;
    struct net_request request = {
        .method = "POST",
        .url = crowd->url,
        .body = "a=b",
        .body_len = 3,
    };
    for (int i = 0; i < EACH; i++) {
        struct error err = {0};
        if (net_start(crowd->fixture->net, &request, count, crowd->tally, &err) < 0)
            crowd->refused++;
    }
    return NULL;
}

static void many_threads_are_answered_once_each(void **state)
{
    (void)state;
    struct fixture fixture = open_narrow(8, THREADS * EACH / 2);
    struct tally tally = tally_new();
    struct crowd crowd = {
        .fixture = &fixture,
        .url = fixture_url(&fixture, "/ok"),
        .tally = &tally,
    };
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, call_many, &crowd), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    unsigned taken = THREADS * EACH - crowd.refused;
    tally_await(&tally, taken);
    assert_int_equal(tally.by_result[NET_ANSWERED], taken);
    assert_int_equal(peer_requests(fixture.peer, NULL), taken);
    assert_true(peer_connections(fixture.peer) <= 8);
    fixture_close(&fixture);
}

static void a_net_needs_nobody_who_counts(void **state)
{
    (void)state;
    struct net *net = NULL;
    struct error err = {0};
    struct net_settings settings = fixture_settings();
    assert_int_equal(net_create(&settings, NULL, &net, &err), 0);
    net_free(net);
    net_free(NULL);
}

static void a_ca_file_that_cannot_be_read_is_found_at_start(void **state)
{
    (void)state;
    struct net *net = NULL;
    struct error err = {0};
    struct net_settings settings = fixture_settings();
    settings.ca_file = "/nonexistent/ca.pem";
    assert_int_equal(net_create(&settings, NULL, &net, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    assert_null(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_fit_into_the_queue_is_refused),
        cmocka_unit_test(a_request_that_waited_too_long_for_a_place_is_never_sent),
        cmocka_unit_test(the_end_answers_everybody),
        cmocka_unit_test(an_answer_may_start_the_next_request),
        cmocka_unit_test(nothing_starts_while_it_ends),
        cmocka_unit_test(many_threads_are_answered_once_each),
        cmocka_unit_test(a_net_needs_nobody_who_counts),
        cmocka_unit_test(a_ca_file_that_cannot_be_read_is_found_at_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
