#include "core/fields.h"

#include <string.h>

#include "core/xmalloc.h"
#include "support/cmocka_all.h"

/* Under ASan a read past the end shows only if the text has no NUL behind it. */
static int decode(const char *text, struct arena *arena, struct fields *out, struct error *err)
{
    size_t len = strlen(text);
    auto_free char *exact = xrealloc(NULL, len);
    memcpy(exact, text, len); /* NOLINT(bugprone-not-null-terminated-result): on purpose */
    return fields_decode(exact, len, 5, arena, out, err);
}

static void decoding_keeps_order_and_repeats(void **state)
{
    (void)state;
    /* `shown` is name=value; for each pair, decoded */
    static const struct {
        const char *text;
        const char *shown;
    } cases[] = {
        {"",                                            ""               },
        {"&&&",                                         ""               },
        {"a=1",                                         "a=1;"           },
        {"b=2&a=1&b=3",                                 "b=2;a=1;b=3;"   },
        {"&a=1&&b=2&",                                  "a=1;b=2;"       },
        {"a",                                           "a=;"            },
        {"a&b=",                                        "a=;b=;"         },
        {"=x",                                          "=x;"            },
        {"a=b=c",                                       "a=b=c;"         },
        {"a+b=c+d%2B",                                  "a b=c d+;"      },
        {"To=%2B14155550100&From=client%3aJ%C3%BCrgen",
         "To=+14155550100;From=client:J\xc3\xbcrgen;"                    },
        {"%41=%26%3D%25",                               "A=&=%;"         },
        {"a=\xe2\x82\xac",                              "a=\xe2\x82\xac;"},
        {"1&2&3&4&5",                                   "1=;2=;3=;4=;5=;"},
        {"&&1&&2&&3&&4&&5&&",                           "1=;2=;3=;4=;5=;"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_arena struct arena *arena = arena_create();
        struct fields fields = {0};
        struct error err = {0};
        assert_int_equal(decode(cases[i].text, arena, &fields, &err), 0);
        auto_buf struct buf shown;
        buf_init(&shown, 1000);
        (void)buf_puts(&shown, "");
        for (size_t at = 0; at < fields.count; at++) {
            const struct field *field = &fields.items[at];
            assert_int_equal(strlen(field->name), field->name_len);
            assert_int_equal(strlen(field->value), field->value_len);
            (void)buf_printf(&shown, "%s=%s;", field->name, field->value);
        }
        assert_string_equal(shown.data, cases[i].shown);
    }
}

static void decoding_refuses_what_it_cannot_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum error_kind kind;
    } cases[] = {
        {"a=%",         ERROR_MALFORMED},
        {"a=%4",        ERROR_MALFORMED},
        {"a=%4&b=1",    ERROR_MALFORMED},
        {"a=%zz",       ERROR_MALFORMED},
        {"a=%g1",       ERROR_MALFORMED},
        {"a=%1g",       ERROR_MALFORMED},
        {"a%00=1",      ERROR_MALFORMED},
        {"a=%00",       ERROR_MALFORMED},
        {"a=\xff",      ERROR_MALFORMED},
        {"a=%C3",       ERROR_MALFORMED},
        {"%C3=%A4",     ERROR_MALFORMED}, /* half a character must not be completed by the next text */
        {"a=%C3&%A4=b", ERROR_MALFORMED},
        {"a=%C0%80",    ERROR_MALFORMED},
        {"a=%ED%A0%80", ERROR_MALFORMED},
        {"1&2&3&4&5&6", ERROR_TOO_LARGE},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_arena struct arena *arena = arena_create();
        struct fields fields = {.count = 77};
        struct error err = {0};
        assert_int_equal(decode(cases[i].text, arena, &fields, &err), -1);
        assert_int_equal(err.kind, cases[i].kind);
        assert_int_equal(fields.count, 77);
    }
    auto_arena struct arena *arena = arena_create();
    struct fields fields = {0};
    struct error err = {0};
    assert_int_equal(fields_decode("a=\0b", 4, 5, arena, &fields, &err), -1);
    assert_int_equal(err.kind, ERROR_MALFORMED);
}

