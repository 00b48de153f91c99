/* Where a request comes from, whatever stands in its headers. */
#include "app/client_address.h"

#include "app/app.h"
#include "support/house.h"

static const char *const settings[] = {
    "SWITCHHOOK_TRUSTED_PROXIES=10.0.0.0/8,127.0.0.1,2001:db8:ffff::/48,unix", NULL};

enum { LINES_MAX = 3 };

struct row {
    const char *peer;
    const char *lines[LINES_MAX];
    const char *client;
};

static const struct row x_forwarded_for[] = {
    {"192.0.2.1", {"203.0.113.9"},                                                                  "192.0.2.1"       }, /* no proxy of ours */
    {"10.0.0.1",  {NULL},                                                                           "10.0.0.1"        },
    {"10.0.0.1",  {"203.0.113.9"},                                                                  "203.0.113.9"     },
    {"unix",      {"203.0.113.9"},                                                                  "203.0.113.9"     },
    {"127.0.0.1", {"198.51.100.7, 203.0.113.9"},                                                    "203.0.113.9"     }, /* what he wrote himself */
    {"10.0.0.1",  {"198.51.100.7,203.0.113.9 , 10.0.0.2"},                                          "203.0.113.9"     },
    {"10.0.0.1",  {"198.51.100.7", "203.0.113.9", "10.0.0.2"},                                      "203.0.113.9"     },
    {"10.0.0.1",  {"10.0.0.3, 10.0.0.2"},                                                           "10.0.0.3"        },
    {"10.0.0.1",  {",, 203.0.113.9 ,,"},                                                            "203.0.113.9"     },
    {"10.0.0.1",  {"203.0.113.9:4711"},                                                             "203.0.113.9"     },
    {"10.0.0.1",  {"203.0.113.9:x"},                                                                "10.0.0.1"        },
    {"10.0.0.1",  {"2001:DB8::7"},                                                                  "2001:db8::7"     },
    {"10.0.0.1",  {"[2001:db8::7]:443"},                                                            "2001:db8::7"     },
    {"10.0.0.1",  {"[2001:db8::7"},                                                                 "10.0.0.1"        },
    {"10.0.0.1",  {"::ffff:203.0.113.9"},                                                           "203.0.113.9"     },
    {"10.0.0.1",  {"2001:db8:ffff::1, 10.9.9.9"},                                                   "2001:db8:ffff::1"},
    {"10.0.0.1",  {"203.0.113.9, unknown"},                                                         "10.0.0.1"        },
    {"10.0.0.1",  {"203.0.113.9, unknown, 10.0.0.2"},                                               "10.0.0.2"        },
    {"10.0.0.1",  {"203.0.113.009"},                                                                "10.0.0.1"        },
    {"10.0.0.1",  {"203.0.113.9 203.0.113.10"},                                                     "10.0.0.1"        },
    {"10.0.0.1",  {"unix, 10.0.0.2"},                                                               "10.0.0.2"        },
    {"10.0.0.1",  {""},                                                                             "10.0.0.1"        },
    {"10.0.0.1",
     {"10.1.0.1,10.1.0.2,10.1.0.3,10.1.0.4,10.1.0.5,10.1.0.6,10.1.0.7,10.1.0.8,10.1.0.9,"
      "10.1.0.10,10.1.0.11,10.1.0.12,10.1.0.13,10.1.0.14,10.1.0.15,10.1.0.16,10.1.0.17,10.1.0.18"},
     "10.1.0.3"                                                                                                       },
};

