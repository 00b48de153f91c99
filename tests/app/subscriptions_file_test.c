/* subscriptions.json: what it means, and that whatever is wrong with it is told, all of it, each with its place. */
#include "app/subscriptions_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/text.h"
#include "support/cmocka_all.h"

struct reading {
    char folder[64];
    struct arena *arena;
    struct config config;
    struct config_report report;
    const struct subscriptions_file *file;
};

static void write_file(const struct reading *reading, const char *name, const char *text)
{
    FILE *file = fopen(arena_printf(reading->arena, "%s/%s", reading->folder, name), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
    struct reading *reading = calloc(1, sizeof(*reading));
    reading->arena = arena_create();
    (void)snprintf(reading->folder, sizeof reading->folder, "/tmp/switchhook-file-XXXXXX");
    assert_non_null(mkdtemp(reading->folder));
    reading->config.files.directory = reading->folder;
    config_report_init(&reading->report);
    write_file(reading, "one", "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB\n");
    write_file(reading, "two", "whsec_AgICAgICAgICAgICAgICAgICAgICAgIC");
    write_file(reading, "none", "nothing\n");
    (void)unsetenv("CREDENTIALS_DIRECTORY");
    *state = reading;
    return 0;
}

static int tear_down(void **state)
{
    struct reading *reading = *state;
    static const char *const files[] = {"one", "two", "none", "credentials/one", "credentials"};
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        (void)remove(arena_printf(reading->arena, "%s/%s", reading->folder, files[i]));
    (void)rmdir(reading->folder);
    config_report_release(&reading->report);
    arena_free(reading->arena);
    free(reading);
    return 0;
}

static int read_text(struct reading *reading, const char *text)
{
    const struct config_document document = {
        .path = "subscriptions.json", .text = text, .len = strlen(text)};
    return subscriptions_file_read(&reading->config, &document, reading->arena, &reading->report,
                                   &reading->file);
}

static void reads_what_is_said(void **state)
{
    struct reading *reading = *state;
    assert_int_equal(
        read_text(reading,
                  "{\"$schema\":\"x\",\"subscriptions\":{\"crm\":{\"url\":\"https://hooks.example."
                  "com/in\",\"events\":[\"call.*\",\"leg.ended\"],\"secret_file\":\"one\","
                  "\"old_secret_file\":\"two\",\"identity\":\"alice\",\"group\":\"support\","
                  "\"description\":\"the CRM\"},\"log\":{\"url\":\"https://8.8.8.8/\",\"events\":"
                  "[\"*\"],\"secret_file\":\"two\",\"identity\":null}}}"),
        0);
    const struct subscription_entry *crm = subscriptions_file_find(reading->file, "crm");
    const struct subscription_entry *log = subscriptions_file_find(reading->file, "log");
    assert_int_equal(reading->file->count, 2);
    assert_string_equal(crm->url, "https://hooks.example.com/in");
    assert_string_equal(crm->events, "call.* leg.ended");
    assert_string_equal(crm->identity, "alice");
    assert_string_equal(crm->group, "support");
    assert_string_equal(crm->description, "the CRM");
    assert_string_equal(secret_reveal(&crm->secret), "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB");
    assert_string_equal(secret_reveal(&crm->old_secret), "whsec_AgICAgICAgICAgICAgICAgICAgICAgIC");
    assert_false(secret_is_set(&log->old_secret));
    assert_null(log->identity);
    assert_null(subscriptions_file_find(reading->file, "nobody"));
    assert_null(subscriptions_file_find(NULL, "crm"));
}

static void an_empty_one_has_nobody(void **state)
{
    struct reading *reading = *state;
    assert_int_equal(read_text(reading, "{}"), 0);
    assert_int_equal(reading->file->count, 0);
    assert_int_equal(
        subscriptions_file_load(&reading->config, reading->arena, &reading->report, &reading->file),
        0);
    assert_int_equal(reading->file->count, 0);
}

static void credentials_come_first(void **state)
{
    struct reading *reading = *state;
    const char *folder = arena_printf(reading->arena, "%s/credentials", reading->folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    write_file(reading, "credentials/one", "whsec_AgICAgICAgICAgICAgICAgICAgICAgIC");
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
    assert_int_equal(read_text(reading,
                               "{\"subscriptions\":{\"a\":{\"url\":\"https://hooks.example.com\","
                               "\"events\":[\"*\"],\"secret_file\":\"one\"}}}"),
                     0);
    assert_string_equal(secret_reveal(&reading->file->items[0].secret),
                        "whsec_AgICAgICAgICAgICAgICAgICAgICAgIC");
}

#define ENTRY(members) "{\"subscriptions\":{\"a\":{" members "}}}"
#define URL "\"url\":\"https://hooks.example.com\","
#define EVENTS "\"events\":[\"*\"],"
#define SECRET "\"secret_file\":\"one\""

static void tells_each_mistake_with_its_place(void **state)
{
    struct reading *reading = *state;
    static const struct {
        const char *text;
        const char *place;
    } wrong[] = {
        {"[]",                                                         "subscriptions.json"          },
        {"{\"subscriptions\":[]}",                                     "/subscriptions"              },
        {"{\"webhooks\":{}}",                                          "/webhooks"                   },
        {ENTRY(EVENTS SECRET),                                         "/subscriptions/a"            },
        {ENTRY(URL SECRET),                                            "/subscriptions/a"            },
        {ENTRY(URL "\"events\":[\"*\"]"),                              "/subscriptions/a"            },
        {ENTRY("\"url\":\"http://hooks.example.com\"," EVENTS SECRET), "/subscriptions/a/url"        },
        {ENTRY("\"url\":\"https://10.0.0.1\"," EVENTS SECRET),         "/subscriptions/a/url"        },
        {ENTRY("\"url\":7," EVENTS SECRET),                            "/subscriptions/a/url"        },
        {ENTRY(URL "\"events\":[]," SECRET),                           "/subscriptions/a/events"     },
        {ENTRY(URL "\"events\":[\"*\",\"call\"]," SECRET),             "/subscriptions/a/events/1"   },
        {ENTRY(URL "\"events\":\"*\"," SECRET),                        "/subscriptions/a/events"     },
        {ENTRY(URL EVENTS "\"secret_file\":\"missing\""),              "/subscriptions/a/secret_file"},
        {ENTRY(URL EVENTS "\"secret_file\":\"none\""),                 "/subscriptions/a/secret_file"},
        {ENTRY(URL EVENTS "\"secret\":\"whsec_\""),                    "/subscriptions/a/secret"     },
        {ENTRY(URL EVENTS SECRET ",\"identity\":\"\""),                "/subscriptions/a/identity"   },
        {ENTRY(URL EVENTS SECRET ",\"group\":\"a\\nb\""),              "/subscriptions/a/group"      },
        {"{\"subscriptions\":{\"a b\":{" URL EVENTS SECRET "}}}",      "/subscriptions/a b"          },
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        size_t before = reading->report.mistake_count;
        if (read_text(reading, wrong[i].text) == 0)
            fail_msg("taken: %s", wrong[i].text);
        assert_true(reading->report.mistake_count > before);
        const struct config_mistake *mistake = &reading->report.mistakes[before];
        if (strstr(mistake->variable, wrong[i].place) == NULL)
            fail_msg("%s: told of %s", wrong[i].text, mistake->variable);
    }
}

static void a_network_that_is_named_is_allowed(void **state)
{
    struct reading *reading = *state;
    static const struct config_network ten = {.family = 2, .address = {10}, .prefix_bits = 8};
    reading->config.dispatch.networks = (struct network_list){&ten, 1, false};
    assert_int_equal(read_text(reading, ENTRY("\"url\":\"https://10.0.0.1\"," EVENTS SECRET)), 0);
    assert_int_equal(read_text(reading, ENTRY("\"url\":\"https://11.0.0.1\"," EVENTS SECRET)), 0);
    assert_int_equal(read_text(reading, ENTRY("\"url\":\"https://127.0.0.1\"," EVENTS SECRET)), -1);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        EACH(reads_what_is_said),
        EACH(an_empty_one_has_nobody),
        EACH(credentials_come_first),
        EACH(tells_each_mistake_with_its_place),
        EACH(a_network_that_is_named_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
