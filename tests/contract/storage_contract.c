#include "contract/storage_contract.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "core/macros.h"
#include "core/random.h"
#include "core/xmalloc.h"
#include "support/cmocka_all.h"

static const struct storage_contract *tested;

struct fixture {
    struct storage *storage;
    void *context;
};

static int open_empty(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    f->storage = tested->open(&f->context);
    *state = f;
    return f->storage ? 0 : -1;
}

static int close_again(void **state)
{
    struct fixture *f = *state;
    tested->close(f->storage, f->context);
    free(f);
    return 0;
}

/* ---- objects to play with ---- */

/* The byte at a place, so that a range that is off by one, or a block too many, shows. */
static unsigned char byte_at(unsigned seed, size_t i)
{
    return (unsigned char)(seed + i * 31 + (i >> 8) * 7 + (i >> 16) * 3);
}

static unsigned char *make_bytes(unsigned seed, size_t len)
{
    unsigned char *bytes = xcalloc(1, len + 1);
    for (size_t i = 0; i < len; i++)
        bytes[i] = byte_at(seed, i);
    return bytes;
}

static struct storage_writer *begin(struct fixture *f, const char *key)
{
    struct storage_object object = {.key = key, .content_type = "audio/x-wav"};
    struct storage_writer *writer = NULL;
    struct error err = {0};
    if (storage_begin(f->storage, &object, &writer, &err) < 0)
        fail_msg("begin %s: %s", key, err.message);
    return writer;
}

static void write_bytes(struct storage_writer *writer, unsigned seed, size_t len, size_t block)
{
    auto_free unsigned char *bytes = make_bytes(seed, len);
    struct error err = {0};
    for (size_t at = 0; at < len; at += block)
        if (storage_write(writer, bytes + at, len - at < block ? len - at : block, &err) < 0)
            fail_msg("write: %s", err.message);
}

static void commit(struct storage_writer *writer)
{
    struct error err = {0};
    if (storage_commit(writer, &err) < 0)
        fail_msg("commit: %s", err.message);
}

static void put(struct fixture *f, const char *key, unsigned seed, size_t len, size_t block)
{
    struct storage_writer *writer = begin(f, key);
    write_bytes(writer, seed, len, block);
    commit(writer);
}

static struct storage_reader *open_object(struct fixture *f, const char *key)
{
    struct storage_reader *reader = NULL;
    struct error err = {0};
    if (storage_open(f->storage, key, &reader, &err) < 0)
        fail_msg("open %s: %s", key, err.message);
    return reader;
}

static void assert_missing(struct fixture *f, const char *key)
{
    struct storage_reader *reader = NULL;
    struct error err = {0};
    assert_int_equal(storage_open(f->storage, key, &reader, &err), -1);
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
}

static void assert_range(struct storage_reader *reader, unsigned seed, int64_t at, size_t len)
{
    auto_free unsigned char *got_bytes = xcalloc(1, len + 1);
    int64_t size = storage_size(reader);
    size_t expected = at >= size ? 0 : (size_t)(size - at) < len ? (size_t)(size - at) : len;
    size_t got = 99;
    struct error err = {0};
    if (storage_read(reader, at, got_bytes, len, &got, &err) < 0)
        fail_msg("read %zu at %lld: %s", len, (long long)at, err.message);
    assert_int_equal(got, expected);
    for (size_t i = 0; i < got; i++)
        if (got_bytes[i] != byte_at(seed, (size_t)at + i))
            fail_msg("byte %lld is another", (long long)at + (long long)i);
}

static void assert_object(struct fixture *f, const char *key, unsigned seed, size_t len)
{
    struct storage_reader *reader = open_object(f, key);
    assert_int_equal(storage_size(reader), len);
    assert_range(reader, seed, 0, len + 10);
    storage_close(reader);
}

/* ---- tests ---- */

static void keeps_what_was_written_in_pieces_of_any_size(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *key;
        size_t len, block;
    } cases[] = {
        {"empty",                               0,       1    },
        {"one.wav",                             1,       1    },
        {"a/b/c/d/e/f.mp3",                     1000,    7    },
        {"2026/11/26/rec_0000000000001000.wav", 70000,   4096 },
        {"2026/11/26/even",                     131072,  65536},
        {"2026/11/27/more",                     1000003, 65536},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        put(f, cases[i].key, (unsigned)i, cases[i].len, cases[i].block);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_object(f, cases[i].key, (unsigned)i, cases[i].len);
}

/* Long enough that a backend which sends parts sends several, the last one short. */
static void reads_any_range_of_a_long_object(void **state)
{
    struct fixture *f = *state;
    const size_t len = 17 * 1024 * 1024 + 12345;
    put(f, "long", 9, len, 65536);
    struct storage_reader *reader = open_object(f, "long");
    assert_int_equal(storage_size(reader), len);
    static const size_t lens[] = {1, 15, 16, 17, 4095, 4096, 4097, 65536, 1000000};
    for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
        assert_range(reader, 9, 0, lens[i]);
        assert_range(reader, 9, (int64_t)len - (int64_t)lens[i], lens[i]);
        assert_range(reader, 9, (int64_t)len - 1, lens[i]);
        assert_range(reader, 9, (int64_t)len, lens[i]);
        assert_range(reader, 9, (int64_t)len + 5, lens[i]);
    }
    for (int i = 0; i < 50; i++)
        assert_range(reader, 9, (int64_t)random_below((uint32_t)len), random_below(100000));
    storage_close(reader);
}

