/*
 * Randomness from the kernel.
 */
#include "core/random.h"

#include <unistd.h>

#include "core/hex.h"
#include "core/macros.h"

enum { HEX_MAX_BYTES = 64 };

void random_bytes(void *out, size_t bytes)
{
    /* getentropy is never interrupted and never partial below its limit of 256 bytes. */
    int failed = getentropy(out, bytes);
    ASSERT(failed == 0);
}

uint64_t random_u64(void)
{
    uint64_t value;
    random_bytes(&value, sizeof value);
    return value;
}

uint64_t random_below(uint64_t below)
{
    ASSERT(below != 0);
    /* 2^64 mod below: numbers under it would make the small results likelier, so they are thrown
     * again. */
    uint64_t uneven = (UINT64_MAX - below + 1) % below;
    uint64_t value;
    do {
        value = random_u64();
    } while (value < uneven);
    return value % below;
}

void random_hex(char *out, size_t bytes)
{
    unsigned char data[HEX_MAX_BYTES];
    ASSERT(bytes <= sizeof data);
    random_bytes(data, bytes);
    hex_encode(out, data, bytes);
}
