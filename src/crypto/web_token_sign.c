/*
 * Signing goes through libjwt 1.x or 2.x, whose calls are the same. Header and claims come out
 * sorted by name, which no reader minds. Its 3.x has another interface altogether, and its own
 * package name beside the old one.
 */
#include "crypto/web_token.h"

#include <jwt.h>
#include <limits.h>

#include "core/text.h"

#if defined(JWT_VERSION_MAJOR) && JWT_VERSION_MAJOR >= 3
#error "libjwt 1.10 to 2.x is needed (Debian: libjwt-dev); 3.x has another interface"
#endif

static void jwt_release(jwt_t **jwt)
{
    jwt_free(*jwt);
}

static int add_header(jwt_t *jwt, const char *name, const char *value)
{
    return text_is_empty(value) ? 0 : jwt_add_header(jwt, name, value);
}

char *web_token_sign_hs256(const struct web_token_header *header,
                           const char *claims_json,
                           const void *secret,
                           size_t secret_len,
                           struct arena *arena,
                           struct error *err)
{
    if (secret_len == 0 || secret_len > INT_MAX) {
        error_set(err, ERROR_INVALID, "the secret to sign a token with is empty");
        return NULL;
    }
    __attribute__((cleanup(jwt_release))) jwt_t *jwt = NULL;
    ASSERT(jwt_new(&jwt) == 0);
    if (add_header(jwt, "cty", header->cty) != 0 || add_header(jwt, "kid", header->kid) != 0 ||
        add_header(jwt, "twr", header->twr) != 0) {
        error_set(err, ERROR_INVALID, "a header of the token is not UTF-8");
        return NULL;
    }
    if (jwt_add_grants_json(jwt, claims_json) != 0) {
        error_set(err, ERROR_INVALID, "the claims of the token are not a JSON object");
        return NULL;
    }
    ASSERT(jwt_set_alg(jwt, JWT_ALG_HS256, secret, (int)secret_len) == 0);
    auto_free char *text = jwt_encode_str(jwt);
    ASSERT(text != NULL);
    return arena_strdup(arena, text);
}
