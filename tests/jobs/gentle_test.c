/* The pace of questions, and the numbers that were asked about. */
#include <stdio.h>

#include "../../src/jobs/gentle.h"
#include "../../src/jobs/known_numbers.h"
#include "support/cmocka_all.h"

enum { PER_SECOND = 5, NOW_MS = 1000000, PAST_MANY = 1001 };

static void take_all(struct gentle *gentle, int64_t now_ms)
{
    for (int i = 0; i < PER_SECOND; i++)
        assert_int_equal(gentle_take(gentle, now_ms), 0);
}

static void lets_so_many_through_in_a_second(void **state)
{
    (void)state;
    struct gentle *gentle = gentle_create(PER_SECOND);
    take_all(gentle, NOW_MS);
    int64_t wait_ms = gentle_take(gentle, NOW_MS);
    assert_in_range(wait_ms, 200, 201);
    assert_true(gentle_take(gentle, NOW_MS + wait_ms - 2) > 0);
    assert_int_equal(gentle_take(gentle, NOW_MS + wait_ms), 0);
    assert_true(gentle_take(gentle, NOW_MS + wait_ms) > 0);
    gentle_free(gentle);
}

static void saves_no_more_than_a_second(void **state)
{
    (void)state;
    struct gentle *gentle = gentle_create(PER_SECOND);
    take_all(gentle, NOW_MS);
    take_all(gentle, NOW_MS + 3600000);
    assert_true(gentle_take(gentle, NOW_MS + 3600000) > 0);
    gentle_free(gentle);
}

static void holds_everybody_up_and_never_less(void **state)
{
    (void)state;
    struct gentle *gentle = gentle_create(PER_SECOND);
    gentle_hold(gentle, NOW_MS + 5000);
    gentle_hold(gentle, NOW_MS + 1000);
    assert_int_equal(gentle_take(gentle, NOW_MS), 5000);
    assert_int_equal(gentle_take(gentle, NOW_MS + 4999), 1);
    assert_int_equal(gentle_take(gentle, NOW_MS + 5000), 0);
    gentle_free(gentle);
}

static void remembers_answers(void **state)
{
    (void)state;
    struct known_numbers *numbers = known_numbers_create();
    assert_false(known_numbers_tell(numbers, "+15005550006"));
    known_numbers_put(numbers, "+15005550006", true);
    known_numbers_put(numbers, "+15005550007", false);
    assert_true(known_numbers_has(numbers, "+15005550006"));
    assert_true(known_numbers_tell(numbers, "+15005550007"));
    assert_false(known_numbers_has(numbers, "+15005550007"));
    assert_false(known_numbers_has(numbers, NULL));
    known_numbers_put(numbers, "+15005550006", false);
    assert_false(known_numbers_has(numbers, "+15005550006"));
    known_numbers_forget(numbers);
    assert_false(known_numbers_tell(numbers, "+15005550006"));
    known_numbers_free(numbers);
}

/* With too many of them it begins anew rather than grow. */
static void is_bounded(void **state)
{
    (void)state;
    struct known_numbers *numbers = known_numbers_create();
    char number[24];
    for (int i = 0; i < PAST_MANY; i++) {
        (void)snprintf(number, sizeof(number), "+1%s%04d", "500555", i);
        known_numbers_put(numbers, number, true);
    }
    assert_true(known_numbers_has(numbers, number));
    assert_false(known_numbers_tell(numbers, "+15005550000"));
    known_numbers_free(numbers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lets_so_many_through_in_a_second),
        cmocka_unit_test(saves_no_more_than_a_second),
        cmocka_unit_test(holds_everybody_up_and_never_less),
        cmocka_unit_test(remembers_answers),
        cmocka_unit_test(is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
