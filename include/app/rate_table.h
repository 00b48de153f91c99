/*
 * Token buckets for many at once: who is it (a hash), how much may he (a rate), what time is it. Fixed memory, O(1).
 *
 * A bucket is one number: when it will be full again (the "theoretical arrival time" of GCRA, ITU-T I.371). A bucket that
 * is full is the same as none, so it may be forgotten without anybody noticing. If all eight places of a set are in
 * use, the bucket that is nearest to full is forgotten: to be forgotten, somebody must find seven others who owe more
 * and whose hash, which is seeded, falls into the same set. Changing his address is cheaper.
 */
#ifndef APP_RATE_TABLE_H
#define APP_RATE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

struct rate_table;

/** How full a bucket is. */
struct rate_level {
    int64_t remaining; /**< how many more may come now */
    int64_t reset_s;   /**< seconds until it is full, rounded up */
    int64_t retry_s;   /**< if it was refused: seconds until one may come, rounded up; at least 1 */
};

/** `sets` of eight places each. Never NULL. */
struct rate_table *rate_table_create(size_t sets);

/** Takes NULL. */
void rate_table_free(struct rate_table *table);

/** A key of texts, which differs from table to table. NULL is "". */
uint64_t rate_table_key(const struct rate_table *table, const char *a, const char *b);

/** Take one; false if there is none left, and then nothing is taken. A rate of 0 takes nothing and is true. Any thread. */
bool rate_table_take(struct rate_table *table,
                     uint64_t key,
                     const struct config_rate *rate,
                     int64_t now_us,
                     struct rate_level *out);

/** Put one back that was taken. Any thread. */
void rate_table_give(struct rate_table *table,
                     uint64_t key,
                     const struct config_rate *rate,
                     int64_t now_us);

/** Seconds in which a bucket of this rate fills, rounded up. */
int64_t rate_window_s(const struct config_rate *rate);

#endif
