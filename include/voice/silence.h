/*
 * How long a call may be silent before Twilio is asked about it. By rank: a ringing call says
 * something soon, a conversation may last.
 */
#ifndef VOICE_SILENCE_H
#define VOICE_SILENCE_H

#include <stdint.h>

#include "voice/call.h"
#include "voice/decision.h"

struct silence_settings {
    int64_t queued_ms;
    int64_t ringing_ms;
    int64_t in_progress_ms;
    int64_t ending_ms; /**< after we have told it to end */
};

/** When to ask if nothing more is heard after `heard_at_ms`; 0 (never) if the call is over or was never placed. */
int64_t silence_due_at(const struct silence_settings *settings,
                       enum call_placement placement,
                       enum call_status status,
                       int64_t heard_at_ms);

/**
 * The same after an instruction of ours. If it ends the call, its end is news that must come soon: without a status
 * callback on the number or the TwiML App nobody would tell us.
 */
int64_t silence_due_after(const struct silence_settings *settings,
                          const struct decision *decision,
                          int64_t due_at_ms,
                          int64_t now_ms);

#endif
