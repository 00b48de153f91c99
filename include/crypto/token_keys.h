/*
 * The keys that an application signs its users' tokens with: a shared secret (HS256), and public keys (RS256, ES256)
 * from PEM (RFC 7468) or from a JSON Web Key Set (RFC 7517).
 *
 * A key has one algorithm, which follows from its kind and from nothing else: what a token says about itself chooses
 * among the keys and never how a key is used. A secret that is the text of a key is refused, because a text that is
 * meant to be shown around lets everybody sign; and so is a private key, because it should not be here.
 *
 * Keys are added by one thread; then the set is only read, by any thread, for as long as somebody holds a reference.
 */
#ifndef CRYPTO_TOKEN_KEYS_H
#define CRYPTO_TOKEN_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

#define TOKEN_ALGORITHMS(X)                                                                        \
    X(HS256)                                                                                       \
    X(RS256)                                                                                       \
    X(ES256)

enum token_algorithm {
#define X(name) TOKEN_##name,
    TOKEN_ALGORITHMS(X)
#undef X
};

/** As tokens spell it. */
const char *token_algorithm_text(enum token_algorithm algorithm);

struct token_keys;

/** An empty set with one reference; never NULL. */
struct token_keys *token_keys_create(void);

struct token_keys *token_keys_ref(struct token_keys *keys);
/** Give a reference back; the last one wipes and frees. Takes NULL. */
void token_keys_unref(struct token_keys *keys);

/** A secret of at least 32 bytes (RFC 7518 3.2). INVALID if it is shorter, or the text of a key. */
int token_keys_add_secret(struct token_keys *keys,
                          const void *secret,
                          size_t len,
                          struct error *err) MUST_USE;

/**
 * Every public key and certificate of a PEM text: RSA of 2048 to 8192 bits, or P-256.
 * @param err  INVALID if there is none, if one is of another kind, or if one is a private key
 */
int token_keys_add_pem(struct token_keys *keys,
                       const char *text,
                       size_t len,
                       struct error *err) MUST_USE;

/**
 * The usable keys of a JSON Web Key Set: kty RSA or EC (P-256), for signatures. Others are passed over, as RFC 7517
 * section 5 asks; a symmetric or private one is an error.
 * @param err  INVALID if it is no set, holds a key that is broken or secret, none that can be used, or too many
 */
int token_keys_add_jwks(struct token_keys *keys,
                        const char *text,
                        size_t len,
                        struct error *err) MUST_USE;

/** How many there are, of all kinds or of one. */
size_t token_keys_count(const struct token_keys *keys);
size_t token_keys_count_of(const struct token_keys *keys, enum token_algorithm algorithm);

static inline void auto_token_keys_release(struct token_keys **keys)
{
    token_keys_unref(*keys);
}
#define auto_token_keys __attribute__((cleanup(auto_token_keys_release)))

#endif
