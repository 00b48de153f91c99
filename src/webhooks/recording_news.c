/*
 * A recording's state, from whatever callback carries its fields: the recording callback, a status callback of a call
 * placed with Record=true, a dial's or a record's action.
 */
#include "core/text.h"
#include "delivery.h"
#include "jobs/voicemails.h"

/* Twilio sends the URL with a call's or dial's end before the file is ready: nobody has said "completed" yet. */
static const char *status_of(const struct fields *fields)
{
    const char *status = fields_text(fields, "RecordingStatus");
    return recording_status_rank(status) > 0 ? status : "processing";
}

/* The record verb's action says nothing of the source: it is the source. */
static const char *source_of(const struct delivery *delivery, const struct fields *fields)
{
    const char *source = fields_get(fields, "RecordingSource");
    return text_is_empty(source) && delivery->is_record_action ? "RecordVerb" : source;
}

static struct recording_row
told(const struct delivery *delivery, const struct fields *fields, int64_t call_number)
{
    struct recording_row row = {
        .number = delivery->new_recording_number,
        .id = delivery->new_recording_id,
        .sid = fields_get(fields, "RecordingSid"),
        .account_sid = delivery->account_sid,
        .call_number = call_number,
        .call_sid = delivery->call_sid,
        .status = status_of(fields),
        .url = fields_get(fields, "RecordingUrl"),
        .source = source_of(delivery, fields),
        .track = fields_get(fields, "RecordingTrack"),
        .channels = (int)delivery_int(fields, "RecordingChannels", 0),
        .duration_s = delivery_int(fields, "RecordingDuration", -1),
        .error_code = (int)delivery_int(fields, "ErrorCode", 0),
        .created_at_ms = delivery->now_ms,
        .updated_at_ms = delivery->now_ms,
    };
    if (!time_from_rfc2822(fields_text(fields, "RecordingStartTime"), &row.started_at_ms))
        row.started_at_ms = 0;
    return row;
}

/* What is known stays; what is new is added; the status moves by rank. */
static void merge(struct recording_row *known, const struct recording_row *news)
{
    if (recording_status_rank(news->status) > recording_status_rank(known->status)) {
        known->status = news->status;
        known->error_code = news->error_code;
    }
    if (text_is_empty(known->url))
        known->url = news->url;
    if (text_is_empty(known->source))
        known->source = news->source;
    if (text_is_empty(known->track))
        known->track = news->track;
    if (known->call_sid == NULL)
        known->call_sid = news->call_sid;
    if (known->call_number == 0)
        known->call_number = news->call_number;
    if (known->channels == 0)
        known->channels = news->channels;
    if (known->duration_s < 0)
        known->duration_s = news->duration_s;
    if (known->started_at_ms == 0)
        known->started_at_ms = news->started_at_ms;
    known->updated_at_ms = news->updated_at_ms;
}

static int
put(struct store_tx *tx, const struct recording_row *news, struct arena *arena, struct error *err)
{
    struct recording_row known;
    if (store_get_recording(store_tx_reader(tx), news->sid, arena, &known, err) < 0) {
        if (err->kind != ERROR_NOT_FOUND)
            return -1;
        error_clear(err);
        return store_put_recording(tx, news, err);
    }
    merge(&known, news);
    return store_put_recording(tx, &known, err);
}

int delivery_put_recording(struct store_tx *tx,
                           const struct delivery *delivery,
                           const struct fields *fields,
                           int64_t call_number,
                           struct arena *arena,
                           struct error *err)
{
    if (!text_is_sid(fields_get(fields, "RecordingSid"), "RE"))
        return 0;
    struct recording_row news = told(delivery, fields, call_number);
    return put(tx, &news, arena, err) < 0
               ? -1
               : voicemail_follow_recording(tx, news.sid, delivery->now_ms, arena, NULL, err);
}
