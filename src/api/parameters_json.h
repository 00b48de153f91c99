/* What was sent, as clients see it. */
#ifndef API_PARAMETERS_JSON_H
#define API_PARAMETERS_JSON_H

#include <jansson.h>

/**
 * JSON as it is, a form as an object whose repeated names are lists; null for NULL and "". Words that were said are left
 * out. A new reference.
 */
json_t *json_of_parameters(const char *raw);

/** Take out what says where a recording is, for those who may not know of any. */
void json_without_recordings(json_t *parameters);

#endif
