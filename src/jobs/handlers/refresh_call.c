/*
 * refresh_call: a call has been silent for too long, so Twilio is asked. Its answer obeys the rank rule like any other
 * news; what it repairs is in the timeline with its source.
 */
#include "../internal.h"
#include "../rest_news.h"
#include "../talk.h"

#include "core/log.h"
#include "core/text.h"
#include "jobs/call_news.h"

enum { TWILIO_NOT_FOUND = 20404, LEGS_PER_PAGE = 100 };

struct refreshing {
    struct attempt *attempt;
    struct call_row call;
    const char *sid; /* whom we asked about */
    const struct talk *said;
    struct rest_call resource;  /* the root leg; sid "" if Twilio has none */
    struct rest_call_page legs; /* its children */
    struct call_news news;
    enum news_effect effect;
    int64_t sequence;
};

static int read_row(struct store_rx *rx, void *work, struct error *err)
{
    struct refreshing *r = work;
    return store_get_call_by_number(rx, r->attempt->job.call_number, r->attempt->arena, &r->call,
                                    err);
}

static int drop_job(struct store_tx *tx, void *work, struct error *err)
{
    const struct attempt *attempt = work;
    return attempt_finish(tx, attempt, err);
}

/* ---- ask ---- */

static int ask_root(struct refreshing *r, struct talk *said, struct error *err)
{
    const struct attempt *attempt = r->attempt;
    struct rest_request request;
    if (rest_fetch_call(attempt->with->account, r->call.root_sid, attempt->arena, &request, err) <
            0 ||
        talk(attempt, &request, said, err) < 0)
        return -1;
    if (said->result == TALK_REFUSED && said->refusal.code == TWILIO_NOT_FOUND) {
        r->resource.sid = "";
        return 0;
    }
    if (talk_must_be_done(said, err) < 0)
        return -1;
    return rest_read_call(said->body, said->body_len, attempt->arena, &r->resource, err);
}

static int ask_legs(struct refreshing *r, struct error *err)
{
    const struct attempt *attempt = r->attempt;
    struct rest_call_query query = {.parent_call_sid = r->call.root_sid,
                                    .page_size = LEGS_PER_PAGE};
    struct rest_request request;
    struct talk said;
    if (rest_list_calls(attempt->with->account, &query, attempt->arena, &request, err) < 0 ||
        talk(attempt, &request, &said, err) < 0 || talk_must_be_done(&said, err) < 0)
        return -1;
    return rest_read_calls(said.body, said.body_len, attempt->arena, &r->legs, err);
}

/* ---- settle ---- */

static int take_leg(struct store_tx *tx,
                    struct refreshing *r,
                    const struct rest_call *found,
                    struct error *err)
{
    const struct attempt *attempt = r->attempt;
    int64_t now_ms = attempt_now_ms(attempt);
    struct leg_news news = news_of_resource(found, now_ms);
    struct leg_row leg;
    if (store_get_leg(store_tx_reader(tx), found->sid, attempt->arena, &leg, err) < 0) {
        if (err->kind != ERROR_NOT_FOUND)
            return -1;
        error_clear(err);
        leg = (struct leg_row){
            .call_number = r->call.number,
            .account_sid = r->call.account_sid,
            .sid = found->sid,
            .parent_sid = r->call.root_sid,
            .from = found->from,
            .to = found->to,
            .state = leg_state_new(),
            .created_at_ms = found->created_at_ms != 0 ? found->created_at_ms : now_ms,
        };
    }
    if (text_is_empty(leg.from)) {
        leg.from = found->from;
        leg.to = found->to;
    }
    enum news_effect effect = leg_take_news(&leg.state, &news);
    if (r->effect == NEWS_CHANGES_NOTHING)
        r->effect = effect;
    r->call.outcome = outcome_merge(r->call.outcome, outcome_of_leg(&leg.state));
    return call_news_put_leg(tx, &r->news, &leg, err);
}

/* Twilio has no such call: there is nothing to wait for. */
static void close_lost(struct refreshing *r)
{
    struct leg_news news = {.status = CALL_STATUS_FAILED,
                            .sequence = -1,
                            .at_ms = attempt_now_ms(r->attempt),
                            .duration_s = -1};
    r->effect = leg_take_news(&r->call.root, &news);
    r->call.outcome = outcome_merge(r->call.outcome, CALL_OUTCOME_FAILED);
    r->call.refusal = "Twilio knows no call of this SID";
    r->call.due_at_ms = 0;
}

