#include "app/told_subject.h"

#include "core/text.h"

/* 0 if there is one; -1 with err clear if there is none. */
static int none_is_fine(int found, struct error *err)
{
    if (found < 0 && err->kind == ERROR_NOT_FOUND)
        error_clear(err);
    return found;
}

/* A recording is transcribed as one line. */
static int read_text(struct store_rx *rx,
                     const struct transcription_row *transcription,
                     struct arena *arena,
                     const char **out,
                     struct error *err)
{
    const struct transcript_place before = {transcription->number, -1, ""};
    struct transcript_line_rows lines;
    if (store_list_transcript(rx, transcription->call_number, &before, 1, arena, &lines, err) < 0)
        return -1;
    if (lines.count > 0 && lines.items[0].transcription_number == transcription->number)
        *out = lines.items[0].text;
    return 0;
}

int voicemail_details_read(struct store_rx *rx,
                           const struct voicemail_row *row,
                           struct arena *arena,
                           struct voicemail_details *out,
                           struct error *err)
{
    struct voicemail_details details = {.row = *row};
    struct call_row call;
    if (store_get_call_by_number(rx, row->call_number, arena, &call, err) < 0)
        return -1;
    details.call_id = call.id;
    (void)none_is_fine(store_get_recording(rx, row->recording_sid, arena, &details.recording, err),
                       err);
    if (err->kind != ERROR_NONE)
        return -1;
    int written = none_is_fine(store_get_transcription_of_recording(rx, row->recording_sid, arena,
                                                                    &details.transcription, err),
                               err);
    if (err->kind != ERROR_NONE ||
        (written == 0 && read_text(rx, &details.transcription, arena, &details.text, err) < 0))
        return -1;
    *out = details;
    return 0;
}

static int read_voicemail(struct store_rx *rx,
                          const char *id,
                          struct arena *arena,
                          struct told_subject *out,
                          struct error *err)
{
    struct voicemail_row row;
    struct voicemail_details *details = arena_alloc(arena, sizeof(*details));
    out->voicemail_id = id;
    if (none_is_fine(store_get_voicemail(rx, id, arena, &row, err), err) < 0)
        return err->kind == ERROR_NONE ? 0 : -1;
    if (voicemail_details_read(rx, &row, arena, details, err) < 0)
        return -1;
    out->voicemail = details;
    return 0;
}

static int read_line(struct store_rx *rx,
                     const char *number_text,
                     struct arena *arena,
                     struct told_subject *out,
                     struct error *err)
{
    int64_t number;
    struct transcript_line_row *line = arena_alloc(arena, sizeof(*line));
    if (!text_to_int64(number_text, 1, INT64_MAX, &number))
        return 0;
    if (none_is_fine(store_get_transcript_line(rx, number, arena, line, err), err) < 0)
        return err->kind == ERROR_NONE ? 0 : -1;
    out->line = line;
    return 0;
}

int told_subject_read(struct store_rx *rx,
                      enum news_kind kind,
                      const char *subject,
                      struct arena *arena,
                      struct told_subject *out,
                      struct error *err)
{
    bool of_voicemail = kind == NEWS_VOICEMAIL_NEW || kind == NEWS_VOICEMAIL_READ ||
                        kind == NEWS_VOICEMAIL_DELETED || kind == NEWS_VOICEMAIL_TRANSCRIBED;
    *out = (struct told_subject){0};
    if (subject == NULL)
        return 0;
    if (of_voicemail)
        return read_voicemail(rx, subject, arena, out, err);
    return kind == NEWS_TRANSCRIPT_FINAL ? read_line(rx, subject, arena, out, err) : 0;
}
