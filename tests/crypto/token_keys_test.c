/* Which keys an application may give us, and which it had better not. */
#include "crypto/token_keys.h"

#include "core/limits.h"
#include "crypto/signing.h"
#include "support/cmocka_all.h"

static EVP_PKEY *rsa;
static EVP_PKEY *ec;

static int make_keys(void **state)
{
    (void)state;
    rsa = EVP_RSA_gen(2048);
    ec = EVP_EC_gen("P-256");
    return rsa != NULL && ec != NULL ? 0 : -1;
}

static int forget_keys(void **state)
{
    (void)state;
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
    return 0;
}

static void secrets_are_long_and_not_shown_around(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    const char *pem = signing_pem(arena, rsa, false);
    char *body = arena_strdup(arena, strchr(pem, '\n') + 1);
    char *end = body;
    for (const char *c = body; *c != '-'; c++)
        if (*c != '\n')
            *end++ = *c;
    *end = '\0';
    const struct {
        const char *secret;
        int result;
    } cases[] = {
        {"0123456789abcdef0123456789abcdef", 0       },
        {"0123456789abcdef0123456789abcde",  -1      },
        {"",                                 -1      },
        {pem,                                -1      },
        {arena_printf(arena,                 "\n  %s", pem), -1},
        {body,                                -1                                       },
        {arena_printf(arena, "{\"keys\":[%s]}",signing_jwk(arena, rsa, "")), -1},
        {"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC7 somebody@example",                 -1                                      },
        {"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA is not a key but begins so",                              0                                   },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_token_keys struct token_keys *keys = token_keys_create();
        struct error err = {0};
        int result = token_keys_add_secret(keys, cases[i].secret, strlen(cases[i].secret), &err);
        if (result != cases[i].result)
            fail_msg("secret %zu: %s", i, err.message);
        assert_int_equal(token_keys_count_of(keys, TOKEN_HS256), result == 0 ? 1 : 0);
        assert_int_equal(err.kind, result == 0 ? ERROR_NONE : ERROR_INVALID);
    }
}

static EVP_PKEY *make_pss(void)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA_PSS, NULL);
    assert_int_equal(EVP_PKEY_keygen_init(context), 1);
    assert_int_equal(EVP_PKEY_generate(context, &key), 1);
    EVP_PKEY_CTX_free(context);
    return key;
}

static void pem_files_hold_public_keys_of_our_kinds(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    EVP_PKEY *small = EVP_RSA_gen(1024);
    EVP_PKEY *curve = EVP_EC_gen("P-384");
    EVP_PKEY *edwards = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    EVP_PKEY *pss = make_pss();
    const char *both = arena_printf(arena, "# ours\n%s\n%s", signing_pem(arena, rsa, false),
                                    signing_pem(arena, ec, false));
    char *broken = arena_strdup(arena, signing_pem(arena, ec, false));
    broken[60] = broken[60] == 'A' ? 'B' : 'A';
    char *cut = arena_strdup(arena, signing_pem(arena, rsa, false));
    cut[200] = '\0';
    const struct {
        const char *what;
        const char *text;
        size_t count; /* 0: refused */
    } cases[] = {
        {"RSA",              signing_pem(arena,             rsa,                                                 false), 1},
        {"EC",                 signing_pem(arena,                                              ec,                                                                                              false), 1},
        {"two",                both,2},
        {"none",              "",                        0                                                                                },
        {"words",             "no key at all",                           0                                                     },
        {"private RSA",            signing_pem(arena,              rsa,                                      true), 0},
        {"private EC",      signing_pem(arena,       ec,                                          true), 0},
        {"one of each",                 arena_printf(arena,                                              "%s%s",                                                                                      both, signing_pem(arena, ec, true)), 0},
        {"RSA of 1024 bits",                signing_pem(arena,                                  small,                                           false), 0},
        {"P-384",      signing_pem(arena, curve, false), 0},
        {"Ed25519", signing_pem(arena,                            edwards,                                                                         false), 0},
        {"RSA-PSS",                  signing_pem(arena,                              pss,                                                 false), 0},
        {"broken",            broken,                                        0                                                },
        {"cut",cut,                    0                                                                },
        {"a line that is none",                  "-----BEGIN PUBLIC KEY-----\n!!!\n-----END PUBLIC KEY-----\n",                                       0                                                                        },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_token_keys struct token_keys *keys = token_keys_create();
        struct error err = {0};
        int result = token_keys_add_pem(keys, cases[i].text, strlen(cases[i].text), &err);
        if (result != (cases[i].count > 0 ? 0 : -1) ||
            (cases[i].count > 0 && token_keys_count(keys) != cases[i].count))
            fail_msg("%s: %s", cases[i].what, err.message);
        assert_int_equal(err.kind, result == 0 ? ERROR_NONE : ERROR_INVALID);
    }
    EVP_PKEY_free(small);
    EVP_PKEY_free(curve);
    EVP_PKEY_free(edwards);
    EVP_PKEY_free(pss);
}

#define SET "{\"keys\":[%s]}"

