/*
 * OpenSSL's EVP_MAC, kept keyed. A call that fails after the key was taken is a broken promise of
 * the library, never a matter of input, so it ends the process: a MAC that was not computed must
 * not be compared with anything.
 */
#include "crypto/hmac.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "core/xmalloc.h"

struct hmac {
    EVP_MAC_CTX *context;
    size_t bytes;
};

struct hash {
    char name[8];
    size_t bytes;
};

static const struct hash hashes[] = {
    [HMAC_HASH_SHA1] = {"SHA1",   HMAC_SHA1_BYTES  },
    [HMAC_HASH_SHA256] = {"SHA256", HMAC_SHA256_BYTES},
};

static EVP_MAC_CTX *context_create(void)
{
    EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    ASSERT(context != NULL);
    return context;
}

struct hmac *hmac_create(enum hmac_hash hash, const void *key, size_t key_len, struct error *err)
{
    if (key_len == 0) {
        error_set(err, ERROR_INVALID, "a signing key is empty");
        return NULL;
    }
    struct hash info = hashes[hash]; /* a copy, because the library wants the name writable */
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, info.name, 0),
        OSSL_PARAM_construct_end(),
    };
    struct hmac *hmac = xcalloc(1, sizeof(*hmac));
    *hmac = (struct hmac){.context = context_create(), .bytes = info.bytes};
    ASSERT(EVP_MAC_init(hmac->context, key, key_len, params) == 1);
    return hmac;
}

struct hmac *hmac_copy(const struct hmac *hmac)
{
    struct hmac *copy = xcalloc(1, sizeof(*copy));
    *copy = (struct hmac){.context = EVP_MAC_CTX_dup(hmac->context), .bytes = hmac->bytes};
    ASSERT(copy->context != NULL);
    return copy;
}

void hmac_free(struct hmac *hmac)
{
    if (hmac == NULL)
        return;
    EVP_MAC_CTX_free(hmac->context);
    free(hmac);
}

void hmac_update(struct hmac *hmac, const void *data, size_t len)
{
    ASSERT(len == 0 || EVP_MAC_update(hmac->context, data, len) == 1);
}

void hmac_finish(struct hmac *hmac, unsigned char *out)
{
    size_t written = 0;
    ASSERT(EVP_MAC_final(hmac->context, out, &written, hmac->bytes) == 1);
    ASSERT(written == hmac->bytes);
    ASSERT(EVP_MAC_init(hmac->context, NULL, 0, NULL) == 1); /* the same key again */
}

int hmac_once(enum hmac_hash hash,
              const void *key,
              size_t key_len,
              const void *data,
              size_t len,
              unsigned char *out,
              struct error *err)
{
    auto_hmac struct hmac *hmac = hmac_create(hash, key, key_len, err);
    if (hmac == NULL)
        return -1;
    hmac_update(hmac, data, len);
    hmac_finish(hmac, out);
    return 0;
}
