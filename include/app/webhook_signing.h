/*
 * Signatures of the application's own webhooks, as Standard Webhooks describes them (standardwebhooks.com, version 1):
 *
 *   webhook-id         the same for every attempt at one delivery
 *   webhook-timestamp  seconds since 1970, of this attempt
 *   webhook-signature  "v1," and the base64 of HMAC-SHA256 over `id.timestamp.body`; with two secrets two of them, a space
 *                      between
 *
 * A secret reads `whsec_` and the base64 of 24 to 64 bytes, which are the key. Pure functions, any thread.
 */
#ifndef APP_WEBHOOK_SIGNING_H
#define APP_WEBHOOK_SIGNING_H

#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/error.h"

#define SIGNING_SECRET_EXPECTED "whsec_ and the base64 of 24 to 64 bytes"

enum {
    SIGNING_SECRET_BYTES = 96, /**< of its text, NUL included */
};

/** A new secret of 32 random bytes. */
void signing_secret_make(char out[SIGNING_SECRET_BYTES]);

/** Is it one? @param err  INVALID with the field "secret", without the text in it */
int signing_secret_check(const char *secret, struct error *err) MUST_USE;

/**
 * Append one signature, and a space before it if there is something already.
 * @param err  as signing_secret_check; INTERNAL if `out` is full
 */
int signing_append(const char *secret,
                   const char *id,
                   int64_t timestamp_s,
                   const char *body,
                   size_t body_len,
                   struct buf *out,
                   struct error *err) MUST_USE;

#endif
