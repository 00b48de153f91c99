/* A voicemail as clients see it: alone, in lists, and in events. */
#ifndef API_VOICEMAIL_JSON_H
#define API_VOICEMAIL_JSON_H

#include <jansson.h>

#include "app/told_subject.h"

/** A new reference. */
json_t *voicemail_to_json(const struct voicemail_details *voicemail);

/** The JSON Schema of it, for /openapi.json. */
extern const char voicemail_schema[];

#endif
