/* The rank rule, by table and by property: whatever order and repeats news comes in, the end is the
 * same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/macros.h"
#include "core/text.h"
#include "voice/call.h"

static struct leg_news news(enum call_status status, int64_t sequence)
{
    return (struct leg_news){
        .status = status, .sequence = sequence, .at_ms = 1000 * (sequence + 1), .duration_s = -1};
}

static void takes_news_by_rank(void **state)
{
    (void)state;
    static const struct {
        enum call_status known, told, after;
        enum news_effect effect;
    } cases[] = {
        {CALL_STATUS_NONE,        CALL_STATUS_QUEUED,      CALL_STATUS_QUEUED,      NEWS_ADVANCES       },
        {CALL_STATUS_QUEUED,      CALL_STATUS_RINGING,     CALL_STATUS_RINGING,     NEWS_ADVANCES       },
        {CALL_STATUS_RINGING,     CALL_STATUS_INITIATED,   CALL_STATUS_RINGING,     NEWS_CHANGES_NOTHING},
        {CALL_STATUS_RINGING,     CALL_STATUS_RINGING,     CALL_STATUS_RINGING,     NEWS_CHANGES_NOTHING},
        {CALL_STATUS_IN_PROGRESS, CALL_STATUS_RINGING,     CALL_STATUS_IN_PROGRESS,
         NEWS_CHANGES_NOTHING                                                                           },
        {CALL_STATUS_NONE,        CALL_STATUS_IN_PROGRESS, CALL_STATUS_IN_PROGRESS, NEWS_ADVANCES       },
        {CALL_STATUS_RINGING,     CALL_STATUS_BUSY,        CALL_STATUS_BUSY,        NEWS_ADVANCES       },
        {CALL_STATUS_BUSY,        CALL_STATUS_RINGING,     CALL_STATUS_BUSY,        NEWS_CHANGES_NOTHING},
        {CALL_STATUS_COMPLETED,   CALL_STATUS_COMPLETED,   CALL_STATUS_COMPLETED,   NEWS_CHANGES_NOTHING},
        {CALL_STATUS_COMPLETED,   CALL_STATUS_BUSY,        CALL_STATUS_COMPLETED,   NEWS_CONTRADICTS    },
        {CALL_STATUS_NO_ANSWER,   CALL_STATUS_COMPLETED,   CALL_STATUS_NO_ANSWER,   NEWS_CONTRADICTS    },
        {CALL_STATUS_COMPLETED,   CALL_STATUS_IN_PROGRESS, CALL_STATUS_COMPLETED,   NEWS_COMPLETES      },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct leg_state leg = leg_state_new();
        leg.status = cases[i].known;
        leg.answered_at_ms = cases[i].known == CALL_STATUS_IN_PROGRESS ? 1 : 0;
        struct leg_news told = news(cases[i].told, 3);
        assert_int_equal(leg_take_news(&leg, &told), cases[i].effect);
        assert_int_equal(leg.status, cases[i].after);
    }
}

static void keeps_the_earliest_answer(void **state)
{
    (void)state;
    struct leg_state leg = leg_state_new();
    struct leg_news late = {CALL_STATUS_IN_PROGRESS, -1, 9000, -1, 0};
    struct leg_news early = {CALL_STATUS_IN_PROGRESS, 2, 5000, -1, 0};
    assert_int_equal(leg_take_news(&leg, &late), NEWS_ADVANCES);
    assert_int_equal(leg_take_news(&leg, &early), NEWS_COMPLETES);
    assert_int_equal(leg.answered_at_ms, 5000);
    assert_int_equal(leg_take_news(&leg, &late), NEWS_CHANGES_NOTHING);
    assert_int_equal(leg.answered_at_ms, 5000);
}

static void derives_the_answer_time_when_nobody_told_it(void **state)
{
    (void)state;
    struct leg_state leg = leg_state_new();
    struct leg_news end = {CALL_STATUS_COMPLETED, 3, 60000, 49, 200};
    assert_int_equal(leg_take_news(&leg, &end), NEWS_ADVANCES);
    assert_int_equal(leg_answered_at_ms(&leg), 11000);
    assert_int_equal(leg.answered_at_ms, 0); /* so that whoever was told it later is believed */
    assert_int_equal(leg.ended_at_ms, 60000);
    assert_int_equal(leg.duration_s, 49);
    assert_int_equal(leg.sip_code, 200);
}

