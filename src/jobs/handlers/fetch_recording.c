/*
 * fetch_recording: the sound of a recording that Twilio has completed is brought here.
 *
 *   ask Twilio, if nobody has said that it is complete, or in how many channels
 *   download, check, hash, write; the storage makes it durable, and only then seen
 *   the row: stored, with its digest; timeline and event; the job goes. One unit of work
 *
 * Killed anywhere, the next attempt begins anew: what was being written is swept, what was written already is replaced by
 * the same. The row tells of a sound only after all of it is on the disk.
 *
 * What is not there (404) is either not there yet, which is no failure, or not there any more. Twilio's resource tells
 * which: it is asked.
 */
#include "../fetch.h"
#include "../talk.h"

#include "core/fields.h"
#include "core/log.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "jobs/recordings.h"
#include "voice/news.h"

struct fetching {
    struct attempt *attempt;
    struct media *media;
    struct recording_row row;
    struct fetched fetched;
    struct rest_recording resource; /* sid NULL: Twilio knows of none */
    int64_t sequence;
    bool unwanted; /* it was deleted here meanwhile */
    bool unkept;   /* the storage did not take it */
};

/* What becomes of the job when there is no sound. */
struct ending {
    struct fetching *fetching;
    enum {
        ENDING_WAIT,    /* again at run_at_ms; this attempt does not count */
        ENDING_AGAIN,   /* the same, and it counts */
        ENDING_BURY,    /* not without an operator */
        ENDING_NOTHING, /* there is nothing to fetch (any more); media and media_error say why */
    } what;
    int64_t run_at_ms;
    enum recording_media media;
    const char *why;
};

static bool is_open(const struct recording_row *row)
{
    return row->deleted_at_ms == 0 &&
           (row->media == RECORDING_MEDIA_WANTED || row->media == RECORDING_MEDIA_FAILED);
}

static int read_row(struct store_rx *rx, void *work, struct error *err)
{
    struct fetching *f = work;
    return store_get_recording_by_id(rx, f->attempt->job.subject, f->attempt->arena, &f->row, err);
}

static int drop_job(struct store_tx *tx, void *work, struct error *err)
{
    const struct attempt *attempt = work;
    return attempt_finish(tx, attempt, err);
}

/* ---- endings without a sound ---- */

static int move_job(struct store_tx *tx, const struct ending *ending, struct error *err)
{
    const struct attempt *attempt = ending->fetching->attempt;
    int64_t number = attempt->job.number;
    switch (ending->what) {
    case ENDING_WAIT:
        return store_return_job(tx, number, ending->run_at_ms, ending->why, err);
    case ENDING_AGAIN:
        return store_retry_job(tx, number, ending->run_at_ms, ending->why, err);
    case ENDING_BURY:
        return store_bury_job(tx, number, ending->why, err);
    case ENDING_NOTHING:
        break;
    }
    return attempt_finish(tx, attempt, err);
}

static int end(struct store_tx *tx, void *work, struct error *err)
{
    const struct ending *ending = work;
    const struct attempt *attempt = ending->fetching->attempt;
    struct recording_row row;
    if (store_get_recording_by_id(store_tx_reader(tx), attempt->job.subject, attempt->arena, &row,
                                  err) < 0)
        return -1;
    if (is_open(&row)) {
        row.media = ending->media;
        row.media_error = ending->why;
        row.updated_at_ms = attempt_now_ms(attempt);
        if (store_put_recording(tx, &row, err) < 0)
            return -1;
    }
    return move_job(tx, ending, err);
}

static int
settle_ending(struct ending *ending, const char *outcome, const char *event, struct error *err)
{
    const struct attempt *attempt = ending->fetching->attempt;
    if (store_apply(attempt->with->store, end, ending, err) < 0)
        return -1;
    attempt_count(attempt, outcome);
    media_count(ending->fetching->media, outcome);
    if (ending->what == ENDING_BURY)
        log_warning(event, LOG_INT("job", attempt->job.number),
                    LOG_TEXT("recording", ending->fetching->row.sid),
                    LOG_INT("attempt", attempt->job.attempts), LOG_TEXT("reason", ending->why));
    else
        log_info(event, LOG_INT("job", attempt->job.number),
                 LOG_TEXT("recording", ending->fetching->row.sid),
                 LOG_INT("attempt", attempt->job.attempts), LOG_TEXT("reason", ending->why));
    return 0;
}

