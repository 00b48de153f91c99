/*
 * The sound of a recording, made while it is sent: never more than the piece that is asked for is in memory, so a recording
 * of hours costs nothing.
 *
 * WAV is 16-bit PCM, 8000 samples a second, behind the usual 44 bytes: a tone of 440 Hz in the first channel (the only one of
 * a mono recording) and of 660 Hz in the second. The lowest bits of the first 128 samples are the digits of the recording's
 * SID, so no two recordings have the same bytes. MP3 is silence: frames of MPEG-2.5 layer III at 8 kbit/s and 8 kHz without
 * main data, which any decoder plays; the SID is ancillary data of the first frame. Source: RIFF/WAVE (IBM and Microsoft,
 * 1991); ISO/IEC 13818-3, and its common extension to 8 kHz.
 */
#ifndef SIMULATOR_MEDIA_H
#define SIMULATOR_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sim_media_format { SIM_MEDIA_WAV, SIM_MEDIA_MP3 };

enum { SIM_MEDIA_RATE = 8000, SIM_MEDIA_TYPE_BYTES = 64 };

/** What a download gives. Plain facts. */
struct sim_media {
    char recording_sid[35];
    enum sim_media_format format;
    int channels;     /**< 1 or 2 */
    uint64_t samples; /**< of each channel */
    char content_type[SIM_MEDIA_TYPE_BYTES];

    uint64_t begin;  /**< where the answer begins in the whole: more than 0 for a range */
    uint64_t length; /**< of the answer, as its head says */

    /* what goes wrong: */
    uint64_t cut_after;   /**< bytes that are sent; less than `length`: then the connection ends */
    bool resets;          /**< ... by a reset */
    bool noise;           /**< the bytes are no sound at all */
    unsigned bytes_per_s; /**< 0: as fast as they are taken */
};

/** All of it, without faults. `samples` of zero become a few. */
struct sim_media sim_media_of(const char *recording_sid,
                              enum sim_media_format format,
                              int channels,
                              uint64_t samples);

/** How many bytes the whole has. */
uint64_t sim_media_bytes(const struct sim_media *media);

/** Write `len` bytes of the whole, from `position` on; beyond its end zeros. */
void sim_media_read(const struct sim_media *media, uint64_t position, char *out, size_t len);

#endif
