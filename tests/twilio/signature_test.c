#include "twilio/signature.h"

#include <jansson.h>
#include <string.h>

#include "core/limits.h"
#include "core/random.h"
#include "support/cmocka_all.h"

#define TOKEN "0123456789abcdef0123456789abcdef"

static const char form_type[] = "application/x-www-form-urlencoded";

static struct signature_keys *keys_of(const char *token)
{
    struct signature_keys *keys = NULL;
    assert_int_equal(signature_keys_create(&token, 1, &keys, NULL), 0);
    return keys;
}

/** Where the target begins in an URL. */
static size_t authority_end(const char *url)
{
    const char *authority = strstr(url, "://") + 3;
    return (size_t)(authority - url) + strcspn(authority, "/?#");
}

/** Check a request for `url` and say whether it was believed. */
static bool believes(const char *token,
                     const char *url,
                     const struct fields *fields,
                     const char *media_type,
                     const char *body,
                     const char *header)
{
    auto_arena struct arena *arena = arena_create();
    struct signature_keys *keys = keys_of(token);
    struct error err = {0};
    const struct signed_request request = {
        .base = arena_copy(arena, url, authority_end(url)),
        .target = url + authority_end(url),
        .fields = fields,
        .media_type = media_type,
        .body = body,
        .body_len = strlen(body),
    };
    const int result = signature_check(keys, &request, header, arena, NULL, &err);
    signature_keys_free(keys);
    assert_int_equal(err.kind, result == 0 ? ERROR_NONE : ERROR_BAD_SIGNATURE);
    return result == 0;
}

/* tests/vectors/signature.json: requests as Twilio's own package signs and judges them. */

static const char *text_of(const json_t *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row, name));
    return text == NULL ? "" : text;
}

static json_t *load(const char *name)
{
    char path[512];
    assert_in_range(snprintf(path, sizeof(path), "%s/%s", TEST_VECTORS, name), 1, sizeof(path) - 1);
    json_t *rows = json_load_file(path, 0, NULL);
    assert_true(json_is_array(rows));
    return rows;
}

static void every_vector_is_judged_as_the_official_package_judges_it(void **state)
{
    (void)state;
    json_auto_t *rows = load("signature.json");
    size_t valid = 0;
    size_t index;
    json_t *row;
    json_array_foreach(rows, index, row)
    {
        auto_arena struct arena *arena = arena_create();
        struct fields fields = {0};
        const char *body = text_of(row, "body");
        const bool is_json = strcmp(text_of(row, "kind"), "json") == 0;
        const bool expected = json_is_true(json_object_get(row, "valid"));
        const char *media_type = is_json         ? text_of(row, "content_type")
                                 : *body == '\0' ? ""
                                                 : form_type;
        if (!is_json)
            assert_int_equal(
                fields_decode(body, strlen(body), LIMIT_FORM_PAIRS, arena, &fields, NULL), 0);
        if (believes(text_of(row, "auth_token"), text_of(row, "url"), &fields, media_type, body,
                     text_of(row, "signature")) != expected)
            fail_msg("row %zu: %s", index, text_of(row, "url"));
        valid += expected;
    }
    assert_int_equal(index, 211);
    assert_int_equal(valid, 166);
}

static void every_valid_vector_is_signed_as_the_official_package_signs_it(void **state)
{
    (void)state;
    json_auto_t *rows = load("signature.json");
    size_t index;
    json_t *row;
    json_array_foreach(rows, index, row)
    {
        auto_arena struct arena *arena = arena_create();
        char signature[SIGNATURE_BYTES];
        struct fields fields = {0};
        const char *body = text_of(row, "body");
        const char *signed_url = text_of(row, "signed_url");
        if (!json_is_true(json_object_get(row, "valid")))
            continue;
        if (strcmp(text_of(row, "kind"), "json") != 0)
            assert_int_equal(
                fields_decode(body, strlen(body), LIMIT_FORM_PAIRS, arena, &fields, NULL), 0);
        if (*signed_url == '\0')
            signed_url = text_of(row, "url");
        assert_int_equal(signature_compute(text_of(row, "auth_token"), signed_url, &fields, arena,
                                           signature, NULL),
                         0);
        if (strcmp(signature, text_of(row, "signature")) != 0)
            fail_msg("row %zu: %s", index, signed_url);
    }
}