/* Not there yet. The pauses grow with the age of the wish: a quarter of it. */
static int wait_for_it(struct fetching *f, struct error *err)
{
    const struct media_settings *with = media_with(f->media);
    int64_t now_ms = attempt_now_ms(f->attempt);
    int64_t age_ms = now_ms - f->attempt->job.created_at_ms;
    int64_t pause_ms = age_ms / 4;
    if (age_ms > with->ready_within_ms)
        return error_set(err, ERROR_UPSTREAM, "Twilio says that it is complete, but not where");
    if (pause_ms < with->ready_ms)
        pause_ms = with->ready_ms;
    if (pause_ms > with->ready_max_ms)
        pause_ms = with->ready_max_ms;
    struct ending ending = {f, ENDING_WAIT, now_ms + pause_ms, RECORDING_MEDIA_WANTED,
                            "it is not there yet"};
    return settle_ending(&ending, "waiting", "recording.waits", err);
}

/*
 * The storage has no room, is away, or does not let us: that is no recording's fault, so none is given up for it. The lane stops
 * and is tried again after a while.
 */
static int wait_for_room(struct fetching *f, const char *why, struct error *err)
{
    int64_t at_ms = attempt_now_ms(f->attempt) + media_with(f->media)->room_check_ms;
    struct ending ending = {f, ENDING_WAIT, at_ms, RECORDING_MEDIA_WANTED, why};
    media_is_full(f->media, why);
    return settle_ending(&ending, "no_room", "recording.no_room", err);
}

static int
give_up(struct fetching *f, enum recording_media media, const char *why, struct error *err)
{
    struct ending ending = {f, ENDING_NOTHING, 0, media, why};
    return settle_ending(&ending, "gone", "recording.gone", err);
}

static int fail(struct fetching *f, const struct error *failure, struct error *err)
{
    struct attempt *attempt = f->attempt;
    bool again = error_info(failure->kind)->retry &&
                 attempt->job.attempts < (int)attempt_lane(attempt)->attempts_max;
    struct ending ending = {
        .fetching = f,
        .what = again ? ENDING_AGAIN : ENDING_BURY,
        .run_at_ms = attempt_again_at(
            attempt, failure->retry_after_s > 0 ? failure->retry_after_s * 1000 : -1),
        .media = again ? RECORDING_MEDIA_WANTED : RECORDING_MEDIA_FAILED,
        .why = failure->message,
    };
    return settle_ending(&ending, again ? "retried" : "buried",
                         again ? "recording.retried" : "recording.failed", err);
}

/* ---- asking Twilio ---- */

static int take_resource(struct store_tx *tx, void *work, struct error *err)
{
    struct fetching *f = work;
    struct attempt *attempt = f->attempt;
    struct recording_row told = recording_of_resource(&f->resource, attempt_now_ms(attempt));
    struct recording_intake intake = {.fetch = true, .now_ms = attempt_now_ms(attempt)};
    return recording_take(tx, &told, &intake, attempt->arena, &f->row, NULL, err);
}

/* Its resource, taken into the row; resource.sid NULL if Twilio has none. */
static int ask(struct fetching *f, struct error *err)
{
    struct attempt *attempt = f->attempt;
    struct rest_request request;
    struct talk said;
    f->resource = (struct rest_recording){0};
    if (rest_fetch_recording(attempt->with->account, f->row.sid, attempt->arena, &request, err) <
            0 ||
        talk(attempt, &request, &said, err) < 0)
        return -1;
    if (said.result == TALK_REFUSED && said.http_status == 404)
        return 0;
    if (talk_must_be_done(&said, err) < 0 ||
        rest_read_recording(said.body, said.body_len, attempt->arena, &f->resource, err) < 0)
        return -1;
    if (!text_equal(f->resource.sid, f->row.sid)) {
        f->resource.sid = NULL;
        return error_set(err, ERROR_UPSTREAM, "Twilio told of another recording");
    }
    return store_apply(attempt->with->store, take_resource, f, err);
}

