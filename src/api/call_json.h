/* A call and what belongs to it, as clients see it. */
#ifndef API_CALL_JSON_H
#define API_CALL_JSON_H

#include <jansson.h>

#include "store/store.h"

/** What GET /calls/{id} shows beyond the row; no legs or recordings are NULL, and without a timeline it is left out. */
struct call_details {
    const struct leg_rows *legs;
    const struct recording_rows *recordings; /**< NULL: the caller may not know of any */
    const struct timeline_rows *timeline;
    bool timeline_more; /**< the call has further entries that are not shown */
};

/** A new reference; `details` may be NULL (lists). */
json_t *call_to_json(const struct call_row *call, const struct call_details *details);

/** The JSON Schema of it, for /openapi.json. */
extern const char call_schema[];

#endif
