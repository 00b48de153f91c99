#include "crypto/compare.h"

#include <openssl/crypto.h>
#include <string.h>

bool secret_equal(const void *a, const void *b, size_t bytes)
{
    return CRYPTO_memcmp(a, b, bytes) == 0;
}

bool secret_text_equal(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return false;
    size_t bytes = strlen(a);
    return strlen(b) == bytes && secret_equal(a, b, bytes);
}

void secret_wipe(void *memory, size_t bytes)
{
    OPENSSL_cleanse(memory, bytes);
}
