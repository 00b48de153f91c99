/*
 * POST /webhooks/transcription: what is said in a call, while it is said (<Start><Transcription>), and what was said in a
 * recording (<Record transcribe>). Stored, then answered; in whatever order it comes, the transcript is in that of the
 * conversation. The words are kept as lines of the transcript alone: the timeline would fill with them, and who may see a
 * call may not therefore read what was said.
 */
#include <jansson.h>
#include <string.h>

#include "core/hash.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "delivery.h"
#include "fact.h"
#include "http/body.h"
#include "jobs/voicemails.h"
#include "store/privacy.h"
#include "voice/news.h"
#include "voice/transcript.h"
#include "webhooks/webhooks.h"

/* Lines leave an entry each, so that listeners are told; half of the timeline is left to the call itself. */
enum { LINE_ENTRIES_MAX = LIMIT_TIMELINE_ENTRIES / 2, TRACK_BYTES_MAX = 32 };

struct transcription_result {
    bool repeat;
    struct event event;
};

struct transcription_work {
    struct delivery delivery;
    const struct fields *fields;
    uint64_t repeat_key;
    const char *sid;
    const char *recording_sid; /**< of a recording; NULL: of the call as it goes on */
    bool understood;           /**< else the event is a new one of Twilio's: kept as it came */
    enum transcript_event event;
    const char *status; /**< what it leads to */
    const char *track;
    int64_t sequence;
    int64_t at_ms;
    bool final;
    const char *text;
    int confidence;
    struct transcription_result result;
};

/* ---- parse ---- */

static int check_text(const struct transcription_work *work, const char *field, struct error *err)
{
    size_t len = strlen(work->text);
    if (len > LIMIT_TRANSCRIPT_LINE_BYTES) {
        (void)error_field(err, field, "%s has %zu bytes; a line has at most %d", field, len,
                          LIMIT_TRANSCRIPT_LINE_BYTES);
        err->kind = ERROR_TOO_LARGE;
        return -1;
    }
    if (!text_is_utf8(work->text, len))
        return error_field(err, field, "%s is no text in UTF-8", field);
    return 0;
}

/* {"transcript": "...", "confidence": 0.93} */
static int read_data(struct transcription_work *work, struct arena *arena, struct error *err)
{
    static const char field[] = "TranscriptionData";
    json_auto_t *data = json_loads(fields_text(work->fields, field), JSON_REJECT_DUPLICATES, NULL);
    const char *text = json_string_value(json_object_get(data, "transcript"));
    json_t *confidence = json_object_get(data, "confidence");
    if (text == NULL)
        return error_field(err, field, "%s must be {\"transcript\": \"...\"} as JSON", field);
    work->text = arena_strdup(arena, text);
    double part = json_is_number(confidence) ? json_number_value(confidence) : -1;
    work->confidence = part >= 0 && part <= 1 ? (int)(part * 1000 + 0.5) : -1;
    return check_text(work, field, err);
}

static int read_content(struct transcription_work *work, struct arena *arena, struct error *err)
{
    work->track = fields_text(work->fields, "Track");
    if (text_is_empty(work->track) || strlen(work->track) > TRACK_BYTES_MAX)
        return error_field(err, "Track", "Track must be inbound_track or outbound_track");
    if (!text_to_int64(fields_text(work->fields, "SequenceId"), 0, INT32_MAX, &work->sequence))
        return error_field(err, "SequenceId", "SequenceId must be a whole number");
    work->final = text_equal_nocase(fields_text(work->fields, "Final"), "true");
    return read_data(work, arena, err);
}

static int read_call(struct transcription_work *work, struct arena *arena, struct error *err)
{
    const char *event = fields_text(work->fields, "TranscriptionEvent");
    work->event = TRANSCRIPT_STARTED;
    work->understood = transcript_event_from_text(event, &work->event);
    work->status = transcript_event_status(work->event);
    return work->event == TRANSCRIPT_CONTENT ? read_content(work, arena, err) : 0;
}

static int read_recording(struct transcription_work *work, struct error *err)
{
    bool completed = text_equal(fields_text(work->fields, "TranscriptionStatus"), "completed");
    work->recording_sid = fields_get(work->fields, "RecordingSid");
    if (!text_is_sid(work->recording_sid, "RE"))
        return error_field(err, "RecordingSid",
                           "RecordingSid must be RE and 32 hexadecimal digits");
    work->understood = true;
    work->event = TRANSCRIPT_CONTENT;
    work->status = completed ? "completed" : "failed";
    work->final = true;
    work->text = completed ? fields_text(work->fields, "TranscriptionText") : "";
    return check_text(work, "TranscriptionText", err);
}

