/* Every kind of value: what it takes, how it is printed again, what it refuses and with which
 * words. */
#include "fixture.h"

struct good {
    const char *name;
    const char *value;
    const char *printed; /**< NULL: as given */
};

static const struct good good_values[] = {
    {"TWILIO_REGION",                 "ie1",                                                                 NULL          },
    {"TWILIO_PUSH_CREDENTIAL_SID",    "CR" SID32,                                                            NULL          },
    {"TWILIO_PUSH_CREDENTIAL_SID",    "CRABCDEF89ABCDEF0123456789ABCDEF01",                                  NULL          },
    {"TWILIO_AUTH_TOKEN",             AUTH_TOKEN,                                                            "***"         },
    {"TWILIO_CALLER_ID",              "+15005550006",                                                        NULL          },
    {"SWITCHHOOK_CALLER_IDS",         "+14155550100",                                                        NULL          },
    {"SWITCHHOOK_CALLER_IDS",         "+14155550100, +14155550101 +14155550102",
     "+14155550100,+14155550101,+14155550102"                                                                              },
    {"SWITCHHOOK_CALLER_IDS",         ",+14155550100,,+14155550100,",                                        "+14155550100"},
    {"SWITCHHOOK_INBOUND_IDENTITY",   "alice",                                                               NULL          },
    {"SWITCHHOOK_INBOUND_IDENTITY",   "alice@example.com",                                                   NULL          },
    {"SWITCHHOOK_INBOUND_IDENTITIES", "+15005550006=alice,+14155550100=bob",                                 NULL          },
    {"SWITCHHOOK_MENU",               "1=client:sales,*=+15005550006,#=client:a.b",                          NULL          },
    {"SWITCHHOOK_EMERGENCY_NUMBERS",  "911,112",                                                             NULL          },
    {"SWITCHHOOK_GREETING_TEXT",      "Grüß Gott <&> \"friends\"",                                         NULL          },
    {"SWITCHHOOK_SAY_VOICE",          "Polly.Joanna-Neural",                                                 NULL          },
    {"SWITCHHOOK_STORAGE_KEYS",
     "AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg8=, "
     "0001020304050607000102030405060700010203040506070001020304050607",                                     "***"         },
    {"SWITCHHOOK_DATABASE",           "/var/lib/switchhook/calls.db",                                        NULL          },
    {"SWITCHHOOK_RING_TIMEOUT",       "5",                                                                   NULL          },
    {"SWITCHHOOK_RING_TIMEOUT",       "600",                                                                 NULL          },
    {"SWITCHHOOK_PLACE_DEADLINE_MS",  "50",                                                                  NULL          },
    {"SWITCHHOOK_WORKERS",            "256",                                                                 NULL          },
    {"SWITCHHOOK_BODY_MAX_BYTES",     "1024",                                                                NULL          },
    {"SWITCHHOOK_BODY_MAX_BYTES",     "1KiB",                                                                "1024"        },
    {"SWITCHHOOK_BODY_MAX_BYTES",     "2 MiB",                                                               "2097152"     },
    {"SWITCHHOOK_MIN_FREE_BYTES",     "1GiB",                                                                "1073741824"  },
    {"SWITCHHOOK_MIN_FREE_BYTES",     "0",                                                                   NULL          },
    {"SWITCHHOOK_TOKEN_INCOMING",     "no",                                                                  "false"       },
    {"SWITCHHOOK_LOG_NUMBERS",        "ON",                                                                  "true"        },
    {"SWITCHHOOK_LOG_LEVEL",          "Debug",                                                               "debug"       },
    {"SWITCHHOOK_RECORD",             "record-from-answer-dual",                                             NULL          },
    {"SWITCHHOOK_RECORD_DIRECTIONS",  "inbound=record-from-answer-dual,outbound-api=do-not-record",
     NULL                                                                                                                  },
    {"SWITCHHOOK_DIALECTS",           "all",                                                                 NULL          },
    {"SWITCHHOOK_DIALECTS",           "none",                                                                NULL          },
    {"SWITCHHOOK_DIALECTS",           "asah kin",                                                            "kin,asah"    },
    {"SWITCHHOOK_AUTH",               "key",                                                                 NULL          },
    {"SWITCHHOOK_LISTEN",             "0.0.0.0:80,[::1]:8080,localhost:0,unix:/run/switchhook.sock,systemd",
     NULL                                                                                                                  },
    {"SWITCHHOOK_TRUSTED_PROXIES",    "10.0.0.0/8,192.0.2.7,2001:db8::/32,unix",
     "10.0.0.0/8,192.0.2.7/32,2001:db8::/32,unix"                                                                          },
    {"SWITCHHOOK_TWIML_URL_HOSTS",    "Flows.example.com,localhost:4000",
     "flows.example.com,localhost:4000"                                                                                    },
    {"SWITCHHOOK_CORS_ORIGINS",       "https://App.example.com,http://localhost:3000",
     "https://app.example.com,http://localhost:3000"                                                                       },
    {"TWILIO_WEBHOOK_BASE_URL",       "https://Phone.example.com:8443/base//",
     "https://Phone.example.com:8443/base"                                                                                 },
    {"BACKEND_URL",                   "https://phone.example.com",                                           NULL          },
    {"TWILIO_WEBHOOK_BASE_URL",       "http://[::1]:3002",                                                   NULL          },
    {"TWILIO_VOICE_WEBHOOK_URL",      "https://phone.example.com/voice?x=1",                                 NULL          },
    {"SWITCHHOOK_WEBHOOK_OVERRIDES",  "none",                                                                NULL          },
    {"SWITCHHOOK_WEBHOOK_OVERRIDES",  "#ct=100&rt=15000&tt=15000&rc=0&rp=4xx,5xx",
     "ct=100&rt=15000&tt=15000&rc=0&rp=4xx,5xx"                                                                            },
    {"SWITCHHOOK_REST_CONNECT_TO",    "api.twilio.com:443:127.0.0.1:9443",                                   NULL          },
    {"SWITCHHOOK_PHONE",              "off",                                                                 "false"       },
    {"SWITCHHOOK_PHONE_SIGNALING",    "127.0.0.1:9081",                                                      NULL          },
    {"SWITCHHOOK_PHONE_SIGNALING",    "localhost:9081",                                                      NULL          },
};

