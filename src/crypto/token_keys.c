/*
 * Key sets. The library parses a PEM each time it is asked to verify; here a key is parsed once and kept.
 */
#include "token_keys_internal.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "core/xmalloc.h"
#include "crypto/base64.h"

enum { SECRET_BYTES_MIN = 32, RSA_BITS_MIN = 2048, RSA_BITS_MAX = 8192 };

static const char *const texts[] = {
#define X(name) [TOKEN_##name] = #name,
    TOKEN_ALGORITHMS(X)
#undef X
};

const char *token_algorithm_text(enum token_algorithm algorithm)
{
    return texts[algorithm];
}

struct token_keys *token_keys_create(void)
{
    struct token_keys *keys = xcalloc(1, sizeof(*keys));
    keys->references = 1;
    return keys;
}

struct token_keys *token_keys_ref(struct token_keys *keys)
{
    keys->references++;
    return keys;
}

void token_keys_unref(struct token_keys *keys)
{
    if (keys == NULL || --keys->references > 0)
        return;
    for (size_t i = 0; i < keys->count; i++) {
        free(keys->items[i].kid);
        hmac_free(keys->items[i].hmac);
        EVP_PKEY_free(keys->items[i].public_key);
    }
    free(keys);
}

size_t token_keys_count(const struct token_keys *keys)
{
    return keys->count;
}

size_t token_keys_count_of(const struct token_keys *keys, enum token_algorithm algorithm)
{
    size_t count = 0;
    for (size_t i = 0; i < keys->count; i++)
        count += keys->items[i].algorithm == algorithm;
    return count;
}

static int add(struct token_keys *keys, const struct token_key *key, struct error *err)
{
    if (keys->count == LIMIT_TOKEN_KEYS)
        return error_set(err, ERROR_INVALID, "there are more than %d keys", LIMIT_TOKEN_KEYS);
    keys->items[keys->count++] = *key;
    return 0;
}

/* ---- secrets ---- */

/* A PEM without its first and last line: what somebody has who copied "the key" out of one. */
static bool is_public_key_in_base64(const char *text, size_t len)
{
    size_t bytes_len = 0;
    auto_free unsigned char *bytes = xcalloc(1, BASE64_DECODED_BYTES(len));
    if (!base64_decode(text, len, bytes, BASE64_DECODED_BYTES(len), &bytes_len))
        return false;
    const unsigned char *at = bytes;
    auto_pkey EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)bytes_len);
    ERR_clear_error();
    return key != NULL;
}

static bool is_shown_around(const char *text, size_t len)
{
    static const char *const begins[] = {"-----BEGIN ", "ssh-", "{"};
    for (size_t i = 0; i < ARRAY_LEN(begins); i++)
        if (len >= strlen(begins[i]) && memcmp(text, begins[i], strlen(begins[i])) == 0)
            return true;
    return is_public_key_in_base64(text, len);
}

int token_keys_add_secret(struct token_keys *keys,
                          const void *secret,
                          size_t len,
                          struct error *err)
{
    const char *text = secret;
    while (len > 0 && strchr(" \t\r\n", *text) != NULL) { /* what an editor leaves around a PEM */
        text++;
        len--;
    }
    if (len < SECRET_BYTES_MIN)
        return error_set(err, ERROR_INVALID, "the secret is shorter than %d bytes",
                         SECRET_BYTES_MIN);
    if (is_shown_around(text, len))
        return error_set(err, ERROR_INVALID,
                         "this is the text of a key, which is meant to be shown around: it is no "
                         "secret for HS256");
    struct token_key key = {.algorithm = TOKEN_HS256};
    size_t given = len + (size_t)(text - (const char *)secret);
    key.hmac = hmac_create(HMAC_HASH_SHA256, secret, given, err);
    if (key.hmac == NULL)
        return -1;
    if (add(keys, &key, err) == 0)
        return 0;
    hmac_free(key.hmac);
    return -1;
}

/* ---- public keys ---- */

static int check_curve(const EVP_PKEY *key, struct error *err)
{
    char curve[32];
    size_t len = 0;
    if (EVP_PKEY_get_group_name(key, curve, sizeof(curve), &len) == 1 &&
        strcmp(curve, "prime256v1") == 0)
        return 0;
    ERR_clear_error();
    return error_set(err, ERROR_INVALID, "an EC key is not on the curve P-256");
}

int token_key_algorithm(const EVP_PKEY *key, enum token_algorithm *out, struct error *err)
{
    int bits = EVP_PKEY_get_bits(key);
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
        *out = TOKEN_RS256;
        if (bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX)
            return 0;
        return error_set(err, ERROR_INVALID, "an RSA key has %d bits; %d to %d are taken", bits,
                         RSA_BITS_MIN, RSA_BITS_MAX);
    case EVP_PKEY_EC:
        *out = TOKEN_ES256;
        return check_curve(key, err);
    default:
        return error_set(err, ERROR_INVALID, "a key is neither RSA nor EC");
    }
}

int token_keys_add_public(struct token_keys *keys,
                          EVP_PKEY *public_key,
                          const char *kid,
                          struct error *err)
{
    auto_pkey EVP_PKEY *mine = public_key;
    struct token_key key = {.public_key = public_key};
    if (token_key_algorithm(public_key, &key.algorithm, err) < 0)
        return -1;
    key.kid = xstrdup(kid);
    if (add(keys, &key, err) == 0) {
        mine = NULL;
        return 0;
    }
    free(key.kid);
    return -1;
}

