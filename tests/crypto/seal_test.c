/* Sealed objects: what was sealed comes back, range by range; whatever was done to it in between is noticed. */
#include "crypto/seal.h"

#include <string.h>

#include "core/hex.h"
#include "core/macros.h"
#include "core/random.h"
#include "core/xmalloc.h"
#include "support/cmocka_all.h"

#define OLD_KEY "0001020304050607000102030405060700010203040506070001020304050607"
#define NEW_KEY "AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg8="

struct object {
    unsigned char *plain;
    int64_t plain_bytes;
    unsigned char *sealed;
    int64_t sealed_bytes;
};

static struct seal_keys *ring(const char *text)
{
    struct error err = {0};
    struct seal_keys *keys = seal_keys_create(text, &err);
    assert_string_equal(err.message, "");
    assert_non_null(keys);
    return keys;
}

static void fill(unsigned char *out, int64_t bytes)
{
    for (int64_t i = 0; i < bytes; i++)
        out[i] = (unsigned char)(i * 31 + i / 251);
}

static struct object make(const struct seal_keys *keys, const char *name, int64_t bytes)
{
    struct object object = {.plain = xcalloc(1, (size_t)bytes + 1),
                            .plain_bytes = bytes,
                            .sealed_bytes = seal_sealed_bytes(bytes)};
    object.sealed = xcalloc(1, (size_t)object.sealed_bytes);
    fill(object.plain, bytes);
    auto_seal struct seal *seal = seal_begin(keys, name, object.sealed);
    struct seal_chunk_place at;
    for (uint64_t i = 0; seal_chunk_at(bytes, i, &at); i++)
        seal_chunk(seal, i, at.place, object.plain + (int64_t)i * SEAL_CHUNK_BYTES,
                   at.bytes - SEAL_TAG_BYTES, object.sealed + at.offset);
    return object;
}

static void drop(struct object *object)
{
    free(object->plain);
    free(object->sealed);
}

/* Bytes [from, to) of a sealed object of that length, as a reader would get them; -1 if it is noticed that something is wrong. */
static int read_range(const struct seal_keys *keys,
                      const char *name,
                      const unsigned char *sealed,
                      int64_t sealed_bytes,
                      int64_t from,
                      int64_t to,
                      unsigned char *out,
                      struct error *err)
{
    static unsigned char chunk[SEAL_CHUNK_BYTES];
    int64_t plain = 0;
    struct seal_chunk_place at;
    if (!seal_plain_bytes(sealed_bytes, &plain))
        return error_set(err, ERROR_INVALID, "no length");
    auto_seal struct seal *seal = seal_open(keys, name, sealed, err);
    if (seal == NULL)
        return -1;
    for (int64_t i = from; i < to;) {
        const int64_t index = i / SEAL_CHUNK_BYTES;
        const int64_t start = index * SEAL_CHUNK_BYTES;
        if (!seal_chunk_at(plain, (uint64_t)index, &at))
            return error_set(err, ERROR_INVALID, "no chunk");
        if (seal_open_chunk(seal, (uint64_t)index, at.place, sealed + at.offset, at.bytes, chunk,
                            err) < 0)
            return -1;
        int64_t end = start + (int64_t)at.bytes - SEAL_TAG_BYTES;
        end = end < to ? end : to;
        memcpy(out + (i - from), chunk + (i - start), (size_t)(end - i));
        i = end;
    }
    return 0;
}

static int read_all(const struct seal_keys *keys,
                    const char *name,
                    const struct object *object,
                    struct error *err)
{
    auto_free unsigned char *out = xcalloc(1, (size_t)object->plain_bytes + 1);
    if (object->plain_bytes == 0) { /* nothing to read, but something to prove */
        auto_seal struct seal *seal = seal_open(keys, name, object->sealed, err);
        return seal == NULL
                   ? -1
                   : seal_open_chunk(seal, 0, SEAL_LAST, object->sealed + SEAL_HEADER_BYTES,
                                     SEAL_TAG_BYTES, out, err);
    }
    if (read_range(keys, name, object->sealed, object->sealed_bytes, 0, object->plain_bytes, out,
                   err) < 0)
        return -1;
    assert_memory_equal(out, object->plain, (size_t)object->plain_bytes);
    return 0;
}

static const int64_t lengths[] = {0,
                                  1,
                                  15,
                                  SEAL_CHUNK_BYTES - 1,
                                  SEAL_CHUNK_BYTES,
                                  SEAL_CHUNK_BYTES + 1,
                                  2 * SEAL_CHUNK_BYTES,
                                  5 * SEAL_CHUNK_BYTES + 77};

static void gives_back_what_was_sealed_at_every_length(void **state)
{
    (void)state;
    auto_seal_keys struct seal_keys *keys = ring(NEW_KEY);
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        struct object object = make(keys, "a/b.wav", lengths[i]);
        struct error err = {0};
        assert_int_equal(read_all(keys, "a/b.wav", &object, &err), 0);
        drop(&object);
    }
}

