/* What the prints of the table share. */
#ifndef CONFIG_SRC_PRINT_PARTS_H
#define CONFIG_SRC_PRINT_PARTS_H

#include <stdbool.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/buf.h"
#include "options.h"

enum { PRINT_BYTES_MAX = 4 * 1024 * 1024 }; /* all options with every value at its limit */

/** Must `serve` be told, because there is no default? */
bool print_is_required(const struct option *option);

/** The name and its synonyms with commas between, each between two of `around`. */
const char *print_names(const struct option *option, const char *around, struct arena *arena);

/** Write it all; the text must have fitted. */
void print_out(const struct buf *text, FILE *out);

#endif
