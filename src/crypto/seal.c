/*
 * The format of a sealed object, all numbers big-endian:
 *
 *     offset  bytes
 *          0      6  "swseal"
 *          6      1  version, 1
 *          7      1  binary logarithm of the chunk size, 16
 *          8      8  id of the key of the ring: HKDF-SHA-256(key, no salt, info "switchhook seal key id")
 *         16     32  salt, random for each object
 *         48     16  check: proves key and name before anything is opened
 *         64         chunks: AES-256-GCM of 65 536 bytes each (the last one shorter), each followed by its tag of 16 bytes
 *
 *     object key (32 bytes), check (16) = HKDF-SHA-256(key of the ring, salt, info = bytes 0 to 16 of the header, name)
 *     nonce of a chunk (12 bytes)       = 3 zero bytes, index of the chunk (8 bytes), 1 if it is the last one, else 0
 *
 * So a chunk opens only in its place, of its object, under its name; and an object that was cut at the end of a chunk has a
 * last chunk that was not sealed as one. The key of an object seals each chunk once, so no nonce comes twice. An empty object
 * is one empty chunk; otherwise the last chunk is not empty: one length of plain text, one of the sealed object.
 *
 * The check commits to the key. GCM alone does not: there are texts that open under two keys.
 */
#include "crypto/seal.h"

#include <ctype.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "core/hex.h"
#include "core/random.h"
#include "core/xmalloc.h"
#include "crypto/base64.h"
#include "crypto/compare.h"

enum {
    KEY_ID_AT = 8,
    SALT_AT = 16,
    SALT_BYTES = 32,
    CHECK_AT = 48,
    CHECK_BYTES = 16,
    NONCE_BYTES = 12,
    CHUNK_LOG2 = 16,
    KEY_TEXT_BYTES_MAX = 2 * SEAL_KEY_BYTES, /* in hexadecimal, the longer way to write it */
};

static const unsigned char magic[KEY_ID_AT] = {'s', 'w', 's', 'e', 'a', 'l', 1, CHUNK_LOG2};

struct ring_key {
    unsigned char bytes[SEAL_KEY_BYTES];
    unsigned char id[SEAL_KEY_ID_BYTES];
};

struct seal_keys {
    size_t count;
    struct ring_key items[SEAL_KEYS_MAX];
};

struct seal {
    EVP_CIPHER_CTX *context;
    unsigned char check[CHECK_BYTES];
    unsigned char key[SEAL_KEY_BYTES];
};

/* HKDF (RFC 5869) with SHA-256. The library fails for no input of ours. */
static void derive(const unsigned char key[SEAL_KEY_BYTES],
                   const unsigned char salt[SALT_BYTES],
                   const void *info,
                   size_t info_bytes,
                   unsigned char *out,
                   size_t bytes)
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_HKDF, NULL);
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
    EVP_KDF_free(kdf);
    ASSERT(context != NULL);
    char digest[] = "SHA256"; /* the library wants it writable */
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)key,
                                          SEAL_KEY_BYTES),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)(uintptr_t)salt, SALT_BYTES),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)info, info_bytes),
        OSSL_PARAM_construct_end(),
    };
    ASSERT(EVP_KDF_derive(context, out, bytes, params) == 1);
    EVP_KDF_CTX_free(context);
}

/* ---- the ring ------------------------------------------------------------------------------------------------ */

static bool is_between(char c)
{
    return c == ',' || isspace((unsigned char)c);
}

static bool read_key(const char *text, size_t chars, unsigned char out[SEAL_KEY_BYTES])
{
    char copy[KEY_TEXT_BYTES_MAX + 1] = {0};
    size_t bytes = 0;
    if (chars > KEY_TEXT_BYTES_MAX)
        return false;
    memcpy(copy, text, chars);
    bool hex = chars == KEY_TEXT_BYTES_MAX && hex_decode(copy, out, SEAL_KEY_BYTES);
    bool good =
        hex || (base64_decode(copy, chars, out, SEAL_KEY_BYTES, &bytes) && bytes == SEAL_KEY_BYTES);
    secret_wipe(copy, sizeof copy);
    return good;
}

