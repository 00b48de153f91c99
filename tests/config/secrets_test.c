/* Secrets: read from files and credentials, never shown, never taken from where a browser sees
 * them. */
#include "fixture.h"

/* ---- NAME_FILE
 * -----------------------------------------------------------------------------------------------
 */

/** Sets NAME_FILE to a file with that content. */
static void set_file(struct fixture *fixture, const char *name, const char *data, size_t len)
{
    static char variable[256];
    char *path = write_bytes(fixture, "value", data, len);
    (void)snprintf(variable, sizeof(variable), "%s_FILE=%s", name, path);
    free(path);
    set(fixture, variable);
}

static void a_file_holds_the_secret(void **state)
{
    static const char *const contents[] = {AUTH_TOKEN, AUTH_TOKEN "\n", AUTH_TOKEN "\r\n"};
    struct fixture *fixture = *state;
    unset(fixture, "TWILIO_AUTH_TOKEN");
    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        set_file(fixture, "TWILIO_AUTH_TOKEN", contents[i], strlen(contents[i]));
        load(fixture);
        assert_loads(fixture);
        assert_string_equal(secret_reveal(&fixture->config->twilio.auth_token), AUTH_TOKEN);
    }
}

static void synonyms_and_other_twilio_variables_can_be_in_files_too(void **state)
{
    struct fixture *fixture = *state;
    unset(fixture, "TWILIO_API_KEY_SECRET");
    set_file(fixture, "TWILIO_API_SECRET", API_SECRET, strlen(API_SECRET));
    load(fixture);
    assert_loads(fixture);
    unset(fixture, "TWILIO_API_SECRET_FILE");
    set(fixture, "TWILIO_API_SECRET=" API_SECRET);
    unset(fixture, "TWILIO_ACCOUNT_SID");
    set_file(fixture, "TWILIO_ACCOUNT_SID", "AC" SID32 "\n", 35);
    load(fixture);
    assert_loads(fixture);
    assert_string_equal(fixture->config->twilio.account_sid, "AC" SID32);
}

static void a_bad_file_is_a_mistake(void **state)
{
    static const struct {
        const char *data;
        size_t len;
        const char *problem;
    } rows[] = {
        {"",                0,  "the file is empty"                   },
        {"\n",              1,  "the file is empty"                   },
        {"ab\0cd",          5,  "the file holds a NUL byte"           },
        {AUTH_TOKEN "\n\n", 34, "a space, a line break or another odd"},
        {" " AUTH_TOKEN,    33, "a space, a line break or another odd"},
    };
    struct fixture *fixture = *state;
    unset(fixture, "TWILIO_AUTH_TOKEN");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        set_file(fixture, "TWILIO_AUTH_TOKEN", rows[i].data, rows[i].len);
        load(fixture);
        assert_mistakes(fixture, 1);
        assert_says(fixture, "TWILIO_AUTH_TOKEN_FILE");
        assert_says(fixture, rows[i].problem);
        assert_never_says(fixture, AUTH_TOKEN);
    }
    char big[5000];
    memset(big, 'a', sizeof(big));
    set_file(fixture, "TWILIO_AUTH_TOKEN", big, sizeof(big));
    load(fixture);
    assert_says(fixture, "is larger than 4096 bytes");
    set(fixture, "TWILIO_AUTH_TOKEN_FILE=/nonexistent/token");
    load(fixture);
    assert_mistakes(fixture, 1);
    assert_says(fixture, "the file cannot be opened");
}

static void a_secret_in_place_of_a_path_is_not_shown(void **state)
{
    struct fixture *fixture = *state;
    unset(fixture, "TWILIO_AUTH_TOKEN");
    set(fixture, "TWILIO_AUTH_TOKEN_FILE=" AUTH_TOKEN);
    load(fixture);
    assert_mistakes(fixture, 1);
    assert_never_says(fixture, AUTH_TOKEN);
    assert_says(fixture, "77*** (32 characters)");
}

static void name_and_file_together_are_a_mistake(void **state)
{
    struct fixture *fixture = *state;
    set_file(fixture, "TWILIO_AUTH_TOKEN", AUTH_TOKEN, strlen(AUTH_TOKEN));
    load(fixture);
    assert_mistakes(fixture, 1);
    assert_says(fixture, "TWILIO_AUTH_TOKEN_FILE is set as well; keep one");
}

/* ---- systemd credentials
 * ------------------------------------------------------------------------------------- */

