/*
 * The reader of subscriptions.json.
 *
 *   { "subscriptions": { NAME: { "url": "https://...", "events": ["call.*"], "secret_file": "crm-secret",
 *                                "old_secret_file", "identity", "group", "description" } } }
 */
#include "app/subscriptions_file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/webhook_signing.h"
#include "core/limits.h"
#include "core/text.h"
#include "strict_json.h"
#include "voice/news.h"

/* ---- what is asked of a subscription, wherever it comes from ---- */

/* config and net have the same idea of a network, and do not know each other. */
struct net_addresses subscription_addresses(const struct config *config, struct arena *arena)
{
    const struct network_list *from = &config->dispatch.networks;
    struct net_network *also = arena_alloc(arena, (from->count + 1) * sizeof *also);
    for (size_t i = 0; i < from->count; i++) {
        also[i].family = from->items[i].family;
        also[i].prefix_bits = from->items[i].prefix_bits;
        memcpy(also[i].address, from->items[i].address, sizeof also[i].address);
    }
    return (struct net_addresses){also, from->count};
}

bool subscription_is_event(const char *text)
{
    uint64_t kinds = 0;
    return text != NULL && news_kinds_add(text, strlen(text), &kinds);
}

const struct subscription_entry *subscriptions_file_find(const struct subscriptions_file *file,
                                                         const char *name)
{
    for (size_t i = 0; file != NULL && i < file->count; i++)
        if (text_equal(file->items[i].name, name))
            return &file->items[i];
    return NULL;
}

/* ---- values ---- */

static const char *read_plain(struct strict *strict, const char *path, const json_t *value)
{
    const char *text = json_string_value(value);
    bool fits = text != NULL && *text != '\0' && strlen(text) <= SUBSCRIPTION_TEXT_BYTES;
    for (const char *c = text; fits && *c != '\0'; c++)
        fits = (unsigned char)*c >= ' ' && *c != 0x7f;
    if (!fits) {
        strict_mistake(strict, path, "it is no such text",
                       "1 to 256 bytes without control characters");
        return NULL;
    }
    return arena_strdup(strict->arena, text);
}

static void read_text(struct strict *strict,
                      const char *path,
                      json_t *value,
                      const struct strict_member *member,
                      void *at)
{
    (void)member;
    if (!json_is_null(value))
        *(const char **)at = read_plain(strict, path, value);
}

static void read_url(struct strict *strict,
                     const char *path,
                     json_t *value,
                     const struct strict_member *member,
                     void *at)
{
    (void)member;
    struct error err = {0};
    const char *text = json_string_value(value);
    struct net_addresses allowed = subscription_addresses(strict->context, strict->report->arena);
    if (text != NULL && strlen(text) > SUBSCRIPTION_URL_BYTES)
        strict_mistake(strict, path, "it is longer than 2048 bytes", "a shorter URL");
    else if (net_check_url(text == NULL ? "" : text, &allowed, &err) < 0)
        strict_mistake(strict, path, arena_strdup(strict->report->arena, err.message),
                       "an https URL at a public address, or at one of "
                       "SWITCHHOOK_WEBHOOK_NETWORKS");
    else
        *(const char **)at = arena_strdup(strict->arena, text);
}

static void read_events(struct strict *strict,
                        const char *path,
                        json_t *value,
                        const struct strict_member *member,
                        void *at)
{
    (void)member;
    const char *words = "";
    if (!strict_is_array(strict, path, value))
        return;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *text = json_string_value(json_array_get(value, i));
        if (!subscription_is_event(text))
            strict_mistake(strict, strict_item_path(strict, path, i), "it is no event",
                           SUBSCRIPTION_EVENT_EXPECTED);
        else
            words = arena_printf(strict->arena, "%s%s%s", words, *words ? " " : "", text);
    }
    if (json_array_size(value) == 0 || json_array_size(value) > SUBSCRIPTION_EVENTS)
        strict_mistake(strict, path, "it has too few events, or too many", "1 to 100 events");
    *(const char **)at = words;
}

/* ---- secrets ---- */

static const char *secret_path(const struct strict *strict, const char *name)
{
    /* Before there are threads, or on main's. */
    const char *credentials = getenv("CREDENTIALS_DIRECTORY"); /* NOLINT(concurrency-mt-unsafe) */
    const struct config *config = strict->context;
    if (name[0] == '/')
        return name;
    if (credentials != NULL) {
        const char *path = arena_printf(strict->report->arena, "%s/%s", credentials, name);
        if (access(path, F_OK) == 0)
            return path;
    }
    return arena_printf(strict->report->arena, "%s/%s",
                        config->files.directory != NULL ? config->files.directory : ".", name);
}

