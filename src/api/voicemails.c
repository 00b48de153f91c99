/* The voicemails resource: its routes. The handlers are in voicemails_*.c. */
#include "call_json.h"
#include "voicemails_internal.h"

static const struct route_doc list_doc = {
    .summary = "A page of voicemails, newest first, and how many are new in all.",
    .parameters = voicemail_list_parameters,
    .response_type = "application/json",
    .response_schema =
        "{\"type\":\"object\",\"required\":[\"items\",\"next_cursor\",\"new_count\"],"
        "\"properties\":{\"items\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
        "\"required\":[\"id\",\"state\",\"recording\"]}},"
        "\"next_cursor\":{\"type\":[\"string\",\"null\"]},"
        "\"new_count\":{\"type\":\"integer\",\"description\":\"of those the caller may see, "
        "whatever was asked for; it is not counted beyond 1000\"}}}",
};

static const struct route_doc get_doc = {
    .summary = "One voicemail, with its recording and transcript.",
    .response_type = "application/json",
    .response_schema = voicemail_schema,
};

static const struct route_doc read_doc = {
    .summary = "It has been heard. Again is fine.",
    .response_type = "application/json",
    .response_schema = voicemail_schema,
};

static const struct route_doc unread_doc = {
    .summary = "It is new again. Again is fine.",
    .response_type = "application/json",
    .response_schema = voicemail_schema,
};

static const struct route_doc delete_doc = {
    .summary = "Delete the voicemail, its transcript and its recording. 409 while the recording is "
               "held.",
    .success_status = 204,
};

static const struct route_doc callback_doc = {
    .summary = "Call back: rings the caller's own browser (or the identity that is named), then "
               "dials whoever left the message. As POST /calls with the flow bridge, with its "
               "Idempotency-Key, policy and answers. 409 if the number was hidden.",
    .request_type = "application/json",
    .request_schema = voicemail_callback_schema,
    .response_type = "application/json",
    .response_schema = call_schema,
    .success_status = 201,
    .accepted_status = 202,
};

/* clang-format off */
static const struct route rows[] = {
    {HTTP_GET,    "/voicemails",               &guard_frontend, 0,       NULL, voicemails_list,     &list_doc    },
    {HTTP_GET,    "/voicemails/{id}",          &guard_frontend, 0,       NULL, voicemails_get,      &get_doc     },
    {HTTP_DELETE, "/voicemails/{id}",          &guard_frontend, 0,       NULL, voicemails_delete,   &delete_doc  },
    {HTTP_POST,   "/voicemails/{id}/read",     &guard_frontend, KiB(4),  NULL, voicemails_read,     &read_doc    },
    {HTTP_POST,   "/voicemails/{id}/unread",   &guard_frontend, KiB(4),  NULL, voicemails_unread,   &unread_doc  },
    {HTTP_POST,   "/voicemails/{id}/callback", &guard_frontend, KiB(16), NULL, voicemails_callback, &callback_doc},
};
/* clang-format on */

const struct route_table api_voicemail_routes = {"api/voicemails", rows, ARRAY_LEN(rows)};
