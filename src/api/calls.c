/* The calls resource: its routes. The handlers are in calls_*.c. */
#include "api/api.h"
#include "calls_internal.h"

static const struct route_doc create_doc = {
    .summary =
        "Place a call. 201 once Twilio has taken it, 202 with Location if that takes too long. "
        "Send an Idempotency-Key so that a repeat cannot dial twice.",
    .request_type = "application/json",
    .request_schema = call_wish_schema,
    .response_type = "application/json",
    .response_schema = call_schema,
    .success_status = 201,
    .accepted_status = 202,
};

static const struct route_doc list_doc = {
    .summary = "A page of calls, newest first.",
    .parameters = call_list_parameters,
    .response_type = "application/json",
    .response_schema =
        "{\"type\":\"object\",\"required\":[\"items\",\"next_cursor\"],\"properties\":{"
        "\"items\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"id\","
        "\"status\"]}},"
        "\"next_cursor\":{\"type\":[\"string\",\"null\"]}}}",
};

static const struct route_doc get_doc = {
    .summary = "One call with its legs, recordings and timeline, by our id or Twilio's CallSid.",
    .response_type = "application/json",
    .response_schema = call_schema,
};

static const struct route_doc hangup_doc = {
    .summary = "End a call. An ended call is 200 again; one not yet placed is canceled; 202 if "
               "Twilio takes too long.",
    .response_type = "application/json",
    .response_schema = call_schema,
    .accepted_status = 202,
};

static const struct route_doc timeline_doc = {
    .summary =
        "What happened to a call, entry by entry, oldest first, and what is the matter with it.",
    .parameters = timeline_parameters,
    .response_type = "application/json",
    .response_schema = timeline_schema,
};

/* clang-format off */
static const struct route rows[] = {
    {HTTP_POST, "/calls",             &guard_frontend, KiB(16), NULL, calls_create, &create_doc},
    {HTTP_GET,  "/calls",             &guard_frontend, 0,       NULL, calls_list,   &list_doc  },
    {HTTP_GET,  "/calls/{id}",        &guard_frontend, 0,       NULL, calls_get,    &get_doc   },
    {HTTP_GET,  "/calls/{id}/timeline", &guard_frontend, 0,     NULL, calls_timeline, &timeline_doc},
    {HTTP_POST, "/calls/{id}/hangup", &guard_frontend, KiB(4),  NULL, calls_hangup, &hangup_doc},
};
/* clang-format on */

const struct route_table api_call_routes = {"api/calls", rows, ARRAY_LEN(rows)};
