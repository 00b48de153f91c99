#include "app/admission.h"

#include <stddef.h>

#include "core/log.h"
#include "core/macros.h"
#include "core/text.h"

/* How the refusals of a policy are told and counted. */
static const struct {
    enum reason reason;
    enum error_kind kind;
    const char *field; /* of POST /calls */
    size_t counter;
} refusals[] = {
#define REFUSAL(name, field_, member)                                                              \
    {                                                                                              \
        REASON_##name, ERROR_##name, field_, offsetof(struct app_counters, member)                 \
    }
    REFUSAL(DESTINATION_DENIED, "to", refused_destination),
    REFUSAL(CALLER_ID_NOT_ALLOWED, "from", refused_caller_id),
    REFUSAL(TOO_MANY_CALLS, "", refused_at_once),
    REFUSAL(HOURLY_LIMIT, "", refused_hourly),
    REFUSAL(ACCOUNT_LIMIT, "", refused_account),
    REFUSAL(BLOCKED, "", refused_blocked),
#undef REFUSAL
};

int64_t admission_shorter(int64_t a, int64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

int admission_error(const struct policy_verdict *verdict, struct error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        if (refusals[i].reason != verdict->reason)
            continue;
        (void)error_set(err, refusals[i].kind, "%s", verdict->because);
        (void)text_copy(err->field, sizeof(err->field), refusals[i].field);
        err->limit = verdict->limit;
        err->retry_after_s = (verdict->retry_after_ms + 999) / 1000;
        return -1;
    }
    return error_set(err, ERROR_FORBIDDEN, "this call is not allowed");
}

void admission_count(const struct app *app, enum reason reason)
{
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        if (refusals[i].reason == reason)
            metric_add(*(struct metric *const *)((const char *)&app->count + refusals[i].counter),
                       1);
    }
}

/* ---- what the rules say ---- */

static struct policy_party party_of(const struct policy *policy, const struct call_row *call)
{
    return (struct policy_party){
        .identity = call->identity,
        .key = call->owner,
        .group = call->group != NULL ? call->group : policy_group_of(policy, call->identity),
    };
}

/* What is shown to whom is dialled later is judged when that happens, and now: nobody shall be rung in vain. */
static struct policy_verdict judge_later(const struct policy *policy,
                                         const struct policy_party *party,
                                         const struct admission *admission,
                                         struct arena *arena)
{
    if (admission->later_caller_id == NULL)
        return (struct policy_verdict){0};
    return policy_judge_caller_id(policy, party, admission->later_caller_id, NULL, arena);
}

static struct policy_verdict judge(const struct policy *policy,
                                   const struct policy_party *party,
                                   const struct admission *admission,
                                   struct arena *arena)
{
    struct policy_verdict verdict = policy_judge_party(policy, party, arena);
    if (verdict.reason == REASON_NONE)
        verdict = judge_later(policy, party, admission, arena);
    if (verdict.reason != REASON_NONE)
        return verdict;
    if (admission->number != NULL) {
        verdict = policy_judge_destination(policy, party, admission->number, arena);
        if (verdict.reason != REASON_NONE)
            return verdict;
    }
    /* A browser that calls a browser shows who it is, not a number. */
    if (admission->caller_id != NULL || admission->default_caller_id != NULL)
        verdict = policy_judge_caller_id(policy, party, admission->caller_id,
                                         admission->default_caller_id, arena);
    verdict.call_seconds = policy_call_seconds(policy, party);
    return verdict;
}

/* ---- places ---- */

struct counting {
    const struct app *app;
    const struct policy *policy;
    struct policy_party party;
    int64_t hour_ms;
    int64_t now_ms;
    struct usage_row rows[USAGE_COUNTER_COUNT]; /* name NULL: there is none */
};

