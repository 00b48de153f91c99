/*
 * What anybody says of a recording: a callback, the action of a dial or a record, Twilio's REST API. It is merged with what
 * is known, and if its sound is to be fetched, the job for it is written in the same unit of work.
 */
#ifndef JOBS_RECORDINGS_H
#define JOBS_RECORDINGS_H

#include "store/store.h"
#include "twilio/rest_recordings.h"

struct recording_intake {
    bool fetch; /**< sound is kept here (SWITCHHOOK_RECORDINGS) */
    int64_t now_ms;
    int64_t unsure_ms; /**< how long to wait for a sound that nobody has said is complete */
};

/**
 * Merge `told` with the row of that SID, or make it; number and id of `told` count for a new one only. What is known stays,
 * the status moves by rank (voice/recording.h), media moves with it: completed (or named with an URL before anybody has
 * said so) is wanted, absent is absent, failed or deleted before it was fetched is failed. The voicemail that it may be
 * follows (jobs/voicemails.h).
 *
 * @param out      the row as it is now, in `arena`
 * @param enqueued a fetch_recording job was written: wake JOB_LANE_MEDIA after the commit. May be NULL
 */
int recording_take(struct store_tx *tx,
                   const struct recording_row *told,
                   const struct recording_intake *intake,
                   struct arena *arena,
                   struct recording_row *out,
                   bool *enqueued,
                   struct error *err) MUST_USE;

/** What the REST resource says, as `told`: of no call, with no id. Texts are borrowed from it. */
struct recording_row recording_of_resource(const struct rest_recording *resource, int64_t now_ms);

/** The job that fetches it, unless there is one. For one that failed, or was not wanted before. */
int recording_enqueue_fetch(struct store_tx *tx,
                            const struct recording_row *row,
                            int64_t run_at_ms,
                            int64_t now_ms,
                            struct error *err) MUST_USE;

/**
 * Delete it: from now on nobody hears it, and the job that removes its sound, here and at Twilio, is written. Wake
 * JOB_LANE_CLEARING after the commit. One that is deleted already stays as it is.
 *
 * @param row  in the store; changed
 * @param err  CONFLICT if it is held, or is still being recorded
 */
int recording_delete(struct store_tx *tx,
                     struct recording_row *row,
                     int64_t now_ms,
                     struct error *err) MUST_USE;

/** The job that deletes it at Twilio, once what is here has been read and is what was stored; unless there is one. */
int recording_enqueue_release(struct store_tx *tx,
                              const struct recording_row *row,
                              int64_t now_ms,
                              struct error *err) MUST_USE;

#endif
