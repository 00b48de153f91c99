/*
 * kill -9 at any moment loses nothing that was acknowledged. A child process writes calls from
 * several threads and tells each number over a pipe once it is told that the number is stored; the
 * parent kills it somewhere, opens the file and looks for every number it was told. Many rounds on
 * one file.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/macros.h"
#include "core/random.h"
#include "core/wall_clock.h"
#include "store_sqlite/store_sqlite.h"
#include "support/cmocka_all.h"
#include "temp_store.h"

enum {
    ROUNDS = 40,
    WRITERS = 4,
    MOST_BEFORE_KILL = 120, /* acknowledgements */
    ROUND_SPAN = 1000000,   /* numbers per round */
    WRITER_SPAN = 100000,   /* numbers per thread */
    MOST_TOLD = 65536,
    BUDGET_MS = 15000,
};

/* Small checkpoints, so that many kills hit one. */
static int open_store(const char *path, struct store **out, struct error *err)
{
    struct store_sqlite_settings settings = {.path = path, .checkpoint_pages = 20};
    return store_sqlite_open(&settings, out, err);
}

/* ---- the child ------------------------------------------------------------------------------- */

struct writer {
    struct store *store;
    int64_t first;
    int pipe;
};

static void *write_for_ever(void *argument)
{
    const struct writer *writer = argument;
    for (int64_t number = writer->first;; number++) {
        struct error err = {0};
        if (put_call(writer->store, number, &err) < 0 ||
            write(writer->pipe, &number, sizeof number) != (ssize_t)sizeof number)
            _exit(1);
    }
    return NULL;
}

static _Noreturn void run_child(const char *path, int round, int pipe)
{
    struct store *store = NULL;
    struct error err = {0};
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    if (open_store(path, &store, &err) < 0)
        _exit(2);
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){
            store, (int64_t)(round + 1) * ROUND_SPAN + (int64_t)i * WRITER_SPAN, pipe};
        if (pthread_create(&threads[i], NULL, write_for_ever, &writers[i]) != 0)
            _exit(3);
    }
    for (;;)
        pause();
}

/* ---- the parent ------------------------------------------------------------------------------ */

static int64_t told[MOST_TOLD];
static size_t told_count;

/* Take down up to `most` numbers; false at the end of the pipe. Eight bytes are written at once, so
 * never a part. */
static bool listen_to(int pipe, size_t most)
{
    for (size_t i = 0; i < most; i++) {
        ASSERT(told_count < MOST_TOLD);
        if (read(pipe, &told[told_count], sizeof told[0]) != (ssize_t)sizeof told[0])
            return false;
        told_count++;
    }
    return true;
}

static void run_round(const char *path, int round)
{
    int pipes[2];
    int status = 0;
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(pipes[0]);
        run_child(path, round, pipes[1]);
    }
    close(pipes[1]);
    assert_true(listen_to(pipes[0], 1 + random_below(MOST_BEFORE_KILL)));
    kill(child, SIGKILL);
    while (listen_to(pipes[0], 1))
        ;
    close(pipes[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void find_all(const char *path, size_t first)
{
    struct store *store = NULL;
    struct error err = {0};
    if (open_store(path, &store, &err) < 0)
        fail_msg("%s", err.message);
    for (size_t i = first; i < told_count; i++)
        assert_int_equal(rows_of_call(store, told[i], &err), 2);
    store_close(store);
}

static void loses_nothing_that_was_acknowledged(void **state)
{
    char *folder = temp_folder();
    auto_free char *path = temp_path(folder, "test.db");
    int64_t end_ms = monotonic_ms() + BUDGET_MS;
    (void)state;
    for (int round = 0; round < ROUNDS && monotonic_ms() < end_ms; round++) {
        size_t first = told_count;
        run_round(path, round);
        find_all(path, first);
    }
    find_all(path, 0);
    assert_int_equal(
        temp_sql(path, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"),
        1);
    assert_int_equal(
        temp_sql(path, "SELECT (SELECT count(*) FROM calls) = (SELECT count(*) FROM timeline)"), 1);
    temp_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(loses_nothing_that_was_acknowledged)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
