/*
 * What Twilio's REST API says when it does not do what it was asked, and what that means to a
 * person. The same codes come in `ErrorCode` of webhooks, so they are explained here too. Pure
 * functions, any thread. Source: Twilio, "Error and warning dictionary".
 */
#ifndef TWILIO_REST_REFUSAL_H
#define TWILIO_REST_REFUSAL_H

#include <stddef.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/macros.h"

/** May the same request be sent again? */
enum rest_retry {
    REST_RETRY_NEVER,         /**< it would be refused again */
    REST_RETRY_SAFE,          /**< it was not processed (429); wait first */
    REST_RETRY_IF_IDEMPOTENT, /**< it may have been (5xx): a fetch may, placing a call may not */
};

struct rest_refusal {
    int http_status;
    int code;              /**< Twilio's, 0 if the body told none */
    const char *message;   /**< Twilio's words, or our own if there were none; never NULL */
    const char *more_info; /**< URL of Twilio's page, or "" */
    enum rest_retry retry;
};

/**
 * Read the body of an answer that is not 2xx. Never fails: a body that is empty, HTML or anything
 * else gives code 0. Takes
 * `{code, message, more_info}` (the code as number or text) and RFC 9457's `{title, detail, ...}`.
 */
void rest_read_refusal(
    int http_status, const char *body, size_t len, struct arena *arena, struct rest_refusal *out);

/**
 * What a refusal is to our own caller: our credentials and Twilio's failures are UPSTREAM, wrong
 * parameters REFUSED, what is not there NOT_FOUND, what the call's state forbids CONFLICT, too much
 * at once RATE_LIMITED. Whoever places a call reads NOT_FOUND as UPSTREAM (there is no such account)
 * and a 5xx as an outcome that is not known.
 */
enum error_kind rest_refusal_kind(const struct rest_refusal *refusal);

/** Set `err` from a refusal, with Twilio's code and words that a person understands. Returns -1. */
int rest_refusal_error(const struct rest_refusal *refusal, struct error *err);

/** What a code means and what to do about it. */
struct rest_explanation {
    int code;
    const char *meaning; /**< a sentence */
    const char *advice;  /**< a sentence */
};

/** NULL for a code that is not in the table. */
const struct rest_explanation *rest_explain(int code);

/** How many codes the table explains. */
size_t rest_explanation_count(void);

#endif
