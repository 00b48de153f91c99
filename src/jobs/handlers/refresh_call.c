/*
 * refresh_call: a call has been silent for too long, so Twilio is asked. Its answer obeys the rank rule like any other
 * news; what it repairs is in the timeline with its source.
 *
 * settle_call: the same some time after the end, for what Twilio knows only then (its price) and for recordings whose callback
 * was lost; again, ever more seldom, while the price is missing. A sweep may have brought everything: then nothing is asked.
 */
#include "../adopt.h"
#include "../gentle.h"
#include "../internal.h"
#include "../repair.h"
#include "../talk.h"

#include "core/log.h"
#include "core/text.h"

enum { TWILIO_NOT_FOUND = 20404, LEGS_PER_PAGE = 100 };

struct refreshing {
    struct attempt *attempt;
    struct call_row call;
    const char *sid; /* whom we asked about */
    const struct talk *said;
    struct rest_call resource;  /* the root leg; sid "" if Twilio has none */
    struct rest_call_page legs; /* its children */
    struct adopting recordings; /* settle_call */
    struct talk recordings_said;
    struct rest_recording_page found;
    int64_t asked_at_ms;
    struct repair repair;
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
        talk_gently(attempt, &request, said, err) < 0)
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
        talk_gently(attempt, &request, &said, err) < 0 || talk_must_be_done(&said, err) < 0)
        return -1;
    return rest_read_calls(said.body, said.body_len, attempt->arena, &r->legs, err);
}

static int ask_recordings(struct refreshing *r, struct error *err)
{
    struct attempt *attempt = r->attempt;
    struct rest_request request;
    struct talk *said = &r->recordings_said;
    r->recordings = (struct adopting){.attempt = attempt,
                                      .said = said,
                                      .route = "GET /Calls/{sid}/Recordings.json",
                                      .asked_at_ms = attempt_now_ms(attempt)};
    if (attempt->job.kind != JOB_SETTLE_CALL || text_is_empty(r->resource.sid))
        return 0;
    if (rest_list_call_recordings(attempt->with->account, r->sid, LEGS_PER_PAGE, attempt->arena,
                                  &request, err) < 0 ||
        talk_gently(attempt, &request, said, err) < 0 || talk_must_be_done(said, err) < 0)
        return -1;
    return rest_read_recordings(said->body, said->body_len, attempt->arena, &r->found, err);
}

/* ---- settle ---- */

/* Settled for good, or asked too often: done. Else again, after a pause that doubles. */
static int finish(struct store_tx *tx, const struct refreshing *r, struct error *err)
{
    const struct attempt *attempt = r->attempt;
    const struct reconcile_settings *settings = &attempt->with->reconcile;
    const struct call_row *call = &r->repair.call;
    bool priced = !text_is_empty(call->price) || call->root.status != CALL_STATUS_COMPLETED;
    if (attempt->job.kind != JOB_SETTLE_CALL || priced || text_is_empty(r->resource.sid) ||
        attempt->job.attempts >= (int)settings->settle_attempts)
        return attempt_finish(tx, attempt, err);
    int64_t pause_ms = settings->settle_after_ms << (attempt->job.attempts - 1);
    return store_retry_job(tx, attempt->job.number, attempt_now_ms(attempt) + pause_ms,
                           "its price is not known yet", err);
}

static int take_recordings(struct store_tx *tx, struct refreshing *r, struct error *err)
{
    adopt_begin(&r->recordings);
    for (size_t i = 0; i < r->found.count; i++) {
        if (adopt_recording_resource(tx, &r->recordings, &r->found.items[i], err) < 0)
            return -1;
    }
    return 0;
}

static int settle(struct store_tx *tx, void *work, struct error *err)
{
    struct refreshing *r = work;
    struct attempt *attempt = r->attempt;
    bool found = !text_is_empty(r->resource.sid);
    r->repair = (struct repair){
        .arena = attempt->arena,
        .silence = attempt->with->silence,
        .now_ms = attempt_now_ms(attempt),
        .asked_at_ms = r->asked_at_ms,
        .settle_after_ms = attempt->with->reconcile.settle_after_ms,
        .root = found ? &r->resource : NULL,
        .lost = !found,
        .legs = r->legs.items,
        .leg_count = r->legs.count,
        .legs_told = true,
    };
    struct call_row *call = &r->repair.call;
    if (store_get_call_by_number(store_tx_reader(tx), attempt->job.call_number, attempt->arena,
                                 call, err) < 0)
        return -1;
    /* It was taken for another call, and has its own name now (jobs/claim.h): what was told is not about it. */
    if (!text_equal(call->root_sid, r->sid))
        return attempt_finish(tx, attempt, err);
    if (repair_take(tx, &r->repair, err) < 0)
        return -1;
    struct timeline_row entry =
        talk_entry(attempt, r->said, TIMELINE_REPAIR, "GET /Calls/{sid}.json");
    entry.leg_sid = call->root_sid;
    entry.effect = news_effect_text(r->repair.effect);
    entry.raw = repair_raw(r->said->summary, NULL, r->repair.root, r->legs.items, r->legs.count,
                           attempt->arena);
    entry.news = call_news_text(&r->repair.news, call);
    if (store_append_timeline(tx, &entry, err) < 0)
        return -1;
    r->sequence = entry.sequence;
    return take_recordings(tx, r, err) < 0 ? -1 : finish(tx, r, err);
}

/* ---- the attempt ---- */

/* Is there still something to ask? A sweep, or somebody who has spoken of the call since, may have answered it. */
static bool is_open(const struct refreshing *r)
{
    const struct call_row *call = &r->call;
    const struct job_row *job = &r->attempt->job;
    bool over = call_is_over(call->placement, call->root.status);
    if (call->root_sid == NULL)
        return false;
    if (job->kind == JOB_SETTLE_CALL)
        return job->attempts == 1 || text_is_empty(call->price);
    return !over || call->due_at_ms != 0;
}

static void tell(const struct refreshing *r)
{
    const struct attempt *attempt = r->attempt;
    const struct call_row *call = &r->repair.call;
    enum news_effect effect = r->repair.effect;
    bool repaired = effect == NEWS_ADVANCES || effect == NEWS_COMPLETES;
    attempt_count(attempt, repaired ? "repaired" : "nothing_new");
    adopt_tell(&r->recordings);
    if (!repaired)
        return;
    adopt_count(attempt, REPAIR_STATE, 1);
    adopt_count(attempt, REPAIR_PRICE, r->repair.settled_price);
    log_info("call.repaired", LOG_INT("job", attempt->job.number), LOG_TEXT("call", call->id),
             LOG_TEXT("status", call_status_text(call->root.status)));
    attempt_publish(attempt, EVENT_CALL_STATUS, r->sequence);
}

int refresh_call(struct attempt *attempt, struct error *err)
{
    struct refreshing r = {.attempt = attempt};
    struct talk said;
    if (store_run_read(attempt->with->store, read_row, &r, err) < 0)
        return -1;
    if (!is_open(&r))
        return store_apply(attempt->with->store, drop_job, attempt, err);
    r.sid = r.call.root_sid;
    r.asked_at_ms = attempt_now_ms(attempt);
    if (ask_root(&r, &said, err) < 0 || ask_legs(&r, err) < 0 || ask_recordings(&r, err) < 0)
        return -1;
    r.said = &said;
    if (store_apply(attempt->with->store, settle, &r, err) < 0)
        return -1;
    tell(&r);
    return 0;
}
