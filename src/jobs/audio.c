#include "jobs/audio.h"

#include <stdbool.h>
#include <string.h>

enum {
    RIFF_HEADER_BYTES = 12,
    CHUNK_HEADER_BYTES = 8,
    FMT_BYTES = 16, /* of its chunk, at least */
    MOST_CHUNKS = 64,
    ID3_HEADER_BYTES = 10,
    FRAME_HEADER_BYTES = 4,
};

static const char *const extensions[] = {
#define X(name, extension, type) extension,
    AUDIO_FORMATS(X)
#undef X
};

static const char *const types[] = {
#define X(name, extension, type) type,
    AUDIO_FORMATS(X)
#undef X
};

const char *audio_extension(enum audio_format format)
{
    return extensions[format];
}

const char *audio_type(enum audio_format format)
{
    return types[format];
}

static int no_sound(struct error *err, const char *what)
{
    return error_set(err, ERROR_UPSTREAM, "what came is no sound: %s", what);
}

static uint32_t little_endian(const unsigned char *bytes, size_t count)
{
    uint32_t number = 0;
    for (size_t i = count; i > 0; i--)
        number = number << 8 | bytes[i - 1];
    return number;
}

/* ---- WAV ---- */

/* Uncompressed, A-law, mu-law, and the form that says which further on. */
static bool is_known_coding(uint32_t tag)
{
    return tag == 1 || tag == 6 || tag == 7 || tag == 0xfffe;
}

static int
read_fmt(const unsigned char *fmt, uint32_t size, struct audio_facts *out, struct error *err)
{
    if (size < FMT_BYTES || !is_known_coding(little_endian(fmt, 2)))
        return no_sound(err, "a WAV whose coding is none that is known");
    out->channels = little_endian(fmt + 2, 2);
    out->rate_hz = little_endian(fmt + 4, 4);
    if (out->channels < 1 || out->channels > 2 || out->rate_hz < 1000 || out->rate_hz > 192000)
        return no_sound(err, "a WAV with so many channels, or such a rate, as nobody records in");
    return 0;
}

/* A stream whose length was not known when its header was written says 0 or the most there is. */
static int64_t told_bytes(size_t data_at, uint32_t data_bytes)
{
    bool unknown = data_bytes == 0 || data_bytes >= 0x7ffffff0;
    return unknown ? 0 : (int64_t)data_at + (int64_t)data_bytes;
}

static int
look_at_wav(const unsigned char *head, size_t len, struct audio_facts *out, struct error *err)
{
    size_t at = RIFF_HEADER_BYTES;
    bool has_fmt = false;
    for (int i = 0; i < MOST_CHUNKS && at + CHUNK_HEADER_BYTES <= len; i++) {
        const unsigned char *chunk = head + at;
        uint32_t size = little_endian(chunk + 4, 4);
        size_t left = len - at - CHUNK_HEADER_BYTES;
        if (memcmp(chunk, "data", 4) == 0) {
            out->total_bytes = told_bytes(at + CHUNK_HEADER_BYTES, size);
            return has_fmt ? 0 : no_sound(err, "a WAV that does not say its format");
        }
        if (memcmp(chunk, "fmt ", 4) == 0) {
            if (left < FMT_BYTES || read_fmt(chunk + CHUNK_HEADER_BYTES, size, out, err) < 0)
                return left < FMT_BYTES ? no_sound(err, "a WAV that is cut in its header") : -1;
            has_fmt = true;
        }
        if (size > left)
            break;
        at += CHUNK_HEADER_BYTES + size + size % 2;
    }
    return no_sound(err, "a WAV without data");
}

/* ---- MP3 ---- */

