/* Whom, as whom, how many, how long. The file's format is app/policy_file.c; where rows are locked is app/admission.c. */
#include "voice/policy.h"

#include <stdlib.h>
#include <string.h>

#include "core/macros.h"
#include "core/text.h"
#include "policy_ranges.h"

static const struct {
    const char *word;
    bool allowed;
    const char *about;
} ranges[] = {
#define X(name, text, permitted, words)                                                            \
    [POLICY_RANGE_##name] = {.word = (text), .allowed = (permitted), .about = (words)},
    POLICY_RANGES(X)
#undef X
};

const char *policy_range_word(enum policy_range range)
{
    return ranges[range].word;
}

bool policy_range_allowed(enum policy_range range)
{
    return ranges[range].allowed;
}

const struct policy *policy_default(void)
{
    static const struct policy_destinations destinations = {
        .ranges =
            {
#define X(name, word, allowed, about) [POLICY_RANGE_##name] = (allowed),
                POLICY_RANGES(X)
#undef X
            },
        .otherwise = true,
    };
#define UNCOUNTED                                                                                  \
    {                                                                                              \
        POLICY_UNLIMITED, POLICY_UNLIMITED                                                         \
    }
    static const struct policy policy = {
        .everybody = {.destinations = &destinations},
        .account = UNCOUNTED,
        .each_identity = UNCOUNTED,
        .each_key = UNCOUNTED,
        .each_group = UNCOUNTED,
    };
#undef UNCOUNTED
    return &policy;
}

/* ---- names ---- */

static int compare_rule(const void *name, const void *rule)
{
    return strcmp(name, ((const struct policy_rule *)rule)->name);
}

static int compare_pair(const void *name, const void *pair)
{
    return strcmp(name, ((const struct text_pair *)pair)->name);
}

static int compare_text(const void *name, const void *text)
{
    return strcmp(name, *(const char *const *)text);
}

static const struct policy_rule *find_rule(const struct policy_rules *rules, const char *name)
{
    if (name == NULL || rules->count == 0)
        return NULL;
    return bsearch(name, rules->items, rules->count, sizeof(*rules->items), compare_rule);
}

static bool sorted_has(const struct text_list *list, const char *text)
{
    return text != NULL && list->count > 0 &&
           bsearch(text, list->items, list->count, sizeof(*list->items), compare_text) != NULL;
}

const char *policy_group_of(const struct policy *policy, const char *identity)
{
    const struct pair_list *members = &policy->members;
    if (identity == NULL || members->count == 0)
        return NULL;
    const struct text_pair *pair =
        bsearch(identity, members->items, members->count, sizeof(*members->items), compare_pair);
    return pair != NULL ? pair->value : NULL;
}

/* Whose rules have a say, with the words for it. */
struct judges {
    struct {
        const struct policy_rule *rule;
        const char *kind;
    } items[USAGE_COUNTER_COUNT];
    size_t count;
};

static void add_judge(struct judges *judges, const struct policy_rule *rule, const char *kind)
{
    if (rule == NULL)
        return;
    judges->items[judges->count].rule = rule;
    judges->items[judges->count++].kind = kind;
}

static struct judges judges_of(const struct policy *policy, const struct policy_party *party)
{
    struct judges judges = {0};
    add_judge(&judges, find_rule(&policy->identities, party->identity), "the identity");
    add_judge(&judges, find_rule(&policy->keys, party->key), "the key");
    add_judge(&judges, find_rule(&policy->groups, party->group), "the group");
    return judges;
}

static struct policy_verdict refuse(enum reason reason, const char *because)
{
    return (struct policy_verdict){.reason = reason, .because = because};
}

/* ---- who ---- */

struct policy_verdict policy_judge_party(const struct policy *policy,
                                         const struct policy_party *party,
                                         struct arena *arena)
{
    const struct {
        const struct text_list *list;
        const char *name;
        const char *kind;
    } looks[] = {
        {&policy->blocked_identities, party->identity, "identity"},
        {&policy->blocked_keys,       party->key,      "key"     },
        {&policy->blocked_groups,     party->group,    "group"   },
    };
    for (size_t i = 0; i < ARRAY_LEN(looks); i++) {
        if (sorted_has(looks[i].list, looks[i].name))
            return refuse(REASON_BLOCKED, arena_printf(arena, "the %s %.128s is blocked",
                                                       looks[i].kind, looks[i].name));
    }
    return (struct policy_verdict){0};
}

bool policy_blocks_caller(const struct policy *policy, const char *from)
{
    for (size_t i = 0; i < policy->blocked_callers.count; i++) {
        if (text_starts_with(from, policy->blocked_callers.items[i]))
            return true;
    }
    return false;
}

/* ---- whom ---- */

static int compare_prefix(const void *text, const void *prefix)
{
    return strcmp(text, ((const struct policy_prefix *)prefix)->text);
}

/* Longest first: a number has few beginnings, a list may have many rows. */
static const struct policy_prefix *find_prefix(const struct policy_destinations *destinations,
                                               const char *number)
{
    char beginning[20];
    size_t len = strlen(number);
    if (len >= sizeof(beginning))
        len = sizeof(beginning) - 1;
    memcpy(beginning, number, len);
    for (; len > 0 && destinations->prefix_count > 0; len--) {
        beginning[len] = '\0';
        const struct policy_prefix *prefix =
            bsearch(beginning, destinations->prefixes, destinations->prefix_count,
                    sizeof(*destinations->prefixes), compare_prefix);
        if (prefix != NULL)
            return prefix;
    }
    return NULL;
}

static struct policy_verdict deny(const char *whose, const char *what, struct arena *arena)
{
    return refuse(REASON_DESTINATION_DENIED, arena_printf(arena, "%s for %s", what, whose));
}

static struct policy_verdict judge_by(const struct policy_destinations *destinations,
                                      const char *whose,
                                      const char *number,
                                      struct arena *arena)
{
    size_t range_len;
    const struct known_range *range = known_range_of(number, &range_len);
    const struct policy_prefix *prefix = find_prefix(destinations, number);
    bool opened = prefix != NULL && prefix->allowed && strlen(prefix->text) >= range_len;
    if (range != NULL && !destinations->ranges[range->range] && !opened)
        return deny(whose,
                    arena_printf(arena, "%s is denied (%s: %s)", range->pattern,
                                 ranges[range->range].about, range->about),
                    arena);
    if (prefix != NULL && !prefix->allowed)
        return deny(whose, arena_printf(arena, "%s is denied", prefix->text), arena);
    if (prefix == NULL && !destinations->otherwise)
        return deny(whose, "this number is on no list of allowed ones", arena);
    return (struct policy_verdict){0};
}

struct policy_verdict policy_judge_destination(const struct policy *policy,
                                               const struct policy_party *party,
                                               const char *number,
                                               struct arena *arena)
{
    struct judges judges = judges_of(policy, party);
    bool judged = false;
    for (size_t i = 0; i < judges.count; i++) {
        const struct policy_rule *rule = judges.items[i].rule;
        if (rule->destinations == NULL)
            continue;
        const char *whose = arena_printf(arena, "%s %.128s", judges.items[i].kind, rule->name);
        struct policy_verdict verdict = judge_by(rule->destinations, whose, number, arena);
        if (verdict.reason != REASON_NONE)
            return verdict;
        judged = true;
    }
    if (judged)
        return (struct policy_verdict){0};
    return judge_by(policy->everybody.destinations, "everybody", number, arena);
}

/* ---- as whom ---- */

/* The lists that have a say: those of the names, else that of everybody, else none. */
struct caller_id_lists {
    const struct text_list *items[USAGE_COUNTER_COUNT];
    size_t count;
};

static struct caller_id_lists caller_ids_of(const struct policy *policy,
                                            const struct policy_party *party)
{
    struct judges judges = judges_of(policy, party);
    struct caller_id_lists lists = {0};
    for (size_t i = 0; i < judges.count; i++) {
        if (judges.items[i].rule->caller_ids != NULL)
            lists.items[lists.count++] = judges.items[i].rule->caller_ids;
    }
    if (lists.count == 0 && policy->everybody.caller_ids != NULL)
        lists.items[lists.count++] = policy->everybody.caller_ids;
    return lists;
}

static bool all_have(const struct caller_id_lists *lists, const char *number)
{
    for (size_t i = 0; i < lists->count; i++) {
        if (!text_list_has(lists->items[i], number))
            return false;
    }
    return true;
}

static const char *first_allowed(const struct caller_id_lists *lists)
{
    for (size_t i = 0; lists->count > 0 && i < lists->items[0]->count; i++) {
        if (all_have(lists, lists->items[0]->items[i]))
            return lists->items[0]->items[i];
    }
    return NULL;
}

struct policy_verdict policy_judge_caller_id(const struct policy *policy,
                                             const struct policy_party *party,
                                             const char *wish,
                                             const char *otherwise,
                                             struct arena *arena)
{
    struct caller_id_lists lists = caller_ids_of(policy, party);
    const char *shown = wish != NULL ? wish : otherwise;
    if (!all_have(&lists, shown))
        shown = wish != NULL ? NULL : first_allowed(&lists);
    if (shown != NULL || lists.count == 0)
        return (struct policy_verdict){.caller_id = shown};
    return refuse(REASON_CALLER_ID_NOT_ALLOWED,
                  arena_printf(arena, "%s",
                               wish != NULL ? "this caller ID is not among those allowed here"
                                            : "no caller ID is allowed here"));
}

/* ---- how long ---- */

int64_t policy_call_seconds(const struct policy *policy, const struct policy_party *party)
{
    struct judges judges = judges_of(policy, party);
    int64_t shortest = 0;
    for (size_t i = 0; i < judges.count; i++) {
        int64_t seconds = judges.items[i].rule->call_seconds;
        if (seconds > 0 && (shortest == 0 || seconds < shortest))
            shortest = seconds;
    }
    return shortest > 0 ? shortest : policy->everybody.call_seconds;
}

/* ---- how many ---- */

const char *policy_counter_name(enum usage_counter counter, const struct policy_party *party)
{
    switch (counter) {
    case USAGE_OF_KEY:
        return party->key;
    case USAGE_OF_GROUP:
        return party->group;
    case USAGE_OF_IDENTITY:
        return party->identity;
    case USAGE_OF_ACCOUNT:
    case USAGE_COUNTER_COUNT:
        break;
    }
    return "";
}

static struct policy_caps
caps_by(const struct policy_rules *rules, const char *name, const struct policy_caps *each)
{
    const struct policy_rule *rule = find_rule(rules, name);
    struct policy_caps caps = *each;
    if (rule != NULL && rule->caps.at_once != POLICY_UNSAID)
        caps.at_once = rule->caps.at_once;
    if (rule != NULL && rule->caps.per_hour != POLICY_UNSAID)
        caps.per_hour = rule->caps.per_hour;
    return caps;
}

struct policy_caps policy_caps_of(const struct policy *policy,
                                  enum usage_counter counter,
                                  const struct policy_party *party)
{
    switch (counter) {
    case USAGE_OF_KEY:
        return caps_by(&policy->keys, party->key, &policy->each_key);
    case USAGE_OF_GROUP:
        return caps_by(&policy->groups, party->group, &policy->each_group);
    case USAGE_OF_IDENTITY:
        return caps_by(&policy->identities, party->identity, &policy->each_identity);
    case USAGE_OF_ACCOUNT:
    case USAGE_COUNTER_COUNT:
        break;
    }
    return policy->account;
}

static const char *
too_many(enum usage_counter counter, const char *name, const char *what, struct arena *arena)
{
    if (counter == USAGE_OF_ACCOUNT)
        return arena_printf(arena, "the whole account %s", what);
    return arena_printf(arena, "the %s %.128s %s", usage_counter_word(counter), name, what);
}

struct policy_verdict policy_judge_count(const struct policy_caps *caps,
                                         enum usage_counter counter,
                                         const char *name,
                                         const struct usage *usage,
                                         int64_t hour_ms,
                                         int64_t now_ms,
                                         struct arena *arena)
{
    bool account = counter == USAGE_OF_ACCOUNT;
    int64_t slot = usage_slot(now_ms, hour_ms);
    struct policy_verdict verdict = {0};
    if (caps->at_once >= 0 && usage->at_once >= caps->at_once) {
        verdict.reason = account ? REASON_ACCOUNT_LIMIT : REASON_TOO_MANY_CALLS;
        verdict.limit = caps->at_once;
        verdict.because = too_many(
            counter, name,
            arena_printf(arena, "may have %lld calls at once, and has", (long long)caps->at_once),
            arena);
    } else if (caps->per_hour >= 0 && usage_in_hour(usage, slot) >= caps->per_hour) {
        verdict.reason = account ? REASON_ACCOUNT_LIMIT : REASON_HOURLY_LIMIT;
        verdict.limit = caps->per_hour;
        verdict.because = too_many(
            counter, name,
            arena_printf(arena, "may make %lld calls an hour, and has", (long long)caps->per_hour),
            arena);
        if (caps->per_hour > 0)
            verdict.retry_after_ms =
                usage_free_slot(usage, slot, caps->per_hour) * (hour_ms / USAGE_SLOTS_PER_HOUR) -
                now_ms;
    }
    return verdict;
}
