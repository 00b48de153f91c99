/*
 * The reader of policy.json, table by table. What rules say is read by policy_rules.c and policy_terms.c.
 *
 *   { "everybody":  { "destinations": {...}, "caller_ids": [...], "call_seconds": N },
 *     "account", "each_identity", "each_key", "each_group":  { "calls_at_once": N, "calls_per_hour": N },
 *     "identities", "keys", "groups":  { NAME: { all of the above; groups: and "members": [...] } },
 *     "blocked":    { "identities", "keys", "groups", "callers": [...], "answer": "reject" } }
 */
#include "app/policy_file.h"

#include "core/limits.h"
#include "core/text.h"
#include "policy_reading.h"

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
        {"identities", read_policy_names,    offsetof(struct policy, blocked_identities), 0, 0},
        {"keys",       read_policy_names,    offsetof(struct policy, blocked_keys),       0, 0},
        {"groups",     read_policy_names,    offsetof(struct policy, blocked_groups),     0, 0},
        {"callers",    read_policy_prefixes, offsetof(struct policy, blocked_callers),    0, 0},
        {"answer",     read_answer,          offsetof(struct policy, blocked_answer),     0, 0},
    };
    strict_object(strict, path, value, members, ARRAY_LEN(members), at);
}

/* ---- the document ---- */

/* clang-format off */
static const struct strict_member document_members[] = {
    {"$schema",       NULL,                  0,                                      0, 0},
    {"everybody",     read_policy_everybody, offsetof(struct policy, everybody),     0, 0},
    {"account",       read_policy_caps,      offsetof(struct policy, account),       0, 0},
    {"each_identity", read_policy_caps,      offsetof(struct policy, each_identity), 0, 0},
    {"each_key",      read_policy_caps,      offsetof(struct policy, each_key),      0, 0},
    {"each_group",    read_policy_caps,      offsetof(struct policy, each_group),    0, 0},
    {"identities",    read_policy_rules,     offsetof(struct policy, identities),    0, 0},
    {"keys",          read_policy_rules,     offsetof(struct policy, keys),          0, 0},
    {"groups",        read_policy_groups,    0,                                      0, 0},
    {"blocked",       read_blocked,          0,                                      0, 0},
};
/* clang-format on */

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
