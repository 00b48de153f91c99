/* The readers of the members of policy.json. */
#ifndef APP_POLICY_READING_H
#define APP_POLICY_READING_H

#include "strict_json.h"
#include "voice/policy.h"

#define POLICY_NAME_EXPECTED "1 to 256 bytes without control characters"

/** Can an identity, a key or a group be called so? */
bool is_policy_name(const char *text);

/** Lists of names and of beginnings of numbers, sorted, into a struct text_list. */
strict_fn read_policy_names, read_policy_prefixes;

/** Numbers of ours, in their order, into a const struct text_list *. The context must be the struct config. */
strict_fn read_policy_caller_ids;

/** Into a const struct policy_destinations *. */
strict_fn read_policy_destinations;

/** Into a struct policy_rule, a struct policy_caps, a struct policy_rules; groups into the struct policy. */
strict_fn read_policy_everybody, read_policy_caps, read_policy_rules, read_policy_groups;

#endif
