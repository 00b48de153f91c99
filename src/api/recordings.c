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

/* clang-format off */
static const struct route rows[] = {
    {HTTP_GET, "/recordings",      &guard_frontend, 0, NULL, recordings_list, &list_doc},
    {HTTP_GET, "/recordings/{id}", &guard_frontend, 0, NULL, recordings_get,  &get_doc },
};
/* clang-format on */

const struct route_table api_recording_routes = {"api/recordings", rows, ARRAY_LEN(rows)};
