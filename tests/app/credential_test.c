/* What counts of what a request brings. */
#include "app/credential.h"

#include <string.h>

#include "core/text.h"
#include "support/cmocka_all.h"

#define KEY_ONLY (1u << CONFIG_AUTH_KEY)
#define JWT (1u << CONFIG_AUTH_JWT)
#define FORWARD (1u << CONFIG_AUTH_FORWARD)
#define ALL (KEY_ONLY | JWT | FORWARD)

enum { HEADERS_MAX = 4, NONE = -1, MALFORMED = -2 };

/* clang-format off */
static const struct {
    const char *what;
    unsigned auth;
    const char *headers[HEADERS_MAX]; /* "Name: value" */
    int kind;                         /* or NONE, MALFORMED */
    const char *text;
    bool by_cookie;
} cases[] = {
    {"a key", ALL, {"Authorization: Bearer shk_1"}, CREDENTIAL_KEY, "shk_1", false},
    {"a key in its own header", ALL, {"X-API-Key: shk_1"}, CREDENTIAL_KEY, "shk_1", false},
    {"a key and a cookie", ALL, {"X-API-Key: shk_1", "Cookie: session=t"}, CREDENTIAL_KEY, "shk_1", false},
    {"a key beside a password", KEY_ONLY, {"Authorization: Basic x", "X-API-Key: shk_1"}, CREDENTIAL_KEY, "shk_1", false},
    {"anything where there are only keys", KEY_ONLY, {"Authorization: Bearer x.y.z"}, CREDENTIAL_KEY, "x.y.z", false},
    {"a key where there are none", JWT | FORWARD, {"Authorization: Bearer shk_1", "Cookie: session=t"}, NONE, NULL, false},
    {"its header where there are none", JWT | FORWARD, {"X-API-Key: x", "Cookie: session=t"}, NONE, NULL, false},
    {"a token", ALL, {"Authorization: bearer x.y.z"}, CREDENTIAL_TOKEN, "x.y.z", false},
    {"a token, a key in the other header", ALL, {"Authorization: Bearer x.y.z", "X-API-Key: shk_1"}, CREDENTIAL_TOKEN, "x.y.z", false},
    {"a token before its cookie", ALL, {"Authorization: Bearer x.y.z", "Cookie: session=t"}, CREDENTIAL_TOKEN, "x.y.z", false},
    {"a token in the cookie", ALL, {"Cookie: a=b; session=t"}, CREDENTIAL_TOKEN, "t", true},
    {"the same beside a password", ALL, {"Authorization: Basic x", "Cookie: session=t"}, CREDENTIAL_TOKEN, "t", true},
    {"an empty cookie is there", ALL, {"Cookie: session="}, CREDENTIAL_TOKEN, "", true},
    {"two of its cookies", ALL, {"Cookie: session=t; session=u"}, MALFORMED, NULL, false},
    {"two in two headers", ALL, {"Cookie: session=t", "Cookie: session=u"}, MALFORMED, NULL, false},
    {"another cookie", ALL, {"Cookie: sid=1"}, CREDENTIAL_FORWARD, NULL, true},
    {"the cookie where tokens are not taken", KEY_ONLY | FORWARD, {"Cookie: session=t"}, CREDENTIAL_FORWARD, NULL, true},
    {"a Bearer where tokens are not taken", KEY_ONLY | FORWARD, {"Authorization: Bearer x"}, CREDENTIAL_FORWARD, NULL, false},
    {"the same with a cookie", KEY_ONLY | FORWARD, {"Authorization: Bearer x", "Cookie: sid=1"}, CREDENTIAL_FORWARD, NULL, true},
    {"a password: browsers send it by themselves", ALL, {"Authorization: Basic x"}, CREDENTIAL_FORWARD, NULL, true},
    {"a cookie where nobody is asked", KEY_ONLY | JWT, {"Cookie: sid=1"}, NONE, NULL, false},
    {"a password where nobody is asked", KEY_ONLY | JWT, {"Authorization: Basic x"}, NONE, NULL, false},
    {"two Authorizations", ALL, {"Authorization: Bearer shk_1", "Authorization: Bearer shk_2"}, MALFORMED, NULL, false},
    {"two keys", ALL, {"X-API-Key: shk_1", "X-API-Key: shk_2"}, MALFORMED, NULL, false},
    {"two Cookie headers for the application", FORWARD, {"Cookie: a=1", "Cookie: b=2"}, MALFORMED, NULL, false},
    {"nothing", ALL, {NULL}, NONE, NULL, false},
};
/* clang-format on */

static void add_header(struct request *request, const char *line)
{
    const char *colon = strstr(line, ": ");
    fields_add(&request->headers, request->arena,
               arena_copy(request->arena, line, (size_t)(colon - line)), colon + 2);
}

static int kind_of(const struct config *config,
                   const struct request *request,
                   struct credential *out,
                   struct error *err)
{
    if (credential_find(config, request, out, err) == 0)
        return (int)out->kind;
    return err->kind == ERROR_MALFORMED ? MALFORMED : NONE;
}

static void the_first_that_is_there_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_arena struct arena *arena = arena_create();
        struct config config = {
            .access.auth = cases[i].auth,
            .users.jwt_cookie = "session",
            .users.forward_send =
                1u << CONFIG_CREDENTIAL_COOKIE | 1u << CONFIG_CREDENTIAL_AUTHORIZATION,
        };
        struct request request = {.arena = arena};
        for (size_t h = 0; h < HEADERS_MAX && cases[i].headers[h] != NULL; h++)
            add_header(&request, cases[i].headers[h]);
        struct credential found = {0};
        struct error err = {0};
        int kind = kind_of(&config, &request, &found, &err);
        if (kind != cases[i].kind || (kind >= 0 && (!text_equal(found.text, cases[i].text) ||
                                                    found.by_cookie != cases[i].by_cookie)))
            fail_msg("%s: %d %s %d %s", cases[i].what, kind, found.text, found.by_cookie,
                     err.message);
    }
}

static void what_is_not_sent_is_not_taken(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct config config = {.access.auth = FORWARD,
                            .users.forward_send = 1u << CONFIG_CREDENTIAL_COOKIE};
    struct request request = {.arena = arena};
    struct credential found = {0};
    struct error err = {0};
    add_header(&request, "Cookie: sid=1");
    assert_int_equal(credential_find(&config, &request, &found, &err), 0);
    assert_string_equal(found.cookie, "sid=1");
    add_header(&request, "Authorization: Bearer x");
    assert_int_equal(credential_find(&config, &request, &found, &err), -1);
    assert_int_equal(err.kind, ERROR_UNAUTHENTICATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_that_is_there_counts),
        cmocka_unit_test(what_is_not_sent_is_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
