/* Users' tokens: the good ones, and everything that has been tried against readers of such tokens. */
#include "crypto/caller_token.h"

#include "core/limits.h"
#include "crypto/signing.h"
#include "support/cmocka_all.h"

#define SECRET "a secret that is long enough to be one"
#define NOW 1000000

static EVP_PKEY *rsa;
static EVP_PKEY *rsa_other;
static EVP_PKEY *ec;
static const char *rsa_pem;
static struct token_keys *pem_keys;    /* RSA and EC without names */
static struct token_keys *secret_keys; /* HS256 */
static struct token_keys *named_keys;  /* a JWKS: RSA "r1", EC "e1" */
static struct arena *shared;

static int make_keys(void **state)
{
    (void)state;
    struct error err = {0};
    shared = arena_create();
    rsa = EVP_RSA_gen(2048);
    rsa_other = EVP_RSA_gen(2048);
    ec = EVP_EC_gen("P-256");
    rsa_pem = signing_pem(shared, rsa, false);
    const char *ec_pem = signing_pem(shared, ec, false);
    const char *set =
        arena_printf(shared, "{\"keys\":[%s,%s]}", signing_jwk(shared, rsa, ",\"kid\":\"r1\""),
                     signing_jwk(shared, ec, ",\"kid\":\"e1\""));
    pem_keys = token_keys_create();
    secret_keys = token_keys_create();
    named_keys = token_keys_create();
    return token_keys_add_pem(pem_keys, rsa_pem, strlen(rsa_pem), &err) |
           token_keys_add_pem(pem_keys, ec_pem, strlen(ec_pem), &err) |
           token_keys_add_secret(secret_keys, SECRET, strlen(SECRET), &err) |
           token_keys_add_jwks(named_keys, set, strlen(set), &err);
}

static int forget_keys(void **state)
{
    (void)state;
    token_keys_unref(pem_keys);
    token_keys_unref(secret_keys);
    token_keys_unref(named_keys);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(rsa_other);
    EVP_PKEY_free(ec);
    arena_free(shared);
    return 0;
}

static const struct caller_token_rules plain = {.now_s = NOW, .algorithms = 7};

static enum caller_token_result verify_with(const char *text,
                                            const struct token_keys *keys,
                                            const struct caller_token_rules *rules,
                                            struct error *err)
{
    const struct token_keys *sets[] = {NULL, keys};
    json_t *claims = NULL;
    enum caller_token_result result =
        caller_token_verify(text, sets, ARRAY_LEN(sets), rules, &claims, err);
    assert_int_equal(claims != NULL, result == CALLER_TOKEN_GOOD);
    assert_int_equal(err->kind, result == CALLER_TOKEN_GOOD ? ERROR_NONE : ERROR_UNAUTHENTICATED);
    json_decref(claims);
    return result;
}

/* ---- who signs how ---- */

enum signer { BY_SECRET, BY_RSA, BY_RSA_OTHER, BY_EC, BY_RSA_PEM_AS_SECRET, BY_EMPTY, BY_NOBODY };

