/*
 * Streams: answers whose body is fed piece by piece.
 *
 * The library asks for more with read_more. If there is nothing the connection is suspended right there, and whoever
 * brings something resumes it; a reader that returned 0 without suspending would be called in a circle. As with sleeping
 * requests the one who changes `asleep` resumes, exactly once, and outside of the stream's lock; the server's count of
 * sleepers is given back after it, because the library ends the process if it is stopped with a connection suspended.
 *
 * Asleep, the connection's deadline is that of the heartbeat; awake, it is the one by which the peer must have taken
 * something. The truth is `due_ms` under the stream's lock: the deadline thread may come a moment late.
 */
#include "server_stream.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/lock.h"
#include "core/wall_clock.h"
#include "core/xmalloc.h"

enum {
    SOCKET_BYTES =
        64 * 1024, /* in the kernel, which would take megabytes from us before a slow peer shows */
    FAREWELL_MS = 1000, /* for a slow peer to hear that the server stops */
};

struct stream_text {
    _Atomic(unsigned) refs;
    size_t len;
    char bytes[];
};

struct waiting {
    struct waiting *next;
    struct stream_text *text;
};

struct stream {
    _Atomic(unsigned) refs;    /* the exchange's until the request ends, and the opener's */
    struct exchange *exchange; /* of its own request: request thread only */
    struct connection *connection;
    struct MHD_Connection *library;
    size_t queue_max_bytes;
    int64_t heartbeat_ms;
    struct stream_text *heartbeat;
    struct stream_text *farewell;
    void (*wanted)(void *context);
    void (*closed)(void *context);
    void *context;
    bool measured;
    uint64_t length;

    pthread_mutex_t mutex; /* of the rest: */
    struct waiting *first;
    struct waiting **end;
    size_t waiting_bytes;
    size_t begun; /* bytes of the first that are sent already */
    uint64_t sent_bytes;
    int64_t due_ms;
    bool idle;   /* nothing but heartbeats lately */
    bool asleep; /* suspended, with nothing to send */
    bool asked;  /* for more, which has not come yet */
    bool ending; /* nothing more is taken */
    bool broken; /* and it ends with a reset */
    bool over;   /* the request has ended */
};

/* ---- texts ---- */

struct stream_text *stream_text_create(const char *bytes, size_t len)
{
    struct stream_text *text = xrealloc(NULL, sizeof(*text) + len);
    atomic_init(&text->refs, 1U);
    text->len = len;
    memcpy(text->bytes, bytes, len);
    return text;
}

struct stream_text *stream_text_ref(struct stream_text *text)
{
    (void)atomic_fetch_add_explicit(&text->refs, 1, memory_order_relaxed);
    return text;
}

void stream_text_unref(struct stream_text *text)
{
    if (text != NULL && atomic_fetch_sub_explicit(&text->refs, 1, memory_order_acq_rel) == 1)
        free(text);
}

/* ---- the queue, under the lock ---- */

static void append(struct stream *stream, struct stream_text *text)
{
    struct waiting *last = xcalloc(1, sizeof(*last));
    last->text = stream_text_ref(text);
    *stream->end = last;
    stream->end = &last->next;
    stream->waiting_bytes += text->len;
}

static void drop_first(struct stream *stream)
{
    struct waiting *gone = stream->first;
    stream->waiting_bytes -= gone->text->len - stream->begun;
    stream->begun = 0;
    stream->first = gone->next;
    if (stream->first == NULL)
        stream->end = &stream->first;
    stream_text_unref(gone->text);
    free(gone);
}

/* All but what the peer has begun to receive. */
static void drop_unbegun(struct stream *stream)
{
    struct waiting **link = stream->begun > 0 ? &stream->first->next : &stream->first;
    while (*link != NULL) {
        struct waiting *gone = *link;
        *link = gone->next;
        stream->waiting_bytes -= gone->text->len;
        stream_text_unref(gone->text);
        free(gone);
    }
    stream->end = link;
}

static size_t take(struct stream *stream, char *out, size_t max)
{
    size_t taken = 0;
    while (stream->first != NULL && taken < max) {
        const struct stream_text *text = stream->first->text;
        size_t bytes = text->len - stream->begun;
        bool all = bytes <= max - taken;
        if (!all)
            bytes = max - taken;
        memcpy(out + taken, text->bytes + stream->begun, bytes);
        taken += bytes;
        stream->begun += bytes;
        stream->waiting_bytes -= bytes;
        if (all)
            drop_first(stream);
    }
    stream->sent_bytes += taken;
    return taken;
}

/* ---- asleep and awake ---- */

static struct http_server *server_of(const struct stream *stream)
{
    return stream->connection->worker->server;
}

static void set_due(struct stream *stream, enum phase phase, int64_t after_ms)
{
    stream->due_ms = monotonic_ms() + after_ms;
    connection_enter(stream->connection, phase, stream->due_ms);
}

