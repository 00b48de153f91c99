/* Browsers without sockets: tokens, registrations, beats. */
#include "browsers.h"

#include "core/macros.h"
#include "crypto/base64.h"
#include "crypto/hmac.h"

static const char *devices(struct stage *stage, const char *path)
{
    assert_int_equal(200, stage_control(stage, "GET", "/sim/devices", ""));
    const char *text = stage_text(stage, path);
    return text ? text : "";
}

static void the_servers_token_registers(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    struct browser *alice = browser_online(stage, "alice");
    browser_heard_nothing(alice);
    assert_string_equal("alice", devices(stage, "devices.0.identity"));
    browser_says(alice, "register", "{'media':{'audio':false}}");
    assert_non_null(browser_hears(alice, "offline"));
}

/* Header and claims with single quotes; NOW is replaced by a number of seconds. */
struct bad_token {
    const char *header;
    const char *claims;
    int code;
};

#define HEADER "{'alg':'HS256','typ':'JWT','cty':'twilio-fpa;v=1'}"
#define ISS "'iss':'SK00000000000000000000000000000003'"
#define SUB "'sub':'AC00000000000000000000000000000001'"
#define GRANTS "'grants':{'identity':'alice','voice':{}}"

static const struct bad_token bad_tokens[] = {
    {HEADER,                                              "{" ISS "," SUB "," GRANTS ",'exp':1795288921}",                              31207},
    {HEADER,                                              "{" ISS "," SUB "," GRANTS ",'exp':1795202520}",                              31205},
    {HEADER,                                              "{" ISS "," SUB "," GRANTS ",'exp':0}",                                       31205},
    {HEADER,                                              "{" ISS "," SUB "," GRANTS ",'exp':-9223372036854775808}",                    31204},
    {HEADER,                                              "{" ISS "," SUB "," GRANTS ",'exp':9223372036854775807}",                     31204},
    {HEADER,                                              "{" ISS "," SUB "," GRANTS ",'exp':1795202520,'iat':-1}",                     31204},
    {HEADER,                                              "{" ISS "," SUB "," GRANTS ",'exp':1795202530,'iat':0}",                      31207},
    {HEADER,                                              "{" ISS "," SUB "," GRANTS ",'exp':1795202530.5}",                            31204},
    {HEADER,                                              "{" ISS "," SUB "," GRANTS ",'exp':true}",                                    31204},
    {HEADER,                                              "{" ISS "," SUB "," GRANTS "}",                                               31204},
    {HEADER,                                              "{" ISS "," SUB "," GRANTS ",'exp':1795202530,'nbf':'x'}",                    31204},
    {HEADER,                                              "{" ISS "," SUB "," GRANTS ",'exp':1795202530,'nbf':1e30}",                   31204},
    {HEADER,                                              "{" SUB "," GRANTS ",'exp':1795202530}",                                      31202},
    {HEADER,                                              "{" ISS "," GRANTS ",'exp':1795202530}",                                      31203},
    {HEADER,                                              "{" ISS "," SUB ",'exp':1795202530}",                                         31105},
    {HEADER,                                              "{" ISS "," SUB ",'exp':1795202530,'grants':[]}",                             31105},
    {HEADER,                                              "{" ISS "," SUB ",'exp':1795202530,'grants':{'identity':'alice','voice':7}}", 31201},
    {"{'alg':'HS256','typ':'JWT'}",                       "{" ISS "," SUB "," GRANTS ",'exp':1795202530}",                              31204},
    {"{'alg':'none','typ':'JWT','cty':'twilio-fpa;v=1'}",
     "{" ISS "," SUB "," GRANTS ",'exp':1795202530}",                                                                                   31204},
    {"{'alg':'HS256','cty':'twilio-fpa;v=1'}",            "{" ISS "," SUB "," GRANTS ",'exp':1795202530}",
     31204                                                                                                                                   },
};

static char *quoted(struct arena *arena, const char *text)
{
    char *out = arena_strdup(arena, text);
    for (char *c = out; *c; c++)
        if (*c == '\'')
            *c = '"';
    return out;
}

static char *part(struct arena *arena, const char *json)
{
    char *text = quoted(arena, json);
    char *out = arena_alloc(arena, BASE64_BYTES(strlen(text)));
    (void)base64url_encode(out, text, strlen(text));
    return out;
}

static const char *signed_by_hand(struct stage *stage, const char *header, const char *claims)
{
    struct arena *arena = stage->arena;
    unsigned char mac[HMAC_SHA256_BYTES];
    char *signature = arena_alloc(arena, BASE64_BYTES(sizeof(mac)));
    char *text = arena_printf(arena, "%s.%s", part(arena, header), part(arena, claims));
    struct error err = {0};
    const char *secret = stage->settings.api_key_secret;
    assert_int_equal(
        0, hmac_once(HMAC_HASH_SHA256, secret, strlen(secret), text, strlen(text), mac, &err));
    (void)base64url_encode(signature, mac, sizeof(mac));
    return arena_printf(arena, "%s.%s", text, signature);
}

