/*
 * Answers of Twilio's REST API, as its documentation shows them and as they go wrong.
 */
#include <string.h>

#include "core/arena.h"
#include "core/limits.h"
#include "core/macros.h"
#include "support/cmocka_all.h"
#include "twilio/rest_answer.h"

#define AC "AC00000000000000000000000000000000"
#define CA "CA11111111111111111111111111111111"

static void reads_a_finished_call(void **state)
{
    static const char body[] =
        "{\"sid\":\"" CA "\",\"account_sid\":\"" AC "\",\"api_version\":\"2010-04-01\","
        "\"parent_call_sid\":\"CA22222222222222222222222222222222\",\"status\":\"completed\","
        "\"direction\":\"outbound-dial\",\"from\":\"+15005550006\",\"from_formatted\":\"(500) "
        "555-0006\","
        "\"to\":\"client:alice\",\"answered_by\":\"human\",\"price\":\"-0.03000\",\"price_unit\":"
        "\"USD\","
        "\"date_created\":\"Tue, 31 Aug 2010 20:36:28 +0000\",\"date_updated\":\"Tue, 31 Aug 2010 "
        "20:36:44 +0000\","
        "\"start_time\":\"Tue, 31 Aug 2010 20:36:29 +0000\",\"end_time\":\"Tue, 31 Aug 2010 "
        "20:36:44 +0000\","
        "\"duration\":\"15\",\"queue_time\":\"1000\",\"subresource_uris\":{\"recordings\":\"/x\"}}";

    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct error err = {0};
    struct rest_call call = {0};
    assert_int_equal(rest_read_call(body, sizeof body - 1, arena, &call, &err), 0);
    assert_string_equal(call.sid, CA);
    assert_string_equal(call.account_sid, AC);
    assert_string_equal(call.parent_call_sid, "CA22222222222222222222222222222222");
    assert_string_equal(call.status, "completed");
    assert_string_equal(call.direction, "outbound-dial");
    assert_string_equal(call.from, "+15005550006");
    assert_string_equal(call.to, "client:alice");
    assert_string_equal(call.answered_by, "human");
    assert_string_equal(call.price, "-0.03000");
    assert_string_equal(call.price_unit, "USD");
    assert_string_equal(call.caller_name, "");
    assert_int_equal(call.created_at_ms, 1283286988000);
    assert_int_equal(call.started_at_ms, 1283286989000);
    assert_int_equal(call.ended_at_ms, 1283287004000);
    assert_int_equal(call.duration_s, 15);
    assert_int_equal(call.queue_time_ms, 1000);
}

static void reads_a_call_of_which_little_is_known(void **state)
{
    static const char body[] = "{\"sid\":\"" CA "\",\"status\":\"queued\",\"parent_call_sid\":null,"
                               "\"start_time\":null,\"duration\":null,\"price\":null,\"to\":null}";

    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct error err = {0};
    struct rest_call call = {0};
    assert_int_equal(rest_read_call(body, sizeof body - 1, arena, &call, &err), 0);
    assert_string_equal(call.status, "queued");
    assert_string_equal(call.parent_call_sid, "");
    assert_string_equal(call.to, "");
    assert_string_equal(call.price, "");
    assert_int_equal(call.started_at_ms, 0);
    assert_int_equal(call.duration_s, -1);
    assert_int_equal(call.queue_time_ms, -1);
}

static void takes_numbers_where_twilio_writes_strings(void **state)
{
    static const char body[] = "{\"sid\":\"" CA "\",\"duration\":7,\"queue_time\":\"soon\"}";

    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct error err = {0};
    struct rest_call call = {0};
    assert_int_equal(rest_read_call(body, sizeof body - 1, arena, &call, &err), 0);
    assert_int_equal(call.duration_s, 7);
    assert_int_equal(call.queue_time_ms, -1);
}

static void reads_a_page_of_calls(void **state)
{
    static const char body[] =
        "{\"calls\":[{\"sid\":\"" CA "\",\"status\":\"ringing\"},"
        "{\"sid\":\"CA22222222222222222222222222222222\",\"status\":\"busy\"}],\"page\":0,"
        "\"next_page_uri\":\"/2010-04-01/Accounts/" AC "/Calls.json?Page=1&PageToken=x\"}";

    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct error err = {0};
    struct rest_call_page page = {0};
    assert_int_equal(rest_read_calls(body, sizeof body - 1, arena, &page, &err), 0);
    assert_int_equal(page.count, 2);
    assert_string_equal(page.items[0].status, "ringing");
    assert_string_equal(page.items[1].status, "busy");
    assert_string_equal(page.next_page_uri,
                        "/2010-04-01/Accounts/" AC "/Calls.json?Page=1&PageToken=x");
}

