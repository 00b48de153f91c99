#include "crypto/sealed_number.h"

#include <string.h>

#include <openssl/evp.h>

#include "core/macros.h"
#include "crypto/base64.h"

enum { BLOCK_BYTES = 16, NUMBER_BYTES = 8 };

/* One block, so there is nothing to chain: ECB is the cipher itself. */
static void one_block(const unsigned char *key,
                      int encrypt,
                      const unsigned char in[BLOCK_BYTES],
                      unsigned char out[BLOCK_BYTES])
{
    int len = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    ASSERT(context != NULL);
    ASSERT(EVP_CipherInit_ex(context, EVP_aes_128_ecb(), NULL, key, NULL, encrypt) == 1);
    ASSERT(EVP_CIPHER_CTX_set_padding(context, 0) == 1);
    ASSERT(EVP_CipherUpdate(context, out, &len, in, BLOCK_BYTES) == 1 && len == BLOCK_BYTES);
    EVP_CIPHER_CTX_free(context);
}

void sealed_number_write(const unsigned char key[SEALED_NUMBER_KEY_BYTES],
                         int64_t number,
                         char out[SEALED_NUMBER_BYTES])
{
    unsigned char plain[BLOCK_BYTES] = {0};
    unsigned char sealed[BLOCK_BYTES];
    char text[BASE64_BYTES(BLOCK_BYTES)];
    for (size_t i = 0; i < NUMBER_BYTES; i++)
        plain[i] = (unsigned char)((uint64_t)number >> (8 * i));
    one_block(key, 1, plain, sealed);
    ASSERT(base64url_encode(text, sealed, BLOCK_BYTES) == SEALED_NUMBER_CHARS);
    memcpy(out, text, SEALED_NUMBER_BYTES);
}

static bool unwrap(const char *text, unsigned char out[BLOCK_BYTES])
{
    size_t len = 0;
    return strlen(text) == SEALED_NUMBER_CHARS &&
           base64url_decode(text, SEALED_NUMBER_CHARS, out, BLOCK_BYTES, &len) &&
           len == BLOCK_BYTES;
}

bool sealed_number_has_form(const char *text)
{
    unsigned char sealed[BLOCK_BYTES];
    return unwrap(text, sealed);
}

bool sealed_number_read(const unsigned char key[SEALED_NUMBER_KEY_BYTES],
                        const char *text,
                        int64_t *out)
{
    unsigned char sealed[BLOCK_BYTES];
    unsigned char plain[BLOCK_BYTES];
    uint64_t number = 0;
    if (!unwrap(text, sealed))
        return false;
    one_block(key, 0, sealed, plain);
    unsigned char rest = 0;
    for (size_t i = NUMBER_BYTES; i < BLOCK_BYTES; i++)
        rest |= plain[i];
    if (rest != 0)
        return false;
    for (size_t i = 0; i < NUMBER_BYTES; i++)
        number |= (uint64_t)plain[i] << (8 * i);
    *out = (int64_t)number;
    return true;
}