static bool is_known(const struct seal_keys *keys, const struct ring_key *key)
{
    for (size_t i = 0; i < keys->count; i++)
        if (secret_equal(keys->items[i].bytes, key->bytes, SEAL_KEY_BYTES))
            return true;
    return false;
}

static int add(struct seal_keys *keys, const char *text, size_t chars, struct error *err)
{
    static const char info[] = "switchhook seal key id";
    static const unsigned char
        no_salt[SALT_BYTES]; /* RFC 5869: none is as many zeros as the hash has bytes */
    struct ring_key key;
    int done = 0;
    if (keys->count == SEAL_KEYS_MAX)
        return error_set(err, ERROR_INVALID, "there are more than %d keys", SEAL_KEYS_MAX);
    if (!read_key(text, chars, key.bytes))
        done = error_set(err, ERROR_INVALID,
                         "key %zu is not 32 bytes: 64 hexadecimal digits (openssl rand -hex 32) or "
                         "44 characters of base64",
                         keys->count + 1);
    else if (is_known(keys, &key))
        done = error_set(err, ERROR_INVALID, "key %zu is there twice", keys->count + 1);
    if (done == 0) {
        derive(key.bytes, no_salt, info, sizeof info - 1, key.id, SEAL_KEY_ID_BYTES);
        keys->items[keys->count++] = key;
    }
    secret_wipe(&key, sizeof key);
    return done;
}

struct seal_keys *seal_keys_create(const char *text, struct error *err)
{
    auto_seal_keys struct seal_keys *keys = xcalloc(1, sizeof *keys);
    for (const char *at = text; *at != '\0';) {
        size_t chars = 0;
        while (at[chars] != '\0' && !is_between(at[chars]))
            chars++;
        if (chars > 0 && add(keys, at, chars, err) < 0)
            return NULL;
        at += chars > 0 ? chars : 1;
    }
    if (keys->count == 0) {
        error_set(err, ERROR_INVALID, "there is no key");
        return NULL;
    }
    return steal(&keys);
}

void seal_keys_free(struct seal_keys *keys)
{
    if (keys == NULL)
        return;
    secret_wipe(keys, sizeof *keys);
    free(keys);
}

size_t seal_keys_count(const struct seal_keys *keys)
{
    return keys->count;
}

void seal_keys_id(const struct seal_keys *keys, size_t index, char out[SEAL_KEY_ID_TEXT_BYTES])
{
    ASSERT(index < keys->count);
    hex_encode(out, keys->items[index].id, SEAL_KEY_ID_BYTES);
}

/* ---- objects ------------------------------------------------------------------------------------------------- */

/* The key of the object that this header begins, under this name. */
static struct seal *
seal_create(const struct ring_key *key, const char *name, const unsigned char *header)
{
    unsigned char info[SALT_AT + SEAL_NAME_BYTES_MAX];
    unsigned char made[SEAL_KEY_BYTES + CHECK_BYTES];
    const size_t name_bytes = strlen(name);
    ASSERT(name_bytes <= SEAL_NAME_BYTES_MAX);
    memcpy(info, header, SALT_AT);
    memcpy(info + SALT_AT, name, name_bytes);
    derive(key->bytes, header + SALT_AT, info, SALT_AT + name_bytes, made, sizeof made);
    struct seal *seal = xcalloc(1, sizeof *seal);
    seal->context = EVP_CIPHER_CTX_new();
    ASSERT(seal->context != NULL);
    memcpy(seal->key, made, SEAL_KEY_BYTES);
    memcpy(seal->check, made + SEAL_KEY_BYTES, CHECK_BYTES);
    secret_wipe(made, sizeof made);
    return seal;
}