static void key_sets_are_taken_by_their_rules(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    const char *r = signing_jwk(arena, rsa, "");
    const char *e = signing_jwk(arena, ec, "");
    const char *n = signing_number(arena, rsa, OSSL_PKEY_PARAM_RSA_N, 0);
    const char *x = signing_number(arena, ec, OSSL_PKEY_PARAM_EC_PUB_X, 32);
#define OF(text) arena_printf(arena, SET, text)
#define RSA_WITH(more) OF(signing_jwk(arena, rsa, more))
    /* clang-format off */
    const struct {
        const char *what;
        const char *text;
        size_t count; /* 0: refused */
    } cases[] = {
        {"RSA", OF(r), 1},
        {"EC", OF(e), 1},
        {"both", OF(arena_printf(arena, "%s,%s", r, e)), 2},
        {"named", RSA_WITH(",\"kid\":\"a\",\"use\":\"sig\",\"alg\":\"RS256\",\"x5c\":[]"), 1},
        {"for verifying", RSA_WITH(",\"key_ops\":[\"verify\"]"), 1},
        {"for encryption", RSA_WITH(",\"use\":\"enc\""), 0},
        {"for signing", RSA_WITH(",\"key_ops\":[\"sign\"]"), 0},
        {"for PS256", RSA_WITH(",\"alg\":\"PS256\""), 0},
        {"for HS256", RSA_WITH(",\"alg\":\"HS256\""), 0},
        {"for none", RSA_WITH(",\"alg\":\"none\""), 0},
        {"another beside ours", OF(arena_printf(arena, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\"},%s", e)), 1},
        {"a kid that is a number", RSA_WITH(",\"kid\":1"), 0},
        {"symmetric", OF("{\"kty\":\"oct\",\"k\":\"AAAA\"}"), 0},
        {"symmetric beside ours", OF(arena_printf(arena, "{\"kty\":\"oct\",\"k\":\"AAAA\"},%s", e)), 0},
        {"private", RSA_WITH(",\"d\":\"AAAA\""), 0},
        {"an exponent of 1", OF(arena_printf(arena, "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"AQ\"}", n)), 0},
        {"an even exponent", OF(arena_printf(arena, "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"AQAC\"}", n)), 0},
        {"a long exponent", OF(arena_printf(arena, "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"}", n, n)), 0},
        {"a small modulus", OF("{\"kty\":\"RSA\",\"n\":\"w_0\",\"e\":\"AQAB\"}"), 0},
        {"no modulus", OF("{\"kty\":\"RSA\",\"e\":\"AQAB\"}"), 0},
        {"not on the curve", OF(arena_printf(arena, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"}", x, x)), 0},
        {"another curve", OF("{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"AA\",\"y\":\"AA\"}"), 0},
        {"short coordinates", OF("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}"), 0},
        {"padded base64", OF("{\"kty\":\"RSA\",\"n\":\"AAAA==\",\"e\":\"AQAB\"}"), 0},
        {"a member twice", OF("{\"kty\":\"RSA\",\"kty\":\"RSA\"}"), 0},
        {"empty", OF(""), 0},
        {"no list", "{\"keys\":{}}", 0},
        {"a bare key", r, 0},
        {"a bare list", arena_printf(arena, "[%s]", r), 0},
        {"a list of texts", OF("\"a\""), 0},
        {"a page", "<html>sign in</html>", 0},
        {"nothing", "", 0},
        {"something behind", arena_printf(arena, SET " x", r), 0},
    };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_token_keys struct token_keys *keys = token_keys_create();
        struct error err = {0};
        int result = token_keys_add_jwks(keys, cases[i].text, strlen(cases[i].text), &err);
        if (result != (cases[i].count > 0 ? 0 : -1) ||
            (cases[i].count > 0 && token_keys_count(keys) != cases[i].count))
            fail_msg("%s: %s", cases[i].what, err.message);
        assert_int_equal(err.kind, result == 0 ? ERROR_NONE : ERROR_INVALID);
    }
}

static void there_is_an_end_to_how_many(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    auto_token_keys struct token_keys *keys = token_keys_create();
    struct error err = {0};
    char *list = arena_strdup(arena, signing_jwk(arena, ec, ""));
    for (int i = 1; i < LIMIT_TOKEN_KEYS; i++)
        list = arena_printf(arena, "%s,%s", list, signing_jwk(arena, ec, ""));
    const char *full = arena_printf(arena, SET, list);
    assert_int_equal(token_keys_add_jwks(keys, full, strlen(full), &err), 0);
    assert_int_equal(token_keys_count_of(keys, TOKEN_ES256), LIMIT_TOKEN_KEYS);
    const char *pem = signing_pem(arena, rsa, false);
    assert_int_equal(token_keys_add_pem(keys, pem, strlen(pem), &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    char *large = arena_alloc(arena, LIMIT_JWKS_BYTES + 2);
    memset(large, ' ', LIMIT_JWKS_BYTES + 1);
    error_clear(&err);
    assert_int_equal(token_keys_add_jwks(keys, large, LIMIT_JWKS_BYTES + 1, &err), -1);
    assert_non_null(strstr(err.message, "more than 65536 bytes"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_long_and_not_shown_around),
        cmocka_unit_test(pem_files_hold_public_keys_of_our_kinds),
        cmocka_unit_test(key_sets_are_taken_by_their_rules),
        cmocka_unit_test(there_is_an_end_to_how_many),
    };
    return cmocka_run_group_tests(tests, make_keys, forget_keys);
}