/* Read every counter of the party, the account's first, and ask whether there is room for one more. */
static int judge_counts(struct store_rx *rx,
                        struct counting *counting,
                        struct arena *arena,
                        struct policy_verdict *out,
                        struct error *err)
{
    for (size_t i = 0; i < USAGE_COUNTER_COUNT && out->reason == REASON_NONE; i++) {
        enum usage_counter counter = (enum usage_counter)i;
        struct usage_row *row = &counting->rows[i];
        *row = (struct usage_row){
            .account_sid = counting->app->config->twilio.account_sid,
            .counter = counter,
            .name =
                counting->policy->counts[i] ? policy_counter_name(counter, &counting->party) : NULL,
        };
        if (row->name == NULL)
            continue;
        if (store_get_usage(rx, row, err) < 0)
            return -1;
        struct policy_caps caps = policy_caps_of(counting->policy, counter, &counting->party);
        struct policy_verdict verdict = policy_judge_count(
            &caps, counter, row->name, &row->usage, counting->hour_ms, counting->now_ms, arena);
        if (verdict.reason != REASON_NONE)
            *out = verdict;
    }
    return 0;
}

static int take_place(struct store_tx *tx,
                      struct counting *counting,
                      const struct call_row *call,
                      struct error *err)
{
    const struct place_row place = {
        .call_number = call->number,
        .account_sid = counting->rows[USAGE_OF_ACCOUNT].account_sid,
        .key = counting->rows[USAGE_OF_KEY].name,
        .group = counting->rows[USAGE_OF_GROUP].name,
        .identity = counting->rows[USAGE_OF_IDENTITY].name,
        .taken_at_ms = counting->now_ms,
    };
    int64_t slot = usage_slot(counting->now_ms, counting->hour_ms);
    for (size_t i = 0; i < USAGE_COUNTER_COUNT; i++) {
        struct usage_row *row = &counting->rows[i];
        if (row->name == NULL)
            continue;
        usage_admit(&row->usage, slot);
        if (store_put_usage(tx, row, err) < 0)
            return -1;
    }
    return store_put_place(tx, &place, err);
}

/* Who counts nobody needs no places. A call that has its place was counted; one that is over already would never give a place back. */
static int needs_place(struct store_rx *rx,
                       const struct policy *policy,
                       const struct admission *admission,
                       struct arena *arena,
                       bool *out,
                       struct error *err)
{
    const struct call_row *call = admission->call;
    struct place_row held;
    *out = policy->counts[USAGE_OF_ACCOUNT] && !call_is_over(call->placement, call->root.status);
    if (!*out || admission->is_new)
        return 0;
    *out = false;
    if (store_get_place(rx, call->number, arena, &held, err) == 0)
        return 0;
    if (err->kind != ERROR_NOT_FOUND)
        return -1;
    error_clear(err);
    *out = true;
    return 0;
}

int admission_decide(struct store_tx *tx,
                     const struct app *app,
                     const struct admission *admission,
                     struct arena *arena,
                     struct policy_verdict *out,
                     struct error *err)
{
    struct store_rx *rx = store_tx_reader(tx);
    struct counting counting = {
        .app = app,
        .policy = app->policy,
        .hour_ms = app->config->calls.policy_hour_ms,
        .now_ms = admission->now_ms,
    };
    bool place = false;
    counting.party = party_of(counting.policy, admission->call);
    struct policy_verdict verdict = judge(counting.policy, &counting.party, admission, arena);
    if (verdict.reason == REASON_NONE) {
        if (needs_place(rx, counting.policy, admission, arena, &place, err) < 0)
            return -1;
        if (place && judge_counts(rx, &counting, arena, &verdict, err) < 0)
            return -1;
        if (place && verdict.reason == REASON_NONE &&
            take_place(tx, &counting, admission->call, err) < 0)
            return -1;
    }
    *out = verdict;
    return 0;
}

/* ---- upkeep ---- */

static int recount(struct store_tx *tx, void *work, struct error *err)
{
    return store_recount_usage(tx, work, err);
}

int admission_recount(const struct app *app, struct error *err)
{
    int64_t corrected = 0;
    if (store_apply(app->store, recount, &corrected, err) < 0)
        return -1;
    if (corrected > 0)
        log_warning("usage.recounted", LOG_INT("corrected", corrected));
    return 0;
}

static int prune(struct store_tx *tx, void *work, struct error *err)
{
    const int64_t *before_slot = work;
    return store_prune_usage(tx, *before_slot, err);
}

int admission_prune(const struct app *app, struct error *err)
{
    int64_t before_slot =
        usage_slot(app_now_ms(app), app->config->calls.policy_hour_ms) - USAGE_SLOTS;
    return store_apply(app->store, prune, &before_slot, err);
}
