/*
 * A download is a measured stream whose source makes the sound piece by piece. A slow one sends a tenth of a second's bytes
 * ten times a second: the clock's thread does that.
 */
#include "download.h"

#include <stdlib.h>

#include "core/lock.h"
#include "core/wall_clock.h"
#include "core/xmalloc.h"
#include "http/stream.h"

enum {
    PIECE_BYTES = 32 * 1024,
    PATIENCE_MS = 60 * 1000, /* no source is slower */
    BEATS_PER_S = 10,
};

struct download {
    struct simulator *simulator;
    struct stream *stream;
    struct sim_media media;
    uint64_t sent;
    /* under the simulator's lock: */
    int64_t due_ms; /* of the next piece of a slow one, monotonic */
    struct download *next_slow;
    bool slow; /* in the list */
};

static uint64_t piece_of(const struct download *download)
{
    uint64_t left = download->media.cut_after - download->sent;
    uint64_t most = PIECE_BYTES;
    if (download->media.bytes_per_s > 0 && download->media.bytes_per_s / BEATS_PER_S < most)
        most = download->media.bytes_per_s / BEATS_PER_S;
    most = most > 0 ? most : 1;
    return left < most ? left : most;
}

static void feed(struct download *download)
{
    char piece[PIECE_BYTES];
    size_t len = (size_t)piece_of(download);
    if (len == 0) { /* only asked for if it is cut short */
        if (download->media.resets)
            stream_break(download->stream);
        else
            stream_end(download->stream, NULL);
        return;
    }
    sim_media_read(&download->media, download->media.begin + download->sent, piece, len);
    struct stream_text *text = stream_text_create(piece, len);
    download->sent += len;
    (void)stream_send(download->stream, text);
    stream_text_unref(text);
}

static void wanted(void *context)
{
    struct download *download = context;
    if (download->media.bytes_per_s == 0) {
        feed(download);
        return;
    }
    struct simulator *simulator = download->simulator;
    auto_unlock pthread_mutex_t *held = lock(&simulator->mutex);
    download->due_ms = monotonic_ms() + 1000 / BEATS_PER_S;
    download->slow = true;
    download->next_slow = simulator->slow;
    simulator->slow = download;
    (void)pthread_cond_signal(&simulator->changed);
}

static void take_out(struct simulator *simulator, struct download *download)
{
    struct download **link = &simulator->slow;
    while (download->slow && *link != download)
        link = &(*link)->next_slow;
    if (download->slow)
        *link = download->next_slow;
    download->slow = false;
}

static void closed(void *context)
{
    struct download *download = context;
    struct simulator *simulator = download->simulator;
    {
        auto_unlock pthread_mutex_t *held = lock(&simulator->mutex);
        take_out(simulator, download);
        sim_downloaded(simulator->sim, simulator_now(simulator), &download->media, download->sent);
        (void)pthread_cond_signal(&simulator->changed);
    }
    stream_unref(download->stream);
    free(download);
}

int download_begin(struct simulator *simulator,
                   struct request *request,
                   struct response *response,
                   const struct sim_media *media,
                   int status,
                   struct error *err)
{
    if (request->method == HTTP_HEAD) {
        response_length(response, status, media->content_type, media->length);
        return 0;
    }
    struct download *download = xcalloc(1, sizeof(*download));
    download->simulator = simulator;
    download->media = *media;
    const struct stream_settings settings = {
        .content_type = download->media.content_type,
        .queue_max_bytes = PIECE_BYTES,
        .heartbeat_ms = PATIENCE_MS,
        .status = status,
        .measured = true,
        .length = media->length,
        .wanted = wanted,
        .closed = closed,
        .context = download,
    };
    if (stream_open(request, response, &settings, &download->stream, err) == 0)
        return 0;
    free(download);
    return -1;
}

int64_t downloads_go_on(struct simulator *simulator)
{
    int64_t now_ms = monotonic_ms();
    int64_t next_ms = -1;
    for (struct download *one = simulator->slow; one;) {
        struct download *next = one->next_slow;
        if (one->due_ms <= now_ms) {
            take_out(simulator, one);
            feed(one);
        } else if (next_ms < 0 || one->due_ms < next_ms) {
            next_ms = one->due_ms;
        }
        one = next;
    }
    return next_ms;
}