static void credentials_are_read(void **state)
{
    struct fixture *fixture = *state;
    char variable[128];
    (void)snprintf(variable, sizeof(variable), "CREDENTIALS_DIRECTORY=%s", fixture->directory);
    unset(fixture, "TWILIO_AUTH_TOKEN");
    unset(fixture, "TWILIO_API_KEY_SECRET");
    set(fixture, variable);
    write_file(fixture, "TWILIO_AUTH_TOKEN", AUTH_TOKEN "\n");
    write_file(fixture, "TWILIO_API_SECRET", API_SECRET);
    load(fixture);
    assert_loads(fixture);
    assert_string_equal(secret_reveal(&fixture->config->twilio.auth_token), AUTH_TOKEN);
    assert_string_equal(secret_reveal(&fixture->config->twilio.api_key_secret), API_SECRET);
    set(fixture, "TWILIO_AUTH_TOKEN=" AUTH_TOKEN);
    load(fixture);
    assert_loads(fixture); /* both may be there if they agree */
    set(fixture, "TWILIO_AUTH_TOKEN=88888888abcdef88888888abcdef8888");
    load(fixture);
    assert_mistakes(fixture, 1);
    assert_says(fixture, "different values");
    write_file(fixture, "TWILIO_AUTH_TOKEN", "");
    load(fixture);
    assert_mistakes(fixture, 1);
    assert_says(fixture, "the file is empty");
}

/* ---- never shown
 * --------------------------------------------------------------------------------------------- */

/** Every option is given every secret; whatever is said, the secret is not in it. */
static void no_report_ever_holds_a_secret(void **state)
{
    static const char *const secrets[] = {
        "aabbccddabcdef77aabbccddabcdef77",
        "S3cretS3cretS3cretS3cretS3cret00",
        "https://user:Pa55word@phone.example.com",
        "short77",
    };
    static const char *const names[] = {
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_AUTH_TOKEN_SECONDARY",
        "TWILIO_API_KEY_SID",
        "TWILIO_API_KEY",
        "TWILIO_API_KEY_SECRET",
        "TWILIO_API_SECRET",
        "TWILIO_TWIML_APP_SID",
        "TWILIO_PHONE_NUMBER",
        "TWILIO_WEBHOOK_BASE_URL",
        "TWILIO_VOICE_WEBHOOK_URL",
        "TWILIO_REGION",
        "TWILIO_API_BASE_URL",
        "SWITCHHOOK_LISTEN",
        "SWITCHHOOK_AUTH",
        "SWITCHHOOK_WORKERS",
        "SWITCHHOOK_LOG_LEVEL",
        "SWITCHHOOK_CALLER_IDS",
        "SWITCHHOOK_MENU",
        "SWITCHHOOK_TRUSTED_PROXIES",
        "SWITCHHOOK_NO_SUCH",
        "TWILIO_AUTH_TOKEN_FILE",
        "NEXT_PUBLIC_TWILIO_AUTH_TOKEN",
        "SWITCHHOOK_DIALECTS",
        "TWILIO_AUTH_TOKENS",
        "SWITCHHOOK_BODY_MAX_BYTES",
        "SWITCHHOOK_WEBHOOK_OVERRIDES",
        "SWITCHHOOK_CORS_ORIGINS",
    };
    (void)state;
    for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++)
        for (size_t s = 0; s < sizeof(secrets) / sizeof(secrets[0]); s++) {
            struct fixture fixture;
            char variable[256];
            char line[512];
            fixture_init(&fixture);
            const bool harmless = strcmp(secrets[s], "short77") == 0 &&
                                  strstr(names[n], "SECRET") == NULL &&
                                  strstr(names[n], "TOKEN") == NULL;
            (void)snprintf(variable, sizeof(variable), "%s=%s", names[n], secrets[s]);
            (void)snprintf(line, sizeof(line), "%s broken line\n%s\n", secrets[s], variable);
            set(&fixture, variable);
            write_file(&fixture, ".env", line);
            load(&fixture);
            assert_true(fixture.report.mistake_count > 0);
            if (!harmless)
                assert_never_says(&fixture, secrets[s]);
            assert_never_says(&fixture, "Pa55word");
            fixture_release(&fixture);
        }
}

