/* What the page plays: files that every player takes, and that please the ear. */
#include "app/sounds.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/macros.h"
#include "support/cmocka_all.h"

static const char *const names[] = {"incoming.wav", "outgoing.wav", "disconnect.wav"};

enum { HEADER = 44, MOST_BYTES = 64 * 1024 };

static uint32_t number_at(const char *wav, size_t at, size_t bytes)
{
    uint32_t number = 0;
    for (size_t i = bytes; i-- > 0;)
        number = number << 8 | (unsigned char)wav[at + i];
    return number;
}

static int sample_at(const struct sound *sound, size_t index)
{
    return (int16_t)number_at(sound->wav, HEADER + 2 * index, 2);
}

static size_t sample_count(const struct sound *sound)
{
    return (sound->len - HEADER) / 2;
}

static void each_is_a_wav_file_of_bounded_size(void **state)
{
    struct sounds *sounds = sounds_create();
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct sound *sound = sounds_find(sounds, names[i]);
        assert_non_null(sound);
        assert_true(sound->len > HEADER && sound->len <= MOST_BYTES);
        assert_memory_equal(sound->wav, "RIFF", 4);
        assert_int_equal(number_at(sound->wav, 4, 4), sound->len - 8);
        assert_memory_equal(sound->wav + 8, "WAVEfmt ", 8);
        assert_int_equal(number_at(sound->wav, 20, 2), 1);     /* PCM */
        assert_int_equal(number_at(sound->wav, 22, 2), 1);     /* mono */
        assert_int_equal(number_at(sound->wav, 24, 4), 8000);  /* a second */
        assert_int_equal(number_at(sound->wav, 28, 4), 16000); /* bytes a second */
        assert_int_equal(number_at(sound->wav, 34, 2), 16);    /* bits */
        assert_memory_equal(sound->wav + 36, "data", 4);
        assert_int_equal(number_at(sound->wav, 40, 4), sound->len - HEADER);
    }
    sounds_free(sounds);
}

/* Loud enough to be heard, never clipped, silent at both ends and without a step that would click. */
static void nothing_clips_and_nothing_clicks(void **state)
{
    enum { QUIET = 400, LOUD = 6000, CLIPPED = 30000, STEEPEST = 20000 };
    struct sounds *sounds = sounds_create();
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct sound *sound = sounds_find(sounds, names[i]);
        int peak = 0;
        int step = 0;
        for (size_t at = 0; at < sample_count(sound); at++) {
            int sample = sample_at(sound, at);
            int before = at > 0 ? sample_at(sound, at - 1) : 0;
            peak = abs(sample) > peak ? abs(sample) : peak;
            step = abs(sample - before) > step ? abs(sample - before) : step;
        }
        assert_in_range(peak, LOUD, CLIPPED);
        assert_true(step < STEEPEST);
        assert_true(abs(sample_at(sound, 0)) < QUIET);
        assert_true(abs(sample_at(sound, sample_count(sound) - 1)) < QUIET);
    }
    sounds_free(sounds);
}

static void each_has_a_tag_of_its_own_that_stays(void **state)
{
    struct sounds *sounds = sounds_create();
    struct sounds *again = sounds_create();
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *tag = sounds_find(sounds, names[i])->etag;
        assert_string_equal(tag, sounds_find(again, names[i])->etag);
        for (size_t other = 0; other < i; other++)
            assert_string_not_equal(tag, sounds_find(sounds, names[other])->etag);
    }
    assert_null(sounds_find(sounds, "../incoming.wav"));
    sounds_free(sounds);
    sounds_free(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_a_wav_file_of_bounded_size),
        cmocka_unit_test(nothing_clips_and_nothing_clicks),
        cmocka_unit_test(each_has_a_tag_of_its_own_that_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
