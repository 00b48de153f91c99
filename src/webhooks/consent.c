#include "consent.h"

#include "core/text.h"
#include "voice/routing.h"

void consent_stamp(struct call_row *call, const struct decision *decision, struct arena *arena)
{
    if (decision->announcement == NULL || call->consent_text != NULL)
        return;
    call->consent_text = decision->announcement;
    call->consent_wish =
        arena_printf(arena, "%s %s", record_is_dual(decision->record) ? "dual" : "-",
                     decision->trim == NULL ? "-" : decision->trim);
}

struct decision consent_whisper(const struct call_row *call)
{
    if (call->consent_text == NULL)
        return (struct decision){.kind = DECIDE_CONTINUE};
    return (struct decision){.kind = DECIDE_ANNOUNCE, .announcement = call->consent_text};
}

struct decision consent_heard(struct call_row *call, bool child, int64_t at_ms)
{
    if (call->consent_text != NULL && call->consent_callee_heard_ms == 0)
        call->consent_callee_heard_ms = at_ms;
    /* Only a greeting sends the leg that we called here: what comes is what it would have heard at once. */
    return (struct decision){.kind = child ? DECIDE_CONTINUE : DECIDE_GREET};
}

void consent_caller_heard(struct call_row *call, int64_t at_ms)
{
    if (call->consent_text != NULL && call->consent_caller_heard_ms == 0)
        call->consent_caller_heard_ms = at_ms;
}

bool consent_is_complete(const struct call_row *before, const struct call_row *call)
{
    return before->consent_callee_heard_ms == 0 && call->consent_callee_heard_ms != 0;
}

int consent_start_recording(struct store_tx *tx,
                            const struct call_row *call,
                            int64_t now_ms,
                            struct error *err)
{
    struct job_row job = {
        .account_sid = call->account_sid,
        .kind = JOB_START_RECORDING,
        .call_number = call->number,
        .subject = call->consent_wish,
        .run_at_ms = now_ms,
        .created_at_ms = now_ms,
    };
    if (store_insert_job(tx, &job, err) == 0)
        return 0;
    if (err->kind != ERROR_CONFLICT)
        return -1;
    error_clear(err); /* somebody has asked for it already */
    return 0;
}
