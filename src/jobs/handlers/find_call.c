/*
 * find_call: a create that may have arrived. Twilio's list is asked for calls between those numbers at that time; the
 * earliest that is no other call of ours is it. A call that is not there after a while (the list lags behind) never was.
 *
 * The list does not say which request made a call. So while another call of ours between the same numbers has no name
 * yet, a call that Twilio lists may be that one: who is being sent is waited for, and who was lost first chooses first.
 */
#include "../internal.h"
#include "../repair.h"
#include "../talk.h"

#include <string.h>

#include "core/text.h"
#include "jobs/call_moves.h"
#include "jobs/call_news.h"
#include "voice/plan.h"

/* Twilio's clock and ours may differ by the first; a call without a name is not older than the second. */
enum { CLOCK_SKEW_MS = 60 * 1000, NAMELESS_MS = 60 * 60 * 1000, SIBLINGS_MAX = 200 };

struct finding {
    struct attempt *attempt;
    struct call_row call;
    struct rest_call_page page;
    const struct talk *said;
    bool open; /* still unknown, worth asking */
    const char *outcome;
    const struct rest_call *found; /* NULL: not (yet) */
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
        return attempt_finish(tx, attempt, err); /* a callback has named it */
    finding->open = true;
    return 0;
}

static bool same_numbers(const struct call_row *call, const char *from, const char *to)
{
    return text_equal(call->from, from) && text_equal(call->to, to);
}

/* Twilio made it when our request may have arrived: between the intent and our loss of it, which made this job. */
static bool could_be(const struct finding *finding, const struct rest_call *candidate)
{
    const struct call_row *call = &finding->call;
    int64_t lost_at_ms = finding->attempt->job.created_at_ms;
    return text_starts_with(candidate->direction, "outbound-api") &&
           same_numbers(call, candidate->from, candidate->to) &&
           candidate->created_at_ms >= call->created_at_ms - CLOCK_SKEW_MS &&
           candidate->created_at_ms <= lost_at_ms + CLOCK_SKEW_MS;
}

/* May what Twilio lists be a call of ours that has no name yet, and comes before this one? */
static int is_preceded(struct store_rx *rx,
                       const struct finding *finding,
                       struct arena *arena,
                       bool *out,
                       struct error *err)
{
    const struct call_row *call = &finding->call;
    struct call_filter filter = {
        .account_sid = call->account_sid,
        .number = call->to,
        .since_ms = call->created_at_ms - NAMELESS_MS,
        .limit = SIBLINGS_MAX,
    };
    struct call_rows rows;
    if (store_list_calls(rx, &filter, arena, &rows, err) < 0)
        return -1;
    *out = false;
    for (size_t i = 0; i < rows.count; i++) {
        const struct call_row *other = &rows.items[i];
        bool lost_before =
            other->placement == CALL_PLACEMENT_UNKNOWN && other->number < call->number;
        if (other->number != call->number && same_numbers(other, call->from, call->to) &&
            (other->placement == CALL_PLACEMENT_SENDING || lost_before))
            *out = true;
    }
    return 0;
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
        if (!could_be(finding, candidate) ||
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
    enum call_status before = call->root.status;
    finding->outcome = "found";
    finding->found = found;
    if (call_be_placed(tx, call, found, attempt->with->silence, now_ms, attempt->arena, err) < 0 ||
        call_settle_later(tx, before, call, attempt->with->reconcile.settle_after_ms, now_ms, err) <
            0)
        return -1;
    return attempt_finish(tx, attempt, err);
}

static int
give_up(struct store_tx *tx, struct finding *finding, struct call_row *call, struct error *err)
{
    struct attempt *attempt = finding->attempt;
    finding->outcome = "not_there";
    call_be_refused(call, 0, "the request never reached Twilio: it has no such call",
                    attempt_now_ms(attempt));
    return attempt_finish(tx, attempt, err);
}

/* Every look costs a while, so the time says whether the list had its chance; failed attempts do not count. */
static bool was_long_enough(const struct attempt *attempt)
{
    int64_t while_ms = attempt->with->unknown_retry_ms * attempt_lane(attempt)->attempts_max;
    return attempt_now_ms(attempt) - attempt->job.created_at_ms >= while_ms;
}

static int
decide(struct store_tx *tx, struct finding *finding, struct call_row *call, struct error *err)
{
    struct attempt *attempt = finding->attempt;
    struct store_rx *rx = store_tx_reader(tx);
    const struct rest_call *found = NULL;
    bool preceded;
    if (is_preceded(rx, finding, attempt->arena, &preceded, err) < 0 ||
        (!preceded && choose(rx, finding, attempt->arena, &found, err) < 0))
        return -1;
    if (found != NULL)
        return adopt(tx, finding, call, found, err);
    if (!preceded && was_long_enough(attempt))
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
        return attempt_finish(tx, attempt, err);
    }
    struct call_news news = call_news_begin(call, attempt->arena);
    finding->found = NULL;
    if (decide(tx, finding, call, err) < 0 || store_update_call(tx, call, err) < 0)
        return -1;
    struct timeline_row entry =
        talk_entry(attempt, finding->said, TIMELINE_REPAIR, "GET /Calls.json");
    entry.leg_sid = call->root_sid;
    entry.effect = finding->outcome;
    entry.raw = repair_raw(entry.raw, finding->outcome, finding->found, NULL, 0, attempt->arena);
    entry.news = call_news_text(&news, call);
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
        talk(attempt, &request, said, err) < 0)
        return -1;
    /* Whatever is wrong with asking, the question stays. */
    if (said->result != TALK_DONE)
        return error_set(err, ERROR_UPSTREAM, "Twilio's list cannot be had: %s", said->problem);
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
    if (strcmp(finding.outcome, "not_yet") == 0)
        return 0;
    attempt_publish(attempt, EVENT_CALL_PLACEMENT, finding.sequence);
    runner_wake(attempt->runner, JOB_LANE_CALLS);
    return 0;
}
