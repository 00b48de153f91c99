/* "Did you mean ...?" for names of variables. */
#ifndef CONFIG_SRC_SUGGEST_H
#define CONFIG_SRC_SUGGEST_H

#include <stddef.h>

/**
 * How many letters must be put in, left out, changed or swapped with a neighbour; at most `enough` (then it stops).
 */
size_t edit_distance(const char *a, const char *b, size_t enough);

/** The name of an option, a synonym included, that is at most `distance_max` edits away; NULL if there is none. */
const char *suggest_name(const char *name, size_t distance_max);

#endif
