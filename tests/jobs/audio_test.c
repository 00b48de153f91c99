/* What is sound, and what only says so. */
#include "jobs/audio.h"

#include <stdlib.h>
#include <string.h>

#include "core/macros.h"
#include "core/xmalloc.h"
#include "support/cmocka_all.h"

/* A literal and its length. */
#define BYTES(literal) (literal), sizeof(literal) - 1

#define FMT_MONO "fmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0"
#define FMT_DUAL "fmt \x10\0\0\0\x01\0\x02\0\x40\x1f\0\0\0\x7d\0\0\x04\0\x10\0"
#define WAV_OF(fmt, size) "RIFF\0\0\0\0WAVE" fmt "data" size "abcd"

static void knows_a_wav(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        size_t len;
        unsigned channels;
        int64_t total_bytes;
    } cases[] = {
        {BYTES(WAV_OF(FMT_MONO,                            "\x04\0\0\0")),       1, 48        },
        {BYTES(WAV_OF(FMT_DUAL,                            "\0\x01\0\0")),       2, 300       },
        {BYTES(WAV_OF(FMT_DUAL,                            "\0\0\0\0")),         2, 0         }, /* not known when it was written */
        {BYTES(WAV_OF(FMT_DUAL,                            "\xff\xff\xff\xff")), 2, 0         },
        {BYTES(WAV_OF("LIST\x03\0\0\0abc\0" FMT_MONO,      "\x04\0\0\0")),       1,
         60                                                                                   }, /* odd chunks are padded */
        {BYTES(WAV_OF(FMT_MONO "fact\x04\0\0\0\x01\0\0\0", "\x04\0\0\0")),       1, 60        },
        {BYTES(WAV_OF(FMT_MONO,                            "\0\0\0\x40")),       1, 0x4000002c},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct audio_facts facts = {0};
        struct error err = {0};
        if (audio_look(cases[i].head, cases[i].len, &facts, &err) < 0)
            fail_msg("%zu: %s", i, err.message);
        assert_int_equal(facts.format, AUDIO_WAV);
        assert_int_equal(facts.channels, cases[i].channels);
        assert_int_equal(facts.rate_hz, 8000);
        assert_int_equal(facts.total_bytes, cases[i].total_bytes);
    }
}

/* MPEG-1 layer III, 32 kbit/s, 44100 Hz: 104 bytes a frame. MPEG-2.5, 8 kbit/s, 8000 Hz: 72. */
static size_t put_frames(unsigned char *out, size_t at, const char *header, size_t bytes, int count)
{
    for (int i = 0; i < count; i++, at += bytes)
        memcpy(out + at, header, 4);
    return at;
}

static void knows_an_mp3(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        size_t frame_bytes;
        size_t tag_bytes;
        unsigned channels, rate_hz;
    } cases[] = {
        {"\xff\xfb\x10\xc0", 104, 0,   1, 44100},
        {"\xff\xfb\x10\x00", 104, 0,   2, 44100},
        {"\xff\xe3\x18\xc4", 72,  0,   1, 8000 },
        {"\xff\xf3\x18\xc4", 36,  300, 1, 16000},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        unsigned char head[1024] = {0};
        size_t at = cases[i].tag_bytes;
        struct audio_facts facts = {0};
        struct error err = {0};
        if (at > 0) {
            memcpy(head, "ID3\4\0\0\0\0", 8);
            head[8] = (unsigned char)((at - 10) >> 7);
            head[9] = (unsigned char)((at - 10) & 0x7f);
        }
        at = put_frames(head, at, cases[i].header, cases[i].frame_bytes, 2);
        if (audio_look(head, at, &facts, &err) < 0)
            fail_msg("%zu: %s", i, err.message);
        assert_int_equal(facts.format, AUDIO_MP3);
        assert_int_equal(facts.channels, cases[i].channels);
        assert_int_equal(facts.rate_hz, cases[i].rate_hz);
        assert_int_equal(facts.total_bytes, 0);
    }
}

static void refuses_what_is_no_sound(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        size_t len;
        const char *says;
    } cases[] = {
        {BYTES(""),                                                                            "nothing"           },
        {BYTES(" \r\n\t "),                                                                    "nothing"           },
        {BYTES("\0\0\0\0"),                                                                    "something else"    },
        {BYTES("<?xml version=\"1.0\"?><TwilioResponse/>"),                                    "XML"               },
        {BYTES("\n<TwilioResponse><RestException/>"),                                          "XML"               },
        {BYTES("<!DOCTYPE html><html>"),                                                       "a page"            },
        {BYTES("{\"code\": 20404}"),                                                           "JSON"              },
        {BYTES("RIFF"),                                                                        "something else"    },
        {BYTES("RIFF\0\0\0\0AVI "),                                                            "something else"    },
        {BYTES("RIFF\0\0\0\0WAVE"),                                                            "a WAV without data"},
        {BYTES("RIFF\0\0\0\0WAVEdata\4\0\0\0abcd"),                                            "does not say"      },
        {BYTES("RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0"),                                  "cut in its header" },
        {BYTES("RIFF\0\0\0\0WAVE" FMT_MONO),                                                   "a WAV without data"},
        {BYTES("RIFF\0\0\0\0WAVEjunk\xff\xff\xff\x7f" FMT_MONO),                               "a WAV without data"},
        {BYTES(
             WAV_OF("fmt \x10\0\0\0\x55\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0", "\4\0\0\0")),
         "coding"},
        {BYTES(
             WAV_OF("fmt \x10\0\0\0\x01\0\x09\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0",                                                                                    "\4\0\0\0")),
         "channels"},
        {BYTES("\xff\xfb\x10"),                                                                           "something else"                                                                                              },
        {BYTES("\xff\xfb\xf0\xc0"),"first frame is none"}, /* a bit rate that is none */
        {BYTES("\xff\xfd\x10\xc0"),                                                                      "first frame is none"                                                                                                                                                                          }, /* layer II */
        {BYTES("ID3\4\0\0\x7f\x7f\x7f\x7f"),"near its beginning"},
        {BYTES("ID3"),                                                                       "near its beginning"                                                                                                                                                                                                                                                       },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct audio_facts facts = {0};
        struct error err = {0};
        assert_int_equal(audio_look(cases[i].head, cases[i].len, &facts, &err), -1);
        assert_int_equal(err.kind, ERROR_UPSTREAM);
        if (strstr(err.message, cases[i].says) == NULL)
            fail_msg("%zu: \"%s\" does not say \"%s\"", i, err.message, cases[i].says);
    }
    unsigned char chance[256] = {0xff, 0xfb, 0x10,
                                 0xc0}; /* one header, and nothing where the next should be */
    struct audio_facts facts = {0};
    struct error err = {0};
    assert_int_equal(audio_look(chance, sizeof chance, &facts, &err), -1);
    assert_non_null(strstr(err.message, "second frame"));
}

/* Cut anywhere, it never reads behind its end (the sanitizer sees that). */
static void reads_nothing_behind_the_end(void **state)
{
    (void)state;
    static const char wav[] = WAV_OF("LIST\x03\0\0\0abc\0" FMT_DUAL, "\x04\0\0\0");
    for (size_t len = 0; len < sizeof wav; len++) {
        char *copy = xcalloc(1, len > 0 ? len : 1);
        struct audio_facts facts = {0};
        struct error err = {0};
        memcpy(copy, wav, len);
        (void)!audio_look(copy, len, &facts, &err);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_a_wav),
        cmocka_unit_test(knows_an_mp3),
        cmocka_unit_test(refuses_what_is_no_sound),
        cmocka_unit_test(reads_nothing_behind_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
