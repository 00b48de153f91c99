/* What the store does with any engine: groups, re-runs, limits, closing. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/macros.h"
#include "core/xmalloc.h"
#include "fake_engine.h"
#include "support/cmocka_all.h"

/* ---- a unit that says what happened to it ---------------------------------------------------- */

struct fixture;

struct job {
    struct store_unit unit;
    struct fixture *fixture;
    int64_t number;
    bool refuse_first; /* say no before writing */
    bool refuse;       /* say no after having written */
    bool look_away;    /* say yes although writing failed */
    int runs;
    int result; /* the result slot: counts itself up */
    int done;
    struct error err;
};

/* Gated jobs wait in apply until the gate opens, so that others queue up behind them. */
struct fixture {
    struct fake_engine fake;
    struct store *store;
    struct metrics *metrics;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool gate_open;
    bool at_gate;
    int done;
};

static int apply_job(struct store_tx *tx, void *work, struct error *err)
{
    struct job *job = work;
    struct call_row row = {.number = job->number};
    job->runs++;
    job->result++;
    if (job->refuse_first)
        return error_set(err, ERROR_CONFLICT, "no");
    if (store_insert_call(tx, &row, err) < 0)
        return job->look_away ? 0 : -1;
    return job->refuse ? error_set(err, ERROR_CONFLICT, "no") : 0;
}

