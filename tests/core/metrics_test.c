#include "core/metrics.h"

#include <pthread.h>
#include <string.h>

#include "support/cmocka_all.h"

static const double bounds[] = {0.1, 1, 10};

static void everything_is_rendered_grouped_by_name(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_create();
    metric_add(metrics_counter(metrics, "calls_total", "kind=\"a\"", "Calls."), 3);
    metric_set(metrics_gauge(metrics, "open", "", "Open ones."), -2);
    metric_add(metrics_counter(metrics, "calls_total", "kind=\"b\"", "ignored"), 1);
    struct histogram *plain = metrics_histogram(metrics, "wait", "", "Waiting.", bounds, 3);
    struct histogram *labelled =
        metrics_histogram(metrics, "wait", "to=\"x\"", "Waiting.", bounds, 3);
    histogram_observe(plain, 0.1); /* a bound belongs to its bucket */
    histogram_observe(plain, 0.5);
    histogram_observe(plain, 11);
    histogram_observe(labelled, 2);

    auto_buf struct buf out;
    buf_init(&out, 5000);
    assert_int_equal(metrics_render(metrics, &out), 0);
    assert_string_equal(out.data, "# HELP calls_total Calls.\n"
                                  "# TYPE calls_total counter\n"
                                  "calls_total{kind=\"a\"} 3\n"
                                  "calls_total{kind=\"b\"} 1\n"
                                  "# HELP open Open ones.\n"
                                  "# TYPE open gauge\n"
                                  "open -2\n"
                                  "# HELP wait Waiting.\n"
                                  "# TYPE wait histogram\n"
                                  "wait_bucket{le=\"0.1\"} 1\n"
                                  "wait_bucket{le=\"1\"} 2\n"
                                  "wait_bucket{le=\"10\"} 2\n"
                                  "wait_bucket{le=\"+Inf\"} 3\n"
                                  "wait_sum 11.6\n"
                                  "wait_count 3\n"
                                  "wait_bucket{to=\"x\",le=\"0.1\"} 0\n"
                                  "wait_bucket{to=\"x\",le=\"1\"} 0\n"
                                  "wait_bucket{to=\"x\",le=\"10\"} 1\n"
                                  "wait_bucket{to=\"x\",le=\"+Inf\"} 1\n"
                                  "wait_sum{to=\"x\"} 2\n"
                                  "wait_count{to=\"x\"} 1\n");
    metrics_free(metrics);
    metrics_free(NULL);
}

static void the_same_name_and_labels_are_the_same_metric(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_create();
    struct metric *one = metrics_counter(metrics, "n", "", "N.");
    assert_ptr_equal(one, metrics_counter(metrics, "n", "", "N."));
    assert_ptr_not_equal(one, metrics_counter(metrics, "n", "a=\"b\"", "N."));
    metrics_free(metrics);
}

static void a_full_buffer_is_told(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_create();
    (void)metrics_histogram(metrics, "n", "", "N.", bounds, 3);
    for (size_t max_bytes = 0; max_bytes < 50; max_bytes += 7) {
        auto_buf struct buf out;
        buf_init(&out, max_bytes);
        assert_int_equal(metrics_render(metrics, &out), -1);
    }
    metrics_free(metrics);
}

static void refresh_queue_length(void *context)
{
    struct metrics *metrics = context;
    metric_add(metrics_gauge(metrics, "length", "", "Length."), 5);
}

static void what_is_read_is_refreshed_before_each_rendering(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_create();
    metrics_on_render(metrics, refresh_queue_length, metrics);
    auto_buf struct buf out;
    buf_init(&out, 5000);
    assert_int_equal(metrics_render(metrics, &out), 0);
    assert_non_null(strstr(out.data, "\nlength 5\n"));
    assert_int_equal(metrics_render(metrics, &out), 0);
    assert_non_null(strstr(out.data, "\nlength 10\n"));
    metrics_free(metrics);
}

enum { THREADS = 4, ROUNDS = 5000 };

static void *count(void *context)
{
    struct metrics *metrics = context;
    for (int i = 0; i < ROUNDS; i++) {
        metric_add(metrics_counter(metrics, "n", "", "N."), 1);
        histogram_observe(metrics_histogram(metrics, "h", "", "H.", bounds, 3), 0.5);
    }
    return NULL;
}

static void no_addition_is_lost_between_threads(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_create();
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count, metrics), 0);
    auto_buf struct buf out;
    buf_init(&out, 5000);
    assert_int_equal(metrics_render(metrics, &out), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    buf_clear(&out);
    assert_int_equal(metrics_render(metrics, &out), 0);
    assert_non_null(strstr(out.data, "\nn 20000\n"));
    assert_non_null(strstr(out.data, "\nh_sum 10000\nh_count 20000\n"));
    metrics_free(metrics);
}

static void latency_bounds_ascend(void **state)
{
    (void)state;
    for (size_t i = 1; i < metrics_latency_bounds_count; i++)
        assert_true(metrics_latency_bounds[i] > metrics_latency_bounds[i - 1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_rendered_grouped_by_name),
        cmocka_unit_test(the_same_name_and_labels_are_the_same_metric),
        cmocka_unit_test(a_full_buffer_is_told),
        cmocka_unit_test(what_is_read_is_refreshed_before_each_rendering),
        cmocka_unit_test(no_addition_is_lost_between_threads),
        cmocka_unit_test(latency_bounds_ascend),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
