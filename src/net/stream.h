/*
 * The body of an answer on its way from the net thread to the one that takes it.
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include "internal.h"
#include "net/download.h"

enum {
    STREAM_BUFFER_BYTES = 128 * 1024, /* of which there are two: one is filled, one is taken */
    STREAM_BLOCK_BYTES = 64 * 1024,   /* what a sink is given at least, but for the last */
    STREAM_DROP_BYTES =
        64 * 1024, /* of a body that nobody wants: more costs more than a connection */
};

struct stream {
    pthread_mutex_t mutex;
    pthread_cond_t moved; /* for the taker, on the monotonic clock */
    struct arena *arena;  /* of the net thread's */
    int64_t body_max_bytes;

    bool running; /* has left the queue */
    bool has_head;
    bool paused; /* the net thread waits for the taker */
    bool resume; /* which has made room */
    bool drop;   /* what comes is not wanted */
    bool ended;
    const char *cancel; /* why the taker wants it to end, or NULL */
    int64_t received;
    char *filling;
    size_t filled;
    struct net_answer head;   /* in `arena` */
    struct net_answer answer; /* the same, when it has ended */
};

/** CURLOPT_WRITEFUNCTION of a transfer that has a stream. */
size_t stream_take(char *data, size_t size, size_t count, void *context);

/** The transfer has got its handle. On the net thread, like the next. */
void stream_started(struct stream *stream);

/** What its taker has asked for meanwhile is done; false if the transfer is to be ended, `own_problem` says why. */
bool stream_serve(struct transfer *transfer);

#endif
