/* Text in columns: words on lines of a limited width, each line with the same beginning. */
#ifndef CONFIG_SRC_WRAP_H
#define CONFIG_SRC_WRAP_H

#include "core/buf.h"

enum { WRAP_COLUMNS = 80 };

/** Append `text` broken at spaces, every line behind `start`; a longer word gets a line of its own.
 */
void wrap_append(struct buf *out, const char *start, const char *text);

#endif
