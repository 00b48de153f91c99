#include "crypto/web_token.h"

#include <string.h>

#include "core/limits.h"
#include "crypto/base64.h"
#include "crypto/hmac.h"
#include "support/cmocka_all.h"

static const char secret[] = "a secret that is long enough for all";
static const struct web_token_rules at_1000 = {.now_s = 1000};

/** A token of any header and claims, properly signed: what an attacker who knows the secret could
 * send, or worse. */
static char *forge(struct arena *arena, const char *header, const char *claims)
{
    char *text =
        arena_alloc(arena, BASE64_BYTES(strlen(header)) + BASE64_BYTES(strlen(claims)) + 64);
    unsigned char mac[HMAC_SHA256_BYTES];
    size_t len = base64url_encode(text, header, strlen(header));
    text[len++] = '.';
    len += base64url_encode(text + len, claims, strlen(claims));
    assert_int_equal(hmac_once(HMAC_HASH_SHA256, secret, strlen(secret), text, len, mac, NULL), 0);
    text[len++] = '.';
    base64url_encode(text + len, mac, sizeof(mac));
    return text;
}

static int verify(const char *text, const struct web_token_rules *rules, struct error *err)
{
    auto_web_token struct web_token token = {0};
    return web_token_verify_hs256(text, secret, strlen(secret), rules, &token, err);
}

static void a_signed_token_is_believed(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    auto_web_token struct web_token token = {0};
    struct error err = {0};
    const struct web_token_header header = {.cty = "twilio-fpa;v=1", .twr = "ie1", .kid = "k1"};
    const char *text =
        web_token_sign_hs256(&header, "{\"exp\":1060,\"grants\":{\"identity\":\"\xc3\xbc\"}}",
                             secret, strlen(secret), arena, &err);
    assert_non_null(text);
    assert_int_equal(web_token_verify_hs256(text, secret, strlen(secret), &at_1000, &token, &err),
                     0);
    json_auto_t *expected_header = json_pack("{s:s,s:s,s:s,s:s,s:s}", "alg", "HS256", "typ", "JWT",
                                             "cty", "twilio-fpa;v=1", "twr", "ie1", "kid", "k1");
    json_auto_t *expected =
        json_pack("{s:i,s:{s:s}}", "exp", 1060, "grants", "identity", "\xc3\xbc");
    assert_true(json_equal(token.header, expected_header));
    assert_true(json_equal(token.claims, expected));
}

static void headers_that_are_not_given_are_left_out(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    auto_web_token struct web_token token = {0};
    const struct web_token_header header = {.cty = NULL, .kid = ""};
    const char *text = web_token_sign_hs256(&header, "{}", "k", 1, arena, NULL);
    assert_non_null(text);
    assert_int_equal(web_token_peek(text, &token, NULL), 0);
    json_auto_t *expected = json_pack("{s:s,s:s}", "alg", "HS256", "typ", "JWT");
    assert_true(json_equal(token.header, expected));
}

