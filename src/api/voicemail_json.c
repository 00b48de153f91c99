#include "voicemail_json.h"

#include "json_values.h"
#include "recording_json.h"

const char voicemail_schema[] =
    "{\"type\":\"object\",\"required\":[\"id\",\"call_id\",\"state\",\"identity\",\"from\",\"to\","
    "\"created_at\",\"recording\",\"media_url\",\"transcript\"],\"properties\":{"
    "\"id\":{\"type\":\"string\",\"pattern\":\"^vm_[0-9a-z]{26}$\"},"
    "\"call_id\":{\"type\":\"string\",\"pattern\":\"^call_[0-9a-z]{26}$\"},"
    "\"state\":{\"enum\":[\"new\",\"read\"]},"
    "\"identity\":{\"type\":[\"string\",\"null\"],\"description\":\"the mailbox: whom the call was "
    "for\"},"
    "\"group\":{\"type\":[\"string\",\"null\"]},"
    "\"from\":{\"type\":[\"string\",\"null\"],\"description\":\"who left it\"},"
    "\"to\":{\"type\":[\"string\",\"null\"],\"description\":\"your number that was called\"},"
    "\"created_at\":{\"type\":\"string\",\"format\":\"date-time\"},"
    "\"read_at\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"},"
    "\"duration\":{\"type\":[\"integer\",\"null\"],\"description\":\"seconds\"},"
    "\"recording\":{\"type\":[\"object\",\"null\"],\"required\":[\"id\",\"sid\",\"status\","
    "\"media\"]},"
    "\"media_url\":{\"type\":[\"string\",\"null\"],\"description\":\"where the sound is, once "
    "recording.media.state is stored\"},"
    "\"transcript\":{\"type\":[\"object\",\"null\"],\"required\":[\"status\",\"text\"],"
    "\"properties\":{\"status\":{\"enum\":[\"completed\",\"failed\"]},"
    "\"text\":{\"type\":[\"string\",\"null\"]}}}}}";

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

static json_t *transcript_or_null(const struct voicemail_details *voicemail)
{
    if (voicemail->transcription.sid == NULL)
        return json_null();
    return json_pack("{s:s, s:o}", "status", voicemail->transcription.status, "text",
                     text_or_null(voicemail->text));
}

json_t *voicemail_to_json(const struct voicemail_details *voicemail)
{
    const struct voicemail_row *row = &voicemail->row;
    const struct recording_row *recording = &voicemail->recording;
    bool known = recording->sid != NULL;
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
                     row->id, "call_id", voicemail->call_id, "state",
                     row->read_at_ms == 0 ? "new" : "read", "identity", text_or_null(row->identity),
                     "group", text_or_null(row->group), "from", text_or_null(row->from), "to",
                     text_or_null(row->to), "created_at", time_or_null(row->created_at_ms),
                     "read_at", time_or_null(row->read_at_ms), "duration",
                     int_or_null(recording->duration_s, known && recording->duration_s >= 0),
                     "recording", known ? recording_to_json(recording) : json_null(), "media_url",
                     known ? json_sprintf("/recordings/%s/media", recording->id) : json_null(),
                     "transcript", transcript_or_null(voicemail));
}
