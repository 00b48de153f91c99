#include "audit_repeats.h"

#include <stdlib.h>

#include "core/xmalloc.h"

enum { WAYS = 8 };

void repeats_init(struct repeats *repeats, size_t sets)
{
    repeats->sets = sets;
    repeats->places = xcalloc(sets * WAYS, sizeof *repeats->places);
}

void repeats_release(struct repeats *repeats, void (*drop)(void *item))
{
    for (size_t i = 0; i < repeats->sets * WAYS; i++)
        if (repeats->places[i].key != 0)
            drop(repeats->places[i].item);
    free(repeats->places);
}

enum repeats_verdict
repeats_note(struct repeats *repeats, uint64_t key, int64_t now_ms, int64_t keep_ms, void ***item)
{
    struct repeat *set = &repeats->places[key % repeats->sets * WAYS];
    struct repeat *free_place = NULL;
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].key == key) {
            set[i].count++;
            set[i].last_ms = now_ms;
            return REPEATS_COUNTED;
        }
        if (set[i].key == 0)
            free_place = &set[i];
    }
    if (free_place == NULL)
        return REPEATS_FULL;
    *free_place = (struct repeat){.key = key, .until_ms = now_ms + keep_ms, .last_ms = now_ms};
    *item = &free_place->item;
    return REPEATS_FIRST;
}

bool repeats_take(struct repeats *repeats, int64_t now_ms, size_t *place, struct repeat *out)
{
    for (; *place < repeats->sets * WAYS; ++*place) {
        struct repeat *repeat = &repeats->places[*place];
        if (repeat->key == 0 || repeat->until_ms > now_ms)
            continue;
        *out = *repeat;
        *repeat = (struct repeat){0};
        return true;
    }
    return false;
}