static void keeps_the_earliest_end(void **state)
{
    (void)state;
    struct leg_state leg = leg_state_new();
    struct leg_news report = {CALL_STATUS_COMPLETED, -1, 60000, 49,
                              0}; /* of the dial, without a time */
    struct leg_news callback = {CALL_STATUS_COMPLETED, 3, 58000, -1, 0};
    assert_int_equal(leg_take_news(&leg, &report), NEWS_ADVANCES);
    assert_int_equal(leg_take_news(&leg, &callback), NEWS_COMPLETES);
    assert_int_equal(leg.ended_at_ms, 58000);
    assert_int_equal(leg_answered_at_ms(&leg), 9000);
    assert_int_equal(leg_take_news(&leg, &report), NEWS_CHANGES_NOTHING);
    assert_int_equal(leg.ended_at_ms, 58000);
}

/* Every permutation of a call's five callbacks, each delivered twice, ends in one and the same
 * state. */
static void any_order_with_repeats_ends_in_the_same_state(void **state)
{
    (void)state;
    const struct leg_news told[] = {
        {CALL_STATUS_QUEUED,      -1, 1000,  -1, 0  },
        {CALL_STATUS_INITIATED,   0,  2000,  -1, 0  },
        {CALL_STATUS_RINGING,     1,  3000,  -1, 0  },
        {CALL_STATUS_IN_PROGRESS, 2,  4000,  -1, 0  },
        {CALL_STATUS_COMPLETED,   3,  16000, 12, 200},
    };
    enum { N = ARRAY_LEN(told), ORDERS = 5 * 4 * 3 * 2 };
    for (unsigned order = 0; order < ORDERS; order++) {
        size_t left[N];
        for (size_t i = 0; i < N; i++)
            left[i] = i;
        struct leg_state leg = leg_state_new();
        int rank = -1;
        unsigned rest = order;
        for (size_t n = N; n > 0; n--) {
            size_t pick = rest % n;
            rest /= (unsigned)n;
            (void)leg_take_news(&leg, &told[left[pick]]);
            (void)leg_take_news(&leg, &told[left[pick]]);
            assert_true(call_status_rank(leg.status) >= rank);
            rank = call_status_rank(leg.status);
            left[pick] = left[n - 1];
        }
        assert_int_equal(leg.status, CALL_STATUS_COMPLETED);
        assert_int_equal(leg.answered_at_ms, 4000);
        assert_int_equal(leg.ended_at_ms, 16000);
        assert_int_equal(leg.duration_s, 12);
        assert_int_equal(leg.sequence, 3);
    }
}

static void understands_both_vocabularies(void **state)
{
    (void)state;
    enum call_status status;
    assert_true(call_status_from_text("answered", &status));
    assert_int_equal(status, CALL_STATUS_IN_PROGRESS);
    assert_true(call_status_from_text("cancelled", &status));
    assert_int_equal(status, CALL_STATUS_CANCELED);
    assert_true(call_status_from_text("no-answer", &status));
    assert_int_equal(status, CALL_STATUS_NO_ANSWER);
    assert_false(call_status_from_text("", &status));
    assert_false(call_status_from_text(NULL, &status));
    assert_false(call_status_from_text("Completed", &status));
    for (int i = CALL_STATUS_QUEUED; i <= CALL_STATUS_CANCELED; i++) {
        assert_true(call_status_from_text(call_status_text((enum call_status)i), &status));
        assert_int_equal(status, i);
    }
}

