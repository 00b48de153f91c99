/*
 * JSON Web Tokens (RFC 7519) with HS256: made here, and checked without the traps.
 *
 *     base64url(header) . base64url(claims) . base64url(HMAC-SHA256(secret, "header.claims"))
 *
 * The traps (RFC 8725): the algorithm is the function's, never the token's; an empty secret is
 * refused, and so is a PEM key, because who takes a public key for a secret lets everybody sign;
 * the times are looked at; unknown critical headers are refused; every encoding is the canonical
 * one.
 */
#ifndef CRYPTO_WEB_TOKEN_H
#define CRYPTO_WEB_TOKEN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/error.h"

/** Header members besides `alg` and `typ`; NULL or "" leaves one out. */
struct web_token_header {
    const char *cty; /**< content type; Twilio's access tokens need theirs */
    const char *kid; /**< which key signed */
    const char *twr; /**< Twilio's home region */
};

/**
 * Sign a claim set.
 *
 * @param claims_json  the whole claim set, one JSON object, borrowed
 * @param secret       borrowed, not kept
 * @return the token in `arena`, or NULL with INVALID if the secret is empty or the claims are not
 * an object. Any thread.
 */
char *web_token_sign_hs256(const struct web_token_header *header,
                           const char *claims_json,
                           const void *secret,
                           size_t secret_len,
                           struct arena *arena,
                           struct error *err);

/** A token's two halves, both objects, both owned. */
struct web_token {
    json_t *header;
    json_t *claims;
};

/** Drop both halves; {0} is fine, and so is a second time. */
void web_token_release(struct web_token *token);
#define auto_web_token __attribute__((cleanup(web_token_release)))

/** What a token must satisfy besides its signature. Texts are borrowed; NULL asks for nothing. */
struct web_token_rules {
    int64_t now_s;
    int64_t leeway_s;     /**< how far the clocks may be apart, for `exp` and `nbf` */
    bool expiry_optional; /**< a token without `exp` is taken; by default it is not */
    const char *cty;      /**< the header's `cty` must be this */
    const char *issuer;   /**< `iss` must be this */
    const char *audience; /**< `aud` must be this, or a list that holds it */
};

/**
 * Read a token that somebody presented, and believe it only if it was signed with `secret` and
 * satisfies `rules`.
 *
 * Source: RFC 7519 section 7.2, RFC 8725.
 *
 * @param out  written only on success; give it to web_token_release
 * @param err  UNAUTHENTICATED for whatever is wrong with the token; INVALID if the secret is none
 * @return 0 or -1. The signature is compared in constant time. Any thread.
 */
int web_token_verify_hs256(const char *text,
                           const void *secret,
                           size_t secret_len,
                           const struct web_token_rules *rules,
                           struct web_token *out,
                           struct error *err) MUST_USE;

/**
 * Read a token without checking anything: only to find the key by `kid` or `iss`, before
 * web_token_verify_hs256.
 *
 * @return 0, or -1 with UNAUTHENTICATED if it is not a token of two objects and a signature
 */
int web_token_peek(const char *text, struct web_token *out, struct error *err) MUST_USE;

#endif
