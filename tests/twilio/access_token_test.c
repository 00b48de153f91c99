#include "twilio/access_token.h"

#include <string.h>

#include "core/limits.h"
#include "crypto/web_token.h"
#include "support/cmocka_all.h"

/** What any grant may have in the vectors' camel case; absent members are NULL. */
struct grants {
    struct voice_grant voice;
    struct video_grant video;
    struct chat_grant chat;
    struct sync_grant sync;
    struct task_router_grant task_router;
};

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static void read_grant(const char *kind,
                       const json_t *options,
                       struct grants *grants,
                       struct access_token *token)
{
    if (strcmp(kind, "voice") == 0) {
        grants->voice = (struct voice_grant){
            .incoming_allow = json_is_true(json_object_get(options, "incomingAllow")),
            .outgoing_application_sid = text_of(options, "outgoingApplicationSid"),
            .outgoing_params = json_object_get(options, "outgoingApplicationParams"),
            .push_credential_sid = text_of(options, "pushCredentialSid"),
            .endpoint_id = text_of(options, "endpointId"),
        };
        token->voice = &grants->voice;
    } else if (strcmp(kind, "video") == 0) {
        grants->video = (struct video_grant){.room = text_of(options, "room")};
        token->video = &grants->video;
    } else if (strcmp(kind, "chat") == 0) {
        grants->chat = (struct chat_grant){.service_sid = text_of(options, "serviceSid")};
        token->chat = &grants->chat;
    } else if (strcmp(kind, "sync") == 0) {
        grants->sync = (struct sync_grant){.service_sid = text_of(options, "serviceSid")};
        token->sync = &grants->sync;
    } else if (strcmp(kind, "task_router") == 0) {
        grants->task_router = (struct task_router_grant){
            .workspace_sid = text_of(options, "workspaceSid"),
            .worker_sid = text_of(options, "workerSid"),
            .role = text_of(options, "role"),
        };
        token->task_router = &grants->task_router;
    } else {
        fail_msg("a grant of kind %s", kind);
    }
}

static void read_vector(const json_t *row, struct grants *grants, struct access_token *token)
{
    const json_t *options = json_object_get(row, "options");
    const json_t *nbf = json_object_get(options, "nbf");
    *token = (struct access_token){
        .account_sid = text_of(row, "account_sid"),
        .key_sid = text_of(row, "api_key_sid"),
        .key_secret = text_of(row, "api_key_secret"),
        .region = text_of(options, "region"),
        .identity = text_of(options, "identity"),
        .now_s = json_integer_value(json_object_get(json_object_get(row, "payload"), "iat")),
        .ttl_s = json_integer_value(json_object_get(options, "ttl")),
        .with_not_before = nbf != NULL,
        .not_before_s = json_integer_value(nbf),
    };
    size_t index;
    json_t *grant;
    json_array_foreach(json_object_get(row, "grants"), index, grant)
    {
        void *member = json_object_iter(grant);
        read_grant(json_object_iter_key(member), json_object_iter_value(member), grants, token);
    }
}

static void check_same(const json_t *actual, const json_t *expected)
{
    if (json_equal(actual, expected))
        return;
    char *text = json_dumps(actual, JSON_SORT_KEYS);
    char *wanted = json_dumps(expected, JSON_SORT_KEYS);
    assert_string_equal(text, wanted);
    fail();
}

/* tests/vectors/access_token.json: what Twilio's own package makes of the same options at the same
 * time. */
static void every_vector_has_the_header_and_claims_of_the_official_package(void **state)
{
    (void)state;
    json_auto_t *rows = json_load_file(TEST_VECTORS "/access_token.json", 0, NULL);
    size_t index;
    json_t *row;
    json_array_foreach(rows, index, row)
    {
        auto_arena struct arena *arena = arena_create();
        auto_web_token struct web_token read = {0};
        struct grants grants = {0};
        struct access_token token;
        read_vector(row, &grants, &token);
        const char *text = access_token_mint(&token, arena, NULL);
        assert_non_null(text);
        const struct web_token_rules rules = {.now_s = token.now_s, .cty = "twilio-fpa;v=1"};
        assert_int_equal(web_token_verify_hs256(text, token.key_secret, strlen(token.key_secret),
                                                &rules, &read, NULL),
                         0);
        check_same(read.header, json_object_get(row, "header"));
        check_same(read.claims, json_object_get(row, "payload"));
    }
    assert_int_equal(index, 24);
}

