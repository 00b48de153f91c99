/* One download of a recording's sound from Twilio into the storage. */
#ifndef JOBS_FETCH_H
#define JOBS_FETCH_H

#include "crypto/digest.h"
#include "internal.h"
#include "jobs/audio.h"
#include "jobs/media.h"

enum fetch_result {
    FETCH_STORED,  /**< it is in the storage, whole and durable, under `key` */
    FETCH_MISSING, /**< 404: not there yet, or not there any more */
    FETCH_FAILED,  /**< see the error */
    FETCH_UNKEPT,  /**< the storage is full, away or does not let us; see the error */
};

/** What came of it. Texts live in the attempt's arena. */
struct fetched {
    const char *key;
    struct audio_facts audio;
    int64_t bytes;
    char sha256[SHA256_HEX_BYTES];
    int status;         /**< of the last answer, 0 without one */
    unsigned redirects; /**< that were followed */
};

enum fetch_result fetch_sound(struct attempt *attempt,
                              const struct recording_row *row,
                              struct fetched *out,
                              struct error *err);

/** Where the sound of that recording is kept: by the day it was first heard of (UTC), then by its id. */
const char *
fetch_key(const struct recording_row *row, enum audio_format format, struct arena *arena);

#endif
