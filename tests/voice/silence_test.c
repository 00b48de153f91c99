/* When Twilio is asked about a call that says nothing. */
#include "support/cmocka_all.h"
#include "voice/silence.h"

static const struct silence_settings settings = {
    .queued_ms = 10, .ringing_ms = 20, .in_progress_ms = 3000, .ending_ms = 40};

static void waits_as_long_as_the_rank_allows(void **state)
{
    (void)state;
    assert_int_equal(silence_due_at(&settings, CALL_PLACEMENT_PLACED, CALL_STATUS_QUEUED, 100),
                     110);
    assert_int_equal(silence_due_at(&settings, CALL_PLACEMENT_PLACED, CALL_STATUS_NONE, 100), 110);
    assert_int_equal(silence_due_at(&settings, CALL_PLACEMENT_PLACED, CALL_STATUS_RINGING, 100),
                     120);
    assert_int_equal(silence_due_at(&settings, CALL_PLACEMENT_PLACED, CALL_STATUS_IN_PROGRESS, 100),
                     3100);
}

static void never_asks_about_what_is_over_or_was_not_placed(void **state)
{
    (void)state;
    assert_int_equal(silence_due_at(&settings, CALL_PLACEMENT_PLACED, CALL_STATUS_BUSY, 100), 0);
    assert_int_equal(silence_due_at(&settings, CALL_PLACEMENT_INTENDED, CALL_STATUS_NONE, 100), 0);
    assert_int_equal(silence_due_at(&settings, CALL_PLACEMENT_UNKNOWN, CALL_STATUS_NONE, 100), 0);
}

static void asks_soon_about_a_call_that_was_told_to_end(void **state)
{
    (void)state;
    const struct decision hangup = {.kind = DECIDE_HANGUP};
    const struct decision dial = {.kind = DECIDE_DIAL_NUMBER};
    assert_int_equal(silence_due_after(&settings, &hangup, 3100, 100), 140);
    assert_int_equal(silence_due_after(&settings, &dial, 3100, 100), 3100);
    assert_int_equal(silence_due_after(&settings, &hangup, 110, 100), 110);
    assert_int_equal(silence_due_after(&settings, &hangup, 0, 100), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_as_long_as_the_rank_allows),
        cmocka_unit_test(never_asks_about_what_is_over_or_was_not_placed),
        cmocka_unit_test(asks_soon_about_a_call_that_was_told_to_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
