/* The sound of recordings: valid, distinct, and the same from wherever it is read. */
#include "simulator/media.h"

#include <stdlib.h>
#include <string.h>

#include "core/macros.h"
#include "support/cmocka_all.h"

#define SID "RE00000000000000000000000000000001"
#define OTHER "RE00000000000000000000000000000002"

static unsigned char *whole(const struct sim_media *media)
{
    unsigned char *bytes = malloc((size_t)sim_media_bytes(media) + 1);
    assert_non_null(bytes);
    sim_media_read(media, 0, (char *)bytes, (size_t)sim_media_bytes(media));
    return bytes;
}

static unsigned le(const unsigned char *at, size_t bytes)
{
    unsigned value = 0;
    for (size_t i = 0; i < bytes; i++)
        value |= (unsigned)at[i] << (8 * i);
    return value;
}

static int sample_at(const unsigned char *wav, size_t channels, size_t channel, size_t i)
{
    return (int16_t)le(wav + 44 + (i * channels + channel) * 2, 2);
}

/* Upward passages through zero in a second are the frequency. */
static int frequency(const unsigned char *wav, size_t channels, size_t channel)
{
    int passages = 0;
    for (size_t i = 200; i < 200 + SIM_MEDIA_RATE; i++)
        passages += sample_at(wav, channels, channel, i) < 0 &&
                    sample_at(wav, channels, channel, i + 1) >= 0;
    return passages;
}

static void wav_is_what_its_head_says(void **state)
{
    (void)state;
    for (int channels = 1; channels <= 2; channels++) {
        struct sim_media media =
            sim_media_of(SID, SIM_MEDIA_WAV, channels, (uint64_t)3 * SIM_MEDIA_RATE);
        unsigned char *wav = whole(&media);
        unsigned data_bytes = 3U * SIM_MEDIA_RATE * 2U * (unsigned)channels;
        assert_string_equal(media.content_type, "audio/x-wav");
        assert_int_equal(media.length, 44 + data_bytes);
        assert_memory_equal(wav, "RIFF", 4);
        assert_int_equal(le(wav + 4, 4), 36 + data_bytes);
        assert_memory_equal(wav + 8, "WAVEfmt \x10\0\0\0\1\0", 14);
        assert_int_equal(le(wav + 22, 2), channels);
        assert_int_equal(le(wav + 24, 4), 8000);
        assert_int_equal(le(wav + 28, 4), 16000 * channels);
        assert_int_equal(le(wav + 32, 2), 2 * channels);
        assert_int_equal(le(wav + 34, 2), 16);
        assert_memory_equal(wav + 36, "data", 4);
        assert_int_equal(le(wav + 40, 4), data_bytes);
        assert_int_equal(frequency(wav, (size_t)channels, 0), 440);
        if (channels == 2)
            assert_int_equal(frequency(wav, 2, 1), 660);
        free(wav);
    }
}

/* Source: ISO/IEC 11172-3, 2.4.1.3; the frame's length is 72 * 8000 / 8000. */
static void mp3_is_frame_after_frame(void **state)
{
    (void)state;
    for (int channels = 1; channels <= 2; channels++) {
        struct sim_media media = sim_media_of(SID, SIM_MEDIA_MP3, channels, SIM_MEDIA_RATE);
        unsigned char *mp3 = whole(&media);
        size_t side_bytes = channels == 2 ? 17 : 9;
        static const unsigned char zeros[17];
        assert_string_equal(media.content_type, "audio/mpeg");
        assert_int_equal(media.length, 14 * 72); /* 8000 samples, 576 in a frame */
        for (size_t at = 0; at < media.length; at += 72) {
            assert_int_equal(mp3[at], 0xff);
            assert_int_equal(mp3[at + 1], 0xe3);
            assert_int_equal(mp3[at + 2], 0x18);
            assert_int_equal(mp3[at + 3], channels == 2 ? 0x00 : 0xc0);
            assert_memory_equal(mp3 + at + 4, zeros, side_bytes);
        }
        assert_memory_equal(mp3 + 4 + side_bytes, SID, strlen(SID));
        free(mp3);
    }
}

static void any_piece_is_the_same_as_in_the_whole(void **state)
{
    (void)state;
    for (int kind = 0; kind < 6; kind++) {
        struct sim_media media =
            sim_media_of(SID, kind % 2 ? SIM_MEDIA_MP3 : SIM_MEDIA_WAV, kind % 4 < 2 ? 1 : 2, 5000);
        media.noise = kind >= 4;
        unsigned char *bytes = whole(&media);
        char piece[301];
        for (uint64_t at = 0; at < media.length; at += sizeof piece) {
            uint64_t left = media.length - at;
            size_t len = left < sizeof piece ? (size_t)left : sizeof piece;
            sim_media_read(&media, at, piece, sizeof piece);
            assert_memory_equal(piece, bytes + at, len);
        }
        free(bytes);
    }
}

static void no_two_recordings_have_the_same_bytes(void **state)
{
    (void)state;
    for (int format = SIM_MEDIA_WAV; format <= SIM_MEDIA_MP3; format++) {
        struct sim_media one = sim_media_of(SID, (enum sim_media_format)format, 1, 0);
        struct sim_media two = sim_media_of(OTHER, (enum sim_media_format)format, 1, 0);
        unsigned char *ours = whole(&one);
        unsigned char *theirs = whole(&two);
        assert_int_equal(one.length, two.length);
        assert_true(one.samples > 0);
        assert_int_not_equal(memcmp(ours, theirs, (size_t)one.length), 0);
        free(ours);
        free(theirs);
    }
}

static void beyond_the_end_is_nothing(void **state)
{
    (void)state;
    struct sim_media media = sim_media_of(SID, SIM_MEDIA_WAV, 1, SIM_MEDIA_RATE);
    char piece[8];
    static const char zeros[sizeof piece];
    memset(piece, 'x', sizeof piece);
    sim_media_read(&media, media.length + 10, piece, sizeof piece);
    assert_memory_equal(piece, zeros, sizeof piece);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wav_is_what_its_head_says),
        cmocka_unit_test(mp3_is_frame_after_frame),
        cmocka_unit_test(any_piece_is_the_same_as_in_the_whole),
        cmocka_unit_test(no_two_recordings_have_the_same_bytes),
        cmocka_unit_test(beyond_the_end_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