static int transcription_parse(struct app *app,
                               struct request *request,
                               struct transcription_work *work,
                               struct error *err)
{
    if (delivery_parse(app, request, &work->delivery, err) < 0)
        return -1;
    work->fields = request_fields(request);
    work->sid = fields_get(work->fields, "TranscriptionSid");
    work->track = "";
    work->text = "";
    work->confidence = -1;
    if (!text_is_sid(work->sid, "GT") && !text_is_sid(work->sid, "TR"))
        return error_field(err, "TranscriptionSid",
                           "TranscriptionSid must be GT or TR and 32 hexadecimal digits");
    if (work->delivery.call_sid == NULL && work->delivery.call_id == NULL)
        return error_field(err, "CallSid", "a transcription without CallSid is of no call");
    if (!time_from_rfc3339(fields_text(work->fields, "Timestamp"), &work->at_ms) ||
        work->at_ms > work->delivery.now_ms)
        work->at_ms = work->delivery.at_ms;
    work->repeat_key = work->delivery.token_key != 0
                           ? work->delivery.token_key
                           : hash_finish(hash_text(HASH_START, work->delivery.raw));
    bool of_call = !text_is_empty(fields_get(work->fields, "TranscriptionEvent"));
    return of_call ? read_call(work, request->arena, err) : read_recording(work, err);
}

/* ---- apply: the transcription ---- */

static int
is_one_too_many(struct store_rx *rx, int64_t call_number, struct arena *arena, struct error *err)
{
    struct transcription_rows rows;
    if (store_list_transcriptions(rx, call_number, arena, &rows, err) < 0)
        return -1;
    if (rows.count < LIMIT_TRANSCRIPTIONS)
        return 0;
    return error_set(err, ERROR_TOO_LARGE, "the call has %d transcriptions, which is the most",
                     LIMIT_TRANSCRIPTIONS);
}

/* What is known stays; what is new is added; the status moves as voice/transcript.h says. */
static void merge(const struct transcription_work *work, struct transcription_row *row)
{
    const struct fields *fields = work->fields;
    bool ends = work->event == TRANSCRIPT_STOPPED || work->event == TRANSCRIPT_ERROR ||
                work->recording_sid != NULL;
    row->status = transcript_merge_status(row->status, work->status);
    if (row->started_at_ms == 0 || work->at_ms < row->started_at_ms)
        row->started_at_ms = work->at_ms;
    if (ends && row->ended_at_ms == 0)
        row->ended_at_ms = work->at_ms;
    if (row->language == NULL)
        row->language = fields_get(fields, "LanguageCode");
    if (row->inbound_label == NULL)
        row->inbound_label = fields_get(fields, "InboundTrackLabel");
    if (row->outbound_label == NULL)
        row->outbound_label = fields_get(fields, "OutboundTrackLabel");
    if (row->error_code == 0)
        row->error_code = (int)delivery_int(fields, "TranscriptionErrorCode", 0);
    if (row->error == NULL)
        row->error = fields_get(fields, "TranscriptionError");
}

static int put_transcription(struct store_tx *tx,
                             const struct transcription_work *work,
                             int64_t call_number,
                             struct arena *arena,
                             struct transcription_row *out,
                             struct error *err)
{
    struct store_rx *rx = store_tx_reader(tx);
    if (store_get_transcription(rx, work->sid, arena, out, err) < 0) {
        if (err->kind != ERROR_NOT_FOUND)
            return -1;
        error_clear(err);
        if (is_one_too_many(rx, call_number, arena, err) < 0)
            return -1;
        *out = (struct transcription_row){
            .sid = work->sid,
            .account_sid = work->delivery.account_sid,
            .call_number = call_number,
            .leg_sid = work->delivery.call_sid,
            .recording_sid = work->recording_sid,
        };
    }
    if (out->call_number != call_number)
        return error_field(err, "TranscriptionSid", "this transcription is another call's");
    merge(work, out);
    return store_put_transcription(tx, out, err);
}

/* ---- apply: what was said ---- */

static int
check_room(struct store_rx *rx, int64_t call_number, struct arena *arena, struct error *err)
{
    struct transcription_rows rows;
    int64_t lines = 0;
    if (store_list_transcriptions(rx, call_number, arena, &rows, err) < 0)
        return -1;
    for (size_t i = 0; i < rows.count; i++)
        lines += rows.items[i].lines;
    if (lines < LIMIT_TRANSCRIPT_LINES)
        return 0;
    return error_set(err, ERROR_TOO_LARGE,
                     "the transcript of this call has %d lines, which is "
                     "the most",
                     LIMIT_TRANSCRIPT_LINES);
}

