/* Sound without a file. */
#include "simulator/media.h"

#include <stdio.h>
#include <string.h>

enum {
    WAV_HEAD_BYTES = 44,
    SAMPLE_BYTES = 2,
    SHORTEST_SAMPLES = SIM_MEDIA_RATE / 5,
    MARK_BITS = 128, /* of the SID */
    LOUDNESS = 8000,
    PERIOD = 400, /* samples after which both tones are where they began: 22 and 33 periods */

    PATTERN_BYTES = PERIOD * 2 * SAMPLE_BYTES,

    FRAME_BYTES = 72, /* 72 * bit rate / sample rate */
    FRAME_SAMPLES = 576,
    FRAME_HEAD_BYTES = 4,
};

/* ---- WAV ---- */

/* A sine by recurrence: s[n] = 2 cos(w) s[n-1] - s[n-2]. */
static void make_tone(int channel, double out[PERIOD])
{
    static const struct {
        double twice_cos;
        double sin;
    } tones[] = {
        {1.881761537908451,  0.3387379202452914}, /* 440 Hz */
        {1.7372630288763826, 0.4954586684324075}, /* 660 Hz */
    };
    out[0] = 0;
    out[1] = tones[channel].sin;
    for (size_t i = 2; i < PERIOD; i++)
        out[i] = tones[channel].twice_cos * out[i - 1] - out[i - 2];
}

static unsigned hex_digit(char c)
{
    return c >= '0' && c <= '9' ? (unsigned)(c - '0') : ((unsigned)c | 0x20U) - 'a' + 10U;
}

/* Bit `i` of the 32 hexadecimal digits behind the SID's two letters. */
static unsigned mark_bit(const struct sim_media *media, uint64_t i)
{
    return hex_digit(media->recording_sid[2 + i / 4]) >> (3 - i % 4) & 1;
}

static void put_le(unsigned char *out, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        out[i] = (unsigned char)(value >> (8 * i));
}

static void make_wav_head(const struct sim_media *media, unsigned char out[WAV_HEAD_BYTES])
{
    unsigned block = (unsigned)media->channels * SAMPLE_BYTES;
    uint64_t data_bytes = media->samples * block;
    memcpy(out, "RIFF", 4);
    put_le(out + 4, WAV_HEAD_BYTES - 8 + data_bytes, 4);
    memcpy(out + 8, "WAVEfmt ", 8);
    put_le(out + 16, 16, 4);
    put_le(out + 20, 1, 2); /* PCM */
    put_le(out + 22, (uint64_t)media->channels, 2);
    put_le(out + 24, SIM_MEDIA_RATE, 4);
    put_le(out + 28, (uint64_t)SIM_MEDIA_RATE * block, 4);
    put_le(out + 32, block, 2);
    put_le(out + 34, (uint64_t)8 * SAMPLE_BYTES, 2);
    memcpy(out + 36, "data", 4);
    put_le(out + 40, data_bytes, 4);
}

/* One period of both tones, as it lies in the file. */
static size_t make_pattern(const struct sim_media *media, char out[PATTERN_BYTES])
{
    double tones[2][PERIOD];
    size_t bytes = 0;
    make_tone(0, tones[0]);
    make_tone(1, tones[1]);
    for (size_t i = 0; i < PERIOD; i++)
        for (int channel = 0; channel < media->channels; channel++) {
            put_le((unsigned char *)out + bytes, (uint16_t)(int16_t)(tones[channel][i] * LOUDNESS),
                   SAMPLE_BYTES);
            bytes += SAMPLE_BYTES;
        }
    return bytes;
}

/* The SID, in the lowest bit of the low byte of each of the first samples. */
static void put_mark(const struct sim_media *media, uint64_t position, char *out, size_t len)
{
    unsigned block = (unsigned)media->channels * SAMPLE_BYTES;
    for (size_t i = 0; i < len && position + i < WAV_HEAD_BYTES + (uint64_t)MARK_BITS * block;
         i++) {
        uint64_t at = position + i - WAV_HEAD_BYTES;
        if (position + i >= WAV_HEAD_BYTES && at % SAMPLE_BYTES == 0)
            out[i] = (char)((out[i] & ~1) | (int)mark_bit(media, at / block));
    }
}