struct seal *
seal_begin(const struct seal_keys *keys, const char *name, unsigned char header[SEAL_HEADER_BYTES])
{
    memcpy(header, magic, sizeof magic);
    memcpy(header + KEY_ID_AT, keys->items[0].id, SEAL_KEY_ID_BYTES);
    random_bytes(header + SALT_AT, SALT_BYTES);
    struct seal *seal = seal_create(&keys->items[0], name, header);
    memcpy(header + CHECK_AT, seal->check, CHECK_BYTES);
    return seal;
}

bool seal_is_sealed(const unsigned char header[SEAL_HEADER_BYTES])
{
    return memcmp(header, magic, sizeof magic) == 0;
}

void seal_header_key_id(const unsigned char header[SEAL_HEADER_BYTES],
                        char out[SEAL_KEY_ID_TEXT_BYTES])
{
    hex_encode(out, header + KEY_ID_AT, SEAL_KEY_ID_BYTES);
}

static const struct ring_key *find_key(const struct seal_keys *keys, const unsigned char *header)
{
    for (size_t i = 0; i < keys->count; i++)
        if (memcmp(keys->items[i].id, header + KEY_ID_AT, SEAL_KEY_ID_BYTES) == 0)
            return &keys->items[i];
    return NULL;
}

struct seal *seal_open(const struct seal_keys *keys,
                       const char *name,
                       const unsigned char header[SEAL_HEADER_BYTES],
                       struct error *err)
{
    if (!seal_is_sealed(header)) {
        error_set(err, ERROR_INVALID, "this is not a sealed object, or of a later version");
        return NULL;
    }
    const struct ring_key *key = find_key(keys, header);
    if (key == NULL) {
        char id[SEAL_KEY_ID_TEXT_BYTES];
        seal_header_key_id(header, id);
        error_set(err, ERROR_NOT_FOUND, "sealed with key %s, which is not among the keys given",
                  id);
        return NULL;
    }
    auto_seal struct seal *seal = seal_create(key, name, header);
    if (!secret_equal(seal->check, header + CHECK_AT, CHECK_BYTES)) {
        error_set(err, ERROR_INVALID, "the sealed object is damaged, or belongs to another name");
        return NULL;
    }
    return steal(&seal);
}

void seal_free(struct seal *seal)
{
    if (seal == NULL)
        return;
    EVP_CIPHER_CTX_free(seal->context);
    secret_wipe(seal, sizeof *seal);
    free(seal);
}

static void write_nonce(uint64_t index, enum seal_place place, unsigned char out[NONCE_BYTES])
{
    memset(out, 0, NONCE_BYTES);
    for (size_t i = 0; i < sizeof index; i++)
        out[3 + i] = (unsigned char)(index >> (8 * (sizeof index - 1 - i)));
    out[NONCE_BYTES - 1] = place == SEAL_LAST;
}

static bool is_length(uint64_t index, enum seal_place place, size_t bytes)
{
    if (place != SEAL_LAST)
        return bytes == SEAL_CHUNK_BYTES;
    return bytes <= SEAL_CHUNK_BYTES && (bytes > 0 || index == 0);
}

static const unsigned char nothing[1];

void seal_chunk(struct seal *seal,
                uint64_t index,
                enum seal_place place,
                const unsigned char *plain,
                size_t bytes,
                unsigned char *out)
{
    unsigned char nonce[NONCE_BYTES];
    int len = 0;
    ASSERT(is_length(index, place, bytes));
    write_nonce(index, place, nonce);
    ASSERT(EVP_EncryptInit_ex2(seal->context, EVP_aes_256_gcm(), seal->key, nonce, NULL) == 1);
    ASSERT(EVP_EncryptUpdate(seal->context, out, &len, bytes > 0 ? plain : nothing, (int)bytes) ==
               1 &&
           len == (int)bytes);
    ASSERT(EVP_EncryptFinal_ex(seal->context, out + bytes, &len) == 1 && len == 0);
    ASSERT(EVP_CIPHER_CTX_ctrl(seal->context, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_BYTES, out + bytes) ==
           1);
}

