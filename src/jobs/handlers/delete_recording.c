/*
 * delete_recording: remove a recording's sound, here and at Twilio. It was marked as deleted when the job was written, so nobody
 * hears it meanwhile. Both are removed again without harm, so the job may run any number of times; it goes on until both are
 * gone. What was removed is written down in the audit log: the receipt.
 *
 * release_recording: remove it at Twilio alone, after what is stored here has been read once more and is what was fetched. If it
 * is not, nothing is removed, and the job is buried for somebody to look at.
 */
#include "../internal.h"
#include "../talk.h"

#include "core/hex.h"
#include "core/log.h"
#include "core/text.h"
#include "crypto/digest.h"
#include "storage/storage.h"
#include "twilio/rest_recordings.h"

enum { TWILIO_NOT_FOUND = 20404, HTTP_NOT_FOUND = 404, PIECE_BYTES = 64 * 1024 };

struct removing {
    struct attempt *attempt;
    struct recording_row row;
    const char *action; /* of the receipt */
    bool here;          /* it was removed here */
    bool at_twilio;     /* and there */
};

static int read_row(struct store_rx *rx, void *work, struct error *err)
{
    struct removing *r = work;
    return store_get_recording_by_id(rx, r->attempt->job.subject, r->attempt->arena, &r->row, err);
}

static int drop_job(struct store_tx *tx, void *work, struct error *err)
{
    const struct attempt *attempt = work;
    return attempt_finish(tx, attempt, err);
}

/* ---- removing ---- */

static bool is_gone(const struct talk *said)
{
    return said->result == TALK_REFUSED &&
           (said->refusal.code == TWILIO_NOT_FOUND || said->http_status == HTTP_NOT_FOUND);
}

static int remove_at_twilio(struct removing *r, struct error *err)
{
    struct attempt *attempt = r->attempt;
    struct rest_request request;
    struct talk said;
    if (r->row.remote_deleted_at_ms != 0)
        return 0;
    if (rest_delete_recording(attempt->with->account, r->row.sid, attempt->arena, &request, err) <
            0 ||
        talk(attempt, &request, &said, err) < 0)
        return -1;
    if (!is_gone(&said) && talk_must_be_done(&said, err) < 0)
        return -1;
    r->at_twilio = true;
    return 0;
}

static int remove_here(struct removing *r, struct error *err)
{
    if (r->row.media_key == NULL)
        return 0;
    if (storage_remove(r->attempt->with->storage, r->row.media_key, err) < 0)
        return -1;
    r->here = true;
    return 0;
}

/* ---- the receipt ---- */

static int append_receipt(struct store_tx *tx, const struct removing *r, struct error *err)
{
    const char *where = r->here && r->at_twilio ? "here and at Twilio"
                        : r->here               ? "here"
                        : r->at_twilio          ? "at Twilio"
                                                : "nothing was left to remove";
    struct audit_row audit = {
        .account_sid = r->row.account_sid,
        .at_ms = attempt_now_ms(r->attempt),
        .action = r->action,
        .allowed = true,
        .actor_kind = "server",
        .call_number = r->row.call_number,
        .call_id = r->row.call_id,
        .subject = r->row.id,
        .detail = arena_printf(r->attempt->arena, "%s: %s, %lld bytes, sha256 %s", r->row.sid,
                               where, (long long)r->row.media_bytes,
                               r->row.media_sha256 == NULL ? "not known" : r->row.media_sha256),
        .times = 1,
    };
    return store_append_audit(tx, &audit, err);
}

static int settle(struct store_tx *tx, void *work, struct error *err)
{
    struct removing *r = work;
    struct attempt *attempt = r->attempt;
    int64_t now_ms = attempt_now_ms(attempt);
    struct recording_row row;
    if (store_get_recording_by_id(store_tx_reader(tx), attempt->job.subject, attempt->arena, &row,
                                  err) < 0)
        return -1;
    if (r->here)
        row.media_key = NULL;
    if (r->at_twilio && row.remote_deleted_at_ms == 0)
        row.remote_deleted_at_ms = now_ms;
    row.updated_at_ms = now_ms;
    if (store_put_recording(tx, &row, err) < 0 || append_receipt(tx, r, err) < 0)
        return -1;
    return attempt_finish(tx, attempt, err);
}

static int finish(struct removing *r, struct error *err)
{
    struct attempt *attempt = r->attempt;
    if (store_apply(attempt->with->store, settle, r, err) < 0)
        return -1;
    attempt_count(attempt, "done");
    log_info("recording.removed", LOG_INT("job", attempt->job.number),
             LOG_TEXT("recording", r->row.sid), LOG_TEXT("kind", job_kind_text(attempt->job.kind)));
    return 0;
}

int delete_recording(struct attempt *attempt, struct error *err)
{
    struct removing r = {.attempt = attempt, .action = "recording.deleted"};
    if (store_run_read(attempt->with->store, read_row, &r, err) < 0)
        return -1;
    if (r.row.deleted_at_ms == 0) /* nobody wants it any more */
        return store_apply(attempt->with->store, drop_job, attempt, err);
    if (remove_here(&r, err) < 0 || remove_at_twilio(&r, err) < 0)
        return -1;
    return finish(&r, err);
}

/* ---- looking at what is here ---- */

static int hash_stored(struct storage_reader *reader,
                       char *buffer,
                       char out[SHA256_HEX_BYTES],
                       struct error *err)
{
    unsigned char bytes[SHA256_BYTES];
    auto_digest struct digest *digest = digest_create();
    int64_t at = 0;
    size_t got = PIECE_BYTES;
    for (; got == PIECE_BYTES; at += (int64_t)got) {
        if (storage_read(reader, at, buffer, PIECE_BYTES, &got, err) < 0)
            return -1;
        digest_add(digest, buffer, got);
    }
    digest_finish(digest, bytes);
    hex_encode(out, bytes, sizeof bytes);
    return 0;
}

static int check_stored(const struct removing *r, struct error *err)
{
    struct storage_reader *reader = NULL;
    char digest[SHA256_HEX_BYTES];
    char *buffer = arena_alloc(r->attempt->arena, PIECE_BYTES);
    if (storage_open(r->attempt->with->storage, r->row.media_key, &reader, err) < 0)
        return -1;
    int result = hash_stored(reader, buffer, digest, err);
    storage_close(reader);
    if (result < 0)
        return -1;
    if (!text_equal(digest, r->row.media_sha256))
        return error_set(err, ERROR_INTERNAL,
                         "what is stored is not what was fetched; it is kept at Twilio");
    return 0;
}

/* Also once more right before: it may have been held or deleted meanwhile. */
static bool may_be_released(const struct recording_row *row)
{
    return row->media == RECORDING_MEDIA_STORED && row->remote_deleted_at_ms == 0 &&
           row->deleted_at_ms == 0 && !row->hold && row->media_key != NULL;
}

int release_recording(struct attempt *attempt, struct error *err)
{
    struct removing r = {.attempt = attempt, .action = "recording.released"};
    if (store_run_read(attempt->with->store, read_row, &r, err) < 0)
        return -1;
    if (!may_be_released(&r.row))
        return store_apply(attempt->with->store, drop_job, attempt, err);
    if (check_stored(&r, err) < 0 || store_run_read(attempt->with->store, read_row, &r, err) < 0)
        return -1;
    if (!may_be_released(&r.row))
        return store_apply(attempt->with->store, drop_job, attempt, err);
    if (remove_at_twilio(&r, err) < 0)
        return -1;
    return finish(&r, err);
}