/* Computed with npm twilio 6.2.0; the first is the example of Twilio's "Webhooks security" page. */
static const struct {
    const char *token;
    const char *url;
    const char *form;
    const char *body;
    const char *signature;
} published[] = {
    {"12345", "https://mycompany.com/myapp.php?foo=1&bar=2",
     "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%"
     "2B18005551212",                                                                                                             "",                                     "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
    {TOKEN,   "https://voice.example.com/webhooks/voice",
     "AccountSid=AC00000000000000000000000000000001&ApiVersion=2010-04-01"
     "&CallSid=CA00000000000000000000000000000002&CallStatus=ringing&Called=%2B15005550006"
     "&Caller=%2B14155550100&CallerName=&Direction=inbound&From=%2B14155550100&To=%2B15005550006",                                "",                                     "Ojs0HpA63QtUbPgqGt48sn5CS+w="},
    {TOKEN,   "https://voice.example.com/webhooks/sms?tenant=a%20b&x=1",
     "Body=H%C3%A9llo+%E2%98%8E%EF%B8%8F+%26+goodbye&body=lower&NumMedia=0&From=%2B14155550100&To=%"
     "2B15005550006&AAA=&_x=1",                                                                                                   "",                                     "tlGyAiM67GKkCfB2Cem5eZ4qbY0="},
    {TOKEN,   "https://voice.example.com/cb",                                                      "Ev=b&Ev=a&Ev=b&Ev=C&Ev=&A=1", "",
     "UMhAftzyiBYaSOm7cYZVYeIZbWs="                                                                                                                                                                     },
    {TOKEN,   "https://voice.example.com/cb?CallSid=CA1&From=%2B14155550100&CallStatus=completed", "",
     "",                                                                                                                                                                  "kVIv21bR69JYGjbarhZrEVMVKsc="},
    {TOKEN,
     "https://voice.example.com/"
     "json?a=1&bodySHA256=f0877d7724d19eecef4a546c0750cb8094c5270584be9a3a5eaf7da0f55d3b7e",       "",                            "{\"event\":\"task.created\",\"n\":1}", "qEmO3pkQQxC7T4LViy+96CJlfVI="},
    {TOKEN,   "https://voice.example.com/cb",                                                      "",                            "",                                     "ZkX3cnSu1zNNYSoiAvJOT848yFA="},
    {TOKEN,   "https://voice.example.com:443/cb",                                                  "CallSid=CA1",                 "",                                     "2tfSQM87QulqE/oTrBrpP2oA+6A="},
    {TOKEN,   "https://voice.example.com/cb",                                                      "CallSid=CA1",                 "",                                     "RaJX0m3fbZEG2rBrOjkXblGZ/gc="},
    {TOKEN,   "https://user:pa55@voice.example.com/cb",                                            "CallSid=CA1",                 "",
     "GPRWd1gptprJCJyTj6lgEF0QW2k="                                                                                                                                                                     },
    {TOKEN,   "https://voice.example.com/cb?q=it's",                                               "CallSid=CA1",                 "",
     "C//OwdzsJrVsLz0ce5RuEWvW2sQ="                                                                                                                                                                     },
    {TOKEN,   "wss://voice.example.com/ms",                                                        "CallSid=CA1",                 "",                                     "F1CupOiH0+r1xv7O1DCDsVEs8fo="},
};

static void published_requests_are_signed_and_believed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(published); i++) {
        auto_arena struct arena *arena = arena_create();
        struct fields fields = {0};
        char signature[SIGNATURE_BYTES];
        const char *form = published[i].form;
        assert_int_equal(fields_decode(form, strlen(form), LIMIT_FORM_PAIRS, arena, &fields, NULL),
                         0);
        assert_int_equal(signature_compute(published[i].token, published[i].url, &fields, arena,
                                           signature, NULL),
                         0);
        assert_string_equal(signature, published[i].signature);
        assert_true(believes(published[i].token, published[i].url, &fields,
                             *form == '\0' ? "application/json" : form_type,
                             *form == '\0' ? published[i].body : form, published[i].signature));
    }
}