/* Lists and resources of Twilio's may be a moment behind; what is young may still appear. */
static int take_as_gone(struct fetching *f, struct error *err)
{
    int64_t age_ms = attempt_now_ms(f->attempt) - f->attempt->job.created_at_ms;
    if (age_ms < media_with(f->media)->ready_max_ms)
        return wait_for_it(f, err);
    return give_up(f, RECORDING_MEDIA_FAILED, "Twilio has no such recording (any more)", err);
}

/* After ask(): is that all there is to it? True if the job is settled. */
static bool is_settled_by_answer(struct fetching *f, int *result, struct error *err)
{
    if (f->resource.sid == NULL)
        *result = take_as_gone(f, err);
    else if (text_equal(f->row.status, "completed"))
        return false;
    else if (recording_status_rank(f->row.status) < recording_status_rank("completed"))
        *result = wait_for_it(f, err);
    else
        *result = give_up(f, f->row.media, f->row.media_error, err);
    return true;
}

/* ---- with a sound ---- */

static const char *summary_of(const struct fetching *f)
{
    struct arena *arena = f->attempt->arena;
    const struct fetched *fetched = &f->fetched;
    struct fields fields = {0};
    fields_add(&fields, arena, "RecordingSid", f->row.sid);
    fields_add(&fields, arena, "bytes", arena_printf(arena, "%lld", (long long)fetched->bytes));
    fields_add(&fields, arena, "type", audio_type(fetched->audio.format));
    fields_add(&fields, arena, "channels", arena_printf(arena, "%u", fetched->audio.channels));
    fields_add(&fields, arena, "sha256", fetched->sha256);
    if (fetched->redirects > 0)
        fields_add(&fields, arena, "redirects", arena_printf(arena, "%u", fetched->redirects));
    auto_buf struct buf out;
    buf_init(&out, KiB(4));
    return fields_encode(&out, &fields) == 0 ? arena_copy(arena, out.data, out.len) : "";
}

static void fill_row(struct recording_row *row, const struct fetching *f, int64_t now_ms)
{
    const struct fetched *fetched = &f->fetched;
    row->media = RECORDING_MEDIA_STORED;
    row->media_key = fetched->key;
    row->media_type = audio_type(fetched->audio.format);
    row->media_bytes = fetched->bytes;
    row->media_sha256 = fetched->sha256;
    row->media_stored_at_ms = now_ms;
    row->media_error = NULL;
    row->updated_at_ms = now_ms;
}

/*
 * Two workers may have fetched it, if a lease ran out under one: what the later one has put into the storage is what the row
 * has to tell of then.
 */
static int settle_stored(struct store_tx *tx, void *work, struct error *err)
{
    struct fetching *f = work;
    struct attempt *attempt = f->attempt;
    int64_t now_ms = attempt_now_ms(attempt);
    struct recording_row row;
    if (store_get_recording_by_id(store_tx_reader(tx), attempt->job.subject, attempt->arena, &row,
                                  err) < 0)
        return -1;
    bool again = row.media == RECORDING_MEDIA_STORED && text_equal(row.media_key, f->fetched.key);
    f->unwanted = !again && !is_open(&row);
    if (f->unwanted)
        return attempt_finish(tx, attempt, err);
    fill_row(&row, f, now_ms);
    if (again)
        return store_put_recording(tx, &row, err) < 0 ? -1 : attempt_finish(tx, attempt, err);
    struct timeline_row entry = {
        .call_number = row.call_number,
        .account_sid = row.account_sid,
        .at_ms = now_ms,
        .kind = TIMELINE_RECORDING,
        .route = "GET /Recordings/{sid}",
        .leg_sid = row.call_sid,
        .effect = "stored",
        .raw = summary_of(f),
        .news = row.call_number != 0 ? news_kind_text(NEWS_RECORDING_STORED) : NULL,
    };
    if (store_put_recording(tx, &row, err) < 0 || store_append_timeline(tx, &entry, err) < 0)
        return -1;
    f->sequence = entry.sequence;
    return attempt_finish(tx, attempt, err);
}

