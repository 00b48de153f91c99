#include "crypto/base64.h"

#include <string.h>

#include "core/macros.h"
#include "core/random.h"
#include "support/cmocka_all.h"

/* RFC 4648 section 10, and bytes that need both special digits. */
static const struct {
    const char *bytes;
    size_t len;
    const char *standard;
    const char *url_safe;
} pairs[] = {
    {"",             0, "",         ""        },
    {"f",            1, "Zg==",     "Zg"      },
    {"fo",           2, "Zm8=",     "Zm8"     },
    {"foo",          3, "Zm9v",     "Zm9v"    },
    {"foob",         4, "Zm9vYg==", "Zm9vYg"  },
    {"fooba",        5, "Zm9vYmE=", "Zm9vYmE" },
    {"foobar",       6, "Zm9vYmFy", "Zm9vYmFy"},
    {"\xfb\xff\xbf", 3, "+/+/",     "-_-_"    },
    {"\0\0",         2, "AAA=",     "AAA"     },
};

static void both_forms_of_known_bytes_are_written_and_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        char text[16];
        unsigned char bytes[16];
        size_t len = 99;
        assert_int_equal(base64_encode(text, pairs[i].bytes, pairs[i].len),
                         strlen(pairs[i].standard));
        assert_string_equal(text, pairs[i].standard);
        assert_true(base64_decode(text, strlen(text), bytes, sizeof(bytes), &len));
        assert_int_equal(len, pairs[i].len);
        assert_memory_equal(bytes, pairs[i].bytes, len);
        assert_int_equal(base64url_encode(text, pairs[i].bytes, pairs[i].len),
                         strlen(pairs[i].url_safe));
        assert_string_equal(text, pairs[i].url_safe);
        assert_true(base64url_decode(text, strlen(text), bytes, sizeof(bytes), &len));
        assert_int_equal(len, pairs[i].len);
        assert_memory_equal(bytes, pairs[i].bytes, len);
    }
}

static void what_is_not_canonical_is_refused(void **state)
{
    (void)state;
    static const char *const standard[] = {
        "Z",    "Zg",    "Zg=",      "Zg===",      "Zh==",  "Zm9=",   "Zm8",
        "A===", "AA=A",  "====",     "Zg==Zg",     " Zg==", "Zg==\n", "Zm 9v",
        "-_-_", "Zg=\0", "Zm9vZ===", "Z\xc3\xa9=", "=",     "==",     "Zg==Zm9v",
    };
    static const char *const url_safe[] = {"Z",     "Zg==", "Zm8=", "Zh", "Zm9", "+/+/",
                                           "Zm9vY", " Zg",  "Zg\n", "Z.", "="};
    unsigned char bytes[16];
    size_t len = 99;
    for (size_t i = 0; i < ARRAY_LEN(standard); i++)
        assert_false(base64_decode(standard[i], strlen(standard[i]), bytes, sizeof(bytes), &len));
    for (size_t i = 0; i < ARRAY_LEN(url_safe); i++)
        assert_false(
            base64url_decode(url_safe[i], strlen(url_safe[i]), bytes, sizeof(bytes), &len));
    assert_int_equal(len, 99);
}

static void nothing_is_written_beyond_the_given_room(void **state)
{
    (void)state;
    unsigned char bytes[3] = {1, 2, 3};
    size_t len = 99;
    assert_false(base64_decode("Zm9v", 4, bytes, 2, &len));
    assert_memory_equal(bytes, "\1\2\3", 3);
    assert_true(base64_decode("Zm9v", 4, bytes, 3, &len));
    assert_true(base64_decode("", 0, bytes, 0, &len));
    assert_int_equal(len, 0);
}

static void random_bytes_come_back(void **state)
{
    (void)state;
    for (size_t len = 0; len < 64; len++) {
        unsigned char bytes[64];
        unsigned char back[BASE64_DECODED_BYTES(BASE64_BYTES(64))];
        char text[BASE64_BYTES(64)];
        size_t back_len = 0;
        random_bytes(bytes, sizeof(bytes));
        size_t chars = base64_encode(text, bytes, len);
        assert_int_equal(chars + 1, BASE64_BYTES(len));
        assert_true(base64_decode(text, chars, back, BASE64_DECODED_BYTES(chars), &back_len));
        assert_int_equal(back_len, len);
        assert_memory_equal(back, bytes, len);
        chars = base64url_encode(text, bytes, len);
        assert_null(strpbrk(text, "+/="));
        assert_true(base64url_decode(text, chars, back, BASE64_DECODED_BYTES(chars), &back_len));
        assert_int_equal(back_len, len);
        assert_memory_equal(back, bytes, len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_forms_of_known_bytes_are_written_and_read),
        cmocka_unit_test(what_is_not_canonical_is_refused),
        cmocka_unit_test(nothing_is_written_beyond_the_given_room),
        cmocka_unit_test(random_bytes_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
