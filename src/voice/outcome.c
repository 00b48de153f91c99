#include "voice/outcome.h"

#include <string.h>

#include "core/text.h"

enum call_flow plan_flow(const char *plan)
{
    static const char member[] = "flow=";
    enum { MEMBER_LEN = sizeof(member) - 1, LONGEST = 16 };
    enum call_flow flow = CALL_FLOW_GREETING;
    if (plan == NULL || strncmp(plan, member, MEMBER_LEN) != 0)
        return flow;
    /* plan_to_text writes the flow first, and its words need no escaping */
    char word[LONGEST];
    size_t len = strcspn(plan + MEMBER_LEN, "&");
    if (len >= sizeof(word))
        return flow;
    memcpy(word, plan + MEMBER_LEN, len);
    word[len] = '\0';
    (void)call_flow_from_text(word, &flow);
    return flow;
}

enum call_outcome
outcome_of_root(enum call_direction direction, enum call_flow flow, const struct leg_state *root)
{
    bool person_is_at_the_root =
        direction == CALL_DIRECTION_OUTBOUND_API && flow != CALL_FLOW_BRIDGE;
    if (person_is_at_the_root || root->status != CALL_STATUS_COMPLETED)
        return outcome_of_leg(root);
    return CALL_OUTCOME_NONE;
}