/* A former attempt may have got as far as the storage, and in another format since settings have changed. */
static void remove_other_format(const struct fetching *f)
{
    enum audio_format other = f->fetched.audio.format == AUDIO_WAV ? AUDIO_MP3 : AUDIO_WAV;
    struct error err = {0};
    if (f->attempt->job.attempts < 2)
        return;
    if (storage_remove(media_storage(f->media), fetch_key(&f->row, other, f->attempt->arena),
                       &err) < 0)
        log_warning("recording.leftover", LOG_TEXT("recording", f->row.sid),
                    LOG_TEXT("error", err.message));
}

static int take_stored(struct fetching *f, int64_t began_us, struct error *err)
{
    struct attempt *attempt = f->attempt;
    if (store_apply(attempt->with->store, settle_stored, f, err) < 0)
        return -1;
    if (f->unwanted) {
        attempt_count(attempt, "nothing_new");
        return storage_remove(media_storage(f->media), f->fetched.key, err);
    }
    remove_other_format(f);
    attempt_count(attempt, "stored");
    media_count_stored(f->media, f->fetched.bytes, (double)(monotonic_us() - began_us) / 1e6);
    log_info("recording.stored", LOG_INT("job", attempt->job.number),
             LOG_TEXT("recording", f->row.sid), LOG_INT("bytes", f->fetched.bytes),
             LOG_INT("ms", (monotonic_us() - began_us) / 1000));
    if (f->row.call_number != 0) {
        struct event event = {EVENT_CALL_RECORDING, f->row.call_number, f->sequence};
        bus_publish(attempt->with->bus, &event);
    }
    return 0;
}

/* ---- the attempt ---- */

static int take_missing(struct fetching *f, struct error *err)
{
    int result = 0;
    if (ask(f, err) < 0)
        return -1;
    return is_settled_by_answer(f, &result, err) ? result : wait_for_it(f, err);
}

static int fetch_it(struct fetching *f, struct error *err)
{
    int64_t began_us = monotonic_us();
    switch (fetch_sound(f->attempt, &f->row, &f->fetched, err)) {
    case FETCH_STORED:
        return take_stored(f, began_us, err);
    case FETCH_MISSING:
        return take_missing(f, err);
    case FETCH_UNKEPT:
        f->unkept = true;
        break;
    case FETCH_FAILED:
        break;
    }
    return -1;
}

static int try_it(struct fetching *f, struct error *err)
{
    int result = 0;
    bool sure = text_equal(f->row.status, "completed") && f->row.channels > 0;
    if (!sure && ask(f, err) < 0)
        return -1;
    if (!sure && is_settled_by_answer(f, &result, err))
        return result;
    return fetch_it(f, err);
}

int fetch_recording(struct attempt *attempt, struct error *err)
{
    struct fetching f = {.attempt = attempt, .media = attempt->with->media};
    struct error failure = {0};
    if (store_run_read(attempt->with->store, read_row, &f, err) < 0) {
        if (err->kind != ERROR_NOT_FOUND)
            return -1;
        error_clear(err);
        return store_apply(attempt->with->store, drop_job, attempt, err);
    }
    if (f.media == NULL || !is_open(&f.row))
        return store_apply(attempt->with->store, drop_job, attempt, err);
    if (try_it(&f, &failure) == 0)
        return 0;
    if (f.unkept)
        return wait_for_room(&f, failure.message, err);
    return fail(&f, &failure, err);
}
