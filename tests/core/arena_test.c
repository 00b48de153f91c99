#include "core/arena.h"

#include <stdalign.h>
#include <string.h>

#include "support/cmocka_all.h"

static void memory_is_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    unsigned char *blocks[2000];
    for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
        size_t bytes = i * 7 % 300;
        blocks[i] = arena_alloc(arena, bytes);
        assert_int_equal((uintptr_t)blocks[i] % alignof(max_align_t), 0);
        for (size_t at = 0; at < bytes; at++)
            assert_int_equal(blocks[i][at], 0);
        memset(blocks[i], (int)(i & 255), bytes);
    }
    for (size_t i = 0; i < ARRAY_LEN(blocks); i++)
        for (size_t at = 0; at < i * 7 % 300; at++)
            assert_int_equal(blocks[i][at], i & 255);
}

static void a_large_block_fits_between_small_ones(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    char *before = arena_strdup(arena, "before");
    char *large = arena_alloc(arena, MiB(3));
    char *after = arena_strdup(arena, "after");
    memset(large, 'x', MiB(3));
    assert_string_equal(before, "before");
    assert_string_equal(after, "after");
}

static void copies_end_in_nul(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    assert_memory_equal(arena_copy(arena, "a\0b", 3), "a\0b", 4);
    assert_string_equal(arena_copy(arena, NULL, 0), "");
    assert_null(arena_strdup(arena, NULL));
}

static void printing_takes_texts_of_any_length(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    assert_string_equal(arena_printf(arena, "%s-%d", "a", 7), "a-7");
    for (int width = 250; width < 260; width++) {
        char *text = arena_printf(arena, "%*d", width, 1);
        assert_int_equal(strlen(text), width);
        assert_int_equal(text[width - 1], '1');
    }
}

static void what_was_handed_out_is_counted(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    assert_int_equal(arena_used(arena), 0);
    (void)arena_alloc(arena, 100);
    (void)arena_copy(arena, "abc", 3);
    assert_int_equal(arena_used(arena), 104);
    arena_free(NULL);
}

static void a_second_life_begins_with_zeroed_memory(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    for (int life = 0; life < 3; life++) {
        for (size_t bytes = 1; bytes < 100000; bytes *= 3) {
            unsigned char *block = arena_alloc(arena, bytes);
            for (size_t at = 0; at < bytes; at++)
                assert_int_equal(block[at], 0);
            memset(block, 0xff, bytes);
        }
        assert_true(arena_used(arena) > 100);
        arena_reset(arena);
        assert_int_equal(arena_used(arena), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(a_large_block_fits_between_small_ones),
        cmocka_unit_test(copies_end_in_nul),
        cmocka_unit_test(printing_takes_texts_of_any_length),
        cmocka_unit_test(what_was_handed_out_is_counted),
        cmocka_unit_test(a_second_life_begins_with_zeroed_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
