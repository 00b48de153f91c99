/* Shared by the files about users' tokens: what a key is. */
#ifndef CRYPTO_TOKEN_KEYS_INTERNAL_H
#define CRYPTO_TOKEN_KEYS_INTERNAL_H

#include <openssl/evp.h>

#include "core/limits.h"
#include "crypto/hmac.h"
#include "crypto/token_keys.h"

struct token_key {
    enum token_algorithm algorithm;
    char *kid;            /* NULL: it has no name, and is tried whatever a token calls its key */
    struct hmac *hmac;    /* HS256: a template */
    EVP_PKEY *public_key; /* the others */
};

struct token_keys {
    _Atomic unsigned references;
    struct token_key items[LIMIT_TOKEN_KEYS];
    size_t count;
};

/** Which algorithm a public key is for. INVALID if it is for none, or too weak. */
int token_key_algorithm(const EVP_PKEY *key, enum token_algorithm *out, struct error *err) MUST_USE;

/** Take the key over, also on failure. `kid` may be NULL. */
int token_keys_add_public(struct token_keys *keys,
                          EVP_PKEY *key,
                          const char *kid,
                          struct error *err) MUST_USE;

/** Is the signature over `data` this key's? Never an error: whatever is wrong with it makes it false. */
bool token_key_signed(const struct token_key *key,
                      const char *data,
                      size_t len,
                      const unsigned char *signature,
                      size_t signature_len);

static inline void auto_pkey_release(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}
#define auto_pkey __attribute__((cleanup(auto_pkey_release)))

#endif
