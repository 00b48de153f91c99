/*
 * Sealed objects that somebody had in his hands. The input is a list of changes (where, which bits, or a new length) to an
 * object that was sealed here, and, as it is, an object of its own. What opens must be what was sealed there.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/macros.h"
#include "core/xmalloc.h"
#include "crypto/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PLAIN_BYTES = 2 * SEAL_CHUNK_BYTES + 100, CHANGE_BYTES = 5 };

static const char name[] = "name";
static unsigned char plain[PLAIN_BYTES];
static unsigned char sealed[PLAIN_BYTES + SEAL_HEADER_BYTES + 3 * SEAL_TAG_BYTES];

static const struct seal_keys *ring(void)
{
    static struct seal_keys *keys;
    struct seal_chunk_place at;
    if (keys != NULL)
        return keys;
    keys = seal_keys_create("AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg8=", NULL);
    ASSERT(keys != NULL && seal_sealed_bytes(PLAIN_BYTES) == sizeof sealed);
    for (size_t i = 0; i < PLAIN_BYTES; i++)
        plain[i] = (unsigned char)(i * 7 + i / 256);
    auto_seal struct seal *seal = seal_begin(keys, name, sealed);
    for (uint64_t i = 0; seal_chunk_at(PLAIN_BYTES, i, &at); i++)
        seal_chunk(seal, i, at.place, plain + i * SEAL_CHUNK_BYTES, at.bytes - SEAL_TAG_BYTES,
                   sealed + at.offset);
    return keys;
}

/* Opens what there is, chunk by chunk; whatever opens must be a chunk of ours, in its place. Returns whether all of it did. */
static int open_all(const unsigned char *object, size_t bytes)
{
    static unsigned char out[SEAL_CHUNK_BYTES];
    int64_t plain_bytes = 0;
    struct seal_chunk_place at;
    struct error err = {0};
    int good = 1;
    if (!seal_plain_bytes((int64_t)bytes, &plain_bytes))
        return 0;
    auto_seal struct seal *seal = seal_open(ring(), name, object, &err);
    ASSERT((seal == NULL) == (err.kind != ERROR_NONE));
    for (uint64_t i = 0; seal != NULL && seal_chunk_at(plain_bytes, i, &at); i++) {
        ASSERT((size_t)at.offset + at.bytes <= bytes);
        if (seal_open_chunk(seal, i, at.place, object + at.offset, at.bytes, out, &err) < 0) {
            good = 0;
            continue;
        }
        ASSERT(i * SEAL_CHUNK_BYTES + at.bytes - SEAL_TAG_BYTES <= PLAIN_BYTES);
        ASSERT(memcmp(out, plain + i * SEAL_CHUNK_BYTES, at.bytes - SEAL_TAG_BYTES) == 0);
    }
    return seal != NULL && good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned char changed[sizeof sealed];
    const struct seal_keys *keys = ring();
    size_t bytes = sizeof sealed;
    (void)keys;
    (void)open_all(data, size);
    memcpy(changed, sealed, sizeof sealed);
    for (size_t i = 0; i + CHANGE_BYTES <= size; i += CHANGE_BYTES) {
        const size_t where =
            ((size_t)data[i] | (size_t)data[i + 1] << 8 | (size_t)data[i + 2] << 16) %
            sizeof sealed;
        if (data[i + 3] == 0)
            bytes = where;
        else
            changed[where] ^= data[i + 4];
    }
    const int same = bytes == sizeof sealed && memcmp(changed, sealed, sizeof sealed) == 0;
    ASSERT(open_all(changed, bytes) == same);
    return 0;
}
