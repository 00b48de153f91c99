/* Who is let in where everybody is: only this machine, and nobody through a proxy. */
#include "app/open_door.h"

#include <string.h>

#include "support/cmocka_all.h"

static int knock_with(const char *host, const char *name, const char *value)
{
    auto_arena struct arena *arena = arena_create();
    struct request request = {.arena = arena};
    struct error err = {0};
    if (host != NULL)
        fields_add(&request.headers, arena, "Host", host);
    if (name != NULL)
        fields_add(&request.headers, arena, name, value);
    int failed = open_door_check(&request, &err);
    assert_int_equal(err.kind, failed < 0 ? ERROR_FORBIDDEN : ERROR_NONE);
    return failed;
}

static int knock(const char *host, const char *trace)
{
    return knock_with(host, trace, "192.0.2.1");
}

static void opens_to_loopback_names_alone(void **state)
{
    (void)state;
    static const char *const ours[] = {"localhost", "LocalHost:8080", "127.0.0.1:8080",
                                       "127.8.9.1", "[::1]",          "[::1]:8080"};
    static const char *const others[] = {
        NULL,
        "",
        "phone.example.com",
        "localhost.example.com",
        "127.0.0.1.example.com",
        "128.0.0.1:8080",
        "0.0.0.0:8080",
        "[::2]",
        "[::1].example.com",
        "127.",
    };
    for (size_t i = 0; i < ARRAY_LEN(ours); i++)
        assert_int_equal(knock(ours[i], NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        if (knock(others[i], NULL) == 0)
            fail_msg("let in: %s", others[i]);
    }
}

static void refuses_every_trace_of_a_proxy(void **state)
{
    (void)state;
    static const char *const traces[] = {
        "Forwarded",      "via",       "X-Forwarded-For", "x-forwarded-host", "X-Forwarded-Ssl",
        "X-Forwarded-By", "X-Real-IP",
    };
    static const char *const harmless[] = {"Accept", "X-Forward", "Viable"};
    for (size_t i = 0; i < ARRAY_LEN(traces); i++) {
        if (knock("localhost", traces[i]) == 0)
            fail_msg("let in: %s", traces[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(harmless); i++)
        assert_int_equal(knock("localhost", harmless[i]), 0);
}

static void refuses_pages_of_other_sites(void **state)
{
    (void)state;
    static const char *const ours[] = {"http://localhost:3000", "https://127.0.0.1",
                                       "http://[::1]"};
    static const char *const others[] = {"https://example.com", "http://localhost.example.com",
                                         "null", "file://", "http://"};
    for (size_t i = 0; i < ARRAY_LEN(ours); i++)
        assert_int_equal(knock_with("localhost", "Origin", ours[i]), 0);
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        if (knock_with("localhost", "Origin", others[i]) == 0)
            fail_msg("let in: %s", others[i]);
    }
    assert_int_equal(knock_with("localhost", "Sec-Fetch-Site", "same-origin"), 0);
    assert_int_equal(knock_with("localhost", "Sec-Fetch-Site", "cross-site"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_to_loopback_names_alone),
        cmocka_unit_test(refuses_every_trace_of_a_proxy),
        cmocka_unit_test(refuses_pages_of_other_sites),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
