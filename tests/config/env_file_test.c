/* The format of .env files, seen through what a load makes of it. */
#include "fixture.h"

#define TEXT_LINE(text) "SWITCHHOOK_GREETING_TEXT=" text

struct line {
    const char *line;
    const char *value; /**< of SWITCHHOOK_GREETING_TEXT; NULL: its default */
};

static const struct line lines[] = {
    {TEXT_LINE("hello"),                                       "hello"                    },
    {TEXT_LINE("  two  words  "),                              "two  words"               },
    {TEXT_LINE("hello # a comment"),                           "hello"                    },
    {TEXT_LINE("hello\t# a comment"),                          "hello"                    },
    {TEXT_LINE("a#b"),                                         "a#b"                      },
    {TEXT_LINE("#b"),                                          "#b"                       },
    {TEXT_LINE(" # only a comment"),                           NULL                       },
    {TEXT_LINE(""),                                            NULL                       },
    {TEXT_LINE("\"\""),                                        NULL                       },
    {TEXT_LINE("''"),                                          NULL                       },
    {TEXT_LINE("'it is # \"as\" $IT \\n is'"),                 "it is # \"as\" $IT \\n is"},
    {TEXT_LINE("\"a # b\"  # a comment"),                      "a # b"                    },
    {TEXT_LINE("\"say \\\"hi\\\" \\\\ \\$5 \\x \\\\n\""),      "say \"hi\" \\ $5 \\x \\n" },
    {TEXT_LINE("\"tab\\tbreak\\nend\""),                       "tab\tbreak\nend"          },
    {TEXT_LINE("\"over\ntwo lines\""),                         "over\ntwo lines"          },
    {TEXT_LINE("'over\n# two lines'"),                         "over\n# two lines"        },
    {TEXT_LINE("it's"),                                        "it's"                     },
    {TEXT_LINE("say \"hi\""),                                  "say \"hi\""               },
    {TEXT_LINE("$HOME ${HOME} `id` $(id)"),                    "$HOME ${HOME} `id` $(id)" },
    {TEXT_LINE("a=b=c"),                                       "a=b=c"                    },
    {TEXT_LINE("hello\r"),                                     "hello"                    },
    {"export " TEXT_LINE("hello"),                             "hello"                    },
    {"export\t" TEXT_LINE("hello"),                            "hello"                    },
    {"  SWITCHHOOK_GREETING_TEXT = hello",                     "hello"                    },
    {"\xef\xbb\xbf" TEXT_LINE("hello"),                        "hello"                    },
    {"\n\n# a comment\n   # another\n\r\n" TEXT_LINE("hello"), "hello"                    },
    {"# " TEXT_LINE("hello"),                                  NULL                       },
    {"my.var-1=x\nNEXT_PUBLIC_THING='y'\n" TEXT_LINE("hello"), "hello"                    },
    {"export=x\n" TEXT_LINE("hello"),                          "hello"                    },
    {TEXT_LINE("same") "\n" TEXT_LINE("same"),                 "same"                     },
    {"OTHER=1\nOTHER=2\n" TEXT_LINE("hello"),                  "hello"                    },
};

static void reads_lines_as_the_page_says(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        write_file(fixture, ".env", lines[i].line);
        load(fixture);
        assert_loads(fixture);
        const char *expected = lines[i].value != NULL
                                   ? lines[i].value
                                   : "Hello! This is a call from KIN Communications Platform.";
        assert_string_equal(fixture->config->speech.greeting_text, expected);
    }
}

struct bad_line {
    const char *text;
    unsigned line;
    const char *problem;
};

static const struct bad_line bad_lines[] = {
    {"hello",                        1, "this is not NAME=value"                 },
    {"A=1\n\n# c\nhello world",      4, "this is not NAME=value"                 },
    {"=value",                       1, "this is not NAME=value"                 },
    {"two words=value",              1, "this is not NAME=value"                 },
    {"export",                       1, "this is not NAME=value"                 },
    {"export NAME",                  1, "this is not NAME=value"                 },
    {"export export NAME=1",         1, "this is not NAME=value"                 },
    {"A=1\nB=\"begins\nand goes on", 2, "the quote that begins here does not end"},
    {"B='begins\\'\nC='",            2, "the quote that begins here does not end"},
    {"B=\"ends\\\"",                 1, "the quote that begins here does not end"},
    {"B=\"\\",                       1, "the quote that begins here does not end"},
    {"A=\"two\nlines\"\nB='x'y",     3, "something follows the closing quote"    },
    {"A=\"two\nlines\" junk",        1, "something follows the closing quote"    },
    {"A=latin \xfc",                 1, "the value is not UTF-8"                 },
};

