#include "twilio/signature.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "core/xmalloc.h"
#include "crypto/base64.h"
#include "crypto/compare.h"
#include "crypto/digest.h"
#include "crypto/hmac.h"
#include "signature_internal.h"

static const char body_hash_name[] = "bodySHA256";

struct signature_keys {
    size_t count;
    struct hmac *hmacs[]; /* keyed templates */
};

int signature_keys_create(const char *const *tokens,
                          size_t count,
                          struct signature_keys **out,
                          struct error *err)
{
    if (count == 0)
        return error_set(err, ERROR_INVALID, "there is no auth token to check signatures with");
    struct signature_keys *keys = xcalloc(1, sizeof(*keys) + count * sizeof(struct hmac *));
    for (; keys->count < count; keys->count++) {
        const char *token = tokens[keys->count];
        struct hmac *hmac =
            hmac_create(HMAC_HASH_SHA1, token, token == NULL ? 0 : strlen(token), NULL);
        if (hmac == NULL) {
            signature_keys_free(keys);
            return error_set(err, ERROR_INVALID, "an auth token is empty: anybody could sign");
        }
        keys->hmacs[keys->count] = hmac;
    }
    *out = keys;
    return 0;
}

void signature_keys_free(struct signature_keys *keys)
{
    if (keys == NULL)
        return;
    for (size_t i = 0; i < keys->count; i++)
        hmac_free(keys->hmacs[i]);
    free(keys);
}

/**
 * Order of UTF-16 code units, which JavaScript and Java sort by. It is the order of UTF-8's bytes,
 * except that U+E000 to U+FFFF (lead bytes EE and EF) come behind everything larger (lead bytes F0
 * to F4).
 */
static int compare_texts(const char *a, size_t a_len, const char *b, size_t b_len)
{
    const size_t len = a_len < b_len ? a_len : b_len;
    size_t i = 0;
    while (i < len && a[i] == b[i])
        i++;
    if (i == len)
        return a_len < b_len ? -1 : a_len > b_len;
    const unsigned char x = (unsigned char)a[i];
    const unsigned char y = (unsigned char)b[i];
    return (x == 0xee || x == 0xef ? x + 0x10 : x) - (y == 0xee || y == 0xef ? y + 0x10 : y);
}

static int compare_fields(const void *left, const void *right)
{
    const struct field *a = left;
    const struct field *b = right;
    const int order = compare_texts(a->name, a->name_len, b->name, b->name_len);
    return order != 0 ? order : compare_texts(a->value, a->value_len, b->value, b->value_len);
}

struct span signature_fields_text(const struct fields *fields, struct arena *arena)
{
    const size_t count = fields == NULL ? 0 : fields->count;
    if (count == 0)
        return (struct span){"", 0};
    struct field *sorted = arena_alloc(arena, count * sizeof(*sorted));
    memcpy(sorted, fields->items, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), compare_fields);
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        len += sorted[i].name_len + sorted[i].value_len;
    char *text = arena_alloc(arena, len + 1);
    char *at = text;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && compare_fields(&sorted[i - 1], &sorted[i]) == 0)
            continue; /* values of one name are a set */
        at = mempcpy(at, sorted[i].name, sorted[i].name_len);
        at = mempcpy(at, sorted[i].value, sorted[i].value_len);
    }
    return (struct span){text, (size_t)(at - text)};
}

static void
sign(struct hmac *hmac, const char *url, struct span fields_text, char out[SIGNATURE_BYTES])
{
    unsigned char mac[HMAC_SHA1_BYTES];
    _Static_assert(BASE64_BYTES(HMAC_SHA1_BYTES) == SIGNATURE_BYTES, "a signature is a SHA-1");
    hmac_update(hmac, url, strlen(url));
    hmac_update(hmac, fields_text.at, fields_text.len);
    hmac_finish(hmac, mac);
    base64_encode(out, mac, sizeof(mac));
}

struct span signature_trim_base(const char *base)
{
    size_t len = strcspn(base, "?#");
    while (len > 0 && base[len - 1] == '/')
        len--;
    return (struct span){base, len};
}

bool signature_has_length(const char *header)
{
    return header != NULL && strnlen(header, SIGNATURE_BYTES) == SIGNATURE_BYTES - 1;
}

bool signature_find(const struct signature_keys *keys,
                    const struct signature_urls *urls,
                    size_t from,
                    struct span fields_text,
                    const char *header,
                    struct signature_match *out)
{
    for (size_t token = 0; token < keys->count && from < urls->count; token++) {
        auto_hmac struct hmac *hmac = hmac_copy(keys->hmacs[token]);
        for (size_t i = from; i < urls->count; i++) {
            char expected[SIGNATURE_BYTES];
            sign(hmac, urls->items[i].text, fields_text, expected);
            if (!secret_equal(expected, header, SIGNATURE_BYTES - 1))
                continue;
            *out = (struct signature_match){token, urls->items[i].text, urls->items[i].form};
            return true;
        }
    }
    return false;
}

/** What one request may be called: usually one URL. In the order to try them. */
struct readings {
    const char *urls[3];
    size_t count;
};

/**
 * Base and target put together; a base with a path is tried with and without it. A client asks for
 * `/` when its URL has no path, so that is tried last.
 *
 * @return false if the base is no URL or the target is not origin-form
 */
