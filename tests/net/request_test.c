/*
 * What may be sent, and that it is sent as it was given.
 */
#include <string.h>

#include "core/limits.h"
#include "net/fixture.h"
#include "support/cmocka_all.h"

static void an_url_that_may_not_be_called_is_refused_without_being_repeated(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "",
        "hunter2",
        "/hunter2",
        "api.example.com/hunter2",
        "ftp://127.0.0.1/hunter2",
        "file:///etc/hunter2",
        "http://api.example.com/hunter2",
        "http://localhost.example.com/hunter2",
        "http://localhost./hunter2",
        "http://notlocalhost/hunter2",
        "http://128.0.0.1/hunter2",
        "http://10.0.0.1/hunter2",
        "http://[::2]/hunter2",
        "http://[::ffff:127.0.0.1]/hunter2",
        "http://127.0.0.1.example.com/hunter2",
        "https://hunter2@api.example.com/",
        "https://user:hunter2@api.example.com/",
        "http://127.0.0.1@api.example.com/hunter2",
        "https://api.example.com:99999/hunter2",
        "https://api.example.com/hunter2 x",
        "https://api.example.com/hunter2\r\nX-Evil: 1",
        "https://[::1/hunter2",
        "https:///hunter2",
        "https:/api.example.com/hunter2",
        "https:api.example.com/hunter2",
        "https://",
    };
    struct fixture fixture = fixture_open(NULL);
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        struct net_request request = {.method = "GET", .url = urls[i]};
        const char *why = fixture_refusal(&fixture, &request);
        if (strstr(why, "INVALID url ") != why || strstr(why, "hunter2") != NULL)
            fail_msg("\"%s\": %s", urls[i], why);
    }
    const char *longer = arena_printf(fixture.arena, "https://a/%0*d", (int)LIMIT_NET_URL_BYTES, 0);
    struct net_request request = {.method = "GET", .url = longer};
    assert_non_null(strstr(fixture_refusal(&fixture, &request), "INVALID url"));
    assert_int_equal(peer_connections(fixture.peer), 0);
    fixture_close(&fixture);
}

/* Nobody listens on port 1: taken by net_start is what is asked here. */
static void plain_http_is_for_loopback_in_all_its_spellings(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "http://127.0.0.1:1/", "http://127.9.8.7:1/",        "http://127.1:1/",
        "http://localhost:1/", "http://bucket.localhost:1/", "http://LOCALHOST:1/",
        "http://[::1]:1/",     "https://127.0.0.1:1/",
    };
    struct fixture fixture = fixture_open(NULL);
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        struct net_request request = {.method = "GET", .url = urls[i]};
        assert_int_equal(fixture_fetch(&fixture, &request).result, NET_NEVER_SENT);
    }
    fixture_close(&fixture);
}

static void what_would_break_the_message_is_refused(void **state)
{
    (void)state;
    static const struct net_header injected = {"X-A", "1\r\nX-B: hunter2"};
    static const struct net_header spaced = {"X A", "1"};
    static const struct net_header nameless = {"", "1"};
    static const struct net_header framing = {"content-length", "0"};
    static const struct net_header coding = {"Transfer-Encoding", "chunked"};
    struct fixture fixture = fixture_open(NULL);
    const char *url = fixture_url(&fixture, "/ok");
    const struct {
        const char *field;
        struct net_request request;
    } cases[] = {
        {"method",       {.method = "get", .url = url}                                          },
        {"method",       {.method = "CONNECT", .url = url}                                      },
        {"method",       {.method = "GET /x", .url = url}                                       },
        {"body",         {.method = "GET", .url = url, .body = "x", .body_len = 1}              },
        {"body",         {.method = "HEAD", .url = url, .body = "x", .body_len = 1}             },
        {"body",         {.method = "POST", .url = url, .body_len = LIMIT_NET_BODY_BYTES + 1}   },
        {"body",
         {.method = "PUT",
          .url = url,
          .body_lent = true,
          .body_len = LIMIT_NET_LENT_BODY_BYTES + 1}                                            },
        {"username",     {.method = "GET", .url = url, .username = "a:b", .password = "hunter2"}},
        {"username",     {.method = "GET", .url = url, .username = "a\n", .password = "hunter2"}},
        {"password",     {.method = "GET", .url = url, .username = "a", .password = "hunter2\n"}},
        {"password",     {.method = "GET", .url = url, .password = "hunter2"}                   },
        {"content_type", {.method = "POST", .url = url, .content_type = "text/plain\r\nhunter2"}},
        {"headers",      {.method = "GET", .url = url, .headers = &injected, .header_count = 1} },
        {"headers",      {.method = "GET", .url = url, .headers = &spaced, .header_count = 1}   },
        {"headers",      {.method = "GET", .url = url, .headers = &nameless, .header_count = 1} },
        {"headers",      {.method = "GET", .url = url, .headers = &framing, .header_count = 1}  },
        {"headers",      {.method = "GET", .url = url, .headers = &coding, .header_count = 1}   },
        {"headers",      {.method = "GET", .url = url, .headers = &coding, .header_count = 101} },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *why = fixture_refusal(&fixture, &cases[i].request);
        const char *expected = arena_printf(fixture.arena, "INVALID %s ", cases[i].field);
        if (strstr(why, expected) != why || strstr(why, "hunter2") != NULL)
            fail_msg("case %zu: %s", i, why);
    }
    assert_int_equal(peer_connections(fixture.peer), 0);
    fixture_close(&fixture);
}

