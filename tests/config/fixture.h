/* A load in a test: variables in, struct config or printed report out. */
#ifndef TESTS_CONFIG_FIXTURE_H
#define TESTS_CONFIG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/load.h"
#include "config/print.h"

#define SID32 "0123456789abcdef0123456789abcdef"
#define AUTH_TOKEN "77777777abcdef77777777abcdef7777"
#define API_SECRET "S3cretS3cretS3cretS3cretS3cret00"

enum { VARIABLES_MAX = 64 };

/** Everything `serve` must be told, in order; a test copies it and changes what it is about. */
static const char *const good_variables[] = {
    "TWILIO_ACCOUNT_SID=AC" SID32,
    "TWILIO_AUTH_TOKEN=" AUTH_TOKEN,
    "TWILIO_API_KEY_SID=SK" SID32,
    "TWILIO_API_KEY_SECRET=" API_SECRET,
    "TWILIO_TWIML_APP_SID=AP" SID32,
    "TWILIO_PHONE_NUMBER=+15005550006",
    "TWILIO_WEBHOOK_BASE_URL=https://phone.example.com",
    "HOME=/srv/operator",
};

struct fixture {
    const char *variables[VARIABLES_MAX];
    size_t count;
    char directory[64]; /**< for .env and secret files */
    const char *env_file;
    int64_t process_id;
    struct config *config;
    struct config_report report;
    int result;
    char *printed; /**< the report */
};

static inline void set(struct fixture *fixture, const char *variable)
{
    const size_t name_len = strcspn(variable, "=") + 1;
    for (size_t i = 0; i < fixture->count; i++)
        if (strncmp(fixture->variables[i], variable, name_len) == 0) {
            fixture->variables[i] = variable;
            return;
        }
    assert_true(fixture->count < VARIABLES_MAX - 1);
    fixture->variables[fixture->count++] = variable;
}

/** A variable that is not set at all. */
static inline void unset(struct fixture *fixture, const char *name)
{
    const size_t len = strlen(name);
    for (size_t i = 0; i < fixture->count; i++)
        if (strncmp(fixture->variables[i], name, len) == 0 && fixture->variables[i][len] == '=')
            fixture->variables[i] = fixture->variables[--fixture->count];
}

static inline void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){.result = -2};
    (void)snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/config_test.XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    for (size_t i = 0; i < sizeof(good_variables) / sizeof(good_variables[0]); i++)
        set(fixture, good_variables[i]);
}

static inline void fixture_forget(struct fixture *fixture)
{
    config_free(fixture->config);
    fixture->config = NULL;
    config_report_release(&fixture->report);
    free(fixture->printed);
    fixture->printed = NULL;
}

static inline void fixture_release(struct fixture *fixture)
{
    char command[128];
    fixture_forget(fixture);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", fixture->directory);
    assert_int_equal(system(command), 0);
}

/** The path of a file with that content, mode 0600; to be freed. */
static inline char *
write_bytes(const struct fixture *fixture, const char *name, const char *data, size_t len)
{
    char *path = NULL;
    assert_true(asprintf(&path, "%s/%s", fixture->directory, name) > 0);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0600), 0);
    return path;
}

static inline void write_file(const struct fixture *fixture, const char *name, const char *text)
{
    free(write_bytes(fixture, name, text, strlen(text)));
}

static inline void load_for(struct fixture *fixture, unsigned needs)
{
    size_t size;
    fixture_forget(fixture);
    fixture->variables[fixture->count] = NULL;
    const struct config_sources sources = {
        .environment = fixture->variables,
        .env_file = fixture->env_file,
        .directory = fixture->directory,
        .process_id = fixture->process_id,
    };
    config_report_init(&fixture->report);
    fixture->result = config_load(&sources, needs, &fixture->config, &fixture->report);
    FILE *out = open_memstream(&fixture->printed, &size);
    assert_non_null(out);
    config_report_print(&fixture->report, out);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(fixture->result == 0, fixture->config != NULL);
    assert_int_equal(fixture->result == 0, fixture->report.mistake_count == 0);
}

static inline void load(struct fixture *fixture)
{
    load_for(fixture, CONFIG_FOR_SERVE);
}

static inline void assert_says(const struct fixture *fixture, const char *text)
{
    if (strstr(fixture->printed, text) == NULL)
        fail_msg("the report does not say \"%s\":\n%s", text, fixture->printed);
}

static inline void assert_never_says(const struct fixture *fixture, const char *text)
{
    if (strstr(fixture->printed, text) != NULL)
        fail_msg("the report says \"%s\":\n%s", text, fixture->printed);
}

static inline void assert_loads(const struct fixture *fixture)
{
    if (fixture->result != 0)
        fail_msg("%s", fixture->printed);
}

static inline void assert_mistakes(const struct fixture *fixture, size_t count)
{
    if (fixture->result != -1 || fixture->report.mistake_count != count)
        fail_msg("expected %zu mistakes:\n%s", count, fixture->printed);
}

/** NAME=value lines as config_print_effective writes them; to be freed. */
static inline char *effective(const struct config *config)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    config_print_effective(config, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

/** Setup and teardown for cmocka: the state is a fixture with the good variables. */
static inline int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    fixture_init(fixture);
    *state = fixture;
    return 0;
}

static inline int teardown(void **state)
{
    fixture_release(*state);
    free(*state);
    return 0;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

#endif