/* What Twilio signed, what this server believes it was called: npm twilio 6.2.0's judgment, and
 * ours where it differs. */
static const struct {
    const char *signed_url;
    const char *believed_url;
    bool accepted;
} matrix[] = {
    {"https://h.example/cb",               "https://h.example/cb",             true },
    {"https://h.example:443/cb",           "https://h.example/cb",             true },
    {"https://h.example/cb",               "https://h.example:443/cb",         true },
    {"https://h.example/cb",               "https://h.example:8443/cb",        true },
    {"https://h.example:8443/cb",          "https://h.example:8443/cb",        true },
    {"https://h.example:8443/cb",          "https://h.example/cb",             false}, /* a port is never guessed */
    {"https://h.example:443/cb",           "https://h.example:8443/cb",        false},
    {"http://h.example:80/cb",             "http://h.example/cb",              true },
    {"http://h.example:443/cb",            "http://h.example/cb",              false},
    {"http://h.example/cb",                "https://h.example/cb",             false},
    {"wss://h.example:443/ms",             "wss://h.example/ms",               false}, /* the package adds :80 here */
    {"wss://h.example:80/ms",              "wss://h.example/ms",               true },
    {"wss://h.example/ms",                 "wss://h.example/ms",               true },
    {"https://h.example/cb?q=it's",        "https://h.example/cb?q=it%27s",    true },
    {"https://h.example/cb?q=it%27s",      "https://h.example/cb?q=it's",      true },
    {"https://h.example/cb?a=1%202",       "https://h.example/cb?a=1+2",       true },
    {"https://h.example/cb?a=1+2",         "https://h.example/cb?a=1%202",     false},
    {"https://user:pa55@h.example/cb",     "https://user:pa55@h.example/cb",   true },
    {"https://user:pa55@h.example:443/cb", "https://user:pa55@h.example/cb",   true },
    {"https://h.example/cb",               "https://user:pa55@h.example/cb",   false},
    {"https://user:pa55@h.example/cb",     "https://h.example/cb",             false},
    {"https://h.example/cb",               "https://h.example/cb#rc=2&rp=all",
     false                                                                          }, /* no fragment reaches a server */
    {"https://h.example/cb#rc=2&rp=all",   "https://h.example/cb",             false},
    {"https://VOICE.h.example/cb",         "https://voice.h.example/cb",       false},
    {"https://voice.h.example/cb",         "https://VOICE.h.example/cb",       true },
    {"https://VOICE.h.example/cb",         "https://VOICE.h.example/cb",       true },
    {"https://h.example/",                 "https://h.example",                true },
    {"https://h.example",                  "https://h.example",                true },
    {"https://h.example",                  "https://h.example/",
     true                                                                           }, /* ours: a client asks for "/" when the URL has no path */
    {"https://h.example?a=1",              "https://h.example/?a=1",           true },
    {"https://h.example/CB",               "https://h.example/cb",             false},
    {"https://h.example/cb/",              "https://h.example/cb",             false},
    {"https://h.example/cb",               "https://h.example/cb/",            false},
    {"https://h.example/cb?a=1&b=2",       "https://h.example/cb?b=2&a=1",     false},
    {"https://h.example/cb?",              "https://h.example/cb",             false},
    {"https://h.example/b",                "https://h.example/a/../b",         true },
    {"https://h.example/a%20b",            "https://h.example/a b",            true },
    {"https://[2001:db8::1]/cb",           "https://[2001:db8::1]/cb",         true },
    {"https://[2001:db8::1]:443/cb",       "https://[2001:db8::1]/cb",         true },
    {"https://[2001:db8::1]/cb",           "https://[2001:db8::1]:8443/cb",    true },
};