static const struct row forwarded[] = {
    {"192.0.2.1", {"for=203.0.113.9"},                                 "192.0.2.1"        },
    {"10.0.0.1",  {"for=203.0.113.9"},                                 "203.0.113.9"      },
    {"10.0.0.1",  {"For=\"203.0.113.9\";proto=https;by=10.0.0.1"},     "203.0.113.9"      },
    {"10.0.0.1",  {"proto=https; for=203.0.113.9 ;host=a.example"},    "203.0.113.9"      },
    {"10.0.0.1",  {"for=198.51.100.7, for=203.0.113.9, for=10.0.0.2"}, "203.0.113.9"      },
    {"10.0.0.1",  {"for=198.51.100.7", "for=203.0.113.9"},             "203.0.113.9"      },
    {"10.0.0.1",  {"for=\"[2001:db8:cafe::17]:4711\""},                "2001:db8:cafe::17"},
    {"10.0.0.1",  {"for=[2001:db8:cafe::17]"},                         "2001:db8:cafe::17"},
    {"10.0.0.1",  {"for=\"203.0.113.9:_port\""},                       "203.0.113.9"      },
    {"10.0.0.1",  {"for=unknown"},                                     "10.0.0.1"         },
    {"10.0.0.1",  {"for=_hidden, for=10.0.0.2"},                       "10.0.0.2"         },
    {"10.0.0.1",  {"proto=https"},                                     "10.0.0.1"         },
    {"10.0.0.1",  {"for=198.51.100.7;for=203.0.113.9"},                "10.0.0.1"         },
    {"10.0.0.1",  {"for=\"198.51.100.7, for=203.0.113.9"},             "10.0.0.1"         }, /* a quote without end */
    {"10.0.0.1",  {"for=\"a\\\"b\", for=203.0.113.9"},                 "203.0.113.9"      },
    {"10.0.0.1",  {"for=\"203.0.113.9\\"},                             "10.0.0.1"         },
    {"10.0.0.1",  {"for=\"203.0\\.113.9\""},                           "10.0.0.1"         },
    {"10.0.0.1",  {"for = 203.0.113.9"},                               "10.0.0.1"         },
    {"10.0.0.1",  {"203.0.113.9"},                                     "10.0.0.1"         },
    {"10.0.0.1",  {"for="},                                            "10.0.0.1"         },
    {"10.0.0.1",  {",;, for=203.0.113.9;;"},                           "203.0.113.9"      },
};

static void check(struct house *house,
                  enum config_forwarded header,
                  const char *name,
                  const struct row *rows,
                  size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct fields headers = {0};
        /* The other header is not looked at, whoever wrote it. */
        fields_add(&headers, house->arena,
                   header == CONFIG_FORWARDED_FORWARDED ? "X-Forwarded-For" : "Forwarded",
                   header == CONFIG_FORWARDED_FORWARDED ? "9.9.9.9" : "for=9.9.9.9");
        for (size_t j = 0; j < LINES_MAX && rows[i].lines[j] != NULL; j++)
            fields_add(&headers, house->arena, name, rows[i].lines[j]);
        const char *client = client_address(&house->config->server.trusted_proxies, header,
                                            rows[i].peer, &headers, house->arena);
        if (strcmp(client, rows[i].client) != 0)
            fail_msg("%s row %zu: %s", name, i, client);
    }
}

static void walks_to_the_last_hop_that_is_not_ours(void **state)
{
    struct house *house = *state;
    check(house, CONFIG_FORWARDED_X_FORWARDED_FOR, "x-forwarded-for", x_forwarded_for,
          ARRAY_LEN(x_forwarded_for));
    check(house, CONFIG_FORWARDED_FORWARDED, "forwarded", forwarded, ARRAY_LEN(forwarded));
}

static void believes_nobody_by_default(void **state)
{
    (void)state;
    const struct network_list nobody = {0};
    auto_arena struct arena *arena = arena_create();
    struct fields headers = {0};
    fields_add(&headers, arena, "X-Forwarded-For", "203.0.113.9");
    assert_string_equal(
        client_address(&nobody, CONFIG_FORWARDED_X_FORWARDED_FOR, "127.0.0.1", &headers, arena),
        "127.0.0.1");
}

static int set_up(void **state)
{
    static struct house house;
    house_open(&house, settings);
    *state = &house;
    return 0;
}

static int tear_down(void **state)
{
    house_close(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(walks_to_the_last_hop_that_is_not_ours, set_up, tear_down),
        cmocka_unit_test(believes_nobody_by_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
