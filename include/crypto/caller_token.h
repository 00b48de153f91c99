/*
 * A user's token, as the application signs it: a JSON Web Token (RFC 7519) in compact form. The traps (RFC 8725) are
 * closed: the key decides the algorithm; `none`, nested and foreign kinds of tokens, critical headers, members that
 * stand twice, encodings that are not canonical and tokens without an end are refused; keys that the token brings
 * along (jwk, jku, x5c, x5u) are not looked at; an access token of Twilio's is nobody's credential here.
 */
#ifndef CRYPTO_CALLER_TOKEN_H
#define CRYPTO_CALLER_TOKEN_H

#include <jansson.h>
#include <stdint.h>

#include "core/text_list.h"
#include "crypto/token_keys.h"

/** What a token must satisfy besides its signature. Texts are borrowed. */
struct caller_token_rules {
    int64_t now_s;
    int64_t leeway_s;                  /**< how far the clocks may be apart */
    int64_t age_max_s;                 /**< since `iat`, which must be there then; 0: any age */
    unsigned algorithms;               /**< bits 1u << enum token_algorithm that are taken */
    const char *issuer;                /**< `iss` must be this; NULL: anything */
    const struct text_list *audiences; /**< `aud` must have one of these; empty: anything */
};

enum caller_token_result {
    CALLER_TOKEN_GOOD,
    CALLER_TOKEN_BAD,
    CALLER_TOKEN_UNKNOWN_KEY, /**< it names a key that is not in the sets; nothing else was found wrong so far */
};

/**
 * Believe a token, or not.
 *
 * @param sets    key sets to look in; NULL pointers among them are skipped
 * @param claims  a new reference, written only if the result is GOOD
 * @param err     UNAUTHENTICATED unless the result is GOOD; no part of the token is in it
 * Any thread.
 */
enum caller_token_result caller_token_verify(const char *text,
                                             const struct token_keys *const *sets,
                                             size_t set_count,
                                             const struct caller_token_rules *rules,
                                             json_t **claims,
                                             struct error *err) MUST_USE;

#endif
