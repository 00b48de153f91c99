/*
 * Users' tokens as anybody may send them. The input is header, claims and the rest, with line breaks between: they are
 * signed here with the secret, so that what comes behind the signature is reached as well; and the input as it is must
 * never be believed. Whatever is believed has an end, a text or number as its user, and nothing that was to be refused.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/arena.h"
#include "core/limits.h"
#include "core/macros.h"
#include "crypto/base64.h"
#include "crypto/caller_token.h"
#include "crypto/hmac.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char secret[] = "0123456789abcdef0123456789abcdef";
static const struct caller_token_rules rules = {
    .now_s = 1000, .leeway_s = 5, .algorithms = 7, .issuer = NULL};

static enum caller_token_result verify(const char *text, json_t **claims)
{
    static struct token_keys *keys;
    struct error err = {0};
    if (keys == NULL) {
        keys = token_keys_create();
        ASSERT(token_keys_add_secret(keys, secret, strlen(secret), &err) == 0);
    }
    const struct token_keys *sets[] = {keys};
    enum caller_token_result result = caller_token_verify(text, sets, 1, &rules, claims, &err);
    ASSERT((result == CALLER_TOKEN_GOOD) == (err.kind == ERROR_NONE));
    ASSERT(result == CALLER_TOKEN_GOOD || err.kind == ERROR_UNAUTHENTICATED);
    return result;
}

static const char *
sign(struct arena *arena, const char *header, size_t header_len, const char *claims)
{
    char *head = arena_alloc(arena, BASE64_BYTES(header_len));
    char *body = arena_alloc(arena, BASE64_BYTES(strlen(claims)));
    char tail[BASE64_BYTES(HMAC_SHA256_BYTES)];
    unsigned char mac[HMAC_SHA256_BYTES];
    struct error err = {0};
    base64url_encode(head, header, header_len);
    base64url_encode(body, claims, strlen(claims));
    const char *input = arena_printf(arena, "%s.%s", head, body);
    ASSERT(hmac_once(HMAC_HASH_SHA256, secret, strlen(secret), input, strlen(input), mac, &err) ==
           0);
    base64url_encode(tail, mac, sizeof(mac));
    return arena_printf(arena, "%s.%s", input, tail);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > LIMIT_WEB_TOKEN_BYTES)
        return 0;
    auto_arena struct arena *arena = arena_create();
    const char *text = arena_copy(arena, data, size);
    json_t *claims = NULL;
    ASSERT(verify(text, &claims) != CALLER_TOKEN_GOOD && claims == NULL);
    size_t header_len = strcspn(text, "\n");
    const char *rest = text[header_len] == '\0' ? "" : text + header_len + 1;
    if (verify(sign(arena, text, header_len, rest), &claims) != CALLER_TOKEN_GOOD)
        return 0;
    ASSERT(json_is_object(claims) && json_number_value(json_object_get(claims, "exp")) > 995);
    ASSERT(!json_is_object(json_object_get(claims, "grants")));
    json_decref(claims);
    return 0;
}
