/*
 * SHA-256 (FIPS 180-4), in one go or piece by piece. Any thread; one that is under way is used by one at a time.
 */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include <stddef.h>

enum { SHA256_BYTES = 32, SHA256_HEX_BYTES = 2 * SHA256_BYTES + 1 };

/** Digest `len` bytes. Ends the process if the machine's OpenSSL has no SHA-256. */
void digest_sha256(const void *data, size_t len, unsigned char out[SHA256_BYTES]);

/** The same as lower-case hexadecimal text with a NUL. */
void digest_sha256_hex(const void *data, size_t len, char out[SHA256_HEX_BYTES]);

/** One under way. */
struct digest;

struct digest *digest_create(void);
void digest_add(struct digest *digest, const void *data, size_t len);

/** The digest of all that was added; nothing may be added after it. */
void digest_finish(struct digest *digest, unsigned char out[SHA256_BYTES]);

/** Finished or not. Takes NULL. */
void digest_free(struct digest *digest);

static inline void auto_digest_release(struct digest **digest)
{
    digest_free(*digest);
}
#define auto_digest __attribute__((cleanup(auto_digest_release)))

#endif
