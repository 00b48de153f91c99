#include "jobs/call_moves.h"

int call_enqueue(struct store_tx *tx,
                 const struct call_row *call,
                 enum job_kind kind,
                 int64_t run_at_ms,
                 int64_t now_ms,
                 struct error *err)
{
    struct job_row job = {
        .account_sid = call->account_sid,
        .kind = kind,
        .call_number = call->number,
        .run_at_ms = run_at_ms,
        .created_at_ms = now_ms,
    };
    if (store_insert_job(tx, &job, err) == 0)
        return 0;
    if (err->kind != ERROR_CONFLICT)
        return -1;
    error_clear(err);
    return 0;
}

int call_settle_later(struct store_tx *tx,
                      enum call_status before,
                      const struct call_row *call,
                      int64_t after_ms,
                      int64_t now_ms,
                      struct error *err)
{
    if (after_ms == 0 || call->placement != CALL_PLACEMENT_PLACED ||
        call_status_is_terminal(before) || !call_status_is_terminal(call->root.status))
        return 0;
    return call_enqueue(tx, call, JOB_SETTLE_CALL, now_ms + after_ms, now_ms, err);
}

void call_cancel(struct call_row *call, int64_t now_ms)
{
    struct leg_news news = {
        .status = CALL_STATUS_CANCELED, .sequence = -1, .at_ms = now_ms, .duration_s = 0};
    call->placement = CALL_PLACEMENT_CANCELED;
    (void)leg_take_news(&call->root, &news);
    call->outcome = outcome_merge(call->outcome, CALL_OUTCOME_CANCELED);
    call->hangup_wanted = false;
    call->due_at_ms = 0;
}
