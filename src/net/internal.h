/*
 * What the files of this room share: a transfer (one request with everything that belongs to it)
 * and the net it runs on.
 */
#ifndef NET_INTERNAL_H
#define NET_INTERNAL_H

#include <pthread.h>
#include <stdbool.h>

#include <curl/curl.h>

#include "core/buf.h"
#include "net/net.h"

/* Setting an option can fail only for want of memory or of a feature that our libcurl is known to
 * have. */
static inline void setopt_must(CURLcode code)
{
    ASSERT(code == CURLE_OK);
}
#define SETOPT(easy, option, value) setopt_must(curl_easy_setopt((easy), (option), (value)))

struct stream;

/** What a method may do. */
struct method {
    const char *name;
    bool has_body;   /**< may carry one */
    bool repeatable; /**< libcurl may send it again on another connection */
};

/**
 * One request: made by net_start, waits in the queue, runs with an easy handle, is answered, freed.
 * Belongs to the thread that makes it, then to the queue's lock, then to the net thread.
 */
struct transfer {
    struct transfer *next; /**< in the queue or among the running */
    struct transfer *prev; /**< among the running only */
    struct arena *arena;   /**< all texts below */
    net_done_fn *done;
    void *context;
    int64_t started_us;
    int64_t deadline_ms; /**< monotonic */

    const struct method *method;
    CURLU *url; /**< what was checked is what is called */
    struct curl_slist *headers;
    char *username;
    char *password;
    const char *body;
    size_t body_len;
    const struct net_addresses *addresses; /**< or NULL */

    CURL *easy; /**< while running */
    size_t body_given;
    bool address_refused; /**< one of its host's addresses, maybe not the last */
    bool may_have_left;   /**< a connection was ready and the request began to be written */

    struct stream *stream; /**< where the body goes (stream.h), or NULL: into `reply` */
    bool body_begun;
    struct buf reply;
    struct net_header *reply_headers;
    size_t reply_header_count;
    size_t reply_header_bytes;
    bool reply_headers_ended; /* by their empty line */
    const char *own_problem;  /**< why we broke the answer off, or NULL */
    char error_text[CURL_ERROR_SIZE];
};

struct net {
    CURLM *multi;
    pthread_t thread;
    struct curl_slist *connect_to;
    char *user_agent;
    char *ca_file;
    struct net_settings settings; /**< its texts are the three above */

    struct metrics *own_metrics; /**< if nobody else counts */
    struct metric *outcomes[NET_UNKNOWN + 1];
    struct metric *refused;
    struct metric *in_flight;
    struct metric *queued;
    struct histogram *seconds;

    pthread_mutex_t mutex; /**< guards the queue, from here to `stopping` */
    struct transfer *first;
    struct transfer **last; /**< where the next one is linked */
    size_t outstanding;     /**< waiting and running */
    int64_t wake_ms;        /**< no later than the first deadline in the queue */
    bool stopping;
    bool poked; /**< a stream's taker has asked for something */

    /* The net thread's own. */
    struct transfer *running;
    unsigned running_count;
    CURL **idle; /**< easy handles to be used again; in_flight_max places */
    unsigned idle_count;
};

/**
 * Check a request and copy it.
 * @param err  INVALID, without the URL in it
 */
int transfer_create(const struct net_request *request,
                    struct transfer **out,
                    struct error *err) MUST_USE;
void transfer_free(struct transfer *transfer);

/** Set an easy handle up to run this transfer within `left_ms`. */
void transfer_arm(struct transfer *transfer, const struct net *net, CURL *easy, int64_t left_ms);

/** Whether it may have been acted upon, from what curl says at the end. `code` CURLE_OK is an answer. */
enum net_result transfer_result(const struct transfer *transfer, CURLcode code);

/** The answer of a transfer that ended; borrowed from it. `transfer->easy` is still there if it ran. */
void transfer_answer(const struct transfer *transfer, CURLcode code, struct net_answer *out);

/** Its status and headers so far, without a body, copied into `arena`. */
void transfer_head(const struct transfer *transfer, struct arena *arena, struct net_answer *out);

/** Copy with all texts. */
void answer_copy(struct net_answer *out, const struct net_answer *answer, struct arena *arena);

/** net_start for a transfer whose body goes to `stream`, which is also the context of `done`. */
int net_start_stream(struct net *net,
                     const struct net_request *request,
                     struct stream *stream,
                     net_done_fn *done,
                     struct error *err) MUST_USE;

/** Collect the headers and the body of a reply: CURLOPT_HEADERFUNCTION and CURLOPT_WRITEFUNCTION.
 */
size_t reply_take_header(char *data, size_t size, size_t count, void *context);
size_t reply_take_body(char *data, size_t size, size_t count, void *context);

/** First value of that header (lower case) or NULL. */
const char *reply_header(const struct net_header *headers, size_t count, const char *name);

/**
 * Retry-After (RFC 9110 section 10.2.3) in milliseconds from now, 0 to a year; -1 if it is neither seconds nor a
 * date.
 */
int64_t retry_after_ms(const char *value, int64_t now_s);

/** net_addresses_allow for an address as text, a zone behind it ignored; what is no address is not allowed. */
bool addresses_allow_text(const struct net_addresses *rule, const char *text);

/** The net thread; `context` is a struct net. */
void *loop_run(void *context);

#endif