static bool is_listed(const struct refreshing *r, const char *sid)
{
    for (size_t i = 0; i < r->legs.count; i++) {
        if (text_equal(r->legs.items[i].sid, sid))
            return true;
    }
    return false;
}

/* The call is over, and Twilio does not list this leg of it: then the leg is over too. */
static int
close_leg(struct store_tx *tx, struct refreshing *r, struct leg_row *leg, struct error *err)
{
    bool talked = leg->state.status == CALL_STATUS_IN_PROGRESS;
    struct leg_news news = {
        .status = talked ? CALL_STATUS_COMPLETED : CALL_STATUS_CANCELED,
        .sequence = -1,
        .at_ms = r->call.root.ended_at_ms,
        .duration_s = -1,
    };
    r->effect = leg_take_news(&leg->state, &news);
    r->call.outcome = outcome_merge(r->call.outcome, outcome_of_leg(&leg->state));
    return call_news_put_leg(tx, &r->news, leg, err);
}

/* A call that is over may have legs that are not: their last callback was lost, or they go on without it. */
static int look_after_legs(struct store_tx *tx, struct refreshing *r, struct error *err)
{
    const struct attempt *attempt = r->attempt;
    struct leg_rows legs;
    if (!call_status_is_terminal(r->call.root.status))
        return 0;
    if (store_list_legs(store_tx_reader(tx), r->call.number, attempt->arena, &legs, err) < 0)
        return -1;
    for (size_t i = 0; i < legs.count; i++) {
        struct leg_row *leg = &legs.items[i];
        if (call_status_is_terminal(leg->state.status))
            continue;
        if (is_listed(r, leg->sid))
            r->call.due_at_ms = attempt_now_ms(attempt) + attempt->with->silence->ringing_ms;
        else if (close_leg(tx, r, leg, err) < 0)
            return -1;
    }
    return 0;
}

static int settle(struct store_tx *tx, void *work, struct error *err)
{
    struct refreshing *r = work;
    struct attempt *attempt = r->attempt;
    if (store_get_call_by_number(store_tx_reader(tx), attempt->job.call_number, attempt->arena,
                                 &r->call, err) < 0)
        return -1;
    r->effect = NEWS_CHANGES_NOTHING;
    r->news = call_news_begin(&r->call, attempt->arena);
    /* It was taken for another call, and has its own name now (jobs/claim.h): what was told is not about it. */
    if (!text_equal(r->call.root_sid, r->sid))
        return attempt_finish(tx, attempt, err);
    if (text_is_empty(r->resource.sid))
        close_lost(r);
    else
        r->effect = call_take_resource(&r->call, &r->resource, attempt->with->silence,
                                       attempt_now_ms(attempt));
    for (size_t i = 0; i < r->legs.count; i++) {
        if (take_leg(tx, r, &r->legs.items[i], err) < 0)
            return -1;
    }
    if (look_after_legs(tx, r, err) < 0)
        return -1;
    struct timeline_row entry =
        talk_entry(attempt, r->said, TIMELINE_REPAIR, "GET /Calls/{sid}.json");
    entry.leg_sid = r->call.root_sid;
    entry.effect = news_effect_text(r->effect);
    entry.news = call_news_text(&r->news, &r->call);
    if (store_update_call(tx, &r->call, err) < 0 || store_append_timeline(tx, &entry, err) < 0)
        return -1;
    r->sequence = entry.sequence;
    return attempt_finish(tx, attempt, err);
}

int refresh_call(struct attempt *attempt, struct error *err)
{
    struct refreshing r = {.attempt = attempt};
    struct talk said;
    if (store_run_read(attempt->with->store, read_row, &r, err) < 0)
        return -1;
    if (r.call.root_sid == NULL)
        return store_apply(attempt->with->store, drop_job, attempt, err);
    r.sid = r.call.root_sid;
    if (ask_root(&r, &said, err) < 0 || ask_legs(&r, err) < 0)
        return -1;
    r.said = &said;
    if (store_apply(attempt->with->store, settle, &r, err) < 0)
        return -1;
    bool repaired = r.effect == NEWS_ADVANCES || r.effect == NEWS_COMPLETES;
    attempt_count(attempt, repaired ? "repaired" : "nothing_new");
    if (repaired) {
        log_info("call.repaired", LOG_INT("job", attempt->job.number), LOG_TEXT("call", r.call.id),
                 LOG_TEXT("status", call_status_text(r.call.root.status)));
        attempt_publish(attempt, EVENT_CALL_STATUS, r.sequence);
    }
    return 0;
}
