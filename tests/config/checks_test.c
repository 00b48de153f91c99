/* What only several options together can get wrong. */
#include "fixture.h"

enum { SETTINGS_MAX = 5 };

struct row {
    const char *settings[SETTINGS_MAX];
    const char *mistake; /**< what the report says, or NULL: it loads */
};

static void run(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct fixture fixture;
        fixture_init(&fixture);
        for (size_t s = 0; s < SETTINGS_MAX && rows[i].settings[s] != NULL; s++)
            set(&fixture, rows[i].settings[s]);
        load(&fixture);
        if (rows[i].mistake == NULL) {
            assert_loads(&fixture);
        } else {
            assert_int_equal(fixture.result, -1);
            assert_says(&fixture, rows[i].mistake);
        }
        fixture_release(&fixture);
    }
}

#define ROW(says, ...)                                                                             \
    {                                                                                              \
        .mistake = (says), .settings = { __VA_ARGS__ }                                             \
    }
#define RUN(rows) run((rows), sizeof(rows) / sizeof((rows)[0]))

static void an_open_server_is_for_this_machine_alone(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW(NULL, "SWITCHHOOK_AUTH=none", "TWILIO_WEBHOOK_BASE_URL=http://127.0.0.1:8080"),
        ROW(NULL, "SWITCHHOOK_AUTH=none", "TWILIO_WEBHOOK_BASE_URL=http://localhost:8080",
            "SWITCHHOOK_LISTEN=[::1]:8080"),
        ROW(NULL, "SWITCHHOOK_SIGNATURE=off", "TWILIO_WEBHOOK_BASE_URL=http://127.0.0.1:8080",
            "TWILIO_AUTH_TOKEN="),
        ROW("none is for this machine alone, but the public address is https://phone.example.com",
            "SWITCHHOOK_AUTH=none"),
        ROW("off is for this machine alone, but the public address is", "SWITCHHOOK_SIGNATURE=off"),
        ROW("but SWITCHHOOK_LISTEN has 0.0.0.0:8080", "SWITCHHOOK_AUTH=none",
            "TWILIO_WEBHOOK_BASE_URL=http://127.0.0.1:8080",
            "SWITCHHOOK_LISTEN=127.0.0.1:8080,0.0.0.0:8080"),
        ROW("but SWITCHHOOK_LISTEN has unix:/run/s.sock", "SWITCHHOOK_SIGNATURE=off",
            "TWILIO_WEBHOOK_BASE_URL=http://127.0.0.1:8080", "SWITCHHOOK_LISTEN=unix:/run/s.sock"),
        ROW("but SWITCHHOOK_LISTEN has systemd", "SWITCHHOOK_AUTH=none",
            "TWILIO_WEBHOOK_BASE_URL=http://127.0.0.1:8080", "SWITCHHOOK_LISTEN=systemd"),
        ROW("TWILIO_WEBHOOK_BASE_URL or BACKEND_URL or PUBLIC_BASE_URL", "SWITCHHOOK_AUTH=none",
            "TWILIO_WEBHOOK_BASE_URL="),
        ROW("none cannot stand with other words", "SWITCHHOOK_AUTH=key,none",
            "TWILIO_WEBHOOK_BASE_URL=http://127.0.0.1:8080"),
    };
    RUN(rows);
}

static void numbers_must_fit_each_other(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW(NULL, "SWITCHHOOK_WORKERS=2", "SWITCHHOOK_CONNECTIONS_MAX=240"),
        ROW("241 connections are too many for 2 workers\n    expected  at most 240",
            "SWITCHHOOK_WORKERS=2", "SWITCHHOOK_CONNECTIONS_MAX=241"),
        ROW("could be taken over while its REST request", "SWITCHHOOK_JOB_LEASE_MS=30000"),
        ROW(NULL, "SWITCHHOOK_JOB_LEASE_MS=30001"),
        ROW("longer than SWITCHHOOK_JOB_BACKOFF_MAX_MS", "SWITCHHOOK_JOB_BACKOFF_MS=2",
            "SWITCHHOOK_JOB_BACKOFF_MAX_MS=1"),
        ROW("longer than SWITCHHOOK_MEDIA_BACKOFF_MAX_MS", "SWITCHHOOK_MEDIA_BACKOFF_MS=2",
            "SWITCHHOOK_MEDIA_BACKOFF_MAX_MS=1"),
        ROW("longer than SWITCHHOOK_REST_TIMEOUT_MS", "SWITCHHOOK_REST_TIMEOUT_MS=4999"),
    };
    RUN(rows);
}

#define S3_GIVEN                                                                                   \
    "SWITCHHOOK_STORAGE=s3", "SWITCHHOOK_S3_ACCESS_KEY_ID=key",                                    \
        "SWITCHHOOK_S3_SECRET_ACCESS_KEY=secret"

