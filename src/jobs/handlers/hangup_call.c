/*
 * hangup_call: end a call that Twilio has. Twilio may be told twice: an ended call answers 21220, and that is success.
 */
#include "../internal.h"
#include "../repair.h"
#include "../rest_news.h"
#include "../talk.h"

#include "core/text.h"
#include "jobs/call_moves.h"
#include "jobs/call_news.h"

enum { TWILIO_NOT_IN_PROGRESS = 21220, TWILIO_NOT_FOUND = 20404 };

struct hanging_up {
    struct attempt *attempt;
    struct call_row call;
    const char *sid; /* whom we ended */
    const struct talk *said;
    int64_t sequence;
};

static int read_row(struct store_rx *rx, void *work, struct error *err)
{
    struct hanging_up *h = work;
    return store_get_call_by_number(rx, h->attempt->job.call_number, h->attempt->arena, &h->call,
                                    err);
}

static int drop_job(struct store_tx *tx, void *work, struct error *err)
{
    const struct attempt *attempt = work;
    return attempt_finish(tx, attempt, err);
}

static int settle(struct store_tx *tx, void *work, struct error *err)
{
    struct hanging_up *h = work;
    struct attempt *attempt = h->attempt;
    struct call_row *call = &h->call;
    struct rest_call resource;
    struct error unread = {0};
    int64_t now_ms = attempt_now_ms(attempt);
    if (store_get_call_by_number(store_tx_reader(tx), attempt->job.call_number, attempt->arena,
                                 call, err) < 0)
        return -1;
    /* It was taken for another call, and has its own name now (jobs/claim.h): that one is to be ended. */
    if (!text_equal(call->root_sid, h->sid))
        return store_retry_job(tx, attempt->job.number, attempt_now_ms(attempt),
                               "the call has another name now", err);
    struct call_news news = call_news_begin(call, attempt->arena);
    bool told =
        h->said->result == TALK_DONE &&
        rest_read_call(h->said->body, h->said->body_len, attempt->arena, &resource, &unread) == 0;
    if (told)
        (void)call_take_resource(call, &resource, attempt->with->silence, now_ms);
    else if (!call_status_is_terminal(call->root.status) &&
             call_enqueue(tx, call, JOB_REFRESH_CALL, now_ms, now_ms, err) < 0)
        return -1; /* it had ended already; how, we are told by its last callback, or we ask */
    call->hangup_wanted = false;
    struct timeline_row entry =
        talk_entry(attempt, h->said, TIMELINE_REST, "POST /Calls/{sid}.json");
    entry.leg_sid = call->root_sid;
    entry.raw = repair_raw(entry.raw, NULL, told ? &resource : NULL, NULL, 0, attempt->arena);
    entry.news = call_news_text(&news, call);
    if (store_update_call(tx, call, err) < 0 || store_append_timeline(tx, &entry, err) < 0)
        return -1;
    h->sequence = entry.sequence;
    return attempt_finish(tx, attempt, err);
}

static bool is_over(const struct talk *said)
{
    return said->result == TALK_REFUSED &&
           (said->refusal.code == TWILIO_NOT_IN_PROGRESS || said->refusal.code == TWILIO_NOT_FOUND);
}

int hangup_call(struct attempt *attempt, struct error *err)
{
    struct hanging_up h = {.attempt = attempt};
    static const struct rest_call_update end = {.status = "completed"};
    struct rest_request request;
    struct talk said;
    if (store_run_read(attempt->with->store, read_row, &h, err) < 0)
        return -1;
    if (h.call.root_sid == NULL || call_status_is_terminal(h.call.root.status))
        return store_apply(attempt->with->store, drop_job, attempt, err);
    h.sid = h.call.root_sid;
    if (rest_update_call(attempt->with->account, h.sid, &end, attempt->arena, &request, err) < 0 ||
        talk(attempt, &request, &said, err) < 0)
        return -1;
    if (!is_over(&said) && talk_must_be_done(&said, err) < 0)
        return -1;
    h.said = &said;
    if (store_apply(attempt->with->store, settle, &h, err) < 0)
        return -1;
    attempt_count(attempt, "done");
    attempt_publish(attempt, EVENT_CALL_STATUS, h.sequence);
    return 0;
}
