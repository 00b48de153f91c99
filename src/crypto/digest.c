#include "crypto/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "core/hex.h"
#include "core/macros.h"
#include "core/xmalloc.h"

void digest_sha256(const void *data, size_t len, unsigned char out[SHA256_BYTES])
{
    unsigned int bytes = 0;
    ASSERT(EVP_Digest(data, len, out, &bytes, EVP_sha256(), NULL) == 1);
    ASSERT(bytes == SHA256_BYTES);
}

void digest_sha256_hex(const void *data, size_t len, char out[SHA256_HEX_BYTES])
{
    unsigned char digest[SHA256_BYTES];
    digest_sha256(data, len, digest);
    hex_encode(out, digest, sizeof(digest));
}

struct digest {
    EVP_MD_CTX *context;
};

struct digest *digest_create(void)
{
    struct digest *digest = xcalloc(1, sizeof(*digest));
    digest->context = EVP_MD_CTX_new();
    ASSERT(digest->context && EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL) == 1);
    return digest;
}

void digest_add(struct digest *digest, const void *data, size_t len)
{
    ASSERT(EVP_DigestUpdate(digest->context, data, len) == 1);
}

void digest_finish(struct digest *digest, unsigned char out[SHA256_BYTES])
{
    unsigned int bytes = 0;
    ASSERT(EVP_DigestFinal_ex(digest->context, out, &bytes) == 1 && bytes == SHA256_BYTES);
}

void digest_free(struct digest *digest)
{
    if (digest == NULL)
        return;
    EVP_MD_CTX_free(digest->context);
    free(digest);
}
