/*
 * POST /webhooks/call-status: a leg has moved. Stored before it is answered, because Twilio does not say it again.
 */
#include "webhooks/webhooks.h"

#include "core/hash.h"
#include "core/log.h"
#include "core/text.h"
#include "delivery.h"
#include "fact.h"
#include "http/body.h"
#include "http/problem.h"
#include "voice/outcome.h"

struct status_result {
    bool wanted; /* a recording is to be fetched */
    bool repeat;
    enum news_effect effect;
    struct event event;
};

struct status_work {
    struct delivery delivery;
    const struct fields *fields;
    struct leg_news news;
    bool understood; /* CallStatus is a word we know; if not, the delivery is kept as it is */
    uint64_t repeat_key;
    struct status_result result;
};

/* ---- parse ---- */

/* What makes a second delivery the same fact: Twilio's own token, else what it says about which leg. */
static uint64_t repeat_key_of(const struct delivery *delivery, const struct fields *fields)
{
    if (delivery->token_key != 0)
        return delivery->token_key;
    static const char *const names[] = {"CallbackSource", "CallStatus", "SequenceNumber"};
    uint64_t hash = hash_text(HASH_START, delivery->call_sid);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        hash = hash_text(hash, fields_text(fields, names[i]));
    return hash_finish(hash);
}

static int
status_parse(struct app *app, struct request *request, struct status_work *work, struct error *err)
{
    const struct fields *fields = request_fields(request);
    if (delivery_parse(app, request, &work->delivery, err) < 0)
        return -1;
    if (work->delivery.call_sid == NULL)
        return error_field(err, "CallSid", "a status without CallSid is about no call");
    work->fields = fields;
    work->understood = call_status_from_text(fields_text(fields, "CallStatus"), &work->news.status);
    work->news.sequence = delivery_int(fields, "SequenceNumber", -1);
    work->news.at_ms = work->delivery.at_ms;
    /* CallDuration is seconds; Duration is billed minutes and of no use here. */
    work->news.duration_s = delivery_int(fields, "CallDuration", -1);
    work->news.sip_code = (int)delivery_int(fields, "SipResponseCode", 0);
    work->repeat_key = repeat_key_of(&work->delivery, fields);
    return 0;
}

/* ---- apply ---- */

static int take_child_news(struct store_tx *tx,
                           const struct status_work *work,
                           struct delivery_call *call,
                           struct arena *arena,
                           enum news_effect *effect,
                           struct error *err)
{
    const struct delivery *delivery = &work->delivery;
    struct leg_row leg;
    if (delivery_get_leg(store_tx_reader(tx), delivery, &call->row, delivery->call_sid, arena, &leg,
                         err) < 0)
        return -1;
    *effect = leg_take_news(&leg.state, &work->news);
    call->row.outcome = outcome_merge(call->row.outcome, outcome_of_leg(&leg.state));
    return call_news_put_leg(tx, &call->news, &leg, err);
}

static enum news_effect take_root_news(const struct status_work *work, struct call_row *call)
{
    enum news_effect effect = leg_take_news(&call->root, &work->news);
    call->outcome = outcome_merge(
        call->outcome, outcome_of_root(call->direction, plan_flow(call->plan), &call->root));
    return effect;
}

static int take_news(struct store_tx *tx,
                     struct status_work *work,
                     struct delivery_call *call,
                     struct arena *arena,
                     struct error *err)
{
    const struct delivery *delivery = &work->delivery;
    struct timeline_row entry = delivery_entry(delivery, TIMELINE_STATUS, work->repeat_key);
    enum news_effect effect = NEWS_CHANGES_NOTHING;
    bool wanted = false;
    bool child = delivery_is_child(delivery, &call->row);
    if (child && delivery_insert_new(tx, call, err) < 0)
        return -1;
    call->news.recording = text_is_sid(fields_get(work->fields, "RecordingSid"), "RE");
    if (!work->understood) {
        entry.effect = "not-understood";
    } else {
        if (!child)
            effect = take_root_news(work, &call->row);
        else if (take_child_news(tx, work, call, arena, &effect, err) < 0)
            return -1;
        entry.effect = news_effect_text(effect);
    }
    if (delivery_hear(store_tx_reader(tx), delivery, &call->row, arena, err) < 0 ||
        delivery_save(tx, call, &entry, err) < 0 ||
        delivery_put_recording(tx, delivery, work->fields, call->row.number, arena, &wanted, err) <
            0)
        return -1;
    work->result = (struct status_result){
        .wanted = wanted,
        .effect = effect,
        .event = {EVENT_CALL_STATUS, call->row.number, entry.sequence},
    };
    return 0;
}

static int status_apply(struct store_tx *tx, void *data, struct arena *arena, struct error *err)
{
    struct status_work *work = data;
    struct delivery_call call;
    struct timeline_row earlier;
    if (delivery_find_call(tx, &work->delivery, arena, &call, err) < 0)
        return -1;
    if (delivery_find_repeat(tx, &call, work->repeat_key, arena, &earlier, err) == 0) {
        work->result.repeat = true;
        return 0;
    }
    if (err->kind != ERROR_NOT_FOUND)
        return -1;
    error_clear(err);
    return take_news(tx, work, &call, arena, err);
}

static void status_committed(struct app *app, void *data)
{
    const struct status_work *work = data;
    if (work->result.repeat)
        metric_add(app->count.webhook_repeat, 1);
    else if (work->result.effect == NEWS_CONTRADICTS)
        metric_add(app->count.webhook_contradiction, 1);
    else if (work->result.effect == NEWS_CHANGES_NOTHING)
        metric_add(app->count.webhook_nothing_new, 1);
    else
        metric_add(app->count.webhook_applied, 1);
    if (!work->result.repeat)
        bus_publish(app->bus, &work->result.event);
    delivery_wake_media(app, work->result.wanted);
}

/* ---- the route ---- */

int status_fact(struct app *app,
                struct request *request,
                struct response *response,
                struct error *err)
{
    (void)response;
    struct status_work *work = arena_alloc(request->arena, sizeof(*work));
    if (status_parse(app, request, work, err) < 0)
        return fact_malformed(app);
    struct hand_over what = {
        .apply = status_apply,
        .work = work,
        .result = &work->result,
        .result_bytes = sizeof(work->result),
        .committed = status_committed,
    };
    return fact_hand_over(app, request, &what, err);
}

static const struct route_doc status_doc = {
    .summary = "Twilio tells that a leg of a call has moved (call status callback). Stored, then "
               "answered.",
    .request_type = "application/x-www-form-urlencoded",
    .request_schema = "{\"type\":\"object\",\"required\":[\"CallSid\"],\"properties\":{"
                      "\"CallSid\":{\"type\":\"string\",\"pattern\":\"^CA[0-9a-fA-F]{32}$\"},"
                      "\"ParentCallSid\":{\"type\":\"string\"},"
                      "\"CallStatus\":{\"type\":\"string\"},"
                      "\"SequenceNumber\":{\"type\":\"string\"},"
                      "\"CallDuration\":{\"type\":\"string\",\"description\":\"seconds\"}}}",
    .success_status = 204,
};

static const struct route rows[] = {
    {.methods = HTTP_GET | HTTP_POST,
     .path = "/webhooks/call-status",
     .guard = &guard_twilio,
     .body_max_bytes = WEBHOOK_BODY_MAX_BYTES,
     .handle = status_fact,
     .doc = &status_doc},
};

const struct route_table webhooks_status_routes = {"webhooks/status", rows, ARRAY_LEN(rows)};
