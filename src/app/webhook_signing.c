#include "app/webhook_signing.h"

#include <stdio.h>
#include <string.h>

#include "core/random.h"
#include "core/text.h"
#include "crypto/base64.h"
#include "crypto/compare.h"
#include "crypto/hmac.h"

enum {
    KEY_BYTES = 32,
    KEY_BYTES_MIN = 24,
    KEY_BYTES_MAX = 64,
};

static const char prefix[] = "whsec_";

struct key {
    unsigned char bytes[BASE64_DECODED_BYTES(SIGNING_SECRET_BYTES)];
    size_t len;
};

static void key_wipe(struct key *key)
{
    secret_wipe(key, sizeof *key);
}
#define auto_key __attribute__((cleanup(key_wipe)))

void signing_secret_make(char out[SIGNING_SECRET_BYTES])
{
    auto_key struct key key = {.len = KEY_BYTES};
    random_bytes(key.bytes, KEY_BYTES);
    memcpy(out, prefix, strlen(prefix));
    (void)base64_encode(out + strlen(prefix), key.bytes, KEY_BYTES);
}

static int read_key(const char *secret, struct key *out, struct error *err)
{
    const char *text = text_starts_with(secret, prefix) ? secret + strlen(prefix) : "";
    if (strlen(text) >= SIGNING_SECRET_BYTES ||
        !base64_decode(text, strlen(text), out->bytes, sizeof out->bytes, &out->len) ||
        out->len < KEY_BYTES_MIN || out->len > KEY_BYTES_MAX)
        return error_field(err, "secret", "secret must be " SIGNING_SECRET_EXPECTED);
    return 0;
}

int signing_secret_check(const char *secret, struct error *err)
{
    auto_key struct key key = {0};
    return read_key(secret, &key, err);
}

int signing_append(const char *secret,
                   const char *id,
                   int64_t timestamp_s,
                   const char *body,
                   size_t body_len,
                   struct buf *out,
                   struct error *err)
{
    auto_key struct key key = {0};
    unsigned char mac[HMAC_SHA256_BYTES];
    char text[BASE64_BYTES(HMAC_SHA256_BYTES)];
    char head[128];
    if (read_key(secret, &key, err) < 0)
        return -1;
    auto_hmac struct hmac *hmac = hmac_create(HMAC_HASH_SHA256, key.bytes, key.len, err);
    if (hmac == NULL)
        return -1;
    int len = snprintf(head, sizeof head, "%s.%lld.", id, (long long)timestamp_s);
    ASSERT(len > 0 && (size_t)len < sizeof head);
    hmac_update(hmac, head, (size_t)len);
    hmac_update(hmac, body, body_len);
    hmac_finish(hmac, mac);
    (void)base64_encode(text, mac, sizeof mac);
    if (buf_printf(out, "%sv1,%s", out->len > 0 ? " " : "", text) < 0)
        return error_set(err, ERROR_INTERNAL, "too many signatures");
    return 0;
}