static void any_range_opens_alone(void **state)
{
    (void)state;
    auto_seal_keys struct seal_keys *keys = ring(NEW_KEY);
    struct object object = make(keys, "x", 5 * SEAL_CHUNK_BYTES + 77);
    auto_free unsigned char *out = xcalloc(1, (size_t)object.plain_bytes);
    for (int i = 0; i < 300; i++) {
        struct error err = {0};
        int64_t from = (int64_t)random_below((uint64_t)object.plain_bytes);
        int64_t to = from + 1 + (int64_t)random_below((uint64_t)(object.plain_bytes - from));
        if (i % 3 == 0 && from + 40 < to)
            to = from + 40;
        assert_int_equal(
            read_range(keys, "x", object.sealed, object.sealed_bytes, from, to, out, &err), 0);
        assert_memory_equal(out, object.plain + from, (size_t)(to - from));
    }
    drop(&object);
}

static void lengths_lead_back_and_forth(void **state)
{
    (void)state;
    int64_t plain = -1;
    for (int64_t bytes = 0; bytes < 3 * SEAL_CHUNK_BYTES; bytes += 1 + bytes % 97) {
        assert_true(seal_plain_bytes(seal_sealed_bytes(bytes), &plain));
        assert_true(plain == bytes);
    }
    const int64_t full = SEAL_HEADER_BYTES + SEAL_SEALED_CHUNK_BYTES;
    const int64_t nobodys[] = {-1,
                               0,
                               SEAL_HEADER_BYTES,
                               SEAL_HEADER_BYTES + SEAL_TAG_BYTES - 1,
                               full + 1,
                               full + SEAL_TAG_BYTES,
                               INT64_MAX};
    for (size_t i = 0; i < ARRAY_LEN(nobodys); i++)
        assert_false(seal_plain_bytes(nobodys[i], &plain));
}

/* One bit anywhere: in the header, in each chunk, in a tag. */
static void a_changed_bit_is_noticed(void **state)
{
    (void)state;
    auto_seal_keys struct seal_keys *keys = ring(NEW_KEY);
    struct object object = make(keys, "x", 2 * SEAL_CHUNK_BYTES + 5);
    for (int64_t at = 0; at < object.sealed_bytes; at += at < 80 ? 1 : 977) {
        struct error err = {0};
        object.sealed[at] ^= (unsigned char)(1u << (at % 8));
        assert_int_equal(read_all(keys, "x", &object, &err), -1);
        assert_int_equal(err.kind, at >= 8 && at < 16 ? ERROR_NOT_FOUND : ERROR_INVALID);
        object.sealed[at] ^= (unsigned char)(1u << (at % 8));
    }
    struct error err = {0};
    assert_int_equal(read_all(keys, "x", &object, &err), 0);
    drop(&object);
}

/* Whole chunks cut off at the end: the one that is now the last was not sealed as the last. */
static void a_shortened_object_is_noticed(void **state)
{
    (void)state;
    auto_seal_keys struct seal_keys *keys = ring(NEW_KEY);
    struct object object = make(keys, "x", 3 * SEAL_CHUNK_BYTES);
    for (int64_t cut = 1; cut < object.sealed_bytes - SEAL_HEADER_BYTES;
         cut += cut % SEAL_SEALED_CHUNK_BYTES < 40 ? 1 : 32749) {
        struct object cut_off = object;
        struct error err = {0};
        cut_off.sealed_bytes -= cut;
        if (seal_plain_bytes(cut_off.sealed_bytes, &cut_off.plain_bytes))
            assert_int_equal(read_all(keys, "x", &cut_off, &err), -1);
    }
    drop(&object);
}

static void chunks_in_another_order_are_noticed(void **state)
{
    (void)state;
    auto_seal_keys struct seal_keys *keys = ring(NEW_KEY);
    struct object object = make(keys, "x", 3 * SEAL_CHUNK_BYTES);
    unsigned char *first = object.sealed + SEAL_HEADER_BYTES;
    auto_free unsigned char *kept = xcalloc(1, SEAL_SEALED_CHUNK_BYTES);
    struct error err = {0};
    memcpy(kept, first, SEAL_SEALED_CHUNK_BYTES);
    memcpy(first, first + SEAL_SEALED_CHUNK_BYTES, SEAL_SEALED_CHUNK_BYTES);
    memcpy(first + SEAL_SEALED_CHUNK_BYTES, kept, SEAL_SEALED_CHUNK_BYTES);
    assert_int_equal(read_all(keys, "x", &object, &err), -1);
    drop(&object);
}

static void one_object_does_not_stand_in_for_another(void **state)
{
    (void)state;
    auto_seal_keys struct seal_keys *keys = ring(NEW_KEY);
    struct object mine = make(keys, "mine", SEAL_CHUNK_BYTES + 9);
    struct object yours = make(keys, "yours", SEAL_CHUNK_BYTES + 9);
    struct error err = {0};
    assert_int_equal(read_all(keys, "yours", &mine, &err),
                     -1); /* the whole of it under another name */
    assert_non_null(strstr(err.message, "another name"));
    error_clear(&err);
    memcpy(mine.sealed + SEAL_HEADER_BYTES, yours.sealed + SEAL_HEADER_BYTES,
           SEAL_SEALED_CHUNK_BYTES); /* a piece */
    assert_int_equal(read_all(keys, "mine", &mine, &err), -1);
    drop(&mine);
    drop(&yours);
}