static void job_done(void *work, const struct error *err)
{
    struct job *job = work;
    struct fixture *f = job->fixture;
    pthread_mutex_lock(&f->lock);
    job->done++;
    job->err = *err;
    f->done++;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

static int apply_gate(struct store_tx *tx, void *work, struct error *err)
{
    struct fixture *f = ((struct job *)work)->fixture;
    (void)tx;
    (void)err;
    pthread_mutex_lock(&f->lock);
    f->at_gate = true;
    pthread_cond_broadcast(&f->changed);
    while (!f->gate_open)
        pthread_cond_wait(&f->changed, &f->lock);
    pthread_mutex_unlock(&f->lock);
    return 0;
}

static enum error_kind submit(struct fixture *f, struct job *job)
{
    struct error err = {0};
    job->fixture = f;
    if (!job->unit.apply)
        job->unit.apply = apply_job;
    job->unit.done = job_done;
    job->unit.work = job;
    job->unit.result = &job->result;
    job->unit.result_bytes = sizeof job->result;
    int result = store_submit(f->store, &job->unit, &err);
    assert_int_equal(result, err.kind == ERROR_NONE ? 0 : -1);
    return err.kind;
}

/* The writer is held at the gate when this returns. */
static void hold(struct fixture *f, struct job *gate)
{
    gate->unit.apply = apply_gate;
    assert_int_equal(submit(f, gate), ERROR_NONE);
    pthread_mutex_lock(&f->lock);
    while (!f->at_gate)
        pthread_cond_wait(&f->changed, &f->lock);
    pthread_mutex_unlock(&f->lock);
}

static void let_go(struct fixture *f)
{
    pthread_mutex_lock(&f->lock);
    f->gate_open = true;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

static void wait_done(struct fixture *f, int count)
{
    pthread_mutex_lock(&f->lock);
    while (f->done < count)
        pthread_cond_wait(&f->changed, &f->lock);
    pthread_mutex_unlock(&f->lock);
}

static void wait_groups(struct fixture *f, int count)
{
    pthread_mutex_lock(&f->fake.lock);
    while (f->fake.groups < count)
        pthread_cond_wait(&f->fake.changed, &f->fake.lock);
    pthread_mutex_unlock(&f->fake.lock);
}

/* Queue `count` jobs behind a gate and let them go: they are one group, the second one. */
static void run_as_group(struct fixture *f, struct job *jobs, int count)
{
    struct job gate = {0};
    hold(f, &gate);
    for (int i = 0; i < count; i++) {
        if (jobs[i].number == 0)
            jobs[i].number = i + 1;
        assert_int_equal(submit(f, &jobs[i]), ERROR_NONE);
    }
    let_go(f);
    wait_done(f, count + 1);
}

/* ---- the store under test -------------------------------------------------------------------- */

static struct store *create(struct fixture *f, size_t queue_max, size_t group_max)
{
    struct store_settings settings = {.backend = &f->fake.backend,
                                      .context = &f->fake,
                                      .queue_max = queue_max,
                                      .group_max = group_max,
                                      .idle_ms = 60000,
                                      .metrics = f->metrics};
    struct error err = {0};
    assert_int_equal(store_create(&settings, &f->store, &err), 0);
    return f->store;
}

static int prepare(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    fake_engine_init(&f->fake);
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    f->metrics = metrics_create();
    *state = f;
    return 0;
}

static int clean_up(void **state)
{
    struct fixture *f = *state;
    store_close(f->store);
    metrics_free(f->metrics);
    fake_engine_release(&f->fake);
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->lock);
    free(f);
    return 0;
}

/* ---- plugging in ----------------------------------------------------------------------------- */

static void refuses_an_engine_with_a_gap_anywhere(void **state)
{
    struct fixture *f = *state;
    struct store_settings settings = {.backend = &f->fake.backend, .context = &f->fake};
    size_t functions =
        (sizeof f->fake.backend - sizeof f->fake.backend.name) / sizeof(void (*)(void));
    for (size_t i = 0; i < functions; i++) {
        struct store_backend whole = f->fake.backend;
        struct error err = {0};
        memset((char *)&f->fake.backend + sizeof whole.name + i * sizeof(void (*)(void)), 0,
               sizeof(void (*)(void)));
        assert_int_equal(store_create(&settings, &f->store, &err), -1);
        assert_int_equal(err.kind, ERROR_INTERNAL);
        assert_null(f->store);
        f->fake.backend = whole;
    }
    assert_int_equal(f->fake.opened, 0);
}

static void closes_what_it_opened_when_a_session_cannot_be_opened(void **state)
{
    struct fixture *f = *state;
    for (int i = 1; i <= 3; i++) {
        struct store_settings settings = {
            .backend = &f->fake.backend, .context = &f->fake, .readers = 2};
        struct error err = {0};
        f->fake.opened = 0;
        f->fake.closed = 0;
        f->fake.fail_opens = i;
        assert_int_equal(store_create(&settings, &f->store, &err), -1);
        assert_int_equal(err.kind, ERROR_INVALID);
        assert_int_equal(f->fake.closed, i - 1);
        assert_int_equal(f->fake.destroyed, 0); /* still the caller's */
    }
}

/* ---- groups ---------------------------------------------------------------------------------- */

static void commits_together_what_queued_up(void **state)
{
    struct fixture *f = *state;
    struct job jobs[5] = {0};
    create(f, 0, 0);
    run_as_group(f, jobs, 5);
    assert_int_equal(f->fake.commits, 2);
    assert_int_equal(f->fake.units, 0); /* no savepoint as long as nobody says no */
    for (int i = 0; i < 5; i++) {
        assert_int_equal(jobs[i].err.kind, ERROR_NONE);
        assert_int_equal(jobs[i].done, 1);
        assert_int_equal(jobs[i].runs, 1);
        assert_int_equal(f->fake.kept[i], i + 1);
    }
}

static void takes_no_more_than_the_limit_into_a_group(void **state)
{
    struct fixture *f = *state;
    struct job jobs[7] = {0};
    create(f, 0, 3);
    run_as_group(f, jobs, 7);
    assert_int_equal(f->fake.commits, 1 + 3);
}

static void rolls_back_a_unit_that_says_no_alone(void **state)
{
    struct fixture *f = *state;
    struct job jobs[3] = {
        {.number = 1},
        {.number = 2, .refuse = true},
        {.number = 3          }
    };
    create(f, 0, 0);
    run_as_group(f, jobs, 3);
    assert_int_equal(f->fake.commits, 2);
    assert_int_equal(f->fake.units, 3); /* the second time there were savepoints */
    for (int i = 0; i < 3; i++) {
        assert_int_equal(jobs[i].err.kind, i == 1 ? ERROR_CONFLICT : ERROR_NONE);
        assert_int_equal(jobs[i].result, 1);
        assert_int_equal(jobs[i].done, 1);
        assert_int_equal(fake_engine_count(&f->fake, i + 1), i == 1 ? 0 : 1);
    }
}

static void goes_on_when_a_unit_says_no_before_it_writes(void **state)
{
    struct fixture *f = *state;
    struct job jobs[3] = {
        {.number = 1},
        {.number = 2, .refuse_first = true},
        {.number = 3          }
    };
    create(f, 0, 0);
    run_as_group(f, jobs, 3);
    assert_int_equal(f->fake.commits, 2);
    assert_int_equal(f->fake.units, 0);
    assert_int_equal(jobs[1].err.kind, ERROR_CONFLICT);
    assert_int_equal(f->fake.kept_count, 2);
    for (int i = 0; i < 3; i++)
        assert_int_equal(jobs[i].runs, 1);
}

static void runs_a_failed_group_again_unit_by_unit(void **state)
{
    struct fixture *f = *state;
    struct job jobs[3] = {
        {.number = 0},
        {.number = 2, .refuse = true},
        {.number = 3          }
    };
    struct job gate = {0};
    create(f, 0, 0);
    hold(f, &gate);
    for (int i = 0; i < 3; i++) {
        jobs[i].number = i + 1;
        assert_int_equal(submit(f, &jobs[i]), ERROR_NONE);
    }
    f->fake.fail_commits = 2; /* the gate's own, and the group's */
    let_go(f);
    wait_done(f, 4);
    assert_int_equal(gate.err.kind, ERROR_UNAVAILABLE);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(jobs[i].err.kind, i == 1 ? ERROR_CONFLICT : ERROR_NONE);
        assert_true(jobs[i].runs > 1);
        assert_int_equal(jobs[i].result, 1); /* the slot was zeroed in between */
        assert_int_equal(jobs[i].done, 1);
        assert_int_equal(fake_engine_count(&f->fake, i + 1), i == 1 ? 0 : 1);
    }
}

