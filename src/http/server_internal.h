/*
 * What the server's files share. Only they know the library.
 *
 * Each worker is one library daemon with one epoll thread and no listening socket; a thread of ours
 * accepts and gives every connection to the worker that has the fewest. The library's own pool
 * would do, but: its workers accept greedily and unevenly, two listeners could not share one limit,
 * and quiescing a pool while it works can end the process (0.9.75: MHD_quiesce_daemon and the
 * worker both take the socket out of the epoll set, the later one panics).
 */
#ifndef HTTP_PRIVATE_SERVER_INTERNAL_H
#define HTTP_PRIVATE_SERVER_INTERNAL_H

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "deadlines.h"
#include "exchange.h"
#include "http/server.h"
#include "listen.h"
#include "route_stats.h"

enum {
    /* The library stalls when epoll_wait returns exactly 128 events: stay below, with its own event
       descriptor. */
    WORKER_CONNECTIONS_MAX = 120,
    WORKER_LIBRARY_LIMIT = 126, /* what the library refuses itself; never reached */
    WORKERS_DEFAULT = 16,
    WORKERS_MAX = 256,
    PEER_BYTES = INET6_ADDRSTRLEN,
    CACHE_LINE = 64,
    SPARE_ARENAS = 16, /* kept by each worker for its next requests */
};

/* What a connection is doing. */
enum phase {
    PHASE_CLOSED,
    PHASE_FRESH,    /* open, not a request line yet */
    PHASE_IDLE,     /* between two requests */
    PHASE_HEAD,     /* the request line is here, the headers are not */
    PHASE_BODY,     /* the headers are here, the body is not */
    PHASE_HANDLING, /* awake or asleep */
    PHASE_ANSWERING,
    PHASE_STREAMING, /* asleep until there is something to send */
    PHASES,
};

/* A place for a connection; its deadline is that of its present phase. */
struct connection {
    alignas(CACHE_LINE) _Atomic(int64_t) deadline_ms;
    _Atomic(enum phase) phase;
    struct worker *worker;
    struct connection *next_free; /* worker's thread only, like `peer` */
    char peer[PEER_BYTES];

    pthread_mutex_t mutex;    /* of what other threads act on: */
    int fd;                   /* -1: closed */
    struct exchange *sleeper; /* asleep with the deadline above */
    uint32_t ticket;
    struct stream *stream; /* what it is sent, without a reference; see server_stream.c */
};

struct worker {
    alignas(CACHE_LINE) struct http_server *server;
    struct MHD_Daemon *daemon;
    _Atomic(unsigned) assigned; /* connections given to it and not closed yet */
    /* its own thread only: */
    uint64_t requests; /* ids are made of it */
    struct connection *free;
    struct arena *spare[SPARE_ARENAS];
    size_t spare_count;
    struct connection connections[WORKER_CONNECTIONS_MAX];
};

struct acceptor {
    pthread_t thread;
    bool started;
    int wake_fd; /* eventfd */
    _Atomic(bool) stop;
    _Atomic(bool) full; /* waits for a connection to close */
};

struct http_server {
    struct http_settings settings; /* its texts are borrowed; `listen` is not used after creation */
    const struct router *router;
    struct app *app;
    struct listeners listeners;
    unsigned port;
    struct acceptor acceptor;
    struct deadlines deadlines;
    struct worker *workers;
    unsigned worker_count;
    unsigned processors; /* how many workers are worth waking at once */
    uint64_t id_seed;

    _Atomic(unsigned) connections;
    _Atomic(unsigned) streams;
    _Atomic(unsigned) asleep; /* put to sleep, and whoever woke them is not through with it yet */
    _Atomic(bool) draining;   /* every answer closes its connection */
    _Atomic(bool) stopping;   /* whoever goes to sleep is woken at once */

    struct route_stats *stats;
    struct metric *connections_gauge;
    struct metric *asleep_gauge;
    struct metric *streams_gauge;
    struct metric *streams_refused_counter;
    struct metric *screened_counter;
    struct metric *cut_counters[PHASES];
};

/* ---- server_connection.c ---- */

void worker_init(struct worker *worker, struct http_server *server);
void worker_release(struct worker *worker);

/** MHD_NotifyConnectionCallback. */
void connection_notify(void *worker,
                       struct MHD_Connection *library,
                       void **context,
                       enum MHD_ConnectionNotificationCode code);

/** The place of a library connection; NULL if it got none. Worker's thread. */
struct connection *connection_of(struct MHD_Connection *library);

/** Enter a phase and give it a deadline (monotonic_ms). Worker's thread. */
void connection_enter(struct connection *connection, enum phase phase, int64_t deadline_ms);

/** End it with a reset, now. Worker's thread. @return false if only a polite end is possible */
bool connection_reset(struct MHD_Connection *library);

/** The server stops: if the connection is a stream, end it. Any thread. */
void connection_farewell(struct connection *connection);

/** deadlines_scan_fn of a server. */
int64_t server_scan(void *server, int64_t now_ms);

/* ---- server_sleep.c ---- */

/** The sleeper of this connection is awake again: nobody may touch it through the connection any more. */
void connection_forget_sleeper(struct connection *connection);

/** Wake whoever sleeps on this connection. Any thread. */
void connection_wake(struct connection *connection, enum wake_cause cause);

/* ---- server_request.c: the library's callbacks ---- */

void *request_begin(void *worker, const char *target, struct MHD_Connection *library);
enum MHD_Result request_continue(void *worker,
                                 struct MHD_Connection *library,
                                 const char *url,
                                 const char *method,
                                 const char *version,
                                 const char *upload,
                                 size_t *upload_bytes,
                                 void **context);
void request_end(void *worker,
                 struct MHD_Connection *library,
                 void **context,
                 enum MHD_RequestTerminationCode code);

/* ---- server_answer.c ---- */

/** Give the exchange's response to the library. */
enum MHD_Result answer_send(struct exchange *exchange);

/* ---- server_accept.c ---- */

int acceptor_init(struct acceptor *acceptor, struct error *err);
void acceptor_start(struct http_server *server);

/** Take what waits already (unless the socket is inherited), then accept no more. */
void acceptor_stop(struct http_server *server);

/** A connection was closed: there is room for another. */
void acceptor_wake(struct acceptor *acceptor);
void acceptor_release(struct acceptor *acceptor);

/* ---- access_log.c ---- */

/** One line. @param status  0 if it was not answered   @param end  how it ended then, else NULL */
void access_log(const struct exchange *exchange, int status, const char *end, int64_t us);

#endif