static const char *
sign(struct arena *arena, enum signer signer, const char *header, const char *claims)
{
    const char *input = signing_input(arena, header, claims);
    switch (signer) {
    case BY_SECRET:
        return signing_with_secret(arena, input, SECRET, strlen(SECRET));
    case BY_RSA:
        return signing_with_key(arena, input, rsa, EVP_sha256());
    case BY_RSA_OTHER:
        return signing_with_key(arena, input, rsa_other, EVP_sha256());
    case BY_EC:
        return signing_with_key(arena, input, ec, EVP_sha256());
    case BY_RSA_PEM_AS_SECRET:
        return signing_with_secret(arena, input, rsa_pem, strlen(rsa_pem));
    case BY_EMPTY:
        return arena_printf(arena, "%s.%s", input, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    case BY_NOBODY:
        break;
    }
    return arena_printf(arena, "%s.", input);
}

#define GOOD_CLAIMS "{\"sub\":\"alice\",\"exp\":1000060}"

enum keys { SECRETS, PEMS, NAMED, NO_KEYS };

static const struct token_keys *keys_of(enum keys keys)
{
    const struct token_keys *all[] = {secret_keys, pem_keys, named_keys, NULL};
    return all[keys];
}

/* clang-format off */
static const struct {
    const char *what;
    enum signer signer;
    enum keys keys;
    const char *header;
    enum caller_token_result result;
} headers[] = {
    {"HS256",                      BY_SECRET,            SECRETS, "{\"alg\":\"HS256\",\"typ\":\"JWT\"}",                   CALLER_TOKEN_GOOD       },
    {"RS256",                      BY_RSA,               PEMS,    "{\"alg\":\"RS256\"}",                                   CALLER_TOKEN_GOOD       },
    {"ES256",                      BY_EC,                PEMS,    "{\"alg\":\"ES256\",\"typ\":\"jwt\"}",                   CALLER_TOKEN_GOOD       },
    {"an access token, RFC 9068",  BY_RSA,               PEMS,    "{\"alg\":\"RS256\",\"typ\":\"application/at+jwt\"}",    CALLER_TOKEN_GOOD       },
    {"named",                      BY_RSA,               NAMED,   "{\"alg\":\"RS256\",\"kid\":\"r1\"}",                    CALLER_TOKEN_GOOD       },
    {"not named",                  BY_EC,                NAMED,   "{\"alg\":\"ES256\"}",                                   CALLER_TOKEN_GOOD       },
    {"named, our key is not",      BY_RSA,               PEMS,    "{\"alg\":\"RS256\",\"kid\":\"whatever\"}",              CALLER_TOKEN_GOOD       },
    {"a key of its own",           BY_RSA_OTHER,         PEMS,    "{\"alg\":\"RS256\",\"jwk\":{\"kty\":\"RSA\",\"n\":\"AQ\",\"e\":\"AQ\"}}",  CALLER_TOKEN_BAD},
    {"a key at an URL of its own", BY_RSA_OTHER,         NAMED,   "{\"alg\":\"RS256\",\"kid\":\"r1\",\"jku\":\"https://evil.example\"}",      CALLER_TOKEN_BAD},
    {"another's signature",        BY_RSA_OTHER,         PEMS,    "{\"alg\":\"RS256\"}",                                   CALLER_TOKEN_BAD        },
    {"the public key as secret",   BY_RSA_PEM_AS_SECRET, PEMS,    "{\"alg\":\"HS256\"}",                                   CALLER_TOKEN_UNKNOWN_KEY},
    {"the same by name",           BY_RSA_PEM_AS_SECRET, NAMED,   "{\"alg\":\"HS256\",\"kid\":\"r1\"}",                    CALLER_TOKEN_UNKNOWN_KEY},
    {"RS256 for the EC key",       BY_EC,                NAMED,   "{\"alg\":\"RS256\",\"kid\":\"e1\"}",                    CALLER_TOKEN_UNKNOWN_KEY},
    {"the secret where it is not", BY_SECRET,            PEMS,    "{\"alg\":\"HS256\"}",                                   CALLER_TOKEN_UNKNOWN_KEY},
    {"an unknown name",            BY_RSA,               NAMED,   "{\"alg\":\"RS256\",\"kid\":\"r2\"}",                    CALLER_TOKEN_UNKNOWN_KEY},
    {"a name that is a path",      BY_RSA,               NAMED,   "{\"alg\":\"RS256\",\"kid\":\"../../dev/null\"}",        CALLER_TOKEN_UNKNOWN_KEY},
    {"a name that is SQL",         BY_RSA,               NAMED,   "{\"alg\":\"RS256\",\"kid\":\"' OR 1=1 --\"}",           CALLER_TOKEN_UNKNOWN_KEY},
    {"a name that is empty",       BY_RSA,               NAMED,   "{\"alg\":\"RS256\",\"kid\":\"\"}",                      CALLER_TOKEN_UNKNOWN_KEY},
    {"a name that is a number",    BY_RSA,               NAMED,   "{\"alg\":\"RS256\",\"kid\":1}",                         CALLER_TOKEN_BAD        },
    {"a name that is null",        BY_RSA,               NAMED,   "{\"alg\":\"RS256\",\"kid\":null}",                      CALLER_TOKEN_BAD        },
    {"none",                       BY_NOBODY,            SECRETS, "{\"alg\":\"none\"}",                                    CALLER_TOKEN_BAD        },
    {"None",                       BY_NOBODY,            PEMS,    "{\"alg\":\"None\"}",                                    CALLER_TOKEN_BAD        },
    {"none with a signature",      BY_SECRET,            SECRETS, "{\"alg\":\"none\"}",                                    CALLER_TOKEN_BAD        },
    {"hs256",                      BY_SECRET,            SECRETS, "{\"alg\":\"hs256\"}",                                   CALLER_TOKEN_BAD        },
    {"HS512",                      BY_SECRET,            SECRETS, "{\"alg\":\"HS512\"}",                                   CALLER_TOKEN_BAD        },
    {"PS256",                      BY_RSA,               PEMS,    "{\"alg\":\"PS256\"}",                                   CALLER_TOKEN_BAD        },
    {"a list of algorithms",       BY_SECRET,            SECRETS, "{\"alg\":[\"HS256\"]}",                                 CALLER_TOKEN_BAD        },
    {"no algorithm",               BY_SECRET,            SECRETS, "{\"typ\":\"JWT\"}",                                     CALLER_TOKEN_BAD        },
    {"two algorithms",             BY_SECRET,            SECRETS, "{\"alg\":\"none\",\"alg\":\"HS256\"}",                  CALLER_TOKEN_BAD        },
    {"no signature",               BY_NOBODY,            SECRETS, "{\"alg\":\"HS256\"}",                                   CALLER_TOKEN_BAD        },
    {"a signature of zeros",       BY_EMPTY,             SECRETS, "{\"alg\":\"HS256\"}",                                   CALLER_TOKEN_BAD        },
    {"no keys at all",             BY_SECRET,            NO_KEYS, "{\"alg\":\"HS256\"}",                                   CALLER_TOKEN_UNKNOWN_KEY},
    {"critical headers",           BY_SECRET,            SECRETS, "{\"alg\":\"HS256\",\"crit\":[\"exp\"],\"exp\":1}",      CALLER_TOKEN_BAD        },
    {"critical, but nothing",      BY_SECRET,            SECRETS, "{\"alg\":\"HS256\",\"crit\":[]}",                       CALLER_TOKEN_BAD        },
    {"a payload of its own kind",  BY_SECRET,            SECRETS, "{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":false}",  CALLER_TOKEN_BAD        },
    {"a logout token",             BY_SECRET,            SECRETS, "{\"alg\":\"HS256\",\"typ\":\"logout+jwt\"}",            CALLER_TOKEN_BAD        },
    {"a typ that is a number",     BY_SECRET,            SECRETS, "{\"alg\":\"HS256\",\"typ\":1}",                         CALLER_TOKEN_BAD        },
    {"Twilio's",                   BY_SECRET,            SECRETS, "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"cty\":\"twilio-fpa;v=1\"}", CALLER_TOKEN_BAD},
    {"a token in a token",         BY_SECRET,            SECRETS, "{\"alg\":\"HS256\",\"cty\":\"JWT\"}",                   CALLER_TOKEN_BAD        },
    {"a list as header",           BY_SECRET,            SECRETS, "[\"HS256\"]",                                           CALLER_TOKEN_BAD        },
    {"no JSON",                    BY_SECRET,            SECRETS, "HS256",                                                 CALLER_TOKEN_BAD        },
};
/* clang-format on */

static void the_key_decides_and_not_the_token(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
        auto_arena struct arena *arena = arena_create();
        struct error err = {0};
        const char *token = sign(arena, headers[i].signer, headers[i].header, GOOD_CLAIMS);
        enum caller_token_result result =
            verify_with(token, keys_of(headers[i].keys), &plain, &err);
        if (result != headers[i].result)
            fail_msg("%s: %d %s", headers[i].what, (int)result, err.message);
    }
}

