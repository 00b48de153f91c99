/* Addresses: what Twilio takes for one, and relative ones against the document they stand in (RFC
 * 3986, section 5). */
#ifndef SIMULATOR_URL_H
#define SIMULATOR_URL_H

#include <stdbool.h>

#include "core/arena.h"

/** http or https, a host without underscores, no spaces or control characters. */
bool url_is_valid(const char *url);

/** `reference` against `base` (NULL: only absolute ones will do). NULL if that is no URL Twilio takes. */
const char *url_resolve(struct arena *arena, const char *base, const char *reference);

/** Without its fragment. */
const char *url_without_fragment(struct arena *arena, const char *url);

/** scheme://host[:port] of a valid URL. */
const char *url_origin(struct arena *arena, const char *url);

#endif
