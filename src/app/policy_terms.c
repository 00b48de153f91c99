/* What a rule of policy.json says: names, numbers, destinations. */
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "policy_reading.h"

enum { NAME_BYTES_MAX = 256 };

/* ---- lists of texts ---- */

typedef bool is_valid_fn(struct strict *strict, const char *text);

bool is_policy_name(const char *text)
{
    size_t len = strlen(text);
    if (len == 0 || len > NAME_BYTES_MAX)
        return false;
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if (*c < ' ' || *c == 0x7f)
            return false;
    }
    return true;
}

static bool is_valid_name(struct strict *strict, const char *text)
{
    (void)strict;
    return is_policy_name(text);
}

/* + and 1 to 15 digits, the first of which is not 0. */
static bool is_prefix(struct strict *strict, const char *text)
{
    (void)strict;
    size_t digits = *text == '+' ? strspn(text + 1, "0123456789") : 0;
    return digits >= 1 && digits <= 15 && text[1] != '0' && text[digits + 1] == '\0';
}

static const char prefix_expected[] =
    "+ and 1 to 15 digits, e.g. \"+44\": all numbers that begin so";

static bool is_own_number(struct strict *strict, const char *text)
{
    const struct config *config = strict->context;
    return text_equal(text, config->twilio.phone_number) ||
           text_list_has(&config->calls.caller_ids, text);
}

static const char own_number_expected[] = "TWILIO_PHONE_NUMBER or one of SWITCHHOOK_CALLER_IDS";

/* The valid ones of an array of texts, in its order. */
static struct text_list read_texts(struct strict *strict,
                                   const char *path,
                                   const json_t *value,
                                   is_valid_fn *is_valid,
                                   const char *expected)
{
    struct text_list list = {0};
    if (!strict_is_array(strict, path, value))
        return list;
    const char **items = arena_alloc(strict->arena, (json_array_size(value) + 1) * sizeof(*items));
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *text = json_string_value(json_array_get(value, i));
        if (text == NULL || !is_valid(strict, text))
            strict_mistake(strict, strict_item_path(strict, path, i),
                           text == NULL ? "it is no text"
                                        : arena_printf(strict->report->arena, "it is \"%s\"",
                                                       strict_shown(strict, text)),
                           expected);
        else
            items[list.count++] = arena_strdup(strict->arena, text);
    }
    list.items = items;
    return list;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void read_sorted(struct strict *strict,
                        const char *path,
                        json_t *value,
                        is_valid_fn *is_valid,
                        const char *expected,
                        struct text_list *out)
{
    *out = read_texts(strict, path, value, is_valid, expected);
    if (out->count > 0)
        qsort((void *)out->items, out->count, sizeof(*out->items), compare_texts);
}

void read_policy_names(struct strict *strict,
                       const char *path,
                       json_t *value,
                       const struct strict_member *member,
                       void *at)
{
    (void)member;
    read_sorted(strict, path, value, is_valid_name, POLICY_NAME_EXPECTED, at);
}

void read_policy_prefixes(struct strict *strict,
                          const char *path,
                          json_t *value,
                          const struct strict_member *member,
                          void *at)
{
    (void)member;
    read_sorted(strict, path, value, is_prefix, prefix_expected, at);
}

void read_policy_caller_ids(struct strict *strict,
                            const char *path,
                            json_t *value,
                            const struct strict_member *member,
                            void *at)
{
    (void)member;
    struct text_list *list = arena_alloc(strict->arena, sizeof(*list));
    *list = read_texts(strict, path, value, is_own_number, own_number_expected);
    *(const struct text_list **)at = list;
}

/* ---- destinations ---- */

/* As written: what is not said is NULL or -1. */
struct written_destinations {
    struct text_list allow;
    struct text_list deny;
    int64_t ranges[POLICY_RANGE_COUNT];
    int64_t otherwise;
};

static void read_prefixes(struct strict *strict,
                          const char *path,
                          json_t *value,
                          const struct strict_member *member,
                          void *at)
{
    (void)member;
    *(struct text_list *)at = read_texts(strict, path, value, is_prefix, prefix_expected);
}

static void read_allowed(struct strict *strict,
                         const char *path,
                         json_t *value,
                         const struct strict_member *member,
                         void *at)
{
    (void)member;
    const char *word = json_string_value(value);
    if (text_equal(word, "allow") || text_equal(word, "deny"))
        *(int64_t *)at = text_equal(word, "allow");
    else
        strict_mistake(strict, path, "it is no such word", "\"allow\" or \"deny\"");
}

static int compare_prefixes(const void *a, const void *b)
{
    return strcmp(((const struct policy_prefix *)a)->text, ((const struct policy_prefix *)b)->text);
}

static void refuse_twice(struct strict *strict,
                         const char *path,
                         const struct policy_prefix *items,
                         size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (text_equal(items[i - 1].text, items[i].text))
            strict_mistake(strict, path,
                           arena_printf(strict->report->arena, "%s is listed twice", items[i].text),
                           "every prefix once, under allow or under deny");
    }
}

static void join_prefixes(struct strict *strict,
                          const char *path,
                          const struct written_destinations *written,
                          struct policy_destinations *out)
{
    size_t count = written->allow.count + written->deny.count;
    struct policy_prefix *items = arena_alloc(strict->arena, (count + 1) * sizeof(*items));
    for (size_t i = 0; i < count; i++) {
        bool allowed = i < written->allow.count;
        items[i].allowed = allowed;
        items[i].text =
            allowed ? written->allow.items[i] : written->deny.items[i - written->allow.count];
    }
    qsort(items, count, sizeof(*items), compare_prefixes);
    refuse_twice(strict, path, items, count);
    out->prefixes = items;
    out->prefix_count = count;
}

/* A list of what is allowed means: nothing else. That can be said otherwise, and with `deny` alone it is. */
void read_policy_destinations(struct strict *strict,
                              const char *path,
                              json_t *value,
                              const struct strict_member *member,
                              void *at)
{
    (void)member;
    /* clang-format off */
    static const struct strict_member members[] = {
        {"allow",     read_prefixes, offsetof(struct written_destinations, allow),     0, 0},
        {"deny",      read_prefixes, offsetof(struct written_destinations, deny),      0, 0},
        {"otherwise", read_allowed,  offsetof(struct written_destinations, otherwise), 0, 0},
#define X(name, word, allowed, about)                                                              \
        {word, read_allowed, offsetof(struct written_destinations, ranges[POLICY_RANGE_##name]), 0, 0},
        POLICY_RANGES(X)
#undef X
    };
    /* clang-format on */
    struct written_destinations written = {.otherwise = json_object_get(value, "allow") == NULL,
#define X(name, word, allowed, about) .ranges[POLICY_RANGE_##name] = (allowed),
                                           POLICY_RANGES(X)
#undef X
    };
    struct policy_destinations *out = arena_alloc(strict->arena, sizeof(*out));
    strict_object(strict, path, value, members, ARRAY_LEN(members), &written);
    for (size_t i = 0; i < POLICY_RANGE_COUNT; i++)
        out->ranges[i] = written.ranges[i] != 0;
    out->otherwise = written.otherwise != 0;
    join_prefixes(strict, path, &written, out);
    *(const struct policy_destinations **)at = out;
}