static void a_request_is_sent_as_it_was_given(void **state)
{
    (void)state;
    static const struct net_header headers[] = {
        {"X-Twilio-Signature", "abc="},
        {"X-Empty",            ""    },
        {"Cookie",             "a=b" },
    };
    struct fixture fixture = fixture_open(NULL);
    struct net_request request = {
        .method = "POST",
        .url = fixture_url(&fixture, "/a/../b/./c%2f?x=1&y=%7e+#rc=2"),
        .username = "user",
        .password = "pa:ss",
        .content_type = "application/x-www-form-urlencoded",
        .body = "To=%2B14155550100",
        .body_len = 17,
        .headers = headers,
        .header_count = ARRAY_LEN(headers),
    };
    assert_int_equal(fixture_fetch(&fixture, &request).result, NET_ANSWERED);
    auto_free char *seen = peer_last(fixture.peer);
    const char *expected = arena_printf(fixture.arena,
                                        "POST /a/../b/./c%%2f?x=1&y=%%7e+ HTTP/1.1\r\n"
                                        "Host: 127.0.0.1:%u\r\n"
                                        "Authorization: Basic dXNlcjpwYTpzcw==\r\n"
                                        "User-Agent: switchhook-test\r\n"
                                        "Accept: */*\r\n"
                                        "Content-Type: application/x-www-form-urlencoded\r\n"
                                        "X-Twilio-Signature: abc=\r\n"
                                        "X-Empty:\r\n"
                                        "Cookie: a=b\r\n"
                                        "Content-Length: 17\r\n"
                                        "\r\n"
                                        "To=%%2B14155550100",
                                        peer_port(fixture.peer));
    assert_string_equal(seen, expected);
    fixture_close(&fixture);
}

static void methods_say_whether_they_have_a_body(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        const char *body;
        const char *length; /* header, or NULL for none */
    } cases[] = {
        {"GET",    "",  NULL                     },
        {"POST",   "",  "\r\nContent-Length: 0\r"},
        {"PUT",    "",  "\r\nContent-Length: 0\r"},
        {"PUT",    "x", "\r\nContent-Length: 1\r"},
        {"PATCH",  "x", "\r\nContent-Length: 1\r"},
        {"DELETE", "",  NULL                     },
        {"DELETE", "x", "\r\nContent-Length: 1\r"},
    };
    struct fixture fixture = fixture_open(NULL);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct net_request request = {
            .method = cases[i].method,
            .url = fixture_url(&fixture, "/ok"),
            .body = cases[i].body,
            .body_len = strlen(cases[i].body),
        };
        assert_int_equal(fixture_fetch(&fixture, &request).result, NET_ANSWERED);
        auto_free char *seen = peer_last(fixture.peer);
        assert_ptr_equal(strstr(seen, cases[i].method), seen);
        assert_null(strstr(seen, "Content-Type"));
        assert_null(strstr(seen, "Authorization"));
        assert_null(strstr(seen, "Expect"));
        if (cases[i].length == NULL)
            assert_null(strstr(seen, "Content-Length"));
        else
            assert_non_null(strstr(seen, cases[i].length));
        assert_string_equal(strstr(seen, "\r\n\r\n") + 4, cases[i].body);
    }
    fixture_close(&fixture);
}

/* A long body is not held twice: it is read where it is, again and again if it is sent again. */
static void a_lent_body_is_read_where_it_is(void **state)
{
    (void)state;
    enum { BODY_BYTES = 200 * 1024 };
    struct fixture fixture = fixture_open(NULL);
    char *body = arena_alloc(fixture.arena, BODY_BYTES + 1);
    for (size_t i = 0; i < BODY_BYTES; i++)
        body[i] = (char)('a' + i % 23);
    const struct net_request request = {
        .method = "PUT",
        .url = fixture_url(&fixture, "/ok"),
        .body = body,
        .body_len = BODY_BYTES,
        .body_lent = true,
    };
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fixture_fetch(&fixture, &request).result, NET_ANSWERED);
        auto_free char *seen = peer_last(fixture.peer);
        assert_non_null(strstr(seen, "\r\nContent-Length: 204800\r"));
        assert_string_equal(strstr(seen, "\r\n\r\n") + 4, body);
    }
    fixture_close(&fixture);
}

static void credentials_do_not_stay_for_the_next_request(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(NULL);
    struct net_request request = {
        .method = "GET",
        .url = fixture_url(&fixture, "/ok"),
        .username = "user",
        .password = "hunter2",
    };
    assert_int_equal(fixture_fetch(&fixture, &request).result, NET_ANSWERED);
    assert_int_equal(fixture_get(&fixture, "/ok").result, NET_ANSWERED);
    auto_free char *seen = peer_last(fixture.peer);
    assert_null(strstr(seen, "Authorization"));
    fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_url_that_may_not_be_called_is_refused_without_being_repeated),
        cmocka_unit_test(plain_http_is_for_loopback_in_all_its_spellings),
        cmocka_unit_test(what_would_break_the_message_is_refused),
        cmocka_unit_test(a_request_is_sent_as_it_was_given),
        cmocka_unit_test(methods_say_whether_they_have_a_body),
        cmocka_unit_test(a_lent_body_is_read_where_it_is),
        cmocka_unit_test(credentials_do_not_stay_for_the_next_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
