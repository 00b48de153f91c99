#include "core/random.h"

#include <string.h>

#include "support/cmocka_all.h"

static void two_draws_differ(void **state)
{
    (void)state;
    unsigned char a[256] = {0};
    unsigned char b[256] = {0};
    random_bytes(a, sizeof a);
    random_bytes(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    assert_true(random_u64() != random_u64());
}

static void numbers_stay_below_and_reach_every_value(void **state)
{
    (void)state;
    int seen[7] = {0};
    for (int i = 0; i < 2000; i++) {
        uint64_t value = random_below(7);
        assert_true(value < 7);
        seen[value]++;
    }
    for (size_t i = 0; i < 7; i++) /* expected 286 each; 100 is more than twelve deviations off */
        assert_true(seen[i] > 100);
    assert_true(random_below(1) == 0);
    assert_true(random_below(UINT64_MAX) < UINT64_MAX);
}

static void hex_text_has_two_digits_a_byte(void **state)
{
    (void)state;
    char text[129];
    random_hex(text, 64);
    assert_int_equal(strlen(text), 128);
    assert_int_equal(strspn(text, "0123456789abcdef"), 128);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_draws_differ),
        cmocka_unit_test(numbers_stay_below_and_reach_every_value),
        cmocka_unit_test(hex_text_has_two_digits_a_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
