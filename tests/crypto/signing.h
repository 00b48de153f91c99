/* An application's signing keys, made anew for each test program, and tokens signed with them. */
#ifndef TESTS_CRYPTO_SIGNING_H
#define TESTS_CRYPTO_SIGNING_H

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

#include "core/arena.h"
#include "core/macros.h"
#include "crypto/base64.h"
#include "crypto/hmac.h"

static inline char *signing_base64url(struct arena *arena, const void *data, size_t len)
{
    char *text = arena_alloc(arena, BASE64_BYTES(len));
    base64url_encode(text, data, len);
    return text;
}

/* "header.claims" of any two texts. */
static inline char *signing_input(struct arena *arena, const char *header, const char *claims)
{
    return arena_printf(arena, "%s.%s", signing_base64url(arena, header, strlen(header)),
                        signing_base64url(arena, claims, strlen(claims)));
}

static inline const char *
signing_with_secret(struct arena *arena, const char *input, const void *secret, size_t secret_len)
{
    unsigned char mac[HMAC_SHA256_BYTES];
    struct error err = {0};
    ASSERT(hmac_once(HMAC_HASH_SHA256, secret, secret_len, input, strlen(input), mac, &err) == 0);
    return arena_printf(arena, "%s.%s", input, signing_base64url(arena, mac, sizeof(mac)));
}

/* r and s of 32 bytes each out of ASN.1. */
static inline size_t signing_flatten(const unsigned char *der, size_t len, unsigned char out[64])
{
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)len);
    ASSERT(pair != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, 32) == 32 &&
           BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + 32, 32) == 32);
    ECDSA_SIG_free(pair);
    return 64;
}

static inline const char *
signing_with_key(struct arena *arena, const char *input, EVP_PKEY *key, const EVP_MD *digest)
{
    unsigned char signature[1024];
    size_t len = sizeof(signature);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    ASSERT(EVP_DigestSignInit(context, NULL, digest, NULL, key) == 1 &&
           EVP_DigestSign(context, signature, &len, (const unsigned char *)input, strlen(input)) ==
               1);
    EVP_MD_CTX_free(context);
    unsigned char flat[64];
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC) {
        len = signing_flatten(signature, len, flat);
        memcpy(signature, flat, len);
    }
    return arena_printf(arena, "%s.%s", input, signing_base64url(arena, signature, len));
}

static inline const char *signing_pem(struct arena *arena, EVP_PKEY *key, bool private)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    ASSERT((private ? PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)
                    : PEM_write_bio_PUBKEY(bio, key)) == 1);
    long len = BIO_get_mem_data(bio, &text);
    const char *copy = arena_copy(arena, text, (size_t)len);
    BIO_free(bio);
    return copy;
}

static inline const char *
signing_number(struct arena *arena, EVP_PKEY *key, const char *name, int pad)
{
    BIGNUM *number = NULL;
    unsigned char bytes[1024];
    ASSERT(EVP_PKEY_get_bn_param(key, name, &number) == 1);
    int len = pad > 0 ? BN_bn2binpad(number, bytes, pad) : BN_bn2bin(number, bytes);
    BN_free(number);
    return signing_base64url(arena, bytes, (size_t)len);
}

/* The public key as a JWK; `more` are further members, each with a comma before it. */
static inline const char *signing_jwk(struct arena *arena, EVP_PKEY *key, const char *more)
{
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
        return arena_printf(arena, "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"%s}",
                            signing_number(arena, key, OSSL_PKEY_PARAM_RSA_N, 0),
                            signing_number(arena, key, OSSL_PKEY_PARAM_RSA_E, 0), more);
    return arena_printf(arena, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"%s}",
                        signing_number(arena, key, OSSL_PKEY_PARAM_EC_PUB_X, 32),
                        signing_number(arena, key, OSSL_PKEY_PARAM_EC_PUB_Y, 32), more);
}

#endif
