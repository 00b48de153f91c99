/*
 * Outgoing HTTP: one thread with a curl multi handle, kept-alive connections, bounded concurrency
 * and queue. Knows nothing of Twilio.
 *
 * A request other than GET and HEAD is sent at most once. libcurl repeats one on its own account
 * when a kept-alive connection turns out to be dead; that is forbidden as soon as the whole of it
 * may have been read at the other end. It is NET_UNKNOWN then, and connection_age_max_ms below the
 * server's idle timeout keeps it rare.
 *
 * No redirects (a 3xx is an answer), no proxy from the environment, https only (plain http to
 * loopback alone), HTTP/1.1, TLS 1.2 or later, always verified. No text that comes out of here
 * holds a password or the path or query of an URL.
 *
 * All requests of one `struct net` share its places and its queue: a slow application server and
 * Twilio want one each.
 */
#ifndef NET_NET_H
#define NET_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/metrics.h"
#include "net/addresses.h"

struct net;

/**
 * Every number but connection_age_max_ms and queue_max must be positive, and times fit 31 bits. Copied by net_create.
 */
struct net_settings {
    const char *user_agent;
    const char *ca_file;        /**< PEM file of trusted roots; NULL: the system's bundle */
    int64_t connect_timeout_ms; /**< name, TCP and TLS together */
    int64_t total_timeout_ms; /**< from net_start to the last byte, waiting in the queue included */
    unsigned in_flight_max;   /**< requests under way at once, which is also the most connections */
    unsigned queue_max;       /**< requests waiting for a place; may be 0 */
    size_t reply_max_bytes;   /**< a longer answer is an error, not a cut */
    int64_t connection_age_max_ms; /**< one idle for longer is not used again; 0: never */
    const char
        *connect_to; /**< "host:port:host2:port2" as curl's --connect-to, for tests; or NULL */
};

struct net_header {
    const char *name;
    const char *value;
};

/** What to send. Everything is copied by net_start, but for a body that is lent. */
struct net_request {
    const char
        *method;     /**< "GET", "HEAD" (both without a body), "POST", "PUT", "PATCH", "DELETE" */
    const char *url; /**< sent as it is, but for the fragment; no user name or password in it */
    const char *username; /**< basic authentication, or NULL; no colon */
    const char *password;
    const char *content_type; /**< of the body, or NULL */
    const char *body;
    size_t body_len;
    bool
        body_lent; /**< not copied: it stays where it is until `done`, and may be longer (LIMIT_NET_LENT_BODY_BYTES) */
    const struct net_header *headers; /**< further headers, none that frames the message */
    size_t header_count;
    int64_t timeout_ms; /**< 0: the settings' total timeout */
    const struct net_addresses
        *addresses; /**< where it may go, see net/addresses.h; NULL: anywhere */
};

enum net_result {
    NET_ANSWERED,   /**< there is a status; look at it */
    NET_NEVER_SENT, /**< no byte of the request left, so it may be sent again */
    NET_UNKNOWN,    /**< it may have arrived and been acted upon */
};

/** What came back. Texts live in the arena of net_fetch, or for the length of the done callback. */
struct net_answer {
    enum net_result result;
    int status;       /**< 0 if none came; UNKNOWN may have one: the answer broke off behind it */
    const char *body; /**< NUL-terminated, never NULL; "" unless ANSWERED */
    size_t body_len;
    const char *content_type;   /**< or "" */
    int64_t retry_after_ms;     /**< from Retry-After (seconds or date), at most a year, or -1 */
    struct net_header *headers; /**< all, in order, names lower-case; none unless ANSWERED */
    size_t header_count;
    bool address_refused; /**< NEVER_SENT, because its host is at no address that was allowed */
    char problem[256];    /**< why there is no answer, for people; "" if ANSWERED */
};

/** First value of a response header (name in lower case), or NULL. */
const char *net_answer_header(const struct net_answer *answer, const char *name);

/** Runs on the net thread; must not block, may call net_start. `answer` is borrowed. */
typedef void net_done_fn(void *context, const struct net_answer *answer);

/**
 * Start the thread.
 * @param metrics  borrowed until net_free; NULL: nobody counts
 * @param err      INVALID for a CA file that cannot be read, UNAVAILABLE if no thread or descriptor is left
 */
int net_create(const struct net_settings *settings,
               struct metrics *metrics,
               struct net **out,
               struct error *err) MUST_USE;

/**
 * Take no more requests (net_start answers UNAVAILABLE from now on) and end the thread. Whatever may have left is
 * answered NET_UNKNOWN, everything else NET_NEVER_SENT, before this returns. Not from a done callback. Takes NULL; a
 * second time does nothing.
 */
void net_stop(struct net *net);

/**
 * net_stop if that was not done, and free. Not from a done callback. Takes NULL.
 */
void net_free(struct net *net);

/**
 * Send a request; `done` is called exactly once. Any thread, never blocks.
 * @param err  INVALID for a request that may not be sent, UNAVAILABLE if the queue is full or net_stop has begun;
 *             `done` is then not called
 */
int net_start(struct net *net,
              const struct net_request *request,
              net_done_fn *done,
              void *context,
              struct error *err) MUST_USE;

/** The same, waiting for the answer, which lives in `arena`. Not on request threads, not in a done callback. */
int net_fetch(struct net *net,
              const struct net_request *request,
              struct arena *arena,
              struct net_answer *out,
              struct error *err) MUST_USE;

#endif
