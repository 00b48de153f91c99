#include "crypto/digest.h"

#include <openssl/evp.h>

#include "core/hex.h"
#include "core/macros.h"

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
