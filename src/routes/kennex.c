/* Kennex: everything below /api/calls. Twilio asks it for instructions by GET. */
#include "tables.h"

static const struct input_name token_inputs[] = {
    {"agentId", "identity"},
    {NULL,      NULL      },
};

static const struct dialect_shape shape = {
    .about = "Kennex.",
    .token_inputs = token_inputs,
    .token = {.constants = "{\"success\":true}"},
    .error_constants = "{\"success\":false}",
    .error_texts = shared_texts,
    .error_statuses = shared_statuses,
};

static const struct dialect dialect = {"kennex", dialect_render_error, &shape};
static const struct dialect dialect_twiml_here = {"kennex", twiml_render_error, &shape};

static const struct route_doc token_doc = {
    .summary = "As /token, in an envelope; the identity is called agentId.",
    .request_type = "application/json",
    .request_schema = "{\"type\":\"object\",\"properties\":{\"agentId\":{\"type\":\"string\"},"
                      "\"identity\":{\"type\":\"string\"}}}",
    .parameters = "[" QUERY_TEXT("agentId") "," QUERY_TEXT("identity") "]",
    .response_type = "application/json",
    .response_schema = "{\"type\":\"object\",\"required\":[\"success\"," TOKEN_REQUIRED
                       "],\"properties\":{\"success\":{\"const\":true}," TOKEN_PROPERTIES "}}",
};

static const struct route rows[] = {
    TOKEN("/api/calls/token", &dialect, &token_doc),
    INSTRUCTION("/api/calls/twiml", &dialect_twiml_here, twiml_voice, &doc_voice),
    FACT("/api/calls/status", &dialect, status_fact, &doc_status),
};

const struct route_table kennex_routes = {"kennex", rows, ARRAY_LEN(rows)};
