/* Where values come from and which one counts; what is missing, unknown or contradictory; all of it
 * at once. */
#include "fixture.h"

/* ---- defaults and sources
 * ------------------------------------------------------------------------------------ */

static void takes_defaults_for_everything_else(void **state)
{
    struct fixture *fixture = *state;
    load(fixture);
    assert_loads(fixture);
    const struct config *config = fixture->config;
    assert_int_equal(fixture->report.note_count, 0);
    assert_string_equal(config->server.listen.items[0], "127.0.0.1:8080");
    assert_string_equal(config->server.admin_listen.items[0], "127.0.0.1:8081");
    assert_int_equal(config->server.workers, 16);
    assert_int_equal(config->server.connections_max, 1024);
    assert_int_equal(config->server.body_max_bytes, 262144);
    assert_int_equal(config->server.instruction_deadline_ms, 4500);
    assert_true(config_has_dialect(config, CONFIG_DIALECT_QUICKSTART));
    assert_true(config_has_auth(config, CONFIG_AUTH_KEY));
    assert_false(config_has_auth(config, CONFIG_AUTH_NONE));
    assert_int_equal(config->access.signature, CONFIG_SIGNATURE_ENFORCE);
    assert_int_equal(config->calls.token_ttl_s, 3600);
    assert_true(config->calls.token_incoming);
    assert_int_equal(config->calls.ring_timeout_s, 30);
    assert_string_equal(config_record_text(config->calls.record), "do-not-record");
    assert_true(text_list_has(&config->calls.emergency_numbers, "911"));
    assert_string_equal(pair_list_get(&config->speech.menu, "3"), "client:operator");
    assert_null(pair_list_get(&config->speech.menu, "4"));
    assert_string_equal(config->hooks.overrides, "rc=3&rp=all");
    assert_string_equal(config->twilio.api_base_url.text, "https://api.twilio.com");
    assert_int_equal(config->jobs.calls.lease_ms, 60000);
    assert_int_equal(config->log.level, LOG_LEVEL_INFO);
    assert_null(config->speech.voice);
}

static void environment_wins_over_the_file(void **state)
{
    struct fixture *fixture = *state;
    write_file(fixture, ".env",
               "SWITCHHOOK_WORKERS=20\nSWITCHHOOK_READERS=5\nSWITCHHOOK_JOB_WORKERS=7\n");
    set(fixture, "SWITCHHOOK_WORKERS=30");
    set(fixture, "SWITCHHOOK_JOB_WORKERS=");
    load(fixture);
    assert_loads(fixture);
    assert_int_equal(fixture->config->server.workers, 30);
    assert_int_equal(fixture->config->store.readers, 5);
    assert_int_equal(fixture->config->jobs.calls.workers,
                     4); /* set to nothing: the file's is hidden */
    assert_says(fixture, "note: settings are read from ");
}

static void env_file_option_replaces_the_file_in_the_directory(void **state)
{
    struct fixture *fixture = *state;
    char path[128];
    write_file(fixture, ".env", "SWITCHHOOK_WORKERS=20\n");
    write_file(fixture, "other", "SWITCHHOOK_READERS=5\n");
    (void)snprintf(path, sizeof(path), "%s/other", fixture->directory);
    fixture->env_file = path;
    load(fixture);
    assert_loads(fixture);
    assert_int_equal(fixture->config->server.workers, 16);
    assert_int_equal(fixture->config->store.readers, 5);
}

static void env_file_option_must_name_a_file(void **state)
{
    struct fixture *fixture = *state;
    fixture->env_file = "/nonexistent/switchhook.env";
    load(fixture);
    assert_mistakes(fixture, 1);
    assert_says(fixture, "/nonexistent/switchhook.env\n    problem   the file cannot be opened");
    fixture->env_file = fixture->directory;
    load(fixture);
    assert_says(fixture, "is a directory");
}

static void no_file_is_looked_for_when_systemd_started_us(void **state)
{
    struct fixture *fixture = *state;
    char path[128];
    write_file(fixture, ".env", "SWITCHHOOK_WORKERS=20\n");
    fixture->process_id = 4711;
    set(fixture, "INVOCATION_ID=00000000000000000000000000000001");
    set(fixture, "SYSTEMD_EXEC_PID=4712"); /* inherited: a shell of a desktop session */
    load(fixture);
    assert_int_equal(fixture->config->server.workers, 20);
    set(fixture, "SYSTEMD_EXEC_PID=4711");
    load(fixture);
    assert_int_equal(fixture->config->server.workers, 16);
    (void)snprintf(path, sizeof(path), "%s/.env", fixture->directory);
    fixture->env_file = path;
    load(fixture);
    assert_int_equal(fixture->config->server.workers, 20);
}

