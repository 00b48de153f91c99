/* What is the wrapper's own: nothing readable below it, keys that come and go, and objects that were meddled with. */
#include "storage/sealed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/xmalloc.h"
#include "storage/directory.h"
#include "support/cmocka_all.h"
#include "temp_folder.h"

#define OLD_KEY "AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg8="
#define NEW_KEY "0001020304050607000102030405060700010203040506070001020304050607"

static const char words[] =
    "nobody reads this below, and it is longer than the sixty-four bytes of a header";

struct fixture {
    char *folder;
    struct sealed *sealed;
    struct storage *storage;
};

static struct seal_keys *ring(const char *text)
{
    return text == NULL ? NULL : seal_keys_create(text, NULL);
}

static int open_empty(void **state)
{
    static struct fixture fixture;
    struct storage *inner = NULL;
    struct error err = {0};
    fixture.folder = storage_temp_folder();
    if (storage_directory_open(fixture.folder, &inner, &err) < 0)
        return -1;
    fixture.sealed = sealed_create(inner, ring(OLD_KEY), SEALED_PLAIN_REFUSED);
    fixture.storage = sealed_storage(fixture.sealed);
    *state = &fixture;
    return 0;
}

static int close_again(void **state)
{
    struct fixture *f = *state;
    storage_free(f->storage);
    storage_temp_folder_remove(f->folder);
    return 0;
}

static void put(struct fixture *f, const char *key)
{
    const struct storage_object object = {
        .key = key, .content_type = "audio/x-wav", .expected_bytes = sizeof words};
    struct storage_writer *writer = NULL;
    struct error err = {0};
    assert_int_equal(storage_begin(f->storage, &object, &writer, &err), 0);
    assert_int_equal(storage_write(writer, words, sizeof words, &err), 0);
    assert_int_equal(storage_commit(writer, &err), 0);
}

static int get(struct fixture *f, const char *key, struct error *err)
{
    char text[sizeof words];
    struct storage_reader *reader = NULL;
    size_t got = 0;
    if (storage_open(f->storage, key, &reader, err) < 0)
        return -1;
    assert_int_equal(storage_size(reader), sizeof words);
    assert_int_equal(storage_read(reader, 0, text, sizeof text, &got, err), 0);
    assert_int_equal(got, sizeof words);
    assert_memory_equal(text, words, sizeof words);
    storage_close(reader);
    return 0;
}

static FILE *file_of(struct fixture *f, const char *key, const char *mode)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", f->folder, key);
    FILE *file = fopen(path, mode);
    assert_non_null(file);
    return file;
}

static size_t bytes_below(struct fixture *f, const char *key, char *out, size_t most)
{
    FILE *file = file_of(f, key, "r");
    const size_t bytes = fread(out, 1, most, file);
    (void)fclose(file);
    return bytes;
}

static void nothing_readable_lies_below(void **state)
{
    struct fixture *f = *state;
    char below[1024];
    put(f, "a");
    const size_t bytes = bytes_below(f, "a", below, sizeof below);
    assert_int_equal(bytes, seal_sealed_bytes(sizeof words));
    assert_null(memmem(below, bytes, words, 8));
}

static void keys_are_changed_while_objects_stay(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    put(f, "old");
    sealed_use(f->sealed, ring(NEW_KEY " " OLD_KEY), SEALED_PLAIN_REFUSED);
    put(f, "new");
    assert_int_equal(get(f, "old", &err), 0);
    assert_int_equal(get(f, "new", &err), 0);
    sealed_use(f->sealed, ring(NEW_KEY), SEALED_PLAIN_REFUSED);
    assert_int_equal(get(f, "new", &err), 0);
    assert_int_equal(get(f, "old", &err), -1);
    assert_int_equal(err.kind, ERROR_UNAVAILABLE);
    assert_non_null(strstr(err.message, "SWITCHHOOK_STORAGE_KEYS"));
    sealed_use(f->sealed, ring(OLD_KEY), SEALED_PLAIN_REFUSED);
    error_clear(&err);
    assert_int_equal(get(f, "old", &err), 0);
}

static void without_a_key_a_sealed_object_is_not_served(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    put(f, "a");
    sealed_use(f->sealed, NULL, SEALED_PLAIN_REFUSED);
    assert_int_equal(get(f, "a", &err), -1);
    assert_int_equal(err.kind, ERROR_UNAVAILABLE);
    error_clear(&err);
    put(f, "plain");
    assert_int_equal(get(f, "plain", &err), 0);
}

static void what_is_not_sealed_is_read_only_if_that_is_wanted(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    sealed_use(f->sealed, NULL, SEALED_PLAIN_REFUSED);
    put(f, "before");
    sealed_use(f->sealed, ring(OLD_KEY), SEALED_PLAIN_REFUSED);
    assert_int_equal(get(f, "before", &err), -1);
    assert_non_null(strstr(err.message, "SWITCHHOOK_STORAGE_UNSEALED"));
    error_clear(&err);
    sealed_use(f->sealed, ring(OLD_KEY), SEALED_PLAIN_READ);
    assert_int_equal(get(f, "before", &err), 0);
}

static void a_changed_file_is_told_apart_from_a_missing_key(void **state)
{
    struct fixture *f = *state;
    char below[1024];
    struct error err = {0};
    put(f, "a");
    const size_t bytes = bytes_below(f, "a", below, sizeof below);
    for (size_t at = 16; at < bytes; at += 7) {
        error_clear(&err);
        below[at] ^= 1;
        FILE *file = file_of(f, "a", "w");
        assert_int_equal(fwrite(below, 1, bytes, file), bytes);
        (void)fclose(file);
        assert_int_equal(get(f, "a", &err), -1);
        assert_int_equal(err.kind, ERROR_INTERNAL);
        below[at] ^= 1;
    }
}

static void an_object_under_another_name_is_not_that_one(void **state)
{
    struct fixture *f = *state;
    char from[1024];
    char to[1024];
    struct error err = {0};
    put(f, "a");
    (void)snprintf(from, sizeof from, "%s/a", f->folder);
    (void)snprintf(to, sizeof to, "%s/b", f->folder);
    assert_int_equal(rename(from, to), 0);
    assert_int_equal(get(f, "b", &err), -1);
    assert_int_equal(err.kind, ERROR_INTERNAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_empty, close_again)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_readable_lies_below),
        TEST(keys_are_changed_while_objects_stay),
        TEST(without_a_key_a_sealed_object_is_not_served),
        TEST(what_is_not_sealed_is_read_only_if_that_is_wanted),
        TEST(a_changed_file_is_told_apart_from_a_missing_key),
        TEST(an_object_under_another_name_is_not_that_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
