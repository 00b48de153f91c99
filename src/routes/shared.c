/* What several guides ask for, the same in each. Rows are served once, whichever of their dialects is on. */
#include "tables.h"

const struct error_status shared_statuses[] = {
    {ERROR_INVALID, 400},
    {ERROR_NONE,    0  },
};

const struct error_text shared_texts[] = {
    {ERROR_BAD_SIGNATURE, NULL, "Invalid signature"},
    {ERROR_NONE,          NULL, NULL               },
};

/* TWILIO_VOICE_WEBHOOK_URL of both KIN guides, and the quickstarts'. */
static const struct route voice_rows[] = {
    INSTRUCTION("/voice", &dialect_kin_twiml, twiml_voice, &doc_voice),
};

/* TWILIO_STATUS_WEBHOOK_URL of both KIN guides. */
static const struct route status_rows[] = {
    FACT("/status", &dialect_kin, status_fact, &doc_status_ok),
};

const struct route_table shared_voice_routes = {"kin, kin-sdk and quickstart", voice_rows,
                                                ARRAY_LEN(voice_rows)};
const struct route_table shared_status_routes = {"kin and kin-sdk", status_rows,
                                                 ARRAY_LEN(status_rows)};
