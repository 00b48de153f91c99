/* The reader of greetings.json. */
#include "app/greetings_file.h"

#include <string.h>

#include "core/limits.h"
#include "core/text.h"
#include "policy_reading.h"

enum {
    SAID_BYTES_MAX = 3000, /* Twilio's limit for one <Say> with the newer voices, error 13521 */
    URL_BYTES_MAX = 2048,
};

static const char greeting_expected[] =
    "a sentence of at most 3000 bytes, or an https URL of a sound";

/* Spaces and signs that no URL has; what comes after https:// is somebody's host. */
static bool is_url(const char *text)
{
    size_t len = strlen(text);
    const char *host = text + strlen("https://");
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if (*c <= ' ' || *c >= 0x7f || strchr("\"<>\\^`{|}", *c) != NULL)
            return false;
    }
    return len <= URL_BYTES_MAX && *host != '\0' && *host != '/' && *host != ':';
}

/* What XML can hold: no control characters but those between words. */
static bool is_sentence(const char *text)
{
    size_t len = strlen(text);
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if ((*c < ' ' && *c != '\t' && *c != '\n' && *c != '\r') || *c == 0x7f)
            return false;
    }
    return len > 0 && len <= SAID_BYTES_MAX && !text_starts_with(text, "http://");
}

static bool is_greeting(const char *text)
{
    return voicemail_greeting_is_url(text) ? is_url(text) : is_sentence(text);
}

typedef bool is_name_fn(const char *name);

/* An object of names and greetings, into a struct pair_list. */
static void read_pairs(struct strict *strict,
                       const char *path,
                       json_t *value,
                       is_name_fn *is_name,
                       const char *name_expected,
                       struct pair_list *out)
{
    const char *name = NULL;
    json_t *item = NULL;
    if (!strict_is_object(strict, path, value))
        return;
    struct text_pair *pairs =
        arena_alloc(strict->arena, (json_object_size(value) + 1) * sizeof(*pairs));
    size_t count = 0;
    json_object_foreach(value, name, item)
    {
        const char *text = json_string_value(item);
        const char *place = strict_member_path(strict, path, name);
        if (!is_name(name))
            strict_mistake(strict, place, "nothing is called so", name_expected);
        else if (text == NULL || !is_greeting(text))
            strict_mistake(strict, place, "it cannot be said or played", greeting_expected);
        else
            pairs[count++] = (struct text_pair){arena_strdup(strict->arena, name),
                                                arena_strdup(strict->arena, text)};
    }
    *out = (struct pair_list){pairs, count};
}

static void read_numbers(struct strict *strict,
                         const char *path,
                         json_t *value,
                         const struct strict_member *member,
                         void *at)
{
    (void)member;
    read_pairs(strict, path, value, text_is_e164, "a number in E.164 form, e.g. +15005550006", at);
}

static void read_identities(struct strict *strict,
                            const char *path,
                            json_t *value,
                            const struct strict_member *member,
                            void *at)
{
    (void)member;
    read_pairs(strict, path, value, is_policy_name, POLICY_NAME_EXPECTED, at);
}

static const struct strict_member members[] = {
    {"$schema",        NULL,                      0,           0, 0},
    { "numbers",    read_numbers, offsetof(struct greetings,    numbers), 0, 0},
    { "identities", read_identities, offsetof(struct greetings, identities), 0, 0},
};

static struct greetings *without_document(const struct config *config, struct arena *arena)
{
    struct greetings *greetings = arena_alloc(arena, sizeof(*greetings));
    *greetings = (struct greetings){.otherwise = config->voicemail.greeting};
    return greetings;
}

int greetings_read(const struct config *config,
                   const struct config_document *document,
                   struct arena *arena,
                   struct config_report *report,
                   const struct greetings **out)
{
    struct strict strict = {.file = document->path, .report = report, .arena = arena};
    struct greetings *greetings = without_document(config, arena);
    json_auto_t *json = strict_parse(&strict, document);
    if (json != NULL)
        strict_object(&strict, "", json, members, ARRAY_LEN(members), greetings);
    if (strict.mistakes > 0)
        return -1;
    *out = greetings;
    return 0;
}

/* The option's own text may be an URL as well. */
static int check_option(const struct config *config, struct config_report *report)
{
    if (is_greeting(config->voicemail.greeting))
        return 0;
    config_report_mistake(report,
                          &(struct config_mistake){.variable = "SWITCHHOOK_VOICEMAIL_GREETING",
                                                   .problem = "it cannot be said or played",
                                                   .expected = greeting_expected});
    return -1;
}

int greetings_load(const struct config *config,
                   struct arena *arena,
                   struct config_report *report,
                   const struct greetings **out)
{
    auto_arena struct arena *text_arena = arena_create();
    struct config_document document;
    struct error err = {0};
    if (check_option(config, report) < 0)
        return -1;
    if (config_document_read(config, GREETINGS_FILE_NAME, LIMIT_DOCUMENT_BYTES, text_arena,
                             &document, &err) == 0)
        return greetings_read(config, &document, arena, report, out);
    if (err.kind == ERROR_NOT_FOUND) {
        *out = without_document(config, arena);
        return 0;
    }
    config_report_mistake(
        report, &(struct config_mistake){.variable = document.path, .problem = err.message});
    return -1;
}
