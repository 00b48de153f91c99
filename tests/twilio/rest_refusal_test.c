/*
 * Twilio's refusals: read in every shape, and turned into something a person can act upon.
 */
#include <string.h>

#include "core/arena.h"
#include "core/macros.h"
#include "support/cmocka_all.h"
#include "twilio/rest_refusal.h"

/* clang-format off: version 14 falls over rows with broken strings */
static const struct {
    int status;
    int code;
    const char *message;
    const char *more_info;
    const char *body;
} bodies[] = {
    {400, 21211, "Invalid 'To'",                           "https://www.twilio.com/docs/errors/21211",
     "{\"code\":21211,\"message\":\"Invalid 'To'\",\"more_info\":"
     "\"https://www.twilio.com/docs/errors/21211\",\"status\":400}"                                                                                      },
    {400, 21211, "Invalid",                                "",                                             "{\"code\":\"21211\",\"message\":\"Invalid\"}"},
    {422, 20422, "Limit is too large",                     "https://www.twilio.com/docs/api/errors/20422",
     "{\"type\":\"https://www.twilio.com/docs/api/errors/20422\",\"title\":\"Invalid parameter\","
     "\"status\":422,\"code\":20422,\"detail\":\"Limit is too large\",\"errors\":[]}"                                                                    },
    {400, 0,     "Bad",                                    "",                                             "{\"title\":\"Bad\",\"detail\":\"\"}"         },
    {502, 0,     "HTTP status 502 without an explanation", "",                                             "<html><h1>Bad Gateway</h1></html>"           },
    {503, 0,     "HTTP status 503 without an explanation", "",                                             ""                                            },
    {500, 0,     "HTTP status 500 without an explanation", "",                                             "[]"                                          },
    {500, 0,     "HTTP status 500 without an explanation", "",                                             "null"                                        },
    {400, 0,     "HTTP status 400 without an explanation", "",                                             "{\"code\":-5,\"message\":7}"                 },
    {400, 0,     "HTTP status 400 without an explanation", "",
     "{\"code\":99999999999,\"message\":null}"                                                                                                           },
    {400, 0,     "HTTP status 400 without an explanation", "",
     "{\"code\":\"021211\",\"message\":\"\"}"                                                                                                            },
};
/* clang-format on */

static void reads_every_shape_of_body(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        auto_arena struct arena *arena = arena_create();
        struct rest_refusal refusal = {0};
        rest_read_refusal(bodies[i].status, bodies[i].body, strlen(bodies[i].body), arena,
                          &refusal);
        assert_int_equal(refusal.http_status, bodies[i].status);
        assert_int_equal(refusal.code, bodies[i].code);
        assert_string_equal(refusal.message, bodies[i].message);
        assert_string_equal(refusal.more_info, bodies[i].more_info);
    }
}

static const struct {
    int status;
    int code;
    enum error_kind kind;
    enum rest_retry retry;
} meanings[] = {
    {400, 21211, ERROR_REFUSED,      REST_RETRY_NEVER        },
    {400, 21219, ERROR_REFUSED,      REST_RETRY_NEVER        },
    {403, 21215, ERROR_REFUSED,      REST_RETRY_NEVER        },
    {404, 21211, ERROR_REFUSED,      REST_RETRY_NEVER        },
    {400, 20001, ERROR_REFUSED,      REST_RETRY_NEVER        },
    {422, 20422, ERROR_REFUSED,      REST_RETRY_NEVER        },
    {400, 0,     ERROR_REFUSED,      REST_RETRY_NEVER        },
    {401, 20003, ERROR_UPSTREAM,     REST_RETRY_NEVER        },
    {401, 0,     ERROR_UPSTREAM,     REST_RETRY_NEVER        },
    {400, 20003, ERROR_UPSTREAM,     REST_RETRY_NEVER        },
    {403, 20403, ERROR_UPSTREAM,     REST_RETRY_NEVER        },
    {403, 20005, ERROR_UPSTREAM,     REST_RETRY_NEVER        },
    {404, 20404, ERROR_NOT_FOUND,    REST_RETRY_NEVER        },
    {404, 0,     ERROR_NOT_FOUND,    REST_RETRY_NEVER        },
    {400, 21220, ERROR_CONFLICT,     REST_RETRY_NEVER        },
    {409, 20409, ERROR_CONFLICT,     REST_RETRY_NEVER        },
    {429, 20429, ERROR_RATE_LIMITED, REST_RETRY_SAFE         },
    {429, 0,     ERROR_RATE_LIMITED, REST_RETRY_SAFE         },
    {408, 0,     ERROR_UPSTREAM,     REST_RETRY_IF_IDEMPOTENT},
    {500, 20500, ERROR_UPSTREAM,     REST_RETRY_IF_IDEMPOTENT},
    {502, 0,     ERROR_UPSTREAM,     REST_RETRY_IF_IDEMPOTENT},
    {503, 21211, ERROR_UPSTREAM,     REST_RETRY_IF_IDEMPOTENT},
    {302, 0,     ERROR_UPSTREAM,     REST_RETRY_NEVER        },
};

