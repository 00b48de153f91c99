/* Ranges of numbers that cost more than they look like. */
#ifndef VOICE_POLICY_RANGES_H
#define VOICE_POLICY_RANGES_H

#include "voice/policy.h"

struct known_range {
    const char *pattern; /* + and digits; ? is any digit */
    enum policy_range range;
    const char *about;
};

/** The longest pattern that a number begins with, or NULL. `*len` is how many characters it has. */
const struct known_range *known_range_of(const char *number, size_t *len);

#endif
