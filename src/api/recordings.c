/* The recordings resource: its routes. The handlers are in recordings_*.c. */
#include "recordings_internal.h"

static const struct route_doc list_doc = {
    .summary = "A page of recordings, newest first.",
    .parameters = recording_list_parameters,
    .response_type = "application/json",
    .response_schema =
        "{\"type\":\"object\",\"required\":[\"items\",\"next_cursor\"],\"properties\":{"
        "\"items\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"id\",\"sid\","
        "\"status\",\"media\"]}},"
        "\"next_cursor\":{\"type\":[\"string\",\"null\"]}}}",
};

static const struct route_doc get_doc = {
    .summary = "One recording, by our id or Twilio's RecordingSid.",
    .response_type = "application/json",
    .response_schema = recording_schema,
};

static const struct route_doc media_doc = {
    .summary =
        "The sound of a recording, whole or a part (Range), by a credential or a link. 409 with "
        "Retry-After while it is not here yet.",
    .parameters = recording_media_parameters,
    .response_type = "audio/*",
    .response_schema = "{\"type\":\"string\",\"format\":\"binary\"}",
    .accepted_status = 206,
};

static const struct route_doc link_doc = {
    .summary =
        "A link to the sound of a recording for a player that can send no header, good for a "
        "short time. The address is relative to this server's.",
    .request_type = "application/json",
    .request_schema = recording_link_request_schema,
    .response_type = "application/json",
    .response_schema =
        "{\"type\":\"object\",\"required\":[\"url\",\"expires_at\"],\"properties\":{"
        "\"url\":{\"type\":\"string\",\"pattern\":\"^/recordings/rec_[0-9a-z]{26}/media[?]\"},"
        "\"expires_at\":{\"type\":\"string\",\"format\":\"date-time\"}}}",
    .success_status = 201,
};

static const struct route_doc delete_doc = {
    .summary =
        "Delete a recording, here and at Twilio; again is fine. 409 if it is held or still being "
        "recorded.",
    .response_type = "application/json",
    .response_schema = recording_schema,
};

static const struct route_doc patch_doc = {
    .summary = "Hold a recording so that nobody deletes it, let it go, or tag it.",
    .request_type = "application/json",
    .request_schema = recording_patch_schema,
    .response_type = "application/json",
    .response_schema = recording_schema,
};

static const struct route_doc start_doc = {
    .summary = "Record a call that is in progress. The one that runs already if it was started so; "
               "202 if Twilio takes too long.",
    .request_type = "application/json",
    .request_schema = recording_start_schema,
    .response_type = "application/json",
    .response_schema = "{\"type\":\"object\"}",
    .accepted_status = 202,
};

#define CONTROL_DOC(words)                                                                         \
    {                                                                                              \
        .summary = words " Again is fine; 202 if Twilio takes too long.",                          \
        .response_type = "application/json", .response_schema = "{\"type\":\"object\"}",           \
        .accepted_status = 202,                                                                    \
    }
static const struct route_doc pause_doc = {
    .summary = "Pause a recording: what is said meanwhile is silence in it, or left out. Again is "
               "fine; 202 if Twilio takes too long.",
    .request_type = "application/json",
    .request_schema = recording_pause_schema,
    .response_type = "application/json",
    .response_schema = "{\"type\":\"object\"}",
    .accepted_status = 202,
};
static const struct route_doc resume_doc = CONTROL_DOC("Go on with a paused recording.");
static const struct route_doc stop_doc = CONTROL_DOC("End a recording; the call goes on.");

/* clang-format off */
static const struct route rows[] = {
    {HTTP_GET,    "/recordings",            &guard_frontend, 0,      NULL, recordings_list,   &list_doc  },
    {HTTP_GET,    "/recordings/{id}",       &guard_frontend, 0,      NULL, recordings_get,    &get_doc   },
    {HTTP_PATCH,  "/recordings/{id}",       &guard_frontend, KiB(4), NULL, recordings_patch,  &patch_doc },
    {HTTP_DELETE, "/recordings/{id}",       &guard_frontend, 0,      NULL, recordings_delete, &delete_doc},
    {HTTP_GET,    "/recordings/{id}/media", &guard_player,   0,      NULL, recordings_media,  &media_doc },
    {HTTP_POST,   "/recordings/{id}/link",  &guard_frontend, KiB(4), NULL, recordings_link,   &link_doc  },
    {HTTP_POST,   "/recordings/{id}/pause",  &guard_frontend, KiB(4), NULL, recording_pause,  &pause_doc },
    {HTTP_POST,   "/recordings/{id}/resume", &guard_frontend, KiB(4), NULL, recording_resume, &resume_doc},
    {HTTP_POST,   "/recordings/{id}/stop",   &guard_frontend, KiB(4), NULL, recording_stop,   &stop_doc  },
    {HTTP_POST,   "/calls/{id}/recordings",  &guard_frontend, KiB(4), NULL, recordings_start,  &start_doc },
};
/* clang-format on */

const struct route_table api_recording_routes = {"api/recordings", rows, ARRAY_LEN(rows)};
