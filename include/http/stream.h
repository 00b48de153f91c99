/*
 * An answer without an end: the connection is sent pieces of text for as long as both sides like (Server-Sent Events).
 * It holds no thread: while there is nothing to send the connection is suspended.
 *
 * What a slow peer has not taken waits in a queue with a limit. A peer that takes nothing for the server's body deadline
 * is cut. While nothing is sent the heartbeat is, because only a write notices that a peer has gone. When the server
 * drains, each stream is sent its farewell and ended.
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
    struct stream_text *heartbeat;
    struct stream_text *farewell; /**< the last words when the server stops; or NULL */
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

/** How many bytes wait. Any thread. */
size_t stream_waiting(struct stream *stream);

/**
 * End it: what a peer has begun to receive is finished, the rest that waits is dropped, `last` (or NULL) is sent. Again
 * is fine: only the first counts. Any thread.
 */
void stream_end(struct stream *stream, struct stream_text *last);

void stream_unref(struct stream *stream);

#endif
