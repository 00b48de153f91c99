/*
 * X-Twilio-Signature: did Twilio, and nobody else, send this request to this address?
 *
 *     base64(HMAC-SHA1(auth token, URL name value name value ...))
 *
 * The URL is the one Twilio called, query included, byte for byte. The names and values are the
 * decoded fields of a form body, sorted by name; of a repeated name each different value counts
 * once, sorted too. A body that is no form is covered by its SHA-256 in the URL, `bodySHA256=`, and
 * then no fields are signed.
 *
 * Twilio's own services do not agree on ports and escapes, so several writings of the URL are
 * tried: those of Twilio's package for Node (6.2.0), and in its order. Nothing dated is signed: a
 * signature is good for ever, so repeats are found elsewhere.
 *
 * Sources: Twilio, "Webhooks security"; RFC 2104. Any thread, unless a function says otherwise.
 */
#ifndef TWILIO_SIGNATURE_H
#define TWILIO_SIGNATURE_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/fields.h"

enum { SIGNATURE_BYTES = 29 }; /* 28 characters and NUL */

/** The auth tokens that count: the primary one and, while it is being replaced, the secondary. */
struct signature_keys;

/**
 * @param tokens  copied; most likely first; at least one, none of them empty: with an empty key
 * anybody can sign
 * @param out     written only on success; free with signature_keys_free. Immutable: any number of
 * threads may use it
 * @return 0, or -1 with INVALID
 */
int signature_keys_create(const char *const *tokens,
                          size_t count,
                          struct signature_keys **out,
                          struct error *err) MUST_USE;

/** Takes NULL. The tokens are wiped. */
void signature_keys_free(struct signature_keys *keys);

/** A request as it arrived. Everything is borrowed. */
struct signed_request {
    /**
     * What is in front of the target in Twilio's eyes: `https://voice.example.com`, perhaps
     * `https://user:pass@host:8443`. If it has a path, the target may begin with that path or not
     * (a proxy may have cut it off): both are tried. A query or fragment of the base is left out.
     */
    const char *base;
    const char *target; /**< origin-form exactly as received: `/path?query`; "" means no path */
    const struct fields *fields; /**< decoded form body, never the query; NULL or empty for none */
    const char *media_type;      /**< of the body: lower-case, without parameters; "" if none */
    const char *body;            /**< raw; may be NULL if body_len is 0 */
    size_t body_len;
};

/** How it matched; texts live in the arena or for ever. */
struct signature_match {
    size_t token; /**< index of the token: an operator wants to know that the old one is in use */
    const char *url;  /**< the URL that was signed */
    const char *form; /**< which writing of it, for a metric: "as received", "port added", ... */
};

/**
 * Check that Twilio signed this request.
 *
 * @param header  the value of X-Twilio-Signature; NULL or "" is refused
 * @param out     written only on success; may be NULL
 * @param err     BAD_SIGNATURE: no header, not one of ours, or signed but with a body that the
 * signature does not cover
 * @return 0 or -1. Compares in constant time; costs n log n in the number of fields.
 */
int signature_check(const struct signature_keys *keys,
                    const struct signed_request *request,
                    const char *header,
                    struct arena *arena,
                    struct signature_match *out,
                    struct error *err) MUST_USE;

/** What else the peer said about where it came from; each may be NULL. None of it is trusted. */
struct signature_hints {
    const char *host;            /**< Host */
    const char *forwarded_host;  /**< X-Forwarded-Host */
    const char *forwarded_proto; /**< X-Forwarded-Proto */
};

/** Why a genuine request did not match. */
struct signature_diagnosis {
    const char *base; /**< the base that would have matched */
    const char *hint; /**< a sentence for an operator */
};

/**
 * After signature_check has refused: would the signature have matched with another base URL, with
 * or without the query, a trailing slash, the fields? Then this server is configured wrongly, and
 * not attacked.
 *
 * For one log line: the request stays refused. It costs up to some hundred HMACs over the request,
 * so limit its rate.
 *
 * @return true and `out` in `arena` if some such reading matches
 */
bool signature_diagnose(const struct signature_keys *keys,
                        const struct signed_request *request,
                        const char *header,
                        const struct signature_hints *hints,
                        struct arena *arena,
                        struct signature_diagnosis *out);

/**
 * Sign as Twilio does.
 *
 * @param url     the full URL, without fragment
 * @param fields  the form's fields in any order; NULL or empty for a GET and for any other body
 * @param arena   for work space
 * @param out     written only on success
 * @return 0, or -1 with INVALID if the token is empty
 */
int signature_compute(const char *token,
                      const char *url,
                      const struct fields *fields,
                      struct arena *arena,
                      char out[SIGNATURE_BYTES],
                      struct error *err) MUST_USE;

/** The URL to call and to sign with a body that is no form: `bodySHA256` is added to its query. */
char *signature_url_with_body_hash(const char *url,
                                   const void *body,
                                   size_t body_len,
                                   struct arena *arena);

/** `scheme://host:port` of an URL, without user, path and the rest; NULL if it has none. */
char *signature_origin(const char *url, struct arena *arena);

#endif
