/*
 * Sealed objects: a file that only who has a key can read, and that nobody without one can change, shorten, reorder or put
 * in the place of another without being noticed. Any range of it can be opened without the rest.
 *
 * The format is written out in src/crypto/seal.c. This door knows chunks; who keeps bytes somewhere walks over them:
 *
 *     seal_begin() gives the header, then each SEAL_CHUNK_BYTES of the plain text, and what is left at the end, goes through
 *     seal_chunk(), the last one with SEAL_LAST; header and chunks follow each other.
 *
 *     seal_open() reads a header; seal_open_chunk() opens any chunk. Opening the last one proves the length.
 */
#ifndef CRYPTO_SEAL_H
#define CRYPTO_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

enum {
    SEAL_KEY_BYTES = 32,
    SEAL_KEY_ID_BYTES = 8,
    SEAL_KEY_ID_TEXT_BYTES = 2 * SEAL_KEY_ID_BYTES + 1,
    SEAL_KEYS_MAX = 32,
    SEAL_HEADER_BYTES = 64,
    SEAL_CHUNK_BYTES = 64 * 1024, /**< of plain text; only the last chunk may be shorter */
    SEAL_TAG_BYTES = 16,
    SEAL_SEALED_CHUNK_BYTES = SEAL_CHUNK_BYTES + SEAL_TAG_BYTES,
    SEAL_NAME_BYTES_MAX = 1024,
};

/** The most that can be sealed: more than any file system holds. */
#define SEAL_PLAIN_BYTES_MAX (INT64_C(1) << 46)

/** A ring of keys: the first seals, all of them open. Constant once it is made: any thread. */
struct seal_keys;

/**
 * Read keys: each 32 bytes, as 64 hexadecimal digits or as base64, separated by white space or commas, the one that seals
 * first.
 *
 * @param err  INVALID, saying which key is wrong, without its text
 * @return the ring, or NULL. Free with seal_keys_free.
 */
struct seal_keys *seal_keys_create(const char *text, struct error *err);

/** Takes NULL. The keys are wiped. */
void seal_keys_free(struct seal_keys *keys);

size_t seal_keys_count(const struct seal_keys *keys);

/** The id of a key as people read it. It is made of the key, tells nothing about it, and stands in each header. */
void seal_keys_id(const struct seal_keys *keys, size_t index, char out[SEAL_KEY_ID_TEXT_BYTES]);

/** Does a sealed object of this version begin so? */
bool seal_is_sealed(const unsigned char header[SEAL_HEADER_BYTES]);

/** The id of the key that it was sealed with, as it says itself. */
void seal_header_key_id(const unsigned char header[SEAL_HEADER_BYTES],
                        char out[SEAL_KEY_ID_TEXT_BYTES]);

/** One object that is being sealed or opened: its own key. One thread at a time. */
struct seal;

/**
 * Begin a new object.
 *
 * @param name    under which it will be asked for, at most SEAL_NAME_BYTES_MAX bytes: it opens under no other
 * @param header  the first bytes of the object
 * @return never NULL. Free with seal_free.
 */
struct seal *
seal_begin(const struct seal_keys *keys, const char *name, unsigned char header[SEAL_HEADER_BYTES]);

/**
 * Read the header of an object.
 *
 * @param err  NOT_FOUND if it was sealed with a key that is not in the ring (the message names the key's id); INVALID if it is no
 *             header of a sealed object, or not of the one with this name
 */
struct seal *seal_open(const struct seal_keys *keys,
                       const char *name,
                       const unsigned char header[SEAL_HEADER_BYTES],
                       struct error *err);

/** Takes NULL. The key is wiped. */
void seal_free(struct seal *seal);

enum seal_place { SEAL_MORE_FOLLOWS, SEAL_LAST };

/**
 * Seal chunk `index`, once. All but the last must be SEAL_CHUNK_BYTES long; the last may be empty only if it is the first.
 *
 * @param out  bytes + SEAL_TAG_BYTES; must not overlap `plain`
 */
void seal_chunk(struct seal *seal,
                uint64_t index,
                enum seal_place place,
                const unsigned char *plain,
                size_t bytes,
                unsigned char *out);

/**
 * Open chunk `index`.
 *
 * @param bytes  of the sealed chunk, tag included
 * @param out    bytes - SEAL_TAG_BYTES, wiped if that fails; must not overlap `sealed`
 * @param err    INVALID if this is not what was sealed there, for whatever reason
 */
int seal_open_chunk(struct seal *seal,
                    uint64_t index,
                    enum seal_place place,
                    const unsigned char *sealed,
                    size_t bytes,
                    unsigned char *out,
                    struct error *err) MUST_USE;

/** How long a sealed object is, header and tags included. At most SEAL_PLAIN_BYTES_MAX. */
int64_t seal_sealed_bytes(int64_t plain_bytes);

/** How long its plain text is; false if no sealed object has this length. */
bool seal_plain_bytes(int64_t sealed_bytes, int64_t *plain_bytes);

/** Where a chunk of an object of that plain length is. */
struct seal_chunk_place {
    int64_t offset; /**< in the sealed object */
    size_t bytes;   /**< tag included */
    enum seal_place place;
};

/** Of the chunk that holds byte `index * SEAL_CHUNK_BYTES`; false if there is none. */
bool seal_chunk_at(int64_t plain_bytes, uint64_t index, struct seal_chunk_place *out);

static inline void auto_seal_release(struct seal **seal)
{
    seal_free(*seal);
}
#define auto_seal __attribute__((cleanup(auto_seal_release)))

static inline void auto_seal_keys_release(struct seal_keys **keys)
{
    seal_keys_free(*keys);
}
#define auto_seal_keys __attribute__((cleanup(auto_seal_keys_release)))

#endif
