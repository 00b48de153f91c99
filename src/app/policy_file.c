/*
 * The reader of policy.json, table by table. The rules are sorted as they are read, so that asking them is a search.
 *
 *   { "everybody":  { "destinations": {...}, "caller_ids": [...], "call_seconds": N },
 *     "account", "each_identity", "each_key", "each_group":  { "calls_at_once": N, "calls_per_hour": N },
 *     "identities", "keys", "groups":  { NAME: { all of the above; groups: and "members": [...] } },
 *     "blocked":    { "identities", "keys", "groups", "callers": [...], "answer": "reject" } }
 */
#include "app/policy_file.h"

#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "core/text.h"
#include "strict_json.h"

enum { CAP_MAX = 1000000, CALL_SECONDS_MAX = 86400, NAME_BYTES_MAX = 256 };

/* ---- lists of texts ---- */

typedef bool is_valid_fn(struct strict *strict, const char *text);

static bool is_name(struct strict *strict, const char *text)
{
    (void)strict;
    size_t len = strlen(text);
    if (len == 0 || len > NAME_BYTES_MAX)
        return false;
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if (*c < ' ' || *c == 0x7f)
            return false;
    }
    return true;
}

static const char name_expected[] = "1 to 256 bytes without control characters";

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

static void read_sorted_names(struct strict *strict,
                              const char *path,
                              json_t *value,
                              const struct strict_member *member,
                              void *at)
{
    (void)member;
    struct text_list list = read_texts(strict, path, value, is_name, name_expected);
    if (list.count > 0)
        qsort((void *)list.items, list.count, sizeof(*list.items), compare_texts);
    *(struct text_list *)at = list;
}

static void read_sorted_prefixes(struct strict *strict,
                                 const char *path,
                                 json_t *value,
                                 const struct strict_member *member,
                                 void *at)
{
    (void)member;
    struct text_list list = read_texts(strict, path, value, is_prefix, prefix_expected);
    if (list.count > 0)
        qsort((void *)list.items, list.count, sizeof(*list.items), compare_texts);
    *(struct text_list *)at = list;
}

