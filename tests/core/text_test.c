#include "core/text.h"

#include <string.h>

#include "core/macros.h"
#include "support/cmocka_all.h"

static void utf8_and_xml_are_told_from_other_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool utf8;
        bool xml;
    } cases[] = {
        {"",                                          true,  true },
        {"plain text of more than eight bytes",       true,  true },
        {"eight by\xc3\xa4 and then more than eight", true,  true },
        {"\t\r\n ~\x7f",                              true,  true },
        {"a\x01",                                     true,  false},
        {"\x1f",                                      true,  false},
        {"\xc2\x80",                                  true,  true },
        {"\xdf\xbf",                                  true,  true },
        {"\xe0\xa0\x80",                              true,  true },
        {"\xed\x9f\xbf",                              true,  true },
        {"\xee\x80\x80",                              true,  true },
        {"\xef\xbf\xbd",                              true,  true },
        {"\xef\xbf\xbe",                              true,  false}, /* U+FFFE */
        {"\xef\xbf\xbf",                              true,  false}, /* U+FFFF */
        {"\xf0\x90\x80\x80",                          true,  true },
        {"\xf4\x8f\xbf\xbf",                          true,  true }, /* U+10FFFF */
        {"\xf4\x90\x80\x80",                          false, false},
        {"\xf5\x80\x80\x80",                          false, false},
        {"\xf8\x88\x80\x80\x80",                      false, false},
        {"\xed\xa0\x80",                              false, false}, /* surrogates */
        {"\xed\xbf\xbf",                              false, false},
        {"\xc0\x80",                                  false, false}, /* overlong */
        {"\xc1\xbf",                                  false, false},
        {"\xe0\x9f\xbf",                              false, false},
        {"\xf0\x8f\xbf\xbf",                          false, false},
        {"\x80",                                      false, false},
        {"\xc3",                                      false, false}, /* cut */
        {"\xe2\x82",                                  false, false},
        {"\xf0\x9f\x98",                              false, false},
        {"\xc3(",                                     false, false},
        {"\xe2\x28\xa1",                              false, false},
        {"12345678\xff",                              false, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(text_is_utf8(cases[i].text, strlen(cases[i].text)), cases[i].utf8);
        assert_int_equal(text_is_xml(cases[i].text, strlen(cases[i].text)), cases[i].xml);
    }
    assert_true(text_is_utf8("a\0b", 3));
    assert_false(text_is_xml("a\0b", 3));
}

static void phone_numbers_are_e164(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool yes;
    } cases[] = {
        {"+14155550100",      true },
        {"+1234567",          true },
        {"+123456789012345",  true },
        {"+123456",           false},
        {"+1234567890123456", false},
        {"+04155550100",      false},
        {"14155550100",       false},
        {"+1415555010a",      false},
        {"+1 4155550100",     false},
        {"+",                 false},
        {"",                  false},
        {NULL,                false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(text_is_e164(cases[i].text), cases[i].yes);
}

static void sids_have_a_prefix_and_32_hex_digits(void **state)
{
    (void)state;
    assert_true(text_is_sid("CA0123456789abcdefABCDEF0123456789", "CA"));
    assert_false(text_is_sid("CA0123456789abcdefABCDEF0123456789", "AC"));
    assert_false(text_is_sid("CA0123456789abcdefABCDEF012345678", "CA"));
    assert_false(text_is_sid("CA0123456789abcdefABCDEF01234567890", "CA"));
    assert_false(text_is_sid("CA0123456789abcdefABCDEF012345678g", "CA"));
    assert_false(text_is_sid("CA", "CA"));
    assert_false(text_is_sid("", "CA"));
    assert_false(text_is_sid(NULL, "CA"));
}

static void integers_are_the_whole_text_and_in_range(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t min;
        int64_t max;
        bool yes;
        int64_t value;
    } cases[] = {
        {"0",                       0,         9,         true,  0        },
        {"9",                       0,         9,         true,  9        },
        {"10",                      0,         9,         false, 0        },
        {"-1",                      0,         9,         false, 0        },
        {"-10",                     -10,       9,         true,  -10      },
        {"9223372036854775807",     INT64_MIN, INT64_MAX, true,  INT64_MAX},
        {"9223372036854775808",     INT64_MIN, INT64_MAX, false, 0        },
        {"-9223372036854775808",    INT64_MIN, INT64_MAX, true,  INT64_MIN},
        {"-9223372036854775809",    INT64_MIN, INT64_MAX, false, 0        },
        {"99999999999999999999999", INT64_MIN, INT64_MAX, false, 0        },
        {"007",                     0,         9,         false, 0        },
        {"00",                      0,         9,         false, 0        },
        {"-0",                      -9,        9,         false, 0        },
        {"+1",                      0,         9,         false, 0        },
        {" 1",                      0,         9,         false, 0        },
        {"1 ",                      0,         9,         false, 0        },
        {"1.0",                     0,         9,         false, 0        },
        {"-",                       -9,        9,         false, 0        },
        {"",                        0,         9,         false, 0        },
        {NULL,                      0,         9,         false, 0        },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t value = 0;
        bool yes = text_to_int64(cases[i].text, cases[i].min, cases[i].max, &value);
        assert_int_equal(yes, cases[i].yes);
        assert_true(value == cases[i].value);
    }
}

