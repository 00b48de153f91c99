#include "twilio/identity.h"

#include <string.h>

#include "core/random.h"
#include "core/text.h"
#include "support/cmocka_all.h"

static const struct {
    const char *identity;
    const char *mapped;
} pairs[] = {
    {"alice",                                                           "alice"                        },
    {"agent_7",                                                         "agent_7"                      },
    {"_",                                                               "_"                            },
    {"0",                                                               "0"                            },
    {"Q",                                                               "Q"                            },
    {"z",                                                               "z"                            },
    {"zQ",                                                              "zQ"                           },
    {"QQ",                                                              "QQ"                           },
    {"Quentin",                                                         "Quentin"                      },
    {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_",
     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"                                 },
    {"j.doe@example.com",                                               "jQz2e_doeQz40_exampleQz2e_com"},
    {"a b",                                                             "aQz20_b"                      },
    {"user-42",                                                         "userQz2d_42"                  },
    {"Zo\xc3\xab",                                                      "ZoQzc3ab_"                    },
    {"\xc3\x9cn\xc3\xaf",                                               "Qzc39c_nQzc3af_"              },
    {"\xe6\x97\xa5\xe6\x9c\xac",                                        "Qze697a5e69cac_"              },
    {"Qz",                                                              "Qz51_z"                       },
    {"Qzar",                                                            "Qz51_zar"                     },
    {"QzQz",                                                            "Qz51_zQz51_z"                 },
    {"QQz",                                                             "QQz51_z"                      },
    {".Qz",                                                             "Qz2e51_z"                     },
    {"Q.z",                                                             "QQz2e_z"                      },
    {"Q.",                                                              "QQz2e_"                       },
    {"a._b",                                                            "aQz2e__b"                     },
    {"\n",                                                              "Qz0a_"                        },
    {"Qz2e_",                                                           "Qz51_z2e_"                    },
};

static void known_identities_map_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        char out[IDENTITY_BYTES];
        assert_int_equal(identity_encode(pairs[i].identity, out, NULL), 0);
        assert_string_equal(out, pairs[i].mapped);
        assert_true(identity_is_legal(out));
        assert_true(identity_decode(pairs[i].mapped, out));
        assert_string_equal(out, pairs[i].identity);
    }
}

static void only_canonical_mappings_are_read(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        NULL,         "",           "a b",    "j.doe", "Qz", /* a run without end */
        "Qz_",                                               /* of nothing */
        "Qz2e",       "Qz2_",                                /* half a byte */
        "Qz2",        "QzQz_",      "Qz2E_",                 /* upper case */
        "Qz61_",                                             /* a legal byte */
        "Qz5f_",      "Qz51_a",                              /* a Q that needed no escape */
        "Qz51_",      "Qz2e_Qz2e_",                          /* two runs that are one */
        "Qzc3_",                                             /* not UTF-8 */
        "Qzc3_Qzab_", "Qz00_",      "aQz2g_",
    };
    char out[IDENTITY_BYTES] = "untouched";
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_false(identity_decode(wrong[i], out));
    assert_string_equal(out, "untouched");
}

static void what_is_no_identity_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {NULL, "", "\xff", "a\xc3", "\xed\xa0\x80"};
    char out[IDENTITY_BYTES] = "untouched";
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct error err = {0};
        assert_int_equal(identity_encode(wrong[i], out, &err), -1);
        assert_int_equal(err.kind, ERROR_INVALID);
        assert_string_equal(err.field, "identity");
    }
    assert_string_equal(out, "untouched");
}

static void the_limit_counts_the_mapped_text(void **state)
{
    (void)state;
    char text[LIMIT_IDENTITY_BYTES + 2] = {0};
    char out[IDENTITY_BYTES];
    memset(text, 'a', LIMIT_IDENTITY_BYTES);
    assert_int_equal(identity_encode(text, out, NULL), 0);
    assert_string_equal(out, text);
    assert_true(identity_is_legal(text));
    text[LIMIT_IDENTITY_BYTES] = 'a';
    assert_int_equal(identity_encode(text, out, NULL), -1);
    assert_false(identity_is_legal(text));
    assert_false(identity_decode(text, out));
    memset(text, 0, sizeof(text));
    memset(text, '.', 59); /* 2 + 2 * 59 + 1 = 121 */
    assert_int_equal(identity_encode(text, out, NULL), 0);
    assert_int_equal(strlen(out), 121);
    text[59] = '.';
    assert_int_equal(identity_encode(text, out, NULL), -1);
}

/** Few different characters, so that introducers, terminators and digits meet in every order. */
static void random_text(char *text, size_t max, const char *const *alphabet, size_t letters)
{
    const size_t pieces = 1 + random_below(max);
    for (size_t i = 0; i < pieces; i++)
        text = stpcpy(text, alphabet[random_below(letters)]);
}

static void every_identity_comes_back(void **state)
{
    (void)state;
    static const char *const alphabet[] = {
        "Q", "z", "_", "2", "e", ".", "\xc3\xab", "a", "Qz", "51", "\xf0\x9f\x99\x82"};
    for (int round = 0; round < 20000; round++) {
        char identity[64];
        char mapped[IDENTITY_BYTES];
        char back[IDENTITY_BYTES];
        random_text(identity, 10, alphabet, ARRAY_LEN(alphabet));
        assert_int_equal(identity_encode(identity, mapped, NULL), 0);
        assert_true(identity_is_legal(mapped));
        if (identity_is_legal(identity) && strstr(identity, "Qz") == NULL)
            assert_string_equal(mapped, identity);
        assert_true(identity_decode(mapped, back));
        assert_string_equal(back, identity);
    }
}

static void every_mapping_that_is_read_is_written_again(void **state)
{
    (void)state;
    static const char *const alphabet[] = {"Qz", "Qz", "_", "2e", "51", "z", "Q", "c3", "ab", "a"};
    int read = 0;
    for (int round = 0; round < 20000; round++) {
        char mapped[64];
        char identity[IDENTITY_BYTES];
        char again[IDENTITY_BYTES];
        random_text(mapped, 8, alphabet, ARRAY_LEN(alphabet));
        if (!identity_decode(mapped, identity))
            continue;
        read++;
        assert_true(text_is_utf8(identity, strlen(identity)));
        assert_int_equal(identity_encode(identity, again, NULL), 0);
        assert_string_equal(again, mapped);
    }
    assert_in_range(read, 100, 19900);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_identities_map_both_ways),
        cmocka_unit_test(only_canonical_mappings_are_read),
        cmocka_unit_test(what_is_no_identity_is_refused),
        cmocka_unit_test(the_limit_counts_the_mapped_text),
        cmocka_unit_test(every_identity_comes_back),
        cmocka_unit_test(every_mapping_that_is_read_is_written_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