static void read_secret(struct strict *strict,
                        const char *path,
                        json_t *value,
                        const struct strict_member *member,
                        void *at)
{
    (void)member;
    enum { FILE_BYTES_MAX = 1024 };
    struct config_document file;
    struct error err = {0};
    const char *name = read_plain(strict, path, value);
    if (name == NULL)
        return;
    if (config_file_read(secret_path(strict, name), FILE_BYTES_MAX, strict->arena, &file, &err) <
        0) {
        strict_mistake(
            strict, path, arena_strdup(strict->report->arena, err.message),
            "the name of a file in $CREDENTIALS_DIRECTORY or beside this one, or a path");
        return;
    }
    char *text = arena_copy(strict->arena, file.text, strcspn(file.text, " \t\r\n"));
    if (signing_secret_check(text, &err) < 0)
        strict_mistake(strict, path, "what is in the file is no secret", SIGNING_SECRET_EXPECTED);
    else
        ((struct secret *)at)->hidden = text;
}

/* ---- the document ---- */

static const struct strict_member entry_members[] = {
    {"url",             read_url,    offsetof(struct subscription_entry, url),         0, 0},
    {"events",          read_events, offsetof(struct subscription_entry, events),      0, 0},
    {"identity",        read_text,   offsetof(struct subscription_entry, identity),    0, 0},
    {"group",           read_text,   offsetof(struct subscription_entry, group),       0, 0},
    {"description",     read_text,   offsetof(struct subscription_entry, description), 0, 0},
    {"secret_file",     read_secret, offsetof(struct subscription_entry, secret),      0, 0},
    {"old_secret_file", read_secret, offsetof(struct subscription_entry, old_secret),  0, 0},
};

static bool is_name(const char *text)
{
    static const char legal[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    size_t len = strlen(text);
    return len > 0 && len <= SUBSCRIPTION_NAME_BYTES && strspn(text, legal) == len;
}

static void read_entry(struct strict *strict,
                       const char *path,
                       const char *name,
                       json_t *value,
                       struct subscription_entry *entry)
{
    static const char *const needed[] = {"url", "events", "secret_file"};
    entry->name = arena_strdup(strict->arena, name);
    if (!is_name(name))
        strict_mistake(strict, path, "its name cannot be used",
                       "1 to 64 letters, digits, \"-\", \"_\" and \".\"");
    strict_object(strict, path, value, entry_members, ARRAY_LEN(entry_members), entry);
    for (size_t i = 0; json_is_object(value) && i < ARRAY_LEN(needed); i++)
        if (json_object_get(value, needed[i]) == NULL)
            strict_mistake(strict, path, "a member is missing", needed[i]);
}

static void read_subscriptions(struct strict *strict,
                               const char *path,
                               json_t *value,
                               const struct strict_member *member,
                               void *at)
{
    (void)member;
    struct subscriptions_file *file = at;
    const char *name;
    json_t *inner;
    if (!strict_is_object(strict, path, value))
        return;
    if (json_object_size(value) > LIMIT_SUBSCRIPTIONS) {
        strict_mistake(strict, path, "they are too many", "at most 200 subscriptions");
        return;
    }
    struct subscription_entry *items =
        arena_alloc(strict->arena, (json_object_size(value) + 1) * sizeof *items);
    json_object_foreach(value, name, inner)
    {
        read_entry(strict, strict_member_path(strict, path, name), name, inner,
                   &items[file->count]);
        file->count++;
    }
    file->items = items;
}

static const struct strict_member document_members[] = {
    {"$schema",       NULL,               0, 0, 0},
    {"subscriptions", read_subscriptions, 0, 0, 0},
};

static const struct subscriptions_file no_file = {0};

int subscriptions_file_read(const struct config *config,
                            const struct config_document *document,
                            struct arena *arena,
                            struct config_report *report,
                            const struct subscriptions_file **out)
{
    struct strict strict = {
        .file = document->path, .report = report, .arena = arena, .context = config};
    struct subscriptions_file *file = arena_alloc(arena, sizeof *file);
    json_auto_t *json = strict_parse(&strict, document);
    if (json != NULL)
        strict_object(&strict, "", json, document_members, ARRAY_LEN(document_members), file);
    if (strict.mistakes > 0)
        return -1;
    *out = file;
    return 0;
}

int subscriptions_file_load(const struct config *config,
                            struct arena *arena,
                            struct config_report *report,
                            const struct subscriptions_file **out)
{
    auto_arena struct arena *text_arena = arena_create();
    struct config_document document;
    struct error err = {0};
    if (config_document_read(config, SUBSCRIPTIONS_FILE_NAME, LIMIT_DOCUMENT_BYTES, text_arena,
                             &document, &err) == 0)
        return subscriptions_file_read(config, &document, arena, report, out);
    if (err.kind == ERROR_NOT_FOUND) {
        *out = &no_file;
        return 0;
    }
    config_report_mistake(
        report, &(struct config_mistake){.variable = document.path, .problem = err.message});
    return -1;
}