static void says_when_everybody_can_read_the_file(void **state)
{
    struct fixture *fixture = *state;
    char *path = write_bytes(fixture, ".env", "A=1\n", 4);
    load(fixture);
    assert_never_says(fixture, "chmod 600");
    assert_int_equal(chmod(path, 0644), 0);
    load(fixture);
    assert_loads(fixture);
    assert_says(fixture, "every user of this machine can read");
    free(path);
}

/* ---- synonyms
 * ------------------------------------------------------------------------------------------------
 */

static void takes_every_synonym(void **state)
{
    struct fixture *fixture = *state;
    static const char *const names[] = {"TWILIO_API_KEY_SID", "TWILIO_API_KEY_SECRET",
                                        "TWILIO_TWIML_APP_SID", "TWILIO_PHONE_NUMBER",
                                        "TWILIO_WEBHOOK_BASE_URL"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unset(fixture, names[i]);
    set(fixture, "TWILIO_API_KEY=SK" SID32);
    set(fixture, "TWILIO_API_SECRET=" API_SECRET);
    set(fixture, "TWILIO_APPLICATION_SID=AP" SID32);
    set(fixture, "TWILIO_FROM_NUMBER=+15005550006");
    set(fixture, "BACKEND_URL=https://phone.example.com/");
    load(fixture);
    assert_loads(fixture);
    assert_string_equal(fixture->config->twilio.api_key_sid, "SK" SID32);
    assert_string_equal(secret_reveal(&fixture->config->twilio.api_key_secret), API_SECRET);
    assert_string_equal(fixture->config->twilio.twiml_app_sid, "AP" SID32);
    assert_string_equal(fixture->config->twilio.phone_number, "+15005550006");
    assert_string_equal(fixture->config->hooks.base.text, "https://phone.example.com");
    set(fixture, "TWILIO_CALLER_NUMBER=+15005550006"); /* two of them may agree */
    load(fixture);
    assert_loads(fixture);
}

static void synonyms_that_differ_stop_the_start(void **state)
{
    struct fixture *fixture = *state;
    set(fixture, "TWILIO_CALLER_NUMBER=+14155550100");
    set(fixture, "TWILIO_API_SECRET=Another-secret-for-tests");
    load(fixture);
    assert_mistakes(fixture, 2);
    assert_says(fixture, "TWILIO_PHONE_NUMBER = \"+15005550006\", from the environment; "
                         "TWILIO_CALLER_NUMBER = \"+14155550100\", from the environment");
    assert_says(fixture, "TWILIO_API_KEY_SECRET = S3*** (32 characters)");
    assert_says(fixture, "TWILIO_API_SECRET = An*** (24 characters)");
    assert_never_says(fixture, API_SECRET);
    assert_never_says(fixture, "Another-secret");
}

static void synonyms_in_environment_and_file_must_agree_too(void **state)
{
    struct fixture *fixture = *state;
    write_file(fixture, ".env", "A=1\nTWILIO_CALLER_ID=+14155550100\n");
    load(fixture);
    assert_mistakes(fixture, 1);
    assert_says(fixture, "TWILIO_CALLER_ID = \"+14155550100\", from ");
    assert_says(fixture, ".env, line 2");
}

/* ---- what is missing
 * ----------------------------------------------------------------------------------------- */

static void reports_everything_that_is_missing_at_once(void **state)
{
    struct fixture *fixture = *state;
    fixture->count = 0;
    load(fixture);
    assert_mistakes(fixture, 8);
    assert_says(fixture, "8 mistakes in the configuration:\n");
    assert_says(fixture, "TWILIO_ACCOUNT_SID\n    problem   it is not set\n");
    assert_says(fixture, "where     Twilio Console, Account Dashboard, Account Info\n");
    assert_says(fixture, "TWILIO_API_KEY_SID or TWILIO_API_KEY\n");
    assert_says(fixture, "TWILIO_WEBHOOK_BASE_URL or BACKEND_URL or PUBLIC_BASE_URL\n");
    assert_says(fixture, "SWITCHHOOK_DATABASE\n");
}

static void a_subcommand_asks_only_for_what_it_needs(void **state)
{
    struct fixture *fixture = *state;
    fixture->count = 0;
    load_for(fixture, CONFIG_FOR_NOTHING);
    assert_loads(fixture);
    set(fixture, "SWITCHHOOK_DATABASE=/tmp/a.db");
    load_for(fixture, CONFIG_FOR_KEY);
    assert_loads(fixture);
    load_for(fixture, CONFIG_FOR_TOKEN);
    assert_mistakes(fixture, 4);
    assert_says(fixture, "TWILIO_TWIML_APP_SID");
    assert_never_says(fixture, "TWILIO_AUTH_TOKEN");
}

static void reports_bad_and_missing_values_together(void **state)
{
    struct fixture *fixture = *state;
    unset(fixture, "TWILIO_AUTH_TOKEN");
    set(fixture, "TWILIO_PHONE_NUMBER=5005550006");
    set(fixture, "SWITCHHOOK_LISTEN=everywhere");
    set(fixture, "SWITCHHOOK_NO_SUCH=1");
    load(fixture);
    assert_mistakes(fixture, 4);
}

static void the_same_mistake_is_reported_once(void **state)
{
    struct fixture *fixture = *state;
    set(fixture, "TWILIO_ACCOUNT_SID=nonsense"); /* wrong, so not missing as well */
    set(fixture, "SWITCHHOOK_AUTH=none");
    set(fixture, "SWITCHHOOK_LISTEN=everywhere"); /* wrong, so not judged as too open as well */
    load(fixture);
    assert_mistakes(fixture, 2);
}

/* ---- computed defaults
 * --------------------------------------------------------------------------------------- */

static void finds_a_place_for_the_database(void **state)
{
    static const struct {
        const char *variable;
        const char *path;
    } rows[] = {
        {"HOME=/srv/operator",                                 "/srv/operator/.local/state/switchhook/switchhook.db"},
        {"XDG_STATE_HOME=relative",                            "/srv/operator/.local/state/switchhook/switchhook.db"},
        {"XDG_STATE_HOME=/var/tmp/state",                      "/var/tmp/state/switchhook/switchhook.db"            },
        {"STATE_DIRECTORY=/var/lib/switchhook",                "/var/lib/switchhook/switchhook.db"                  },
        {"STATE_DIRECTORY=/var/lib/switchhook:/var/lib/other", "/var/lib/switchhook/switchhook.db"                  },
        {"SWITCHHOOK_DATABASE=calls.db",                       "calls.db"                                           },
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        set(fixture, rows[i].variable);
        load(fixture);
        assert_loads(fixture);
        assert_string_equal(fixture->config->store.database, rows[i].path);
    }
}

static void takes_the_folder_of_documents_from_systemd(void **state)
{
    struct fixture *fixture = *state;
    load(fixture);
    assert_null(fixture->config->files.directory);
    set(fixture, "CONFIGURATION_DIRECTORY=/etc/switchhook:/etc/other");
    load(fixture);
    assert_string_equal(fixture->config->files.directory, "/etc/switchhook");
    set(fixture, "SWITCHHOOK_CONFIG_DIR=/srv/policy");
    load(fixture);
    assert_string_equal(fixture->config->files.directory, "/srv/policy");
}

static void builds_the_rest_address_by_region_and_edge(void **state)
{
    static const struct {
        const char *region;
        const char *edge;
        const char *url;
    } rows[] = {
        {"TWILIO_REGION=",    "TWILIO_EDGE=",       "https://api.twilio.com"           },
        {"TWILIO_REGION=au1", "TWILIO_EDGE=",       "https://api.au1.twilio.com"       },
        {"TWILIO_REGION=au1", "TWILIO_EDGE=sydney", "https://api.sydney.au1.twilio.com"},
        {"TWILIO_REGION=",    "TWILIO_EDGE=sydney", "https://api.sydney.us1.twilio.com"},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        set(fixture, rows[i].region);
        set(fixture, rows[i].edge);
        load(fixture);
        assert_loads(fixture);
        assert_string_equal(fixture->config->twilio.api_base_url.text, rows[i].url);
    }
    set(fixture, "TWILIO_API_BASE_URL=http://127.0.0.1:9000/");
    load(fixture);
    assert_loads(fixture);
    assert_string_equal(fixture->config->twilio.api_base_url.text, "http://127.0.0.1:9000");
    assert_says(fixture, "not to Twilio");
}

/* ---- names
 * ---------------------------------------------------------------------------------------------------
 */

static void an_unknown_option_of_ours_is_a_mistake(void **state)
{
    static const struct {
        const char *variable;
        const char *says;
    } rows[] = {
        {"SWITCHHOOK_LISTN=x",           "did you mean SWITCHHOOK_LISTEN?"      },
        {"SWITCHHOOK_WOKRERS=x",         "did you mean SWITCHHOOK_WORKERS?"     },
        {"SWITCHHOOK_DATABSE=",          "did you mean SWITCHHOOK_DATABASE?"    },
        {"SWITCHHOOK_RING_TIMEOUT_S=30", "did you mean SWITCHHOOK_RING_TIMEOUT?"},
        {"SWITCHHOOK_LISTEN_FILE=/x",    "there is no such option"              },
        {"SWITCHHOOK_COFFEE_MACHINE=on", "a name from `switchhook --help`"      },
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const size_t count = fixture->count;
        set(fixture, rows[i].variable);
        load_for(fixture, CONFIG_FOR_NOTHING);
        assert_mistakes(fixture, 1);
        assert_says(fixture, rows[i].says);
        fixture->count = count;
        write_file(fixture, ".env", rows[i].variable);
        load_for(fixture, CONFIG_FOR_NOTHING);
        assert_mistakes(fixture, 1);
        assert_says(fixture, ".env, line 1");
        write_file(fixture, ".env", "");
    }
}

static void variables_of_others_are_left_alone(void **state)
{
    struct fixture *fixture = *state;
    set(fixture, "SWITCHHOOK_SIM_SPEED=10");
    set(fixture, "TWILIO_VERIFY_SERVICE_SID=VA" SID32);
    set(fixture, "TWILIO=1");
    set(fixture, "PORT=3000");
    load(fixture);
    assert_loads(fixture);
    assert_int_equal(fixture->report.note_count, 0);
    set(fixture, "TWILIO_ACOUNT_SID=AC" SID32);
    load(fixture);
    assert_loads(fixture);
    assert_says(
        fixture,
        "note: TWILIO_ACOUNT_SID (the environment) is not read; did you mean TWILIO_ACCOUNT_SID?");
}

/* ---- two loads
 * -----------------------------------------------------------------------------------------------
 */

static void says_what_a_reload_cannot_change(void **state)
{
    struct fixture *fixture = *state;
    struct fixture fresh = *fixture;
    load(fixture);
    set(&fresh, "SWITCHHOOK_LISTEN=127.0.0.1:9090");
    set(&fresh, "SWITCHHOOK_WORKERS=20");
    set(&fresh, "SWITCHHOOK_RING_TIMEOUT=60");
    set(&fresh, "TWILIO_AUTH_TOKEN=88888888abcdef88888888abcdef8888");
    load(&fresh);
    assert_loads(&fresh);
    assert_int_equal(config_note_restarts(fixture->config, fixture->config, &fresh.report), 0);
    assert_int_equal(config_note_restarts(fixture->config, fresh.config, &fresh.report), 2);
    assert_string_equal(fresh.report.notes[0], "SWITCHHOOK_LISTEN has changed and needs a restart");
    assert_string_equal(fresh.report.notes[1],
                        "SWITCHHOOK_WORKERS has changed and needs a restart");
    fixture_forget(&fresh);
}

static void others_can_add_to_the_report(void **state)
{
    struct fixture *fixture = *state;
    char variable[] = "TWILIO_VOICE_WEBHOOK_URL";
    load(fixture);
    config_report_mistake(&fixture->report, &(struct config_mistake){.variable = variable,
                                                                     .problem = "no such route"});
    variable[0] = '?';
    assert_int_equal(fixture->report.mistake_count, 1);
    assert_string_equal(fixture->report.mistakes[0].variable, "TWILIO_VOICE_WEBHOOK_URL");
    for (int i = 0; i < 100; i++)
        config_report_note(&fixture->report, "note %d", i);
    assert_string_equal(fixture->report.notes[99], "note 99");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(takes_defaults_for_everything_else),
        TEST(environment_wins_over_the_file),
        TEST(env_file_option_replaces_the_file_in_the_directory),
        TEST(env_file_option_must_name_a_file),
        TEST(no_file_is_looked_for_when_systemd_started_us),
        TEST(says_when_everybody_can_read_the_file),
        TEST(takes_every_synonym),
        TEST(synonyms_that_differ_stop_the_start),
        TEST(synonyms_in_environment_and_file_must_agree_too),
        TEST(reports_everything_that_is_missing_at_once),
        TEST(a_subcommand_asks_only_for_what_it_needs),
        TEST(reports_bad_and_missing_values_together),
        TEST(the_same_mistake_is_reported_once),
        TEST(finds_a_place_for_the_database),
        TEST(takes_the_folder_of_documents_from_systemd),
        TEST(builds_the_rest_address_by_region_and_edge),
        TEST(an_unknown_option_of_ours_is_a_mistake),
        TEST(variables_of_others_are_left_alone),
        TEST(says_what_a_reload_cannot_change),
        TEST(others_can_add_to_the_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
