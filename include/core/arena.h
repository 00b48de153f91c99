/*
 * Memory with one lifetime: a request's, a job attempt's. Everything is freed together; nobody frees a piece.
 * Out of memory ends the process, because sizes are bounded before they are allocated.
 * Under sanitizers every allocation is a block of its own, so use after the end shows.
 * An arena belongs to one thread at a time.
 */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "core/macros.h"

struct arena;

/** A new arena, never NULL. Free with arena_free. */
struct arena *arena_create(void);

/** Free an arena and all that lives in it. Takes NULL. */
void arena_free(struct arena *arena);

/** End the life of all that lives in an arena, and begin another one in it. Keeps at most the memory of a new arena. */
void arena_reset(struct arena *arena);

/** Zeroed memory, aligned for any type; never NULL. `bytes` may be 0. */
void *arena_alloc(struct arena *arena, size_t bytes);

/** A copy of `bytes` bytes with a NUL behind it. */
char *arena_copy(struct arena *arena, const void *data, size_t bytes);

/** A copy of a string; NULL gives NULL. */
char *arena_strdup(struct arena *arena, const char *text);

/** printf into the arena. */
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
char *arena_vprintf(struct arena *arena, const char *format, va_list values) PRINTF_LIKE(2, 0);

/** Bytes handed out so far, for limits and metrics. */
size_t arena_used(const struct arena *arena);

static inline void auto_arena_release(struct arena **arena)
{
    arena_free(*arena);
}
#define auto_arena __attribute__((cleanup(auto_arena_release)))

#endif
