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
