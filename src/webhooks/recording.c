/*
 * POST /webhooks/recording-status: a recording has begun, is complete, or will never be. Stored as the recording's
 * state, with the call if we know which.
 */
#include "core/hash.h"
#include "core/text.h"
#include "delivery.h"
#include "fact.h"
#include "http/body.h"
#include "webhooks/webhooks.h"

struct recording_result {
    bool repeat;
    bool wanted; /* its sound is to be fetched */
    struct event event;
};

struct recording_work {
    struct delivery delivery;
    const struct fields *fields;
    uint64_t repeat_key;
    struct recording_result result;
};

static uint64_t repeat_key_of(const struct delivery *delivery, const struct fields *fields)
{
    if (delivery->token_key != 0)
        return delivery->token_key;
    uint64_t hash = hash_text(HASH_START, fields_text(fields, "RecordingSid"));
    return hash_finish(hash_text(hash, fields_text(fields, "RecordingStatus")));
}

static int recording_parse(struct app *app,
                           struct request *request,
                           struct recording_work *work,
                           struct error *err)
{
    if (delivery_parse(app, request, &work->delivery, err) < 0)
        return -1;
    work->fields = request_fields(request);
    if (!text_is_sid(fields_get(work->fields, "RecordingSid"), "RE"))
        return error_field(err, "RecordingSid",
                           "RecordingSid must be RE and 32 hexadecimal digits");
    work->repeat_key = repeat_key_of(&work->delivery, work->fields);
    return 0;
}

/* A conference's recording names no call: its state is kept, and the delivery as an entry of no call. */
static int apply_without_call(struct store_tx *tx,
                              struct recording_work *work,
                              struct arena *arena,
                              struct error *err)
{
    struct timeline_row earlier;
    struct timeline_row entry =
        delivery_entry(&work->delivery, TIMELINE_RECORDING, work->repeat_key);
    if (delivery_find_repeat(tx, NULL, work->repeat_key, arena, &earlier, err) == 0) {
        work->result.repeat = true;
        return 0;
    }
    if (err->kind != ERROR_NOT_FOUND)
        return -1;
    error_clear(err);
    if (delivery_put_recording(tx, &work->delivery, work->fields, 0, arena, &work->result.wanted,
                               err) < 0)
        return -1;
    return store_append_timeline(tx, &entry, err);
}

static int apply_to_call(struct store_tx *tx,
                         struct recording_work *work,
                         struct delivery_call *call,
                         struct arena *arena,
                         struct error *err)
{
    struct timeline_row entry =
        delivery_entry(&work->delivery, TIMELINE_RECORDING, work->repeat_key);
    call->news.recording = true;
    if (delivery_hear(store_tx_reader(tx), &work->delivery, &call->row, arena, err) < 0 ||
        delivery_save(tx, call, &entry, err) < 0 ||
        delivery_put_recording(tx, &work->delivery, work->fields, call->row.number, arena,
                               &work->result.wanted, err) < 0)
        return -1;
    work->result.event = (struct event){EVENT_CALL_RECORDING, call->row.number, entry.sequence};
    return 0;
}

static int recording_apply(struct store_tx *tx, void *data, struct arena *arena, struct error *err)
{
    struct recording_work *work = data;
    struct delivery_call call;
    struct timeline_row earlier;
    if (work->delivery.call_sid == NULL && work->delivery.call_id == NULL)
        return apply_without_call(tx, work, arena, err);
    if (delivery_find_call(tx, &work->delivery, arena, &call, err) < 0)
        return -1;
    if (delivery_find_repeat(tx, &call, work->repeat_key, arena, &earlier, err) == 0) {
        work->result.repeat = true;
        return 0;
    }
    if (err->kind != ERROR_NOT_FOUND)
        return -1;
    error_clear(err);
    return apply_to_call(tx, work, &call, arena, err);
}

static void recording_committed(struct app *app, void *data)
{
    const struct recording_work *work = data;
    metric_add(work->result.repeat ? app->count.webhook_repeat : app->count.webhook_applied, 1);
    if (work->result.event.call_number != 0)
        bus_publish(app->bus, &work->result.event);
    delivery_wake_media(app, work->result.wanted);
}

int recording_fact(struct app *app,
                   struct request *request,
                   struct response *response,
                   struct error *err)
{
    (void)response;
    struct recording_work *work = arena_alloc(request->arena, sizeof(*work));
    if (recording_parse(app, request, work, err) < 0)
        return fact_malformed(app);
    struct hand_over what = {
        .apply = recording_apply,
        .work = work,
        .result = &work->result,
        .result_bytes = sizeof(work->result),
        .committed = recording_committed,
    };
    return fact_hand_over(app, request, &what, err);
}

static const struct route_doc recording_doc = {
    .summary =
        "Twilio tells of a recording's state (recording status callback). Stored, then answered.",
    .request_type = "application/x-www-form-urlencoded",
    .request_schema = "{\"type\":\"object\",\"required\":[\"RecordingSid\"],\"properties\":{"
                      "\"RecordingSid\":{\"type\":\"string\",\"pattern\":\"^RE[0-9a-fA-F]{32}$\"},"
                      "\"RecordingStatus\":{\"type\":\"string\"},"
                      "\"RecordingUrl\":{\"type\":\"string\"},"
                      "\"CallSid\":{\"type\":\"string\"}}}",
    .success_status = 204,
};

static const struct route rows[] = {
    {.methods = HTTP_GET | HTTP_POST,
     .path = "/webhooks/recording-status",
     .guard = &guard_twilio,
     .body_max_bytes = WEBHOOK_BODY_MAX_BYTES,
     .handle = recording_fact,
     .doc = &recording_doc},
};

const struct route_table webhooks_recording_routes = {"webhooks/recording", rows, ARRAY_LEN(rows)};
