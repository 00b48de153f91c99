#include "jobs/claim.h"

#include "core/text.h"
#include "jobs/call_moves.h"
#include "jobs/call_news.h"
#include "voice/outcome.h"

/* The outcome of a bridge is told by its child legs, which never were another call's. */
static void judge_again(struct call_row *call)
{
    enum call_flow flow = plan_flow(call->plan);
    enum call_outcome known = flow == CALL_FLOW_BRIDGE ? call->outcome : CALL_OUTCOME_NONE;
    call->outcome = outcome_merge(known, outcome_of_root(call->direction, flow, &call->root));
}

static void forget_own_verdict(struct call_row *call)
{
    call->root = leg_state_new();
    call->outcome = CALL_OUTCOME_NONE;
    call->refusal_code = 0;
    call->refusal = NULL;
}

static void exchange_states(struct call_row *a, struct call_row *b)
{
    struct leg_state root = a->root;
    const char *price = a->price;
    const char *price_unit = a->price_unit;
    a->root = b->root;
    a->price = b->price;
    a->price_unit = b->price_unit;
    b->root = root;
    b->price = price;
    b->price_unit = price_unit;
}

static int note(struct store_tx *tx,
                const struct call_news *news,
                const struct call_row *call,
                const char *effect,
                int64_t now_ms,
                struct error *err)
{
    struct timeline_row entry = {
        .call_number = call->number,
        .account_sid = call->account_sid,
        .at_ms = now_ms,
        .kind = TIMELINE_REPAIR,
        .leg_sid = call->root_sid,
        .effect = effect,
        .news = call_news_text(news, call),
    };
    return store_append_timeline(tx, &entry, err);
}

/* Somebody asked to end it; perhaps another one was ended in its stead. */
static int end_if_asked(struct store_tx *tx,
                        struct call_row *call,
                        int64_t now_ms,
                        struct arena *arena,
                        struct error *err)
{
    enum { ENTRIES_READ = 1000 };
    struct timeline_rows entries;
    if (call_status_is_terminal(call->root.status))
        return 0;
    if (store_list_timeline(store_tx_reader(tx), call->number, 0, ENTRIES_READ, arena, &entries,
                            err) < 0)
        return -1;
    for (size_t i = 0; i < entries.count; i++) {
        if (entries.items[i].kind == TIMELINE_REQUEST &&
            text_equal(entries.items[i].route, ROUTE_HANGUP))
            call->hangup_wanted = true;
    }
    return call->hangup_wanted ? call_enqueue(tx, call, JOB_HANGUP_CALL, now_ms, now_ms, err) : 0;
}

/* The other call was taken for this one. `former` is the name that it gets instead, or NULL. */
static int rename_holder(struct store_tx *tx,
                         const struct call_news *news,
                         struct call_row *holder,
                         const char *former,
                         int64_t now_ms,
                         struct arena *arena,
                         struct error *err)
{
    holder->root_sid = former;
    if (former == NULL && holder->plan == NULL) {
        /* Nobody has asked us for it: it was only made to keep news that came without our id. */
        forget_own_verdict(holder);
        call_cancel(holder, now_ms);
    } else if (former == NULL) {
        holder->placement = CALL_PLACEMENT_UNKNOWN;
        holder->due_at_ms = 0;
        forget_own_verdict(holder);
        if (call_enqueue(tx, holder, JOB_FIND_CALL, now_ms, now_ms, err) < 0)
            return -1;
    } else {
        judge_again(holder);
        holder->due_at_ms = call_status_is_terminal(holder->root.status) ? 0 : now_ms;
        if (end_if_asked(tx, holder, now_ms, arena, err) < 0)
            return -1;
    }
    if (store_update_call(tx, holder, err) < 0)
        return -1;
    return note(tx, news, holder, former == NULL ? "was-another" : "exchanged", now_ms, err);
}

static int take_from(struct store_tx *tx,
                     struct call_row *holder,
                     struct call_row *call,
                     const char *sid,
                     int64_t now_ms,
                     struct arena *arena,
                     struct error *err)
{
    const char *former = call->root_sid;
    struct call_news news = call_news_begin(holder, arena);
    exchange_states(call, holder);
    holder->root_sid = NULL; /* a name has one owner at a time */
    call->root_sid = sid;
    judge_again(call);
    if (store_update_call(tx, holder, err) < 0 || store_update_call(tx, call, err) < 0)
        return -1;
    if (rename_holder(tx, &news, holder, former, now_ms, arena, err) < 0)
        return -1;
    return end_if_asked(tx, call, now_ms, arena, err);
}

int call_claim_sid(struct store_tx *tx,
                   struct call_row *call,
                   const char *sid,
                   int64_t now_ms,
                   struct arena *arena,
                   struct error *err)
{
    struct call_row holder;
    if (text_equal(call->root_sid, sid))
        return 0;
    bool held = store_get_call_by_sid(store_tx_reader(tx), sid, arena, &holder, err) == 0;
    if (!held && err->kind != ERROR_NOT_FOUND)
        return -1;
    error_clear(err);
    if (held && !text_equal(holder.root_sid, sid))
        return 0;
    if (!held || call->root_sid == NULL)
        forget_own_verdict(call); /* what Twilio said of a former name goes to its owner */
    call->placement = CALL_PLACEMENT_PLACED;
    if (held && take_from(tx, &holder, call, sid, now_ms, arena, err) < 0)
        return -1;
    call->root_sid = sid;
    return call->hangup_wanted ? call_enqueue(tx, call, JOB_HANGUP_CALL, now_ms, now_ms, err) : 0;
}
