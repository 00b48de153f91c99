/* Sealed numbers: only who has the key reads them, and nobody else makes one. */
#include "crypto/sealed_number.h"

#include <string.h>

#include "core/macros.h"
#include "core/random.h"
#include "support/cmocka_all.h"

static const unsigned char key[SEALED_NUMBER_KEY_BYTES] = "0123456789abcdef";
static const unsigned char other[SEALED_NUMBER_KEY_BYTES] = "fedcba9876543210";

static void gives_back_what_was_sealed(void **state)
{
    (void)state;
    const int64_t numbers[] = {0, 1, -1, 127, 128, INT64_MAX, INT64_MIN, 1234567890123456789};
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        char text[SEALED_NUMBER_BYTES];
        int64_t got = 7;
        sealed_number_write(key, numbers[i], text);
        assert_int_equal(strlen(text), SEALED_NUMBER_CHARS);
        assert_true(sealed_number_has_form(text));
        assert_true(sealed_number_read(key, text, &got));
        assert_true(got == numbers[i]);
        got = 7;
        assert_false(sealed_number_read(other, text, &got));
        assert_int_equal(got, 7);
    }
}

/* AES-128 of 16 zero bytes under this key, by openssl enc -aes-128-ecb -nopad. */
static void is_the_cipher_itself(void **state)
{
    (void)state;
    static const unsigned char zeros[SEALED_NUMBER_KEY_BYTES];
    char text[SEALED_NUMBER_BYTES];
    sealed_number_write(zeros, 0, text);
    assert_string_equal(text, "ZulL1O-KLDuITPpZyjQrLg"); /* 66e94bd4ef8a2c3b884cfa59ca342b2e */
}

static void refuses_what_nobody_sealed(void **state)
{
    (void)state;
    const char *const texts[] = {"",
                                 "7",
                                 "AAAAAAAAAAAAAAAAAAAAAA",
                                 "AAAAAAAAAAAAAAAAAAAAA",
                                 "AAAAAAAAAAAAAAAAAAAAAAA",
                                 "AAAAAAAAAAAAAAAAAAAAA!",
                                 "AAAAAAAAAAAAAAAAAAAAA=",
                                 "AAAAAAAAAAAAAAAAAAAAAB"};
    int64_t got = 7;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_false(sealed_number_read(key, texts[i], &got));
    for (int i = 0; i < 1000; i++) {
        char text[SEALED_NUMBER_BYTES];
        sealed_number_write(other, (int64_t)random_u64(), text);
        assert_false(sealed_number_read(key, text, &got));
    }
    assert_int_equal(got, 7);
}

static void a_changed_character_is_another_text(void **state)
{
    (void)state;
    char text[SEALED_NUMBER_BYTES];
    int64_t got;
    for (size_t i = 0; i < SEALED_NUMBER_CHARS; i++) {
        sealed_number_write(key, 4711, text);
        text[i] = text[i] == 'A' ? 'B' : 'A';
        assert_false(sealed_number_read(key, text, &got));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_back_what_was_sealed),
        cmocka_unit_test(is_the_cipher_itself),
        cmocka_unit_test(refuses_what_nobody_sealed),
        cmocka_unit_test(a_changed_character_is_another_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
