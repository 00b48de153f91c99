/*
 * Sent at most once, and honest about whether it was sent.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/fixture.h"
#include "support/cmocka_all.h"

static struct net_answer post_to_port(struct fixture *fixture, const char *scheme, unsigned port)
{
    struct net_request request = {
        .method = "POST",
        .url = arena_printf(fixture->arena, "%s://127.0.0.1:%u/x", scheme, port),
        .username = "user",
        .password = "hunter2",
        .body = "a=b",
        .body_len = 3,
    };
    return fixture_fetch(fixture, &request);
}

static void a_refused_connection_is_never_sent(void **state)
{
    (void)state;
    int fd = -1;
    struct fixture fixture = fixture_open(NULL);
    struct net_answer answer = post_to_port(&fixture, "http", peer_dead_port(&fd));
    assert_int_equal(answer.result, NET_NEVER_SENT);
    assert_int_equal(answer.status, 0);
    assert_null(strstr(answer.problem, "hunter2"));
    (void)close(fd);
    fixture_close(&fixture);
}

static void a_handshake_that_does_not_end_is_never_sent(void **state)
{
    (void)state;
    int fd = -1;
    struct net_settings settings = fixture_settings();
    settings.connect_timeout_ms = 50;
    struct fixture fixture = fixture_open(&settings);
    struct net_answer answer = post_to_port(&fixture, "https", peer_silent_port(&fd));
    assert_int_equal(answer.result, NET_NEVER_SENT);
    (void)close(fd);
    fixture_close(&fixture);
}

static void a_server_without_tls_is_never_sent_anything(void **state)
{
    (void)state;
    struct net_settings settings = fixture_settings();
    settings.connect_timeout_ms = 500; /* the peer waits for the end of what is no request to it */
    struct fixture fixture = fixture_open(&settings);
    struct net_answer answer = post_to_port(&fixture, "https", peer_port(fixture.peer));
    assert_int_equal(answer.result, NET_NEVER_SENT);
    assert_int_equal(peer_requests(fixture.peer, NULL), 0);
    fixture_close(&fixture);
}

static void what_is_lost_behind_the_request_is_unknown(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        int status;
    } cases[] = {
        {"/reset",          0  },
        {"/close",          0  },
        {"/no-http",        0  },
        {"/truncated",      201},
        {"/broken-headers", 201},
    };
    struct fixture fixture = fixture_open(NULL);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct net_answer answer = fixture_post(&fixture, cases[i].path, "a=b");
        assert_int_equal(answer.result, NET_UNKNOWN);
        assert_int_equal(answer.status, cases[i].status);
        assert_string_equal(answer.body, "");
        assert_int_equal(peer_requests(fixture.peer, "POST"), i + 1);
    }
    fixture_close(&fixture);
}

static void no_answer_in_time_is_unknown(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(NULL);
    struct net_request request = {
        .method = "POST",
        .url = fixture_url(&fixture, "/hold?secret=hunter2"),
        .body = "a=b",
        .body_len = 3,
        .timeout_ms = 100,
    };
    struct net_answer answer = fixture_fetch(&fixture, &request);
    assert_int_equal(answer.result, NET_UNKNOWN);
    assert_null(strstr(answer.problem, "hunter2"));
    fixture_close(&fixture);
}

static void requests_share_a_kept_alive_connection(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(NULL);
    for (int i = 0; i < 4; i++)
        assert_int_equal(fixture_post(&fixture, "/ok", "a=b").result, NET_ANSWERED);
    assert_int_equal(fixture_get(&fixture, "/ok").result, NET_ANSWERED);
    assert_int_equal(peer_connections(fixture.peer), 1);
    fixture_close(&fixture);
}

static void an_age_of_nothing_means_a_connection_each(void **state)
{
    (void)state;
    struct net_settings settings = fixture_settings();
    settings.connection_age_max_ms = 0;
    struct fixture fixture = fixture_open(&settings);
    for (int i = 0; i < 3; i++)
        assert_int_equal(fixture_post(&fixture, "/ok", "a=b").result, NET_ANSWERED);
    assert_int_equal(peer_connections(fixture.peer), 3);
    fixture_close(&fixture);
}

/* The server read the second POST on the kept-alive connection and died: a second copy would be a
 * second call. */
