/*
 * find_call: a create that may have arrived. Twilio's list is asked for calls to and from those numbers since then;
 * what nobody else of ours is, is it. A call that is not there after enough looks (the list lags behind) never was.
 */
#include "../internal.h"
#include "../rest_news.h"
#include "../talk.h"

#include "core/text.h"
#include "jobs/call_jobs.h"
#include "voice/plan.h"

/* Twilio's clock and ours may differ by this much. */
enum { CLOCK_SKEW_MS = 60 * 1000 };

struct finding {
    struct attempt *attempt;
    struct call_row call;
    struct rest_call_page page;
    const struct talk *said;
    bool open; /* still unknown, worth asking */
    const char *outcome;
    int64_t sequence;
};

static int look(struct store_tx *tx, void *work, struct error *err)
{
    struct finding *finding = work;
    struct attempt *attempt = finding->attempt;
    finding->open = false;
    if (store_get_call_by_number(store_tx_reader(tx), attempt->job.call_number, attempt->arena,
                                 &finding->call, err) < 0)
        return -1;
    if (finding->call.placement != CALL_PLACEMENT_UNKNOWN)
        return store_finish_job(tx, attempt->job.number, err); /* a callback has named it */
    finding->open = true;
    return 0;
}

static bool could_be(const struct call_row *call, const struct rest_call *candidate)
{
    return text_starts_with(candidate->direction, "outbound-api") &&
           text_equal(candidate->to, call->to) && text_equal(candidate->from, call->from) &&
           candidate->created_at_ms >= call->created_at_ms - CLOCK_SKEW_MS;
}

/* The earliest that could be it and that is no other call of ours. */
static int choose(struct store_rx *rx,
                  const struct finding *finding,
                  struct arena *arena,
                  const struct rest_call **out,
                  struct error *err)
{
    const struct rest_call *best = NULL;
    for (size_t i = 0; i < finding->page.count; i++) {
        const struct rest_call *candidate = &finding->page.items[i];
        struct call_row other;
        if (!could_be(&finding->call, candidate) ||
            (best != NULL && candidate->created_at_ms >= best->created_at_ms))
            continue;
        if (store_get_call_by_sid(rx, candidate->sid, arena, &other, err) == 0)
            continue;
        if (err->kind != ERROR_NOT_FOUND)
            return -1;
        error_clear(err);
        best = candidate;
    }
    *out = best;
    return 0;
}

static int adopt(struct store_tx *tx,
                 struct finding *finding,
                 struct call_row *call,
                 const struct rest_call *found,
                 struct error *err)
{
    struct attempt *attempt = finding->attempt;
    int64_t now_ms = attempt_now_ms(attempt);
    finding->outcome = "found";
    call->placement = CALL_PLACEMENT_PLACED;
    call->root_sid = found->sid;
    (void)call_take_resource(call, found, attempt->with->silence, now_ms);
    if (call->hangup_wanted && call_enqueue(tx, call, JOB_HANGUP_CALL, now_ms, now_ms, err) < 0)
        return -1;
    return store_finish_job(tx, attempt->job.number, err);
}

static int
give_up(struct store_tx *tx, struct finding *finding, struct call_row *call, struct error *err)
{
    struct attempt *attempt = finding->attempt;
    struct leg_news news = {.status = CALL_STATUS_FAILED,
                            .sequence = -1,
                            .at_ms = attempt_now_ms(attempt),
                            .duration_s = 0};
    finding->outcome = "not_there";
    call->placement = CALL_PLACEMENT_REFUSED;
    call->refusal = "the request never reached Twilio: it has no such call";
    (void)leg_take_news(&call->root, &news);
    call->outcome = outcome_merge(call->outcome, CALL_OUTCOME_FAILED);
    call->due_at_ms = 0;
    return store_finish_job(tx, attempt->job.number, err);
}

static int
decide(struct store_tx *tx, struct finding *finding, struct call_row *call, struct error *err)
{
    struct attempt *attempt = finding->attempt;
    const struct rest_call *found;
    if (choose(store_tx_reader(tx), finding, attempt->arena, &found, err) < 0)
        return -1;
    if (found != NULL)
        return adopt(tx, finding, call, found, err);
    if (attempt->job.attempts >= (int)attempt->with->attempts_max)
        return give_up(tx, finding, call, err);
    finding->outcome = "not_yet";
    return store_retry_job(tx, attempt->job.number,
                           attempt_now_ms(attempt) + attempt->with->unknown_retry_ms,
                           "not in Twilio's list yet", err);
}

static int settle(struct store_tx *tx, void *work, struct error *err)
{
    struct finding *finding = work;
    struct attempt *attempt = finding->attempt;
    struct call_row *call = &finding->call;
    if (store_get_call_by_number(store_tx_reader(tx), attempt->job.call_number, attempt->arena,
                                 call, err) < 0)
        return -1;
    if (call->placement != CALL_PLACEMENT_UNKNOWN) {
        finding->outcome = "named_meanwhile";
        return store_finish_job(tx, attempt->job.number, err);
    }
    if (decide(tx, finding, call, err) < 0 || store_update_call(tx, call, err) < 0)
        return -1;
    struct timeline_row entry =
        talk_entry(attempt, finding->said, TIMELINE_REPAIR, "GET /Calls.json");
    entry.leg_sid = call->root_sid;
    entry.effect = finding->outcome;
    if (store_append_timeline(tx, &entry, err) < 0)
        return -1;
    finding->sequence = entry.sequence;
    return 0;
}

static int ask(struct finding *finding, struct talk *said, struct error *err)
{
    const struct attempt *attempt = finding->attempt;
    /* No time filter: StartTime is when a call was answered, and this one may be ringing. Newest come first. */
    struct rest_call_query query = {
        .to = finding->call.to, .from = finding->call.from, .page_size = REST_PAGE_SIZE_MAX};
    struct rest_request request;
    if (rest_list_calls(attempt->with->account, &query, attempt->arena, &request, err) < 0 ||
        talk(attempt, &request, said, err) < 0 || talk_must_be_done(said, err) < 0)
        return -1;
    return rest_read_calls(said->body, said->body_len, attempt->arena, &finding->page, err);
}

int find_call(struct attempt *attempt, struct error *err)
{
    struct finding finding = {.attempt = attempt};
    struct talk said;
    if (store_apply(attempt->with->store, look, &finding, err) < 0)
        return -1;
    if (!finding.open)
        return 0;
    if (ask(&finding, &said, err) < 0)
        return -1;
    finding.said = &said;
    if (store_apply(attempt->with->store, settle, &finding, err) < 0)
        return -1;
    attempt_count(attempt, finding.outcome);
    attempt_publish(attempt, EVENT_CALL_PLACEMENT, finding.sequence);
    runner_wake(attempt->runner);
    return 0;
}
