/*
 * A bump allocator: chunks in a list, of which the first one holds allocations. The arena itself
 * lives at the head of its first chunk, so a small request costs one malloc and one free.
 *
 * Under sanitizers each allocation is a chunk of its own.
 */
#include "core/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/xmalloc.h"

enum {
    FIRST_CHUNK_BYTES = 4 * 1024 - 32, /* with malloc's own header it still fits one page */
    MAX_CHUNK_BYTES = 64 * 1024,
    ALIGNMENT = alignof(max_align_t),
};

struct chunk {
    struct chunk *next;
    alignas(max_align_t) char bytes[];
};

struct arena {
    struct chunk *chunks; /* all but the one the arena lives in */
    char *free;           /* where the next allocation starts */
    size_t left;
    size_t chunk_bytes; /* size of the next chunk */
    size_t used;
};

enum { HEAD_BYTES = (sizeof(struct arena) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT };

#ifdef SWITCHHOOK_SANITIZED
enum { OWN_CHUNK_BYTES = HEAD_BYTES }; /* room for itself alone */
#else
enum { OWN_CHUNK_BYTES = FIRST_CHUNK_BYTES };
#endif

static void begin(struct arena *arena)
{
    *arena = (struct arena){
        .chunk_bytes = (size_t)2 * FIRST_CHUNK_BYTES,
        .free = (char *)arena + HEAD_BYTES,
        .left = OWN_CHUNK_BYTES - HEAD_BYTES,
    };
}

struct arena *arena_create(void)
{
    struct arena *arena = xrealloc(NULL, OWN_CHUNK_BYTES);
    begin(arena);
    return arena;
}

static void free_chunks(struct arena *arena)
{
    for (struct chunk *chunk = arena->chunks, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
}

void arena_reset(struct arena *arena)
{
    free_chunks(arena);
    begin(arena);
}

void arena_free(struct arena *arena)
{
    if (arena == NULL)
        return;
    free_chunks(arena);
    free(arena);
}

static char *chunk_add(struct arena *arena, size_t bytes)
{
    struct chunk *chunk = xrealloc(NULL, sizeof *chunk + bytes);
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    return chunk->bytes;
}

#ifdef SWITCHHOOK_SANITIZED

static char *take_from_chunk(struct arena *arena, size_t bytes)
{
    return chunk_add(arena, bytes);
}

#else

static char *take_from_chunk(struct arena *arena, size_t bytes)
{
    if (bytes > arena->left) {
        /* What is large gets its own chunk, and the rest of the current one stays in use. */
        if (bytes > arena->chunk_bytes / 4)
            return chunk_add(arena, bytes);
        arena->free = chunk_add(arena, arena->chunk_bytes);
        arena->left = arena->chunk_bytes;
        if (arena->chunk_bytes < MAX_CHUNK_BYTES)
            arena->chunk_bytes *= 2;
    }
    char *start = arena->free;
    arena->free += bytes;
    arena->left -= bytes;
    return start;
}

#endif

/* Not zeroed. */
static char *take(struct arena *arena, size_t bytes)
{
    ASSERT(bytes < SIZE_MAX / 2);
    arena->used += bytes;
#ifndef SWITCHHOOK_SANITIZED /* there, the exact size shows a read past the end */
    bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
#endif
    return take_from_chunk(arena, bytes);
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
    return memset(take(arena, bytes), 0, bytes);
}

char *arena_copy(struct arena *arena, const void *data, size_t bytes)
{
    char *copy = take(arena, bytes + 1);
    if (bytes > 0)
        memcpy(copy, data, bytes);
    copy[bytes] = '\0';
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return text == NULL ? NULL : arena_copy(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    char *text = arena_vprintf(arena, format, values);
    va_end(values);
    return text;
}

char *arena_vprintf(struct arena *arena, const char *format, va_list values)
{
    char small[256]; /* most texts fit, and are then formatted once */
    va_list again;
    va_copy(again, values);
    int len = vsnprintf(small, sizeof small, format, values);
    ASSERT(len >= 0);
    char *text;
    if ((size_t)len < sizeof small) {
        text = arena_copy(arena, small, (size_t)len);
    } else {
        text = take(arena, (size_t)len + 1);
        (void)vsnprintf(text, (size_t)len + 1, format, again);
    }
    va_end(again);
    return text;
}

size_t arena_used(const struct arena *arena)
{
    return arena->used;
}