/** The canonical name, under which a synonym is printed. */
static const char *canonical(const char *name)
{
    if (strcmp(name, "TWILIO_CALLER_ID") == 0)
        return "TWILIO_PHONE_NUMBER";
    return strcmp(name, "BACKEND_URL") == 0 ? "TWILIO_WEBHOOK_BASE_URL" : name;
}

static void takes_good_values_and_prints_them_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(good_values) / sizeof(good_values[0]); i++) {
        const struct good *good = &good_values[i];
        struct fixture fixture;
        char variable[512];
        char line[512];
        fixture_init(&fixture);
        (void)snprintf(variable, sizeof(variable), "%s=%s", good->name, good->value);
        (void)snprintf(line, sizeof(line), "%s=%s\n", canonical(good->name),
                       good->printed != NULL ? good->printed : good->value);
        set(&fixture, variable);
        load(&fixture);
        assert_loads(&fixture);
        char *text = effective(fixture.config);
        if (strstr(text, line) == NULL)
            fail_msg("no line %s in\n%s", line, text);
        free(text);
        fixture_release(&fixture);
    }
}

struct bad {
    const char *name;
    const char *value;
    const char *problem;
};

static const struct bad bad_values[] = {
    {"TWILIO_ACCOUNT_SID",            "AC123",                                           "it has 5 characters or an odd one"       },
    {"TWILIO_ACCOUNT_SID",            "AC0123456789abcdef0123456789abcdeg",
     "it has 34 characters or an odd one"                                                                                          },
    {"TWILIO_ACCOUNT_SID",            "ACxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",              "the placeholder of an example"           },
    {"TWILIO_ACCOUNT_SID",            "your_account_sid_here",                           "the placeholder of an example"           },
    {"TWILIO_ACCOUNT_SID",            "SK" SID32,                                        "this is an API key's SID"                },
    {"TWILIO_API_KEY_SID",            "AC" SID32,                                        "this is an Account SID"                  },
    {"TWILIO_API_KEY_SID",            AUTH_TOKEN,                                        "looks like an auth token"                },
    {"TWILIO_API_KEY_SID",            "hello",                                           "does not begin with SK"                  },
    {"TWILIO_TWIML_APP_SID",          "(NEEDS TO BE CONFIGURED)",                        "the placeholder of an example"           },
    {"TWILIO_TWIML_APP_SID",          "PN" SID32,                                        "this is a phone number's SID"            },
    {"TWILIO_AUTH_TOKEN",             "your_auth_token_here",                            "the placeholder of an example"           },
    {"TWILIO_AUTH_TOKEN",             "AC" SID32,                                        "this is an Account SID, not a secret"    },
    {"TWILIO_API_KEY_SECRET",         "two words",                                       "it holds a space"                        },
    {"TWILIO_PHONE_NUMBER",           "15005550006",                                     "not a number in E.164 form"              },
    {"TWILIO_PHONE_NUMBER",           "+1 (500) 555-0006",                               "not a number in E.164 form"              },
    {"TWILIO_PHONE_NUMBER",           "+0987654321",                                     "not a number in E.164 form"              },
    {"TWILIO_PHONE_NUMBER",           "your_phone_number_here",                          "the placeholder of an example"           },
    {"SWITCHHOOK_CALLER_IDS",         "+15005550006,911",                                "item 2: it is not a number in E.164 form"},
    {"SWITCHHOOK_CALLER_IDS",         " , ",                                             "the list has no items"                   },
    {"SWITCHHOOK_INBOUND_IDENTITY",   "two words",                                       "no spaces"                               },
    {"SWITCHHOOK_INBOUND_IDENTITY",   "a,b",                                             "no spaces, commas"                       },
    {"SWITCHHOOK_INBOUND_IDENTITIES", "+15005550006",                                    "item 1: it is not written as name=value" },
    {"SWITCHHOOK_INBOUND_IDENTITIES", "15005550006=alice",                               "is no number in E.164 form"              },
    {"SWITCHHOOK_INBOUND_IDENTITIES", "+15005550006=a,+15005550006=b",
     "item 2: what stands before its = is in the list twice"                                                                       },
    {"SWITCHHOOK_INBOUND_IDENTITIES", "+15005550006=",                                   "not written as name=value"               },
    {"SWITCHHOOK_MENU",               "12=client:sales",                                 "no key of a telephone"                   },
    {"SWITCHHOOK_MENU",               "1=sales",                                         "neither client:NAME nor an E.164 number" },
    {"SWITCHHOOK_MENU",               "1=client:",                                       "an identity has 1 to 121 bytes"          },
    {"SWITCHHOOK_EMERGENCY_NUMBERS",  "+112",                                            "not made of digits"                      },
    {"SWITCHHOOK_EMERGENCY_NUMBERS",  "5005550006",                                      "has not 2 to 6 digits"                   },
    {"SWITCHHOOK_GREETING_TEXT",      "bell \x07",                                       "bytes that XML cannot carry"             },
    {"SWITCHHOOK_GREETING_TEXT",      "latin \xfc",                                      "bytes that XML cannot carry"             },
    {"SWITCHHOOK_SAY_VOICE",          "two words",                                       "other characters"                        },
    {"SWITCHHOOK_STORAGE_KEYS",       "abcd",                                            "key 1 has another form"                  },
    {"SWITCHHOOK_STORAGE_KEYS",       "AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg8=\n0",
     "key 2 has another form"                                                                                                      },
    {"SWITCHHOOK_STORAGE_KEYS",       " ,",                                              "there is none in it"                     },
    {"SWITCHHOOK_S3_SESSION_TOKEN",   "a b",                                             "odd character"                           },
    {"SWITCHHOOK_DATABASE",           "~/calls.db",                                      "~ is not expanded"                       },
    {"SWITCHHOOK_RING_TIMEOUT",       "4",                                               "not within 5 and 600"                    },
    {"SWITCHHOOK_RING_TIMEOUT",       "601",                                             "not within 5 and 600"                    },
    {"SWITCHHOOK_RING_TIMEOUT",       "30s",                                             "not a whole number"                      },
    {"SWITCHHOOK_RING_TIMEOUT",       "-30",                                             "not within"                              },
    {"SWITCHHOOK_RING_TIMEOUT",       "3e1",                                             "not a whole number"                      },
    {"SWITCHHOOK_TOKEN_TTL",          "86401",                                           "not within 60 and 86400"                 },
    {"SWITCHHOOK_WORKERS",            "0",                                               "not within 1 and 256"                    },
    {"SWITCHHOOK_WORKERS",            "18446744073709551617",                            "not a whole number"                      },
    {"SWITCHHOOK_BODY_MAX_BYTES",     "1MB",                                             "not a number of bytes"                   },
    {"SWITCHHOOK_BODY_MAX_BYTES",     "1GiB",                                            "not within 1024 and 16777216"            },
    {"SWITCHHOOK_BODY_MAX_BYTES",     "MiB",                                             "not a whole number"                      },
    {"SWITCHHOOK_TOKEN_INCOMING",     "maybe",                                           "neither true nor false"                  },
    {"SWITCHHOOK_LOG_LEVEL",          "loud",                                            "none of the words"                       },
    {"SWITCHHOOK_RECORD",             "true",                                            "none of the words"                       },
    {"SWITCHHOOK_RECORD_DIRECTIONS",  "outbound=record-from-answer",                     "is no direction of calls"                },
    {"SWITCHHOOK_RECORD_DIRECTIONS",  "inbound=true",                                    "none of the words"                       },
    {"SWITCHHOOK_DIALECTS",           "kin,klingon",                                     "item 2 is none of the words"             },
    {"SWITCHHOOK_DIALECTS",           "none,kin",                                        "none cannot stand with other words"      },
    {"SWITCHHOOK_DIALECTS",           "kin,all",                                         "all cannot stand with other words"       },
    {"SWITCHHOOK_AUTH",               "jwt",                                             "jwt has no key to check tokens with"     },
    {"SWITCHHOOK_AUTH",               "key,forward",                                     "forward has nobody to ask"               },
    {"SWITCHHOOK_LISTEN",             "8080",                                            "it is no host:port"                      },
    {"SWITCHHOOK_LISTEN",             ":8080",                                           "write 0.0.0.0:PORT"                      },
    {"SWITCHHOOK_LISTEN",             "127.0.0.1:65536",                                 "it is no host:port"                      },
    {"SWITCHHOOK_LISTEN",             "[::1:8080",                                       "it is no host:port"                      },
    {"SWITCHHOOK_LISTEN",             "[zz]:8080",                                       "it is no host:port"                      },
    {"SWITCHHOOK_LISTEN",             "unix:run.sock",                                   "not absolute"                            },
    {"SWITCHHOOK_PHONE_SIGNALING",    "127.0.0.1",                                       "it is no host:port"                      },
    {"SWITCHHOOK_PHONE_SIGNALING",    "127.0.0.1:0",                                     "it is no host:port"                      },
    {"SWITCHHOOK_PHONE_SIGNALING",    "192.0.2.1:9081",                                  "it is not on this machine"               },
    {"SWITCHHOOK_TRUSTED_PROXIES",    "10.0.0.0/33",                                     "no address and no range"                 },
    {"SWITCHHOOK_TRUSTED_PROXIES",    "0.0.0.0/0",                                       "no address and no range"                 },
    {"SWITCHHOOK_TRUSTED_PROXIES",    "proxy.example.com",                               "no address and no range"                 },
    {"SWITCHHOOK_TWIML_URL_HOSTS",    "https://flows.example.com/",                      "write the host alone"                    },
    {"SWITCHHOOK_TWIML_URL_HOSTS",    "*.example.com",                                   "no host name"                            },
    {"SWITCHHOOK_CORS_ORIGINS",       "*",                                               "requests carry credentials"              },
    {"SWITCHHOOK_CORS_ORIGINS",       "https://app.example.com/",                        "no slash at its end"                     },
    {"TWILIO_WEBHOOK_BASE_URL",       "phone.example.com",                               "neither with https:// nor with http://"  },
    {"TWILIO_WEBHOOK_BASE_URL",       "wss://phone.example.com",
     "neither with https:// nor with http://"                                                                                      },
    {"TWILIO_WEBHOOK_BASE_URL",       "https://my_phone.example.com",                    "has an underscore"                       },
    {"TWILIO_WEBHOOK_BASE_URL",       "https://phone.example.com/?a=1",                  "has a query"                             },
    {"TWILIO_WEBHOOK_BASE_URL",       "https://phone.example.com/#rc=2",                 "SWITCHHOOK_WEBHOOK_OVERRIDES"            },
    {"TWILIO_WEBHOOK_BASE_URL",       "https://phone.example.com:0",                     "its port is not valid"                   },
    {"TWILIO_WEBHOOK_BASE_URL",       "https://phone.example.com:80a",                   "its port is not valid"                   },
    {"TWILIO_WEBHOOK_BASE_URL",       "https://",                                        "its host name is not valid"              },
    {"TWILIO_WEBHOOK_BASE_URL",       "https://-x-.example.com/a b",                     "a character that no URL has"             },
    {"TWILIO_WEBHOOK_BASE_URL",       "https://a..b",                                    "its host name is not valid"              },
    {"TWILIO_VOICE_WEBHOOK_URL",      "https://phone.example.com",                       "it has no path"                          },
    {"SWITCHHOOK_WEBHOOK_OVERRIDES",  "rc=6",                                            "rc is not within 0 and 5"                },
    {"SWITCHHOOK_WEBHOOK_OVERRIDES",  "ct=99",                                           "ct is not within 100 and 10000"          },
    {"SWITCHHOOK_WEBHOOK_OVERRIDES",  "rp=sometimes",                                    "rp is not a list"                        },
    {"SWITCHHOOK_WEBHOOK_OVERRIDES",  "rc=1&rc=2",                                       "rc is in it twice"                       },
    {"SWITCHHOOK_WEBHOOK_OVERRIDES",  "rc",                                              "not written as key=value"                },
    {"SWITCHHOOK_WEBHOOK_OVERRIDES",  "zz=1",                                            "a key other than"                        },
    {"SWITCHHOOK_REST_CONNECT_TO",    "127.0.0.1:9443",                                  "not host:port:host:port"                 },
    {"TWILIO_REGION",                 "ie_1",                                            "cannot be a part of a host name"         },
};

