#include "core/xmalloc.h"

#include <string.h>

#include "core/macros.h"
#include "support/cmocka_all.h"

static void new_memory_is_zeroed_and_never_null(void **state)
{
    (void)state;
    auto_free char *bytes = xcalloc(3, 5);
    assert_memory_equal(bytes, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15);
    auto_free char *nothing = xcalloc(0, 5);
    assert_non_null(nothing);
    auto_free char *empty = xrealloc(NULL, 0);
    assert_non_null(empty);
}

static void memory_may_begin_at_an_alignment(void **state)
{
    (void)state;
    for (size_t alignment = 16; alignment <= 4096; alignment *= 2) {
        auto_free char *bytes = xcalloc_aligned(alignment, 3, 5);
        assert_int_equal((uintptr_t)bytes % alignment, 0);
        assert_memory_equal(bytes, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15);
        auto_free char *nothing = xcalloc_aligned(alignment, 0, 5);
        assert_non_null(nothing);
    }
}

static void growing_keeps_the_contents(void **state)
{
    (void)state;
    char *bytes = xrealloc(NULL, 4);
    memcpy(bytes, "abc", 4);
    bytes = xrealloc(bytes, 4000);
    assert_string_equal(bytes, "abc");
    free(bytes);
}

static void copies_end_in_nul(void **state)
{
    (void)state;
    auto_free char *text = xstrdup("abc");
    assert_string_equal(text, "abc");
    auto_free char *bytes = xmemdup("a\0b", 3);
    assert_memory_equal(bytes, "a\0b", 4);
    auto_free char *empty = xmemdup(NULL, 0);
    assert_string_equal(empty, "");
    assert_null(xstrdup(NULL));
}

static void a_stolen_pointer_is_not_freed_where_it_was(void **state)
{
    (void)state;
    char *kept;
    {
        auto_free char *text = xstrdup("abc");
        kept = steal(&text);
        assert_null(text);
    }
    assert_string_equal(kept, "abc");
    free(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_memory_is_zeroed_and_never_null),
        cmocka_unit_test(memory_may_begin_at_an_alignment),
        cmocka_unit_test(growing_keeps_the_contents),
        cmocka_unit_test(copies_end_in_nul),
        cmocka_unit_test(a_stolen_pointer_is_not_freed_where_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