static void lets_an_impossible_unit_take_nobody_with_it(void **state)
{
    struct fixture *f = *state;
    struct job jobs[5] = {0};
    create(f, 0, 0);
    f->fake.poison = 3;
    run_as_group(f, jobs, 5);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(jobs[i].err.kind, i == 2 ? ERROR_UNAVAILABLE : ERROR_NONE);
        assert_int_equal(fake_engine_count(&f->fake, i + 1), i == 2 ? 0 : 1);
    }
}

static void keeps_nothing_of_a_unit_that_looks_away_from_a_failed_write(void **state)
{
    struct fixture *f = *state;
    struct job jobs[3] = {
        {.number = 1},
        {.number = 2, .look_away = true},
        {.number = 3          }
    };
    create(f, 0, 0);
    f->fake.full_at = 2;
    run_as_group(f, jobs, 3);
    assert_int_equal(jobs[0].err.kind, ERROR_NONE);
    assert_int_equal(jobs[1].err.kind, ERROR_UNAVAILABLE);
    assert_int_equal(jobs[2].err.kind, ERROR_NONE);
    assert_int_equal(f->fake.kept_count, 2);
    struct job alone = {.number = 2, .look_away = true};
    assert_int_equal(submit(f, &alone), ERROR_NONE);
    wait_done(f, 5);
    assert_int_equal(alone.err.kind, ERROR_UNAVAILABLE);
}

static void answers_all_at_once_when_nothing_can_be_begun(void **state)
{
    struct fixture *f = *state;
    struct job jobs[4] = {0};
    struct job gate = {0};
    create(f, 0, 0);
    hold(f, &gate);
    for (int i = 0; i < 4; i++)
        assert_int_equal(submit(f, &jobs[i]), ERROR_NONE);
    f->fake.fail_begins = 1;
    let_go(f);
    wait_done(f, 5);
    assert_int_equal(f->fake.begins, 2);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(jobs[i].runs, 0);
        assert_int_equal(jobs[i].err.kind, ERROR_UNAVAILABLE);
        assert_string_equal(jobs[i].err.message, "cannot begin");
    }
}

static int fail_silently(struct store_tx *tx, void *work, struct error *err)
{
    (void)tx;
    (void)work;
    (void)err;
    return -1;
}

static void blames_a_unit_that_fails_without_a_word(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    create(f, 0, 0);
    assert_int_equal(store_apply(f->store, fail_silently, NULL, &err), -1);
    assert_int_equal(err.kind, ERROR_INTERNAL);
}

