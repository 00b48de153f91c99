#include "core/buf.h"

#include <string.h>

#include "support/cmocka_all.h"

static void it_grows_up_to_its_limit(void **state)
{
    (void)state;
    auto_buf struct buf buf;
    buf_init(&buf, 1000);
    assert_null(buf.data);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(buf_append(&buf, "x", 1), 0);
        assert_int_equal(buf.data[buf.len], '\0');
    }
    assert_int_equal(buf.len, 1000);
    assert_int_equal(buf_append(&buf, "x", 1), -1);
    assert_int_equal(buf.len, 1000);
}

static void an_overflow_sticks_until_cleared(void **state)
{
    (void)state;
    auto_buf struct buf buf;
    buf_init(&buf, 4);
    assert_int_equal(buf_puts(&buf, "ab"), 0);
    assert_int_equal(buf_puts(&buf, "cde"), -1);
    assert_string_equal(buf.data, "ab");
    assert_int_equal(buf_puts(&buf, "c"), -1);
    assert_int_equal(buf_printf(&buf, "%d", 1), -1);
    assert_true(buf.overflowed);
    buf_clear(&buf);
    assert_string_equal(buf.data, "");
    assert_int_equal(buf_puts(&buf, "abcd"), 0);
}

static void printing_obeys_the_limit_for_short_and_long_texts(void **state)
{
    (void)state;
    auto_buf struct buf buf;
    buf_init(&buf, 600);
    assert_int_equal(buf_printf(&buf, "%*d", 300, 7), 0);
    assert_int_equal(buf_printf(&buf, "%*d", 300, 8), 0);
    assert_int_equal(buf.len, 600);
    assert_int_equal(buf.data[299], '7');
    assert_int_equal(buf.data[599], '8');
    buf_clear(&buf);
    assert_int_equal(buf_printf(&buf, "%*d", 601, 7), -1);
    assert_int_equal(buf.len, 0);
}

static void stealing_leaves_an_empty_buffer(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 100);
    size_t len = 7;
    auto_free char *nothing = buf_steal(&buf, &len);
    assert_string_equal(nothing, "");
    assert_int_equal(len, 0);
    assert_int_equal(buf_append(&buf, "a\0b", 3), 0);
    auto_free char *bytes = buf_steal(&buf, &len);
    assert_memory_equal(bytes, "a\0b", 4);
    assert_int_equal(len, 3);
    assert_null(buf.data);
    assert_int_equal(buf.max_bytes, 100);
}

static void an_empty_append_makes_an_empty_text(void **state)
{
    (void)state;
    auto_buf struct buf buf;
    buf_init(&buf, 0);
    assert_int_equal(buf_append(&buf, NULL, 0), 0);
    assert_string_equal(buf.data, "");
    assert_int_equal(buf_puts(&buf, "a"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_grows_up_to_its_limit),
        cmocka_unit_test(an_overflow_sticks_until_cleared),
        cmocka_unit_test(printing_obeys_the_limit_for_short_and_long_texts),
        cmocka_unit_test(stealing_leaves_an_empty_buffer),
        cmocka_unit_test(an_empty_append_makes_an_empty_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
