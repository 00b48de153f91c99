/* What is the directory's own: who may read its files, what a killed writer leaves, what is refused. */
#include "storage/directory.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/arena.h"
#include "support/cmocka_all.h"
#include "temp_folder.h"

struct fixture {
    char *folder;
    struct arena *arena;
    struct storage *storage;
};

static int open_empty(void **state)
{
    static struct fixture fixture;
    struct error err = {0};
    fixture = (struct fixture){storage_temp_folder(), arena_create(), NULL};
    *state = &fixture;
    return storage_directory_open(arena_printf(fixture.arena, "%s/r", fixture.folder),
                                  &fixture.storage, &err);
}

static int close_again(void **state)
{
    struct fixture *f = *state;
    storage_free(f->storage);
    storage_temp_folder_remove(f->folder);
    arena_free(f->arena);
    return 0;
}

static const char *path_of(struct fixture *f, const char *name)
{
    return arena_printf(f->arena, "%s/r/%s", f->folder, name);
}

static struct storage_writer *write_some(struct storage *storage, const char *key)
{
    struct storage_object object = {.key = key};
    struct storage_writer *writer = NULL;
    struct error err = {0};
    if (storage_begin(storage, &object, &writer, &err) < 0 ||
        storage_write(writer, "abc", 3, &err) < 0)
        fail_msg("%s", err.message);
    return writer;
}

static void is_for_its_owner_alone(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    static const struct {
        const char *name;
        mode_t mode;
    } cases[] = {
        {"",                   0700},
        {"2026",               0700},
        {"2026/11",            0700},
        {"2026/11/26",         0700},
        {"2026/11/26/rec.wav", 0600},
        {".unfinished",        0700},
    };
    mode_t before = umask(0);
    assert_int_equal(storage_commit(write_some(f->storage, "2026/11/26/rec.wav"), &err), 0);
    umask(before);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stat facts;
        assert_int_equal(stat(path_of(f, cases[i].name), &facts), 0);
        assert_int_equal(facts.st_mode & 0777, cases[i].mode);
    }
}

/* A child is killed in the middle of writing; another writer of this process goes on. */
static void sweeps_what_a_killed_writer_left_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    int64_t removed = 0;
    struct storage_writer *alive = write_some(f->storage, "a");
    pid_t child = fork();
    if (child == 0) {
        (void)write_some(f->storage, "b");
        (void)write_some(f->storage, "c");
        (void)raise(SIGKILL);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(storage_sweep(f->storage, &removed, &err), 0);
    assert_int_equal(removed, 2);
    assert_int_equal(storage_sweep(f->storage, &removed, &err), 0);
    assert_int_equal(removed, 0);
    assert_int_equal(storage_commit(alive, &err), 0);
    assert_int_equal(access(path_of(f, "a"), F_OK), 0);
    assert_int_equal(access(path_of(f, "b"), F_OK), -1);
}

static void leaves_nothing_when_it_is_given_up(void **state)
{
    struct fixture *f = *state;
    storage_abort(write_some(f->storage, "x/y"));
    assert_int_equal(rmdir(path_of(f, ".unfinished")), 0);
    assert_int_equal(mkdir(path_of(f, ".unfinished"), 0700), 0);
    assert_int_equal(access(path_of(f, "x"), F_OK), -1);
}

static void does_not_follow_a_link_that_stands_for_an_object(void **state)
{
    struct fixture *f = *state;
    struct storage_reader *reader = NULL;
    struct error err = {0};
    assert_int_equal(symlink("/etc/passwd", path_of(f, "link")), 0);
    assert_int_equal(storage_open(f->storage, "link", &reader, &err), -1);
    assert_int_equal(mkdir(path_of(f, "folder"), 0700), 0);
    error_clear(&err);
    assert_int_equal(storage_open(f->storage, "folder", &reader, &err), -1);
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
}

static void tells_of_a_file_that_became_shorter(void **state)
{
    struct fixture *f = *state;
    struct storage_reader *reader = NULL;
    struct error err = {0};
    char buffer[3];
    size_t got = 0;
    assert_int_equal(storage_commit(write_some(f->storage, "a"), &err), 0);
    assert_int_equal(storage_open(f->storage, "a", &reader, &err), 0);
    assert_int_equal(truncate(path_of(f, "a"), 1), 0);
    assert_int_equal(storage_read(reader, 0, buffer, 3, &got, &err), -1);
    assert_int_equal(err.kind, ERROR_INTERNAL);
    storage_close(reader);
}

static void refuses_what_is_no_directory(void **state)
{
    struct fixture *f = *state;
    struct storage *storage = NULL;
    struct error err = {0};
    const char *file = arena_printf(f->arena, "%s/file", f->folder);
    close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    assert_int_equal(storage_directory_open(file, &storage, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    assert_non_null(strstr(err.message, file));
    error_clear(&err);
    assert_int_equal(storage_directory_open("/dev/null/x", &storage, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_empty, close_again)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(is_for_its_owner_alone),
        TEST(sweeps_what_a_killed_writer_left_and_nothing_else),
        TEST(leaves_nothing_when_it_is_given_up),
        TEST(does_not_follow_a_link_that_stands_for_an_object),
        TEST(tells_of_a_file_that_became_shorter),
        TEST(refuses_what_is_no_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
