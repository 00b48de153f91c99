#include "core/error.h"

#include <errno.h>
#include <string.h>

#include "core/text.h"
#include "support/cmocka_all.h"

static void the_first_error_wins(void **state)
{
    (void)state;
    struct error err = {0};
    assert_int_equal(error_set(&err, ERROR_NOT_FOUND, "no call %s", "CA1"), -1);
    assert_int_equal(error_set(&err, ERROR_INTERNAL, "later"), -1);
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    assert_string_equal(err.message, "no call CA1");
    error_clear(&err);
    assert_int_equal(err.kind, ERROR_NONE);
    assert_string_equal(err.message, "");
}

static void nobody_has_to_want_the_error(void **state)
{
    (void)state;
    assert_int_equal(error_set(NULL, ERROR_INTERNAL, "lost"), -1);
    assert_int_equal(error_field(NULL, "to", "lost"), -1);
}

static void a_wrong_field_is_named_apart_from_the_message(void **state)
{
    (void)state;
    struct error err = {0};
    assert_int_equal(error_field(&err, "to", "must be E.164"), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    assert_string_equal(err.field, "to");
    assert_string_equal(err.message, "must be E.164");
}

static void errno_becomes_text(void **state)
{
    (void)state;
    struct error err = {0};
    errno = ENOENT;
    assert_int_equal(error_errno(&err, ERROR_UNAVAILABLE, "open x"), -1);
    assert_string_equal(err.message, "open x: No such file or directory");
}

static void a_long_message_is_not_cut_inside_a_character(void **state)
{
    (void)state;
    /* one, two, three and four byte characters at every offset to the cut */
    static const char *const characters[] = {"a", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    for (size_t i = 0; i < ARRAY_LEN(characters); i++) {
        for (size_t shift = 0; shift < 4; shift++) {
            char text[400] = "";
            memset(text, 'x', shift);
            while (strlen(text) < 300)
                memcpy(text + strlen(text), characters[i], strlen(characters[i]) + 1);
            struct error err = {0};
            (void)error_set(&err, ERROR_INVALID, "%s", text);
            size_t len = strlen(err.message);
            assert_true(len > ERROR_MESSAGE_BYTES - 5);
            assert_true(text_is_utf8(err.message, len));
            assert_memory_equal(err.message, text, len);
            err = (struct error){0};
            (void)error_field(&err, text, "wrong");
            assert_true(text_is_utf8(err.field, strlen(err.field)));
        }
    }
}

static void what_is_no_text_does_not_take_the_message_with_it(void **state)
{
    (void)state;
    static const char *const texts[] = {"\xff", "a\x80z", "\xc3(", "\xed\xa0\x80"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct error err = {0};
        (void)error_field(&err, texts[i], "no %s here", texts[i]);
        assert_true(text_is_utf8(err.message, strlen(err.message)));
        assert_true(text_is_utf8(err.field, strlen(err.field)));
        assert_non_null(strstr(err.message, " here"));
    }
}

static void every_kind_has_a_complete_row(void **state)
{
    (void)state;
    static const enum error_kind kinds[] = {
#define X(name, status, code, title, retry) ERROR_##name,
        ERROR_KINDS(X)
#undef X
    };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const struct error_kind_info *info = error_info(kinds[i]);
        assert_true(info->http_status >= 400 && info->http_status < 600);
        assert_false(text_is_empty(info->code));
        assert_false(text_is_empty(info->title));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(info->code, error_info(kinds[j])->code);
    }
    assert_string_equal(error_info(ERROR_NONE)->code, "internal");
    assert_string_equal(error_info((enum error_kind)9999)->code, "internal");
    assert_int_equal(error_info(ERROR_DEADLINE)->http_status, 504);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_error_wins),
        cmocka_unit_test(nobody_has_to_want_the_error),
        cmocka_unit_test(a_wrong_field_is_named_apart_from_the_message),
        cmocka_unit_test(errno_becomes_text),
        cmocka_unit_test(a_long_message_is_not_cut_inside_a_character),
        cmocka_unit_test(what_is_no_text_does_not_take_the_message_with_it),
        cmocka_unit_test(every_kind_has_a_complete_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
