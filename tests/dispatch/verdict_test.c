/* What becomes of a delivery after an attempt. */
#include "../../src/dispatch/verdict.h"

#include <string.h>

#include "core/macros.h"
#include "support/cmocka_all.h"

static const struct config_dispatch config = {
    .backoff_ms = 1000,
    .backoff_max_ms = 60000,
    .give_up_ms = 100000,
};

static const struct delivery_row open_one = {
    .number = 7,
    .state = DELIVERY_PENDING,
    .attempts = 2,
    .give_up_at_ms = 100000,
    .due_at_ms = 1,
};

static struct outcome answered(int status)
{
    return (struct outcome){
        .at_ms = 9000,
        .ended_at_ms = 10000,
        .latency_ms = 1000,
        .status = status,
        .retry_after_ms = -1,
        .problem = "",
        .answer = "said",
    };
}

static int set_up(void **state)
{
    *state = arena_create();
    return 0;
}

static int tear_down(void **state)
{
    arena_free(*state);
    return 0;
}

static void two_hundred_and_something_is_success_and_nothing_else(void **state)
{
    static const struct {
        int status;
        bool success;
    } statuses[] = {
        {199, false},
        {200, true },
        {204, true },
        {299, true },
        {300, false},
        {302, false},
        {304, false},
        {400, false},
        {404, false},
        {410, false},
        {429, false},
        {500, false},
        {503, false},
        {0,   false},
    };
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        struct outcome outcome = answered(statuses[i].status);
        struct delivery_row row = verdict_of(&open_one, &outcome, &config, 0, *state);
        assert_int_equal(row.state, statuses[i].success ? DELIVERY_DELIVERED : DELIVERY_PENDING);
        assert_int_equal(row.last.error == NULL, statuses[i].success);
        assert_int_equal(row.attempts, 3);
        assert_int_equal(row.last.status, statuses[i].status);
        assert_int_equal(row.last.at_ms, 9000);
        assert_int_equal(row.last.latency_ms, 1000);
        assert_string_equal(row.last.answer, "said");
        assert_int_equal(row.ended_at_ms, statuses[i].success ? 10000 : 0);
    }
}

static void waits_longer_each_time_and_never_too_long(void **state)
{
    struct outcome outcome = answered(500);
    struct delivery_row row = open_one;
    int64_t before = 0;
    row.give_up_at_ms = INT64_MAX;
    for (row.attempts = 0; row.attempts < 10; row.attempts++) {
        int64_t least = verdict_of(&row, &outcome, &config, 0, *state).due_at_ms - 10000;
        assert_true(least > 0 && least <= 60000 && least >= before);
        before = least;
    }
    assert_int_equal(before, 30000);
    row.attempts_base = 9; /* it was sent again: it begins anew */
    row.attempts = 9;
    assert_int_equal(verdict_of(&row, &outcome, &config, 0, *state).due_at_ms, 10500);
}

static void is_tried_once_more_at_the_very_end_and_then_dead(void **state)
{
    struct outcome outcome = answered(500);
    struct delivery_row row = open_one;
    row.give_up_at_ms = 10100;
    row = verdict_of(&row, &outcome, &config, 0, *state);
    assert_int_equal(row.state, DELIVERY_PENDING);
    assert_int_equal(row.due_at_ms, 10100);
    outcome.ended_at_ms = 10100;
    row = verdict_of(&row, &outcome, &config, 0, *state);
    assert_int_equal(row.state, DELIVERY_DEAD);
    assert_int_equal(row.ended_at_ms, 10100);
    assert_string_equal(row.last.error, "status 500");
}

static void an_endpoint_may_ask_for_time_but_not_for_ever(void **state)
{
    static const struct {
        int status;
        int64_t retry_after_ms;
        int64_t until_ms;
    } cases[] = {
        {503, 5000,      15000},
        {429, 5000,      15000},
        {503, 999999999, 70000},
        {503, 0,         0    },
        {503, -1,        0    },
        {500, 5000,      0    },
        {200, 5000,      0    },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct outcome outcome = answered(cases[i].status);
        outcome.retry_after_ms = cases[i].retry_after_ms;
        assert_int_equal(outcome_leave_alone_until(&outcome, &config), cases[i].until_ms);
        struct delivery_row row = verdict_of(&open_one, &outcome, &config, 0, *state);
        if (cases[i].until_ms > 0)
            assert_true(row.due_at_ms >= cases[i].until_ms);
    }
}

static void says_why(void **state)
{
    struct outcome outcome = answered(301);
    assert_string_equal(verdict_of(&open_one, &outcome, &config, 0, *state).last.error,
                        "status 301, and redirects are not followed");
    outcome = answered(0);
    outcome.problem = "connection refused";
    assert_string_equal(verdict_of(&open_one, &outcome, &config, 0, *state).last.error,
                        "connection refused");
    outcome.hopeless = true;
    assert_int_equal(verdict_of(&open_one, &outcome, &config, 0, *state).state, DELIVERY_DEAD);
    outcome = answered(410);
    assert_true(outcome_is_gone(&outcome));
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        EACH(two_hundred_and_something_is_success_and_nothing_else),
        EACH(waits_longer_each_time_and_never_too_long),
        EACH(is_tried_once_more_at_the_very_end_and_then_dead),
        EACH(an_endpoint_may_ask_for_time_but_not_for_ever),
        EACH(says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