static struct transcript_line_row line_of(const struct transcription_work *work,
                                          const struct transcription_row *transcription)
{
    return (struct transcript_line_row){
        .call_number = transcription->call_number,
        .transcription_number = transcription->number,
        .sequence = work->sequence,
        .track = work->track,
        .at_ms = work->at_ms,
        .confidence = work->confidence,
        .text = work->text,
    };
}

/* What may still change: of no interest once the final of it, or anything later, is there. */
static int take_partial(struct store_tx *tx,
                        const struct transcription_work *work,
                        const struct transcription_row *transcription,
                        struct error *err)
{
    struct transcript_line_row line = line_of(work, transcription);
    int64_t last;
    if (store_last_transcript_sequence(store_tx_reader(tx), line.call_number,
                                       line.transcription_number, line.track, &last, err) < 0)
        return -1;
    return line.sequence <= last || text_is_empty(line.text)
               ? 0
               : store_put_transcript_partial(tx, &line, err);
}

/* 1: stored, 0: it was known, or nothing was said. */
static int take_final(struct store_tx *tx,
                      const struct transcription_work *work,
                      const struct transcription_row *transcription,
                      struct transcript_line_row *line,
                      struct arena *arena,
                      struct error *err)
{
    *line = line_of(work, transcription);
    if (store_drop_transcript_partial(tx, line->transcription_number, line->track, line->sequence,
                                      err) < 0)
        return -1;
    if (text_is_empty(line->text))
        return 0;
    if (check_room(store_tx_reader(tx), line->call_number, arena, err) < 0)
        return -1;
    if (store_insert_transcript_line(tx, line, err) == 0)
        return 1;
    if (err->kind != ERROR_CONFLICT)
        return -1;
    error_clear(err);
    return 0;
}

/* Listeners are told of a line by its number, with an entry that holds nothing of it. */
static int tell_line(struct store_tx *tx,
                     struct transcription_work *work,
                     const struct call_row *call,
                     const struct transcript_line_row *line,
                     struct arena *arena,
                     struct error *err)
{
    struct timeline_row entry = delivery_entry(&work->delivery, TIMELINE_TRANSCRIPTION, 0);
    if (call->timeline_count >= LINE_ENTRIES_MAX) {
        log_warning("timeline.full", LOG_TEXT("call", call->id),
                    LOG_TEXT("route", work->delivery.route));
        return 0;
    }
    entry.call_number = call->number;
    entry.raw = NULL;
    entry.news = arena_printf(arena, "%s=%lld", news_kind_text(NEWS_TRANSCRIPT_FINAL),
                              (long long)line->number);
    if (store_append_timeline(tx, &entry, err) < 0)
        return -1;
    work->result.event = (struct event){EVENT_CALL_STATUS, call->number, entry.sequence};
    return 0;
}

static int take_words(struct store_tx *tx,
                      struct transcription_work *work,
                      const struct call_row *call,
                      const struct transcription_row *transcription,
                      struct arena *arena,
                      struct error *err)
{
    struct transcript_line_row line;
    if (!work->final)
        return take_partial(tx, work, transcription, err);
    int stored = take_final(tx, work, transcription, &line, arena, err);
    work->result.repeat = stored == 0;
    return stored <= 0 ? stored : tell_line(tx, work, call, &line, arena, err);
}

/* ---- apply: a recording ---- */

/* Its voicemail may be there, may come later, or may have been deleted: then nothing that was said in it is kept. */
static int take_recording(struct store_tx *tx,
                          struct transcription_work *work,
                          const struct call_row *call,
                          const struct transcription_row *transcription,
                          struct arena *arena,
                          struct error *err)
{
    struct voicemail_row voicemail = {0};
    struct transcript_line_row line;
    if (store_get_voicemail_of_recording(store_tx_reader(tx), work->recording_sid, arena,
                                         &voicemail, err) < 0 &&
        err->kind != ERROR_NOT_FOUND)
        return -1;
    error_clear(err);
    if (voicemail.deleted_at_ms != 0)
        return 0;
    int stored = take_final(tx, work, transcription, &line, arena, err);
    if (stored < 0 || (stored > 0 && tell_line(tx, work, call, &line, arena, err) < 0))
        return -1;
    if (voicemail.id == NULL)
        return 0;
    return voicemail_tell(tx, &voicemail, news_kind_text(NEWS_VOICEMAIL_TRANSCRIBED), NULL,
                          work->delivery.now_ms, arena, &work->result.event, err);
}

/* ---- apply ---- */