static void reads_the_last_and_empty_page(void **state)
{
    static const char body[] = "{\"calls\":[],\"next_page_uri\":null}";

    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct error err = {0};
    struct rest_call_page page = {.count = 9};
    assert_int_equal(rest_read_calls(body, sizeof body - 1, arena, &page, &err), 0);
    assert_int_equal(page.count, 0);
    assert_string_equal(page.next_page_uri, "");
}

static void reads_the_account_and_the_application(void **state)
{
    static const char account_body[] =
        "{\"sid\":\"" AC "\",\"status\":\"active\",\"type\":\"Trial\",\"friendly_name\":\"Us\"}";
    static const char application_body[] = "{\"sid\":\"AP22222222222222222222222222222222\","
                                           "\"voice_url\":\"https://voice.example/twiml\","
                                           "\"voice_method\":\"POST\",\"voice_fallback_url\":null}";

    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct error err = {0};
    struct rest_account_info account = {0};
    struct rest_application application = {0};
    assert_int_equal(
        rest_read_account(account_body, sizeof account_body - 1, arena, &account, &err), 0);
    assert_string_equal(account.status, "active");
    assert_string_equal(account.type, "Trial");
    assert_int_equal(rest_read_application(application_body, sizeof application_body - 1, arena,
                                           &application, &err),
                     0);
    assert_string_equal(application.voice_url, "https://voice.example/twiml");
    assert_string_equal(application.voice_fallback_url, "");
}

static void reads_numbers_of_either_list(void **state)
{
    static const char *const lists[] = {"incoming_phone_numbers", "outgoing_caller_ids"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        auto_arena struct arena *arena = arena_create();
        struct error err = {0};
        struct rest_number_page page = {0};
        const char *body = arena_printf(arena,
                                        "{\"%s\":[{\"sid\":\"PN55555555555555555555555555555555\","
                                        "\"phone_number\":\"+15005550006\"}]}",
                                        lists[i]);
        assert_int_equal(rest_read_numbers(body, strlen(body), arena, &page, &err), 0);
        assert_int_equal(page.count, 1);
        assert_string_equal(page.items[0].phone_number, "+15005550006");
        assert_string_equal(page.items[0].voice_url, "");
    }
}

static const char *const no_calls[] = {
    "",
    "{",
    "null",
    "[]",
    "\"" CA "\"",
    "<html>502</html>",
    "{}",
    "{\"sid\":null}",
    "{\"sid\":\"CA1\"}",
    "{\"sid\":\"AP22222222222222222222222222222222\"}",
    "{\"sid\":[\"" CA "\"]}",
    "{\"sid\":\"" CA "\",\"sid\":\"" CA "\"}",
    "{\"sid\":\"" CA "\"} trailing",
    "{\"sid\":\"" CA "\",\"to\":\"\xff\"}",
    "{\"calls\":{}}",
    "{\"calls\":[1]}",
    "{\"calls\":[{\"sid\":\"" CA "\"},{}]}",
};

static void says_upstream_of_everything_that_is_no_such_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(no_calls); i++) {
        auto_arena struct arena *arena = arena_create();
        struct error err = {0};
        struct rest_call call = {0};
        struct rest_call_page page = {0};
        size_t len = strlen(no_calls[i]);
        assert_int_equal(rest_read_call(no_calls[i], len, arena, &call, &err), -1);
        assert_int_equal(err.kind, ERROR_UPSTREAM);
        assert_null(call.sid);
        error_clear(&err);
        assert_int_equal(rest_read_calls(no_calls[i], len, arena, &page, &err), -1);
        assert_int_equal(err.kind, ERROR_UPSTREAM);
        assert_null(page.items);
    }
}

static void refuses_an_answer_above_the_limit(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    char *body = arena_alloc(arena, LIMIT_REST_REPLY_BYTES + 2);
    memset(body, ' ', LIMIT_REST_REPLY_BYTES + 1);
    memcpy(body, "{\"sid\":\"" CA "\"}", sizeof "{\"sid\":\"" CA "\"}" - 1);
    struct error err = {0};
    struct rest_call call = {0};
    assert_int_equal(rest_read_call(body, LIMIT_REST_REPLY_BYTES, arena, &call, &err), 0);
    assert_int_equal(rest_read_call(body, LIMIT_REST_REPLY_BYTES + 1, arena, &call, &err), -1);
    assert_int_equal(err.kind, ERROR_UPSTREAM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_finished_call),
        cmocka_unit_test(reads_a_call_of_which_little_is_known),
        cmocka_unit_test(takes_numbers_where_twilio_writes_strings),
        cmocka_unit_test(reads_a_page_of_calls),
        cmocka_unit_test(reads_the_last_and_empty_page),
        cmocka_unit_test(reads_the_account_and_the_application),
        cmocka_unit_test(reads_numbers_of_either_list),
        cmocka_unit_test(says_upstream_of_everything_that_is_no_such_answer),
        cmocka_unit_test(refuses_an_answer_above_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
