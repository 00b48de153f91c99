/* FNV-1a over the bytes, then the finaliser of MurmurHash3 (both in the public domain) to spread the low bits. */
#include "core/hash.h"

#include <stddef.h>

#define FNV_PRIME UINT64_C(0x100000001b3)

uint64_t hash_text(uint64_t hash, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)(text == NULL ? "" : text); *c != 0; c++)
        hash = (hash ^ *c) * FNV_PRIME;
    return (hash ^ 0xff) * FNV_PRIME; /* 0xff is in no UTF-8 text: the end is unmistakable */
}

uint64_t hash_finish(uint64_t hash)
{
    hash ^= hash >> 33;
    hash *= UINT64_C(0xff51afd7ed558ccd);
    hash ^= hash >> 33;
    hash *= UINT64_C(0xc4ceb9fe1a85ec53);
    hash ^= hash >> 33;
    return hash == 0 ? 1 : hash;
}