static void the_writings_of_an_url_are_accepted_as_the_package_accepts_them(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct fields fields = {0};
    fields_add(&fields, arena, "CallSid", "CA1");
    for (size_t i = 0; i < ARRAY_LEN(matrix); i++) {
        char signature[SIGNATURE_BYTES];
        assert_int_equal(
            signature_compute(TOKEN, matrix[i].signed_url, &fields, arena, signature, NULL), 0);
        if (believes(TOKEN, matrix[i].believed_url, &fields, form_type, "CallSid=CA1", signature) !=
            matrix[i].accepted)
            fail_msg("%s signed, %s believed", matrix[i].signed_url, matrix[i].believed_url);
    }
}

/* tests/vectors/signature_urls.json: the same question for random URLs, judged by the package. */
static void random_urls_are_accepted_as_the_package_accepts_them(void **state)
{
    (void)state;
    json_auto_t *rows = load("signature_urls.json");
    size_t index;
    json_t *row;
    json_array_foreach(rows, index, row)
    {
        auto_arena struct arena *arena = arena_create();
        struct fields fields = {0};
        char signature[SIGNATURE_BYTES];
        const char *signed_url = text_of(row, "signed_url");
        const bool accepted = json_is_true(json_object_get(row, "accepted"));
        fields_add(&fields, arena, "CallSid", "CA1");
        assert_int_equal(signature_compute(TOKEN, signed_url, &fields, arena, signature, NULL), 0);
        if (believes(TOKEN, text_of(row, "url"), &fields, form_type, "CallSid=CA1", signature) !=
            accepted)
            fail_msg("%s signed, %s believed", signed_url, text_of(row, "url"));
    }
    assert_int_equal(index, 313);
}

static const struct {
    const char *base;
    const char *target;
    const char *signed_url; /* NULL: no signature is believed */
} bases[] = {
    {"https://h.example",         "/cb?x=1",             "https://h.example/cb?x=1"    },
    {"https://h.example/",        "/cb",                 "https://h.example/cb"        },
    {"https://h.example//",       "/cb",                 "https://h.example/cb"        },
    {"https://h.example/#rc=2",   "/cb",                 "https://h.example/cb"        },
    {"https://h.example/api?x=1", "/cb",                 "https://h.example/api/cb"    },
    {"https://h.example/api",     "/cb",                 "https://h.example/api/cb"    },
    {"https://h.example/api/",    "/cb",                 "https://h.example/api/cb"    },
    {"https://h.example/api",     "/api/cb",             "https://h.example/api/cb"    },
    {"https://h.example/api",     "/api/cb",             "https://h.example:443/api/cb"},
    {"https://h.example/api",     "/api/cb",             "https://h.example/api/api/cb"},
    {"https://h.example/api",     "?x=1",                "https://h.example/api?x=1"   },
    {"https://h.example",         "http://h.example/cb", NULL                          },
    {"https://h.example",         "*",                   NULL                          },
    {"h.example",                 "/cb",                 NULL                          },
    {"",                          "/cb",                 NULL                          },
    {"https://",                  "/cb",                 NULL                          },
};

static void base_and_target_make_the_url(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct signature_keys *keys = keys_of(TOKEN);
    for (size_t i = 0; i < ARRAY_LEN(bases); i++) {
        char signature[SIGNATURE_BYTES];
        struct signature_match match = {0};
        const char *naive = arena_printf(arena, "%s%s", bases[i].base, bases[i].target);
        const char *url = bases[i].signed_url == NULL ? naive : bases[i].signed_url;
        const struct signed_request request = {
            .base = bases[i].base, .target = bases[i].target, .media_type = ""};
        assert_int_equal(signature_compute(TOKEN, url, NULL, arena, signature, NULL), 0);
        const int result = signature_check(keys, &request, signature, arena, &match, NULL);
        assert_int_equal(result, bases[i].signed_url == NULL ? -1 : 0);
        if (result == 0)
            assert_string_equal(match.url, bases[i].signed_url);
    }
    signature_keys_free(keys);
}