static void algorithms_can_be_narrowed(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct caller_token_rules rules = plain;
    struct error err = {0};
    const char *token = sign(arena, BY_RSA, "{\"alg\":\"RS256\"}", GOOD_CLAIMS);
    rules.algorithms = 1u << TOKEN_RS256;
    assert_int_equal(verify_with(token, pem_keys, &rules, &err), CALLER_TOKEN_GOOD);
    rules.algorithms = 1u << TOKEN_ES256;
    assert_int_equal(verify_with(token, pem_keys, &rules, &err), CALLER_TOKEN_BAD);
}

static void rotated_keys_are_both_believed(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    auto_token_keys struct token_keys *keys = token_keys_create();
    struct error err = {0};
    const char *set = arena_printf(arena, "{\"keys\":[%s,%s]}", signing_jwk(arena, rsa, ""),
                                   signing_jwk(arena, rsa_other, ""));
    assert_int_equal(token_keys_add_jwks(keys, set, strlen(set), &err), 0);
    const enum signer signers[] = {BY_RSA, BY_RSA_OTHER};
    for (size_t i = 0; i < ARRAY_LEN(signers); i++)
        assert_int_equal(verify_with(sign(arena, signers[i], "{\"alg\":\"RS256\"}", GOOD_CLAIMS),
                                     keys, &plain, &err),
                         CALLER_TOKEN_GOOD);
}

