#include "recording_json.h"

#include "json_values.h"

const char recording_schema[] =
    "{\"type\":\"object\",\"required\":[\"id\",\"sid\",\"call_id\",\"status\",\"media\",\"hold\","
    "\"created_at\"],\"properties\":{"
    "\"id\":{\"type\":\"string\",\"pattern\":\"^rec_[0-9a-z]{26}$\"},"
    "\"sid\":{\"type\":\"string\",\"description\":\"Twilio's RecordingSid\"},"
    "\"call_id\":{\"type\":[\"string\",\"null\"]},\"call_sid\":{\"type\":[\"string\",\"null\"]},"
    "\"direction\":{\"enum\":[null,\"outbound-browser\",\"outbound-api\",\"inbound\"]},"
    "\"status\":{\"type\":[\"string\",\"null\"],\"description\":\"Twilio's word: in-progress, "
    "paused, "
    "stopped, processing, completed, absent, failed, deleted\"},"
    "\"source\":{\"type\":[\"string\",\"null\"]},\"track\":{\"type\":[\"string\",\"null\"]},"
    "\"channels\":{\"type\":[\"integer\",\"null\"]},"
    "\"duration\":{\"type\":[\"integer\",\"null\"],\"description\":\"seconds\"},"
    "\"error_code\":{\"type\":[\"integer\",\"null\"]},"
    "\"started_at\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"},"
    "\"created_at\":{\"type\":\"string\",\"format\":\"date-time\"},"
    "\"media\":{\"type\":\"object\",\"required\":[\"state\",\"type\",\"bytes\",\"sha256\",\"stored_"
    "at\","
    "\"error\"],\"properties\":{"
    "\"state\":{\"enum\":[\"none\",\"wanted\",\"stored\",\"absent\",\"failed\",\"deleted\"]},"
    "\"type\":{\"type\":[\"string\",\"null\"]},\"bytes\":{\"type\":[\"integer\",\"null\"]},"
    "\"sha256\":{\"type\":[\"string\",\"null\"]},"
    "\"stored_at\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"},"
    "\"error\":{\"type\":[\"string\",\"null\"]}}},"
    "\"tag\":{\"type\":[\"string\",\"null\"]},"
    "\"hold\":{\"type\":\"boolean\",\"description\":\"not to be deleted\"},"
    "\"expires_at\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\",\"description\":"
    "\"when "
    "retention deletes it\"},"
    "\"deleted_at\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"},"
    "\"deleted_at_twilio\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}}}";

static json_t *media_to_json(const struct recording_row *row)
{
    bool stored = row->media == RECORDING_MEDIA_STORED;
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "state", recording_media_text(row->media),
                     "type", text_or_null(stored ? row->media_type : NULL), "bytes",
                     int_or_null(row->media_bytes, stored), "sha256",
                     text_or_null(stored ? row->media_sha256 : NULL), "stored_at",
                     time_or_null(row->media_stored_at_ms), "error",
                     text_or_null(row->media_error));
}

json_t *recording_to_json(const struct recording_row *row)
{
    return json_pack(
        "{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, "
        "s:o, "
        "s:o}",
        "id", row->id, "sid", row->sid, "call_id", text_or_null(row->call_id), "call_sid",
        text_or_null(row->call_sid), "direction", text_or_null(row->direction), "status",
        text_or_null(row->status), "source", text_or_null(row->source), "track",
        text_or_null(row->track), "channels", int_or_null(row->channels, row->channels > 0),
        "duration", int_or_null(row->duration_s, row->duration_s >= 0), "error_code",
        int_or_null(row->error_code, row->error_code > 0), "started_at",
        time_or_null(row->started_at_ms), "created_at", time_or_null(row->created_at_ms), "media",
        media_to_json(row), "tag", text_or_null(row->tag), "hold", row->hold, "expires_at",
        time_or_null(row->expires_at_ms), "deleted_at", time_or_null(row->deleted_at_ms),
        "deleted_at_twilio", time_or_null(row->remote_deleted_at_ms));
}
