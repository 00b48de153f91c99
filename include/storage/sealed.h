/*
 * Encryption at rest, over any storage: what is written is sealed (crypto/seal.h), what is read is opened, range by range.
 *
 * It stands before the storage also when there is no key: then it passes everything on, but knows a sealed object when it sees one,
 * so that nobody is served bytes of it as sound.
 */
#ifndef STORAGE_SEALED_H
#define STORAGE_SEALED_H

#include "crypto/seal.h"
#include "storage/storage.h"

/** What becomes of an object that is not sealed, when there are keys. */
enum sealed_plain {
    SEALED_PLAIN_REFUSED, /**< nobody vouches for it: whoever can write to the store could have put it there */
    SEALED_PLAIN_READ, /**< as long as there are some from the time before */
};

struct sealed;

/**
 * @param inner  where the objects are; freed with the result
 * @param keys   to be freed by it; NULL: nothing is sealed
 * @return never NULL; give it to sealed_storage
 */
struct sealed *
sealed_create(struct storage *inner, struct seal_keys *keys, enum sealed_plain plain);

/** It as a storage, once; storage_free frees it, so it must not be used afterwards. */
struct storage *sealed_storage(struct sealed *sealed);

/** Use these keys from the next object on. To be freed by it. Any thread. */
void sealed_use(struct sealed *sealed, struct seal_keys *keys, enum sealed_plain plain);

#endif
