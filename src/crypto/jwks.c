/*
 * JSON Web Key Sets. Source: RFC 7517 (the set, use, key_ops, alg, kid), RFC 7518 section 6 (RSA and EC parameters).
 *
 *     {"keys": [{"kty": "RSA", "kid": "2026-01", "use": "sig", "alg": "RS256", "n": "...", "e": "AQAB"}, ...]}
 *
 * Numbers are big-endian bytes in base64url.
 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <string.h>

#include <jansson.h>

#include "core/text.h"
#include "crypto/base64.h"
#include "token_keys_internal.h"

enum { RSA_BYTES_MAX = 1024, EXPONENT_BYTES_MAX = 4, COORDINATE_BYTES = 32, KID_BYTES_MAX = 255 };

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

static bool
read_bytes(const json_t *jwk, const char *name, unsigned char *out, size_t max, size_t *len)
{
    const char *text = text_of(jwk, name);
    return *text != '\0' && base64url_decode(text, strlen(text), out, max, len);
}

/* ---- may it be used? ---- */

static bool has_operation(const json_t *operations, const char *wanted)
{
    for (size_t i = 0; i < json_array_size(operations); i++)
        if (text_equal(json_string_value(json_array_get(operations, i)), wanted))
            return true;
    return false;
}

static bool is_absent_or(const json_t *jwk, const char *name, const char *wanted)
{
    const json_t *value = json_object_get(jwk, name);
    return value == NULL || text_equal(json_string_value(value), wanted);
}

/* Of our kinds and for signatures. What is not is somebody else's and passed over. */
static bool is_for_us(const json_t *jwk)
{
    const json_t *operations = json_object_get(jwk, "key_ops");
    if (!is_absent_or(jwk, "use", "sig") ||
        (operations != NULL && !has_operation(operations, "verify")))
        return false;
    if (text_equal(text_of(jwk, "kty"), "RSA"))
        return is_absent_or(jwk, "alg", "RS256");
    return text_equal(text_of(jwk, "kty"), "EC") && text_equal(text_of(jwk, "crv"), "P-256") &&
           is_absent_or(jwk, "alg", "ES256");
}

static bool is_secret(const json_t *jwk)
{
    return text_equal(text_of(jwk, "kty"), "oct") || json_object_get(jwk, "d") != NULL ||
           json_object_get(jwk, "k") != NULL;
}

/* ---- making the key ---- */

static EVP_PKEY *make_key(const char *kind, OSSL_PARAM_BLD *builder)
{
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
    EVP_PKEY *key = NULL;
    ASSERT(parameters != NULL && context != NULL && EVP_PKEY_fromdata_init(context) == 1);
    if (EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    ERR_clear_error();
    return key;
}

static EVP_PKEY *make_rsa(const json_t *jwk)
{
    unsigned char n[RSA_BYTES_MAX];
    unsigned char e[EXPONENT_BYTES_MAX];
    size_t n_len = 0;
    size_t e_len = 0;
    if (!read_bytes(jwk, "n", n, sizeof(n), &n_len) || !read_bytes(jwk, "e", e, sizeof(e), &e_len))
        return NULL;
    BIGNUM *modulus = BN_bin2bn(n, (int)n_len, NULL);
    BIGNUM *exponent = BN_bin2bn(e, (int)e_len, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    ASSERT(modulus != NULL && exponent != NULL && builder != NULL);
    EVP_PKEY *key = NULL;
    /* With an exponent of 1 every message is its own signature; an even modulus or exponent is none. */
    if (BN_is_odd(modulus) && BN_is_odd(exponent) && !BN_is_one(exponent) &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent) == 1)
        key = make_key("RSA", builder);
    OSSL_PARAM_BLD_free(builder);
    BN_free(modulus);
    BN_free(exponent);
    return key;
}

/* The library takes a point as one octet string: 4, x, y. It refuses one that is not on the curve. */
static EVP_PKEY *make_ec(const json_t *jwk)
{
    unsigned char point[1 + 2 * COORDINATE_BYTES] = {4};
    size_t x_len = 0;
    size_t y_len = 0;
    if (!read_bytes(jwk, "x", point + 1, COORDINATE_BYTES, &x_len) || x_len != COORDINATE_BYTES ||
        !read_bytes(jwk, "y", point + 1 + COORDINATE_BYTES, COORDINATE_BYTES, &y_len) ||
        y_len != COORDINATE_BYTES)
        return NULL;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    ASSERT(builder != NULL);
    EVP_PKEY *key = NULL;
    if (OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) ==
            1 &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)) ==
            1)
        key = make_key("EC", builder);
    OSSL_PARAM_BLD_free(builder);
    return key;
}

static int read_kid(const json_t *jwk, const char **out, struct error *err)
{
    const json_t *kid = json_object_get(jwk, "kid");
    *out = json_string_value(kid);
    if (kid != NULL && (*out == NULL || strlen(*out) > KID_BYTES_MAX))
        return error_set(err, ERROR_INVALID, "a kid is no text of at most %d bytes", KID_BYTES_MAX);
    return 0;
}

static int add_jwk(struct token_keys *keys, const json_t *jwk, struct error *err)
{
    const char *kid = NULL;
    if (!json_is_object(jwk))
        return error_set(err, ERROR_INVALID, "a member of keys is no object");
    if (is_secret(jwk))
        return error_set(err, ERROR_INVALID, "a secret or private key is among the public ones");
    if (!is_for_us(jwk))
        return 0;
    if (read_kid(jwk, &kid, err) < 0)
        return -1;
    EVP_PKEY *key = text_equal(text_of(jwk, "kty"), "RSA") ? make_rsa(jwk) : make_ec(jwk);
    if (key == NULL)
        return error_set(err, ERROR_INVALID, "the numbers of the key \"%.60s\" make no key",
                         kid != NULL ? kid : "");
    return token_keys_add_public(keys, key, kid, err);
}

int token_keys_add_jwks(struct token_keys *keys, const char *text, size_t len, struct error *err)
{
    size_t before = keys->count;
    if (len > LIMIT_JWKS_BYTES)
        return error_set(err, ERROR_INVALID, "the key set has more than %d bytes",
                         LIMIT_JWKS_BYTES);
    json_auto_t *set = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    const json_t *items = json_object_get(set, "keys");
    if (!json_is_array(items))
        return error_set(err, ERROR_INVALID,
                         "it is no key set: a JSON object with a list \"keys\"");
    for (size_t i = 0; i < json_array_size(items); i++)
        if (add_jwk(keys, json_array_get(items, i), err) < 0)
            return -1;
    if (keys->count == before)
        return error_set(err, ERROR_INVALID, "it has no key for RS256 or ES256");
    return 0;
}