static void a_post_read_by_a_dying_connection_is_not_sent_again(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(NULL);
    assert_int_equal(fixture_get(&fixture, "/then-read-next-and-close").result, NET_ANSWERED);
    struct net_answer answer = fixture_post(&fixture, "/ok", "To=%2B14155550100");
    assert_int_equal(answer.result, NET_UNKNOWN);
    assert_int_equal(peer_requests(fixture.peer, "POST"), 1);
    fixture_close(&fixture);
}

/* Whether the body was out when the reset came is a matter of luck; that it counts as sent twice
 * never is. */
static void a_post_unread_by_a_dying_connection_arrives_at_most_once(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(NULL);
    for (unsigned i = 0; i < 20; i++) {
        unsigned before = peer_requests(fixture.peer, "POST");
        assert_int_equal(fixture_get(&fixture, "/then-reset-next").result, NET_ANSWERED);
        struct net_answer answer = fixture_post(&fixture, "/ok", "To=%2B14155550100");
        unsigned arrived = peer_requests(fixture.peer, "POST") - before;
        assert_int_not_equal(answer.result, NET_NEVER_SENT);
        assert_int_equal(arrived, answer.result == NET_ANSWERED ? 1 : 0);
    }
    fixture_close(&fixture);
}

/* No body holds libcurl back from repeating these. */
static void a_request_without_body_is_not_sent_again_either(void **state)
{
    (void)state;
    static const char *const methods[] = {"POST", "DELETE", "PUT"};
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        struct fixture fixture = fixture_open(NULL);
        struct net_request request = {
            .method = methods[i],
            .url = fixture_url(&fixture, "/ok"),
        };
        assert_int_equal(fixture_get(&fixture, "/then-read-next-and-close").result, NET_ANSWERED);
        assert_int_equal(fixture_fetch(&fixture, &request).result, NET_UNKNOWN);
        assert_int_equal(peer_requests(fixture.peer, NULL), 2);
        assert_int_equal(fixture_fetch(&fixture, &request).result, NET_ANSWERED);
        assert_int_equal(peer_requests(fixture.peer, NULL), 3);
        fixture_close(&fixture);
    }
}

static void a_get_on_a_dying_connection_is_answered_by_the_next(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(NULL);
    assert_int_equal(fixture_get(&fixture, "/then-read-next-and-close").result, NET_ANSWERED);
    assert_string_equal(fixture_get(&fixture, "/ok").body, "ok");
    assert_int_equal(peer_connections(fixture.peer), 2);
    fixture_close(&fixture);
}

static void a_long_body_arrives_whole(void **state)
{
    (void)state;
    enum { BYTES = 200 * 1000 };
    struct fixture fixture = fixture_open(NULL);
    char *body = arena_alloc(fixture.arena, BYTES + 1);
    for (int i = 0; i < BYTES; i++)
        body[i] = (char)('a' + i % 26);
    assert_int_equal(fixture_post(&fixture, "/ok", body).result, NET_ANSWERED);
    auto_free char *seen = peer_last(fixture.peer);
    assert_string_equal(strstr(seen, "\r\n\r\n") + 4, body);
    fixture_close(&fixture);
}

int main(void)
{
    /* Nobody listens there: whoever believed the environment would get no answer. Before any
     * thread. */
    static const char *const variables[] = {"http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"};
    for (size_t i = 0; i < ARRAY_LEN(variables); i++)
        (void)setenv(variables[i], "http://127.0.0.1:1", 1); // NOLINT(concurrency-mt-unsafe)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_connection_is_never_sent),
        cmocka_unit_test(a_handshake_that_does_not_end_is_never_sent),
        cmocka_unit_test(a_server_without_tls_is_never_sent_anything),
        cmocka_unit_test(what_is_lost_behind_the_request_is_unknown),
        cmocka_unit_test(no_answer_in_time_is_unknown),
        cmocka_unit_test(requests_share_a_kept_alive_connection),
        cmocka_unit_test(an_age_of_nothing_means_a_connection_each),
        cmocka_unit_test(a_post_read_by_a_dying_connection_is_not_sent_again),
        cmocka_unit_test(a_post_unread_by_a_dying_connection_arrives_at_most_once),
        cmocka_unit_test(a_request_without_body_is_not_sent_again_either),
        cmocka_unit_test(a_get_on_a_dying_connection_is_answered_by_the_next),
        cmocka_unit_test(a_long_body_arrives_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
