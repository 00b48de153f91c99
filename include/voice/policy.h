/*
 * What calls may cost: whom may be called, shown as whom, how many at once and in an hour, how long, and who may not
 * call at all. Pure: rules and facts in, a verdict out. Where the rules come from is none of this room's business
 * (app/policy_file.h reads them); the counts are kept by the store.
 *
 * Who makes a call has up to three names: the identity, the API key (or other owner) that asked for it, and the group.
 * Each may have a rule of its own. Destinations, caller IDs and length: whoever has a rule for them is judged by it,
 * else by that of everybody; if several have one, all must agree, so that a key with narrow rules gains nothing by
 * naming an identity with wide ones. Counts: each name is counted for itself, and the account as a whole.
 */
#ifndef VOICE_POLICY_H
#define VOICE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/text_list.h"
#include "voice/decision.h"
#include "voice/usage.h"

/* ---- the rules ---- */

/** Ranges that this program knows by itself. word in the file, what is done with them if nobody says, for people */
#define POLICY_RANGES(X)                                                                           \
    X(PREMIUM, "premium", false, "premium rate")                                                   \
    X(SATELLITE, "satellite", false, "satellite and international networks")                       \
    X(CARIBBEAN, "caribbean", true, "Caribbean and Atlantic islands below +1")

enum policy_range {
#define X(name, word, allowed, about) POLICY_RANGE_##name,
    POLICY_RANGES(X)
#undef X
        POLICY_RANGE_COUNT
};

/** The word of a range, as the file spells it. */
const char *policy_range_word(enum policy_range range);

/** What is done with a range if nobody says: true is allowed. */
bool policy_range_allowed(enum policy_range range);

/** `+` and digits: all numbers that begin so. */
struct policy_prefix {
    const char *text;
    bool allowed;
};

/** The longest prefix that fits decides, a prefix of the list before one of ours of the same length; else `otherwise`. */
struct policy_destinations {
    const struct policy_prefix *prefixes; /**< sorted by text, each once */
    size_t prefix_count;
    bool ranges[POLICY_RANGE_COUNT]; /**< true: allowed */
    bool otherwise;                  /**< true: allowed */
};

enum { POLICY_UNLIMITED = -1, POLICY_UNSAID = -2 };

/** How many. POLICY_UNLIMITED; in the rule of one name also POLICY_UNSAID: as for each of its kind. */
struct policy_caps {
    int64_t at_once;
    int64_t per_hour;
};

/** What is said about everybody, or about one identity, key or group. */
struct policy_rule {
    const char *name;                               /**< NULL for everybody */
    const struct policy_destinations *destinations; /**< NULL: nothing said */
    const struct text_list *caller_ids;             /**< NULL: nothing said; may be empty */
    int64_t call_seconds;                           /**< 0: nothing said */
    struct policy_caps caps;                        /**< not for everybody */
};

/** Sorted by name, each once. */
struct policy_rules {
    const struct policy_rule *items;
    size_t count;
};

#define POLICY_ANSWERS(X)                                                                          \
    X(REJECT, "reject") /* <Reject>: not answered, costs nothing */                                \
    X(BUSY, "busy")     /* <Reject reason="busy"> */                                               \
    X(SAY, "say")       /* answered, told, ended */

enum policy_answer {
#define X(name, word) POLICY_ANSWER_##name,
    POLICY_ANSWERS(X)
#undef X
};

/** Read-only once made. Names and texts are borrowed. */
struct policy {
    const char *origin; /**< the file, or NULL: there is none, these are the defaults */
    struct policy_rule everybody;
    /** Has anybody a cap of that kind? The account: has anybody any? What nobody caps is not counted, and costs nothing. */
    bool counts[USAGE_COUNTER_COUNT];
    struct policy_caps account;
    struct policy_caps each_identity;
    struct policy_caps each_key;
    struct policy_caps each_group;
    struct policy_rules identities;
    struct policy_rules keys;
    struct policy_rules groups;
    struct pair_list members;            /**< identity -> group; sorted by name */
    struct text_list blocked_identities; /**< these four sorted */
    struct text_list blocked_keys;
    struct text_list blocked_groups;
    struct text_list blocked_callers; /**< prefixes of numbers that call us */
    enum policy_answer blocked_answer;
};

/** The rules where nobody has written any: what our ranges deny is denied, nothing is counted. */
const struct policy *policy_default(void);

/* ---- the verdict ---- */

/** Who makes the call. NULL where there is none. */
struct policy_party {
    const char *identity; /**< the application's spelling */
    const char *key;      /**< the owner of a call that was asked for by REST */
    const char *group;
};

/** What was decided, and why in words: `because` names the rule and its figure, and no whole phone number. */
struct policy_verdict {
    enum reason reason; /**< REASON_NONE: allowed */
    const char *because;
    const char *caller_id;  /**< what to show; allowed calls to numbers */
    int64_t call_seconds;   /**< how long it may last; 0: the policy does not say */
    int64_t limit;          /**< the cap that is reached, else 0 */
    int64_t retry_after_ms; /**< when it helps to try again, else 0 */
};

/** The group of an identity that does not say one itself, or NULL. */
const char *policy_group_of(const struct policy *policy, const char *identity);

/** Is the party blocked? Nothing else is asked. */
struct policy_verdict policy_judge_party(const struct policy *policy,
                                         const struct policy_party *party,
                                         struct arena *arena);

/** May they call this number? `number` is E.164. */
struct policy_verdict policy_judge_destination(const struct policy *policy,
                                               const struct policy_party *party,
                                               const char *number,
                                               struct arena *arena);

/**
 * As which number may they be shown?
 * @param wish      the number that was asked for, or NULL: then `otherwise` if it is allowed, else the first that is
 */
struct policy_verdict policy_judge_caller_id(const struct policy *policy,
                                             const struct policy_party *party,
                                             const char *wish,
                                             const char *otherwise,
                                             struct arena *arena);

/** How long may their call last? Seconds, 0 if nothing is said. */
int64_t policy_call_seconds(const struct policy *policy, const struct policy_party *party);

/** Is a number that calls us blocked? Then blocked_answer says what it hears. */
bool policy_blocks_caller(const struct policy *policy, const char *from);

/* ---- counting ---- */

/** Whose counter it is: "" for the account, NULL if the party has no such name. */
const char *policy_counter_name(enum usage_counter counter, const struct policy_party *party);

/** The caps of that counter for that party. */
struct policy_caps policy_caps_of(const struct policy *policy,
                                  enum usage_counter counter,
                                  const struct policy_party *party);

/** Is there room for one more by this counter? `hour_ms` is how long an hour is. */
struct policy_verdict policy_judge_count(const struct policy_caps *caps,
                                         enum usage_counter counter,
                                         const char *name,
                                         const struct usage *usage,
                                         int64_t hour_ms,
                                         int64_t now_ms,
                                         struct arena *arena);

#endif