/* ---- the claims ---- */

static const char *const our_audiences[] = {"switchhook", "phone"};
static const struct text_list audiences = {our_audiences, ARRAY_LEN(our_audiences)};
static const struct caller_token_rules strict = {.now_s = NOW,
                                                 .leeway_s = 10,
                                                 .age_max_s = 100,
                                                 .algorithms = 7,
                                                 .issuer = "https://app.example.com",
                                                 .audiences = &audiences};

#define WHO "\"iss\":\"https://app.example.com\",\"aud\":\"phone\",\"iat\":999990"
#define UNTIL "\"exp\":1000060"

/* clang-format off */
static const struct {
    const char *what;
    const struct caller_token_rules *rules;
    const char *claims;
    bool good;
} claim_cases[] = {
    {"all there", &strict, "{" WHO "," UNTIL "}", true},
    {"expired within leeway", &strict, "{" WHO ",\"exp\":999991}", true},
    {"expired", &strict, "{" WHO ",\"exp\":999990}", false},
    {"expired now", &plain, "{\"exp\":1000000}", false},
    {"a second left", &plain, "{\"exp\":1000001}", true},
    {"no end", &plain, "{\"sub\":\"alice\"}", false},
    {"an end that is a text", &plain, "{\"exp\":\"1000060\"}", false},
    {"an end that is null", &plain, "{\"exp\":null}", false},
    {"an end beyond all numbers", &plain, "{\"exp\":1e999}", false},
    {"two ends", &plain, "{\"exp\":1,\"exp\":1000060}", false},
    {"from a moment ago", &plain, "{" UNTIL ",\"nbf\":1000000}", true},
    {"not yet", &plain, "{" UNTIL ",\"nbf\":1000001}", false},
    {"not yet, within leeway", &strict, "{" WHO "," UNTIL ",\"nbf\":1000010}", true},
    {"a beginning that is a text", &plain, "{" UNTIL ",\"nbf\":\"0\"}", false},
    {"made in the future", &plain, "{" UNTIL ",\"iat\":1000001}", false},
    {"made in the future, within leeway", &strict,
     "{\"iss\":\"https://app.example.com\",\"aud\":\"phone\",\"iat\":1000010," UNTIL "}", true},
    {"made at a text", &plain, "{" UNTIL ",\"iat\":\"now\"}", false},
    {"old enough", &strict, "{\"iss\":\"https://app.example.com\",\"aud\":\"phone\",\"iat\":999890," UNTIL "}", true},
    {"too old", &strict, "{\"iss\":\"https://app.example.com\",\"aud\":\"phone\",\"iat\":999889," UNTIL "}", false},
    {"of no age", &strict, "{\"iss\":\"https://app.example.com\",\"aud\":\"phone\"," UNTIL "}", false},
    {"another issuer", &strict, "{\"iss\":\"https://app.example.com/\",\"aud\":\"phone\",\"iat\":999990," UNTIL "}", false},
    {"no issuer", &strict, "{\"aud\":\"phone\",\"iat\":999990," UNTIL "}", false},
    {"a list of issuers", &strict, "{\"iss\":[\"https://app.example.com\"],\"aud\":\"phone\",\"iat\":999990," UNTIL "}", false},
    {"another audience", &strict, "{\"iss\":\"https://app.example.com\",\"aud\":\"phones\",\"iat\":999990," UNTIL "}", false},
    {"no audience", &strict, "{\"iss\":\"https://app.example.com\",\"iat\":999990," UNTIL "}", false},
    {"several audiences", &strict, "{\"iss\":\"https://app.example.com\",\"aud\":[\"x\",\"switchhook\"],\"iat\":999990," UNTIL "}", true},
    {"none of them ours", &strict, "{\"iss\":\"https://app.example.com\",\"aud\":[\"x\",1,null],\"iat\":999990," UNTIL "}", false},
    {"an object as audience", &strict, "{\"iss\":\"https://app.example.com\",\"aud\":{\"phone\":1},\"iat\":999990," UNTIL "}", false},
    {"Twilio's grants", &plain, "{" UNTIL ",\"grants\":{\"identity\":\"alice\"}}", false},
    {"a list", &plain, "[]", false},
    {"no JSON", &plain, "alice", false},
};
/* clang-format on */

