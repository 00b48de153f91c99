/* A recording as clients see it: alone, in lists, with its call, and in events. */
#ifndef API_RECORDING_JSON_H
#define API_RECORDING_JSON_H

#include <jansson.h>

#include "store/store.h"

/** A new reference. */
json_t *recording_to_json(const struct recording_row *row);

/** The JSON Schema of it, for /openapi.json. */
extern const char recording_schema[];

#endif
