/* Asah: everything below /voice. A browser may ask for its call to be recorded. */
#include "tables.h"

static const struct reason_text sentences[] = {
    {REASON_NOT_A_NUMBER, "Invalid phone number format. Nobody was dialled. Goodbye."},
    {REASON_NONE,         NULL                                                       },
};

static const struct dialect_shape shape = {
    .about = "Asah.",
    .token = {.constants = "{\"status\":\"success\"}", .nest = "data"},
    .error_texts = shared_texts,
    .error_statuses = shared_statuses,
    .sentences = sentences,
    .recording_field = "enableRecording",
};

static const struct dialect dialect = {"asah", dialect_render_error, &shape};
static const struct dialect dialect_twiml_here = {"asah", twiml_render_error, &shape};

static const struct route_doc token_doc = {
    .summary = "As /token, in an envelope.",
    .request_type = "application/json",
    .request_schema = "{\"type\":\"object\",\"properties\":{\"identity\":{\"type\":\"string\"}}}",
    .parameters = "[" QUERY_TEXT("identity") "]",
    .response_type = "application/json",
    .response_schema = "{\"type\":\"object\",\"required\":[\"status\",\"data\"],\"properties\":{"
                       "\"status\":{\"const\":\"success\"},\"data\":{\"type\":\"object\","
                       "\"required\":[" TOKEN_REQUIRED "],\"properties\":{" TOKEN_PROPERTIES "}}}}",
};

static const struct route_doc response_doc = {
    .summary = "As /twiml: what now? With enableRecording=true the dialled call is recorded.",
    .request_type = "application/x-www-form-urlencoded",
    .request_schema = "{\"type\":\"object\",\"required\":[\"CallSid\"],\"properties\":{"
                      "\"CallSid\":{\"type\":\"string\",\"pattern\":\"^CA[0-9a-fA-F]{32}$\"},"
                      "\"To\":{\"type\":\"string\"},\"phoneNumber\":{\"type\":\"string\"},"
                      "\"enableRecording\":{\"enum\":[\"true\",\"false\"]}}}",
    .response_type = "text/xml",
};

static const struct route rows[] = {
    TOKEN("/voice/token", &dialect, &token_doc),
    INSTRUCTION("/voice/response", &dialect_twiml_here, twiml_voice, &response_doc),
    FACT("/voice/status", &dialect, status_fact, &doc_status),
};

const struct route_table asah_routes = {"asah", rows, ARRAY_LEN(rows)};