static void a_store_must_be_complete(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW(NULL, S3_GIVEN, "SWITCHHOOK_S3_BUCKET=recordings"),
        ROW("SWITCHHOOK_S3_BUCKET\n", S3_GIVEN),
        ROW("SWITCHHOOK_S3_SECRET_ACCESS_KEY\n", "SWITCHHOOK_STORAGE=s3",
            "SWITCHHOOK_S3_BUCKET=recordings", "SWITCHHOOK_S3_ACCESS_KEY_ID=key"),
        ROW("it has a path", "SWITCHHOOK_S3_ENDPOINT=https://s3.example.com/recordings"),
        ROW(NULL, "SWITCHHOOK_S3_ENDPOINT=http://127.0.0.1:9000"),
        ROW("it is no beginning of an object's name", "SWITCHHOOK_S3_PREFIX=/calls"),
        ROW("it is no beginning of an object's name", "SWITCHHOOK_S3_PREFIX=a/../b"),
        ROW("it is no beginning of an object's name", "SWITCHHOOK_S3_PREFIX=a%2fb"),
        ROW(NULL, "SWITCHHOOK_S3_PREFIX=calls/2026"),
        ROW("no certificate is for its host", S3_GIVEN, "SWITCHHOOK_S3_BUCKET=a.b",
            "SWITCHHOOK_S3_STYLE=host"),
        ROW(NULL, S3_GIVEN, "SWITCHHOOK_S3_BUCKET=a.b"),
        ROW("it is longer than SWITCHHOOK_S3_TIMEOUT_MS", S3_GIVEN,
            "SWITCHHOOK_S3_BUCKET=recordings", "SWITCHHOOK_S3_TIMEOUT_MS=4999"),
    };
    RUN(rows);
}

static void addresses_must_make_sense(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("plain http would show the account's secret",
            "TWILIO_API_BASE_URL=http://api.twilio.com"),
        ROW("plain http would show the account's secret",
            "TWILIO_API_BASE_URL=http://127.0.0.1.example.com"),
        ROW(NULL, "TWILIO_API_BASE_URL=http://[::1]:9000"),
        ROW(NULL, "TWILIO_API_BASE_URL=https://simulator.example.com"),
        ROW("127.0.0.1:8080 is in SWITCHHOOK_LISTEN too", "SWITCHHOOK_ADMIN_LISTEN=127.0.0.1:8080"),
        ROW(NULL, "SWITCHHOOK_LISTEN=127.0.0.1:0", "SWITCHHOOK_ADMIN_LISTEN=127.0.0.1:0"),
    };
    RUN(rows);
}

static void secrets_must_be_the_right_ones(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("it is the same as TWILIO_AUTH_TOKEN", "TWILIO_API_KEY_SECRET=" AUTH_TOKEN),
        ROW("TWILIO_AUTH_TOKEN is not set",
            "TWILIO_AUTH_TOKEN=", "TWILIO_AUTH_TOKEN_SECONDARY=" AUTH_TOKEN),
        ROW(NULL, "TWILIO_AUTH_TOKEN_SECONDARY=88888888abcdef88888888abcdef8888"),
    };
    RUN(rows);
}

static void notes_what_is_allowed_but_odd(void **state)
{
    static const struct {
        const char *setting;
        const char *note;
    } rows[] = {
        {"TWILIO_WEBHOOK_BASE_URL=http://localhost:3002",
         "Twilio cannot reach http://localhost:3002"                                            },
        {"TWILIO_WEBHOOK_BASE_URL=http://phone.example.com",  "is plain http"                   },
        {"SWITCHHOOK_ADMIN_LISTEN=0.0.0.0:8081",
         "health and metrics on 0.0.0.0:8081 need no credentials"                               },
        {"TWILIO_AUTH_TOKEN_SECONDARY=" AUTH_TOKEN,           "is the same as TWILIO_AUTH_TOKEN"},
        {"TWILIO_API_BASE_URL=https://simulator.example.com",
         "REST requests go to https://simulator.example.com, not to Twilio"                     },
        {"TWILIO_AUTH_TOKEN=an-auth-token-for-tests",
         "TWILIO_AUTH_TOKEN is not 32 hexadecimal digits"                                       },
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture copy = *fixture;
        set(&copy, rows[i].setting);
        load(&copy);
        assert_loads(&copy);
        assert_int_equal(copy.report.note_count, 1);
        assert_says(&copy, rows[i].note);
        fixture_forget(&copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_open_server_is_for_this_machine_alone),
        cmocka_unit_test(numbers_must_fit_each_other),
        cmocka_unit_test(a_store_must_be_complete),
        cmocka_unit_test(addresses_must_make_sense),
        cmocka_unit_test(secrets_must_be_the_right_ones),
        TEST(notes_what_is_allowed_but_odd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
