#include "jobs/media.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/log.h"
#include "core/xmalloc.h"

struct media {
    struct media_settings with;
    struct storage *storage;
    struct net *net;
    struct metrics *metrics;
    const struct wall_clock *clock;
    struct metric *paused_gauge;
    struct metric *bytes;
    struct histogram *seconds;
    _Atomic int64_t full_until_ms; /* the storage has said that it is full */
    _Atomic bool paused;
};

static const double second_bounds[] = {0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000};

struct media *media_create(const struct media_settings *settings,
                           struct storage *storage,
                           struct net *net,
                           struct metrics *metrics,
                           const struct wall_clock *clock)
{
    struct media *media = xcalloc(1, sizeof *media);
    media->with = *settings;
    media->storage = storage;
    media->net = net;
    media->metrics = metrics;
    media->clock = clock;
    media->paused_gauge =
        metrics_gauge(metrics, "switchhook_recordings_paused", "",
                      "1 while recordings are not fetched because there is no room for them.");
    media->bytes = metrics_counter(metrics, "switchhook_recordings_fetched_bytes_total", "",
                                   "Bytes of recordings that were fetched and stored.");
    media->seconds = metrics_histogram(metrics, "switchhook_recordings_fetch_seconds", "",
                                       "Fetching and storing a recording.", second_bounds,
                                       ARRAY_LEN(second_bounds));
    return media;
}

void media_free(struct media *media)
{
    if (media == NULL)
        return;
    free(media);
}

const struct media_settings *media_with(const struct media *media)
{
    return &media->with;
}

struct storage *media_storage(struct media *media)
{
    return media->storage;
}

struct net *media_net(struct media *media)
{
    return media->net;
}

/* ---- room ---- */

static void pause_for(struct media *media, const char *why, int64_t free_bytes)
{
    if (atomic_exchange(&media->paused, true))
        return;
    metric_set(media->paused_gauge, 1);
    log_error("recordings.paused", LOG_TEXT("reason", why), LOG_INT("free_bytes", free_bytes),
              LOG_INT("reserve_bytes", media->with.reserve_bytes));
}

static void resume(struct media *media, int64_t free_bytes)
{
    if (!atomic_exchange(&media->paused, false))
        return;
    metric_set(media->paused_gauge, 0);
    log_info("recordings.resumed", LOG_INT("free_bytes", free_bytes));
}

bool media_has_room(struct media *media, int64_t expected_bytes)
{
    struct error err = {0};
    int64_t free_bytes = 0;
    int64_t now_ms = wall_clock_now_ms(media->clock);
    if (now_ms < atomic_load(&media->full_until_ms))
        return false;
    if (storage_free_bytes(media->storage, &free_bytes, &err) < 0) {
        pause_for(media, err.message, -1);
        return false;
    }
    if (free_bytes < media->with.reserve_bytes ||
        free_bytes - media->with.reserve_bytes < expected_bytes) {
        pause_for(media, "too little room is left", free_bytes);
        return false;
    }
    resume(media, free_bytes);
    return true;
}

void media_is_full(struct media *media, const char *why)
{
    atomic_store(&media->full_until_ms,
                 wall_clock_now_ms(media->clock) + media->with.room_check_ms);
    pause_for(media, why, -1);
}

bool media_is_paused(const struct media *media)
{
    return atomic_load(&media->paused);
}

/* ---- counting ---- */

void media_count(struct media *media, const char *outcome)
{
    char labels[64];
    (void)snprintf(labels, sizeof labels, "outcome=\"%s\"", outcome);
    metric_add(metrics_counter(media->metrics, "switchhook_recordings_fetches_total", labels,
                               "Attempts to fetch a recording by what became of them."),
               1);
}

void media_count_stored(struct media *media, int64_t bytes, double seconds)
{
    media_count(media, "stored");
    metric_add(media->bytes, bytes);
    histogram_observe(media->seconds, seconds);
}
