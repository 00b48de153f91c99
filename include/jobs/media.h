/*
 * Moving recordings from Twilio to the storage: what the jobs of that lane work with, and whether there is room.
 */
#ifndef JOBS_MEDIA_H
#define JOBS_MEDIA_H

#include "core/metrics.h"
#include "core/wall_clock.h"
#include "jobs/audio.h"
#include "net/net.h"
#include "storage/storage.h"

struct media_settings {
    enum audio_format format;
    bool mono;          /**< one channel even if two were recorded */
    int64_t bytes_max;  /**< of one recording */
    int64_t timeout_ms; /**< of one download */
    int64_t stall_ms;   /**< a download that brings fewer than stall_bytes in this time is ended */
    int64_t stall_bytes;
    int64_t ready_ms; /**< the first pause while a sound is not there yet; they grow with its age */
    int64_t ready_max_ms;    /**< the longest */
    int64_t ready_within_ms; /**< after this long it is a failure like any other */
    int64_t reserve_bytes;   /**< that stay free; less stops all downloads until there is room */
    int64_t room_check_ms;   /**< how often is looked for room then */
    const struct net_addresses
        *redirects; /**< where a redirect may lead, beside the API's own host */
};

/** Shared by the workers and whoever shows it. */
struct media;

/** `storage`, `net`, `metrics` and `clock` are borrowed; settings are copied. */
struct media *media_create(const struct media_settings *settings,
                           struct storage *storage,
                           struct net *net,
                           struct metrics *metrics,
                           const struct wall_clock *clock);

/** Takes NULL. */
void media_free(struct media *media);

const struct media_settings *media_with(const struct media *media);
struct storage *media_storage(struct media *media);
struct net *media_net(struct media *media);

/**
 * Is there room for more, with the reserve left? Asks the storage; logs and counts when that changes. Blocks, any worker.
 * @param expected_bytes  of what is to come; 0: not known
 */
bool media_has_room(struct media *media, int64_t expected_bytes);

/** The storage has said that it is full: no room until it is looked again. */
void media_is_full(struct media *media, const char *why);

/** Has the lane stopped for want of room? Any thread, at once. */
bool media_is_paused(const struct media *media);

/** What became of an attempt to fetch a recording: `switchhook_recordings_fetches_total`. */
void media_count(struct media *media, const char *outcome);

/** A sound was fetched. */
void media_count_stored(struct media *media, int64_t bytes, double seconds);

#endif