/* ---- PEM ---- */

struct pem_block {
    char *name;
    char *header;
    unsigned char *data;
    long len;
};

static void pem_block_release(struct pem_block *block)
{
    OPENSSL_free(block->name);
    OPENSSL_free(block->header);
    OPENSSL_clear_free(block->data, block->data != NULL ? (size_t)block->len : 0);
}

static EVP_PKEY *key_of_certificate(const struct pem_block *block)
{
    const unsigned char *at = block->data;
    X509 *certificate = d2i_X509(NULL, &at, block->len);
    EVP_PKEY *key = certificate == NULL ? NULL : X509_get_pubkey(certificate);
    X509_free(certificate);
    return key;
}

static EVP_PKEY *key_of_block(const struct pem_block *block)
{
    const unsigned char *at = block->data;
    if (strcmp(block->name, PEM_STRING_PUBLIC) == 0)
        return d2i_PUBKEY(NULL, &at, block->len);
    if (strcmp(block->name, PEM_STRING_RSA_PUBLIC) == 0)
        return d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, block->len);
    return strcmp(block->name, PEM_STRING_X509) == 0 ? key_of_certificate(block) : NULL;
}

static int add_block(struct token_keys *keys, const struct pem_block *block, struct error *err)
{
    if (strstr(block->name, "PRIVATE KEY") != NULL)
        return error_set(err, ERROR_INVALID,
                         "a private key is in it: the public one belongs here, and only that");
    EVP_PKEY *key = key_of_block(block);
    ERR_clear_error();
    if (key == NULL)
        return error_set(err, ERROR_INVALID, "\"%.40s\" is no public key that can be read",
                         block->name);
    return token_keys_add_public(keys, key, NULL, err);
}

/* 1: there was a block, 0: the end, -1. */
static int next_block(struct token_keys *keys, BIO *bio, struct error *err)
{
    __attribute__((cleanup(pem_block_release))) struct pem_block block = {0};
    int got = PEM_read_bio(bio, &block.name, &block.header, &block.data, &block.len);
    unsigned long why = ERR_peek_last_error();
    ERR_clear_error();
    if (got == 1)
        return add_block(keys, &block, err) < 0 ? -1 : 1;
    if (ERR_GET_LIB(why) == ERR_LIB_PEM && ERR_GET_REASON(why) == PEM_R_NO_START_LINE)
        return 0;
    return error_set(err, ERROR_INVALID, "the PEM is broken");
}

static void release_bio(BIO **bio)
{
    (void)BIO_free(*bio);
}

int token_keys_add_pem(struct token_keys *keys, const char *text, size_t len, struct error *err)
{
    if (len > LIMIT_JWKS_BYTES)
        return error_set(err, ERROR_INVALID, "the PEM has more than %d bytes", LIMIT_JWKS_BYTES);
    __attribute__((cleanup(release_bio))) BIO *bio = BIO_new_mem_buf(text, (int)len);
    ASSERT(bio != NULL);
    size_t before = keys->count;
    int more = 0;
    while ((more = next_block(keys, bio, err)) > 0)
        ;
    if (more < 0)
        return -1;
    return keys->count > before ? 0 : error_set(err, ERROR_INVALID, "there is no PEM in it");
}

/* ---- signatures ---- */

static bool hmac_signed(const struct token_key *key,
                        const char *data,
                        size_t len,
                        const unsigned char *signature,
                        size_t signature_len)
{
    unsigned char expected[HMAC_SHA256_BYTES];
    auto_hmac struct hmac *hmac = hmac_copy(key->hmac);
    hmac_update(hmac, data, len);
    hmac_finish(hmac, expected);
    return signature_len == sizeof(expected) &&
           CRYPTO_memcmp(signature, expected, sizeof(expected)) == 0;
}

static bool digest_signed(EVP_PKEY *key,
                          const char *data,
                          size_t len,
                          const unsigned char *signature,
                          size_t signature_len)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    ASSERT(context != NULL);
    bool good =
        EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
        EVP_DigestVerify(context, signature, signature_len, (const unsigned char *)data, len) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return good;
}

/* A token has r and s of 32 bytes each (RFC 7518 3.4); the library wants them as ASN.1. */
static bool ecdsa_signed(EVP_PKEY *key,
                         const char *data,
                         size_t len,
                         const unsigned char *signature,
                         size_t signature_len)
{
    enum { HALF = 32 };
    if (signature_len != 2 * HALF)
        return false;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, HALF, NULL);
    BIGNUM *s = BN_bin2bn(signature + HALF, HALF, NULL);
    ASSERT(pair != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(pair, r, s) == 1);
    unsigned char *der = NULL;
    int der_len = i2d_ECDSA_SIG(pair, &der);
    ECDSA_SIG_free(pair);
    bool good = der_len > 0 && digest_signed(key, data, len, der, (size_t)der_len);
    OPENSSL_free(der);
    return good;
}

bool token_key_signed(const struct token_key *key,
                      const char *data,
                      size_t len,
                      const unsigned char *signature,
                      size_t signature_len)
{
    switch (key->algorithm) {
    case TOKEN_HS256:
        return hmac_signed(key, data, len, signature, signature_len);
    case TOKEN_RS256:
        return digest_signed(key->public_key, data, len, signature, signature_len);
    case TOKEN_ES256:
        return ecdsa_signed(key->public_key, data, len, signature, signature_len);
    }
    return false;
}