static void what_a_token_says_is_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(claim_cases); i++) {
        auto_arena struct arena *arena = arena_create();
        struct error err = {0};
        const char *token = sign(arena, BY_SECRET, "{\"alg\":\"HS256\"}", claim_cases[i].claims);
        bool good =
            verify_with(token, secret_keys, claim_cases[i].rules, &err) == CALLER_TOKEN_GOOD;
        if (good != claim_cases[i].good)
            fail_msg("%s: %s", claim_cases[i].what, err.message);
    }
}

/* ---- the form ---- */

static void one_token_has_one_spelling(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    const char *good = sign(arena, BY_SECRET, "{\"alg\":\"HS256\"}", GOOD_CLAIMS);
    const char *rsa_good = sign(arena, BY_RSA, "{\"alg\":\"RS256\"}", GOOD_CLAIMS);
    const char *ec_good = sign(arena, BY_EC, "{\"alg\":\"ES256\"}", GOOD_CLAIMS);
    size_t len = strlen(good);
    char *unused_bits =
        arena_strdup(arena, good); /* of 256 bits, the last character carries four */
    unused_bits[len - 1]++;
    char *changed = arena_strdup(arena, good);
    changed[len - 20] = changed[len - 20] == 'A' ? 'B' : 'A';
    char *claims_changed = arena_strdup(arena, good);
    char *dot = strchr(claims_changed, '.');
    dot[8] = dot[8] == 'A' ? 'B' : 'A';
    char *huge = arena_alloc(arena, LIMIT_WEB_TOKEN_BYTES + 2);
    memset(huge, 'A', LIMIT_WEB_TOKEN_BYTES + 1);
    char *nested = arena_alloc(arena, 6001);
    memset(nested, '[', 6000);
    const char *texts[] = {
        arena_printf(arena, "%s=", good),
        arena_printf(arena, "%s ", good),
        arena_printf(arena, " %s", good),
        arena_printf(arena, "%s\n", good),
        arena_printf(arena, "%s.", good),
        arena_printf(arena, ".%s", good),
        arena_printf(arena, "%s.x", good),
        arena_printf(arena, "%sA", good),
        arena_printf(arena, "%.*s", (int)len - 1, good),
        unused_bits,
        changed,
        claims_changed,
        arena_printf(arena, "%.*s", (int)strlen(rsa_good) - 4, rsa_good),
        arena_printf(arena, "%sAAAA", ec_good),
        arena_printf(arena, "%sAA", sign(arena, BY_NOBODY, "{\"alg\":\"ES256\"}", GOOD_CLAIMS)),
        signing_with_secret(arena, "..", SECRET, strlen(SECRET)),
        sign(arena, BY_SECRET, nested, GOOD_CLAIMS),
        huge,
        "..",
        ".",
        "",
        NULL,
    };
    struct error err = {0};
    assert_int_equal(verify_with(good, secret_keys, &plain, &err), CALLER_TOKEN_GOOD);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const struct token_keys *all[] = {secret_keys, pem_keys};
        for (size_t k = 0; k < ARRAY_LEN(all); k++) {
            error_clear(&err);
            if (verify_with(texts[i], all[k], &plain, &err) == CALLER_TOKEN_GOOD)
                fail_msg("spelling %zu", i);
        }
    }
}

static void no_secret_gets_into_an_error(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    const char *claims = "{\"sub\":\"verysecretname\",\"exp\":1}";
    struct error err = {0};
    (void)verify_with(sign(arena, BY_SECRET, "{\"alg\":\"HS256\"}", claims), secret_keys, &plain,
                      &err);
    assert_null(strstr(err.message, "verysecretname"));
    assert_null(strstr(err.message, SECRET));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_decides_and_not_the_token),
        cmocka_unit_test(algorithms_can_be_narrowed),
        cmocka_unit_test(rotated_keys_are_both_believed),
        cmocka_unit_test(what_a_token_says_is_checked),
        cmocka_unit_test(one_token_has_one_spelling),
        cmocka_unit_test(no_secret_gets_into_an_error),
    };
    return cmocka_run_group_tests(tests, make_keys, forget_keys);
}