static void what_is_shown_is_safe_for_a_terminal(void **state)
{
    struct fixture *fixture = *state;
    set(fixture, "SWITCHHOOK_LOG_LEVEL=\x1b[2J\xc2\x9b"
                 "2J\n\x7f\xff");
    load(fixture);
    assert_mistakes(fixture, 1);
    for (const char *c = fixture->printed; *c != '\0'; c++)
        assert_true(*c == '\n' || ((unsigned char)*c >= ' ' && (unsigned char)*c < 0x7f));
    set(fixture, "SWITCHHOOK_LOG_LEVEL=\x1b[2J\n\xff");
    load(fixture);
    assert_says(fixture, "\"\\x1b[2J\\x0a\\xff\"");
}

static void a_long_value_is_cut_and_says_so(void **state)
{
    struct fixture *fixture = *state;
    char variable[600] = "SWITCHHOOK_LOG_LEVEL=";
    const size_t start = strlen(variable);
    for (size_t i = start; i < start + 400; i += 2) {
        variable[i] = '\xc3';
        variable[i + 1] = '\xa9';
    }
    set(fixture, variable);
    load(fixture);
    assert_mistakes(fixture, 1);
    assert_says(fixture, "\xc3\xa9\"... (400 bytes)");
}

/* ---- browsers
 * ------------------------------------------------------------------------------------------------
 */

static void a_secret_for_the_browser_stops_the_start(void **state)
{
    static const char *const variables[] = {
        "NEXT_PUBLIC_TWILIO_AUTH_TOKEN=" AUTH_TOKEN,
        "NEXT_PUBLIC_TWILIO_API_SECRET=" AUTH_TOKEN,
        "VITE_TWILIO_API_KEY_SECRET=" AUTH_TOKEN,
        "REACT_APP_TWILIO_AUTH_TOKEN=" AUTH_TOKEN,
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        const size_t count = fixture->count;
        set(fixture, variables[i]);
        load_for(fixture, CONFIG_FOR_NOTHING);
        assert_mistakes(fixture, 1);
        assert_says(fixture, "the page that every visitor downloads");
        assert_says(fixture, "make a new secret");
        assert_never_says(fixture, AUTH_TOKEN);
        fixture->count = count;
        write_file(fixture, ".env", variables[i]);
        load_for(fixture, CONFIG_FOR_NOTHING);
        assert_mistakes(fixture, 1);
        write_file(fixture, ".env", "");
    }
}

static void a_secret_for_the_browser_is_no_source(void **state)
{
    struct fixture *fixture = *state;
    unset(fixture, "TWILIO_AUTH_TOKEN");
    set(fixture, "NEXT_PUBLIC_TWILIO_AUTH_TOKEN=" AUTH_TOKEN);
    load(fixture);
    assert_mistakes(fixture, 2);
    assert_says(fixture, "TWILIO_AUTH_TOKEN\n    problem   it is not set");
}

static void other_public_variables_are_only_mentioned(void **state)
{
    static const char *const variables[] = {
        "NEXT_PUBLIC_TWILIO_ACCOUNT_SID=AC" SID32,
        "NEXT_PUBLIC_TWILIO_APPLICATION_SID=AP" SID32,
        "NEXT_PUBLIC_TWILIO_PHONE_NUMBER=+15005550006",
        "NEXT_PUBLIC_TWILIO_CAPABILITY_TOKEN_URL=/api/twilio/token",
        "NEXT_PUBLIC_TWILIO_AUTH_TOKEN=",
    };
    struct fixture *fixture = *state;
    unset(fixture, "TWILIO_PHONE_NUMBER");
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
        set(fixture, variables[i]);
    set(fixture, "NEXT_PUBLIC_THEME=dark");
    load(fixture);
    assert_mistakes(fixture, 1); /* the number: the public one is no source */
    assert_int_equal(fixture->report.note_count, 5);
    assert_says(
        fixture,
        "NEXT_PUBLIC_TWILIO_PHONE_NUMBER (the environment) is for the browser and not read here");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_holds_the_secret),
        TEST(synonyms_and_other_twilio_variables_can_be_in_files_too),
        TEST(a_bad_file_is_a_mistake),
        TEST(a_secret_in_place_of_a_path_is_not_shown),
        TEST(name_and_file_together_are_a_mistake),
        TEST(credentials_are_read),
        cmocka_unit_test(no_report_ever_holds_a_secret),
        TEST(what_is_shown_is_safe_for_a_terminal),
        TEST(a_long_value_is_cut_and_says_so),
        TEST(a_secret_for_the_browser_stops_the_start),
        TEST(a_secret_for_the_browser_is_no_source),
        TEST(other_public_variables_are_only_mentioned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
