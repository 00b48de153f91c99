/*
 * refresh_call: a call has been silent for too long, so Twilio is asked. Its answer obeys the rank rule like any other
 * news; what it repairs is in the timeline with its source.
 */
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
        .root = found ? &r->resource : NULL,
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
    r.asked_at_ms = attempt_now_ms(attempt);
    if (ask_root(&r, &said, err) < 0 || ask_legs(&r, err) < 0)
        return -1;
    r.said = &said;
    if (store_apply(attempt->with->store, settle, &r, err) < 0)
        return -1;
    enum news_effect effect = r.repair.effect;
    bool repaired = effect == NEWS_ADVANCES || effect == NEWS_COMPLETES;
    attempt_count(attempt, repaired ? "repaired" : "nothing_new");
    if (repaired) {
        log_info("call.repaired", LOG_INT("job", attempt->job.number),
                 LOG_TEXT("call", r.repair.call.id),
                 LOG_TEXT("status", call_status_text(r.repair.call.root.status)));
        attempt_publish(attempt, EVENT_CALL_STATUS, r.sequence);
    }
    return 0;
}