static void the_longest_name_counts_to_its_end(void **state)
{
    (void)state;
    auto_seal_keys struct seal_keys *keys = ring(NEW_KEY);
    char name[SEAL_NAME_BYTES_MAX + 1] = {0};
    memset(name, 'n', SEAL_NAME_BYTES_MAX);
    struct object object = make(keys, name, 10);
    struct error err = {0};
    assert_int_equal(read_all(keys, name, &object, &err), 0);
    name[SEAL_NAME_BYTES_MAX - 1] = 'm';
    assert_int_equal(read_all(keys, name, &object, &err), -1);
    drop(&object);
}

static void equal_texts_look_different(void **state)
{
    (void)state;
    auto_seal_keys struct seal_keys *keys = ring(NEW_KEY);
    struct object one = make(keys, "x", 100);
    struct object two = make(keys, "x", 100);
    assert_memory_not_equal(one.sealed + SEAL_HEADER_BYTES, two.sealed + SEAL_HEADER_BYTES, 100);
    assert_memory_not_equal(one.sealed + SEAL_HEADER_BYTES, one.plain, 100);
    drop(&one);
    drop(&two);
}

/* A new key comes first, the old ones stay as long as there are objects of theirs. */
static void the_first_key_seals_and_all_open(void **state)
{
    (void)state;
    auto_seal_keys struct seal_keys *before = ring(OLD_KEY "\n");
    auto_seal_keys struct seal_keys *rotated = ring(NEW_KEY "\n" OLD_KEY "\n");
    auto_seal_keys struct seal_keys *after = ring(NEW_KEY);
    struct object old = make(before, "x", 1000);
    struct object new = make(rotated, "x", 1000);
    struct error err = {0};
    char id[SEAL_KEY_ID_TEXT_BYTES];
    assert_int_equal(read_all(rotated, "x", &old, &err), 0);
    assert_int_equal(read_all(after, "x", &new, &err), 0);
    assert_int_equal(read_all(after, "x", &old, &err), -1);
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    seal_keys_id(before, 0, id);
    assert_non_null(strstr(err.message, id));
    drop(&old);
    drop(&new);
}

static void keys_are_read_strictly(void **state)
{
    (void)state;
    const char *const wrong[] = {"",
                                 " \n,",
                                 "abcd",
                                 OLD_KEY "0",
                                 OLD_KEY " " OLD_KEY,
                                 NEW_KEY ",x",
                                 "AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg9=",
                                 "AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg=="};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct error err = {0};
        assert_null(seal_keys_create(wrong[i], &err));
        assert_int_equal(err.kind, ERROR_INVALID);
        assert_null(strstr(err.message, "AAEC"));
    }
    auto_seal_keys struct seal_keys *keys = ring("\n " NEW_KEY ",\r\n" OLD_KEY " ");
    assert_int_equal(seal_keys_count(keys), 2);
}

/* Made by a program of its own from the description of the format alone, with hkdfSync and createCipheriv of node 20. */
static void an_object_of_another_program_opens(void **state)
{
    (void)state;
    static const char text[] = "73777365616c0110614f0b7ac828352d000102030405060708090a0b0c0d0e0f"
                               "101112131415161718191a1b1c1d1e1f63606c8f11974d8e97c9b3684cd536b2"
                               "3f684b88628e55728a6db055bfa15575a92038d4d8183d1d3010062c5008a1e2"
                               "25";
    unsigned char sealed[sizeof text / 2];
    assert_true(hex_decode(text, sealed, sizeof sealed));
    auto_seal_keys struct seal_keys *keys = ring(NEW_KEY);
    unsigned char out[32] = {0};
    struct error err = {0};
    assert_int_equal(read_range(keys, "2026/11/rec.wav", sealed, sizeof sealed, 0, 17, out, &err),
                     0);
    assert_string_equal((const char *)out, "sealed by another");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_back_what_was_sealed_at_every_length),
        cmocka_unit_test(any_range_opens_alone),
        cmocka_unit_test(lengths_lead_back_and_forth),
        cmocka_unit_test(a_changed_bit_is_noticed),
        cmocka_unit_test(a_shortened_object_is_noticed),
        cmocka_unit_test(chunks_in_another_order_are_noticed),
        cmocka_unit_test(one_object_does_not_stand_in_for_another),
        cmocka_unit_test(the_longest_name_counts_to_its_end),
        cmocka_unit_test(equal_texts_look_different),
        cmocka_unit_test(the_first_key_seals_and_all_open),
        cmocka_unit_test(keys_are_read_strictly),
        cmocka_unit_test(an_object_of_another_program_opens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
