/*
 * What every reader of JSON Web Tokens does first: three parts, each of them canonical base64url, two of them JSON
 * objects without a member twice; and the times.
 */
#ifndef CRYPTO_TOKEN_PARTS_H
#define CRYPTO_TOKEN_PARTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

/** The three parts of a token, as they were sent; borrowed from it. */
struct token_parts {
    const char *header;
    size_t header_len;
    const char *claims;
    size_t claims_len;
    const char *signature;
    size_t signature_len;
};

/** What was signed begins at parts->header and has this many bytes. */
static inline size_t token_parts_signed_len(const struct token_parts *parts)
{
    return parts->header_len + 1 + parts->claims_len;
}

/** UNAUTHENTICATED if there are not three, or more than LIMIT_WEB_TOKEN_BYTES in all. NULL is no token. */
int token_parts_split(const char *text, struct token_parts *out, struct error *err) MUST_USE;

/** A part that is base64url of a JSON object: a new reference, or NULL with UNAUTHENTICATED. */
json_t *token_part_object(const char *text, size_t chars, const char *what, struct error *err);

/** Has the object a text member of that name and value? */
bool token_object_says(const json_t *object, const char *name, const char *wanted);

struct token_times {
    int64_t now_s;
    int64_t leeway_s;     /**< how far the clocks may be apart */
    bool expiry_optional; /**< a token without `exp` is taken */
};

/** `exp` and `nbf`; UNAUTHENTICATED if they are not numbers, or not now. */
int token_check_times(const json_t *claims,
                      const struct token_times *times,
                      struct error *err) MUST_USE;

#endif