static void what_cannot_be_signed_is_refused(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    static const struct {
        struct web_token_header header;
        const char *claims;
        const char *secret;
    } cases[] = {
        {{0},             "{}",                "" },
        {{0},             "[]",                "k"},
        {{0},             "{",                 "k"},
        {{0},             "",                  "k"},
        {{0},             "{\"a\":1,\"a\":2}", "k"},
        {{.cty = "\xff"}, "{}",                "k"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct error err = {0};
        assert_null(web_token_sign_hs256(&cases[i].header, cases[i].claims, cases[i].secret,
                                         strlen(cases[i].secret), arena, &err));
        assert_int_equal(err.kind, ERROR_INVALID);
    }
}

/* RFC 7515 appendix A.1: the key has bytes that are no text, and its header has a line break. */
static void the_published_token_is_believed(void **state)
{
    (void)state;
    static const char text[] = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
                               ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcG"
                               "xlLmNvbS9pc19yb290Ijp0cnVlfQ"
                               ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    static const char key64[] =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    unsigned char key[64];
    size_t key_len = 0;
    auto_web_token struct web_token token = {0};
    const struct web_token_rules rules = {.now_s = 1300819379, .issuer = "joe"};
    assert_true(base64url_decode(key64, strlen(key64), key, sizeof(key), &key_len));
    assert_int_equal(web_token_verify_hs256(text, key, key_len, &rules, &token, NULL), 0);
    assert_true(json_is_true(json_object_get(token.claims, "http://example.com/is_root")));
}

static void times_are_looked_at_with_leeway(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    static const struct {
        const char *claims;
        int64_t leeway_s;
        bool expiry_optional;
        int result;
    } cases[] = {
        {"{\"exp\":1001}",                0, false, 0 },
        {"{\"exp\":1000}",                0, false, -1},
        {"{\"exp\":1000.5}",              0, false, 0 },
        {"{\"exp\":1000}",                1, false, 0 },
        {"{\"exp\":995}",                 5, false, -1},
        {"{\"exp\":-1}",                  0, false, -1},
        {"{\"exp\":9223372036854775807}", 0, false, 0 },
        {"{}",                            0, false, -1},
        {"{}",                            0, true,  0 },
        {"{\"exp\":999}",                 0, true,  -1},
        {"{\"exp\":\"2000\"}",            0, false, -1},
        {"{\"exp\":null}",                0, true,  -1},
        {"{\"exp\":2000,\"nbf\":1000}",   0, false, 0 },
        {"{\"exp\":2000,\"nbf\":1001}",   0, false, -1},
        {"{\"exp\":2000,\"nbf\":1005}",   5, false, 0 },
        {"{\"exp\":2000,\"nbf\":1006}",   5, false, -1},
        {"{\"exp\":2000,\"nbf\":\"1\"}",  0, false, -1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct web_token_rules rules = {.now_s = 1000,
                                              .leeway_s = cases[i].leeway_s,
                                              .expiry_optional = cases[i].expiry_optional};
        struct error err = {0};
        const char *text = forge(arena, "{\"alg\":\"HS256\"}", cases[i].claims);
        assert_int_equal(verify(text, &rules, &err), cases[i].result);
        assert_int_equal(err.kind, cases[i].result == 0 ? ERROR_NONE : ERROR_UNAUTHENTICATED);
    }
}

static void issuer_audience_and_content_type_are_compared(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    static const struct {
        const char *claims;
        struct web_token_rules rules;
        int result;
    } cases[] = {
        {"{\"iss\":\"a\",\"exp\":9}",             {.issuer = "a"},            0 },
        {"{\"iss\":\"a\",\"exp\":9}",             {.issuer = "b"},            -1},
        {"{\"exp\":9}",                           {.issuer = "b"},            -1},
        {"{\"iss\":1,\"exp\":9}",                 {.issuer = "b"},            -1},
        {"{\"aud\":\"us\",\"exp\":9}",            {.audience = "us"},         0 },
        {"{\"aud\":[\"them\",\"us\"],\"exp\":9}", {.audience = "us"},         0 },
        {"{\"aud\":[\"them\",1],\"exp\":9}",      {.audience = "us"},         -1},
        {"{\"aud\":[],\"exp\":9}",                {.audience = "us"},         -1},
        {"{\"exp\":9}",                           {.audience = "us"},         -1},
        {"{\"exp\":9}",                           {.cty = "twilio-fpa;v=1"},  0 },
        {"{\"exp\":9}",                           {.cty = "twilio-pkrv;v=1"}, -1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *text =
            forge(arena, "{\"alg\":\"HS256\",\"cty\":\"twilio-fpa;v=1\"}", cases[i].claims);
        assert_int_equal(verify(text, &cases[i].rules, NULL), cases[i].result);
    }
}

/* Every one of them carries a correct HMAC, so only the header can be what is refused. */
static void the_header_is_not_trusted(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    static const char *const headers[] = {
        "{}",
        "{\"alg\":\"none\"}",
        "{\"alg\":\"None\"}",
        "{\"alg\":\"hs256\"}",
        "{\"alg\":\"HS384\"}",
        "{\"alg\":\"RS256\"}",
        "{\"alg\":null}",
        "{\"alg\":[\"HS256\"]}",
        "{\"alg\":\"HS256\",\"alg\":\"none\"}",
        "{\"alg\":\"HS256\",\"crit\":[\"exp\"]}",
        "[\"HS256\"]",
        "\"HS256\"",
        "{\"alg\":\"HS256\"} ,",
        "{\"alg\":\"HS256\xff\"}",
    };
    for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
        struct error err = {0};
        assert_int_equal(verify(forge(arena, headers[i], "{\"exp\":2000}"), &at_1000, &err), -1);
        assert_int_equal(err.kind, ERROR_UNAUTHENTICATED);
    }
    assert_int_equal(verify(forge(arena, "{\"alg\":\"HS256\"}", "{\"exp\":2000}"), &at_1000, NULL),
                     0);
}

static void a_secret_that_is_none_is_refused(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    static const char *const secrets[] = {"", "-----BEGIN PUBLIC KEY-----\nMIIB\n"};
    const char *text = forge(arena, "{\"alg\":\"HS256\"}", "{\"exp\":2000}");
    for (size_t i = 0; i < ARRAY_LEN(secrets); i++) {
        struct error err = {0};
        auto_web_token struct web_token token = {0};
        assert_int_equal(
            web_token_verify_hs256(text, secrets[i], strlen(secrets[i]), &at_1000, &token, &err),
            -1);
        assert_int_equal(err.kind, ERROR_INVALID);
        assert_null(token.claims);
    }
}

static void each_changed_character_is_noticed(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    char *text = forge(arena, "{\"alg\":\"HS256\"}", "{\"exp\":2000}");
    assert_int_equal(verify(text, &at_1000, NULL), 0);
    for (size_t i = 0; text[i] != '\0'; i++) {
        const char was = text[i];
        text[i] = was == 'A' ? 'B' : 'A';
        assert_int_equal(verify(text, &at_1000, NULL), -1);
        text[i] = was;
    }
}

static void other_texts_are_no_tokens(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    const char *good = forge(arena, "{\"alg\":\"HS256\"}", "{\"exp\":2000}");
    char *endless = arena_alloc(arena, (size_t)2 * LIMIT_WEB_TOKEN_BYTES);
    memset(endless, 'A', (size_t)2 * LIMIT_WEB_TOKEN_BYTES - 1);
    const char *texts[] = {
        NULL,
        "",
        ".",
        "..",
        "...",
        "a.b",
        "a.b.c",
        endless,
        arena_printf(arena, "%s.", good),
        arena_printf(arena, "%s=", good),
        arena_printf(arena, " %s", good),
        arena_printf(arena, "%s\n", good),
        arena_printf(arena, "%.*s", (int)(strrchr(good, '.') - good + 1), good),
        arena_printf(arena, "%.*s", (int)(strrchr(good, '.') - good), good),
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct error err = {0};
        assert_int_equal(verify(texts[i], &at_1000, &err), -1);
        assert_int_equal(err.kind, ERROR_UNAUTHENTICATED);
    }
}

static void peeking_believes_nothing_but_the_shape(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    auto_web_token struct web_token token = {0};
    const char *text = forge(arena, "{\"alg\":\"none\",\"kid\":\"k7\"}", "{\"iss\":\"SK1\"}");
    assert_int_equal(web_token_peek(text, &token, NULL), 0);
    assert_string_equal(json_string_value(json_object_get(token.header, "kid")), "k7");
    assert_string_equal(json_string_value(json_object_get(token.claims, "iss")), "SK1");
    web_token_release(&token);
    assert_int_equal(web_token_peek("e30.e30", &token, NULL), -1);
    assert_int_equal(web_token_peek("e30.W10.", &token, NULL), -1);
    assert_null(token.header);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signed_token_is_believed),
        cmocka_unit_test(headers_that_are_not_given_are_left_out),
        cmocka_unit_test(what_cannot_be_signed_is_refused),
        cmocka_unit_test(the_published_token_is_believed),
        cmocka_unit_test(times_are_looked_at_with_leeway),
        cmocka_unit_test(issuer_audience_and_content_type_are_compared),
        cmocka_unit_test(the_header_is_not_trusted),
        cmocka_unit_test(a_secret_that_is_none_is_refused),
        cmocka_unit_test(each_changed_character_is_noticed),
        cmocka_unit_test(other_texts_are_no_tokens),
        cmocka_unit_test(peeking_believes_nothing_but_the_shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
