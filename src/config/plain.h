/* What a word of somebody else's may be, for one of them and for lists. */
#ifndef CONFIG_SRC_PLAIN_H
#define CONFIG_SRC_PLAIN_H

#include <stdint.h>

#include "core/error.h"

/** INVALID unless it is visible ASCII without commas, of at most that many bytes. */
int plain_check(const char *text, int64_t bytes_max, struct error *err) MUST_USE;

#endif
