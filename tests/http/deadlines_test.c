/* The thread that watches deadlines, without a server around it. */
#include "../../src/http/deadlines.h"

#include "core/lock.h"
#include "core/macros.h"
#include "core/wall_clock.h"
#include "support/cmocka_all.h"

enum { COUNT = 64, FAR_MS = 60 * 1000 };

static struct {
    struct deadlines deadlines;
    _Atomic(int64_t) at_ms[COUNT];
    pthread_mutex_t mutex;
    pthread_cond_t fired;
    int count[COUNT];
    int early; /* acted on before its time */
    int scans;
} it = {.mutex = PTHREAD_MUTEX_INITIALIZER, .fired = PTHREAD_COND_INITIALIZER};

static int64_t scan(void *context, int64_t now_ms)
{
    (void)context;
    auto_unlock pthread_mutex_t *held = lock(&it.mutex);
    it.scans++;
    int64_t next_ms = DEADLINE_NEVER;
    for (size_t i = 0; i < COUNT; i++) {
        int64_t at_ms = atomic_load(&it.at_ms[i]);
        if (at_ms <= now_ms) {
            if (atomic_compare_exchange_strong(&it.at_ms[i], &at_ms, DEADLINE_NEVER)) {
                it.count[i]++;
                it.early += monotonic_ms() < at_ms;
                (void)pthread_cond_broadcast(&it.fired);
            }
        } else if (at_ms < next_ms) {
            next_ms = at_ms;
        }
    }
    return next_ms;
}

static int start(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        atomic_store(&it.at_ms[i], DEADLINE_NEVER);
        it.count[i] = 0;
    }
    it.early = 0;
    it.scans = 0;
    deadlines_start(&it.deadlines, scan, NULL);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    deadlines_stop(&it.deadlines);
    deadline_set(&it.deadlines, &it.at_ms[0], 1); /* nobody looks any more */
    deadlines_release(&it.deadlines);
    return 0;
}

static void set(size_t which, int64_t in_ms)
{
    deadline_set(&it.deadlines, &it.at_ms[which], monotonic_ms() + in_ms);
}

/* A deadline that is never acted on is found by the time limit of the test. */
static void wait_for(size_t which, int count)
{
    auto_unlock pthread_mutex_t *held = lock(&it.mutex);
    while (it.count[which] < count)
        (void)pthread_cond_wait(&it.fired, &it.mutex);
}

static void an_earlier_deadline_is_not_missed(void **state)
{
    (void)state;
    set(0, FAR_MS);
    set(1, 20);
    set(2, 1);
    wait_for(2, 1);
    wait_for(1, 1);
    assert_int_equal(it.count[0], 0);
    assert_int_equal(it.early, 0);
}

static void a_deadline_in_the_past_is_acted_on(void **state)
{
    (void)state;
    set(3, -5);
    wait_for(3, 1);
    set(3, 0);
    wait_for(3, 2);
}

static void a_deadline_that_moved_away_is_left_alone(void **state)
{
    (void)state;
    set(0, 5);
    set(0, FAR_MS);
    set(1, 20);
    wait_for(1, 1);
    assert_int_equal(it.count[0], 0);
}

static void *set_many(void *argument)
{
    size_t first = *(size_t *)argument;
    for (int round = 0; round < 200; round++) {
        for (size_t i = first; i < first + COUNT / 4; i++)
            set(i, FAR_MS + round);
        set(first, round % 3);
        wait_for(first, round + 1);
    }
    return NULL;
}

static void deadlines_may_be_set_by_many_threads(void **state)
{
    (void)state;
    pthread_t threads[4];
    size_t firsts[4];
    for (size_t i = 0; i < 4; i++) {
        firsts[i] = i * COUNT / 4;
        assert_int_equal(pthread_create(&threads[i], NULL, set_many, &firsts[i]), 0);
    }
    for (size_t i = 0; i < 4; i++)
        (void)pthread_join(threads[i], NULL);
    assert_int_equal(it.early, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_earlier_deadline_is_not_missed, start, stop),
        cmocka_unit_test_setup_teardown(a_deadline_in_the_past_is_acted_on, start, stop),
        cmocka_unit_test_setup_teardown(a_deadline_that_moved_away_is_left_alone, start, stop),
        cmocka_unit_test_setup_teardown(deadlines_may_be_set_by_many_threads, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
