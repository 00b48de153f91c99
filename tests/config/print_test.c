/* What is printed from the table: the files in the tree are those prints, and .env.example can be
 * used as it is. */
#include "fixture.h"

static char *printed_by(void (*print)(FILE *out))
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    print(out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static char *file_text(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail_msg("there is no %s", path);
    assert_true(getdelim(&text, &size, '\0', file) > 0);
    assert_int_equal(fclose(file), 0);
    return text;
}

static void assert_file_is_print(const char *path, void (*print)(FILE *out))
{
    char *expected = printed_by(print);
    char *found = file_text(path);
    if (strcmp(expected, found) != 0)
        fail_msg("%s is old: cmake --build build/dev --target print_docs", path);
    free(expected);
    free(found);
}

static void env_example_in_the_tree_is_up_to_date(void **state)
{
    (void)state;
    assert_file_is_print(SOURCE_TREE "/.env.example", config_print_env_example);
}

static void configuration_page_in_the_tree_is_up_to_date(void **state)
{
    (void)state;
    assert_file_is_print(SOURCE_TREE "/docs/configuration.md", config_print_markdown);
}

static void help_fits_into_eighty_columns(void **state)
{
    (void)state;
    char *text = printed_by(config_print_help);
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
        if (strcspn(line, "\n") > 80 &&
            line[6] == ' ') /* a line of names or one long word may be longer */
            fail_msg("%.*s", (int)strcspn(line, "\n"), line);
    assert_non_null(strstr(text, "  TWILIO_API_KEY_SID, TWILIO_API_KEY\n"));
    assert_non_null(strstr(text, "Default: 127.0.0.1:8080"));
    free(text);
}

/** Set what .env.example leaves empty, and take the comment sign from every option that has a
 * default. */
static char *filled_in(const char *example)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    for (const char *line = example; *line != '\0'; line += strcspn(line, "\n") + 1) {
        const int len = (int)strcspn(line, "\n");
        const bool is_option = line[0] == '#' && line[1] >= 'A' && line[1] <= 'Z';
        (void)fprintf(out, "%.*s\n", is_option ? len - 1 : len, is_option ? line + 1 : line);
    }
    assert_int_equal(fclose(out), 0);
    return text;
}

static void env_example_holds_the_defaults(void **state)
{
    struct fixture *fixture = *state;
    load(fixture);
    assert_loads(fixture);
    char *without = effective(fixture->config);
    char *example = printed_by(config_print_env_example);
    char *filled = filled_in(example);
    write_file(fixture, ".env", filled);
    load(fixture);
    assert_loads(fixture);
    char *with = effective(fixture->config);
    assert_string_equal(with, without);
    free(without);
    free(example);
    free(filled);
    free(with);
}

static void env_example_alone_misses_exactly_what_is_required(void **state)
{
    struct fixture *fixture = *state;
    char *example = printed_by(config_print_env_example);
    write_file(fixture, ".env", example);
    free(example);
    fixture->count = 0;
    set(fixture, "HOME=/srv/operator");
    load(fixture);
    assert_mistakes(fixture, 7);
    for (size_t i = 0; i < fixture->report.mistake_count; i++)
        assert_string_equal(fixture->report.mistakes[i].problem, "it is not set");
}

/* ---- other files of the tree that name options -------------------------------------------------
 */

static bool is_name_char(char c)
{
    return c == '_' || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/** Is the name (or what stands before its _FILE) one of --help? */
static bool help_has(const char *help, const char *name, size_t len)
{
    if (len > 5 && strncmp(name + len - 5, "_FILE", 5) == 0 && strncmp(name, "TWILIO_", 7) == 0)
        len -= 5;
    for (const char *at = help; (at = strstr(at, "_")) != NULL; at++) {
        const char *start = at;
        while (start > help && is_name_char(start[-1]))
            start--;
        size_t found = 0;
        while (is_name_char(start[found]))
            found++;
        if (found == len && strncmp(start, name, len) == 0)
            return true;
    }
    return false;
}

static void check_names(const char *path, const char *text, const char *prefix, const char *help)
{
    for (const char *at = text; (at = strstr(at, prefix)) != NULL; at++) {
        size_t len = 0;
        while (is_name_char(at[len]))
            len++;
        if ((at > text && is_name_char(at[-1])) || at[len - 1] == '_')
            continue; /* NEXT_PUBLIC_TWILIO_..., TWILIO_*_URL */
        if (!help_has(help, at, len))
            fail_msg("%s names %.*s, which is no option", path, (int)len, at);
    }
}

static void files_name_only_options_that_exist(void **state)
{
    static const char *const paths[] = {
        SOURCE_TREE "/docs/twilio-setup.md",     SOURCE_TREE "/docs/operations.md",
        SOURCE_TREE "/config/switchhook.env",    SOURCE_TREE "/config/switchhook.service",
        SOURCE_TREE "/config/switchhook.socket", SOURCE_TREE "/config/nginx.conf",
    };
    (void)state;
    char *help = printed_by(config_print_help);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        char *text = file_text(paths[i]);
        check_names(paths[i], text, "SWITCHHOOK_", help);
        check_names(paths[i], text, "TWILIO_", help);
        free(text);
    }
    free(help);
}

static void settings_of_the_service_load_once_filled_in(void **state)
{
    struct fixture *fixture = *state;
    char *text = file_text(SOURCE_TREE "/config/switchhook.env");
    char *filled = filled_in(text);
    const char *const settings[] = {text, filled};
    for (size_t i = 0; i < 2; i++) {
        write_file(fixture, ".env", settings[i]);
        load(fixture);
        assert_loads(fixture);
    }
    assert_string_equal(fixture->config->calls.inbound_identity, "reception");
    free(text);
    free(filled);
}

static void secrets_are_never_printed(void **state)
{
    struct fixture *fixture = *state;
    load(fixture);
    assert_loads(fixture);
    char *text = effective(fixture->config);
    assert_non_null(strstr(text, "TWILIO_AUTH_TOKEN=***\n"));
    assert_non_null(strstr(text, "TWILIO_API_KEY_SECRET=***\n"));
    assert_null(strstr(text, AUTH_TOKEN));
    assert_null(strstr(text, API_SECRET));
    assert_null(strstr(text, "TWILIO_AUTH_TOKEN_SECONDARY"));
    assert_string_equal(secret_shown(&fixture->config->twilio.auth_token), "***");
    assert_string_equal(secret_reveal(&fixture->config->twilio.auth_token), AUTH_TOKEN);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(env_example_in_the_tree_is_up_to_date),
        cmocka_unit_test(configuration_page_in_the_tree_is_up_to_date),
        cmocka_unit_test(help_fits_into_eighty_columns),
        TEST(env_example_holds_the_defaults),
        TEST(env_example_alone_misses_exactly_what_is_required),
        cmocka_unit_test(files_name_only_options_that_exist),
        TEST(settings_of_the_service_load_once_filled_in),
        TEST(secrets_are_never_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
