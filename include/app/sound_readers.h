/*
 * Serving sound from the storage, whose functions wait for a disk or a network: a few threads of their own read, and the
 * request sleeps, then streams. Nobody waits on a request thread.
 *
 * Of each sound two pieces are in memory at most: one that is being sent and the next one, which is read meanwhile. What goes
 * wrong before the first byte is an error like any other; what goes wrong later breaks the answer off, so that nobody takes a
 * part for the whole.
 */
#ifndef APP_SOUND_READERS_H
#define APP_SOUND_READERS_H

#include <stddef.h>
#include <stdint.h>

#include "core/metrics.h"
#include "http/request.h"
#include "http/response.h"
#include "storage/storage.h"

struct sound_readers;

/** `storage` and `metrics` are borrowed. `at_once_max`: sounds being served. Never NULL. */
struct sound_readers *sound_readers_create(struct storage *storage,
                                           unsigned threads,
                                           unsigned at_once_max,
                                           struct metrics *metrics);

/** When the servers are gone: nobody asks any more, and whatever was asked for has ended. Takes NULL. */
void sound_readers_free(struct sound_readers *readers);

/** A part of an object. Texts are borrowed for the call. */
struct sound_part {
    const char *key;
    const char
        *listener; /**< who may have LIMIT_SOUNDS_EACH at once; NULL: as many as there may be */
    int64_t whole_bytes; /**< of the object: one of another length is not served */
    int64_t first;
    int64_t bytes; /**< more than 0 */
};

struct served_sound;

/**
 * Open an object and read the begin of a part. The request sleeps; `reply` goes on with sound_answer or sound_drop, which it
 * must call, whatever has happened.
 *
 * @param deadline_ms  for this, and later for each piece
 * @param err  UNAVAILABLE if as many are being served as may be, RATE_LIMITED if the listener has as many as may be; `reply`
 *             does not run then
 */
int sound_open(struct sound_readers *readers,
               struct request *request,
               const struct sound_part *part,
               handler_fn *reply,
               int64_t deadline_ms,
               struct served_sound **out,
               struct error *err) MUST_USE;

/**
 * In `reply`: answer with it. Headers may be added afterwards. With -1 it is dropped.
 * @param content_type  lives as long as the request
 * @param err  as storage_open and storage_read say; UNAVAILABLE if it took too long, or there are too many streams
 */
int sound_answer(struct served_sound *sound,
                 struct request *request,
                 struct response *response,
                 int status,
                 const char *content_type,
                 struct error *err) MUST_USE;

/** In `reply`: nobody wants it any more. */
void sound_drop(struct served_sound *sound);

#endif
