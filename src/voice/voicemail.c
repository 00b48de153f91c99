#include "voice/voicemail.h"

#include "core/macros.h"
#include "core/text.h"

static bool is_one_of(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (text_equal(text, words[i]))
            return true;
    }
    return false;
}

static bool nobody_was_reached(const char *dial_call_status)
{
    static const char *const unreached[] = {"busy", "no-answer", "failed"};
    return dial_call_status == NULL || is_one_of(dial_call_status, unreached, ARRAY_LEN(unreached));
}

bool voicemail_is_offered(const struct voicemail_facts *facts)
{
    return facts->direction == CALL_DIRECTION_INBOUND && !facts->hangup_wanted &&
           facts->outcome != CALL_OUTCOME_ANSWERED &&
           !call_status_is_terminal(facts->root_status) &&
           nobody_was_reached(facts->dial_call_status);
}

const char *
voicemail_greeting(const struct greetings *greetings, const char *number, const char *identity)
{
    const char *greeting = number == NULL ? NULL : pair_list_get(&greetings->numbers, number);
    if (greeting == NULL && identity != NULL)
        greeting = pair_list_get(&greetings->identities, identity);
    return greeting != NULL ? greeting : greetings->otherwise;
}

bool voicemail_greeting_is_url(const char *greeting)
{
    return text_starts_with(greeting, "https://");
}

enum voicemail_verdict voicemail_judge_recording(const struct voicemail_recording *recording)
{
    static const char *const silent[] = {"absent", "failed"};
    if (recording->voicemail_at_ms == 0 ||
        is_one_of(recording->status, silent, ARRAY_LEN(silent)) || recording->duration_s == 0)
        return VOICEMAIL_NONE;
    if (!text_equal(recording->source, "RecordVerb"))
        return text_is_empty(recording->source) ? VOICEMAIL_UNDECIDED : VOICEMAIL_NONE;
    bool heard = recording->duration_s > 0 || text_equal(recording->status, "completed");
    return heard ? VOICEMAIL_LEFT : VOICEMAIL_UNDECIDED;
}
