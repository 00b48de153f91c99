/*
 * Addresses that take whatever Twilio tells: a status, a recording or a transcription is taken as at its own address; everything else is
 * kept as it came, under its kind, with the call if it names one. Stored, then answered.
 */
#include <string.h>

#include "core/hash.h"
#include "core/text.h"
#include "delivery.h"
#include "fact.h"
#include "http/body.h"
#include "kind.h"
#include "webhooks/webhooks.h"

struct any_result {
    bool repeat;
    struct event event;
};

struct any_work {
    struct delivery delivery;
    enum timeline_kind kind;
    uint64_t repeat_key;
    struct any_result result;
};

/* Twilio's token, else the event's own SID (TaskRouter), else everything that was said. */
static uint64_t repeat_key_of(const struct any_work *work, const struct fields *fields)
{
    if (work->delivery.token_key != 0)
        return work->delivery.token_key;
    const char *event_sid = fields_get(fields, "Sid");
    const char *same = text_is_empty(event_sid) ? work->delivery.raw : event_sid;
    return hash_finish(hash_text(hash_text(HASH_START, timeline_kind_text(work->kind)), same));
}

static int
any_parse(struct app *app, struct request *request, struct any_work *work, struct error *err)
{
    const struct fields *fields = request_fields(request);
    if (delivery_parse(app, request, &work->delivery, err) < 0)
        return -1;
    size_t len = request->body_len;
    if (strlen(request->body) != len || !text_is_utf8(request->body, len))
        return error_set(err, ERROR_UNSUPPORTED_TYPE, "the body is no text in UTF-8");
    work->kind = kind_of_fact(fields);
    work->repeat_key = repeat_key_of(work, fields);
    return 0;
}

/* 1: it is a repeat, 0: it is the first. */
static int is_repeat(struct store_tx *tx,
                     const struct delivery_call *call,
                     const struct any_work *work,
                     struct arena *arena,
                     struct error *err)
{
    struct timeline_row earlier;
    if (delivery_find_repeat(tx, call, work->repeat_key, arena, &earlier, err) == 0)
        return 1;
    if (err->kind != ERROR_NOT_FOUND)
        return -1;
    error_clear(err);
    return 0;
}

static int apply_without_call(struct store_tx *tx,
                              struct any_work *work,
                              struct arena *arena,
                              struct error *err)
{
    struct timeline_row entry = delivery_entry(&work->delivery, work->kind, work->repeat_key);
    int repeat = is_repeat(tx, NULL, work, arena, err);
    work->result.repeat = repeat == 1;
    return repeat != 0 ? repeat < 0 ? -1 : 0 : store_append_timeline(tx, &entry, err);
}

static int
apply_to_call(struct store_tx *tx, struct any_work *work, struct arena *arena, struct error *err)
{
    struct timeline_row entry = delivery_entry(&work->delivery, work->kind, work->repeat_key);
    struct delivery_call call;
    if (delivery_find_call(tx, &work->delivery, arena, &call, err) < 0)
        return -1;
    int repeat = is_repeat(tx, &call, work, arena, err);
    work->result.repeat = repeat == 1;
    if (repeat != 0)
        return repeat < 0 ? -1 : 0;
    if (delivery_hear(store_tx_reader(tx), &work->delivery, &call.row, arena, err) < 0 ||
        delivery_save(tx, &call, &entry, err) < 0)
        return -1;
    work->result.event = (struct event){EVENT_CALL_STATUS, call.row.number, entry.sequence};
    return 0;
}

static int any_apply(struct store_tx *tx, void *data, struct arena *arena, struct error *err)
{
    struct any_work *work = data;
    bool of_call = work->delivery.call_sid != NULL || work->delivery.call_id != NULL;
    return of_call ? apply_to_call(tx, work, arena, err) : apply_without_call(tx, work, arena, err);
}

static void any_committed(struct app *app, void *data)
{
    const struct any_work *work = data;
    metric_add(work->result.repeat ? app->count.webhook_repeat : app->count.webhook_applied, 1);
    if (work->result.event.call_number != 0)
        bus_publish(app->bus, &work->result.event);
}

static int keep(struct app *app, struct request *request, struct error *err)
{
    struct any_work *work = arena_alloc(request->arena, sizeof(*work));
    if (any_parse(app, request, work, err) < 0)
        return fact_malformed(app);
    request_note(request, "kind", timeline_kind_text(work->kind));
    struct hand_over what = {
        .apply = any_apply,
        .work = work,
        .result = &work->result,
        .result_bytes = sizeof(work->result),
        .committed = any_committed,
    };
    return fact_hand_over(app, request, &what, err);
}

/* What lacks something that its own address insists on is kept as it came. */
static bool is_whole_transcription(const struct fields *fields)
{
    bool of_call = !text_is_empty(fields_get(fields, "TranscriptionEvent"));
    bool of_recording = !text_is_empty(fields_get(fields, "TranscriptionStatus")) &&
                        !text_is_empty(fields_get(fields, "RecordingSid"));
    return !text_is_empty(fields_get(fields, "CallSid")) && (of_call || of_recording);
}

int any_fact(struct app *app, struct request *request, struct response *response, struct error *err)
{
    enum timeline_kind kind = kind_of_fact(request_fields(request));
    if (kind == TIMELINE_STATUS)
        return status_fact(app, request, response, err);
    if (kind == TIMELINE_RECORDING)
        return recording_fact(app, request, response, err);
    if (kind == TIMELINE_TRANSCRIPTION && is_whole_transcription(request_fields(request)))
        return transcription_fact(app, request, response, err);
    return keep(app, request, err);
}