static void shows_nothing_before_the_commit(void **state)
{
    struct fixture *f = *state;
    struct storage_writer *writer = begin(f, "2026/a.wav");
    assert_missing(f, "2026/a.wav");
    write_bytes(writer, 1, 100000, 1000);
    assert_missing(f, "2026/a.wav");
    commit(writer);
    assert_object(f, "2026/a.wav", 1, 100000);
}

static void forgets_what_was_given_up(void **state)
{
    struct fixture *f = *state;
    put(f, "kept", 1, 100, 100);
    struct storage_writer *writer = begin(f, "gone");
    write_bytes(writer, 2, 6 * 1024 * 1024, 65536);
    storage_abort(writer);
    storage_abort(begin(f, "kept"));
    storage_abort(NULL);
    assert_missing(f, "gone");
    assert_object(f, "kept", 1, 100);
}

static void replaces_an_object_as_a_whole(void **state)
{
    struct fixture *f = *state;
    put(f, "x/y", 1, 5000, 1000);
    struct storage_reader *reader = open_object(f, "x/y");
    struct storage_writer *writer = begin(f, "x/y");
    write_bytes(writer, 2, 300, 100);
    assert_object(f, "x/y", 1, 5000);
    commit(writer);
    assert_object(f, "x/y", 2, 300);
    unsigned char buffer[5000];
    size_t got = 0;
    struct error err = {0};
    if (storage_read(reader, 0, buffer, sizeof buffer, &got, &err) == 0) {
        assert_int_equal(got, 5000);
        for (size_t i = 0; i < got; i++)
            assert_int_equal(buffer[i], byte_at(1, i));
    }
    storage_close(reader);
    storage_close(NULL);
}

static void removes_once_and_for_all(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    put(f, "2026/a", 1, 10, 10);
    put(f, "2026/b", 2, 10, 10);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(storage_remove(f->storage, "2026/a", &err), 0);
        assert_missing(f, "2026/a");
    }
    assert_int_equal(storage_remove(f->storage, "never/was/there", &err), 0);
    assert_object(f, "2026/b", 2, 10);
    put(f, "2026/a", 3, 10, 10);
    assert_object(f, "2026/a", 3, 10);
}

static void refuses_what_is_no_key(void **state)
{
    struct fixture *f = *state;
    char longest[LIMIT_STORAGE_KEY_BYTES + 2];
    memset(longest, 'k', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    const char *const bad[] = {
        NULL,   "",      "/",        "/etc/passwd", "../x",          "a/../../x", "a//b",
        "a/",   ".",     "..",       ".hidden",     "a/.unfinished", "a b",       "a\nb",
        "a\\b", "a%2fb", "\xc3\xa9", "a:b",         longest,
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct storage_object object = {.key = bad[i]};
        struct storage_writer *writer = NULL;
        struct storage_reader *reader = NULL;
        struct error err[3] = {0};
        assert_int_equal(storage_begin(f->storage, &object, &writer, &err[0]), -1);
        assert_int_equal(storage_open(f->storage, bad[i], &reader, &err[1]), -1);
        assert_int_equal(storage_remove(f->storage, bad[i], &err[2]), -1);
        for (size_t j = 0; j < ARRAY_LEN(err); j++)
            assert_int_equal(err[j].kind, ERROR_INVALID);
    }
    longest[LIMIT_STORAGE_KEY_BYTES] = '\0';
    put(f, longest, 1, 10, 10);
    assert_object(f, longest, 1, 10);
}

/* ---- many at once ---- */

struct crowd {
    struct fixture *f;
    unsigned number;
};

static void *write_and_read(void *context)
{
    const struct crowd *one = context;
    char key[64];
    for (unsigned i = 0; i < 5; i++) {
        (void)snprintf(key, sizeof key, "crowd/%u/%u", one->number, i);
        put(one->f, key, one->number, 20000 + i, 999);
        assert_object(one->f, key, one->number, 20000 + i);
        put(one->f, "crowd/same", 7, 50000, 10000);
        assert_object(one->f, "crowd/same", 7, 50000);
    }
    return NULL;
}

static void serves_many_threads(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[8];
    struct crowd crowd[ARRAY_LEN(threads)];
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        crowd[i] = (struct crowd){f, (unsigned)i};
        assert_int_equal(pthread_create(&threads[i], NULL, write_and_read, &crowd[i]), 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        pthread_join(threads[i], NULL);
}

static void knows_its_room_and_sweeps_no_object(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    int64_t bytes = -1;
    int64_t removed = -1;
    put(f, "2026/a", 1, 1000, 1000);
    assert_int_equal(storage_free_bytes(f->storage, &bytes, &err), 0);
    assert_true(bytes > 0);
    assert_int_equal(storage_sweep(f->storage, &removed, &err), 0);
    assert_int_equal(removed, 0);
    assert_object(f, "2026/a", 1, 1000);
    assert_true(strlen(storage_name(f->storage)) > 0);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, open_empty, close_again)

int storage_contract_run(const struct storage_contract *contract)
{
    const struct CMUnitTest tests[] = {
        EACH(keeps_what_was_written_in_pieces_of_any_size),
        EACH(reads_any_range_of_a_long_object),
        EACH(shows_nothing_before_the_commit),
        EACH(forgets_what_was_given_up),
        EACH(replaces_an_object_as_a_whole),
        EACH(removes_once_and_for_all),
        EACH(refuses_what_is_no_key),
        EACH(serves_many_threads),
        EACH(knows_its_room_and_sweeps_no_object),
    };
    tested = contract;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
