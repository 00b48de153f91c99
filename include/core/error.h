/*
 * One error type for the whole house. It lives on the caller's stack, is the last parameter of every function that
 * can fail, and the first error wins: functions return 0 or -1 and nobody carries a code.
 */
#ifndef CORE_ERROR_H
#define CORE_ERROR_H

#include <stdint.h>

#include "core/macros.h"

/*
 * kind, HTTP status, stable code (what a client may switch on), title, worth retrying (what the job runner reads).
 * Below 500 a client sees the message; from 500 on it sees the title and the request id, and the log has the rest.
 */
#define ERROR_KINDS(X)                                                                             \
    X(MALFORMED, 400, "malformed-request", "The request cannot be read", 0)                        \
    X(UNAUTHENTICATED, 401, "unauthenticated", "Who is calling is not known", 0)                   \
    X(BAD_SIGNATURE, 403, "bad-signature", "The request is not signed by Twilio", 0)               \
    X(FORBIDDEN, 403, "forbidden", "The caller may not do this", 0)                                \
    X(DESTINATION_DENIED, 403, "destination-denied", "Calls to this number are not allowed", 0)    \
    X(CALLER_ID_NOT_ALLOWED, 403, "caller-id-not-allowed", "This caller ID may not be shown", 0)   \
    X(BLOCKED, 403, "blocked", "The caller may not make calls", 0)                                 \
    X(WRONG_ORIGIN, 403, "wrong-origin", "A cookie counts only for pages of its own site", 0)      \
    X(NOT_FOUND, 404, "not-found", "There is no such thing", 0)                                    \
    X(METHOD_NOT_ALLOWED, 405, "method-not-allowed", "This address has other methods", 0)          \
    X(TIMED_OUT, 408, "request-timeout", "The request took too long to arrive", 0)                 \
    X(CONFLICT, 409, "conflict", "The request contradicts the present state", 0)                   \
    X(TOO_LARGE, 413, "too-large", "The request is larger than its limit", 0)                      \
    X(TARGET_TOO_LONG, 414, "target-too-long", "The address is longer than its limit", 0)          \
    X(UNSUPPORTED_TYPE, 415, "unsupported-media-type", "The body has a type not taken here", 0)    \
    X(RANGE, 416, "range-not-satisfiable", "Nothing of it is within the range", 0)                 \
    X(INVALID, 422, "invalid-field", "A field is not valid", 0)                                    \
    X(REFUSED, 422, "refused-by-twilio", "Twilio refused the request", 0)                          \
    X(RATE_LIMITED, 429, "rate-limited", "Too many requests", 1)                                   \
    X(TOO_MANY_CALLS, 429, "too-many-calls", "As many calls go on as may go on at once", 1)        \
    X(HOURLY_LIMIT, 429, "hourly-limit", "As many calls were made as may be made in an hour", 1)   \
    X(ACCOUNT_LIMIT, 429, "account-limit", "The account makes as many calls as it may", 1)         \
    X(HEADERS_TOO_LARGE, 431, "headers-too-large", "The headers are larger than their limit", 0)   \
    X(INTERNAL, 500, "internal", "Something went wrong here", 0)                                   \
    X(NOT_IMPLEMENTED, 501, "not-implemented", "This is not built yet", 0)                         \
    X(UPSTREAM, 502, "upstream", "Twilio did not answer as expected", 1)                           \
    X(UNKNOWN_OUTCOME, 502, "unknown-outcome", "It is not known whether Twilio acted", 0)          \
    X(UNAVAILABLE, 503, "unavailable", "Not possible right now", 1)                                \
    X(DEADLINE, 504, "deadline", "It took too long", 1)                                            \
    X(NO_SPACE, 507, "no-space", "There is no room left to store it", 1)

enum error_kind {
    ERROR_NONE,
#define X(name, status, code, title, retry) ERROR_##name,
    ERROR_KINDS(X)
#undef X
};

enum { ERROR_MESSAGE_BYTES = 256, ERROR_FIELD_BYTES = 64 };

/** What went wrong. Nothing to free; start with `struct error err = {0};`. */
struct error {
    enum error_kind kind;
    int twilio_code;               /**< Twilio's own code when Twilio refused, else 0 */
    int64_t limit;                 /**< the cap that is reached, else 0 */
    int64_t retry_after_s;         /**< when it helps to try again (Retry-After), else 0 */
    char field[ERROR_FIELD_BYTES]; /**< the input field that is wrong, else "" */
    char message[ERROR_MESSAGE_BYTES];
    char
        twilio_message[ERROR_MESSAGE_BYTES]; /**< Twilio's own words when Twilio refused, else "" */
};

/** One row of ERROR_KINDS. */
struct error_kind_info {
    const char *name;
    int http_status;
    const char *code;
    const char *title;
    int retry;
};

/** The row of a kind; `kind` may be ERROR_NONE (an INTERNAL row is returned: nobody should ask). Any thread. */
const struct error_kind_info *error_info(enum error_kind kind);

/**
 * Set an error, unless one is set already (the first wins), and return -1, so that
 * `return error_set(err, ERROR_NOT_FOUND, "no call %s", id);` is one line. `err` may be NULL.
 */
int error_set(struct error *err, enum error_kind kind, const char *format, ...) PRINTF_LIKE(3, 4);

/** The same for a wrong input field: kind INVALID, the field's name kept apart from the message. */
int error_field(struct error *err, const char *field, const char *format, ...) PRINTF_LIKE(3, 4);

/**
 * Add what Twilio itself said to an error that is set: its code, and its words as far as they fit (whole characters).
 *
 * @param message  its words, "" or NULL if it said none
 */
void error_add_twilio(struct error *err, int code, const char *message);

/** Say when it helps to try again. Returns -1, as error_set. */
int error_retry_after(struct error *err, int64_t seconds);

/** Forget: back to ERROR_NONE. */
void error_clear(struct error *err);

/** Set an error from errno: "WHAT: text of errno". Returns -1. */
int error_errno(struct error *err, enum error_kind kind, const char *what);

#endif
