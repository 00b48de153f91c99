#include "crypto/api_key.h"

#include <string.h>

#include "core/hex.h"
#include "core/random.h"
#include "crypto/compare.h"

static const char prefix[] = "shk_";

enum {
    PREFIX_CHARS = sizeof(prefix) - 1,
    SECRET_CHARS = 2 * API_KEY_SECRET_BYTES,
    SECRET_AT = PREFIX_CHARS + API_KEY_ID_CHARS + 1,
};

static void hash_secret(const unsigned char secret[API_KEY_SECRET_BYTES], struct api_key *key)
{
    digest_sha256(secret, API_KEY_SECRET_BYTES, key->hash);
}

void api_key_generate(char text[API_KEY_TEXT_BYTES], struct api_key *key)
{
    unsigned char secret[API_KEY_SECRET_BYTES];
    random_bytes(secret, sizeof(secret));
    random_hex(key->id, API_KEY_ID_CHARS / 2);
    hash_secret(secret, key);
    memcpy(text, prefix, PREFIX_CHARS);
    memcpy(text + PREFIX_CHARS, key->id, API_KEY_ID_CHARS);
    text[SECRET_AT - 1] = '_';
    hex_encode(text + SECRET_AT, secret, sizeof(secret));
    secret_wipe(secret, sizeof(secret));
}

/** Lower case only: one key has one text. */
static bool is_hex(const char *text, size_t chars)
{
    return strspn(text, "0123456789abcdef") >= chars;
}

bool api_key_parse(const char *text, struct api_key *key)
{
    if (text == NULL || strnlen(text, API_KEY_TEXT_BYTES) != API_KEY_TEXT_BYTES - 1)
        return false;
    const char *id = text + PREFIX_CHARS;
    if (memcmp(text, prefix, PREFIX_CHARS) != 0 || !is_hex(id, API_KEY_ID_CHARS) ||
        text[SECRET_AT - 1] != '_' || !is_hex(text + SECRET_AT, SECRET_CHARS))
        return false;
    unsigned char secret[API_KEY_SECRET_BYTES];
    if (!hex_decode(text + SECRET_AT, secret, sizeof(secret)))
        return false;
    memcpy(key->id, id, API_KEY_ID_CHARS);
    key->id[API_KEY_ID_CHARS] = '\0';
    hash_secret(secret, key);
    secret_wipe(secret, sizeof(secret));
    return true;
}

bool api_key_matches(const struct api_key *presented, const unsigned char stored_hash[SHA256_BYTES])
{
    return secret_equal(presented->hash, stored_hash, SHA256_BYTES);
}
