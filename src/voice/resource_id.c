/*
 * prefix + base32(64-bit number, 64 random bits), most significant bit first. 128 bits are 25.6
 * digits: the first of the 26 carries three bits only, so it is 0..7 and every id has exactly one
 * text.
 */
#include "voice/resource_id.h"

#include <stdatomic.h>
#include <string.h>

static const char *const prefixes[] = {
#define X(name, prefix) prefix,
    RESOURCE_KINDS(X)
#undef X
};
static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz"; /* Crockford's: no i, l, o, u */

enum { DIGITS_LEN = 26, DIGIT_BITS = 5 };

void resource_id_format(enum resource_kind kind,
                        int64_t number,
                        uint64_t random,
                        char out[RESOURCE_ID_BYTES])
{
    size_t prefix_len = strlen(prefixes[kind]);
    uint64_t high = (uint64_t)number;
    uint64_t low = random;
    memcpy(out, prefixes[kind], prefix_len);
    out[prefix_len + DIGITS_LEN] = '\0';
    for (int i = DIGITS_LEN - 1; i >= 0; i--) {
        out[prefix_len + (size_t)i] = digits[low & 31];
        low = (low >> DIGIT_BITS) | (high << (64 - DIGIT_BITS));
        high >>= DIGIT_BITS;
    }
}

bool resource_id_parse(enum resource_kind kind, const char *id, int64_t *number, uint64_t *random)
{
    const char *prefix = prefixes[kind];
    size_t prefix_len = strlen(prefix);
    if (id == NULL || strncmp(id, prefix, prefix_len) != 0 || strlen(id) != prefix_len + DIGITS_LEN)
        return false;
    uint64_t high = 0;
    uint64_t low = 0;
    for (int i = 0; i < DIGITS_LEN; i++) {
        const char *digit = strchr(digits, id[prefix_len + (size_t)i]);
        if (digit == NULL || (i == 0 && digit - digits > 7))
            return false;
        high = (high << DIGIT_BITS) | (low >> (64 - DIGIT_BITS));
        low = (low << DIGIT_BITS) | (uint64_t)(digit - digits);
    }
    if (high == 0 || high > INT64_MAX)
        return false;
    *number = (int64_t)high;
    *random = low;
    return true;
}

int64_t resource_number_next(_Atomic int64_t *last, int64_t now_ms)
{
    int64_t floor = (int64_t)((uint64_t)now_ms << RESOURCE_NUMBER_TIME_SHIFT);
    int64_t seen = atomic_load_explicit(last, memory_order_relaxed);
    int64_t next;
    do {
        next = seen >= floor ? seen + 1 : floor;
    } while (!atomic_compare_exchange_weak_explicit(last, &seen, next, memory_order_relaxed,
                                                    memory_order_relaxed));
    return next;
}