static void refuses_bad_values_and_says_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad_values) / sizeof(bad_values[0]); i++) {
        struct fixture fixture;
        char variable[512];
        fixture_init(&fixture);
        (void)snprintf(variable, sizeof(variable), "%s=%s", bad_values[i].name,
                       bad_values[i].value);
        set(&fixture, variable);
        load(&fixture);
        assert_mistakes(&fixture, 1);
        assert_string_equal(fixture.report.mistakes[0].variable, bad_values[i].name);
        assert_says(&fixture, bad_values[i].problem);
        fixture_release(&fixture);
    }
}

static void refuses_texts_and_lists_beyond_their_limits(void **state)
{
    struct fixture *fixture = *state;
    char *text = malloc(20000);
    int len = snprintf(text, 20000, "SWITCHHOOK_GREETING_TEXT=");
    memset(text + len, 'a', 3001);
    text[len + 3001] = '\0';
    set(fixture, text);
    load(fixture);
    assert_mistakes(fixture, 1);
    assert_says(fixture, "it is 3001 bytes long");
    text[len + 3000] = '\0';
    load(fixture);
    assert_loads(fixture);
    len = snprintf(text, 20000, "SWITCHHOOK_EMERGENCY_NUMBERS=");
    for (int i = 0; i < 257; i++)
        len += snprintf(text + len, 20000 - (size_t)len, "%d,", 1000 + i);
    set(fixture, text);
    load(fixture);
    assert_says(fixture, "more than 256 items");
    free(text);
}

