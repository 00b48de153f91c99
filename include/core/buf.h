/*
 * A growing byte buffer that was born with a limit. Going over it is not truncation but a failure that sticks:
 * every later append fails too, so one check at the end is enough.
 */
#ifndef CORE_BUF_H
#define CORE_BUF_H

#include <stddef.h>

#include "core/macros.h"

/** `data` is always NUL-terminated once something was appended (or NULL while empty). Start with buf_init. */
struct buf {
    char *data;
    size_t len;
    size_t cap;
    size_t max_bytes;
    int overflowed;
};

/** In place; `max_bytes` is the most it may ever hold, NUL not counted. */
void buf_init(struct buf *buf, size_t max_bytes);

/** Free the bytes; the buffer may be used again with the same limit. */
void buf_release(struct buf *buf);

/** Forget the contents and the overflow, keep the memory. */
void buf_clear(struct buf *buf);

/** Append; -1 if the limit would be passed (now or before). Never a part. */
int buf_append(struct buf *buf, const void *data, size_t bytes);
int buf_puts(struct buf *buf, const char *text);
int buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

/**
 * Take the bytes out, NUL-terminated, to be freed by the caller; never NULL. The buffer is empty afterwards, and
 * an overflow forgotten: look at `overflowed` before.
 */
char *buf_steal(struct buf *buf, size_t *len);

#define auto_buf __attribute__((cleanup(buf_release)))

#endif
