/* What /openapi.json says of rows that more than one dialect has. */
#include "tables.h"

#define FORM "application/x-www-form-urlencoded"
#define CALL_FIELDS                                                                                \
    "\"CallSid\":{\"type\":\"string\",\"pattern\":\"^CA[0-9a-fA-F]{32}$\"},"                       \
    "\"CallStatus\":{\"type\":\"string\"}"
#define INSTRUCTION_SCHEMA                                                                         \
    "{\"type\":\"object\",\"required\":[\"CallSid\"],\"properties\":{" CALL_FIELDS                 \
    ",\"From\":{\"type\":\"string\"},\"To\":{\"type\":\"string\"},"                                \
    "\"phoneNumber\":{\"type\":\"string\"},\"Digits\":{\"type\":\"string\"}}}"
#define STATUS_SCHEMA                                                                              \
    "{\"type\":\"object\",\"required\":[\"CallSid\"],\"properties\":{" CALL_FIELDS                 \
    ",\"SequenceNumber\":{\"type\":\"string\"},"                                                   \
    "\"CallDuration\":{\"type\":\"string\",\"description\":\"seconds\"},"                          \
    "\"RecordingSid\":{\"type\":\"string\"},\"RecordingUrl\":{\"type\":\"string\"}}}"
#define RECORDING_SCHEMA                                                                           \
    "{\"type\":\"object\",\"required\":[\"RecordingSid\"],\"properties\":{"                        \
    "\"RecordingSid\":{\"type\":\"string\",\"pattern\":\"^RE[0-9a-fA-F]{32}$\"},"                  \
    "\"RecordingStatus\":{\"type\":\"string\"},\"RecordingUrl\":{\"type\":\"string\"},"            \
    "\"CallSid\":{\"type\":\"string\"}}}"
#define OK_TEXT                                                                                    \
    .response_type = "text/plain", .response_schema = "{\"type\":\"string\",\"const\":\"OK\"}"

const struct route_doc doc_voice = {
    .summary = "As /twiml: what now?",
    .request_type = FORM,
    .request_schema = INSTRUCTION_SCHEMA,
    .response_type = "text/xml",
};

const struct route_doc doc_menu = {
    .summary = "As /twiml/menu: a digit was pressed.",
    .request_type = FORM,
    .request_schema = INSTRUCTION_SCHEMA,
    .response_type = "text/xml",
};

const struct route_doc doc_status = {
    .summary = "As /webhooks/call-status: a leg of a call has moved.",
    .request_type = FORM,
    .request_schema = STATUS_SCHEMA,
    .success_status = 204,
};

const struct route_doc doc_status_ok = {
    .summary = "As /webhooks/call-status, but answered OK.",
    .request_type = FORM,
    .request_schema = STATUS_SCHEMA,
    OK_TEXT,
};

const struct route_doc doc_recording_ok = {
    .summary = "As /webhooks/recording-status, but answered OK.",
    .request_type = FORM,
    .request_schema = RECORDING_SCHEMA,
    OK_TEXT,
};

const struct route_doc doc_any_ok = {
    .summary = "Whatever Twilio tells: kept under the kind that its fields show, and answered OK.",
    .request_type = FORM,
    .request_schema = "{\"type\":\"object\"}",
    OK_TEXT,
};

const struct route_doc doc_taskrouter_ok = {
    .summary = "An event of TaskRouter: kept as it came, known fields or not, and answered OK.",
    .request_type = FORM,
    .request_schema = "{\"type\":\"object\",\"properties\":{\"EventType\":{\"type\":\"string\"},"
                      "\"TaskSid\":{\"type\":\"string\"},\"WorkerSid\":{\"type\":\"string\"},"
                      "\"WorkspaceSid\":{\"type\":\"string\"}}}",
    OK_TEXT,
};
