/* Token buckets, by a clock that the test holds. */
#include "app/rate_table.h"

#include "core/macros.h"
#include "support/cmocka_all.h"

enum { SECOND = 1000000 };

/* Ten a minute, three at once: one comes back every six seconds. */
static const struct config_rate rate = {.per_minute = 10, .burst = 3};

static void gives_what_has_come_back(void **state)
{
    static const struct {
        int at_s;
        bool taken;
        int remaining;
        int reset_s;
        int retry_s;
    } steps[] = {
        {0,   true,  2, 6,  0},
        {0,   true,  1, 12, 0},
        {0,   true,  0, 18, 0},
        {0,   false, 0, 18, 6},
        {5,   false, 0, 13, 1},
        {6,   true,  0, 18, 0},
        {6,   false, 0, 18, 6},
        {18,  true,  1, 12, 0},
        {600, true,  2, 6,  0}, /* never more than three */
        {600, true,  1, 12, 0},
        {600, true,  0, 18, 0},
        {600, false, 0, 18, 6},
    };
    (void)state;
    struct rate_table *table = rate_table_create(4);
    uint64_t key = rate_table_key(table, "alice", NULL);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        struct rate_level level;
        int64_t now_us = (int64_t)(1000 + steps[i].at_s) * SECOND;
        bool taken = rate_table_take(table, key, &rate, now_us, &level);
        if (taken != steps[i].taken || level.remaining != steps[i].remaining ||
            level.reset_s != steps[i].reset_s || level.retry_s != steps[i].retry_s)
            fail_msg("step %zu: %d %lld %lld %lld", i, taken, (long long)level.remaining,
                     (long long)level.reset_s, (long long)level.retry_s);
    }
    rate_table_free(table);
}

static void takes_back_what_was_given(void **state)
{
    (void)state;
    struct rate_table *table = rate_table_create(4);
    uint64_t key = rate_table_key(table, "alice", NULL);
    struct rate_level level;
    rate_table_give(table, key, &rate, SECOND); /* nothing is missing */
    for (int i = 0; i < 3; i++)
        assert_true(rate_table_take(table, key, &rate, SECOND, &level));
    rate_table_give(table, key, &rate, SECOND);
    assert_true(rate_table_take(table, key, &rate, SECOND, &level));
    assert_int_equal(level.remaining, 0);
    assert_false(rate_table_take(table, key, &rate, SECOND, &level));
    rate_table_free(table);
}

static void keeps_everybody_apart(void **state)
{
    (void)state;
    struct rate_table *table = rate_table_create(64);
    struct rate_level level;
    uint64_t alice = rate_table_key(table, "alice", NULL);
    assert_int_not_equal(rate_table_key(table, "ab", "c"), rate_table_key(table, "a", "bc"));
    for (int i = 0; i < 4; i++)
        (void)rate_table_take(table, alice, &rate, SECOND, &level);
    assert_false(rate_table_take(table, alice, &rate, SECOND, &level));
    assert_true(rate_table_take(table, rate_table_key(table, "bob", NULL), &rate, SECOND, &level));
    rate_table_free(table);
}

/* Whoever comes from many addresses pushes out those who owe little, not the one who owes most. */
static void forgets_the_one_who_owes_least(void **state)
{
    enum { OTHERS = 10000 };
    (void)state;
    struct rate_table *table = rate_table_create(1);
    struct rate_level level;
    for (int i = 0; i < 3; i++)
        assert_true(rate_table_take(table, 1, &rate, SECOND, &level));
    for (uint64_t key = 2; key < OTHERS; key++)
        assert_true(rate_table_take(table, key, &rate, SECOND, &level));
    assert_false(rate_table_take(table, 1, &rate, SECOND, &level));
    rate_table_free(table);
}

static void forgets_a_full_bucket_first(void **state)
{
    (void)state;
    struct rate_table *table = rate_table_create(1);
    struct rate_level level;
    assert_true(rate_table_take(table, 1, &rate, SECOND, &level)); /* full again at 7 s */
    for (uint64_t key = 2; key <= 8; key++)
        assert_true(rate_table_take(table, key, &rate, 8 * SECOND, &level));
    assert_true(rate_table_take(table, 9, &rate, 8 * SECOND, &level));
    for (uint64_t key = 2; key <= 8; key++) {
        assert_true(rate_table_take(table, key, &rate, 8 * SECOND, &level));
        assert_int_equal(level.remaining, 1); /* nobody of these was forgotten */
    }
    rate_table_free(table);
}

static void follows_a_rate_that_is_another_now(void **state)
{
    static const struct config_rate slow = {.per_minute = 1, .burst = 100000000};
    static const struct config_rate quick = {.per_minute = 100000000, .burst = 5};
    static const struct config_rate none = {.per_minute = 0, .burst = 5};
    (void)state;
    struct rate_table *table = rate_table_create(1);
    struct rate_level level;
    for (int i = 0; i < 1000; i++)
        assert_true(rate_table_take(table, 1, &slow, SECOND, &level));
    assert_false(rate_table_take(table, 1, &quick, SECOND, &level));
    assert_true(level.retry_s >= 1);
    assert_true(rate_table_take(table, 1, &none, SECOND, &level));
    assert_int_equal(rate_window_s(&rate), 18);
    assert_int_equal(rate_window_s(&quick), 1);
    rate_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_what_has_come_back),
        cmocka_unit_test(takes_back_what_was_given),
        cmocka_unit_test(keeps_everybody_apart),
        cmocka_unit_test(forgets_the_one_who_owes_least),
        cmocka_unit_test(forgets_a_full_bucket_first),
        cmocka_unit_test(follows_a_rate_that_is_another_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