static void yes_and_no_have_four_words_each(void **state)
{
    (void)state;
    static const char *const yes[] = {"true", "1", "yes", "on", "TRUE", "Yes"};
    static const char *const no[] = {"false", "0", "no", "off", "FALSE", "No"};
    static const char *const neither[] = {"", "2", "y", "truee", " true", NULL};
    for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
        bool value = false;
        assert_true(text_to_bool(yes[i], &value) && value);
        value = true;
        assert_true(text_to_bool(no[i], &value) && !value);
        assert_false(text_to_bool(neither[i], &value));
    }
}

static void comparing_takes_null(void **state)
{
    (void)state;
    assert_true(text_equal(NULL, NULL));
    assert_false(text_equal(NULL, ""));
    assert_true(text_equal("a", "a"));
    assert_false(text_equal("a", "A"));
    assert_true(text_equal_nocase("a", "A"));
    assert_false(text_equal_nocase("a", NULL));
    assert_true(text_starts_with("client:a", "client:"));
    assert_false(text_starts_with("clien", "client:"));
    assert_false(text_starts_with(NULL, ""));
    assert_true(text_starts_with_nocase("Client:a", "client:"));
    assert_true(text_is_empty(NULL) && text_is_empty("") && !text_is_empty(" "));
}

static void copying_is_whole_or_not_at_all(void **state)
{
    (void)state;
    char out[4] = "xyz";
    assert_true(text_copy(out, sizeof out, "abc"));
    assert_string_equal(out, "abc");
    assert_false(text_copy(out, sizeof out, "abcd"));
    assert_string_equal(out, "");
    assert_true(text_copy(out, sizeof out, NULL));
    assert_string_equal(out, "");
}

static void numbers_are_masked_to_the_last_four_digits(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *masked;
    } cases[] = {
        {"+14155550100",                   "+*******0100"                  },
        {"14155550100",                    "*******0100"                   },
        {"+1 (415) 555-0100",              "+* (***) ***-0100"             },
        {"12345",                          "*2345"                         },
        {"1234",                           "1234"                          },
        {"911",                            "911"                           },
        {"client:anna",                    "client:anna"                   },
        {"client:agent12345",              "client:agent12345"             },
        {"anna-1990",                      "anna-1990"                     },
        {"client:+14155550100",            "client:+*******0100"           },
        {"sip:14155550100@a.example:5060", "sip:*******0100@a.example:5060"},
        {"a1234567b7654321",               "a***4567b***4321"              },
        {"",                               ""                              },
        {NULL,                             ""                              },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char out[64];
        text_mask_number(out, sizeof out, cases[i].text);
        assert_string_equal(out, cases[i].masked);
    }
    char small[6];
    text_mask_number(small, sizeof small, "+14155550100");
    assert_string_equal(small, "+****");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_and_xml_are_told_from_other_bytes),
        cmocka_unit_test(phone_numbers_are_e164),
        cmocka_unit_test(sids_have_a_prefix_and_32_hex_digits),
        cmocka_unit_test(integers_are_the_whole_text_and_in_range),
        cmocka_unit_test(yes_and_no_have_four_words_each),
        cmocka_unit_test(comparing_takes_null),
        cmocka_unit_test(copying_is_whole_or_not_at_all),
        cmocka_unit_test(numbers_are_masked_to_the_last_four_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
