/* Values as clients see them: null is "none" or "not yet". Each gives a new reference. */
#ifndef API_JSON_VALUES_H
#define API_JSON_VALUES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/text.h"
#include "core/wall_clock.h"

static inline json_t *text_or_null(const char *text)
{
    return text_is_empty(text) ? json_null() : json_string(text);
}

static inline json_t *time_or_null(int64_t ms)
{
    char text[TIME_TEXT_BYTES];
    if (ms == 0)
        return json_null();
    time_to_rfc3339(ms, text);
    return json_string(text);
}

static inline json_t *int_or_null(int64_t number, bool known)
{
    return known ? json_integer(number) : json_null();
}

#endif
