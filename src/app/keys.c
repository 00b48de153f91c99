#include "app/keys.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/lock.h"
#include "core/log.h"
#include "core/xmalloc.h"
#include "crypto/api_key.h"

/* One generation of keys; replaced as a whole, so a lookup holds the lock only while it copies one caller out. */
struct keys {
    pthread_mutex_t
        refreshing; /* held from asking to replacing: else an older answer could replace a newer one */
    pthread_mutex_t lock;
    struct store *store;
    struct arena *arena;
    struct api_key_rows rows;
    _Atomic(uint64_t) generation;
    int64_t version; /* store_data_version when `rows` was read; -1: never */
};

struct reading {
    int64_t known_version;
    int64_t version;
    struct arena *arena; /* NULL if nothing has changed */
    struct api_key_rows rows;
};

struct keys *keys_create(struct store *store)
{
    struct keys *keys = xcalloc(1, sizeof(*keys));
    pthread_mutex_init(&keys->refreshing, NULL);
    pthread_mutex_init(&keys->lock, NULL);
    keys->store = store;
    keys->version = -1;
    return keys;
}

void keys_free(struct keys *keys)
{
    if (keys == NULL)
        return;
    arena_free(keys->arena);
    pthread_mutex_destroy(&keys->lock);
    pthread_mutex_destroy(&keys->refreshing);
    free(keys);
}

static int read_keys(struct store_rx *rx, void *work, struct error *err)
{
    struct reading *reading = work;
    if (store_data_version(rx, &reading->version, err) < 0)
        return -1;
    if (reading->version == reading->known_version)
        return 0;
    reading->arena = arena_create();
    return store_list_api_keys(rx, reading->arena, &reading->rows, err);
}

int keys_refresh(struct keys *keys, struct error *err)
{
    auto_unlock pthread_mutex_t *turn = lock(&keys->refreshing);
    struct reading reading = {.known_version = keys->version};
    if (store_run_read(keys->store, read_keys, &reading, err) < 0) {
        arena_free(reading.arena);
        return -1;
    }
    if (reading.arena == NULL)
        return 0;
    pthread_mutex_lock(&keys->lock);
    struct arena *old = keys->arena;
    keys->arena = reading.arena;
    keys->rows = reading.rows;
    pthread_mutex_unlock(&keys->lock);
    keys->version = reading.version;
    atomic_fetch_add(&keys->generation, 1);
    arena_free(old);
    return 0;
}

static const struct api_key_row *find_row(const struct keys *keys, const char *id)
{
    for (size_t i = 0; i < keys->rows.count; i++) {
        if (strcmp(keys->rows.items[i].id, id) == 0)
            return &keys->rows.items[i];
    }
    return NULL;
}

static const struct caller *copy_caller(const struct api_key_row *row, struct arena *arena)
{
    struct caller *caller = arena_alloc(arena, sizeof(*caller));
    *caller = (struct caller){
        .kind = CALLER_KEY,
        .owner = arena_strdup(arena, row->id),
        .name = arena_strdup(arena, row->name),
    };
    struct error err = {0};
    if (scopes_from_text(row->scopes, &caller->scopes, &err) < 0)
        log_warning("key.scopes", LOG_TEXT("key", row->id), LOG_PHONE("error", err.message));
    return caller;
}

int keys_find(struct keys *keys,
              const char *text,
              struct arena *arena,
              const struct caller **out,
              struct error *err)
{
    static const char refusal[] = "the API key is not known, not complete or revoked";
    struct api_key presented;
    if (!api_key_parse(text, &presented))
        return error_set(err, ERROR_UNAUTHENTICATED, "%s", refusal);
    auto_unlock pthread_mutex_t *held = lock(&keys->lock);
    const struct api_key_row *row = find_row(keys, presented.id);
    if (row == NULL || row->revoked_at_ms != 0 || !api_key_matches(&presented, row->secret_sha256))
        return error_set(err, ERROR_UNAUTHENTICATED, "%s", refusal);
    *out = copy_caller(row, arena);
    return 0;
}

bool keys_hold(struct keys *keys, const char *id)
{
    auto_unlock pthread_mutex_t *held = lock(&keys->lock);
    const struct api_key_row *row = find_row(keys, id);
    return row != NULL && row->revoked_at_ms == 0;
}

uint64_t keys_generation(struct keys *keys)
{
    return atomic_load(&keys->generation);
}
