/*
 * KIN, phase 3 (voice): tokens and calls below /api/voice, hooks there and at the root. Its words are also those of the
 * KIN SDK guide (kin_sdk.c), which is the same product. BASE/webhooks/... are the native rows.
 */
#include "tables.h"

static const struct input_name call_inputs[] = {
    {"options.twimlUrl",          "twiml_url"         },
    {"options.record",            "record"            },
    {"options.recordingChannels", "recording_channels"},
    {NULL,                        NULL                },
};

static const char *const call_requires[] = {"to", "from", NULL};

/* A SID is accepted wherever an id is and the other way round, so the id may stand in while Twilio has not named it. */
static const struct output_name call_names[] = {
    {"callSid",   "sid",         "id"        },
    {"startTime", "answered_at", "created_at"},
    {"endTime",   "ended_at",    NULL        },
    {"priceUnit", "price_unit",  NULL        },
    {NULL,        NULL,          NULL        },
};

static const struct error_text texts[] = {
    {ERROR_BAD_SIGNATURE, NULL, "Invalid signature"    },
    {ERROR_INTERNAL,      NULL, "Internal server error"},
    {ERROR_NONE,          NULL, NULL                   },
};

static const struct error_status statuses[] = {
    {ERROR_INVALID, 400},
    {ERROR_REFUSED, 400},
    {ERROR_NONE,    0  },
};

const struct dialect_shape kin_shape = {
    .about = "KIN: voice (phase 3) and the SDK guide.",
    .call_inputs = call_inputs,
    .call_requires = call_requires,
    .call_requires_text = "To and From are required",
    .token = {.constants = "{\"success\":true}"},
    .new_call = {                    .constants = "{\"success\":true}",              .names = call_names},
    .call = {                    .constants = "{\"success\":true}",                   .nest = "call", .names = call_names},
    .ended_call = { .constants = "{\"success\":true}", .names = call_names},
    .new_call_status = 200,
    .error_constants = "{\"success\":false}",
    .error_texts = texts,
    .error_statuses = statuses,
    .fact_text = "OK",
};

const struct dialect dialect_kin = {"kin", dialect_render_error, &kin_shape};
const struct dialect dialect_kin_twiml = {"kin", twiml_render_error, &kin_shape};

/* ---- documentation ---- */

#define CALL_PROPERTIES                                                                            \
    "\"callSid\":{\"type\":\"string\"},\"sid\":{\"type\":[\"string\",\"null\"]},"                  \
    "\"id\":{\"type\":\"string\"},\"status\":{\"type\":[\"string\",\"null\"]},"                    \
    "\"direction\":{\"type\":\"string\"},\"from\":{\"type\":[\"string\",\"null\"]},"               \
    "\"to\":{\"type\":[\"string\",\"null\"]},\"startTime\":{\"type\":\"string\"},"                 \
    "\"endTime\":{\"type\":[\"string\",\"null\"]},\"duration\":{\"type\":[\"integer\",\"null\"]}," \
    "\"price\":{\"type\":[\"string\",\"null\"]},\"priceUnit\":{\"type\":[\"string\",\"null\"]}"
#define CALL_REQUIRED                                                                              \
    "\"callSid\",\"status\",\"direction\",\"from\",\"to\",\"startTime\",\"endTime\""
#define SUCCESS "\"success\":{\"const\":true}"
#define FLAT_CALL                                                                                  \
    "{\"type\":\"object\",\"required\":[\"success\"," CALL_REQUIRED "],\"properties\":{" SUCCESS   \
    "," CALL_PROPERTIES "}}"

static const struct route_doc token_doc = {
    .summary = "As /token, in an envelope.",
    .request_type = "application/json",
    .request_schema = "{\"type\":\"object\",\"properties\":{\"identity\":{\"type\":\"string\"}}}",
    .parameters = "[" QUERY_TEXT("identity") "]",
    .response_type = "application/json",
    .response_schema = "{\"type\":\"object\",\"required\":[\"success\"," TOKEN_REQUIRED
                       "],\"properties\":{" SUCCESS "," TOKEN_PROPERTIES "}}",
};

static const struct route_doc create_doc = {
    .summary =
        "As POST /calls. 202 if Twilio takes too long; callSid is then our own id, which does "
        "wherever a SID does.",
    .request_type = "application/json",
    .request_schema =
        "{\"type\":\"object\",\"required\":[\"to\",\"from\"],\"properties\":{"
        "\"to\":{\"type\":\"string\"},\"from\":{\"type\":\"string\"},"
        "\"options\":{\"type\":\"object\",\"properties\":{\"twimlUrl\":{\"type\":\"string\"},"
        "\"record\":{\"type\":\"boolean\"},\"recordingChannels\":{\"enum\":[\"mono\",\"dual\"]}}}}"
        "}",
    .response_type = "application/json",
    .response_schema = FLAT_CALL,
    .accepted_status = 202,
};

static const struct route_doc get_doc = {
    .summary = "As GET /calls/{id}, by SID or id.",
    .response_type = "application/json",
    .response_schema =
        "{\"type\":\"object\",\"required\":[\"success\",\"call\"],\"properties\":{" SUCCESS
        ",\"call\":{\"type\":\"object\",\"required\":[\"sid\",\"duration\","
        "\"price\",\"priceUnit\"," CALL_REQUIRED "],\"properties\":{" CALL_PROPERTIES "}}}}",
};

static const struct route_doc hangup_doc = {
    .summary = "As POST /calls/{id}/hangup, by SID or id.",
    .response_type = "application/json",
    .response_schema = FLAT_CALL,
    .accepted_status = 202,
};

/* ---- rows ---- */

#define FRONTEND(method, where, bytes, handler, doc_)                                              \
    {                                                                                              \
        .methods = (method), .path = (where), .guard = &guard_frontend, .body_max_bytes = (bytes), \
        .dialect = &dialect_kin, .handle = (handler), .doc = (doc_),                               \
    }

static const struct route rows[] = {
    TOKEN("/api/voice/token", &dialect_kin, &token_doc),
    FRONTEND(HTTP_POST, "/api/voice/calls", CALL_BODY_MAX_BYTES, calls_create, &create_doc),
    FRONTEND(HTTP_GET, "/api/voice/calls/{id}", 0, calls_get, &get_doc),
    FRONTEND(HTTP_POST, "/api/voice/calls/{id}/hangup", KiB(4), calls_hangup, &hangup_doc),
    INSTRUCTION("/api/voice/twiml", &dialect_kin_twiml, twiml_voice, &doc_voice),
    INSTRUCTION("/voice/twiml", &dialect_kin_twiml, twiml_voice, &doc_voice),
    INSTRUCTION("/voice/handle-input", &dialect_kin_twiml, twiml_menu, &doc_menu),
    FACT("/api/voice/webhooks/call-status", &dialect_kin, status_fact, &doc_status_ok),
    FACT("/api/voice/webhooks/recording-status", &dialect_kin, recording_fact, &doc_recording_ok),
    FACT("/recording", &dialect_kin, recording_fact, &doc_recording_ok),
};

const struct route_table kin_routes = {"kin", rows, ARRAY_LEN(rows)};