static void either_token_signs_and_is_named(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    static const char *const tokens[] = {"primary", "secondary"};
    struct signature_keys *keys = NULL;
    const struct signed_request request = {
        .base = "https://h.example", .target = "/cb", .media_type = ""};
    assert_int_equal(signature_keys_create(tokens, 2, &keys, NULL), 0);
    for (size_t i = 0; i < 2; i++) {
        char signature[SIGNATURE_BYTES];
        struct signature_match match = {.token = 99};
        assert_int_equal(
            signature_compute(tokens[i], "https://h.example:443/cb", NULL, arena, signature, NULL),
            0);
        assert_int_equal(signature_check(keys, &request, signature, arena, &match, NULL), 0);
        assert_int_equal(match.token, i);
        assert_string_equal(match.url, "https://h.example:443/cb");
        assert_string_equal(match.form, "with port");
    }
    signature_keys_free(keys);
}

static void an_empty_token_is_refused(void **state)
{
    (void)state;
    static const char *const lists[][2] = {
        {"",   "x" },
        {"x",  ""  },
        {"x",  NULL},
        {NULL, NULL}
    };
    struct signature_keys *keys = NULL;
    char signature[SIGNATURE_BYTES] = "untouched";
    auto_arena struct arena *arena = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        struct error err = {0};
        assert_int_equal(signature_keys_create(lists[i], 2, &keys, &err), -1);
        assert_int_equal(err.kind, ERROR_INVALID);
    }
    assert_int_equal(signature_keys_create(lists[0], 0, &keys, NULL), -1);
    assert_null(keys);
    signature_keys_free(keys);
    assert_int_equal(signature_compute("", "https://h.example/cb", NULL, arena, signature, NULL),
                     -1);
    assert_string_equal(signature, "untouched");
}

static void a_header_that_is_no_signature_is_refused(void **state)
{
    (void)state;
    static const char *const headers[] = {
        NULL,
        "",
        "=",
        "ZkX3cnSu1zNNYSoiAvJOT848yFA",
        "ZkX3cnSu1zNNYSoiAvJOT848yFA==",
        " ZkX3cnSu1zNNYSoiAvJOT848yFA=",
        "ZkX3cnSu1zNNYSoiAvJOT848yFB=", /* the same bytes to a lax decoder */
        "zkx3cnsu1znnysoiavjot848yfa=",
        "ZkX3cnSu1zNNYSoiAvJOT848yFA=,ZkX3cnSu1zNNYSoiAvJOT848yFA=",
    };
    assert_true(believes(TOKEN, "https://voice.example.com/cb", NULL, "", "",
                         "ZkX3cnSu1zNNYSoiAvJOT848yFA="));
    for (size_t i = 0; i < ARRAY_LEN(headers); i++)
        assert_false(believes(TOKEN, "https://voice.example.com/cb", NULL, "", "", headers[i]));
}

