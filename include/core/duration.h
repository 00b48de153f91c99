/* Lengths of time as people write them: 90d, 12h, 30m, 45s, 500ms, 2w, 1y (of 365 days). Pure. */
#ifndef CORE_DURATION_H
#define CORE_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/** A whole number and its unit; false, and `ms` untouched, for anything else, 0 or more than a hundred years. */
bool duration_from_text(const char *text, int64_t *ms);

#endif
