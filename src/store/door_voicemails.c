/*
 * The door, as far as voicemails and transcripts go: each function hands on to the engine that is plugged in.
 */
#include "internal.h"

enum { LIST_LIMIT_MAX = 200, TRANSCRIPT_LIMIT_MAX = 1000 };

int store_insert_voicemail(struct store_tx *tx,
                           struct voicemail_row *row,
                           struct arena *arena,
                           struct error *err)
{
    return writing(tx)->insert_voicemail(tx->reader.session, row, arena, err);
}

int store_update_voicemail(struct store_tx *tx, const struct voicemail_row *row, struct error *err)
{
    return writing(tx)->update_voicemail(tx->reader.session, row, err);
}

int store_get_voicemail(struct store_rx *rx,
                        const char *id,
                        struct arena *arena,
                        struct voicemail_row *out,
                        struct error *err)
{
    return rx->backend->get_voicemail(rx->session, id, arena, out, err);
}

int store_get_voicemail_of_recording(struct store_rx *rx,
                                     const char *recording_sid,
                                     struct arena *arena,
                                     struct voicemail_row *out,
                                     struct error *err)
{
    return rx->backend->get_voicemail_of_recording(rx->session, recording_sid, arena, out, err);
}

int store_list_voicemails(struct store_rx *rx,
                          const struct voicemail_filter *filter,
                          struct arena *arena,
                          struct voicemail_rows *out,
                          struct error *err)
{
    if (filter->limit < 1 || filter->limit > LIST_LIMIT_MAX)
        return error_field(err, "limit", "must be 1 to %d", (int)LIST_LIMIT_MAX);
    return rx->backend->list_voicemails(rx->session, filter, arena, out, err);
}

int store_count_new_voicemails(struct store_rx *rx,
                               const struct voicemail_filter *filter,
                               int64_t most,
                               int64_t *out,
                               struct error *err)
{
    return rx->backend->count_new_voicemails(rx->session, filter, most, out, err);
}

int store_put_transcription(struct store_tx *tx, struct transcription_row *row, struct error *err)
{
    return writing(tx)->put_transcription(tx->reader.session, row, err);
}

int store_get_transcription(struct store_rx *rx,
                            const char *sid,
                            struct arena *arena,
                            struct transcription_row *out,
                            struct error *err)
{
    return rx->backend->get_transcription(rx->session, sid, arena, out, err);
}

int store_get_transcription_of_recording(struct store_rx *rx,
                                         const char *recording_sid,
                                         struct arena *arena,
                                         struct transcription_row *out,
                                         struct error *err)
{
    return rx->backend->get_transcription_of_recording(rx->session, recording_sid, arena, out, err);
}

int store_list_transcriptions(struct store_rx *rx,
                              int64_t call_number,
                              struct arena *arena,
                              struct transcription_rows *out,
                              struct error *err)
{
    return rx->backend->list_transcriptions(rx->session, call_number, arena, out, err);
}

int store_clear_transcription(struct store_tx *tx, int64_t number, struct error *err)
{
    return writing(tx)->clear_transcription(tx->reader.session, number, err);
}

int store_insert_transcript_line(struct store_tx *tx,
                                 struct transcript_line_row *row,
                                 struct error *err)
{
    return writing(tx)->insert_transcript_line(tx->reader.session, row, err);
}

int store_get_transcript_line(struct store_rx *rx,
                              int64_t number,
                              struct arena *arena,
                              struct transcript_line_row *out,
                              struct error *err)
{
    return rx->backend->get_transcript_line(rx->session, number, arena, out, err);
}

int store_last_transcript_sequence(struct store_rx *rx,
                                   int64_t call_number,
                                   int64_t transcription_number,
                                   const char *track,
                                   int64_t *out,
                                   struct error *err)
{
    return rx->backend->last_transcript_sequence(rx->session, call_number, transcription_number,
                                                 track, out, err);
}

int store_put_transcript_partial(struct store_tx *tx,
                                 const struct transcript_line_row *row,
                                 struct error *err)
{
    return writing(tx)->put_transcript_partial(tx->reader.session, row, err);
}

int store_drop_transcript_partial(struct store_tx *tx,
                                  int64_t transcription_number,
                                  const char *track,
                                  int64_t sequence,
                                  struct error *err)
{
    return writing(tx)->drop_transcript_partial(tx->reader.session, transcription_number, track,
                                                sequence, err);
}

int store_list_transcript(struct store_rx *rx,
                          int64_t call_number,
                          const struct transcript_place *after,
                          size_t limit,
                          struct arena *arena,
                          struct transcript_line_rows *out,
                          struct error *err)
{
    if (limit < 1 || limit > TRANSCRIPT_LIMIT_MAX)
        return error_field(err, "limit", "must be 1 to %d", (int)TRANSCRIPT_LIMIT_MAX);
    return rx->backend->list_transcript(rx->session, call_number, after, limit, arena, out, err);
}

int store_list_transcript_partials(struct store_rx *rx,
                                   int64_t call_number,
                                   struct arena *arena,
                                   struct transcript_line_rows *out,
                                   struct error *err)
{
    return rx->backend->list_transcript_partials(rx->session, call_number, arena, out, err);
}

int store_search_transcripts(struct store_rx *rx,
                             const struct search_filter *filter,
                             struct arena *arena,
                             struct search_rows *out,
                             struct error *err)
{
    if (filter->limit < 1 || filter->limit > LIST_LIMIT_MAX)
        return error_field(err, "limit", "must be 1 to %d", (int)LIST_LIMIT_MAX);
    return rx->backend->search_transcripts(rx->session, filter, arena, out, err);
}