static const struct {
    const char *query;
    const char *media_type;
    const char *body;
    bool accepted;
} bodies[] = {
#define HASH "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"  /* of {} */
    {"",                                                                                 "application/json", "",    true },
    {"",                                                                                 "application/json", "{}",  false}, /* nothing covers it */
    {"",                                                                                 "text/plain",       "{}",  false},
    {"",                                                                                 "",                 "{}",  false},
    {"?bodySHA256=" HASH,                                                                "application/json", "{}",  true },
    {"?a=1&bodySHA256=" HASH,                                                            "application/json", "{}",  true },
    {"?bodySHA256=" HASH "&bodySHA256=0",                                                "application/json", "{}",  true },
    {"?bodySHA256=0&bodySHA256=" HASH,                                                   "application/json", "{}",  false}, /* the first one counts */
    {"?body%53HA256=0&bodySHA256=" HASH,                                                 "application/json", "{}",  false},
    {"?bodySHA25%36=0&bodySHA256=" HASH,                                                 "application/json", "{}",  false},
    {"?x=bodySHA256",                                                                    "application/json", "{}",  false},
    {"?bodySHA256=",                                                                     "application/json", "",    false},
    {"?bodySHA256",                                                                      "application/json", "",    false},
    {"?bodySHA256=" HASH,                                                                "application/json", "{} ", false},
    {"?bodySHA256=" HASH,                                                                "application/json", "",    false},
    {"?bodySHA256=" HASH "0",                                                            "application/json", "{}",  false},
    {"?bodySHA256=44136FA355B3678A1146AD16F7E8649E94FB4FC21FE77E8310C060F61CAAFF8A",
                                                                                                "application/json",                                                                                     "{}",  false},
    {"?bodySHA256=%34%34136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
                                                                                                "application/json",                                                                                     "{}",  true },
    {"?bodySHA256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                                                                                                "application/json",                                                                                     "",    true },
#undef HASH
};

static void a_body_counts_only_if_the_signature_covers_it(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        char signature[SIGNATURE_BYTES];
        const char *url = arena_printf(arena, "https://h.example/cb%s", bodies[i].query);
        assert_int_equal(signature_compute(TOKEN, url, NULL, arena, signature, NULL), 0);
        if (believes(TOKEN, url, NULL, bodies[i].media_type, bodies[i].body, signature) !=
            bodies[i].accepted)
            fail_msg("%s with %s", url, bodies[i].body);
    }
}

static void fields_do_not_count_where_the_hash_of_the_body_does(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct fields fields = {0};
    char signature[SIGNATURE_BYTES];
    fields_add(&fields, arena, "CallSid", "CA1");
    const char *url =
        signature_url_with_body_hash("https://h.example/cb?a=1", "CallSid=CA1", 11, arena);
    assert_string_equal(
        url, "https://h.example/"
             "cb?a=1&bodySHA256=9a8b300dd1b0a209b321643de371df215437fd4bb7a2c1ee6e24f6ba74ae5eb1");
    assert_int_equal(signature_compute(TOKEN, url, NULL, arena, signature, NULL), 0);
    assert_true(believes(TOKEN, url, &fields, form_type, "CallSid=CA1", signature));
    assert_int_equal(signature_compute(TOKEN, url, &fields, arena, signature, NULL), 0);
    assert_false(believes(TOKEN, url, &fields, form_type, "CallSid=CA1", signature));
}

static void each_changed_part_is_noticed(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "CallSid=CA1&To=%2B15005550006",        "CallSid=CA1&To=%2B15005550007",
        "CallSid=CA1&To=%2B15005550006&Evil=1", "CallSid=CA1",
        "CallSid=CA1&To=%2B15005550006&To=",    "callSid=CA1&To=%2B15005550006",
        "CallSid=CA1&To=%2B15005550006&=x",     "",
    };
    auto_arena struct arena *arena = arena_create();
    char signature[SIGNATURE_BYTES];
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        struct fields fields = {0};
        assert_int_equal(
            fields_decode(forms[i], strlen(forms[i]), LIMIT_FORM_PAIRS, arena, &fields, NULL), 0);
        if (i == 0)
            assert_int_equal(
                signature_compute(TOKEN, "https://h.example/cb", &fields, arena, signature, NULL),
                0);
        assert_int_equal(
            believes(TOKEN, "https://h.example/cb", &fields, form_type, forms[i], signature),
            i == 0);
    }
    for (size_t i = 0; i + 1 < sizeof(signature); i++) {
        struct fields fields = {0};
        char changed[SIGNATURE_BYTES];
        memcpy(changed, signature, sizeof(changed));
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        assert_int_equal(
            fields_decode(forms[0], strlen(forms[0]), LIMIT_FORM_PAIRS, arena, &fields, NULL), 0);
        assert_false(
            believes(TOKEN, "https://h.example/cb", &fields, form_type, forms[0], changed));
    }
}

