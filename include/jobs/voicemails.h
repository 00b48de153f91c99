/*
 * Voicemails follow their recordings: whoever hears of a recording, by a callback, by the record verb's action or by
 * asking Twilio, says so here, and there is a voicemail if and only if it holds sound.
 */
#ifndef JOBS_VOICEMAILS_H
#define JOBS_VOICEMAILS_H

#include "events/bus.h"
#include "store/store.h"

/**
 * What is known of this recording has changed (it has been put into the store in this unit). Makes the voicemail, or
 * takes it back if it turns out to hold no sound; the call's outcome goes with it, and both are told in a timeline entry
 * of their own. Does nothing for recordings that are no voicemail's, and the same thing once however often it is called.
 *
 * @param out  what to publish after the commit; its call_number is 0 if nothing has happened. May be NULL.
 */
int voicemail_follow_recording(struct store_tx *tx,
                               const char *recording_sid,
                               int64_t now_ms,
                               struct arena *arena,
                               struct event *out,
                               struct error *err) MUST_USE;

/**
 * The voicemail is deleted: nothing of it is found any more, and what was said in it is forgotten. Its recording is not
 * looked at. Sets row->deleted_at_ms and forgets the names in `row`; the entry of the timeline is the caller's.
 */
int voicemail_forget(struct store_tx *tx,
                     struct voicemail_row *row,
                     int64_t now_ms,
                     struct arena *arena,
                     struct error *err) MUST_USE;

/** An entry in the timeline of the voicemail's call that tells listeners of it. `route`: what was asked for, or NULL. */
int voicemail_tell(struct store_tx *tx,
                   const struct voicemail_row *row,
                   const char *news,
                   const char *route,
                   int64_t now_ms,
                   struct arena *arena,
                   struct event *out,
                   struct error *err) MUST_USE;

#endif
