/*
 * A recording's state, from whatever callback carries its fields: the recording callback, a status callback of a call
 * placed with Record=true, a dial's or a record's action.
 */
#include "core/text.h"
#include "delivery.h"
#include "jobs/runner.h"

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

int delivery_put_recording(struct store_tx *tx,
                           const struct delivery *delivery,
                           const struct fields *fields,
                           int64_t call_number,
                           struct arena *arena,
                           bool *wanted,
                           struct error *err)
{
    if (!text_is_sid(fields_get(fields, "RecordingSid"), "RE"))
        return 0;
    const struct recording_row news = told(delivery, fields, call_number);
    const struct recording_intake intake = app_recording_intake(delivery->app, delivery->now_ms);
    struct recording_row row;
    return recording_take(tx, &news, &intake, arena, &row, wanted, err);
}

void delivery_wake_media(const struct app *app, bool wanted)
{
    if (wanted)
        runner_wake(app->runner, JOB_LANE_MEDIA);
}
