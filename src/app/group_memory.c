/* One place for each remainder of a digest: who comes later takes the place of whoever was there. */
#include "app/group_memory.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/hash.h"
#include "core/limits.h"
#include "core/lock.h"
#include "core/text.h"
#include "core/xmalloc.h"

struct known {
    char *identity; /* NULL: nobody */
    char *group;
    int64_t noted_at_ms;
};

enum { DAY_MS = 24 * 60 * 60 * 1000 };

struct group_memory {
    pthread_mutex_t lock;
    struct known places[LIMIT_GROUPS_IN_MEMORY];
};

struct group_memory *group_memory_create(void)
{
    struct group_memory *memory = xcalloc(1, sizeof(*memory));
    pthread_mutex_init(&memory->lock, NULL);
    return memory;
}

void group_memory_free(struct group_memory *memory)
{
    if (memory == NULL)
        return;
    for (size_t i = 0; i < LIMIT_GROUPS_IN_MEMORY; i++) {
        free(memory->places[i].identity);
        free(memory->places[i].group);
    }
    pthread_mutex_destroy(&memory->lock);
    free(memory);
}

static struct known *place_of(struct group_memory *memory, const char *identity)
{
    return &memory->places[hash_finish(hash_text(HASH_START, identity)) % LIMIT_GROUPS_IN_MEMORY];
}

bool group_memory_has(struct group_memory *memory,
                      const char *identity,
                      const char *group,
                      int64_t now_ms)
{
    auto_unlock pthread_mutex_t *held = lock(&memory->lock);
    const struct known *known = place_of(memory, identity);
    return text_equal(known->identity, identity) && text_equal(known->group, group) &&
           now_ms - known->noted_at_ms <= DAY_MS;
}

void group_memory_note(struct group_memory *memory,
                       const char *identity,
                       const char *group,
                       int64_t now_ms)
{
    auto_unlock pthread_mutex_t *held = lock(&memory->lock);
    struct known *known = place_of(memory, identity);
    free(known->identity);
    free(known->group);
    *known = (struct known){xstrdup(identity), xstrdup(group), now_ms};
}
