/* Options of the program. */
#include "simulator/settings.h"

#include <stdlib.h>
#include <string.h>

#include "core/macros.h"
#include "core/text.h"
#include "support/cmocka_all.h"

static const char *nothing(const char *name)
{
    (void)name;
    return NULL;
}

static const char *some(const char *name)
{
    if (strcmp(name, "TWILIO_AUTH_TOKEN") == 0)
        return "a-token-of-the-environment";
    if (strcmp(name, "TWILIO_APPLICATION_SID") == 0)
        return "AP00000000000000000000000000000077";
    if (strcmp(name, "TWILIO_PHONE_NUMBER") == 0)
        return "+15005550009";
    return strcmp(name, "BACKEND_URL") == 0 ? "https://phone.example.com/base/" : NULL;
}

static void without_options_everything_has_a_value(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct sim_settings settings;
    struct error err = {0};
    bool help = true;
    const char *argv[] = {"switchhook-sim"};
    assert_int_equal(0, sim_settings_parse(1, argv, nothing, arena, &settings, &help, &err));
    assert_false(help);
    assert_true(text_is_sid(settings.account_sid, "AC"));
    assert_true(text_is_sid(settings.api_key_sid, "SK"));
    assert_true(text_is_sid(settings.app_sid, "AP"));
    assert_int_equal(1, settings.number_count);
    assert_string_equal("+15005550006", settings.numbers[0]);
    assert_string_equal("http://127.0.0.1:8080/twiml", settings.voice_url);
    assert_string_equal("127.0.0.1:9080", settings.listen);
    assert_true(settings.speed == 1);
}

static void the_environment_is_read_and_options_win(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct sim_settings settings;
    struct error err = {0};
    bool help = false;
    const char *argv[] = {"switchhook-sim",
                          "--number",
                          "+15005550006",
                          "--number=+15005550007",
                          "--speed=max",
                          "--voice-method",
                          "GET",
                          "--trial",
                          "--api-base",
                          "self",
                          "--media-delay-ms",
                          "0",
                          "--media-max-s",
                          "86400",
                          "--price-delay-ms",
                          "5",
                          "--seed",
                          "7"};
    assert_int_equal(
        0, sim_settings_parse(ARRAY_LEN(argv), argv, some, arena, &settings, &help, &err));
    assert_string_equal("a-token-of-the-environment", settings.auth_token);
    assert_string_equal("AP00000000000000000000000000000077", settings.app_sid);
    assert_int_equal(2, settings.number_count);
    assert_string_equal("+15005550007", settings.numbers[1]);
    assert_string_equal("https://phone.example.com/base", settings.public_base);
    assert_string_equal("https://phone.example.com/base/twiml", settings.voice_url);
    assert_string_equal("http://127.0.0.1:8080", settings.deliver_to);
    assert_true(settings.speed == 0);
    assert_true(settings.trial);
    assert_int_equal(7, settings.seed);
    assert_string_equal("self", settings.api_base);
    assert_int_equal(0, settings.media_delay_ms);
    assert_int_equal(86400, settings.media_max_s);
    assert_int_equal(5, settings.price_delay_ms);
}

static void what_does_not_fit_is_refused_by_name(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"--colour",         "red"                           },
        {"--account",        "AC1"                           },
        {"--auth-token",     ""                              },
        {"--number",         "15005550006"                   },
        {"--voice-url",      "/voice"                        },
        {"--voice-method",   "PUT"                           },
        {"--public-base",    "https://phone.example.com/?x=1"},
        {"--listen",         "0.0.0.0:9080"                  },
        {"--listen",         "127.0.0.1:99999"               },
        {"--listen",         "phone.example.com:80"          },
        {"--speed",          "0"                             },
        {"--speed",          "fast"                          },
        {"--speed",          "-1"                            },
        {"--cps",            "-1"                            },
        {"--api-base",       "phone.example.com"             },
        {"--api-base",       "https://phone.example.com/?x=1"},
        {"--media-delay-ms", "-1"                            },
        {"--media-delay-ms", "soon"                          },
        {"--media-max-s",    "0"                             },
        {"--media-max-s",    "86401"                         },
        {"--price-delay-ms", "x"                             },
        {"--seed",           "x"                             },
        {"--quiet=1",        NULL                            },
        {"--app",            NULL                            },
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        auto_arena struct arena *arena = arena_create();
        struct sim_settings settings;
        struct error err = {0};
        bool help = false;
        const char *argv[] = {"switchhook-sim", arena_strdup(arena, wrong[i][0]),
                              arena_strdup(arena, wrong[i][1])};
        int argc = wrong[i][1] ? 3 : 2;
        assert_int_equal(-1,
                         sim_settings_parse(argc, argv, nothing, arena, &settings, &help, &err));
        assert_int_equal(ERROR_INVALID, err.kind);
        assert_non_null(
            strstr(err.message, arena_copy(arena, wrong[i][0], strcspn(wrong[i][0], "="))));
    }
}

static void help_names_every_option_and_no_secret(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct sim_settings settings;
    struct error err = {0};
    bool help = false;
    const char *argv[] = {"switchhook-sim", "--colour", "--help"};
    assert_int_equal(0, sim_settings_parse(3, argv, some, arena, &settings, &help, &err));
    assert_true(help);
    const char *text = sim_settings_help(arena);
    assert_non_null(strstr(text, "--deliver-to"));
    assert_non_null(strstr(text, "TWILIO_API_BASE_URL"));
    assert_null(strstr(text, "a-token-of-the-environment"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_options_everything_has_a_value),
        cmocka_unit_test(the_environment_is_read_and_options_win),
        cmocka_unit_test(what_does_not_fit_is_refused_by_name),
        cmocka_unit_test(help_names_every_option_and_no_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