static void read_caller_ids(struct strict *strict,
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
static void read_destinations(struct strict *strict,
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

/* ---- rules ---- */

/* clang-format off */
/* Members of a struct policy_caps, of a struct policy_rule, that begins at `at`. */
#define CAP_MEMBERS(at)                                                                            \
    {"calls_at_once",  strict_int, (at) + offsetof(struct policy_caps, at_once),  0, CAP_MAX},     \
    {"calls_per_hour", strict_int, (at) + offsetof(struct policy_caps, per_hour), 0, CAP_MAX}

#define RULE_MEMBERS(at)                                                                           \
    {"destinations", read_destinations, (at) + offsetof(struct policy_rule, destinations), 0, 0},  \
    {"caller_ids",   read_caller_ids,   (at) + offsetof(struct policy_rule, caller_ids),   0, 0},  \
    {"call_seconds", strict_int,        (at) + offsetof(struct policy_rule, call_seconds), 1, CALL_SECONDS_MAX}
/* clang-format on */

/* A rule as written; only a group has members. */
struct written_rule {
    struct policy_rule rule;
    struct text_list members;
};

static void read_everybody(struct strict *strict,
                           const char *path,
                           json_t *value,
                           const struct strict_member *member,
                           void *at)
{
    (void)member;
    static const struct strict_member members[] = {RULE_MEMBERS(0)};
    strict_object(strict, path, value, members, ARRAY_LEN(members), at);
}

static void read_caps(struct strict *strict,
                      const char *path,
                      json_t *value,
                      const struct strict_member *member,
                      void *at)
{
    (void)member;
    static const struct strict_member members[] = {CAP_MEMBERS(0)};
    strict_object(strict, path, value, members, ARRAY_LEN(members), at);
}

static int compare_rules(const void *a, const void *b)
{
    return strcmp(((const struct policy_rule *)a)->name, ((const struct policy_rule *)b)->name);
}

/* Which members a rule has: those of one name, or a group's. */
struct rule_kind {
    const struct strict_member *members;
    size_t count;
};

typedef void took_rule_fn(struct strict *strict,
                          const char *path,
                          const struct written_rule *written,
                          void *context);

static struct policy_rules read_rules(struct strict *strict,
                                      const char *path,
                                      json_t *value,
                                      const struct rule_kind *kind,
                                      took_rule_fn *took,
                                      void *context)
{
    struct policy_rules rules = {0};
    const char *name;
    json_t *inner;
    if (!strict_is_object(strict, path, value))
        return rules;
    struct policy_rule *items =
        arena_alloc(strict->arena, (json_object_size(value) + 1) * sizeof(*items));
    json_object_foreach(value, name, inner)
    {
        const char *where = strict_member_path(strict, path, name);
        struct written_rule written = {
            .rule = {.name = arena_strdup(strict->arena, name),
                     .caps = {.at_once = POLICY_UNSAID, .per_hour = POLICY_UNSAID}}
        };
        if (!is_name(strict, name))
            strict_mistake(strict, where, "it is no name", name_expected);
        strict_object(strict, where, inner, kind->members, kind->count, &written);
        if (took != NULL)
            took(strict, where, &written, context);
        items[rules.count++] = written.rule;
    }
    qsort(items, rules.count, sizeof(*items), compare_rules);
    rules.items = items;
    return rules;
}

static void read_names(struct strict *strict,
                       const char *path,
                       json_t *value,
                       const struct strict_member *member,
                       void *at)
{
    (void)member;
    static const struct strict_member members[] = {
        RULE_MEMBERS(offsetof(struct written_rule, rule)),
        CAP_MEMBERS(offsetof(struct written_rule, rule.caps))};
    static const struct rule_kind kind = {members, ARRAY_LEN(members)};
    *(struct policy_rules *)at = read_rules(strict, path, value, &kind, NULL, NULL);
}

/* ---- groups ---- */

struct member_table {
    struct text_pair *items;
    size_t count;
    size_t room;
};

static size_t count_members(const json_t *groups)
{
    size_t count = 0;
    const char *name;
    json_t *group;
    json_object_foreach((json_t *)groups, name, group) count +=
        json_array_size(json_object_get(group, "members"));
    return count;
}

static void take_members(struct strict *strict,
                         const char *path,
                         const struct written_rule *written,
                         void *context)
{
    (void)strict;
    (void)path;
    struct member_table *table = context;
    for (size_t i = 0; i < written->members.count && table->count < table->room; i++)
        table->items[table->count++] =
            (struct text_pair){written->members.items[i], written->rule.name};
}

static int compare_pairs(const void *a, const void *b)
{
    return strcmp(((const struct text_pair *)a)->name, ((const struct text_pair *)b)->name);
}

static void read_groups(struct strict *strict,
                        const char *path,
                        json_t *value,
                        const struct strict_member *member,
                        void *at)
{
    (void)member;
    static const struct strict_member members[] = {
        RULE_MEMBERS(offsetof(struct written_rule, rule)),
        CAP_MEMBERS(offsetof(struct written_rule, rule.caps)),
        {"members", read_sorted_names, offsetof(struct written_rule, members), 0, 0},
    };
    static const struct rule_kind kind = {members, ARRAY_LEN(members)};
    struct policy *policy = at;
    struct member_table table = {.room = count_members(value)};
    table.items = arena_alloc(strict->arena, (table.room + 1) * sizeof(*table.items));
    policy->groups = read_rules(strict, path, value, &kind, take_members, &table);
    qsort(table.items, table.count, sizeof(*table.items), compare_pairs);
    for (size_t i = 1; i < table.count; i++) {
        if (text_equal(table.items[i - 1].name, table.items[i].name))
            strict_mistake(
                strict, path,
                arena_printf(strict->report->arena, "%.64s is a member twice", table.items[i].name),
                "every identity in one group");
    }
    policy->members = (struct pair_list){table.items, table.count};
}

/* ---- who is blocked ---- */

static void read_answer(struct strict *strict,
                        const char *path,
                        json_t *value,
                        const struct strict_member *member,
                        void *at)
{
    (void)member;
    static const char *const words[] = {
#define X(name, word) [POLICY_ANSWER_##name] = (word),
        POLICY_ANSWERS(X)
#undef X
    };
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (text_equal(words[i], json_string_value(value))) {
            *(enum policy_answer *)at = (enum policy_answer)i;
            return;
        }
    }
    strict_mistake(strict, path, "it is no such word", "\"reject\", \"busy\" or \"say\"");
}

static void read_blocked(struct strict *strict,
                         const char *path,
                         json_t *value,
                         const struct strict_member *member,
                         void *at)
{
    (void)member;
    static const struct strict_member members[] = {
        {"identities", read_sorted_names,    offsetof(struct policy, blocked_identities), 0, 0},
        {"keys",       read_sorted_names,    offsetof(struct policy, blocked_keys),       0, 0},
        {"groups",     read_sorted_names,    offsetof(struct policy, blocked_groups),     0, 0},
        {"callers",    read_sorted_prefixes, offsetof(struct policy, blocked_callers),    0, 0},
        {"answer",     read_answer,          offsetof(struct policy, blocked_answer),     0, 0},
    };
    strict_object(strict, path, value, members, ARRAY_LEN(members), at);
}

/* ---- the document ---- */

static const struct strict_member document_members[] = {
    {"$schema",               NULL,           0,                                        0,                                    0                     },
    {"everybody",             read_everybody, offsetof(struct policy,                   everybody),                           0,                      0},
    {"account",                       read_caps,                             offsetof(struct policy,                                      account),                        0, 0},
    {"each_identity",                      read_caps,                                    offsetof(struct policy,                                                              each_identity),                                                                    0,                                 0},
    {"each_key",                      read_caps,                                   offsetof(struct policy,                                                                           each_key),                                   0,0},
    {"each_group",              read_caps,                           offsetof(struct policy,each_group),0,           0},
    {"identities", read_names,offsetof(struct policy,                          identities),                                                                    0,                                                                                0},
    {"keys",             read_names,                            offsetof(struct policy,                                keys),0,0},
    {"groups",                  read_groups,          0, 0, 0                      },
    {"blocked",                       read_blocked,                              0,                                          0,                                                                    0                                                                                        },
};

/* ---- what is counted ---- */

static bool is_cap(const struct policy_caps *caps)
{
    return caps->at_once >= 0 || caps->per_hour >= 0;
}

static bool is_capped(const struct policy_caps *each, const struct policy_rules *rules)
{
    bool capped = is_cap(each);
    for (size_t i = 0; i < rules->count; i++)
        capped = capped || is_cap(&rules->items[i].caps);
    return capped;
}

static void note_counts(struct policy *policy)
{
    bool *counts = policy->counts;
    counts[USAGE_OF_KEY] = is_capped(&policy->each_key, &policy->keys);
    counts[USAGE_OF_GROUP] = is_capped(&policy->each_group, &policy->groups);
    counts[USAGE_OF_IDENTITY] = is_capped(&policy->each_identity, &policy->identities);
    counts[USAGE_OF_ACCOUNT] = is_cap(&policy->account) || counts[USAGE_OF_KEY] ||
                               counts[USAGE_OF_GROUP] || counts[USAGE_OF_IDENTITY];
}

int policy_read(const struct config *config,
                const struct config_document *document,
                struct arena *arena,
                struct config_report *report,
                const struct policy **out)
{
    struct strict strict = {
        .file = document->path, .report = report, .arena = arena, .context = config};
    struct policy *policy = arena_alloc(arena, sizeof(*policy));
    *policy = *policy_default();
    policy->origin = arena_strdup(arena, document->path);
    json_auto_t *json = strict_parse(&strict, document);
    if (json != NULL)
        strict_object(&strict, "", json, document_members, ARRAY_LEN(document_members), policy);
    if (strict.mistakes > 0)
        return -1;
    note_counts(policy);
    *out = policy;
    return 0;
}

int policy_load(const struct config *config,
                struct arena *arena,
                struct config_report *report,
                const struct policy **out)
{
    auto_arena struct arena *text_arena = arena_create();
    struct config_document document;
    struct error err = {0};
    if (config_document_read(config, POLICY_FILE_NAME, LIMIT_DOCUMENT_BYTES, text_arena, &document,
                             &err) == 0)
        return policy_read(config, &document, arena, report, out);
    if (err.kind == ERROR_NOT_FOUND) {
        *out = policy_default();
        return 0;
    }
    config_report_mistake(
        report, &(struct config_mistake){.variable = document.path, .problem = err.message});
    return -1;
}
