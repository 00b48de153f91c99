/*
 * An answer whose body is too long to be kept in memory: it is handed on in blocks as it comes.
 *
 * The caller's thread takes the blocks and may wait for a disk in between; the net thread never does. It fills a bounded
 * buffer, and while that is full the server is not read from, so it waits too.
 */
#ifndef NET_DOWNLOAD_H
#define NET_DOWNLOAD_H

#include "net/net.h"

/** Status and headers, before the first byte of the body. */
struct net_head {
    int status;
    const char *content_type;        /**< or "" */
    int64_t content_length;          /**< -1: not told */
    const struct net_answer *answer; /**< with all headers; no body */
};

enum net_wish {
    NET_TAKE, /**< give me the body */
    NET_LEAVE, /**< I do not want it: what is short is read and dropped, else the connection is closed */
};

/** Both run on the thread that called net_download. */
struct net_sink {
    /** Once, when the headers are there. What it is given is borrowed. */
    enum net_wish (*begin)(void *context, const struct net_head *head);
    /** The next bytes, in order; -1 ends the download. */
    int (*take)(void *context, const void *data, size_t len, struct error *err);
    void *context;
};

struct net_download {
    struct net_request request; /**< a GET; timeout_ms is for all of it */
    struct net_sink sink;
    int64_t body_max_bytes; /**< a longer body ends the download; positive */
    int64_t stall_ms;       /**< if fewer than stall_bytes come in this time, it ends; 0: never */
    int64_t stall_bytes;
};

/**
 * Download, and wait for the end. `out` says what came of it as net_fetch does, without a body: NET_ANSWERED if the
 * body was left, or if all of it was taken by the sink. A body that is shorter than its Content-Length, or whose last
 * chunk is missing, is NET_UNKNOWN. One whose end nothing marks (content_length -1, not chunked) may be cut without anybody noticing:
 * see `end_marked`.
 *
 * Not on request threads, not in a done callback.
 *
 * @param end_marked  or NULL
 * @return 0, or -1 with what net_start or the sink said
 */
int net_download(struct net *net,
                 const struct net_download *download,
                 struct arena *arena,
                 struct net_answer *out,
                 bool *end_marked,
                 struct error *err) MUST_USE;

/**
 * Where a redirect leads: `location` seen from `url`, both borrowed; no fragment.
 * @param same_origin  whether scheme, host and port are those of `url`: if not, credentials must not go there
 * @param err          INVALID if it is no https URL (or http to loopback), or holds a user name
 */
int net_redirect(const char *url,
                 const char *location,
                 struct arena *arena,
                 const char **out,
                 bool *same_origin,
                 struct error *err) MUST_USE;

#endif
