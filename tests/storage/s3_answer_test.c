/* The few elements of S3's answers that are read, and all that is none. */
#include "../../src/storage/s3_answer.h"

#include <string.h>

#include "core/macros.h"
#include "support/cmocka_all.h"

static struct s3_text text(const char *from)
{
    return (struct s3_text){from, strlen(from)};
}

static void reads_the_text_of_an_element(void **state)
{
    (void)state;
    static const struct {
        const char *xml;
        const char *value; /* NULL: not there */
    } cases[] = {
        {"<?xml version=\"1.0\"?>\n<Error><Code>NoSuchKey</Code></Error>", "NoSuchKey"      },
        {"<Code>a</Code><Code>b</Code>",                                   "a"              },
        {"<Codex>x</Codex><Code>y</Code>",                                 "y"              },
        {"<Code xmlns=\"z\">y</Code>",                                     "y"              },
        {"<Code></Code>",                                                  ""               },
        {"<Code>&quot;a&amp;b&quot;&lt;&gt;&apos;&#34;&#39;</Code>",       "\"a&b\"<>'\"'"  },
        {"<Code>&amp;lt;</Code>",                                          "&lt;"           },
        {"<Code>&nbsp;</Code>",                                            NULL             },
        {"<Code>&amp</Code>",                                              NULL             },
        {"<Code>a<b/>c</Code>",                                            NULL             },
        {"<Code>a\nb</Code>",                                              NULL             },
        {"<Code>0123456789abcdef</Code>",                                  NULL             }, /* longer than its place */
        {"<Code>0123456789abcde</Code>",                                   "0123456789abcde"},
        {"<Code/>",                                                        NULL             },
        {"<Code x=\"\"/>a</Code>",                                         NULL             },
        {"<Code>a",                                                        NULL             },
        {"<Code",                                                          NULL             },
        {"Code>a</Code>",                                                  NULL             },
        {"",                                                               NULL             },
        {"<",                                                              NULL             },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char out[16] = "before";
        const bool there = s3_value(text(cases[i].xml), "Code", out, sizeof out);
        if (there != (cases[i].value != NULL) || strcmp(out, there ? cases[i].value : "") != 0)
            fail_msg("%s: %d \"%s\"", cases[i].xml, there, out);
    }
}

static void walks_over_a_list(void **state)
{
    (void)state;
    struct s3_text list =
        text("<List><Upload><Key>a</Key></Upload> <Upload><Key>b</Key></Upload><Upload>");
    struct s3_text upload;
    char key[8];
    assert_true(s3_next_element(&list, "Upload", &upload));
    assert_true(s3_value(upload, "Key", key, sizeof key));
    assert_string_equal(key, "a");
    assert_true(s3_next_element(&list, "Upload", &upload));
    assert_true(s3_value(upload, "Key", key, sizeof key));
    assert_string_equal(key, "b");
    assert_false(s3_next_element(&list, "Upload", &upload));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_text_of_an_element),
        cmocka_unit_test(walks_over_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
