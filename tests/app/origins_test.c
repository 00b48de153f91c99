/* Which pages may call us. */
#include "app/origins.h"

#include "support/house.h"

static const char *const settings[] = {
    "SWITCHHOOK_CORS_ORIGINS=https://App.example.com:443,http://localhost:3000,https://"
    "[2001:DB8::1]:8443",
    "TWILIO_WEBHOOK_BASE_URL=https://Voice.example.com:443/below",
    NULL,
};

static void knows_the_origins_in_the_spelling_of_browsers(void **state)
{
    static const struct {
        const char *origin;
        bool listed;
        bool own;
    } cases[] = {
        {"https://app.example.com",                   true,  false},
        {"http://localhost:3000",                     true,  false},
        {"https://[2001:db8::1]:8443",                true,  false},
        {"https://voice.example.com",                 false, true },
        {"https://app.example.com:443",               false, false},
        {"https://App.example.com",                   false, false},
        {"https://app.example.com.evil.test",         false, false},
        {"https://evil.test/https://app.example.com", false, false},
        {"http://app.example.com",                    false, false},
        {"https://app.example.com/",                  false, false},
        {"http://localhost:3001",                     false, false},
        {"https://voice.example.com/below",           false, false},
        {"http://voice.example.com",                  false, false},
        {"null",                                      false, false},
        {"*",                                         false, false},
        {"",                                          false, false},
        {NULL,                                        false, false},
    };
    struct house *house = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *origin = cases[i].origin;
        if (origin_is_listed(house->app->config, origin) != cases[i].listed ||
            origin_is_own(house->app->config, origin) != cases[i].own)
            fail_msg("%s", origin == NULL ? "(none)" : origin);
    }
}

static void takes_another_list_on_reload(void **state)
{
    static const char *const others[] = {"SWITCHHOOK_CORS_ORIGINS=https://other.example.com", NULL};
    struct house *house = *state;
    house_reload(house, others);
    assert_true(origin_is_listed(house->app->config, "https://other.example.com"));
    assert_false(origin_is_listed(house->app->config, "https://app.example.com"));
}

static int set_up(void **state)
{
    static struct house house;
    house_open(&house, settings);
    *state = &house;
    return 0;
}

static int tear_down(void **state)
{
    house_close(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(knows_the_origins_in_the_spelling_of_browsers, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(takes_another_list_on_reload, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
