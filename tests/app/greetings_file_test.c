/* greetings.json: what it means, and that whatever is wrong with it is told with its place. */
#include <string.h>

#include "app/greetings_file.h"
#include "core/macros.h"
#include "support/cmocka_all.h"

static const struct config config = {.voicemail = {.greeting = "Nobody is here."}};

static int read_text(struct arena *arena,
                     const char *text,
                     struct config_report *report,
                     const struct greetings **out)
{
    const struct config_document document = {"greetings.json", text, strlen(text)};
    return greetings_read(&config, &document, arena, report, out);
}

static void reads_greetings_of_numbers_and_identities(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct config_report report;
    const struct greetings *greetings = NULL;
    config_report_init(&report);
    assert_int_equal(
        read_text(arena,
                  "{\"$schema\": 1, \"numbers\": {\"+15005550006\": \"Closed, \\\"sorry\\\".\"},"
                  "\"identities\": {\"jo@x.example\": \"https://x.example/jo.mp3?a=1\"}}",
                  &report, &greetings),
        0);
    assert_string_equal(voicemail_greeting(greetings, "+15005550006", "jo@x.example"),
                        "Closed, \"sorry\".");
    assert_string_equal(voicemail_greeting(greetings, NULL, "jo@x.example"),
                        "https://x.example/jo.mp3?a=1");
    assert_string_equal(voicemail_greeting(greetings, NULL, "bob"), "Nobody is here.");
    assert_int_equal(read_text(arena, "{}", &report, &greetings), 0);
    assert_string_equal(voicemail_greeting(greetings, NULL, "jo@x.example"), "Nobody is here.");
    config_report_release(&report);
}

static void tells_what_is_wrong_and_where(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *place;
    } cases[] = {
        {"[]",                                                           "greetings.json"},
        {"{",                                                            "greetings.json"},
        {"{\"number\": {}}",                                             "/number"       },
        {"{\"numbers\": []}",                                            "/numbers"      },
        {"{\"numbers\": {\"15005550006\": \"a\"}}",                      "/numbers/1500" },
        {"{\"numbers\": {\"+15005550006\": 5}}",                         "/numbers/+1500"},
        {"{\"numbers\": {\"+15005550006\": \"\"}}",                      "/numbers/+1500"},
        {"{\"numbers\": {\"+15005550006\": \"http://x.example/a\"}}",    "/numbers/+1500"},
        {"{\"numbers\": {\"+15005550006\": \"https://\"}}",              "/numbers/+1500"},
        {"{\"numbers\": {\"+15005550006\": \"https://x.example/a b\"}}", "/numbers/+1500"},
        {"{\"identities\": {\"alice\": \"a\\u0007b\"}}",                 "/identities/al"},
        {"{\"identities\": {\"\": \"a\"}}",                              "/identities"   },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_arena struct arena *arena = arena_create();
        struct config_report report;
        const struct greetings *greetings = NULL;
        config_report_init(&report);
        assert_int_equal(read_text(arena, cases[i].text, &report, &greetings), -1);
        assert_int_equal(report.mistake_count, 1);
        const struct config_mistake *mistake = &report.mistakes[0];
        const char *told = arena_printf(arena, "%s %s", mistake->variable, mistake->problem);
        if (strstr(told, cases[i].place) == NULL)
            fail_msg("%s: %s", cases[i].text, told);
        assert_null(greetings);
        config_report_release(&report);
    }
}

static void a_greeting_has_a_longest_length(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    char longest[3002];
    memset(longest, 'a', sizeof(longest));
    for (size_t len = 3000; len <= 3001; len++) {
        struct config_report report;
        const struct greetings *greetings = NULL;
        longest[len] = '\0';
        const char *text = arena_printf(arena, "{\"identities\": {\"a\": \"%s\"}}", longest);
        longest[len] = 'a';
        config_report_init(&report);
        assert_int_equal(read_text(arena, text, &report, &greetings), len == 3000 ? 0 : -1);
        config_report_release(&report);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_greetings_of_numbers_and_identities),
        cmocka_unit_test(tells_what_is_wrong_and_where),
        cmocka_unit_test(a_greeting_has_a_longest_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