static void takes_an_url_apart(void **state)
{
    struct fixture *fixture = *state;
    set(fixture, "TWILIO_VOICE_WEBHOOK_URL=https://Hooks.Example.com:8443/voice?x=1");
    set(fixture, "TWILIO_STATUS_WEBHOOK_URL=http://[2001:db8::1]/status");
    load(fixture);
    assert_loads(fixture);
    const struct config_url *voice = &fixture->config->hooks.voice;
    assert_string_equal(voice->origin, "https://Hooks.Example.com:8443");
    assert_string_equal(voice->host, "hooks.example.com");
    assert_string_equal(voice->path, "/voice?x=1");
    assert_int_equal(voice->port, 8443);
    assert_true(voice->https);
    assert_false(voice->loopback);
    const struct config_url *status = &fixture->config->hooks.status;
    assert_string_equal(status->host, "2001:db8::1");
    assert_int_equal(status->port, 80);
    assert_string_equal(fixture->config->hooks.base.path, "");
    assert_null(fixture->config->hooks.recording.text);
}

static void knows_what_is_loopback(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        bool loopback;
    } rows[] = {
        {"127.0.0.1:8080",      true },
        {"127.9.9.9:1",         true },
        {"[::1]:8080",          true },
        {"localhost:8080",      true },
        {"LOCALHOST:8080",      true },
        {"app.localhost:1",     true },
        {"0.0.0.0:8080",        false},
        {"[::]:8080",           false},
        {"128.0.0.1:8080",      false},
        {"localhost.evil:80",   false},
        {"127.0.0.1.evil:80",   false},
        {"notlocalhost:80",     false},
        {"unix:/run/a.sock",    false},
        {"systemd",             false},
        {"[::ffff:10.0.0.1]:1", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (listen_is_loopback(rows[i].address) != rows[i].loopback)
            fail_msg("%s", rows[i].address);
}

static void knows_who_is_a_trusted_proxy(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *peer;
        bool trusted;
    } rows[] = {
        {"10.1.2.3",         true },
        {"11.1.2.3",         false},
        {"192.0.2.129",      true },
        {"192.0.2.127",      false},
        {"2001:db8:8000::1", true },
        {"2001:db8:7fff::1", false},
        {"::ffff:10.1.2.3",  true },
        {"::ffff:11.1.2.3",  false},
        {"unix",             false},
        {"",                 false},
        {"10.1.2.3.example", false},
    };
    set(fixture, "SWITCHHOOK_TRUSTED_PROXIES=10.0.0.0/8 192.0.2.128/25 2001:db8:8000::/33");
    load(fixture);
    assert_loads(fixture);
    const struct network_list *list = &fixture->config->server.trusted_proxies;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (network_list_has(list, rows[i].peer) != rows[i].trusted)
            fail_msg("%s", rows[i].peer);
    assert_false(network_list_has(list, NULL));
    set(fixture, "SWITCHHOOK_TRUSTED_PROXIES=unix");
    load(fixture);
    assert_true(network_list_has(&fixture->config->server.trusted_proxies, "unix"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_good_values_and_prints_them_again),
        cmocka_unit_test(refuses_bad_values_and_says_why),
        TEST(refuses_texts_and_lists_beyond_their_limits),
        TEST(takes_an_url_apart),
        cmocka_unit_test(knows_what_is_loopback),
        TEST(knows_who_is_a_trusted_proxy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
