/* Addresses and connection overrides. */
#include "../src/simulator/url.h"

#include <string.h>

#include "../src/simulator/overrides.h"
#include "core/macros.h"
#include "support/cmocka_all.h"

/* The examples of RFC 3986, section 5.4, as far as they are addresses Twilio calls; then ours. */
static const char *const examples[][2] = {
    {"g",                                "http://a/b/c/g"                  },
    {"./g",                              "http://a/b/c/g"                  },
    {"g/",                               "http://a/b/c/g/"                 },
    {"/g",                               "http://a/g"                      },
    {"//g",                              "http://g"                        },
    {"?y",                               "http://a/b/c/d;p?y"              },
    {"g?y",                              "http://a/b/c/g?y"                },
    {"#s",                               "http://a/b/c/d;p?q#s"            },
    {"g#s",                              "http://a/b/c/g#s"                },
    {"g?y#s",                            "http://a/b/c/g?y#s"              },
    {";x",                               "http://a/b/c/;x"                 },
    {"g;x?y#s",                          "http://a/b/c/g;x?y#s"            },
    {"",                                 "http://a/b/c/d;p?q"              },
    {".",                                "http://a/b/c/"                   },
    {"./",                               "http://a/b/c/"                   },
    {"..",                               "http://a/b/"                     },
    {"../",                              "http://a/b/"                     },
    {"../g",                             "http://a/b/g"                    },
    {"../..",                            "http://a/"                       },
    {"../../",                           "http://a/"                       },
    {"../../g",                          "http://a/g"                      },
    {"../../../g",                       "http://a/g"                      },
    {"/./g",                             "http://a/g"                      },
    {"/../g",                            "http://a/g"                      },
    {"g.",                               "http://a/b/c/g."                 },
    {"..g",                              "http://a/b/c/..g"                },
    {"./g/.",                            "http://a/b/c/g/"                 },
    {"g/./h",                            "http://a/b/c/g/h"                },
    {"g/../h",                           "http://a/b/c/h"                  },
    {"g?y/../x",                         "http://a/b/c/g?y/../x"           },
    {"https://other.example.com/x#rc=2", "https://other.example.com/x#rc=2"},
    {"mailto:a@b.example",               NULL                              },
    {"g h",                              NULL                              },
    {"javascript:x",                     NULL                              },
    {"https://under_score.example.com/", NULL                              },
};

static void references_are_resolved_as_the_rfc_says(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
        const char *is = url_resolve(arena, "http://a/b/c/d;p?q", examples[i][0]);
        if (examples[i][1] == NULL) {
            assert_null(is);
            continue;
        }
        assert_non_null(is);
        assert_string_equal(examples[i][1], is);
    }
    assert_null(url_resolve(arena, NULL, "/relative"));
    assert_string_equal("http://a/x", url_resolve(arena, "http://a", "x"));
}

static void not_everything_is_an_address(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool valid;
    } cases[] = {
        {"https://phone.example.com",             true },
        {"HTTP://phone.example.com:8080/a_b?c_d", true },
        {"http://user:pa_ss@phone.example.com/",  true },
        {"http://[::1]:8080/",                    true },
        {"https://",                              false},
        {"https:///path",                         false},
        {"https://:8080/",                        false},
        {"https://a_b.example.com/",              false},
        {"phone.example.com",                     false},
        {"https://phone.example.com/a b",         false},
        {"https://phone.example.com/\n",          false},
        {"",                                      false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(cases[i].valid, url_is_valid(cases[i].url));
}

static void overrides_are_read_from_the_fragment(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        struct overrides expected;
        int bad;
    } cases[] = {
        {"http://a/",                                  {5000, 15000, 15000, 1, FAILURE_CONNECT}, 0    },
        {"http://a/#",                                 {5000, 15000, 15000, 1, FAILURE_CONNECT}, 0    },
        {"http://a/#ct=100&rt=200&tt=300&rc=0&rp=all", {100, 200, 300, 0, FAILURE_ALL},          0    },
        {"http://a/#rp=4xx,5xx&e=ashburn&sni=y",
         {5000, 15000, 15000, 1, FAILURE_4XX | FAILURE_5XX},
         0                                                                                            },
        {"http://a/#rc=6",                             {5000, 15000, 15000, 1, FAILURE_CONNECT}, 11240},
        {"http://a/#ct=99&rc=5",                       {5000, 15000, 15000, 5, FAILURE_CONNECT}, 11240},
        {"http://a/#rp=sometimes",                     {5000, 15000, 15000, 1, FAILURE_CONNECT}, 11241},
        {"http://a/#rp=",                              {5000, 15000, 15000, 1, FAILURE_CONNECT}, 11241},
        {"http://a/?rc=3",                             {5000, 15000, 15000, 1, FAILURE_CONNECT}, 0    },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct overrides is;
        assert_int_equal(cases[i].bad, overrides_parse(cases[i].url, &is));
        assert_memory_equal(&cases[i].expected, &is, sizeof(is));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_are_resolved_as_the_rfc_says),
        cmocka_unit_test(not_everything_is_an_address),
        cmocka_unit_test(overrides_are_read_from_the_fragment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
