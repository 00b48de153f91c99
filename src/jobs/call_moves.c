#include "jobs/call_moves.h"

#include "core/text.h"

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

static void forget_conclusions(struct call_row *call)
{
    bool concluded =
        call->placement == CALL_PLACEMENT_REFUSED || call->placement == CALL_PLACEMENT_CANCELED;
    if (!concluded)
        return;
    if (call->placement == CALL_PLACEMENT_CANCELED)
        call->hangup_wanted = true;
    call->root = leg_state_new();
    call->outcome = CALL_OUTCOME_NONE;
    call->refusal = NULL;
    call->refusal_code = 0;
}

/* The other row keeps what it has heard; what was heard of the root leg is true of this one too. */
static int close_other(struct store_tx *tx,
                       struct call_row *other,
                       struct call_row *call,
                       int64_t now_ms,
                       struct arena *arena,
                       struct error *err)
{
    if (call_status_rank(other->root.status) > call_status_rank(call->root.status))
        call->root = other->root;
    call->outcome = outcome_merge(call->outcome, other->outcome);
    other->root_sid = NULL;
    other->refusal = arena_printf(arena, "this is the call %s", call->id);
    call_cancel(other, now_ms);
    return store_update_call(tx, other, err);
}

int call_take_name(struct store_tx *tx,
                   struct call_row *call,
                   const char *sid,
                   int64_t now_ms,
                   struct arena *arena,
                   struct error *err)
{
    struct call_row other;
    forget_conclusions(call);
    if (store_get_call_by_sid(store_tx_reader(tx), sid, arena, &other, err) < 0) {
        if (err->kind != ERROR_NOT_FOUND)
            return -1;
        error_clear(err);
    } else if (other.number != call->number && text_equal(other.root_sid, sid) &&
               close_other(tx, &other, call, now_ms, arena, err) < 0) {
        return -1;
    }
    call->root_sid = sid;
    call->placement = CALL_PLACEMENT_PLACED;
    return 0;
}
