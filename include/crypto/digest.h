/*
 * SHA-256 (FIPS 180-4) in one go. Any thread.
 */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include <stddef.h>

enum { SHA256_BYTES = 32, SHA256_HEX_BYTES = 2 * SHA256_BYTES + 1 };

/** Digest `len` bytes. Ends the process if the machine's OpenSSL has no SHA-256. */
void digest_sha256(const void *data, size_t len, unsigned char out[SHA256_BYTES]);

/** The same as lower-case hexadecimal text with a NUL. */
void digest_sha256_hex(const void *data, size_t len, char out[SHA256_HEX_BYTES]);

#endif
