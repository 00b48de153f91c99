/* Where texts name a person, and where they do not. */
#include "voice/person.h"

#include "core/macros.h"
#include "support/cmocka_all.h"

static const struct {
    const char *who;
    const char *text;
    const char *masked; /* NULL: nobody is named */
} cases[] = {
    {"+15005550001",                     "+15005550001",                             "erased"                                 },
    {"+15005550001",                     "15005550001",                              "erased"                                 },
    {"+15005550001",                     "tel=0015005550001;00150055500012",         "tel=erased;00150055500012"              },
    {"+15005550001",                     "From=%2B15005550001&To=%2B15005550006",    "From=erased&To=%2B15005550006"          },
    {"+15005550001",                     "sip:+15005550001@example.com",             "sip:erased@example.com"                 },
    {"+15005550001",                     "call +1 (500) 555-0001 or 500.555.0001",   "call erased or erased"                  },
    {"+15005550001",                     "a=%2B1%20500+555-0001",                    "a=erased"                               },
    {"+15005550001",                     "{\"to\":\"+15005550001\"}",                "{\"to\":\"erased\"}"                    },
    {"+15005550001",
     "+15005550001"
     "2",                                                                            NULL                                     },
    {"+15005550001",
     "+1"
     "15005550001",                                                                  NULL                                     },
    {"+15005550001",                     "15005550002",                              NULL                                     },
    {"+15005550001",                     "",                                         NULL                                     },
    {"alice",                            "client:alice",                             "client:erased"                          },
    {"alice",                            "From=client%3Aalice&To=client%3Aalice2",   "From=client%3Aerased&To=client%3Aalice2"},
    {"alice",                            "client:malice client:alice_b alice",       NULL                                     },
    {"alice",                            "{\"identity\":\"alice\",\"x\":\"alice\"}",
     "{\"identity\":\"erased\",\"x\":\"alice\"}"                                                                              },
    {"a@b.example\naQz40_bQz2e_example", "client:aQz40_bQz2e_example?x=1",           "client:erased?x=1"                      },
    {"a@b.example\naQz40_bQz2e_example", "user:a@b.example",                         "user:erased"                            },
    {"a@b.example\naQz40_bQz2e_example", "user:a@b.example.com",                     NULL                                     },
};

static void masks_a_person_and_nobody_else(void **state)
{
    auto_arena struct arena *arena = arena_create();
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t length = 0;
        const char *masked = person_mask(cases[i].who, cases[i].text, arena);
        assert_string_equal(masked, cases[i].masked != NULL ? cases[i].masked : cases[i].text);
        assert_int_equal(person_find(cases[i].who, cases[i].text, &length) != NULL,
                         cases[i].masked != NULL);
    }
    assert_null(person_mask("+15005550001", NULL, arena));
}

static void knows_whose_name_it_is(void **state)
{
    (void)state;
    assert_true(person_is("alice", "alice"));
    assert_true(person_is("alice", "client:alice"));
    assert_true(person_is("alice", "user:alice"));
    assert_false(person_is("alice", "alice2"));
    assert_false(person_is("alice", "malice"));
    assert_false(person_is("alice", NULL));
    assert_true(person_is("+15005550001", "+15005550001"));
    assert_true(person_is("+15005550001", "sip:15005550001@example.com"));
    assert_false(person_is("+15005550001", "+15005550002"));
}

static void hints_at_a_person(void **state)
{
    auto_arena struct arena *arena = arena_create();
    (void)state;
    assert_string_equal(person_hint("+15005550001", arena), "+...01");
    assert_string_equal(person_hint("alice\nalice", arena), "a...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masks_a_person_and_nobody_else),
        cmocka_unit_test(knows_whose_name_it_is),
        cmocka_unit_test(hints_at_a_person),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
