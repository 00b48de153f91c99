/*
 * The net thread's side: fill the buffer, pause when it is full.
 */
#include "stream.h"

#include <string.h>

#include "core/lock.h"

static void tell_head(struct stream *stream, const struct transfer *transfer)
{
    transfer_head(transfer, stream->arena, &stream->head);
    stream->has_head = true;
}

static size_t drop(struct stream *stream, struct transfer *transfer, size_t len)
{
    stream->received += (int64_t)len;
    if (stream->received <= STREAM_DROP_BYTES)
        return len;
    transfer->own_problem = "the body was not wanted";
    return CURL_WRITEFUNC_ERROR;
}

size_t stream_take(char *data, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    struct stream *stream = transfer->stream;
    size_t len = size * count;
    transfer->body_begun = true;
    auto_unlock pthread_mutex_t *held = lock(&stream->mutex);
    if (!stream->has_head)
        tell_head(stream, transfer);
    (void)pthread_cond_signal(&stream->moved);
    if (stream->drop)
        return drop(stream, transfer, len);
    if (stream->received + (int64_t)len > stream->body_max_bytes) {
        transfer->own_problem = "the body is longer than is taken";
        return CURL_WRITEFUNC_ERROR;
    }
    if (stream->filled + len > STREAM_BUFFER_BYTES) {
        stream->paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    memcpy(stream->filling + stream->filled, data, len);
    stream->filled += len;
    stream->received += (int64_t)len;
    return len;
}

void stream_started(struct stream *stream)
{
    auto_unlock pthread_mutex_t *held = lock(&stream->mutex);
    stream->running = true;
    (void)pthread_cond_signal(&stream->moved);
}

bool stream_serve(struct transfer *transfer)
{
    struct stream *stream = transfer->stream;
    bool resume = false;
    {
        auto_unlock pthread_mutex_t *held = lock(&stream->mutex);
        if (stream->cancel != NULL) {
            transfer->own_problem = stream->cancel;
            return false;
        }
        resume = stream->resume && stream->paused;
        stream->resume = false;
        if (resume)
            stream->paused = false;
    }
    /* It calls stream_take with what was refused. */
    if (resume)
        (void)curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
    return true;
}
