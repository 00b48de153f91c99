/*
 * Tokens taken apart. Nothing here knows a key: what comes out is not believed yet.
 */
#include "token_parts.h"

#include <string.h>

#include "core/limits.h"
#include "core/xmalloc.h"
#include "crypto/base64.h"

int token_parts_split(const char *text, struct token_parts *out, struct error *err)
{
    const size_t len = text == NULL ? 0 : strnlen(text, LIMIT_WEB_TOKEN_BYTES + 1);
    if (len > LIMIT_WEB_TOKEN_BYTES)
        return error_set(err, ERROR_UNAUTHENTICATED, "the token is longer than any we take");
    const char *first = len == 0 ? NULL : memchr(text, '.', len);
    const char *second = first == NULL ? NULL : strchr(first + 1, '.');
    if (second == NULL || strchr(second + 1, '.') != NULL)
        return error_set(err, ERROR_UNAUTHENTICATED, "the token does not have three parts");
    *out = (struct token_parts){
        .header = text,
        .header_len = (size_t)(first - text),
        .claims = first + 1,
        .claims_len = (size_t)(second - first - 1),
        .signature = second + 1,
        .signature_len = len - (size_t)(second + 1 - text),
    };
    return 0;
}

json_t *token_part_object(const char *text, size_t chars, const char *what, struct error *err)
{
    size_t len = 0;
    auto_free char *bytes = xcalloc(1, BASE64_DECODED_BYTES(chars));
    json_t *object = NULL;
    if (base64url_decode(text, chars, bytes, BASE64_DECODED_BYTES(chars), &len))
        object = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(object))
        return object;
    json_decref(object);
    error_set(err, ERROR_UNAUTHENTICATED, "the %s of the token is not a JSON object", what);
    return NULL;
}

bool token_object_says(const json_t *object, const char *name, const char *wanted)
{
    const char *value = json_string_value(json_object_get(object, name));
    return value != NULL && strcmp(value, wanted) == 0;
}

/** Times may have a fraction, so they are compared as doubles; 53 bits of seconds are enough. */
int token_check_times(const json_t *claims, const struct token_times *times, struct error *err)
{
    const json_t *exp = json_object_get(claims, "exp");
    const json_t *nbf = json_object_get(claims, "nbf");
    const double now = (double)times->now_s;
    const double leeway = (double)times->leeway_s;
    if (exp == NULL && !times->expiry_optional)
        return error_set(err, ERROR_UNAUTHENTICATED, "the token has no exp");
    if ((exp != NULL && !json_is_number(exp)) || (nbf != NULL && !json_is_number(nbf)))
        return error_set(err, ERROR_UNAUTHENTICATED, "a time in the token is not a number");
    if (exp != NULL && now >= json_number_value(exp) + leeway)
        return error_set(err, ERROR_UNAUTHENTICATED, "the token has expired");
    if (nbf != NULL && now < json_number_value(nbf) - leeway)
        return error_set(err, ERROR_UNAUTHENTICATED, "the token is not valid yet");
    return 0;
}
