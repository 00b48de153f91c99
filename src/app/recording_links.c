#include "app/recording_links.h"

#include <stdlib.h>
#include <string.h>

#include "core/macros.h"
#include "core/text.h"
#include "core/xmalloc.h"
#include "crypto/base64.h"
#include "crypto/compare.h"
#include "crypto/hmac.h"
#include "crypto/sealed_number.h"

enum { SIGNATURE_BYTES = BASE64_BYTES(HMAC_SHA256_BYTES) };

/* Two keys for two purposes, neither of which is the secret itself. */
static const char signing[] = "switchhook: links to recordings, signed";
static const char sealing[] = "switchhook: links to recordings, by whom";

struct recording_links {
    struct hmac *hmac; /* keyed; a template */
    unsigned char seal[SEALED_NUMBER_KEY_BYTES];
};

static void derive(const unsigned char *secret,
                   size_t bytes,
                   const char *purpose,
                   unsigned char out[HMAC_SHA256_BYTES])
{
    struct error err = {0};
    int made = hmac_once(HMAC_HASH_SHA256, secret, bytes, purpose, strlen(purpose), out, &err);
    ASSERT(made == 0);
}

struct recording_links *recording_links_create(const unsigned char *secret, size_t bytes)
{
    unsigned char key[HMAC_SHA256_BYTES];
    struct error err = {0};
    struct recording_links *links = xcalloc(1, sizeof(*links));
    derive(secret, bytes, sealing, key);
    memcpy(links->seal, key, sizeof links->seal);
    derive(secret, bytes, signing, key);
    links->hmac = hmac_create(HMAC_HASH_SHA256, key, sizeof key, &err);
    ASSERT(links->hmac != NULL);
    secret_wipe(key, sizeof key);
    return links;
}

void recording_links_free(struct recording_links *links)
{
    if (links == NULL)
        return;
    hmac_free(links->hmac);
    secret_wipe(links->seal, sizeof links->seal);
    free(links);
}

/* The parts cannot run into each other: an id and a sealed number have no line break, and digits have none either. */
static void sign(const struct recording_links *links,
                 const char *id,
                 const char *expires,
                 const char *by,
                 char out[SIGNATURE_BYTES])
{
    const char *const parts[] = {id, "\n", expires, "\n", by};
    unsigned char mac[HMAC_SHA256_BYTES];
    auto_hmac struct hmac *hmac = hmac_copy(links->hmac);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        hmac_update(hmac, parts[i], strlen(parts[i]));
    hmac_finish(hmac, mac);
    (void)base64url_encode(out, mac, sizeof mac);
}

const char *recording_links_make(const struct recording_links *links,
                                 const char *recording_id,
                                 int64_t expires_s,
                                 int64_t audit_sequence,
                                 struct arena *arena)
{
    char by[SEALED_NUMBER_BYTES];
    char signature[SIGNATURE_BYTES];
    const char *expires = arena_printf(arena, "%lld", (long long)expires_s);
    sealed_number_write(links->seal, audit_sequence, by);
    sign(links, recording_id, expires, by, signature);
    return arena_printf(arena, "expires=%s&by=%s&signature=%s", expires, by, signature);
}

static bool is_ours(const struct recording_links *links, const struct shown_link *link)
{
    char expected[SIGNATURE_BYTES];
    if (text_is_empty(link->expires) || text_is_empty(link->by) ||
        strpbrk(link->recording_id, "\r\n") != NULL)
        return false;
    sign(links, link->recording_id, link->expires, link->by, expected);
    return secret_text_equal(expected, link->signature);
}

int recording_links_check(const struct recording_links *links,
                          const struct shown_link *link,
                          int64_t now_ms,
                          struct error *err)
{
    int64_t expires_s = 0;
    if (!is_ours(links, link) || !text_to_int64(link->expires, 1, INT64_MAX / 1000, &expires_s))
        return error_set(err, ERROR_UNAUTHENTICATED, "this is no link to this recording");
    if (now_ms >= expires_s * 1000)
        return error_set(err, ERROR_UNAUTHENTICATED, "this link was good for a short time only");
    return 0;
}

bool recording_links_maker(const struct recording_links *links,
                           const char *by,
                           int64_t *audit_sequence)
{
    return sealed_number_read(links->seal, by, audit_sequence);
}
