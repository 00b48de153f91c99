/* The hour that is counted in slots: never more than the cap in sixty minutes, and it does pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "voice/usage.h"

enum { HOUR_MS = 3600000, SLOT_MS = HOUR_MS / USAGE_SLOTS_PER_HOUR };

static void nobody_has_called(void **state)
{
    (void)state;
    struct usage usage = {0};
    assert_int_equal(usage_in_hour(&usage, usage_slot(1700000000000, HOUR_MS)), 0);
}

static void counts_an_hour_and_forgets_it(void **state)
{
    (void)state;
    struct usage usage = {0};
    int64_t slot = 1000;
    for (int i = 0; i < 3; i++)
        usage_admit(&usage, slot);
    usage_admit(&usage, slot + 5);
    assert_int_equal(usage.at_once, 4);
    assert_int_equal(usage_in_hour(&usage, slot + 5), 4);
    /* 59 minutes later at most: the first three still count in the twelfth slot after theirs */
    assert_int_equal(usage_in_hour(&usage, slot + 12), 4);
    assert_int_equal(usage_in_hour(&usage, slot + 13), 1);
    assert_int_equal(usage_in_hour(&usage, slot + 17), 1);
    assert_int_equal(usage_in_hour(&usage, slot + 18), 0);
    assert_int_equal(usage_in_hour(&usage, slot + 1000000), 0);
    assert_int_equal(usage.at_once, 4);
}

static void shifts_when_it_counts_again(void **state)
{
    (void)state;
    struct usage usage = {0};
    usage_admit(&usage, 1000);
    usage_admit(&usage, 1012);
    assert_int_equal(usage_in_hour(&usage, 1012), 2);
    usage_admit(&usage, 1013);
    assert_int_equal(usage_in_hour(&usage, 1013), 2);
    usage_admit(&usage, 5000);
    assert_int_equal(usage_in_hour(&usage, 5000), 1);
    assert_int_equal(usage.slot, 5000);
}

/* Whatever the phase, no window of sixty minutes holds more than the cap; and no cap waits for more than 65 minutes. */
static void never_admits_more_than_the_cap_in_sixty_minutes(void **state)
{
    (void)state;
    enum { CAP = 5, STEP_MS = 7001, TRIES = 4000 };
    static int64_t admitted_at[TRIES];
    size_t count = 0;
    struct usage usage = {0};
    int64_t now_ms = 1700000000000;
    for (int i = 0; i < TRIES; i++, now_ms += STEP_MS) {
        int64_t slot = usage_slot(now_ms, HOUR_MS);
        if (usage_in_hour(&usage, slot) >= CAP)
            continue;
        usage_admit(&usage, slot);
        admitted_at[count++] = now_ms;
    }
    assert_true(count > CAP);
    for (size_t i = CAP; i < count; i++) {
        assert_true(admitted_at[i] - admitted_at[i - CAP] >= HOUR_MS);
        assert_true(admitted_at[i] - admitted_at[i - CAP] <= HOUR_MS + SLOT_MS + STEP_MS);
    }
}

static void says_when_there_is_room_again(void **state)
{
    (void)state;
    struct usage usage = {0};
    usage_admit(&usage, 1000);
    usage_admit(&usage, 1004);
    assert_int_equal(usage_free_slot(&usage, 1004, 3), 1004);
    assert_int_equal(usage_free_slot(&usage, 1004, 2), 1013);
    assert_int_equal(usage_free_slot(&usage, 1004, 1), 1017);
}

static void a_clock_that_was_set_back_hides_nothing(void **state)
{
    (void)state;
    struct usage usage = {0};
    usage_admit(&usage, 1000);
    assert_int_equal(usage_in_hour(&usage, 990), 1);
    usage_admit(&usage, 990);
    assert_int_equal(usage_in_hour(&usage, 990), 2);
    assert_int_equal(usage.slot, 1000);
    assert_int_equal(usage_free_slot(&usage, 990, 1), 1013);
    assert_int_equal(usage_in_hour(&usage, 900), 0);
    usage_admit(&usage, 900);
    assert_int_equal(usage_in_hour(&usage, 900), 1);
    assert_int_equal(usage.slot, 900);
    assert_int_equal(usage.at_once, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_has_called),
        cmocka_unit_test(counts_an_hour_and_forgets_it),
        cmocka_unit_test(shifts_when_it_counts_again),
        cmocka_unit_test(never_admits_more_than_the_cap_in_sixty_minutes),
        cmocka_unit_test(says_when_there_is_room_again),
        cmocka_unit_test(a_clock_that_was_set_back_hides_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
