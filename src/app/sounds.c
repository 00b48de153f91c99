/*
 * Notes with a soft beginning and a long fade, so that nothing clicks; two at most sound at once, at 0.3 of full scale
 * each, so that nothing is clipped. The SDK repeats `incoming` as long as it rings, hence its silence at the end.
 *
 * A WAV file: "RIFF", bytes that follow, "WAVE"; "fmt ", 16, PCM (1), channels, rate, bytes per second, bytes per
 * sample, bits per sample; "data", bytes, samples. All numbers little-endian. Source: Microsoft, "Multimedia Programming
 * Interface and Data Specifications 1.0", 1991.
 */
#include "app/sounds.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/hex.h"
#include "core/text.h"
#include "core/xmalloc.h"
#include "crypto/digest.h"

enum { RATE = 8000, BYTES_PER_SAMPLE = 2, HEADER_BYTES = 44, NOTES_MAX = 6, ATTACK_MS = 12 };

struct note {
    int at_ms;
    int length_ms;
    double hertz;
};

/* Each is over before the sound is; a length of 0 ends the list. */
static const struct {
    const char *name;
    int length_ms;
    struct note notes[NOTES_MAX];
} scores[] = {
    {"incoming.wav",
     3000,                  {{0, 420, 659.26},
      {180, 420, 783.99},
      {360, 700, 1046.50},
      {1000, 420, 659.26},
      {1180, 420, 783.99},
      {1360, 800, 1046.50}}                             },
    {"outgoing.wav",   620, {{0, 260, 523.25}, {200, 400, 783.99}}},
    {"disconnect.wav", 620, {{0, 260, 783.99}, {200, 400, 523.25}}},
};

struct sounds {
    struct arena *arena;
    struct sound items[ARRAY_LEN(scores)];
};

static const double full_scale = 32767.0;
static const double level = 0.3;
static const double pi = 3.14159265358979323846;

/* 0 before and after, up within ATTACK_MS, then down to nothing in a curve. */
static double envelope(const struct note *note, double ms)
{
    if (ms < 0 || ms >= note->length_ms)
        return 0;
    double attack = ms < ATTACK_MS ? ms / ATTACK_MS : 1;
    double left = 1 - ms / note->length_ms;
    return attack * left * left;
}

static double sample_at(const struct note *notes, int index)
{
    double sum = 0;
    for (size_t i = 0; i < NOTES_MAX && notes[i].length_ms > 0; i++) {
        double ms = 1000.0 * index / RATE - notes[i].at_ms;
        sum += level * envelope(&notes[i], ms) * sin(2 * pi * notes[i].hertz * ms / 1000);
    }
    return sum;
}

static void put_number(struct buf *out, uint32_t number, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        char byte = (char)(number >> (8 * i) & 0xff);
        (void)buf_append(out, &byte, 1);
    }
}

static void put_header(struct buf *out, uint32_t data_bytes)
{
    enum { PCM = 1, MONO = 1, FORMAT_BYTES = 16, BEHIND_RIFF = HEADER_BYTES - 8 };
    (void)buf_puts(out, "RIFF");
    put_number(out, BEHIND_RIFF + data_bytes, 4);
    (void)buf_puts(out, "WAVEfmt ");
    put_number(out, FORMAT_BYTES, 4);
    put_number(out, PCM, 2);
    put_number(out, MONO, 2);
    put_number(out, RATE, 4);
    put_number(out, RATE * BYTES_PER_SAMPLE, 4);
    put_number(out, BYTES_PER_SAMPLE, 2);
    put_number(out, 8 * BYTES_PER_SAMPLE, 2);
    (void)buf_puts(out, "data");
    put_number(out, data_bytes, 4);
}

static const char *etag_of(const char *data, size_t len, struct arena *arena)
{
    enum { ENOUGH_BYTES = 8 };
    unsigned char hash[SHA256_BYTES];
    char hex[2 * ENOUGH_BYTES + 1];
    digest_sha256(data, len, hash);
    hex_encode(hex, hash, ENOUGH_BYTES);
    return arena_printf(arena, "\"%s\"", hex);
}

static struct sound
make_sound(const char *name, int length_ms, const struct note *notes, struct arena *arena)
{
    int count = length_ms * RATE / 1000;
    auto_buf struct buf wav;
    buf_init(&wav, HEADER_BYTES + (size_t)count * BYTES_PER_SAMPLE);
    put_header(&wav, (uint32_t)(count * BYTES_PER_SAMPLE));
    for (int i = 0; i < count; i++) {
        int sample = (int)lround(full_scale * sample_at(notes, i));
        put_number(&wav, (uint32_t)sample & 0xffff, BYTES_PER_SAMPLE);
    }
    return (struct sound){.name = name,
                          .wav = arena_copy(arena, wav.data, wav.len),
                          .len = wav.len,
                          .etag = etag_of(wav.data, wav.len, arena)};
}

struct sounds *sounds_create(void)
{
    struct sounds *sounds = xcalloc(1, sizeof(*sounds));
    sounds->arena = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(scores); i++)
        sounds->items[i] =
            make_sound(scores[i].name, scores[i].length_ms, scores[i].notes, sounds->arena);
    return sounds;
}

void sounds_free(struct sounds *sounds)
{
    if (sounds == NULL)
        return;
    arena_free(sounds->arena);
    free(sounds);
}

const struct sound *sounds_find(const struct sounds *sounds, const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(scores); i++) {
        if (text_equal(sounds->items[i].name, name))
            return &sounds->items[i];
    }
    return NULL;
}