static void looking_up_finds_the_first_of_that_name(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct fields fields = {0};
    struct error err = {0};
    assert_int_equal(decode("a=1&b=&a=2&A=3", arena, &fields, &err), 0);
    assert_string_equal(fields_get(&fields, "a"), "1");
    assert_string_equal(fields_get(&fields, "A"), "3");
    assert_string_equal(fields_get(&fields, "b"), "");
    assert_null(fields_get(&fields, "c"));
    assert_string_equal(fields_text(&fields, "c"), "");
    assert_int_equal(fields_count(&fields, "a"), 2);
    assert_int_equal(fields_count(&fields, "c"), 0);
    assert_int_equal(fields_count(&(struct fields){0}, "a"), 0);
}

static void adding_works_on_empty_decoded_and_handmade_sets(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct field handmade[] = {
        {.name = "x", .name_len = 1, .value = "0", .value_len = 1}
    };
    struct fields sets[] = {
        {0                },
        {.items = handmade, .count = 1},
        {0                }
    };
    struct error err = {0};
    assert_int_equal(decode("x=0&y=1", arena, &sets[2], &err), 0);
    for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
        size_t before = sets[i].count;
        for (int at = 0; at < 100; at++)
            fields_add(&sets[i], arena, arena_printf(arena, "n%d", at), "v");
        assert_int_equal(sets[i].count, before + 100);
        assert_string_equal(sets[i].items[before].name, "n0");
        assert_string_equal(fields_get(&sets[i], "n99"), "v");
        assert_int_equal(before > 0, fields_get(&sets[i], "x") != NULL);
    }
}

static void encoding_is_undone_by_decoding(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    char every[256];
    for (int i = 1; i < 128; i++)
        every[i - 1] = (char)i;
    every[127] = '\0';
    struct fields fields = {0};
    fields_add(&fields, arena, "To", "+1 (415) 555-0100");
    fields_add(&fields, arena, every, every);
    fields_add(&fields, arena, "", "J\xc3\xbcrgen");
    auto_buf struct buf text;
    buf_init(&text, 5000);
    assert_int_equal(fields_encode(&text, &fields), 0);
    static const char start[] = "To=%2B1%20%28415%29%20555-0100&%01%02";
    assert_memory_equal(text.data, start, sizeof start - 1);
    struct fields again = {0};
    struct error err = {0};
    assert_int_equal(fields_decode(text.data, text.len, 5, arena, &again, &err), 0);
    assert_int_equal(again.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(again.items[i].name, fields.items[i].name);
        assert_string_equal(again.items[i].value, fields.items[i].value);
    }
}

static void escaping_keeps_unreserved_bytes_and_obeys_the_limit(void **state)
{
    (void)state;
    auto_buf struct buf text;
    buf_init(&text, 20);
    assert_int_equal(fields_escape(&text, "aZ09-._~/ \xff", 11), 0);
    assert_string_equal(text.data, "aZ09-._~%2F%20%FF");
    assert_int_equal(fields_escape(&text, "//", 2), -1);
}

static void a_path_segment_keeps_its_plus(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *decoded; /* NULL: MALFORMED */
    } cases[] = {
        {"a+b",       "a+b"  },
        {"a%20b%2fc", "a b/c"},
        {"a&b=c",     "a&b=c"},
        {"",          ""     },
        {"%",         NULL   },
        {"%2",        NULL   },
        {"%00",       NULL   },
        {"%ff",       NULL   },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_arena struct arena *arena = arena_create();
        struct error err = {0};
        char *text = text_percent_decode(cases[i].text, strlen(cases[i].text), arena, &err);
        if (cases[i].decoded == NULL) {
            assert_null(text);
            assert_int_equal(err.kind, ERROR_MALFORMED);
        } else {
            assert_string_equal(text, cases[i].decoded);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoding_keeps_order_and_repeats),
        cmocka_unit_test(decoding_refuses_what_it_cannot_read),
        cmocka_unit_test(looking_up_finds_the_first_of_that_name),
        cmocka_unit_test(adding_works_on_empty_decoded_and_handmade_sets),
        cmocka_unit_test(encoding_is_undone_by_decoding),
        cmocka_unit_test(escaping_keeps_unreserved_bytes_and_obeys_the_limit),
        cmocka_unit_test(a_path_segment_keeps_its_plus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