static void each_wrong_token_has_its_code_and_the_page_is_told_to_give_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad_tokens); i++) {
        const struct bad_token *bad = &bad_tokens[i];
        auto_stage struct stage *stage = stage_ready();
        struct browser *browser = browser_open(stage);
        browser_says(browser, "listen", "{'token':'%s'}",
                     signed_by_hand(stage, bad->header, bad->claims));
        assert_int_equal(bad->code, browser_hears_error(browser, "error"));
        assert_non_null(browser_hears(browser, "close"));
        assert_int_equal(1000, browser->closed_with);
        browser_says(browser, "register", "{'media':{'audio':true}}");
        browser_heard_nothing(browser);
    }
}

static void a_changed_token_is_not_believed(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    char *token = arena_strdup(stage->arena, browser_token(stage, "alice", 3600));
    char *last = token + strlen(token) - 10;
    *last = *last == 'A' ? 'B' : 'A';
    struct browser *browser = browser_open(stage);
    browser_says(browser, "listen", "{'token':'%s'}", token);
    assert_int_equal(31202, browser_hears_error(browser, "error"));
}

static void a_token_runs_out_and_is_renewed(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    struct browser *alice = browser_open(stage);
    browser_says(alice, "listen", "{'token':'%s'}", browser_token(stage, "alice", 60));
    const json_t *welcome = browser_hears(alice, "connected");
    assert_int_equal(60,
                     json_integer_value(json_object_get(json_object_get(welcome, "token"), "ttl")));
    browser_says(alice, "register", "{'media':{'audio':true}}");
    stage_pass(stage, 59000);
    assert_non_null(browser_hears(alice, "ready"));
    browser_heard_nothing(alice);
    stage_pass(stage, 1000);
    assert_int_equal(31205, browser_hears_error(alice, "error"));
    assert_non_null(browser_hears(alice, "offline"));
    browser_says(alice, "register", "{'media':{'audio':true}}");
    assert_int_equal(31205, browser_hears_error(alice, "error"));
    browser_says(alice, "listen", "{'token':'%s'}", browser_token(stage, "alice", 60));
    assert_non_null(browser_hears(alice, "connected"));
    browser_says(alice, "register", "{'media':{'audio':true}}");
    assert_non_null(browser_hears(alice, "ready"));
}

static void who_does_not_answer_the_beat_is_cut_off(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    struct browser *alice = browser_online(stage, "alice");
    struct browser *bob = browser_online(stage, "bob");
    struct browser *nobody = browser_open(stage);
    alice->mute = true;
    stage_pass(stage, 14000);
    assert_non_null(alice->device);
    stage_pass(stage, 2000);
    assert_null(alice->device);
    assert_int_equal(1001, alice->closed_with);
    assert_int_equal(1001, nobody->closed_with);
    assert_non_null(bob->device);
    assert_string_equal("bob", devices(stage, "devices.0.identity"));
    assert_string_equal("", devices(stage, "devices.1.identity"));
}

static void the_eleventh_takes_the_place_of_the_oldest(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    struct browser *first = browser_online(stage, "alice");
    for (int i = 0; i < 9; i++)
        (void)browser_online(stage, "alice");
    struct browser *other = browser_online(stage, "bob");
    browser_says(first, "register",
                 "{'media':{'audio':true}}"); /* again: that makes it no younger */
    assert_non_null(browser_hears(first, "ready"));
    (void)browser_online(stage, "alice");
    assert_non_null(browser_hears(first, "offline"));
    browser_heard_nothing(other);
}

static void a_thousand_are_enough(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    for (int i = 0; i < 1000; i++)
        assert_non_null(browser_open(stage));
    assert_null(browser_open(stage));
    browser_goes(stage->browsers[500], SIM_PAGE_LEFT);
    assert_non_null(browser_open(stage));
}

static const char *const nonsense[] = {
    "",
    "{",
    "[]",
    "null",
    "{}",
    "{'type':7}",
    "{'type':'sing'}",
    "{'type':'listen','payload':[]}",
    "{'type':'listen','type':'listen'}",
    "\n\n",
    " ",
};

static void nonsense_is_malformed_and_does_no_harm(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    struct browser *alice = browser_online(stage, "alice");
    for (size_t i = 0; i < ARRAY_LEN(nonsense); i++) {
        const char *text = quoted(stage->arena, nonsense[i]);
        browser_sends(alice, text, strlen(text));
        assert_int_equal(31100, browser_hears_error(alice, "error"));
        browser_heard_nothing(alice);
    }
    browser_sends(alice, "{\"type\":\"\0\"}", 12);
    assert_int_equal(31100, browser_hears_error(alice, "error"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_servers_token_registers),
        cmocka_unit_test(each_wrong_token_has_its_code_and_the_page_is_told_to_give_up),
        cmocka_unit_test(a_changed_token_is_not_believed),
        cmocka_unit_test(a_token_runs_out_and_is_renewed),
        cmocka_unit_test(who_does_not_answer_the_beat_is_cut_off),
        cmocka_unit_test(the_eleventh_takes_the_place_of_the_oldest),
        cmocka_unit_test(a_thousand_are_enough),
        cmocka_unit_test(nonsense_is_malformed_and_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
