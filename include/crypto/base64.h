/*
 * Base64 (RFC 4648): the standard alphabet with padding (section 4) and the URL-safe one without
 * (section 5).
 *
 * The decoders are strict: one text for one sequence of bytes. No white space, padding exactly
 * where it belongs, and the bits that stand for nothing are zero. Pure functions, any thread.
 */
#ifndef CRYPTO_BASE64_H
#define CRYPTO_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/** Characters of the encoded form, NUL included; for base64url this is an upper bound. */
#define BASE64_BYTES(len) (((len) + 2) / 3 * 4 + 1)

/** Most bytes that `chars` characters can stand for. */
#define BASE64_DECODED_BYTES(chars) (((chars) / 4 + 1) * 3)

/** Write BASE64_BYTES(len) characters. @return the length of the text without NUL */
size_t base64_encode(char *out, const void *data, size_t len);

/** The same without padding and with `-` and `_`; writes at most BASE64_BYTES(len). */
size_t base64url_encode(char *out, const void *data, size_t len);

/**
 * Decode `chars` characters into at most `out_max` bytes.
 *
 * @param len  number of bytes; written only on success (`out` may hold a part of a text that turns
 * out to be wrong)
 * @return false if the text is not the canonical form of something or does not fit
 */
bool base64_decode(const char *text, size_t chars, void *out, size_t out_max, size_t *len);
bool base64url_decode(const char *text, size_t chars, void *out, size_t out_max, size_t *len);

#endif
