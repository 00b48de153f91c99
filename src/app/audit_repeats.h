/*
 * What is the same as something a moment ago: counted instead of written again. A table of sets of eight places each;
 * a set that is full takes nobody new, so its memory is fixed whatever comes. Knows no clock and no store; not locked.
 */
#ifndef APP_PRIVATE_AUDIT_REPEATS_H
#define APP_PRIVATE_AUDIT_REPEATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct repeat {
    uint64_t key; /* 0: free */
    int64_t until_ms;
    int64_t last_ms;
    int64_t count; /* of repeats since the first one */
    void *item;    /* what the first one was */
};

struct repeats {
    struct repeat *places;
    size_t sets;
};

enum repeats_verdict {
    REPEATS_FIRST,   /* it has a place now: `**item` is to be filled */
    REPEATS_COUNTED, /* it was counted */
    REPEATS_FULL,    /* there is no place */
};

void repeats_init(struct repeats *repeats, size_t sets);

/** The items are given to `drop`. */
void repeats_release(struct repeats *repeats, void (*drop)(void *item));

/** Note one more of `key` (not 0). What has a place keeps it for `keep_ms`, from the first one on. */
enum repeats_verdict
repeats_note(struct repeats *repeats, uint64_t key, int64_t now_ms, int64_t keep_ms, void ***item);

/** Take out a place whose time is over; false if there is none. Its item is the caller's. Start with `*place` 0. */
bool repeats_take(struct repeats *repeats, int64_t now_ms, size_t *place, struct repeat *out);

#endif