int seal_open_chunk(struct seal *seal,
                    uint64_t index,
                    enum seal_place place,
                    const unsigned char *sealed,
                    size_t bytes,
                    unsigned char *out,
                    struct error *err)
{
    unsigned char nonce[NONCE_BYTES];
    unsigned char tag[SEAL_TAG_BYTES]; /* the library wants it writable */
    int len = 0;
    if (bytes < SEAL_TAG_BYTES || !is_length(index, place, bytes - SEAL_TAG_BYTES))
        return error_set(err, ERROR_INVALID,
                         "the sealed object is damaged: chunk %llu has no length of one",
                         (unsigned long long)index);
    const size_t plain_bytes = bytes - SEAL_TAG_BYTES;
    memcpy(tag, sealed + plain_bytes, SEAL_TAG_BYTES);
    write_nonce(index, place, nonce);
    ASSERT(EVP_DecryptInit_ex2(seal->context, EVP_aes_256_gcm(), seal->key, nonce, NULL) == 1);
    ASSERT(EVP_DecryptUpdate(seal->context, out, &len, sealed, (int)plain_bytes) == 1 &&
           len == (int)plain_bytes);
    ASSERT(EVP_CIPHER_CTX_ctrl(seal->context, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_BYTES, tag) == 1);
    if (EVP_DecryptFinal_ex(seal->context, out + plain_bytes, &len) == 1)
        return 0;
    ERR_clear_error();
    secret_wipe(out, plain_bytes);
    return error_set(err, ERROR_INVALID,
                     "the sealed object is damaged: chunk %llu is not what was sealed",
                     (unsigned long long)index);
}

/* ---- lengths ------------------------------------------------------------------------------------------------- */

static int64_t chunk_count(int64_t plain_bytes)
{
    return plain_bytes == 0 ? 1 : (plain_bytes + SEAL_CHUNK_BYTES - 1) / SEAL_CHUNK_BYTES;
}

int64_t seal_sealed_bytes(int64_t plain_bytes)
{
    ASSERT(plain_bytes >= 0 && plain_bytes <= SEAL_PLAIN_BYTES_MAX);
    return SEAL_HEADER_BYTES + plain_bytes + chunk_count(plain_bytes) * SEAL_TAG_BYTES;
}

bool seal_plain_bytes(int64_t sealed_bytes, int64_t *plain_bytes)
{
    const int64_t chunks = sealed_bytes - SEAL_HEADER_BYTES;
    if (chunks < SEAL_TAG_BYTES || chunks > 2 * SEAL_PLAIN_BYTES_MAX)
        return false;
    const int64_t count = (chunks + SEAL_SEALED_CHUNK_BYTES - 1) / SEAL_SEALED_CHUNK_BYTES;
    const int64_t plain = chunks - count * SEAL_TAG_BYTES;
    if (plain < 0 || plain > SEAL_PLAIN_BYTES_MAX || seal_sealed_bytes(plain) != sealed_bytes)
        return false;
    *plain_bytes = plain;
    return true;
}

bool seal_chunk_at(int64_t plain_bytes, uint64_t index, struct seal_chunk_place *out)
{
    const uint64_t count = (uint64_t)chunk_count(plain_bytes);
    if (index >= count)
        return false;
    const int64_t left = plain_bytes - (int64_t)index * SEAL_CHUNK_BYTES;
    *out = (struct seal_chunk_place){
        .offset = SEAL_HEADER_BYTES + (int64_t)index * SEAL_SEALED_CHUNK_BYTES,
        .bytes = (size_t)(left < SEAL_CHUNK_BYTES ? left : SEAL_CHUNK_BYTES) + SEAL_TAG_BYTES,
        .place = index + 1 == count ? SEAL_LAST : SEAL_MORE_FOLLOWS,
    };
    return true;
}
