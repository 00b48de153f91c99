/* What somebody types is words, whatever it looks like. */
#include <string.h>

#include "core/limits.h"
#include "core/macros.h"
#include "support/cmocka_all.h"
#include "voice/search.h"

/* The terms as [words] and [words*], in one text. */
static const char *read_terms(struct arena *arena, const char *text)
{
    struct search_terms terms = {0};
    struct error err = {0};
    if (search_terms_read(text, arena, &terms, &err) < 0) {
        assert_int_equal(err.kind, ERROR_INVALID);
        assert_string_equal(err.field, "q");
        return "refused";
    }
    const char *all = "";
    for (size_t i = 0; i < terms.count; i++)
        all = arena_printf(arena, "%s[%s%s]", all, terms.items[i].text,
                           terms.items[i].prefix ? " (prefix)" : "");
    return all;
}

static void reads_words_phrases_and_beginnings(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *terms;
    } cases[] = {
        {"late",                                  "[late]"                      },
        {"  late\tinvoice\r\n",                   "[late][invoice]"             },
        {"\"is late\"",                           "[is late]"                   },
        {"\"is late\" now",                       "[is late][now]"              },
        {"now\"is late\"",                        "[now][is late]"              },
        {"\"is late",                             "[is late]"                   },
        {"invoi*",                                "[invoi* (prefix)]"           },
        {"\"is la*\"",                            "[is la* (prefix)]"           },
        {"\"is la\"*",                            "[is la (prefix)]"            },
        {"\"is la\"* x",                          "[is la (prefix)][x]"         },
        {"a AND (b OR c)",                        "[a][AND][(b][OR][c)]"        },
        {"late - ? x",                            "[late][x]"                   },
        {"caf\xc3\xa9 \xe2\x80\xa6 \xe2\x80\x94", "[caf\xc3\xa9]"               },
        {"\xe6\x97\xa5\xe6\x9c\xac",              "[\xe6\x97\xa5\xe6\x9c\xac]"  },
        {"\xf0\x9f\x93\x9e",                      "[\xf0\x9f\x93\x9e]"          },
        {"\"\" \"a\"",                            "[a]"                         },
        {"a*",                                    "refused"                     },
        {"\"is l\"*",                             "refused"                     },
        {"ab*",                                   "[ab* (prefix)]"              },
        {"\xc3\xa9\xc3\xa9*",                     "[\xc3\xa9\xc3\xa9* (prefix)]"},
        {"\xc3\xa9*",                             "refused"                     },
        {"",                                      "refused"                     },
        {" \" * ",                                "refused"                     },
        {"\"\"\"",                                "refused"                     },
        {"- \xc2\xab \xe3\x80\x82",               "refused"                     },
        {"\xff",                                  "refused"                     },
        {"a\xc3",                                 "refused"                     },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_arena struct arena *arena = arena_create();
        assert_string_equal(read_terms(arena, cases[i].text), cases[i].terms);
    }
}

static void has_a_limit_of_bytes_and_of_words(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    char text[LIMIT_SEARCH_BYTES + 2];
    memset(text, 'a', sizeof(text));
    text[LIMIT_SEARCH_BYTES] = '\0';
    assert_string_not_equal(read_terms(arena, text), "refused");
    text[LIMIT_SEARCH_BYTES] = 'a';
    text[LIMIT_SEARCH_BYTES + 1] = '\0';
    assert_string_equal(read_terms(arena, text), "refused");
    char words[2 * (LIMIT_SEARCH_TERMS + 1) + 1];
    for (size_t i = 0; i < sizeof(words); i++)
        words[i] = i % 2 == 0 ? 'a' : ' ';
    words[sizeof(words) - 1] = '\0';
    assert_string_equal(read_terms(arena, words), "refused");
    words[2 * LIMIT_SEARCH_TERMS] = '\0';
    assert_string_not_equal(read_terms(arena, words), "refused");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_words_phrases_and_beginnings),
        cmocka_unit_test(has_a_limit_of_bytes_and_of_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