/* Bytes of a frame, 0 if that is no header of one (layer III only). */
static size_t frame_bytes(const unsigned char *header, struct audio_facts *out)
{
    static const unsigned rates_hz[] = {44100, 48000,
                                        32000}; /* MPEG-1; half and a quarter: 2, 2.5 */
    static const unsigned kbits_1[] = {0,   32,  40,  48,  56,  64,  80, 96,
                                       112, 128, 160, 192, 224, 256, 320};
    static const unsigned kbits_2[] = {0,  8,  16, 24,  32,  40,  48, 56,
                                       64, 80, 96, 112, 128, 144, 160};
    unsigned version = header[1] >> 3 & 3; /* 0: 2.5, 2: 2, 3: 1 */
    unsigned kbit = header[2] >> 4;
    unsigned rate = header[2] >> 2 & 3;
    bool is_header = header[0] == 0xff && (header[1] & 0xe0) == 0xe0 && version != 1 &&
                     (header[1] >> 1 & 3) == 1 && kbit != 0 && kbit != 15 && rate != 3;
    if (!is_header)
        return 0;
    unsigned shift = version == 3 ? 0 : version == 2 ? 1 : 2;
    out->rate_hz = rates_hz[rate] >> shift;
    out->channels = header[3] >> 6 == 3 ? 1 : 2;
    unsigned bits = (version == 3 ? kbits_1[kbit] : kbits_2[kbit]) * 1000;
    return (version == 3 ? 144 : 72) * bits / out->rate_hz + (header[2] >> 1 & 1);
}

/* Where the frames begin: behind a tag, whose size has seven bits in each byte. */
static size_t tag_bytes(const unsigned char *head, size_t len)
{
    if (len < ID3_HEADER_BYTES || memcmp(head, "ID3", 3) != 0)
        return 0;
    size_t size = 0;
    for (int i = 6; i < ID3_HEADER_BYTES; i++)
        size = size << 7 | (head[i] & 0x7f);
    return ID3_HEADER_BYTES + size;
}

static int
look_at_mp3(const unsigned char *head, size_t len, struct audio_facts *out, struct error *err)
{
    size_t at = tag_bytes(head, len);
    if (at + FRAME_HEADER_BYTES > len)
        return no_sound(err, "an MP3 that has no frame near its beginning");
    size_t bytes = frame_bytes(head + at, out);
    if (bytes < FRAME_HEADER_BYTES)
        return no_sound(err, "an MP3 whose first frame is none");
    /* One header may be chance; two in a row are not. */
    struct audio_facts second = {0};
    size_t next = at + bytes;
    if (next + FRAME_HEADER_BYTES <= len && frame_bytes(head + next, &second) == 0)
        return no_sound(err, "an MP3 whose second frame is none");
    return 0;
}

/* ---- what it looks like instead ---- */

static bool begins_with(const unsigned char *head, size_t len, const char *text)
{
    size_t text_len = strlen(text);
    return len >= text_len && memcmp(head, text, text_len) == 0;
}

static const char *guess(const unsigned char *head, size_t len)
{
    while (len > 0 && strchr(" \t\r\n", *head) != NULL && *head != '\0') {
        head++;
        len--;
    }
    if (len == 0)
        return "nothing";
    if (begins_with(head, len, "<?xml") || begins_with(head, len, "<TwilioResponse"))
        return "XML";
    if (*head == '<')
        return "a page";
    if (*head == '{' || *head == '[')
        return "JSON";
    return "something else";
}

int audio_look(const void *head, size_t len, struct audio_facts *out, struct error *err)
{
    const unsigned char *bytes = head;
    struct audio_facts facts = {.format = AUDIO_WAV};
    int result = -1;
    if (len >= RIFF_HEADER_BYTES && memcmp(bytes, "RIFF", 4) == 0 &&
        memcmp(bytes + 8, "WAVE", 4) == 0) {
        result = look_at_wav(bytes, len, &facts, err);
    } else if (begins_with(bytes, len, "ID3") || (len >= FRAME_HEADER_BYTES && bytes[0] == 0xff)) {
        facts.format = AUDIO_MP3;
        result = look_at_mp3(bytes, len, &facts, err);
    } else {
        result = no_sound(err, guess(bytes, len));
    }
    if (result == 0)
        *out = facts;
    return result;
}
