/*
 * Keys that are made of time: milliseconds shifted, and never below the key before (voice/resource_id.h). So a time is
 * a place in a table. A clock that was set back puts rows behind where they belong, never before it; lists look a day
 * further because of that.
 */
#ifndef STORE_SQLITE_NUMBERS_H
#define STORE_SQLITE_NUMBERS_H

#include <stdint.h>

/** The lowest number of that time. */
int64_t number_of_ms(int64_t ms);

/** The numbers that a list looks at: below `before`, from `lowest` on. */
struct number_range {
    int64_t before;
    int64_t lowest;
};

/** Of what came at or after `since_ms` and before `until_ms`, and is below `before_number`; 0: no bound. */
struct number_range number_range_of(int64_t since_ms, int64_t until_ms, int64_t before_number);

#endif
