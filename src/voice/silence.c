#include "voice/silence.h"

int64_t silence_due_at(const struct silence_settings *settings,
                       enum call_placement placement,
                       enum call_status status,
                       int64_t heard_at_ms)
{
    /* Before Twilio has a call there is nothing to ask about: jobs watch over intended, sending and
     * unknown. */
    if (placement != CALL_PLACEMENT_PLACED || call_status_is_terminal(status))
        return 0;
    if (status == CALL_STATUS_IN_PROGRESS)
        return heard_at_ms + settings->in_progress_ms;
    if (status == CALL_STATUS_RINGING)
        return heard_at_ms + settings->ringing_ms;
    return heard_at_ms + settings->queued_ms;
}

int64_t silence_due_after(const struct silence_settings *settings,
                          const struct decision *decision,
                          int64_t due_at_ms,
                          int64_t now_ms)
{
    bool goes_on = decision->kind == DECIDE_DIAL_NUMBER || decision->kind == DECIDE_DIAL_CLIENT ||
                   decision->kind == DECIDE_MENU || decision->kind == DECIDE_VOICEMAIL ||
                   decision->kind == DECIDE_ANNOUNCE || decision->kind == DECIDE_CONTINUE;
    int64_t soon_ms = now_ms + settings->ending_ms;
    return goes_on || due_at_ms == 0 || due_at_ms < soon_ms ? due_at_ms : soon_ms;
}
