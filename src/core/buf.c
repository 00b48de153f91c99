/*
 * A growing byte buffer with a limit. Invariant: `data` is NULL, or `len < cap` and data[len] is
 * NUL.
 */
#include "core/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/xmalloc.h"

enum { FIRST_BYTES = 256 };

void buf_init(struct buf *buf, size_t max_bytes)
{
    ASSERT(max_bytes < SIZE_MAX / 2);
    *buf = (struct buf){.max_bytes = max_bytes};
}

void buf_release(struct buf *buf)
{
    free(buf->data);
    buf_init(buf, buf->max_bytes);
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->overflowed = 0;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}

/* Room for `bytes` more and the NUL, or a failure that sticks. */
static int reserve(struct buf *buf, size_t bytes)
{
    if (buf->overflowed || bytes > buf->max_bytes - buf->len) {
        buf->overflowed = 1;
        return -1;
    }
    size_t needed = buf->len + bytes + 1;
    if (needed <= buf->cap)
        return 0;
    size_t cap = buf->cap < FIRST_BYTES ? FIRST_BYTES : buf->cap * 2;
    if (cap > buf->max_bytes + 1)
        cap = buf->max_bytes + 1;
    if (cap < needed)
        cap = needed;
    buf->data = xrealloc(buf->data, cap);
    buf->cap = cap;
    return 0;
}

int buf_append(struct buf *buf, const void *data, size_t bytes)
{
    if (reserve(buf, bytes) < 0)
        return -1;
    if (bytes > 0)
        memcpy(buf->data + buf->len, data, bytes);
    buf->len += bytes;
    buf->data[buf->len] = '\0';
    return 0;
}

int buf_puts(struct buf *buf, const char *text)
{
    return buf_append(buf, text, strlen(text));
}

int buf_printf(struct buf *buf, const char *format, ...)
{
    va_list values;
    char small[256]; /* most texts fit, and are then formatted once */
    va_start(values, format);
    int len = vsnprintf(small, sizeof small, format, values);
    va_end(values);
    ASSERT(len >= 0);
    if ((size_t)len < sizeof small)
        return buf_append(buf, small, (size_t)len);
    if (reserve(buf, (size_t)len) < 0)
        return -1;
    va_start(values, format);
    (void)vsnprintf(buf->data + buf->len, (size_t)len + 1, format, values);
    va_end(values);
    buf->len += (size_t)len;
    return 0;
}

char *buf_steal(struct buf *buf, size_t *len)
{
    char *data = buf->data == NULL ? xmemdup("", 0) : buf->data;
    if (len != NULL)
        *len = buf->len;
    buf_init(buf, buf->max_bytes);
    return data;
}
