/* VoIP Dashboard (Next.js): everything below /api/twilio. */
#include "tables.h"

static const struct error_text texts[] = {
    {ERROR_BAD_SIGNATURE,   NULL, "Invalid signature"                             },
    {ERROR_INTERNAL,        NULL, "Failed to generate token"                      },
    {ERROR_NOT_IMPLEMENTED, NULL, "Calls cannot be put on hold by this server yet"},
    {ERROR_NONE,            NULL, NULL                                            },
};

static const struct dialect_shape shape = {
    .about = "VoIP Dashboard.",
    .error_texts = texts,
    .error_statuses = shared_statuses,
};

static const struct dialect dialect = {"voip-dashboard", dialect_render_error, &shape};
static const struct dialect dialect_twiml_here = {"voip-dashboard", twiml_render_error, &shape};

static const struct route_doc token_doc = {
    .summary = "As /token.",
    .request_type = "application/json",
    .request_schema = "{\"type\":\"object\",\"properties\":{\"identity\":{\"type\":\"string\"}}}",
    .parameters = "[" QUERY_TEXT("identity") "]",
    .response_type = "application/json",
    .response_schema = "{\"type\":\"object\",\"required\":[" TOKEN_REQUIRED
                       "],\"properties\":{" TOKEN_PROPERTIES "}}",
};

static const struct route_doc hold_doc = {
    .summary = "Hold or resume a call. Not built yet: 501 for a call of the caller's.",
    .request_type = "application/json",
    .request_schema = "{\"type\":\"object\",\"properties\":{\"hold\":{\"type\":\"boolean\"}}}",
    .response_type = "application/json",
    .response_schema = "{\"type\":\"object\",\"required\":[\"onHold\"],\"properties\":{"
                       "\"onHold\":{\"type\":\"boolean\"}}}",
};

static const struct route rows[] = {
    TOKEN("/api/twilio/token", &dialect, &token_doc),
    INSTRUCTION("/api/twilio/voice", &dialect_twiml_here, twiml_voice, &doc_voice),
    {.methods = HTTP_POST,
                                                                         .path = "/api/twilio/calls/{id}/hold",
                                                                         .guard = &guard_frontend,
                                                                         .body_max_bytes = KiB(4),
                                                                         .dialect = &dialect,
                                                                         .handle = calls_hold,
                                                                         .doc = &hold_doc},
};

const struct route_table voip_dashboard_routes = {"voip-dashboard", rows, ARRAY_LEN(rows)};