static void read_wav(const struct sim_media *media, uint64_t position, char *out, size_t len)
{
    unsigned char head[WAV_HEAD_BYTES];
    char pattern[PATTERN_BYTES];
    size_t pattern_bytes = make_pattern(media, pattern);
    size_t done = 0;
    make_wav_head(media, head);
    for (; done < len && position + done < WAV_HEAD_BYTES; done++)
        out[done] = (char)head[position + done];
    while (done < len) {
        size_t from = (size_t)((position + done - WAV_HEAD_BYTES) % pattern_bytes);
        size_t some = pattern_bytes - from < len - done ? pattern_bytes - from : len - done;
        memcpy(out + done, pattern + from, some);
        done += some;
    }
    put_mark(media, position, out, len);
}

/* ---- MP3 ---- */

static uint64_t frame_count(const struct sim_media *media)
{
    return (media->samples + FRAME_SAMPLES - 1) / FRAME_SAMPLES;
}

/*
 * 11 bits of ones; MPEG-2.5; layer III; no checksum; 8 kbit/s; 8 kHz; no padding; stereo or mono. Side information of zeros
 * says that no granule has main data.
 */
static void make_frame(const struct sim_media *media, bool first, char out[FRAME_BYTES])
{
    size_t side_bytes = media->channels == 2 ? 17 : 9;
    memset(out, 0, FRAME_BYTES);
    put_le((unsigned char *)out, media->channels == 2 ? 0x0018e3ff : 0xc018e3ff, FRAME_HEAD_BYTES);
    if (first)
        memcpy(out + FRAME_HEAD_BYTES + side_bytes, media->recording_sid,
               strlen(media->recording_sid));
}

static void read_mp3(const struct sim_media *media, uint64_t position, char *out, size_t len)
{
    char first[FRAME_BYTES];
    char other[FRAME_BYTES];
    make_frame(media, true, first);
    make_frame(media, false, other);
    for (size_t i = 0; i < len; i++, position++)
        out[i] = position < FRAME_BYTES ? first[position] : other[position % FRAME_BYTES];
}

/* ---- both ---- */

static void read_noise(uint64_t position, char *out, size_t len)
{
    static const char text[] = "this is not a sound\n";
    for (size_t i = 0; i < len; i++)
        out[i] = text[(position + i) % (sizeof text - 1)];
}

struct sim_media sim_media_of(const char *recording_sid,
                              enum sim_media_format format,
                              int channels,
                              uint64_t samples)
{
    struct sim_media media = {.format = format,
                              .channels = channels,
                              .samples = samples < SHORTEST_SAMPLES ? SHORTEST_SAMPLES : samples};
    (void)snprintf(media.recording_sid, sizeof media.recording_sid, "%s", recording_sid);
    (void)snprintf(media.content_type, sizeof media.content_type, "%s",
                   format == SIM_MEDIA_WAV ? "audio/x-wav" : "audio/mpeg");
    media.length = sim_media_bytes(&media);
    media.cut_after = media.length;
    return media;
}

uint64_t sim_media_bytes(const struct sim_media *media)
{
    if (media->format == SIM_MEDIA_MP3)
        return frame_count(media) * FRAME_BYTES;
    return WAV_HEAD_BYTES + media->samples * SAMPLE_BYTES * (uint64_t)media->channels;
}

void sim_media_read(const struct sim_media *media, uint64_t position, char *out, size_t len)
{
    uint64_t bytes = sim_media_bytes(media);
    size_t inside = position >= bytes ? 0 : len;
    if (inside > 0 && len > bytes - position)
        inside = (size_t)(bytes - position);
    if (media->noise)
        read_noise(position, out, inside);
    else if (media->format == SIM_MEDIA_WAV)
        read_wav(media, position, out, inside);
    else
        read_mp3(media, position, out, inside);
    memset(out + inside, 0, len - inside);
}