static bool
read_url(const struct signed_request *request, struct arena *arena, struct readings *out)
{
    struct url_parts parts;
    const char *target = request->target;
    if (*target != '\0' && *target != '/' && *target != '?')
        return false;
    const struct span trimmed = signature_trim_base(request->base);
    const char *base = arena_copy(arena, trimmed.at, trimmed.len);
    if (!url_split(base, &parts) || parts.host.len == 0)
        return false;
    *out = (struct readings){{arena_printf(arena, "%s%s", base, target)}, 1};
    if (parts.rest.len > 0) {
        parts.rest = (struct span){target, strlen(target)};
        out->urls[out->count++] = url_join(&parts, arena);
    }
    if (target[0] == '/' && (target[1] == '\0' || target[1] == '?')) {
        parts.rest = (struct span){target + 1, strlen(target + 1)};
        out->urls[out->count++] = url_join(&parts, arena);
    }
    return true;
}

/** Is the body what the URL says it is? The digest is compared as text, in lower case only. */
static bool
body_has_hash(const struct signed_request *request, const char *url, struct arena *arena)
{
    char expected[SHA256_HEX_BYTES];
    const struct span hash = url_query_value(url, body_hash_name, arena);
    digest_sha256_hex(request->body_len == 0 ? "" : request->body, request->body_len, expected);
    return hash.len == sizeof(expected) - 1 && secret_equal(hash.at, expected, hash.len);
}

/** A matching signature covers the fields of a form; any other body needs its hash in the URL. */
static int check_body(const struct signed_request *request,
                      const char *url,
                      struct arena *arena,
                      struct error *err)
{
    if (strstr(url, body_hash_name) != NULL)
        return body_has_hash(request, url, arena)
                   ? 0
                   : error_set(err, ERROR_BAD_SIGNATURE, "the body is not the one that was signed");
    if (request->body_len == 0 ||
        text_equal(request->media_type, "application/x-www-form-urlencoded"))
        return 0;
    return error_set(err, ERROR_BAD_SIGNATURE,
                     "the body is no form, and bodySHA256 is not in the URL");
}

/** First the writings that nearly all requests are signed with; the rest is made only if they fail.
 */
static bool find_match(const struct signature_keys *keys,
                       const struct readings *readings,
                       const struct fields *fields,
                       const char *header,
                       struct arena *arena,
                       struct signature_match *out)
{
    struct signature_urls urls = {0};
    const bool is_hashed = strstr(readings->urls[0], body_hash_name) != NULL;
    const struct span fields_text = signature_fields_text(is_hashed ? NULL : fields, arena);
    for (size_t i = 0; i < readings->count; i++)
        signature_urls_add_received(&urls, readings->urls[i], arena);
    if (signature_find(keys, &urls, 0, fields_text, header, out))
        return true;
    const size_t tried = urls.count;
    for (size_t i = 0; i < readings->count; i++)
        signature_urls_add_normalised(&urls, readings->urls[i], arena);
    return signature_find(keys, &urls, tried, fields_text, header, out);
}

int signature_check(const struct signature_keys *keys,
                    const struct signed_request *request,
                    const char *header,
                    struct arena *arena,
                    struct signature_match *out,
                    struct error *err)
{
    struct readings readings = {0};
    struct signature_match match = {0};
    if (text_is_empty(header))
        return error_set(err, ERROR_BAD_SIGNATURE, "there is no X-Twilio-Signature");
    if (!signature_has_length(header))
        return error_set(err, ERROR_BAD_SIGNATURE, "X-Twilio-Signature has not 28 characters");
    if (!read_url(request, arena, &readings))
        return error_set(err, ERROR_BAD_SIGNATURE, "the public URL of the request is not known");
    if (!find_match(keys, &readings, request->fields, header, arena, &match))
        return error_set(err, ERROR_BAD_SIGNATURE, "X-Twilio-Signature does not match");
    if (check_body(request, match.url, arena, err) < 0)
        return -1;
    if (out != NULL)
        *out = match;
    return 0;
}

int signature_compute(const char *token,
                      const char *url,
                      const struct fields *fields,
                      struct arena *arena,
                      char out[SIGNATURE_BYTES],
                      struct error *err)
{
    auto_hmac struct hmac *hmac = hmac_create(HMAC_HASH_SHA1, token, strlen(token), err);
    if (hmac == NULL)
        return -1;
    sign(hmac, url, signature_fields_text(fields, arena), out);
    return 0;
}

char *signature_url_with_body_hash(const char *url,
                                   const void *body,
                                   size_t body_len,
                                   struct arena *arena)
{
    char hash[SHA256_HEX_BYTES];
    digest_sha256_hex(body, body_len, hash);
    return arena_printf(arena, "%s%c%s=%s", url, strchr(url, '?') == NULL ? '?' : '&',
                        body_hash_name, hash);
}

char *signature_origin(const char *url, struct arena *arena)
{
    struct url_parts parts;
    if (url == NULL || !url_split(url, &parts) || parts.host.len == 0)
        return NULL;
    parts.userinfo.len = 0;
    parts.rest.len = 0;
    return url_join(&parts, arena);
}
