/*
 * Allocation that cannot fail: out of memory ends the process with a message. For what outlives a request;
 * anything shorter lives in an arena.
 */
#ifndef CORE_XMALLOC_H
#define CORE_XMALLOC_H

#include <stddef.h>

/** Zeroed memory; free with free(). `bytes` may be 0 (one byte is allocated). */
void *xcalloc(size_t count, size_t bytes);

/** The same, beginning at a multiple of `alignment` (a power of two); free with free(). */
void *xcalloc_aligned(size_t alignment, size_t count, size_t bytes);

/** realloc; the new part is not zeroed. */
void *xrealloc(void *pointer, size_t bytes);

/** A copy of a string; NULL gives NULL. */
char *xstrdup(const char *text);

/** A copy of `bytes` bytes with a NUL behind it. */
char *xmemdup(const void *data, size_t bytes);

#endif