/* Under the lock: is it asleep, so that whoever asks must resume it afterwards? */
static bool claim_wake(struct stream *stream)
{
    if (!stream->asleep)
        return false;
    stream->asleep = false;
    set_due(stream, PHASE_ANSWERING, server_of(stream)->settings.body_deadline_ms);
    return true;
}

/* Without the lock. The connection cannot end meanwhile: the library does nothing with one that is suspended. */
static void resume(struct stream *stream, bool claimed)
{
    if (!claimed)
        return;
    struct http_server *server = server_of(stream);
    metric_add(server->asleep_gauge, -1);
    MHD_resume_connection(stream->library);
    atomic_fetch_sub(&server->asleep, 1); /* from here on the server may be gone */
}

/*
 * The library asks us to fill a buffer of nearly 32 KiB, and only when all it held is sent: its pages are nobody's while an
 * idle stream sleeps, and there may be thousands of those. They come back as zeros when they are written again.
 */
static void give_pages_back(char *buffer, size_t bytes)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t start = ((uintptr_t)buffer + page - 1) / page * page;
    uintptr_t end = ((uintptr_t)buffer + bytes) / page * page;
    if (end > start)
        (void)madvise(buffer + (start - (uintptr_t)buffer), end - start, MADV_DONTNEED);
}

static ssize_t sleep_or_end(struct stream *stream, char *buffer, size_t bytes)
{
    struct http_server *server = server_of(stream);
    if (stream->broken)
        connection_reset(stream->library);
    if (stream->ending || atomic_load(&server->stopping))
        return MHD_CONTENT_READER_END_OF_STREAM;
    exchange_drop_kept(stream->exchange);
    if (stream->idle)
        give_pages_back(buffer, bytes);
    MHD_suspend_connection(stream->library);
    atomic_fetch_add(&server->asleep, 1);
    metric_add(server->asleep_gauge, 1);
    stream->asleep = true;
    set_due(stream, PHASE_STREAMING, stream->heartbeat_ms);
    return 0;
}

/* Without the lock, because whoever is asked may answer at once. */
static void ask_for_more(struct stream *stream)
{
    if (stream->wanted == NULL)
        return;
    {
        auto_unlock pthread_mutex_t *held = lock(&stream->mutex);
        if (stream->first != NULL || stream->asked || stream->ending)
            return;
        stream->asked = true;
    }
    stream->wanted(stream->context);
}

/* MHD_ContentReaderCallback. */
static ssize_t read_more(void *context, uint64_t position, char *out, size_t max)
{
    (void)position;
    struct stream *stream = context;
    ask_for_more(stream);
    auto_unlock pthread_mutex_t *held = lock(&stream->mutex);
    if (stream->first == NULL || stream->broken)
        return sleep_or_end(stream, out, max);
    set_due(stream, PHASE_ANSWERING, server_of(stream)->settings.body_deadline_ms);
    return (ssize_t)take(stream, out, max);
}

/* ---- for whoever has one ---- */

static int count_in(struct http_server *server, struct error *err)
{
    if (atomic_load(&server->draining))
        return error_set(err, ERROR_UNAVAILABLE, "the server is stopping");
    if (atomic_fetch_add(&server->streams, 1) < server->settings.connections_max / 2) {
        metric_add(server->streams_gauge, 1);
        return 0;
    }
    atomic_fetch_sub(&server->streams, 1);
    metric_add(server->streams_refused_counter, 1);
    return error_set(err, ERROR_UNAVAILABLE, "as many streams are open as may be");
}

int stream_open(struct request *request,
                struct response *response,
                const struct stream_settings *settings,
                struct stream **out,
                struct error *err)
{
    struct exchange *exchange = request->exchange;
    ASSERT(exchange->in_step && exchange->stream == NULL && request->method != HTTP_HEAD);
    ASSERT(!settings->measured || (settings->heartbeat == NULL && settings->farewell == NULL));
    if (count_in(exchange->connection->worker->server, err) < 0)
        return -1;
    struct stream *stream = xcalloc(1, sizeof(*stream));
    atomic_init(&stream->refs, 2U);
    stream->exchange = exchange;
    stream->connection = exchange->connection;
    stream->library = exchange->library;
    stream->queue_max_bytes = settings->queue_max_bytes;
    stream->heartbeat_ms = settings->heartbeat_ms;
    stream->heartbeat = settings->heartbeat == NULL ? NULL : stream_text_ref(settings->heartbeat);
    stream->farewell = settings->farewell == NULL ? NULL : stream_text_ref(settings->farewell);
    stream->measured = settings->measured;
    stream->length = settings->length;
    stream->wanted = settings->wanted;
    stream->closed = settings->closed;
    stream->context = settings->context;
    stream->end = &stream->first;
    (void)pthread_mutex_init(&stream->mutex, NULL);
    response_body(response, settings->status == 0 ? 200 : settings->status, settings->content_type,
                  NULL, 0);
    exchange->stream = stream;
    *out = stream;
    return 0;
}