static void tells_what_a_dial_meant(void **state)
{
    (void)state;
    static const struct {
        const char *status, *bridged;
        enum call_outcome outcome;
    } cases[] = {
        {"completed", "true",  CALL_OUTCOME_ANSWERED },
        {"completed", "",      CALL_OUTCOME_ANSWERED },
        {"completed", "false", CALL_OUTCOME_NO_ANSWER},
        {"answered",  "",      CALL_OUTCOME_ANSWERED },
        {"busy",      "false", CALL_OUTCOME_BUSY     },
        {"no-answer", "",      CALL_OUTCOME_NO_ANSWER},
        {"failed",    "",      CALL_OUTCOME_FAILED   },
        {"canceled",  "",      CALL_OUTCOME_CANCELED },
        {"",          "",      CALL_OUTCOME_NONE     },
        {"nonsense",  "",      CALL_OUTCOME_NONE     },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(outcome_of_dial(cases[i].status, cases[i].bridged), cases[i].outcome);
}

static void never_ends_before_it_was_answered(void **state)
{
    (void)state;
    const struct leg_news answered = {CALL_STATUS_IN_PROGRESS, -1, 5700, -1, 0};
    const struct leg_news ended = {CALL_STATUS_COMPLETED, -1, 5000, -1, 0}; /* whole seconds */
    struct leg_state leg = leg_state_new();
    (void)leg_take_news(&leg, &answered);
    (void)leg_take_news(&leg, &ended);
    assert_int_equal(leg.answered_at_ms, 5700);
    assert_int_equal(leg.ended_at_ms, 5700);
    leg = leg_state_new();
    (void)leg_take_news(&leg, &ended);
    (void)leg_take_news(&leg, &answered);
    assert_int_equal(leg.answered_at_ms, 5000);
    assert_int_equal(leg.ended_at_ms, 5000);
}

static void never_forgets_that_somebody_answered(void **state)
{
    (void)state;
    assert_int_equal(outcome_merge(CALL_OUTCOME_ANSWERED, CALL_OUTCOME_BUSY),
                     CALL_OUTCOME_ANSWERED);
    assert_int_equal(outcome_merge(CALL_OUTCOME_BUSY, CALL_OUTCOME_ANSWERED),
                     CALL_OUTCOME_ANSWERED);
    assert_int_equal(outcome_merge(CALL_OUTCOME_BUSY, CALL_OUTCOME_CANCELED), CALL_OUTCOME_BUSY);
    assert_int_equal(outcome_merge(CALL_OUTCOME_NONE, CALL_OUTCOME_BUSY), CALL_OUTCOME_BUSY);
    assert_int_equal(outcome_merge(CALL_OUTCOME_BUSY, CALL_OUTCOME_NONE), CALL_OUTCOME_BUSY);
}

static void an_outcome_does_not_depend_on_who_speaks_first(void **state)
{
    (void)state;
    for (enum call_outcome a = CALL_OUTCOME_NONE; a <= CALL_OUTCOME_REFUSED; a++) {
        for (enum call_outcome b = CALL_OUTCOME_NONE; b <= CALL_OUTCOME_REFUSED; b++)
            assert_int_equal(outcome_merge(a, b), outcome_merge(b, a));
    }
    /* The caller gives up: the leg that rang was canceled, the caller's own was never answered. */
    assert_int_equal(outcome_merge(CALL_OUTCOME_NO_ANSWER, CALL_OUTCOME_CANCELED),
                     CALL_OUTCOME_CANCELED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_news_by_rank),
        cmocka_unit_test(keeps_the_earliest_answer),
        cmocka_unit_test(derives_the_answer_time_when_nobody_told_it),
        cmocka_unit_test(keeps_the_earliest_end),
        cmocka_unit_test(any_order_with_repeats_ends_in_the_same_state),
        cmocka_unit_test(understands_both_vocabularies),
        cmocka_unit_test(tells_what_a_dial_meant),
        cmocka_unit_test(never_ends_before_it_was_answered),
        cmocka_unit_test(never_forgets_that_somebody_answered),
        cmocka_unit_test(an_outcome_does_not_depend_on_who_speaks_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
