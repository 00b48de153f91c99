/*
 * How much somebody calls: how many calls they have at once, and how many were admitted in the last hour. The hour is
 * counted in slots, twelve to an hour, so a counter is one row however many calls there are; it looks back twelve whole
 * slots and the one that is going on, which is an hour and at most five minutes more. So never more than the cap are
 * admitted in any sixty minutes, and sometimes one has to wait five minutes longer than a stopwatch would say.
 */
#ifndef VOICE_USAGE_H
#define VOICE_USAGE_H

#include <stdint.h>

/* What is counted, in the order in which rows are locked: kind, word in the store. */
#define USAGE_COUNTERS(X)                                                                          \
    X(ACCOUNT, "account")                                                                          \
    X(KEY, "key")                                                                                  \
    X(GROUP, "group")                                                                              \
    X(IDENTITY, "identity")

enum usage_counter {
#define X(name, word) USAGE_OF_##name,
    USAGE_COUNTERS(X)
#undef X
        USAGE_COUNTER_COUNT
};

/** As the store and people spell it. */
const char *usage_counter_word(enum usage_counter counter);

enum { USAGE_SLOTS_PER_HOUR = 12, USAGE_SLOTS = USAGE_SLOTS_PER_HOUR + 1 };

/** {0} is somebody who has never called. */
struct usage {
    int64_t at_once;               /**< calls that hold a place now */
    int64_t slot;                  /**< the slot that admitted[0] counts, since 1970 */
    int64_t admitted[USAGE_SLOTS]; /**< [i]: in the i-th slot before that one */
};

/** The slot of a moment, if an hour has `hour_ms` (3600000, but for tests). */
int64_t usage_slot(int64_t now_ms, int64_t hour_ms);

/**
 * How many were admitted in the hour up to now. A clock that was set back by less than an hour hides nothing; by more,
 * the row is from another time and counts nothing.
 */
int64_t usage_in_hour(const struct usage *usage, int64_t slot);

/** One more: in this slot, and at once. */
void usage_admit(struct usage *usage, int64_t slot);

/** The first slot in which fewer than `limit` (at least 1) count, if nobody is admitted meanwhile. */
int64_t usage_free_slot(const struct usage *usage, int64_t slot, int64_t limit);

#endif