static void free_unit(void *work, const struct error *err)
{
    struct job *job = work;
    struct fixture *f = job->fixture;
    free(job);
    pthread_mutex_lock(&f->lock);
    f->done += err->kind == ERROR_NONE; /* what it was told is not the unit's memory */
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

static void lets_done_free_its_unit(void **state)
{
    struct fixture *f = *state;
    struct job gate = {0};
    create(f, 0, 0);
    hold(f, &gate);
    for (int i = 0; i < 10; i++) {
        struct job *job = xcalloc(1, sizeof *job);
        struct error err = {0};
        job->fixture = f;
        job->number = i + 1;
        job->unit = (struct store_unit){.apply = apply_job, .done = free_unit, .work = job};
        assert_int_equal(store_submit(f->store, &job->unit, &err), 0);
    }
    let_go(f);
    wait_done(f, 11);
}

/* ---- health ---------------------------------------------------------------------------------- */

static void tells_once_that_it_fails_and_once_that_it_works_again(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    create(f, 0, 0);
    struct metric *failing = metrics_gauge(f->metrics, "switchhook_store_failing", "", "");
    f->fake.fail_begins = 1;
    f->fake.fail_commits = 1;
    assert_int_equal(store_probe(f->store, &err), -1);
    assert_int_equal(err.kind, ERROR_UNAVAILABLE);
    wait_groups(f, 1);
    assert_int_equal(metric_value(failing), 1);
    assert_int_equal(store_probe(f->store, &err), -1);
    wait_groups(f, 2);
    assert_int_equal(metric_value(failing), 1);
    error_clear(&err);
    assert_int_equal(store_probe(f->store, &err), 0);
    wait_groups(f, 3);
    assert_int_equal(metric_value(failing), 0);
    assert_int_equal(f->fake.touches, 2);
}

static int look_only(struct store_tx *tx, void *work, struct error *err)
{
    (void)tx;
    (void)work;
    (void)err;
    return 0;
}

static void has_not_recovered_when_nothing_was_written(void **state)
{
    struct fixture *f = *state;
    struct job looks = {.unit.apply = look_only};
    struct error err = {0};
    create(f, 0, 0);
    struct metric *failing = metrics_gauge(f->metrics, "switchhook_store_failing", "", "");
    f->fake.fail_commits = 1;
    assert_int_equal(store_probe(f->store, &err), -1);
    error_clear(&err);
    wait_groups(f, 1);
    assert_int_equal(submit(f, &looks), ERROR_NONE);
    wait_groups(f, 2);
    assert_int_equal(metric_value(failing), 1);
    assert_int_equal(store_probe(f->store, &err), 0);
    wait_groups(f, 3);
    assert_int_equal(metric_value(failing), 0);
}

static void is_not_failing_because_a_unit_said_no(void **state)
{
    struct fixture *f = *state;
    struct job job = {.number = 1, .refuse = true};
    create(f, 0, 0);
    struct metric *failing = metrics_gauge(f->metrics, "switchhook_store_failing", "", "");
    assert_int_equal(submit(f, &job), ERROR_NONE);
    wait_groups(f, 1);
    assert_int_equal(metric_value(failing), 0);
}

static void tends_to_the_engine_once_when_it_is_quiet(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct store_settings settings = {
        .backend = &f->fake.backend, .context = &f->fake, .idle_ms = 1};
    assert_int_equal(store_create(&settings, &f->store, &err), 0);
    pthread_mutex_lock(&f->fake.lock);
    while (f->fake.idles == 0)
        pthread_cond_wait(&f->fake.changed, &f->fake.lock);
    pthread_mutex_unlock(&f->fake.lock);
}

/* ---- limits and closing ---------------------------------------------------------------------- */

static void refuses_what_does_not_fit_into_the_queue(void **state)
{
    struct fixture *f = *state;
    struct job gate = {0};
    struct job jobs[4] = {{.number = 1}, {.number = 2}, {.number = 3}, {.number = 4}};
    create(f, 3, 0);
    hold(f, &gate);
    for (int i = 0; i < 4; i++)
        assert_int_equal(submit(f, &jobs[i]), i < 3 ? ERROR_NONE : ERROR_UNAVAILABLE);
    let_go(f);
    wait_done(f, 4);
    assert_int_equal(jobs[3].done, 0);
    assert_int_equal(submit(f, &jobs[3]), ERROR_NONE); /* there is room again */
    wait_done(f, 5);
}

static int read_nothing(struct store_rx *rx, void *work, struct error *err)
{
    (void)rx;
    (void)work;
    (void)err;
    return 0;
}

static void *close_store(void *argument)
{
    store_close(argument);
    return NULL;
}

static void finishes_what_is_queued_before_it_closes(void **state)
{
    struct fixture *f = *state;
    struct job gate = {0};
    struct job jobs[20] = {0};
    struct job late = {.number = 99};
    pthread_t closer;
    struct error err = {0};
    create(f, 0, 0);
    hold(f, &gate);
    for (int i = 0; i < 20; i++) {
        jobs[i].number = i + 1;
        assert_int_equal(submit(f, &jobs[i]), ERROR_NONE);
    }
    assert_int_equal(pthread_create(&closer, NULL, close_store, f->store), 0);
    while (store_run_read(f->store, read_nothing, NULL, &err) == 0)
        ;
    assert_int_equal(err.kind, ERROR_UNAVAILABLE);
    assert_int_equal(submit(f, &late), ERROR_UNAVAILABLE);
    let_go(f);
    pthread_join(closer, NULL);
    f->store = NULL;
    assert_int_equal(f->done, 21);
    assert_int_equal(f->fake.kept_count, 20);
    assert_int_equal(late.done, 0);
    assert_int_equal(f->fake.opened, f->fake.closed);
    assert_int_equal(f->fake.destroyed, 1);
}

static void closes_nothing_when_there_is_nothing(void **state)
{
    (void)state;
    store_close(NULL);
}

/* ---- reads ----------------------------------------------------------------------------------- */

static int read_failing(struct store_rx *rx, void *work, struct error *err)
{
    int64_t count = 0;
    (void)work;
    return store_count_open_calls(rx, &count, err);
}

static int read_failing_silently(struct store_rx *rx, void *work, struct error *err)
{
    (void)rx;
    (void)work;
    (void)err;
    return -1;
}

static void reads_while_the_writer_is_busy(void **state)
{
    struct fixture *f = *state;
    struct job gate = {0};
    struct error err = {0};
    create(f, 0, 0);
    hold(f, &gate);
    assert_int_equal(store_run_read(f->store, read_nothing, NULL, &err), 0);
    assert_int_equal(store_run_read(f->store, read_failing, NULL, &err), -1);
    assert_int_equal(err.kind, ERROR_NOT_IMPLEMENTED);
    error_clear(&err);
    assert_int_equal(store_run_read(f->store, read_failing_silently, NULL, &err), -1);
    assert_int_equal(err.kind, ERROR_INTERNAL);
    let_go(f);
    wait_done(f, 1);
}

/* ---- many threads at once -------------------------------------------------------------------- */

enum { PRODUCERS = 4, EACH = 200 };

struct producer {
    struct fixture *fixture;
    int first;
};

static int insert_number(struct store_tx *tx, void *work, struct error *err)
{
    struct call_row row = {.number = *(int *)work};
    return store_insert_call(tx, &row, err);
}

static void *produce(void *argument)
{
    const struct producer *producer = argument;
    for (int i = 0; i < EACH; i++) {
        int number = producer->first + i;
        struct error err = {0};
        ASSERT(store_apply(producer->fixture->store, insert_number, &number, &err) == 0);
        ASSERT(store_run_read(producer->fixture->store, read_nothing, NULL, &err) == 0);
    }
    return NULL;
}

static void keeps_what_many_threads_write_exactly_once(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[PRODUCERS];
    struct producer producers[PRODUCERS];
    create(f, 0, 0);
    for (int i = 0; i < PRODUCERS; i++) {
        producers[i] = (struct producer){f, 1 + i * EACH};
        assert_int_equal(pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
    }
    for (int i = 0; i < PRODUCERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(f->fake.kept_count, PRODUCERS * EACH);
    for (int number = 1; number <= PRODUCERS * EACH; number++)
        assert_int_equal(fake_engine_count(&f->fake, number), 1);
}

static void has_a_word_for_every_kind(void **state)
{
    (void)state;
    assert_string_equal(timeline_kind_text(TIMELINE_INSTRUCTION), "instruction");
    assert_string_equal(timeline_kind_text(TIMELINE_FACT), "fact");
    assert_string_equal(job_kind_text(JOB_PLACE_CALL), "place_call");
    assert_string_equal(job_kind_text(JOB_FIND_CALL), "find_call");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, clean_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(refuses_an_engine_with_a_gap_anywhere),
        TEST(closes_what_it_opened_when_a_session_cannot_be_opened),
        TEST(commits_together_what_queued_up),
        TEST(takes_no_more_than_the_limit_into_a_group),
        TEST(rolls_back_a_unit_that_says_no_alone),
        TEST(goes_on_when_a_unit_says_no_before_it_writes),
        TEST(runs_a_failed_group_again_unit_by_unit),
        TEST(lets_an_impossible_unit_take_nobody_with_it),
        TEST(keeps_nothing_of_a_unit_that_looks_away_from_a_failed_write),
        TEST(answers_all_at_once_when_nothing_can_be_begun),
        TEST(blames_a_unit_that_fails_without_a_word),
        TEST(lets_done_free_its_unit),
        TEST(tells_once_that_it_fails_and_once_that_it_works_again),
        TEST(has_not_recovered_when_nothing_was_written),
        TEST(is_not_failing_because_a_unit_said_no),
        TEST(tends_to_the_engine_once_when_it_is_quiet),
        TEST(refuses_what_does_not_fit_into_the_queue),
        TEST(finishes_what_is_queued_before_it_closes),
        TEST(closes_nothing_when_there_is_nothing),
        TEST(reads_while_the_writer_is_busy),
        TEST(keeps_what_many_threads_write_exactly_once),
        TEST(has_a_word_for_every_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
