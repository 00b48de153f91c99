/*
 * What a server answers, and what of it is believed.
 */
#include <string.h>

#include "net/fixture.h"
#include "support/cmocka_all.h"

#include "../src/net/internal.h"

static void an_answer_has_status_type_and_body(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(NULL);
    struct net_answer answer = fixture_get(&fixture, "/ok");
    assert_int_equal(answer.result, NET_ANSWERED);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "ok");
    assert_int_equal(answer.body_len, 2);
    assert_string_equal(answer.content_type, "text/plain");
    assert_int_equal(answer.retry_after_ms, -1);

    answer = fixture_get(&fixture, "/empty");
    assert_int_equal(answer.status, 204);
    assert_string_equal(answer.body, "");
    assert_string_equal(answer.content_type, "");

    answer = fixture_get(&fixture, "/nul");
    assert_int_equal(answer.body_len, 3);
    assert_memory_equal(answer.body, "a\0b", 4);
    fixture_close(&fixture);
}

static void an_answer_to_head_has_no_body(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(NULL);
    struct net_request request = {.method = "HEAD", .url = fixture_url(&fixture, "/head")};
    struct net_answer answer = fixture_fetch(&fixture, &request);
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.body_len, 0);
    assert_string_equal(net_answer_header(&answer, "content-length"), "2");
    fixture_close(&fixture);
}

static void headers_keep_their_order_and_interim_ones_are_dropped(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(NULL);
    struct net_answer answer = fixture_get(&fixture, "/headers");
    static const struct net_header expected[] = {
        {"content-type",   "text/plain"},
        {"x-one",          "1"         },
        {"x-folded",       "a b"       },
        {"x-one",          "2"         },
        {"x-empty",        ""          },
        {"content-length", "0"         },
    };
    assert_int_equal(answer.header_count, ARRAY_LEN(expected));
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        assert_string_equal(answer.headers[i].name, expected[i].name);
        assert_string_equal(answer.headers[i].value, expected[i].value);
    }
    assert_string_equal(net_answer_header(&answer, "x-one"), "1");
    assert_null(net_answer_header(&answer, "x-interim"));
    fixture_close(&fixture);
}

/* Neither followed, nor asked again with other credentials: each is one request, and an answer. */
static void every_status_is_an_answer_to_one_request(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        int status;
        int64_t retry_after_ms;
    } cases[] = {
        {"/html",         502, -1  },
        {"/busy",         429, 7000},
        {"/redirect",     307, -1  },
        {"/unauthorized", 401, -1  },
    };
    struct fixture fixture = fixture_open(NULL);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct net_request request = {
            .method = "POST",
            .url = fixture_url(&fixture, cases[i].path),
            .username = "user",
            .password = "hunter2",
            .body = "a=b",
            .body_len = 3,
        };
        struct net_answer answer = fixture_fetch(&fixture, &request);
        assert_int_equal(answer.result, NET_ANSWERED);
        assert_int_equal(answer.status, cases[i].status);
        assert_int_equal(answer.retry_after_ms, cases[i].retry_after_ms);
        assert_int_equal(peer_requests(fixture.peer, NULL), i + 1);
    }
    assert_true(fixture_get(&fixture, "/busy-until").retry_after_ms > 0);
    assert_string_equal(fixture_get(&fixture, "/html").content_type, "text/html");
    fixture_close(&fixture);
}

static void an_answer_over_a_limit_is_no_answer(void **state)
{
    (void)state;
    static const char *const paths[] = {"/long", "/long-chunked", "/many-headers"};
    struct fixture fixture = fixture_open(NULL);
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        struct net_answer answer = fixture_post(&fixture, paths[i], "a=b");
        assert_int_equal(answer.result, NET_UNKNOWN);
        assert_int_equal(answer.body_len, 0);
        assert_non_null(strstr(answer.problem, "than is taken") != NULL
                            ? answer.problem
                            : strstr(answer.problem, "than are taken"));
    }
    assert_int_equal(peer_requests(fixture.peer, NULL), ARRAY_LEN(paths));
    assert_string_equal(fixture_get(&fixture, "/ok").body, "ok");
    fixture_close(&fixture);
}

static void an_answer_of_exactly_the_limit_is_taken(void **state)
{
    (void)state;
    struct net_settings settings = fixture_settings();
    settings.reply_max_bytes = 2;
    struct fixture fixture = fixture_open(&settings);
    assert_string_equal(fixture_get(&fixture, "/ok").body, "ok");
    assert_int_equal(fixture_get(&fixture, "/nul").result, NET_UNKNOWN);
    fixture_close(&fixture);
}

static void retry_after_is_seconds_or_a_date(void **state)
{
    (void)state;
    static const int64_t now_s =
        INT64_C(784111777); /* Sun, 06 Nov 1994 08:49:37 GMT, RFC 9110 section 5.6.7 */
    static const int64_t year_ms = INT64_C(365) * 24 * 3600 * 1000;
    static const struct {
        const char *value;
        int64_t expected_ms;
    } cases[] = {
        {"0",                              0     },
        {"120",                            120000},
        {"Sun, 06 Nov 1994 08:49:47 GMT",  10000 },
        {"Sunday, 06-Nov-94 08:49:47 GMT", 10000 },
        {"Sun Nov  6 08:49:47 1994",       10000 },
        {"Sun, 06 Nov 1994 08:49:00 GMT",  0     },
        {"Fri, 01 Jan 2100 00:00:00 GMT",  -2    },
        {"99999999999999999999999",        -2    },
        {NULL,                             -1    },
        {"",                               -1    },
        {"-5",                             -1    },
        {"007",                            -1    },
        {"1.5",                            -1    },
        {"soon",                           -1    },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t expected_ms = cases[i].expected_ms == -2 ? year_ms : cases[i].expected_ms;
        assert_int_equal(retry_after_ms(cases[i].value, now_s), expected_ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_has_status_type_and_body),
        cmocka_unit_test(an_answer_to_head_has_no_body),
        cmocka_unit_test(headers_keep_their_order_and_interim_ones_are_dropped),
        cmocka_unit_test(every_status_is_an_answer_to_one_request),
        cmocka_unit_test(an_answer_over_a_limit_is_no_answer),
        cmocka_unit_test(an_answer_of_exactly_the_limit_is_taken),
        cmocka_unit_test(retry_after_is_seconds_or_a_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
