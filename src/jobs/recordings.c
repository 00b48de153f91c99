#include "jobs/recordings.h"

#include "core/text.h"
#include "jobs/voicemails.h"
#include "store/privacy.h"

/* What is known stays; what is new is added; the status moves by rank. */
static void merge(struct recording_row *known, const struct recording_row *told)
{
    if (recording_status_rank(told->status) > recording_status_rank(known->status)) {
        known->status = told->status;
        known->error_code = told->error_code;
    }
    if (text_is_empty(known->url))
        known->url = told->url;
    if (text_is_empty(known->source))
        known->source = told->source;
    if (text_is_empty(known->track))
        known->track = told->track;
    if (known->call_sid == NULL)
        known->call_sid = told->call_sid;
    if (known->call_number == 0)
        known->call_number = told->call_number;
    if (known->channels == 0)
        known->channels = told->channels;
    if (known->duration_s < 0)
        known->duration_s = told->duration_s;
    if (known->started_at_ms == 0)
        known->started_at_ms = told->started_at_ms;
    known->updated_at_ms = told->updated_at_ms;
}

static void fail(struct recording_row *row, const char *why)
{
    row->media = RECORDING_MEDIA_FAILED;
    row->media_error = why;
}

/* Twilio's last word on a sound that is not here. */
static void take_ending(struct recording_row *row, struct arena *arena)
{
    bool open = row->media == RECORDING_MEDIA_NONE || row->media == RECORDING_MEDIA_WANTED;
    if (!open)
        return;
    if (text_equal(row->status, "absent"))
        row->media = RECORDING_MEDIA_ABSENT;
    if (text_equal(row->status, "failed"))
        fail(row, arena_printf(arena, "Twilio could not record it (error %d)", row->error_code));
    if (text_equal(row->status, "deleted"))
        fail(row, "Twilio has deleted it before it was fetched");
}

/* Processing: an URL was told without a word on whether it is complete. The job asks. */
static bool is_to_be_fetched(const struct recording_row *row)
{
    return row->media == RECORDING_MEDIA_NONE && row->deleted_at_ms == 0 &&
           (text_equal(row->status, "completed") || text_equal(row->status, "processing"));
}

static int enqueue(struct store_tx *tx,
                   enum job_kind kind,
                   const struct recording_row *row,
                   int64_t run_at_ms,
                   int64_t now_ms,
                   struct error *err)
{
    struct job_row job = {
        .account_sid = row->account_sid,
        .kind = kind,
        .call_number = row->call_number,
        .subject = row->id,
        .run_at_ms = run_at_ms,
        .created_at_ms = now_ms,
    };
    if (store_insert_job(tx, &job, err) == 0)
        return 0;
    if (err->kind != ERROR_CONFLICT)
        return -1;
    error_clear(err);
    return 0;
}

int recording_enqueue_fetch(struct store_tx *tx,
                            const struct recording_row *row,
                            int64_t run_at_ms,
                            int64_t now_ms,
                            struct error *err)
{
    return enqueue(tx, JOB_FETCH_RECORDING, row, run_at_ms, now_ms, err);
}

int recording_enqueue_release(struct store_tx *tx,
                              const struct recording_row *row,
                              int64_t now_ms,
                              struct error *err)
{
    return enqueue(tx, JOB_RELEASE_RECORDING, row, now_ms, now_ms, err);
}

static bool is_running(const struct recording_row *row)
{
    return text_equal(row->status, "in-progress") || text_equal(row->status, "paused");
}

int recording_delete(struct store_tx *tx,
                     struct recording_row *row,
                     int64_t now_ms,
                     struct error *err)
{
    if (row->deleted_at_ms != 0)
        return 0;
    if (row->hold)
        return error_set(err, ERROR_CONFLICT, "the recording is held: it must not be deleted");
    if (is_running(row))
        return error_set(err, ERROR_CONFLICT, "it is still being recorded: stop it first");
    row->deleted_at_ms = now_ms;
    row->updated_at_ms = now_ms;
    row->media = RECORDING_MEDIA_DELETED;
    row->expires_at_ms = 0;
    if (store_put_recording(tx, row, err) < 0)
        return -1;
    return enqueue(tx, JOB_DELETE_RECORDING, row, now_ms, now_ms, err);
}

/* Of a call that was erased: its sound is not fetched, and goes at Twilio as well. */
static int
refuse_if_erased(struct store_tx *tx, struct recording_row *row, int64_t now_ms, struct error *err)
{
    enum call_erased erased = CALL_NOT_ERASED;
    struct job_row job = {.account_sid = row->account_sid,
                          .kind = JOB_ERASE_AT_TWILIO,
                          .call_number = row->call_number,
                          .subject = row->sid,
                          .run_at_ms = now_ms,
                          .created_at_ms = now_ms};
    if (store_get_call_erased(store_tx_reader(tx), row->call_number, &erased, err) < 0)
        return -1;
    if (erased == CALL_NOT_ERASED || row->deleted_at_ms != 0)
        return 0;
    row->deleted_at_ms = now_ms;
    if (erased == CALL_ERASED_HERE || store_insert_job(tx, &job, err) == 0)
        return 0;
    if (err->kind != ERROR_CONFLICT)
        return -1;
    error_clear(err);
    return 0;
}

int recording_take(struct store_tx *tx,
                   const struct recording_row *told,
                   const struct recording_intake *intake,
                   struct arena *arena,
                   struct recording_row *out,
                   bool *enqueued,
                   struct error *err)
{
    struct recording_row row = *told;
    struct recording_row known;
    if (store_get_recording(store_tx_reader(tx), told->sid, arena, &known, err) == 0) {
        row = known;
        merge(&row, told);
    } else if (err->kind != ERROR_NOT_FOUND) {
        return -1;
    }
    error_clear(err);
    take_ending(&row, arena);
    if (text_equal(row.status, "deleted") && row.remote_deleted_at_ms == 0)
        row.remote_deleted_at_ms = intake->now_ms;
    if (refuse_if_erased(tx, &row, intake->now_ms, err) < 0)
        return -1;
    bool fetch = intake->fetch && is_to_be_fetched(&row);
    int64_t wait_ms = text_equal(row.status, "completed") ? 0 : intake->unsure_ms;
    if (fetch)
        row.media = RECORDING_MEDIA_WANTED;
    if (store_put_recording(tx, &row, err) < 0 ||
        voicemail_follow_recording(tx, row.sid, intake->now_ms, arena, NULL, err) < 0 ||
        (fetch &&
         recording_enqueue_fetch(tx, &row, intake->now_ms + wait_ms, intake->now_ms, err) < 0))
        return -1;
    *out = row;
    if (enqueued != NULL)
        *enqueued = fetch;
    return 0;
}

struct recording_row recording_of_resource(const struct rest_recording *resource, int64_t now_ms)
{
    return (struct recording_row){
        .sid = resource->sid,
        .account_sid = resource->account_sid,
        .call_sid = text_is_empty(resource->call_sid) ? NULL : resource->call_sid,
        .status = resource->status,
        .source = resource->source,
        .track = text_is_empty(resource->track) ? NULL : resource->track,
        .channels = resource->channels > 0 ? (int)resource->channels : 0,
        .duration_s = resource->duration_s,
        .started_at_ms = resource->started_at_ms,
        .error_code = resource->error_code > 0 ? (int)resource->error_code : 0,
        .created_at_ms = resource->created_at_ms > 0 ? resource->created_at_ms : now_ms,
        .updated_at_ms = now_ms,
    };
}