static void names_the_line_that_cannot_be_read(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(bad_lines) / sizeof(bad_lines[0]); i++) {
        char place[128];
        write_file(fixture, ".env", bad_lines[i].text);
        load(fixture);
        assert_mistakes(fixture, 1);
        (void)snprintf(place, sizeof(place), "%s/.env, line %u", fixture->directory,
                       bad_lines[i].line);
        assert_string_equal(fixture->report.mistakes[0].variable, place);
        assert_string_equal(fixture->report.mistakes[0].problem, bad_lines[i].problem);
    }
}

static void reads_on_after_a_bad_line(void **state)
{
    struct fixture *fixture = *state;
    write_file(fixture, ".env", "hello\nSWITCHHOOK_WORKERS=many\n???\nSWITCHHOOK_READERS=0\n");
    load(fixture);
    assert_mistakes(fixture, 4);
    assert_says(fixture, "line 1\n");
    assert_says(fixture, "line 3\n");
    assert_says(fixture, "found     \"many\", from ");
    assert_says(fixture, ".env, line 4");
}

static void complains_about_a_name_with_two_values(void **state)
{
    struct fixture *fixture = *state;
    write_file(fixture, ".env", "SWITCHHOOK_WORKERS=2\nA=1\nSWITCHHOOK_WORKERS=3\n");
    load(fixture);
    assert_mistakes(fixture, 1);
    assert_says(fixture, "it has different values on lines 1 and 3");
}

static void refuses_a_nul_byte(void **state)
{
    struct fixture *fixture = *state;
    static const char text[] = "A=1\nSWITCHHOOK_GREETING_TEXT=a\0b\nC=3\n";
    free(write_bytes(fixture, ".env", text, sizeof(text) - 1));
    load(fixture);
    assert_mistakes(fixture, 1);
    assert_says(fixture, ".env, line 2\n    problem   it holds a NUL byte");
}

static char *repeated(const char *piece, size_t count)
{
    const size_t len = strlen(piece);
    char *text = malloc(len * count + 1);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * len, piece, len);
    text[len * count] = '\0';
    return text;
}

static void has_limits(void **state)
{
    static const struct {
        const char *piece;
        size_t count;
        const char *problem;
    } rows[] = {
        {"# 45678901234567\n", 17000, "is larger than 262144 bytes"       },
        {"A1=1\n",             2001,  "there are more than 2000 variables"},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text = repeated(rows[i].piece, rows[i].count);
        write_file(fixture, ".env", text);
        free(text);
        load(fixture);
        assert_mistakes(fixture, 1);
        assert_says(fixture, rows[i].problem);
    }
}

static void stops_complaining_after_twenty_lines(void **state)
{
    struct fixture *fixture = *state;
    char *text = repeated("hello\n", 100);
    write_file(fixture, ".env", text);
    free(text);
    load(fixture);
    assert_mistakes(fixture, 20);
}

static void a_long_value_is_a_mistake(void **state)
{
    struct fixture *fixture = *state;
    char *text = repeated("OTHER=aaaaaaaaaaaaaaaaaaaaaaaaaa", 1100);
    write_file(fixture, ".env", text);
    free(text);
    load(fixture);
    assert_mistakes(fixture, 1);
    assert_says(fixture, "the value is longer than 32 KiB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_lines_as_the_page_says),
        TEST(names_the_line_that_cannot_be_read),
        TEST(reads_on_after_a_bad_line),
        TEST(complains_about_a_name_with_two_values),
        TEST(refuses_a_nul_byte),
        TEST(has_limits),
        TEST(stops_complaining_after_twenty_lines),
        TEST(a_long_value_is_a_mistake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
