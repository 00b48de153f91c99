#include "voice/adoption.h"

#include "core/text.h"

static bool is_browser(const char *address)
{
    return text_starts_with(address, "client:");
}

bool adoption_knows(const struct adoption_settings *settings, const char *address)
{
    if (text_is_empty(address))
        return false;
    return text_equal(address, settings->number) ||
           (settings->caller_ids != NULL && text_list_has(settings->caller_ids, address)) ||
           (settings->inbound != NULL && pair_list_get(settings->inbound, address) != NULL);
}

const char *adoption_number(const struct adoption_facts *facts)
{
    const char *number = text_starts_with(facts->direction, "inbound") ? facts->to : facts->from;
    return is_browser(facts->from) || text_is_empty(number) || number[0] != '+' ? NULL : number;
}

/* A trunk's calls go past every voice application, so nothing of ours ever sees them. */
bool adoption_wants(const struct adoption_settings *settings,
                    const struct adoption_facts *facts,
                    bool number_is_ours)
{
    switch (settings->which) {
    case ADOPTION_ALL:
        return true;
    case ADOPTION_NONE:
        return false;
    case ADOPTION_OURS:
        break;
    }
    if (text_starts_with(facts->direction, "trunking"))
        return false;
    return is_browser(facts->from) || number_is_ours ||
           adoption_knows(settings, adoption_number(facts));
}

enum call_direction adoption_direction(const struct adoption_facts *facts)
{
    if (is_browser(facts->from) && text_starts_with(facts->direction, "inbound"))
        return CALL_DIRECTION_OUTBOUND_BROWSER;
    if (text_starts_with(facts->direction, "outbound") ||
        text_equal(facts->direction, "trunking-originating"))
        return CALL_DIRECTION_OUTBOUND_API;
    return CALL_DIRECTION_INBOUND;
}
