/* Options: how long things are kept. */
#include "core/macros.h"
#include "groups.h"

#define FOREVER_IS_LONG 3155760000000 /* a hundred years */

static const struct option retention[] = {
    OPTION(.name = "SWITCHHOOK_CALL_TTL_MS",
           MILLISECONDS(retention.call_ms, 0, FOREVER_IS_LONG),
           .fallback = "0",
           .reloadable = true,
           .about = "A call goes this long after it began, with all that belongs to it, but not "
                    "before the sound of its recordings has gone; 0: calls are kept."),
    OPTION(.name = "SWITCHHOOK_TIMELINE_TTL_MS",
           MILLISECONDS(retention.timeline_ms, 0, FOREVER_IS_LONG),
           .fallback = "0",
           .reloadable = true,
           .about = "How long timeline entries are kept; 0: as long as their call."),
    OPTION(.name = "SWITCHHOOK_RAW_TTL_MS",
           MILLISECONDS(retention.raw_ms, 0, FOREVER_IS_LONG),
           .fallback = "7776000000",
           .reloadable = true,
           .about = "How long the parameters of Twilio's requests are kept with their timeline "
                    "entry; 90 days unless told otherwise, 0: as long as the entry."),
    OPTION(.name = "SWITCHHOOK_TRANSCRIPT_TTL_MS",
           MILLISECONDS(retention.transcript_ms, 0, FOREVER_IS_LONG),
           .fallback = "0",
           .reloadable = true,
           .about = "How long the lines of transcripts are kept and found; 0: as long as their "
                    "call."),
    OPTION(.name = "SWITCHHOOK_DEAD_JOB_TTL_MS",
           MILLISECONDS(retention.dead_job_ms, 0, FOREVER_IS_LONG),
           .fallback = "7776000000",
           .reloadable = true,
           .about = "How long jobs that were given up wait for somebody to look at them; 90 days "
                    "unless told otherwise, 0: for ever."),
    OPTION(.name = "SWITCHHOOK_IDENTITY_GROUP_TTL_MS",
           MILLISECONDS(retention.identity_group_ms, 0, FOREVER_IS_LONG),
           .fallback = "31536000000",
           .reloadable = true,
           .about = "How long the group of a user is remembered who asks for no token; a year "
                    "unless told otherwise, 0: for ever."),
};

const struct option_group group_retention = {
    "How long things are kept",
    "Idempotency keys, the audit log, recordings and deliveries of the application's webhooks have "
    "options of their own; docs/privacy.md has the whole list.",
    retention,
    ARRAY_LEN(retention),
};