static void tells_our_faults_from_the_callers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(meanings); i++) {
        auto_arena struct arena *arena = arena_create();
        struct rest_refusal refusal = {0};
        const char *body = arena_printf(arena, "{\"code\":%d}", meanings[i].code);
        rest_read_refusal(meanings[i].status, body, strlen(body), arena, &refusal);
        assert_int_equal(rest_refusal_kind(&refusal), meanings[i].kind);
        assert_int_equal(refusal.retry, meanings[i].retry);
    }
}

static void puts_twilios_code_and_our_words_into_the_error(void **state)
{
    (void)state;
    const struct rest_refusal refusal = {
        .http_status = 400, .code = 21219, .message = "unverified", .more_info = ""};
    struct error err = {0};
    assert_int_equal(rest_refusal_error(&refusal, &err), -1);
    assert_int_equal(err.kind, ERROR_REFUSED);
    assert_int_equal(err.twilio_code, 21219);
    assert_string_equal(err.twilio_message, "unverified");
    assert_string_equal(err.message,
                        "A trial account may call verified numbers only. Verify the number, or "
                        "upgrade the account. (Twilio 21219)");
}

static void passes_on_twilios_words_for_a_code_that_is_not_explained(void **state)
{
    (void)state;
    const struct rest_refusal refusal = {
        .http_status = 400, .code = 99998, .message = "Something new", .more_info = ""};
    struct error err = {0};
    assert_int_equal(rest_refusal_error(&refusal, &err), -1);
    assert_int_equal(err.twilio_code, 99998);
    assert_string_equal(err.message, "Twilio (99998): Something new");
}

static void leaves_an_earlier_error_alone(void **state)
{
    (void)state;
    const struct rest_refusal refusal = {
        .http_status = 400, .code = 21211, .message = "", .more_info = ""};
    struct error err = {0};
    (void)error_set(&err, ERROR_DEADLINE, "too late");
    assert_int_equal(rest_refusal_error(&refusal, &err), -1);
    assert_int_equal(err.kind, ERROR_DEADLINE);
    assert_int_equal(err.twilio_code, 0);
    assert_int_equal(rest_refusal_error(&refusal, NULL), -1);
}

static void explains_the_codes_of_placing_a_call(void **state)
{
    static const int codes[] = {20003, 20005, 20403, 20404, 20429, 21201, 21202, 21203,
                                21205, 21210, 21211, 21212, 21213, 21214, 21215, 21216,
                                21217, 21218, 21219, 21220, 13223, 13227};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        const struct rest_explanation *known = rest_explain(codes[i]);
        assert_non_null(known);
        assert_int_equal(known->code, codes[i]);
    }
    assert_null(rest_explain(0));
    assert_null(rest_explain(-1));
    assert_null(rest_explain(99999));
}

/* Sorted (the search relies on it), in sentences, and short enough for an error with its code. */
static void keeps_the_table_of_codes_in_order(void **state)
{
    (void)state;
    size_t found = 0;
    for (int code = 1; code < 100000; code++) {
        const struct rest_explanation *known = rest_explain(code);
        if (known == NULL)
            continue;
        found++;
        size_t meaning = strlen(known->meaning);
        size_t advice = strlen(known->advice);
        assert_int_equal(known->meaning[meaning - 1], '.');
        assert_int_equal(known->advice[advice - 1], '.');
        assert_true(meaning + advice + sizeof "  (Twilio 00000)" <= ERROR_MESSAGE_BYTES);
    }
    assert_int_equal(found, rest_explanation_count());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_shape_of_body),
        cmocka_unit_test(tells_our_faults_from_the_callers),
        cmocka_unit_test(puts_twilios_code_and_our_words_into_the_error),
        cmocka_unit_test(passes_on_twilios_words_for_a_code_that_is_not_explained),
        cmocka_unit_test(leaves_an_earlier_error_alone),
        cmocka_unit_test(explains_the_codes_of_placing_a_call),
        cmocka_unit_test(keeps_the_table_of_codes_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
