/*
 * Is it sound? What a server sends with 200 may be anything: an error in XML, a gateway's page, nothing. Pure, any thread.
 *
 * A WAV begins with `RIFF`, four bytes of size, `WAVE`, and goes on in chunks: four letters, four bytes of size (little
 * endian, rounded up to even), the bytes. `fmt ` says what `data` holds, and stands before it. Source: Microsoft and IBM,
 * "Multimedia Programming Interface and Data Specifications 1.0".
 *
 * An MP3 is a row of frames, each with a header of four bytes; an ID3v2 tag may stand before them. Source: ISO/IEC 11172-3
 * and 13818-3; ID3.org, "ID3 tag version 2.4.0".
 */
#ifndef JOBS_AUDIO_H
#define JOBS_AUDIO_H

#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

/* name, what it is called in an URL, the media type */
#define AUDIO_FORMATS(X)                                                                           \
    X(WAV, "wav", "audio/x-wav")                                                                   \
    X(MP3, "mp3", "audio/mpeg")

enum audio_format {
#define X(name, extension, type) AUDIO_##name,
    AUDIO_FORMATS(X)
#undef X
};

const char *audio_extension(enum audio_format format);
const char *audio_type(enum audio_format format);

enum { AUDIO_HEAD_BYTES = 16 * 1024 /* so much is looked at, and is enough */ };

struct audio_facts {
    enum audio_format format;
    unsigned channels; /**< 1 or 2 */
    unsigned rate_hz;
    int64_t total_bytes; /**< of a WAV, as its header says it; 0: it does not say */
};

/**
 * Look at the beginning of something.
 * @param len  AUDIO_HEAD_BYTES or more, or all there is
 * @param err  UPSTREAM: it is no sound, in words that say what it looks like
 */
int audio_look(const void *head, size_t len, struct audio_facts *out, struct error *err) MUST_USE;

#endif