/* Somebody spoke of the call. One that nobody has heard of before begins with an entry that holds no words. */
static int hear(struct store_tx *tx,
                struct transcription_work *work,
                struct delivery_call *call,
                struct arena *arena,
                struct error *err)
{
    bool words = work->event == TRANSCRIPT_CONTENT;
    struct timeline_row entry =
        delivery_entry(&work->delivery, TIMELINE_TRANSCRIPTION, words ? 0 : work->repeat_key);
    if (!work->understood)
        entry.effect = "not-understood";
    if (words)
        entry.raw = NULL;
    if (delivery_hear(store_tx_reader(tx), &work->delivery, &call->row, arena, err) < 0)
        return -1;
    if (words && !call->is_new)
        return work->final ? store_update_call(tx, &call->row, err) : 0;
    if (delivery_save(tx, call, &entry, err) < 0)
        return -1;
    work->result.event = (struct event){EVENT_CALL_STATUS, call->row.number, entry.sequence};
    return 0;
}

static int take(struct store_tx *tx,
                struct transcription_work *work,
                struct delivery_call *call,
                struct arena *arena,
                struct error *err)
{
    struct transcription_row transcription;
    enum call_erased erased = CALL_NOT_ERASED;
    if (hear(tx, work, call, arena, err) < 0 ||
        store_get_call_erased(store_tx_reader(tx), call->row.number, &erased, err) < 0)
        return -1;
    if (!work->understood || erased != CALL_NOT_ERASED)
        return 0;
    if (put_transcription(tx, work, call->row.number, arena, &transcription, err) < 0)
        return -1;
    if (work->recording_sid != NULL)
        return take_recording(tx, work, &call->row, &transcription, arena, err);
    if (work->event == TRANSCRIPT_CONTENT)
        return take_words(tx, work, &call->row, &transcription, arena, err);
    return work->event == TRANSCRIPT_STARTED
               ? 0
               : store_drop_transcript_partial(tx, transcription.number, NULL, INT64_MAX, err);
}

static int
transcription_apply(struct store_tx *tx, void *data, struct arena *arena, struct error *err)
{
    struct transcription_work *work = data;
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
    return take(tx, work, &call, arena, err);
}

static void transcription_committed(struct app *app, void *data)
{
    const struct transcription_work *work = data;
    bool repeat = work->result.repeat;
    metric_add(repeat ? app->count.webhook_repeat : app->count.webhook_applied, 1);
    if (work->event == TRANSCRIPT_CONTENT)
        metric_add(repeat        ? app->count.transcript_repeat
                   : work->final ? app->count.transcript_final
                                 : app->count.transcript_partial,
                   1);
    if (work->result.event.call_number != 0)
        bus_publish(app->bus, &work->result.event);
}

int transcription_fact(struct app *app,
                       struct request *request,
                       struct response *response,
                       struct error *err)
{
    (void)response;
    struct transcription_work *work = arena_alloc(request->arena, sizeof(*work));
    if (transcription_parse(app, request, work, err) < 0)
        return fact_malformed(app);
    struct hand_over what = {
        .apply = transcription_apply,
        .work = work,
        .result = &work->result,
        .result_bytes = sizeof(work->result),
        .committed = transcription_committed,
    };
    return fact_hand_over(app, request, &what, err);
}

static const struct route_doc transcription_doc = {
    .summary = "Twilio tells what is said in a call, or was said in a recording. Stored, then "
               "answered.",
    .request_type = "application/x-www-form-urlencoded",
    .request_schema =
        "{\"type\":\"object\",\"required\":[\"TranscriptionSid\",\"CallSid\"],\"properties\":{"
        "\"TranscriptionSid\":{\"type\":\"string\",\"pattern\":\"^(GT|TR)[0-9a-fA-F]{32}$\"},"
        "\"CallSid\":{\"type\":\"string\"},\"TranscriptionEvent\":{\"type\":\"string\"},"
        "\"Track\":{\"type\":\"string\"},\"SequenceId\":{\"type\":\"string\"},"
        "\"Final\":{\"type\":\"string\"},\"TranscriptionData\":{\"type\":\"string\"},"
        "\"RecordingSid\":{\"type\":\"string\"},\"TranscriptionStatus\":{\"type\":\"string\"},"
        "\"TranscriptionText\":{\"type\":\"string\"}}}",
    .success_status = 204,
};

static const struct route rows[] = {
    {.methods = HTTP_GET | HTTP_POST,
     .path = "/webhooks/transcription",
     .guard = &guard_twilio,
     .body_max_bytes = WEBHOOK_BODY_MAX_BYTES,
     .handle = transcription_fact,
     .doc = &transcription_doc},
};

const struct route_table webhooks_transcription_routes = {"webhooks/transcription", rows,
                                                          ARRAY_LEN(rows)};
