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
