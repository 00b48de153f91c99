#include "collect.h"

#include <string.h>

/* Without a length, or with a long one, room grows with what really arrives: a promise costs the
 * peer nothing. */
enum { FIRST_ROOM_BYTES = 16 * 1024 };

void collect_init(struct collect *collect, size_t max_bytes, size_t expected_bytes)
{
    ASSERT(expected_bytes <= max_bytes);
    *collect = (struct collect){.max_bytes = max_bytes, .expected_bytes = expected_bytes};
}

/* Room for `needed` bytes and a NUL. Old room stays in the arena: at most as much again as the
 * body. */
static void make_room(struct collect *collect, struct arena *arena, size_t needed)
{
    if (needed <= collect->cap && collect->data != NULL)
        return;
    size_t most = collect->expected_bytes > 0 ? collect->expected_bytes : collect->max_bytes;
    size_t cap = collect->cap == 0 ? FIRST_ROOM_BYTES : collect->cap * 2;
    while (cap < needed)
        cap *= 2;
    if (cap > most)
        cap = most;
    ASSERT(cap >= needed);
    char *data = arena_alloc(arena, cap + 1);
    if (collect->data != NULL)
        memcpy(data, collect->data, collect->len);
    collect->data = data;
    collect->cap = cap;
}

int collect_discard(struct collect *collect, size_t bytes)
{
    collect->excess += bytes;
    return collect->excess > COLLECT_EXCESS_BYTES ? -1 : 0;
}

int collect_take(struct collect *collect, struct arena *arena, const char *data, size_t bytes)
{
    if (!collect->overflowed && bytes > collect->max_bytes - collect->len) {
        collect->overflowed = true;
        collect->data = NULL;
        collect->len = 0;
    }
    if (collect->overflowed)
        return collect_discard(collect, bytes);
    make_room(collect, arena, collect->len + bytes);
    memcpy(collect->data + collect->len, data, bytes);
    collect->len += bytes;
    collect->data[collect->len] = '\0';
    return 0;
}
