/*
 * Checking is done by hand. libjwt's jwt_decode takes the algorithm from the token, takes any token
 * when there is no key, and looks at no time; what remains after closing that is an HMAC and two
 * base64 texts.
 */
#include "crypto/web_token.h"

#include <string.h>

#include "core/text.h"
#include "crypto/base64.h"
#include "crypto/compare.h"
#include "crypto/hmac.h"
#include "token_parts.h"

void web_token_release(struct web_token *token)
{
    json_decref(token->header);
    json_decref(token->claims);
    *token = (struct web_token){0};
}

/** Hand a token on that would be released at the end of the scope. */
static struct web_token take(struct web_token *token)
{
    struct web_token taken = *token;
    *token = (struct web_token){0};
    return taken;
}

int web_token_peek(const char *text, struct web_token *out, struct error *err)
{
    struct token_parts parts = {0};
    if (token_parts_split(text, &parts, err) < 0)
        return -1;
    auto_web_token struct web_token token = {0};
    token.header = token_part_object(parts.header, parts.header_len, "header", err);
    if (token.header == NULL)
        return -1;
    token.claims = token_part_object(parts.claims, parts.claims_len, "claim set", err);
    if (token.claims == NULL)
        return -1;
    *out = take(&token);
    return 0;
}

/** What is critical and not understood makes a token invalid (RFC 7515 4.1.11); here, anything. */
static int
check_header(const json_t *header, const struct web_token_rules *rules, struct error *err)
{
    if (!token_object_says(header, "alg", "HS256"))
        return error_set(err, ERROR_UNAUTHENTICATED, "the token is not signed with HS256");
    if (json_object_get(header, "crit") != NULL)
        return error_set(err, ERROR_UNAUTHENTICATED, "the token has critical headers");
    if (rules->cty != NULL && !token_object_says(header, "cty", rules->cty))
        return error_set(err, ERROR_UNAUTHENTICATED, "the token's cty is not %s", rules->cty);
    return 0;
}

/** A secret that is none: nothing at all, or the text of a key that is meant to be shown around. */
static int check_secret(const void *secret, size_t secret_len, struct error *err)
{
    static const char pem[] = "-----BEGIN ";
    if (secret_len == 0)
        return error_set(err, ERROR_INVALID, "the secret to check tokens with is empty");
    if (secret_len >= sizeof(pem) - 1 && memcmp(secret, pem, sizeof(pem) - 1) == 0)
        return error_set(err, ERROR_INVALID, "a PEM key is no secret for HS256");
    return 0;
}

static int check_signature(const struct token_parts *parts,
                           const void *secret,
                           size_t secret_len,
                           struct error *err)
{
    unsigned char expected[HMAC_SHA256_BYTES];
    unsigned char given[HMAC_SHA256_BYTES];
    size_t given_len = 0;
    const size_t signed_len = token_parts_signed_len(parts);
    if (hmac_once(HMAC_HASH_SHA256, secret, secret_len, parts->header, signed_len, expected, err) <
        0)
        return -1;
    if (!base64url_decode(parts->signature, parts->signature_len, given, sizeof(given),
                          &given_len) ||
        given_len != sizeof(expected) || !secret_equal(given, expected, sizeof(expected)))
        return error_set(err, ERROR_UNAUTHENTICATED, "the token is not signed with our secret");
    return 0;
}

/** RFC 7519 4.1.3: a string, or a list of strings one of which is us. */
static bool is_for(const json_t *claims, const char *audience)
{
    const json_t *aud = json_object_get(claims, "aud");
    if (!json_is_array(aud))
        return token_object_says(claims, "aud", audience);
    for (size_t i = 0; i < json_array_size(aud); i++)
        if (text_equal(json_string_value(json_array_get(aud, i)), audience))
            return true;
    return false;
}

static int
check_claims(const json_t *claims, const struct web_token_rules *rules, struct error *err)
{
    if (rules->issuer != NULL && !token_object_says(claims, "iss", rules->issuer))
        return error_set(err, ERROR_UNAUTHENTICATED, "the token comes from another issuer");
    if (rules->audience != NULL && !is_for(claims, rules->audience))
        return error_set(err, ERROR_UNAUTHENTICATED, "the token is for another audience");
    const struct token_times times = {.now_s = rules->now_s,
                                      .leeway_s = rules->leeway_s,
                                      .expiry_optional = rules->expiry_optional};
    return token_check_times(claims, &times, err);
}

int web_token_verify_hs256(const char *text,
                           const void *secret,
                           size_t secret_len,
                           const struct web_token_rules *rules,
                           struct web_token *out,
                           struct error *err)
{
    struct token_parts parts = {0};
    auto_web_token struct web_token token = {0};
    if (check_secret(secret, secret_len, err) < 0 || token_parts_split(text, &parts, err) < 0 ||
        check_signature(&parts, secret, secret_len, err) < 0 ||
        web_token_peek(text, &token, err) < 0 || check_header(token.header, rules, err) < 0 ||
        check_claims(token.claims, rules, err) < 0)
        return -1;
    *out = take(&token);
    return 0;
}
