#include "crypto/compare.h"

#include "support/cmocka_all.h"

static void bytes_are_equal_only_if_all_of_them_are(void **state)
{
    (void)state;
    char a[] = "0123456789abcdef";
    char b[] = "0123456789abcdef";
    assert_true(secret_equal(a, b, 16));
    assert_true(secret_equal(a, b, 0));
    for (size_t i = 0; i < 16; i++) {
        b[i] ^= 1;
        assert_false(secret_equal(a, b, 16));
        assert_true(secret_equal(a, b, i));
        b[i] ^= 1;
    }
}

static void texts_of_other_lengths_are_not_equal(void **state)
{
    (void)state;
    assert_true(secret_text_equal("secret", "secret"));
    assert_true(secret_text_equal("", ""));
    assert_false(secret_text_equal("secret", "secret1"));
    assert_false(secret_text_equal("secret", "secre"));
    assert_false(secret_text_equal("secret", "Secret"));
    assert_false(secret_text_equal("", "x"));
    assert_false(secret_text_equal(NULL, ""));
    assert_false(secret_text_equal("", NULL));
    assert_false(secret_text_equal(NULL, NULL));
}

static void wiped_memory_is_empty(void **state)
{
    (void)state;
    char secret[] = "secret";
    secret_wipe(secret, sizeof(secret));
    assert_memory_equal(secret, "\0\0\0\0\0\0\0", sizeof(secret));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_equal_only_if_all_of_them_are),
        cmocka_unit_test(texts_of_other_lengths_are_not_equal),
        cmocka_unit_test(wiped_memory_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
