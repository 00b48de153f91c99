/* Options: how long recordings are kept, and where. */
#include "core/macros.h"
#include "groups.h"

static const struct option keeping[] = {
    OPTION(.name = "SWITCHHOOK_RECORDINGS_KEEP",
           KEEP(keeping.rules),
           .reloadable = true,
           .about = "How long recordings are kept, here and at Twilio: a tag's time before its "
                    "direction's, that before default; without one for ever. Held ones stay."),
    OPTION(.name = "SWITCHHOOK_RECORDINGS_DELETE_AT_TWILIO",
           BOOL(keeping.release),
           .fallback = "false",
           .reloadable = true,
           .about = "Whether a recording is deleted at Twilio once it is stored here, after the "
                    "stored copy has been read and compared once more."),
    OPTION(.name = "SWITCHHOOK_RECORDINGS_DELETE_AT_TWILIO_AFTER_MS",
           MILLISECONDS(keeping.release_after_ms, 0, 31536000000),
           .fallback = "86400000",
           .reloadable = true,
           .about = "How long after it was stored."),
    OPTION(.name = "SWITCHHOOK_RETENTION_SWEEP_MS",
           MILLISECONDS(keeping.sweep_ms, 10, 86400000),
           .fallback = "60000",
           .about = "How often recordings are looked through for what is to be deleted; at most "
                    "2000 at a time."),
};

const struct option_group group_keeping = {
    "Keeping recordings",
    NULL,
    keeping,
    ARRAY_LEN(keeping),
};