static void the_packages_own_tokens_are_believed(void **state)
{
    (void)state;
    json_auto_t *rows = json_load_file(TEST_VECTORS "/access_token.json", 0, NULL);
    size_t index;
    json_t *row;
    json_array_foreach(rows, index, row)
    {
        auto_web_token struct web_token read = {0};
        const char *secret = text_of(row, "api_key_secret");
        const struct web_token_rules rules = {
            .now_s = json_integer_value(json_object_get(json_object_get(row, "payload"), "iat")),
            .issuer = text_of(row, "api_key_sid"),
        };
        assert_int_equal(web_token_verify_hs256(text_of(row, "jwt"), secret, strlen(secret), &rules,
                                                &read, NULL),
                         0);
        check_same(read.claims, json_object_get(row, "payload"));
    }
}

#define ZEROS "00000000000000000000000000000000"

static const struct access_token plain = {
    .account_sid = "AC" ZEROS,
    .key_sid = "SK" ZEROS,
    .key_secret = "vector-key",
    .identity = "alice",
    .now_s = 1700000000,
    .ttl_s = 3600,
};

static json_t *claims_of(const struct access_token *token)
{
    auto_arena struct arena *arena = arena_create();
    auto_web_token struct web_token read = {0};
    const char *text = access_token_mint(token, arena, NULL);
    assert_non_null(text);
    assert_int_equal(web_token_peek(text, &read, NULL), 0);
    return json_incref(read.claims);
}

static void empty_members_are_left_out_and_empty_grants_stay(void **state)
{
    (void)state;
    const struct voice_grant voice = {.outgoing_application_sid = "", .endpoint_id = ""};
    const struct video_grant video = {0};
    const struct chat_grant chat = {
        .endpoint_id = "e", .deployment_role_sid = "RL" ZEROS, .push_credential_sid = "CR" ZEROS};
    const struct sync_grant sync = {.endpoint_id = "e"};
    const struct task_router_grant task_router = {.role = "worker"};
    json_auto_t *player = json_pack("{s:[i,n]}", "deep", 1);
    struct access_token token = plain;
    token.voice = &voice;
    token.video = &video;
    token.chat = &chat;
    token.sync = &sync;
    token.task_router = &task_router;
    token.player = player;
    json_auto_t *claims = claims_of(&token);
    json_auto_t *expected =
        json_pack("{s:s, s:{}, s:{}, s:{s:s, s:s, s:s}, s:{s:s}, s:{s:s}, s:{s:[i,n]}}", "identity",
                  "alice", "voice", "video", "chat", "endpoint_id", "e", "deployment_role_sid",
                  "RL" ZEROS, "push_credential_sid", "CR" ZEROS, "data_sync", "endpoint_id", "e",
                  "task_router", "role", "worker", "player", "deep", 1);
    check_same(json_object_get(claims, "grants"), expected);
}

static void params_need_an_application(void **state)
{
    (void)state;
    json_auto_t *params = json_pack("{s:s}", "team", "sales");
    const struct voice_grant voice = {.outgoing_params = params, .incoming_allow = true};
    struct access_token token = plain;
    token.voice = &voice;
    json_auto_t *claims = claims_of(&token);
    json_auto_t *expected =
        json_pack("{s:s, s:{s:{s:b}}}", "identity", "alice", "voice", "incoming", "allow", 1);
    check_same(json_object_get(claims, "grants"), expected);
}

static void any_text_survives_the_quoting(void **state)
{
    (void)state;
    static const char *const identities[] = {
        "\"", "\\",       "a\"b\\c/d", "\x01\x1f\x7f\n\t", "\xc3\x9cn\xc3\xaf \xf0\x9f\x99\x82",
        "42", "</script>"};
    for (size_t i = 0; i < ARRAY_LEN(identities); i++) {
        struct access_token token = plain;
        token.identity = identities[i];
        json_auto_t *claims = claims_of(&token);
        assert_string_equal(text_of(json_object_get(claims, "grants"), "identity"), identities[i]);
    }
}

static void what_cannot_be_minted_is_refused(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    json_auto_t *array = json_array();
    char *endless = arena_alloc(arena, LIMIT_WEB_TOKEN_BYTES + 1);
    memset(endless, 'a', LIMIT_WEB_TOKEN_BYTES);
    struct access_token tokens[] = {plain, plain, plain, plain, plain,
                                    plain, plain, plain, plain, plain};
    tokens[0].account_sid = "";
    tokens[1].key_sid = NULL;
    tokens[2].key_secret = "";
    tokens[3].key_secret = NULL;
    tokens[4].identity = "";
    tokens[5].identity = NULL;
    tokens[6].identity = "\xff";
    tokens[7].identity = endless;
    tokens[8].player = array;
    tokens[9].ttl_s = INT64_MAX;
    for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
        struct error err = {0};
        assert_null(access_token_mint(&tokens[i], arena, &err));
        assert_int_equal(err.kind, ERROR_INVALID);
    }
}

