/*
 * What an event is about beside its call: a voicemail, or a line of a transcript, as it is now. Read where events are read, so
 * that listeners of /events and the application's webhooks are told the same.
 */
#ifndef APP_TOLD_SUBJECT_H
#define APP_TOLD_SUBJECT_H

#include "store/store.h"
#include "voice/news.h"

/** A voicemail with what belongs to it. */
struct voicemail_details {
    struct voicemail_row row;
    const char *call_id;
    struct recording_row recording;         /**< its sid is NULL if it is not known any more */
    struct transcription_row transcription; /**< its sid is NULL if there is none */
    const char *text;                       /**< what was said, or NULL */
};

/** Read what belongs to `row`. */
int voicemail_details_read(struct store_rx *rx,
                           const struct voicemail_row *row,
                           struct arena *arena,
                           struct voicemail_details *out,
                           struct error *err) MUST_USE;

struct told_subject {
    const char *voicemail_id;                  /**< of voicemail.*, else NULL */
    const struct voicemail_details *voicemail; /**< NULL: it is gone */
    const struct transcript_line_row *line;    /**< of transcript.final; NULL: it is gone */
};

/** `subject` is what the news names (struct news_piece), or NULL. What is not there any more is no error. */
int told_subject_read(struct store_rx *rx,
                      enum news_kind kind,
                      const char *subject,
                      struct arena *arena,
                      struct told_subject *out,
                      struct error *err) MUST_USE;

#endif
