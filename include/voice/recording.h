/*
 * What a recording can be: Twilio's word for it, and ours for what became of its sound.
 */
#ifndef VOICE_RECORDING_H
#define VOICE_RECORDING_H

#include <stdbool.h>

/* name, text in the store and the API */
#define RECORDING_MEDIA(X)                                                                         \
    X(NONE, "none")       /* there is nothing to fetch yet, or nobody wants it here */             \
    X(WANTED, "wanted")   /* to be fetched; a job does it */                                       \
    X(STORED, "stored")   /* here, whole, its digest known */                                      \
    X(ABSENT, "absent")   /* nothing was recorded */                                               \
    X(FAILED, "failed")   /* it could not be fetched, media_error says why; may be tried again */  \
    X(DELETED, "deleted") /* removed here */

enum recording_media {
#define X(name, text) RECORDING_MEDIA_##name,
    RECORDING_MEDIA(X)
#undef X
};

/** As the store and the API spell it. */
const char *recording_media_text(enum recording_media media);

/** Back again; false, and `out` untouched, for any other text. NULL is false. */
bool recording_media_from_text(const char *text, enum recording_media *out);

/**
 * How far a recording is by Twilio's word: callbacks of one recording come in any order, and a word of a lower or the same
 * rank never replaces another. 0: no word of Twilio's, NULL among them.
 */
int recording_status_rank(const char *status);

#endif
