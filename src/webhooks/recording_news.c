/*
 * A recording's state, from whatever callback carries its fields: the recording callback, a status callback of a call
 * placed with Record=true, a dial's or a record's action.
 */
#include "core/text.h"
#include "delivery.h"

/* Terminal words are never replaced by earlier ones; callbacks of one recording may come in any order. */
static int rank_of(const char *status)
{
    static const struct {
        const char *status;
        int rank;
    } ranks[] = {
        {"in-progress", 1},
        {"paused",      2},
        {"stopped",     3},
        {"processing",  4},
        {"completed",   5},
        {"absent",      5},
        {"failed",      5},
        {"deleted",     6},
    };
    for (size_t i = 0; i < ARRAY_LEN(ranks); i++) {
        if (text_equal(status, ranks[i].status))
            return ranks[i].rank;
    }
    return 0;
}

/* Twilio sends the URL with a call's or dial's end before the file is ready: nobody has said "completed" yet. */
static const char *status_of(const struct fields *fields)
{
    const char *status = fields_text(fields, "RecordingStatus");
    return rank_of(status) > 0 ? status : "processing";
}

static struct recording_row
told(const struct delivery *delivery, const struct fields *fields, int64_t call_number)
{
    struct recording_row row = {
        .sid = fields_get(fields, "RecordingSid"),
        .account_sid = delivery->account_sid,
        .call_number = call_number,
        .call_sid = delivery->call_sid,
        .status = status_of(fields),
        .url = fields_get(fields, "RecordingUrl"),
        .source = fields_get(fields, "RecordingSource"),
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
    if (rank_of(news->status) > rank_of(known->status)) {
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
    struct recording_row known;
    if (store_get_recording(store_tx_reader(tx), news.sid, arena, &known, err) < 0) {
        if (err->kind != ERROR_NOT_FOUND)
            return -1;
        error_clear(err);
        return store_put_recording(tx, &news, err);
    }
    merge(&known, &news);
    return store_put_recording(tx, &known, err);
}
