/*
 * Outgoing HTTP: one thread with a curl multi handle, kept-alive connections, bounded concurrency and queue.
 * Knows nothing of Twilio.
 *
 * A request is sent at most once: the body is given by a read callback without a seek function, because libcurl
 * otherwise repeats a POST on a dead kept-alive connection by itself. No redirects, no proxy from the environment,
 * https only (plain http to loopback alone), HTTP/1.1, TLS 1.2 or later with verification.
 */
#ifndef NET_NET_H
#define NET_NET_H

#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/metrics.h"

struct net;

struct net_settings {
    const char *user_agent;
    const char *ca_file;          /**< NULL: the system's bundle */
    int64_t connect_timeout_ms;
    int64_t total_timeout_ms;
    unsigned in_flight_max;       /**< requests under way at once */
    unsigned queue_max;           /**< requests waiting for a place */
    size_t reply_max_bytes;       /**< a longer answer is an error, not a cut */
    int64_t connection_age_max_ms; /**< below the server's idle timeout */
    const char *connect_to;       /**< "host:port:host2:port2" as curl's --connect-to, for tests; or NULL */
};

struct net_header {
    const char *name;
    const char *value;
};

/** What to send. Everything is copied by net_start. */
struct net_request {
    const char *method; /**< "GET", "POST", "DELETE" */
    const char *url;
    const char *username; /**< basic authentication, or NULL */
    const char *password;
    const char *content_type; /**< of the body, or NULL */
    const char *body;
    size_t body_len;
    const struct net_header *headers; /**< further headers */
    size_t header_count;
    int64_t timeout_ms; /**< 0: the settings' total timeout */
};

enum net_result {
    NET_ANSWERED,   /**< there is a status; look at it */
    NET_NEVER_SENT, /**< no byte of the request left, so it may be sent again */
    NET_UNKNOWN,    /**< it may have arrived and been acted upon */
};

/** What came back. Texts live in the arena of net_fetch, or for the length of the done callback. */
struct net_answer {
    enum net_result result;
    int status;
    const char *body; /**< NUL-terminated, never NULL */
    size_t body_len;
    const char *content_type;     /**< or "" */
    int64_t retry_after_ms;       /**< from Retry-After (seconds or date), or -1 */
    struct net_header *headers;   /**< all response headers, names lower-case */
    size_t header_count;
    char problem[256];            /**< why there is no answer, for people; "" if ANSWERED */
};

/** Value of a response header (name in lower case), or NULL. */
const char *net_answer_header(const struct net_answer *answer, const char *name);

/** Runs on the net thread; must not block. `answer` is borrowed. */
typedef void net_done_fn(void *context, const struct net_answer *answer);

int net_create(const struct net_settings *settings, struct metrics *metrics, struct net **out, struct error *err) MUST_USE;

/** Ends the thread; what is under way is answered NET_UNKNOWN, what waits NET_NEVER_SENT. Takes NULL. */
void net_free(struct net *net);

/**
 * Send a request; `done` is called exactly once. Any thread, never blocks.
 * @param err  INVALID for an URL that may not be called, UNAVAILABLE if the queue is full (then `done` is not called)
 */
int net_start(struct net *net, const struct net_request *request, net_done_fn *done, void *context, struct error *err) MUST_USE;

/** The same, waiting for the answer, which lives in `arena`. Not on request threads. */
int net_fetch(struct net *net, const struct net_request *request, struct arena *arena, struct net_answer *out, struct error *err) MUST_USE;

#endif