static void the_check_knows_the_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *identity;
        int64_t ttl_s;
        const char *field; /* the one that is wrong */
    } cases[] = {
        {"alice",             60,        NULL      },
        {"alice",             86400,     NULL      },
        {"agent_7",           3600,      NULL      },
        {"alice",             59,        "ttl"     },
        {"alice",             86401,     "ttl"     },
        {"alice",             0,         "ttl"     },
        {"alice",             -1,        "ttl"     },
        {"alice",             INT64_MAX, "ttl"     },
        {"",                  3600,      "identity"},
        {NULL,                3600,      "identity"},
        {"j.doe@example.com", 3600,      "identity"},
        {"a b",               3600,      "identity"},
        {"\xc3\xbc",          3600,      "identity"},
        {"user-1",            3600,      "identity"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct error err = {0};
        struct access_token token = plain;
        token.identity = cases[i].identity;
        token.ttl_s = cases[i].ttl_s;
        assert_int_equal(access_token_check(&token, &err), cases[i].field == NULL ? 0 : -1);
        assert_int_equal(err.kind, cases[i].field == NULL ? ERROR_NONE : ERROR_INVALID);
        assert_string_equal(err.field, cases[i].field == NULL ? "" : cases[i].field);
    }
}

static void the_check_knows_every_sid(void **state)
{
    (void)state;
    const struct voice_grant voices[] = {
        {.outgoing_application_sid = "AP" ZEROS, .push_credential_sid = "CR" ZEROS},
        {.outgoing_application_sid = "CR" ZEROS                                     },
        {.push_credential_sid = "x"},
    };
    const struct chat_grant chats[] = {
        {.service_sid = "IS" ZEROS,    .deployment_role_sid = "RL" ZEROS, .push_credential_sid = ""},
        {.service_sid = "IS"  },
        {.deployment_role_sid = "RL0"         },
        {.push_credential_sid = "CRx"},
    };
    const struct sync_grant syncs[] = {{.service_sid = "IS" ZEROS}, {.service_sid = "default"}};
    const struct task_router_grant tasks[] = {
        {.workspace_sid = "WS" ZEROS, .worker_sid = "WK" ZEROS},
        {.workspace_sid = "WK" ZEROS                          },
        {.worker_sid = "w"}
    };
    struct access_token token = plain;
    for (size_t i = 0; i < ARRAY_LEN(voices); i++) {
        token.voice = &voices[i];
        assert_int_equal(access_token_check(&token, NULL), i == 0 ? 0 : -1);
    }
    token.voice = NULL;
    for (size_t i = 0; i < ARRAY_LEN(chats); i++) {
        token.chat = &chats[i];
        assert_int_equal(access_token_check(&token, NULL), i == 0 ? 0 : -1);
    }
    token.chat = NULL;
    for (size_t i = 0; i < ARRAY_LEN(syncs); i++) {
        token.sync = &syncs[i];
        assert_int_equal(access_token_check(&token, NULL), i == 0 ? 0 : -1);
    }
    token.sync = NULL;
    for (size_t i = 0; i < ARRAY_LEN(tasks); i++) {
        token.task_router = &tasks[i];
        assert_int_equal(access_token_check(&token, NULL), i == 0 ? 0 : -1);
    }
    token.task_router = NULL;
    token.account_sid = "SK" ZEROS;
    assert_int_equal(access_token_check(&token, NULL), -1);
    token = plain;
    token.key_sid = "AC" ZEROS;
    assert_int_equal(access_token_check(&token, NULL), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vector_has_the_header_and_claims_of_the_official_package),
        cmocka_unit_test(the_packages_own_tokens_are_believed),
        cmocka_unit_test(empty_members_are_left_out_and_empty_grants_stay),
        cmocka_unit_test(params_need_an_application),
        cmocka_unit_test(any_text_survives_the_quoting),
        cmocka_unit_test(what_cannot_be_minted_is_refused),
        cmocka_unit_test(the_check_knows_the_bounds),
        cmocka_unit_test(the_check_knows_every_sid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
