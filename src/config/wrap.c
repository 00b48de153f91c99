#include "wrap.h"

#include <string.h>

void wrap_append(struct buf *out, const char *start, const char *text)
{
    size_t column = 0; /* 0: no line is open */
    while (*text != '\0') {
        const size_t len = strcspn(text, " ");
        if (column > 0 && column + 1 + len > WRAP_COLUMNS) {
            buf_puts(out, "\n");
            column = 0;
        }
        buf_puts(out, column == 0 ? start : " ");
        buf_append(out, text, len);
        column += (column == 0 ? strlen(start) : 1) + len;
        text += len + strspn(text + len, " ");
    }
    if (column > 0)
        buf_puts(out, "\n");
}
