#include "app/rate_table.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/hash.h"
#include "core/lock.h"
#include "core/random.h"
#include "core/xmalloc.h"

enum { WAYS = 8, SHARDS = 64, MINUTE_US = 60000000, SECOND_US = 1000000 };

struct bucket {
    uint64_t key;    /* 0: free */
    int64_t full_us; /* when it is full again */
};

struct rate_table {
    struct bucket *buckets;
    size_t sets;
    uint64_t seed;
    pthread_mutex_t shards[SHARDS]; /* of the sets whose number ends so */
};

struct rate_table *rate_table_create(size_t sets)
{
    struct rate_table *table = xcalloc(1, sizeof *table);
    table->sets = sets;
    table->buckets = xcalloc(sets * WAYS, sizeof *table->buckets);
    table->seed = random_u64();
    for (size_t i = 0; i < SHARDS; i++)
        pthread_mutex_init(&table->shards[i], NULL);
    return table;
}

void rate_table_free(struct rate_table *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; i < SHARDS; i++)
        pthread_mutex_destroy(&table->shards[i]);
    free(table->buckets);
    free(table);
}

uint64_t rate_table_key(const struct rate_table *table, const char *a, const char *b)
{
    return hash_finish(hash_text(hash_text(table->seed, a), b));
}

/* How much is missing, in units of a microsecond / per_minute, so that no rate is rounded. */
static int64_t
missing_of(const struct bucket *bucket, const struct config_rate *rate, int64_t now_us)
{
    const int64_t most = (int64_t)MINUTE_US * rate->burst;
    const int64_t per = rate->per_minute;
    int64_t ahead_us = bucket->full_us > now_us ? bucket->full_us - now_us : 0;
    if (ahead_us == 0)
        return 0;
    return ahead_us < most / per ? ahead_us * per : most; /* the rate may be another now */
}

/* The bucket of that key; else one that is full, else the one that is nearest to it, emptied of its owner. */
static struct bucket *find(struct bucket *set, uint64_t key)
{
    struct bucket *best = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (set[i].full_us < best->full_us)
            best = &set[i];
    }
    *best = (struct bucket){.key = key};
    return best;
}

static int64_t ceil_s(int64_t us)
{
    return (us + SECOND_US - 1) / SECOND_US;
}

static int64_t at_least_one(int64_t n)
{
    return n > 1 ? n : 1;
}

bool rate_table_take(struct rate_table *table,
                     uint64_t key,
                     const struct config_rate *rate,
                     int64_t now_us,
                     struct rate_level *out)
{
    *out = (struct rate_level){0};
    if (rate->per_minute == 0 || rate->burst == 0)
        return true;
    const int64_t one = MINUTE_US;
    const int64_t most = one * rate->burst;
    const int64_t per = rate->per_minute;
    size_t set = key % table->sets;
    auto_unlock pthread_mutex_t *held = lock(&table->shards[set % SHARDS]);
    struct bucket *bucket = find(&table->buckets[set * WAYS], key);
    int64_t missing = missing_of(bucket, rate, now_us);
    bool taken = missing + one <= most;
    if (taken) {
        missing += one;
        bucket->full_us = now_us + (missing + per - 1) / per;
    } else {
        out->retry_s = at_least_one(ceil_s((missing + one - most + per - 1) / per));
    }
    out->remaining = missing < most ? (most - missing) / one : 0;
    out->reset_s = ceil_s((missing + per - 1) / per);
    return taken;
}

void rate_table_give(struct rate_table *table,
                     uint64_t key,
                     const struct config_rate *rate,
                     int64_t now_us)
{
    if (rate->per_minute == 0 || rate->burst == 0)
        return;
    size_t set = key % table->sets;
    auto_unlock pthread_mutex_t *held = lock(&table->shards[set % SHARDS]);
    for (size_t i = 0; i < WAYS; i++) {
        struct bucket *bucket = &table->buckets[set * WAYS + i];
        if (bucket->key == key && bucket->full_us > now_us)
            bucket->full_us -= MINUTE_US / rate->per_minute;
    }
}

int64_t rate_window_s(const struct config_rate *rate)
{
    return ceil_s((int64_t)MINUTE_US * rate->burst / rate->per_minute);
}
