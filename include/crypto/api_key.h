/*
 * API keys of this server: `shk_<id>_<secret>`.
 *
 *     shk_0123456789abcdef_<64 hexadecimal digits>
 *
 * The id is public: it names the key in lists and logs and finds its row. The secret is 256 random
 * bits; only its SHA-256 is stored. Such a secret cannot be guessed, so a slow hash would add
 * nothing but load. Both parts are lower-case hexadecimal, so `_` splits them in one way only.
 * Any thread.
 */
#ifndef CRYPTO_API_KEY_H
#define CRYPTO_API_KEY_H

#include <stdbool.h>

#include "crypto/digest.h"

enum {
    API_KEY_ID_CHARS = 16,
    API_KEY_SECRET_BYTES = 32,
    API_KEY_ID_BYTES = API_KEY_ID_CHARS + 1,                                      /* with NUL */
    API_KEY_TEXT_BYTES = 4 + API_KEY_ID_CHARS + 1 + 2 * API_KEY_SECRET_BYTES + 1, /* with NUL */
};

/** What may be stored of a key: nothing in it helps to use it. */
struct api_key {
    char id[API_KEY_ID_BYTES];
    unsigned char hash[SHA256_BYTES]; /**< SHA-256 of the secret's 32 bytes */
};

/** Make a new key. `text` is the only copy of the secret: show it once, then secret_wipe it. */
void api_key_generate(char text[API_KEY_TEXT_BYTES], struct api_key *key);

/**
 * Read a key that somebody presented; false (and nothing written) if it does not have the shape of one. Takes NULL.
 */
bool api_key_parse(const char *text, struct api_key *key);

/** Is the presented key the stored one? Constant time. */
bool api_key_matches(const struct api_key *presented,
                     const unsigned char stored_hash[SHA256_BYTES]);

#endif
