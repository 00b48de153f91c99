/*
 * An answer whose body comes piece by piece. Without an end: the connection is sent text for as long as both sides like
 * (Server-Sent Events). Or measured: as many bytes as its head says, fetched as the peer takes them (recordings). It holds
 * no thread: while there is nothing to send the connection is suspended.
 *
 * What a slow peer has not taken waits in a queue with a limit. A peer that takes nothing for the server's body deadline
 * is cut. While nothing is sent the heartbeat is, because only a write notices that a peer has gone. When the server
 * drains, each stream without an end is sent its farewell and ended; a measured one may finish until the drain's deadline,
 * and is cut short then.
 *
 * At most half of the server's connections may be streams; counted in switchhook_http_streams, those beyond in
 * switchhook_http_streams_refused_total.
 */
#ifndef HTTP_STREAM_H
#define HTTP_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "http/request.h"
#include "http/response.h"

/** Text that any number of streams send: written once, counted, never changed. */
struct stream_text;

/** A copy of `len` bytes with one reference; never NULL. */
struct stream_text *stream_text_create(const char *bytes, size_t len);
struct stream_text *stream_text_ref(struct stream_text *text);
/** Takes NULL. */
void stream_text_unref(struct stream_text *text);

struct stream;

/** Texts are borrowed: the stream takes references of its own. */
struct stream_settings {
    const char *content_type; /**< a literal */
    size_t queue_max_bytes;   /**< that may wait; one text is always taken */
    int64_t heartbeat_ms;
    struct stream_text *heartbeat; /**< NULL: who has sent nothing for heartbeat_ms is cut */
    struct stream_text *farewell;  /**< the last words when the server stops; or NULL */

    int status; /**< 0: 200 */
    bool
        measured; /**< the answer is `length` bytes: what is sent beyond is dropped, and if it ends before, the
                        connection is closed, so that the peer notices. Then heartbeat and farewell are NULL. */
    uint64_t length;
    /**
     * The peer has taken all there was: send more. Once until something was sent. On a request thread, which may not
     * wait; may call stream_send and stream_end, or have it done later, by any thread. NULL: nobody is asked.
     */
    void (*wanted)(void *context);
    /** The stream is over, whoever ended it: once, on a request thread, which may not wait. */
    void (*closed)(void *context);
    void *context;
};

/**
 * In a handler or reply: answer with a stream. From here on it may be sent to; what is sent before the headers are waits.
 * If the handler fails after all, the stream is over, as with a peer that went away.
 *
 * @param out  with a reference, to be given back by stream_unref
 * @param err  UNAVAILABLE if there are as many streams as may be, or if the server is stopping; `closed` is not called
 */
int stream_open(struct request *request,
                struct response *response,
                const struct stream_settings *settings,
                struct stream **out,
                struct error *err) MUST_USE;

enum stream_result {
    STREAM_TAKEN,
    STREAM_FULL, /**< too much waits already: it was not taken */
    STREAM_OVER, /**< it was ended, or the peer has gone */
};

/** Send a text, all of it or nothing. Never waits. Any thread, but not from within `closed`. */
enum stream_result stream_send(struct stream *stream, struct stream_text *text);

/**
 * Break it off at once, by a reset connection, as a failing peer would. For whoever plays one. Any thread, not from within
 * `closed`.
 */
void stream_break(struct stream *stream);

/** How many bytes wait. Any thread. */
size_t stream_waiting(struct stream *stream);

/**
 * End it: what a peer has begun to receive is finished, the rest that waits is dropped, `last` (or NULL) is sent. Again
 * is fine: only the first counts. Any thread.
 */
void stream_end(struct stream *stream, struct stream_text *last);

void stream_unref(struct stream *stream);

#endif