/* U+FF21 sorts behind U+1F642 in UTF-16 and before it in UTF-8. */
static void names_sort_by_utf16_code_units(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct fields fields = {0};
    char expected[SIGNATURE_BYTES];
    char signature[SIGNATURE_BYTES];
    static const char *const order[] = {"",
                                        "0",
                                        "A",
                                        "Z",
                                        "_",
                                        "a",
                                        "aa",
                                        "z",
                                        "\xc3\xa9",
                                        "\xed\x9f\xbf",
                                        "\xf0\x9f\x99\x82",
                                        "\xee\x80\x80",
                                        "\xef\xbc\xa1"};
    char *url = arena_strdup(arena, "https://h.example/cb");
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        fields_add(&fields, arena, order[(i * 5 + 3) % ARRAY_LEN(order)], "v");
        url = arena_printf(arena, "%s%sv", url, order[i]);
    }
    assert_int_equal(signature_compute(TOKEN, url, NULL, arena, expected, NULL), 0);
    assert_int_equal(
        signature_compute(TOKEN, "https://h.example/cb", &fields, arena, signature, NULL), 0);
    assert_string_equal(signature, expected);
}

static void the_order_of_fields_does_not_matter(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    char first[SIGNATURE_BYTES] = "";
    struct fields fields = {0};
    for (size_t i = 0; i < LIMIT_FORM_PAIRS; i++)
        fields_add(&fields, arena, arena_printf(arena, "n%zu", i % 100),
                   arena_printf(arena, "v%zu", i % 7));
    for (int round = 0; round < 20; round++) {
        char signature[SIGNATURE_BYTES];
        for (size_t i = fields.count - 1; i > 0; i--) {
            const size_t other = random_below(i + 1);
            const struct field swapped = fields.items[i];
            fields.items[i] = fields.items[other];
            fields.items[other] = swapped;
        }
        assert_int_equal(
            signature_compute(TOKEN, "https://h.example/", &fields, arena, signature, NULL), 0);
        if (round == 0)
            memcpy(first, signature, sizeof(first));
        assert_string_equal(signature, first);
    }
}

static void origins_are_cut_out(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    assert_string_equal(signature_origin("https://u:p@h.example:8443/a?b#c", arena),
                        "https://h.example:8443");
    assert_string_equal(signature_origin("http://h", arena), "http://h");
    assert_string_equal(signature_origin("https://[::1]:80/", arena), "https://[::1]:80");
    assert_null(signature_origin("/a", arena));
    assert_null(signature_origin("https:///a", arena));
    assert_null(signature_origin("1http://h", arena));
    assert_null(signature_origin("", arena));
    assert_null(signature_origin(NULL, arena));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vector_is_judged_as_the_official_package_judges_it),
        cmocka_unit_test(every_valid_vector_is_signed_as_the_official_package_signs_it),
        cmocka_unit_test(published_requests_are_signed_and_believed),
        cmocka_unit_test(the_writings_of_an_url_are_accepted_as_the_package_accepts_them),
        cmocka_unit_test(random_urls_are_accepted_as_the_package_accepts_them),
        cmocka_unit_test(base_and_target_make_the_url),
        cmocka_unit_test(either_token_signs_and_is_named),
        cmocka_unit_test(an_empty_token_is_refused),
        cmocka_unit_test(a_header_that_is_no_signature_is_refused),
        cmocka_unit_test(a_body_counts_only_if_the_signature_covers_it),
        cmocka_unit_test(fields_do_not_count_where_the_hash_of_the_body_does),
        cmocka_unit_test(each_changed_part_is_noticed),
        cmocka_unit_test(names_sort_by_utf16_code_units),
        cmocka_unit_test(the_order_of_fields_does_not_matter),
        cmocka_unit_test(origins_are_cut_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