enum stream_result stream_send(struct stream *stream, struct stream_text *text)
{
    bool claimed;
    {
        auto_unlock pthread_mutex_t *held = lock(&stream->mutex);
        if (stream->over || stream->ending)
            return STREAM_OVER;
        if (stream->first != NULL && stream->waiting_bytes + text->len > stream->queue_max_bytes)
            return STREAM_FULL;
        append(stream, text);
        stream->idle = false;
        stream->asked = false;
        claimed = claim_wake(stream);
    }
    resume(stream, claimed);
    return STREAM_TAKEN;
}

size_t stream_waiting(struct stream *stream)
{
    auto_unlock pthread_mutex_t *held = lock(&stream->mutex);
    return stream->waiting_bytes;
}

void stream_end(struct stream *stream, struct stream_text *last)
{
    bool claimed;
    {
        auto_unlock pthread_mutex_t *held = lock(&stream->mutex);
        if (stream->over || stream->ending)
            return;
        drop_unbegun(stream);
        if (last != NULL)
            append(stream, last);
        stream->ending = true;
        claimed = claim_wake(stream);
    }
    resume(stream, claimed);
}

void stream_break(struct stream *stream)
{
    bool claimed;
    {
        auto_unlock pthread_mutex_t *held = lock(&stream->mutex);
        if (stream->over)
            return;
        stream->ending = true;
        stream->broken = true;
        claimed = claim_wake(stream);
    }
    resume(stream, claimed);
}

void stream_unref(struct stream *stream)
{
    if (atomic_fetch_sub_explicit(&stream->refs, 1, memory_order_acq_rel) > 1)
        return;
    stream_text_unref(stream->heartbeat);
    stream_text_unref(stream->farewell);
    (void)pthread_mutex_destroy(&stream->mutex);
    free(stream);
}

/* ---- for the server ---- */

struct MHD_Response *stream_response(struct stream *stream)
{
    enum { BLOCK_BYTES = 1024 }; /* of an endless one: only used without chunks, by HTTP/1.0 */
    enum { MEASURED_BLOCK_BYTES = 32 * 1024 };
    if (stream->measured)
        return MHD_create_response_from_callback(stream->length, MEASURED_BLOCK_BYTES, read_more,
                                                 stream, NULL);
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_more, stream,
                                             NULL);
}

void stream_begin(struct stream *stream)
{
    struct connection *connection = stream->connection;
    struct http_server *server = server_of(stream);
    {
        auto_unlock pthread_mutex_t *held = lock(&connection->mutex);
        connection->stream = stream;
        int bytes = SOCKET_BYTES;
        if (!stream->measured)
            (void)setsockopt(connection->fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    }
    {
        auto_unlock pthread_mutex_t *held = lock(&stream->mutex);
        set_due(stream, PHASE_ANSWERING, server->settings.body_deadline_ms);
    }
    if (atomic_load(&server->draining)) /* it may have looked at this connection before */
        stream_farewell(stream);
}

uint64_t stream_close(struct stream *stream)
{
    struct connection *connection = stream->connection;
    struct http_server *server = server_of(stream);
    uint64_t sent_bytes;
    {
        auto_unlock pthread_mutex_t *held = lock(&connection->mutex);
        connection->stream = NULL;
    }
    {
        auto_unlock pthread_mutex_t *held = lock(&stream->mutex);
        ASSERT(!stream->asleep);
        stream->over = true;
        while (stream->first != NULL)
            drop_first(stream);
        sent_bytes = stream->sent_bytes;
    }
    atomic_fetch_sub(&server->streams, 1);
    metric_add(server->streams_gauge, -1);
    stream->closed(stream->context);
    stream_unref(stream);
    return sent_bytes;
}

struct stream *stream_ref(struct stream *stream)
{
    (void)atomic_fetch_add_explicit(&stream->refs, 1, memory_order_relaxed);
    return stream;
}

bool stream_is_stalled(struct stream *stream, int64_t now_ms)
{
    bool claimed = false;
    {
        auto_unlock pthread_mutex_t *held = lock(&stream->mutex);
        if (stream->over)
            return false;
        if (now_ms < stream->due_ms) {
            deadline_set(&server_of(stream)->deadlines, &stream->connection->deadline_ms,
                         stream->due_ms);
            return false;
        }
        if (!stream->asleep)
            return true;
        if (stream->heartbeat != NULL)
            append(stream, stream->heartbeat);
        else
            stream->ending = true; /* nobody brought anything */
        stream->idle = true;
        claimed = claim_wake(stream);
    }
    resume(stream, claimed);
    return false;
}

void stream_farewell(struct stream *stream)
{
    if (stream->measured && !atomic_load(&server_of(stream)->stopping))
        return;
    stream_end(stream, stream->farewell);
    auto_unlock pthread_mutex_t *held = lock(&stream->mutex);
    if (!stream->over)
        set_due(stream, PHASE_ANSWERING, FAREWELL_MS);
}
