/* Signatures of the application's webhooks: what the public Standard Webhooks library for Node computes. */
#include "app/webhook_signing.h"

#include <stdio.h>
#include <string.h>

#include "core/macros.h"
#include "support/cmocka_all.h"

static const struct {
    const char *secret;
    const char *signature;
} vectors[] = {
    {"whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB", "v1,Y7M5sPnqg5ojW5Q0FUHKb6Aos9XfPF6PjyL5O2o+a/E="},
    {"whsec_AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg="
     "=",                                 "v1,It75vBrqOcSAbZZ+D3b6TBUp1Cfg5f/HFxl+cNvpxU4="},
};
static const char id[] = "msg_0000000000000000000001";
static const char body[] = "{\"type\":\"call.ended\"}";

static void signs_as_the_public_library_does(void **state)
{
    (void)state;
    auto_buf struct buf out;
    struct error err = {0};
    buf_init(&out, 256);
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        buf_clear(&out);
        assert_int_equal(
            signing_append(vectors[i].secret, id, 1700000000, body, strlen(body), &out, &err), 0);
        assert_string_equal(out.data, vectors[i].signature);
    }
    assert_int_equal(
        signing_append(vectors[0].secret, id, 1700000000, body, strlen(body), &out, &err), 0);
    char both[256];
    (void)snprintf(both, sizeof both, "%s %s", vectors[1].signature, vectors[0].signature);
    assert_string_equal(out.data, both);
}

static void makes_secrets_that_it_takes(void **state)
{
    (void)state;
    char first[SIGNING_SECRET_BYTES];
    char second[SIGNING_SECRET_BYTES];
    struct error err = {0};
    signing_secret_make(first);
    signing_secret_make(second);
    assert_string_not_equal(first, second);
    assert_int_equal(strlen(first), strlen("whsec_") + 44);
    assert_int_equal(signing_secret_check(first, &err), 0);
}

static void refuses_what_is_no_secret(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "whsec_",
        "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ==",
        "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB",
        "WHSEC_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB",
        "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE*",
        "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB ",
        "whsec_"
        "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC",
        "whsec_"
        "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg"
        "ICAgIC",
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct error err = {0};
        auto_buf struct buf out;
        buf_init(&out, 256);
        if (signing_secret_check(wrong[i], &err) == 0)
            fail_msg("taken: %s", wrong[i]);
        assert_int_equal(err.kind, ERROR_INVALID);
        assert_string_equal(err.field, "secret");
        assert_int_equal(signing_append(wrong[i], id, 1, body, 1, &out, &err), -1);
        assert_int_equal(out.len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_as_the_public_library_does),
        cmocka_unit_test(makes_secrets_that_it_takes),
        cmocka_unit_test(refuses_what_is_no_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
