/*
 * The taker's side: wait for a block, hand it to the sink, make room.
 */
#include "net/download.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/lock.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "core/xmalloc.h"
#include "stream.h"

static const char sink_problem[] = "what was received could not be kept";
static const char stall_problem[] = "it comes too slowly";

struct taker {
    struct net *net;
    const struct net_download *download;
    struct stream stream;
    char *taking;        /* the buffer that the sink reads from */
    bool begun;          /* the sink was told of the head */
    bool left;           /* it did not want the body */
    bool failed;         /* its error is set */
    int64_t window_ms;   /* when the present window for slowness began */
    int64_t window_from; /* bytes received by then */
};

static void init(struct taker *taker)
{
    struct stream *stream = &taker->stream;
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&stream->moved, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    (void)pthread_mutex_init(&stream->mutex, NULL);
    stream->arena = arena_create();
    stream->body_max_bytes = taker->download->body_max_bytes;
    stream->filling = xcalloc(1, STREAM_BUFFER_BYTES);
    taker->taking = xcalloc(1, STREAM_BUFFER_BYTES);
}

static void release(struct taker *taker)
{
    struct stream *stream = &taker->stream;
    (void)pthread_cond_destroy(&stream->moved);
    (void)pthread_mutex_destroy(&stream->mutex);
    arena_free(stream->arena);
    free(stream->filling);
    free(taker->taking);
}

/* ---- waiting ---- */

static void begin_window(struct taker *taker)
{
    taker->window_ms = monotonic_ms();
    taker->window_from = taker->stream.received;
}

/* A pause whose end was asked for already is the net thread's to end. */
static bool has_something(const struct taker *taker)
{
    const struct stream *stream = &taker->stream;
    bool is_full = (stream->paused && !stream->resume) || stream->filled >= STREAM_BLOCK_BYTES;
    return stream->ended || (stream->has_head && !taker->begun) || (!stream->drop && is_full);
}

/* The window is over: was it too little? Waiting in the queue is no fault of the server's. */
static bool is_stalled(struct taker *taker)
{
    const struct net_download *download = taker->download;
    bool slow = taker->stream.running &&
                taker->stream.received - taker->window_from < download->stall_bytes;
    begin_window(taker);
    return slow && download->stall_ms > 0;
}

/* With the lock held. Sleeps until there is something to do; false if it comes too slowly. */
static bool await(struct taker *taker)
{
    struct stream *stream = &taker->stream;
    begin_window(taker);
    while (!has_something(taker)) {
        if (taker->download->stall_ms == 0) {
            (void)pthread_cond_wait(&stream->moved, &stream->mutex);
            continue;
        }
        bool was_running = stream->running;
        int64_t at_ms = taker->window_ms + taker->download->stall_ms;
        struct timespec at = {.tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000};
        int rc = pthread_cond_timedwait(&stream->moved, &stream->mutex, &at);
        if (stream->running && !was_running)
            begin_window(taker);
        else if (rc == ETIMEDOUT && !has_something(taker) && is_stalled(taker))
            return false;
    }
    return true;
}

/* ---- doing ---- */

static void poke(struct net *net)
{
    {
        auto_unlock pthread_mutex_t *held = lock(&net->mutex);
        net->poked = true;
    }
    (void)curl_multi_wakeup(net->multi);
}

static void cancel(struct taker *taker, const char *why)
{
    {
        auto_unlock pthread_mutex_t *held = lock(&taker->stream.mutex);
        taker->stream.cancel = why;
        taker->stream.drop = true;
    }
    poke(taker->net);
}

static int64_t content_length(const struct net_answer *answer)
{
    int64_t length = -1;
    const char *text = net_answer_header(answer, "content-length");
    return text_to_int64(text, 0, INT64_MAX, &length) ? length : -1;
}

static void tell_sink(struct taker *taker, const struct net_answer *answer)
{
    const struct net_sink *sink = &taker->download->sink;
    struct net_head head = {
        .status = answer->status,
        .content_type = answer->content_type,
        .content_length = content_length(answer),
        .answer = answer,
    };
    taker->begun = true;
    if (sink->begin(sink->context, &head) == NET_TAKE)
        return;
    taker->left = true;
    {
        auto_unlock pthread_mutex_t *held = lock(&taker->stream.mutex);
        taker->stream.drop = true;
        taker->stream.filled = 0;
        taker->stream.received = 0;
        taker->stream.resume = true;
    }
    poke(taker->net);
}

/* What is filled becomes what is taken. */
static size_t swap(struct taker *taker)
{
    struct stream *stream = &taker->stream;
    char *full = stream->filling;
    size_t len = stream->filled;
    stream->filling = taker->taking;
    stream->filled = 0;
    taker->taking = full;
    stream->resume = stream->paused;
    return len;
}

static void take(struct taker *taker, size_t len, bool resume, struct error *err)
{
    const struct net_sink *sink = &taker->download->sink;
    if (resume)
        poke(taker->net);
    if (len == 0 || sink->take(sink->context, taker->taking, len, err) == 0)
        return;
    taker->failed = true;
    cancel(taker, sink_problem);
}

/* One round; false at the end. */
static bool step(struct taker *taker, struct error *err)
{
    struct stream *stream = &taker->stream;
    bool tell = false;
    bool resume = false;
    bool ended = false;
    size_t len = 0;
    {
        auto_unlock pthread_mutex_t *held = lock(&stream->mutex);
        if (!await(taker)) {
            stream->cancel = stall_problem;
            stream->drop = true;
        } else {
            tell = stream->has_head && !taker->begun;
            ended = stream->ended;
            if (!tell && !stream->drop) {
                len = swap(taker);
                resume = stream->resume;
            }
        }
    }
    if (stream->cancel == stall_problem)
        poke(taker->net);
    if (tell)
        tell_sink(taker, &stream->head);
    take(taker, len, resume, err);
    return tell || !ended;
}

static void on_done(void *context, const struct net_answer *answer)
{
    struct stream *stream = context;
    auto_unlock pthread_mutex_t *held = lock(&stream->mutex);
    answer_copy(&stream->answer, answer, stream->arena);
    if (!stream->has_head && answer->result == NET_ANSWERED) {
        stream->head = stream->answer;
        stream->has_head = true;
    }
    stream->ended = true;
    (void)pthread_cond_signal(&stream->moved);
}

static bool is_end_marked(const struct net_answer *answer)
{
    return content_length(answer) >= 0 || net_answer_header(answer, "transfer-encoding") != NULL;
}

int net_download(struct net *net,
                 const struct net_download *download,
                 struct arena *arena,
                 struct net_answer *out,
                 bool *end_marked,
                 struct error *err)
{
    ASSERT(!pthread_equal(net->thread, pthread_self()));
    ASSERT(download->body_max_bytes > 0 && download->stall_ms >= 0);
    struct taker taker = {.net = net, .download = download};
    init(&taker);
    int result = net_start_stream(net, &download->request, &taker.stream, on_done, err);
    if (result == 0) {
        while (step(&taker, err))
            continue;
        answer_copy(out, taker.left ? &taker.stream.head : &taker.stream.answer, arena);
        if (end_marked != NULL)
            *end_marked = is_end_marked(out);
        result = taker.failed ? -1 : 0;
    }
    release(&taker);
    return result;
}
