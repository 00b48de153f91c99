#include <string.h>

#include "support/cmocka_all.h"
#include "twilio/signature.h"

#define TOKEN "0123456789abcdef0123456789abcdef"
#define BASE "https://voice.example.com"

/* What Twilio signed, for a server that believes in BASE and was asked for /cb?a=1 with
 * CallSid=CA1. */
static const struct {
    const char *signed_url;
    bool without_fields;
    const char *base; /* NULL: nothing is found */
    const char *hint;
} cases[] = {
    {"http://voice.example.com/cb?a=1",       false, "http://voice.example.com",
     "the base has the wrong scheme"                                                                                                          },
    {"https://tunnel.example.net/cb?a=1",     false, "https://tunnel.example.net",
     "Twilio calls the host in X-Forwarded-Host"                                                                                              },
    {"http://tunnel.example.net/cb?a=1",      false, "http://tunnel.example.net",
     "Twilio calls the host in X-Forwarded-Host"                                                                                              },
    {"https://inner.example.net:8443/cb?a=1", false, "https://inner.example.net:8443",
     "Twilio calls the host in Host"                                                                                                          },
    {"http://inner.example.net:8443/cb?a=1",  false, "http://inner.example.net:8443",
     "Twilio calls the host in Host"                                                                                                          },
    {BASE "/cb",                              false, BASE,                             "the base is right; a query was added on the way"      },
    {BASE "/cb/?a=1",                         false, BASE,
     "the base is right; the slash at the end of the path was changed on the way"                                                             },
    {BASE "/cb/",                             false, BASE,
     "the base is right; the path's last slash and the query were changed on the way"                                                         },
    {BASE "/cb?a=1",                          true,  BASE,                             "the base is right; the fields are not what was signed"},
    {"http://tunnel.example.net/cb",          true,  "http://tunnel.example.net",
     "Twilio calls the host in X-Forwarded-Host; a query was added on the way; the fields are not "
     "what was signed"                                                                                                                        },
    {"https://stranger.example.org/cb?a=1",   false, NULL,                             NULL                                                   },
    {BASE "/other?a=1",                       false, NULL,                             NULL                                                   },
};

static bool diagnose(const char *base,
                     const char *header,
                     const struct signature_hints *hints,
                     struct arena *arena,
                     struct signature_diagnosis *out)
{
    const char *token = TOKEN;
    struct signature_keys *keys = NULL;
    struct fields fields = {0};
    fields_add(&fields, arena, "CallSid", "CA1");
    const struct signed_request request = {.base = base,
                                           .target = "/cb?a=1",
                                           .fields = &fields,
                                           .media_type = "application/x-www-form-urlencoded"};
    assert_int_equal(signature_keys_create(&token, 1, &keys, NULL), 0);
    const bool found = signature_diagnose(keys, &request, header, hints, arena, out);
    signature_keys_free(keys);
    return found;
}

static void
sign(const char *url, bool without_fields, struct arena *arena, char out[SIGNATURE_BYTES])
{
    struct fields fields = {0};
    if (!without_fields)
        fields_add(&fields, arena, "CallSid", "CA1");
    assert_int_equal(signature_compute(TOKEN, url, &fields, arena, out, NULL), 0);
}

static void the_usual_mistakes_are_named(void **state)
{
    (void)state;
    const struct signature_hints hints = {.host = "inner.example.net:8443",
                                          .forwarded_host = "tunnel.example.net",
                                          .forwarded_proto = "https"};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_arena struct arena *arena = arena_create();
        char header[SIGNATURE_BYTES];
        struct signature_diagnosis diagnosis = {0};
        sign(cases[i].signed_url, cases[i].without_fields, arena, header);
        assert_int_equal(diagnose(BASE, header, &hints, arena, &diagnosis), cases[i].base != NULL);
        if (cases[i].base == NULL)
            continue;
        assert_string_equal(diagnosis.base, cases[i].base);
        assert_string_equal(diagnosis.hint, cases[i].hint);
    }
}

static void a_path_in_the_base_that_twilio_does_not_use_is_named(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    const struct signature_hints hints = {0};
    char header[SIGNATURE_BYTES];
    struct signature_diagnosis diagnosis = {0};
    sign(BASE "/cb?a=1", false, arena, header);
    assert_true(diagnose("https://user:pa55@voice.example.com", header, &hints, arena, &diagnosis));
    assert_string_equal(diagnosis.base, BASE);
    assert_string_equal(diagnosis.hint, "the base has a user or path that Twilio does not use");
}

static void headers_that_are_no_hosts_are_left_out(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    static const char *const hosts[] = {
        "", "evil.example/x", "evil.example?", "a@evil.example", "evil.example\n", "\xc3\xa9"};
    char header[SIGNATURE_BYTES];
    struct signature_diagnosis diagnosis = {0};
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        const struct signature_hints hints = {.host = hosts[i], .forwarded_host = hosts[i]};
        sign(arena_printf(arena, "https://%s/cb?a=1", hosts[i]), false, arena, header);
        assert_false(diagnose(BASE, header, &hints, arena, &diagnosis));
    }
    assert_null(diagnosis.base);
}

static void a_header_that_is_no_signature_is_not_looked_into(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    const struct signature_hints hints = {0};
    struct signature_diagnosis diagnosis = {0};
    assert_false(diagnose(BASE, NULL, &hints, arena, &diagnosis));
    assert_false(diagnose(BASE, "", &hints, arena, &diagnosis));
    assert_false(diagnose("", "ZkX3cnSu1zNNYSoiAvJOT848yFA=", &hints, arena, &diagnosis));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_usual_mistakes_are_named),
        cmocka_unit_test(a_path_in_the_base_that_twilio_does_not_use_is_named),
        cmocka_unit_test(headers_that_are_no_hosts_are_left_out),
        cmocka_unit_test(a_header_that_is_no_signature_is_not_looked_into),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
