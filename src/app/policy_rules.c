/*
 * The rules of policy.json: for everybody, for single names, and for groups, who have members. They are sorted as they
 * are read, so that asking them is a search.
 */
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "policy_reading.h"

enum { CAP_MAX = 1000000, CALL_SECONDS_MAX = 86400 };

/* ---- rules ---- */

/* clang-format off */
/* Members of a struct policy_caps, of a struct policy_rule, that begins at `at`. */
#define CAP_MEMBERS(at)                                                                            \
    {"calls_at_once",  strict_int, (at) + offsetof(struct policy_caps, at_once),  0, CAP_MAX},     \
    {"calls_per_hour", strict_int, (at) + offsetof(struct policy_caps, per_hour), 0, CAP_MAX}

#define RULE_MEMBERS(at)                                                                           \
    {"destinations", read_policy_destinations, (at) + offsetof(struct policy_rule, destinations), 0, 0},  \
    {"caller_ids",   read_policy_caller_ids,   (at) + offsetof(struct policy_rule, caller_ids),   0, 0},  \
    {"call_seconds", strict_int,        (at) + offsetof(struct policy_rule, call_seconds), 1, CALL_SECONDS_MAX}
/* clang-format on */

/* A rule as written; only a group has members. */
struct written_rule {
    struct policy_rule rule;
    struct text_list members;
};

void read_policy_everybody(struct strict *strict,
                           const char *path,
                           json_t *value,
                           const struct strict_member *member,
                           void *at)
{
    (void)member;
    static const struct strict_member members[] = {RULE_MEMBERS(0)};
    strict_object(strict, path, value, members, ARRAY_LEN(members), at);
}

void read_policy_caps(struct strict *strict,
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
        if (!is_policy_name(name))
            strict_mistake(strict, where, "it is no name", POLICY_NAME_EXPECTED);
        strict_object(strict, where, inner, kind->members, kind->count, &written);
        if (took != NULL)
            took(strict, where, &written, context);
        items[rules.count++] = written.rule;
    }
    qsort(items, rules.count, sizeof(*items), compare_rules);
    rules.items = items;
    return rules;
}

void read_policy_rules(struct strict *strict,
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

void read_policy_groups(struct strict *strict,
                        const char *path,
                        json_t *value,
                        const struct strict_member *member,
                        void *at)
{
    (void)member;
    static const struct strict_member members[] = {
        RULE_MEMBERS(offsetof(struct written_rule, rule)),
        CAP_MEMBERS(offsetof(struct written_rule, rule.caps)),
        {"members", read_policy_names, offsetof(struct written_rule, members), 0, 0},
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
