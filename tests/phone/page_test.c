/* The page as a browser gets it: what it is, how long it may be kept, and what it is allowed to do. */
#include "core/text.h"
#include "support/house.h"

static struct raw_response get(struct house *house, const char *target, const char *more)
{
    return house_ask(house, NULL, "GET", target, NULL, more);
}

static bool says(const struct raw_response *response, const char *name, const char *part)
{
    const char *value = raw_header(response, name);
    return value != NULL && strstr(value, part) != NULL;
}

static void everything_that_the_page_loads_is_there(void **state)
{
    static const struct {
        const char *target;
        const char *type;
        const char *holds;
    } rows[] = {
        {"/phone",               "text/html; charset=utf-8",       "cannot reach emergency services"},
        {"/phone/phone.css",     "text/css; charset=utf-8",        "prefers-color-scheme: dark"     },
        {"/phone/icon.svg",      "image/svg+xml",                  "<svg"                           },
        {"/phone/main.js",       "text/javascript; charset=utf-8", "renewToken"                     },
        {"/phone/simulator.js",  "text/javascript; charset=utf-8", "setLocalDescription"            },
        {"/phone/settings.json", "application/json",               "\"emergency_numbers\":[\"911\"" },
    };
    struct house *house = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct raw_response response = get(house, rows[i].target, NULL);
        if (response.status != 200 ||
            !text_equal(raw_header(&response, "Content-Type"), rows[i].type) ||
            strstr(response.body, rows[i].holds) == NULL)
            fail_msg("%s: %d %s", rows[i].target, response.status, response.head);
        struct raw_response head = house_ask(house, NULL, "HEAD", rows[i].target, NULL, NULL);
        assert_int_equal(head.status, 200);
        assert_int_equal(head.body_len, 0);
    }
    struct raw_response told = get(house, "/phone/settings.json", NULL);
    struct raw_response sdk = house_ask(house, NULL, "HEAD", "/phone/twilio.js", NULL, NULL);
    assert_int_equal(sdk.status, strstr(told.body, "\"sdk\":true") != NULL ? 200 : 404);
    assert_int_equal(get(house, "/phone/nothing.js", NULL).status, 404);
    assert_int_equal(get(house, "/phone/assets.cmake", NULL).status, 404);
    assert_int_equal(get(house, "/phone/phone.css/x", NULL).status, 404);
    struct raw_response slash = get(house, "/phone/", NULL);
    assert_int_equal(slash.status, 308);
    assert_string_equal(raw_header(&slash, "Location"), "../phone");
}

static void what_the_browser_has_already_is_not_sent_again(void **state)
{
    struct house *house = *state;
    struct raw_response first = get(house, "/phone/phone.css", NULL);
    assert_string_equal(raw_header(&first, "Cache-Control"), "no-cache");
    const char *tag = raw_header(&first, "ETag");
    assert_non_null(tag);
    const char *line = arena_printf(house->arena, "If-None-Match: W/\"x\", %s\r\n", tag);
    struct raw_response again = get(house, "/phone/phone.css", line);
    assert_int_equal(again.status, 304);
    assert_int_equal(again.body_len, 0);
    assert_string_equal(raw_header(&again, "ETag"), raw_header(&first, "ETag"));
    assert_int_equal(get(house, "/phone", line).status, 200);
    assert_int_equal(get(house, "/phone", "If-None-Match: *\r\n").status, 304);
}

static void the_page_may_talk_to_us_and_to_twilio(void **state)
{
    struct house *house = *state;
    struct raw_response page = get(house, "/phone", NULL);
    assert_true(says(&page, "Content-Security-Policy", "script-src 'self';"));
    assert_true(
        says(&page, "Content-Security-Policy", "connect-src 'self' blob: wss://*.twilio.com"));
    assert_false(says(&page, "Content-Security-Policy", "unsafe"));
    assert_false(says(&page, "Content-Security-Policy", "ws://"));
    assert_true(says(&page, "Permissions-Policy", "microphone=(self)"));
    assert_null(strstr(page.body, "<style"));
    assert_null(strstr(page.body, " style="));
    assert_null(strstr(page.body, " onclick="));
    assert_null(strstr(page.body, "<script>"));
}

static void with_a_simulator_it_may_talk_to_that_instead(void **state)
{
    static const char *const settings[] = {"SWITCHHOOK_PHONE_SIGNALING=127.0.0.1:9", NULL};
    (void)state;
    struct house house;
    house_open(&house, settings);
    struct raw_response page = get(&house, "/phone", NULL);
    assert_true(
        says(&page, "Content-Security-Policy", "connect-src 'self' blob: ws://127.0.0.1:9;"));
    assert_false(says(&page, "Content-Security-Policy", "twilio.com"));
    struct raw_response told = get(&house, "/phone/settings.json", NULL);
    assert_string_equal(house_text(&house, &told, "signaling"), "127.0.0.1:9");
    house_close(&house);
}

static void it_can_be_switched_off(void **state)
{
    static const char *const off[] = {"SWITCHHOOK_PHONE=off", NULL};
    struct house *house = *state;
    assert_int_equal(get(house, "/phone", NULL).status, 200);
    house_reload(house, off);
    struct raw_response page = get(house, "/phone", NULL);
    assert_int_equal(page.status, 404);
    assert_string_equal(house_text(house, &page, "code"), "not-found");
    assert_int_equal(get(house, "/phone/", NULL).status, 404);
    assert_int_equal(get(house, "/phone/phone.css", NULL).status, 404);
    assert_int_equal(get(house, "/phone/settings.json", NULL).status, 404);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)
        TEST(everything_that_the_page_loads_is_there),
        TEST(what_the_browser_has_already_is_not_sent_again),
        TEST(the_page_may_talk_to_us_and_to_twilio),
        cmocka_unit_test(with_a_simulator_it_may_talk_to_that_instead),
        TEST(it_can_be_switched_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
