/*
 * A request as handlers see it. Plain facts in one arena that lives until the answer is sent and every reference is
 * given back. Filled by src/http/stages.c; handlers read. No text is ever NULL.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/fields.h"
#include "core/limits.h"
#include "http/route.h"

struct rates;     /**< how near this request is to a rate, see app/limits.h */
struct caller;    /**< who is calling; set by a guard, see app/caller.h */
struct handing;   /**< see app/hand_over.h */
struct retelling; /**< see app/retelling.h */
struct exchange;  /**< the server's side of a request */

struct request {
    struct arena *arena;
    const char *id; /**< for the log, problems and the X-Request-Id header; [A-Za-z0-9]{16,} */
    enum http_method method; /**< HEAD stays HEAD, although the GET row answers */
    const char *target;      /**< origin-form exactly as sent, query included: what Twilio signs */
    const char *path;        /**< decoded, without query */
    struct fields query;     /**< decoded */
    struct fields headers;   /**< in the order they were sent; request_header finds them */
    const struct route *route;
    struct fields params; /**< path parameters by name, decoded */
    const char *peer;     /**< address of the other end, "127.0.0.1" or "unix" */
    const char *client; /**< who is behind it: the peer, until the server's `screen` knows better */
    int64_t arrived_ms; /**< wall clock */

    /* complete from the body phase on */
    const char *media_type; /**< of the body, lower-case, without parameters; "" if none */
    const char *body;       /**< NUL-terminated, "" if none */
    size_t body_len;
    struct fields form; /**< decoded if media_type is application/x-www-form-urlencoded */

    const struct caller *caller;       /**< NULL until a guard sets it */
    struct rates *rates;               /**< NULL: no rate was asked */
    const char *challenge;             /**< WWW-Authenticate of a 401; NULL: "Bearer" */
    void *work;                        /**< the handler's own state between hand-over and reply */
    struct handing *handing;           /**< what app/hand_over.c keeps of the unit under way */
    const struct retelling *retelling; /**< NULL: it has just come in */
    struct exchange *exchange;         /**< not for handlers; NULL: it is told again */
};

/** First header of that name (case-insensitive), or NULL. Lives as long as the request. Any thread. */
const char *request_header(const struct request *request, const char *name);

/** How many headers have that name. */
size_t request_header_count(const struct request *request, const char *name);

/**
 * Does the client have the representation with this tag (with its quotes, without a comma) already? If-None-Match is `*` or a
 * list of tags, each perhaps weak. Source: RFC 9110, 13.1.2. Answer 304 then, with the same ETag and Cache-Control.
 */
bool request_has_tag(const struct request *request, const char *tag);

/** A path parameter; the row must have it. Never NULL. */
const char *request_param(const struct request *request, const char *name);

/**
 * Add `key=value` to the access log line of this request, e.g. the call it is about. Texts are copied; only the first
 * four notes are kept. A `user` may be called like a number, and is masked like one.
 */
void request_note(struct request *request, const char *key, const char *value);

/**
 * Put the connection to sleep; `reply` runs on a request thread when somebody wakes it or after `deadline_ms`
 * milliseconds, whichever is first, never before the handler has returned. Call it BEFORE handing the work over, once
 * in a handler or guard, then return 0. `reply` has the shape of a handler and may await again. If it continues a guard,
 * 0 means "go on" and its response is not looked at.
 *
 * Nothing else times out meanwhile, and a peer that goes away is not noticed. A handler that returns -1 after all (nobody
 * takes the work) is answered with its error; `reply` does not run then.
 *
 * @return a ticket for request_wake; tickets of earlier sleeps wake nobody. Request thread only.
 */
uint32_t request_await(struct request *request, handler_fn *reply, int64_t deadline_ms);

/**
 * Wake a sleeping request. Any thread; harmless if it is awake already, answered, or its server gone. The caller must
 * hold a reference. What was written before is seen by `reply`.
 */
void request_wake(struct request *request, uint32_t ticket);

/** In `reply`: was it the deadline that woke us? */
bool request_timed_out(const struct request *request);

/** In `reply`: is the server shutting down (everybody asleep is woken then)? */
bool request_shutting_down(const struct request *request);

/** Free `arena` together with the request: memory for work that may still run when the request has been answered. */
void request_keep_arena(struct request *request, struct arena *arena);

/**
 * Have `end` called when the request ends before its `reply` could take up what was asked for: whoever asked may leave, or the
 * server stop, while it sleeps. One at most; NULL: it was taken up. Only from a handler or `reply`, and `end` runs on a
 * request thread.
 */
void request_at_end(struct request *request, void (*end)(void *context), void *context);

/** Keep request and arena alive beyond the answer, for work in flight; give it back with request_unref. Any thread. */
struct request *request_ref(struct request *request);
void request_unref(struct request *request);

#endif
