/*
 * A number that only its maker can read, and that nobody else can make: one block of AES-128 over the number and eight
 * zero bytes. Without the key a text tells nothing, not even which of two is larger; a made-up one has one chance in 2^64.
 */
#ifndef CRYPTO_SEALED_NUMBER_H
#define CRYPTO_SEALED_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

enum {
    SEALED_NUMBER_KEY_BYTES = 16,
    SEALED_NUMBER_CHARS = 22, /**< base64url */
    SEALED_NUMBER_BYTES = SEALED_NUMBER_CHARS + 1,
};

/** The same number and key always give the same text, with a NUL. Any thread. */
void sealed_number_write(const unsigned char key[SEALED_NUMBER_KEY_BYTES],
                         int64_t number,
                         char out[SEALED_NUMBER_BYTES]);

/** Has the text the form of a sealed number, whoever made it? */
bool sealed_number_has_form(const char *text);

/** The number, if the text was made with this key; else false, and `out` is untouched. Any thread. */
bool sealed_number_read(const unsigned char key[SEALED_NUMBER_KEY_BYTES],
                        const char *text,
                        int64_t *out);

#endif
