/* SIGHUP: what the table of options calls reloadable changes while calls go on, and nothing else does. */
#include <pthread.h>

#include "core/text.h"
#include "crypto/base64.h"
#include "support/house.h"

#define CALLEE "+14155550100"
#define NEW_TOKEN "88888888abcdef88888888abcdef8888"
#define NEW_KEY "SK00000000000000000000000000000009"
#define NEW_SECRET "An0therAn0therAn0therAn0ther0000"

static int asks_what_now(struct house *house)
{
    char sid[35];
    fake_new_sid(sid, "CA");
    struct fields form = house_form(house, "CallSid", sid, "From", "client:alice", "To", CALLEE,
                                    "CallStatus", "ringing", NULL);
    return house_post(house, "/twiml", &form, NULL).status;
}

static void takes_the_auth_tokens_of_a_rotation(void **state)
{
    static const char *const both[] = {"TWILIO_AUTH_TOKEN=" NEW_TOKEN,
                                       "TWILIO_AUTH_TOKEN_SECONDARY=" HOUSE_AUTH_TOKEN, NULL};
    static const char *const promoted[] = {"TWILIO_AUTH_TOKEN=" NEW_TOKEN, NULL};
    struct house *house = *state;
    house->auth_token = NEW_TOKEN;
    assert_int_equal(asks_what_now(house), 403);
    house_reload(house, both);
    assert_int_equal(asks_what_now(house), 200);
    house->auth_token = HOUSE_AUTH_TOKEN;
    assert_int_equal(asks_what_now(house), 200);
    house_reload(house, promoted);
    assert_int_equal(asks_what_now(house), 403);
    house->auth_token = NEW_TOKEN;
    assert_int_equal(asks_what_now(house), 200);
}

/* The issuer of an access token is the key that signed it. */
static const char *issuer(struct house *house)
{
    struct raw_response response =
        house_ask(house, house->key, "POST", "/token", "{\"identity\":\"alice\"}", NULL);
    const char *token = house_text(house, &response, "token");
    const char *claims = strchr(token, '.') + 1;
    size_t len = strcspn(claims, ".");
    char *decoded = arena_alloc(house->arena, len + 1);
    size_t decoded_len;
    assert_true(base64url_decode(claims, len, decoded, len, &decoded_len));
    json_auto_t *json = json_loadb(decoded, decoded_len, 0, NULL);
    return arena_strdup(house->arena, json_string_value(json_object_get(json, "iss")));
}

static const char *rest_credentials(struct house *house)
{
    (void)house_place(house, CALLEE);
    return arena_strdup(house->arena, fake_credentials(house->twilio, FAKE_CREATE));
}

static void mints_and_asks_with_the_new_key(void **state)
{
    static const char *const settings[] = {"TWILIO_API_KEY_SID=" NEW_KEY,
                                           "TWILIO_API_KEY_SECRET=" NEW_SECRET, NULL};
    struct house *house = *state;
    const char *before = rest_credentials(house);
    assert_string_not_equal(issuer(house), NEW_KEY);
    house_reload(house, settings);
    assert_string_equal(issuer(house), NEW_KEY);
    assert_string_not_equal(rest_credentials(house), before);
}

static void follows_the_new_policy(void **state)
{
    static const char *const settings[] = {
        "SWITCHHOOK_INBOUND_IDENTITY=bob", "SWITCHHOOK_RECORD=record-from-answer-dual",
        "SWITCHHOOK_CALLER_IDS=+15005550001", "SWITCHHOOK_WEBHOOK_OVERRIDES=rc=5", NULL};
    static const char wish[] = "{\"to\":\"" CALLEE "\",\"from\":\"+15005550001\"}";
    struct house *house = *state;
    assert_int_equal(house_ask(house, house->key, "POST", "/calls", wish, NULL).status, 422);
    house_reload(house, settings);
    char sid[35];
    fake_new_sid(sid, "CA");
    struct fields form = house_form(house, "CallSid", sid, "From", CALLEE, "To", HOUSE_NUMBER,
                                    "Direction", "inbound", "CallStatus", "ringing", NULL);
    struct raw_response response = house_post(house, "/twiml", &form, NULL);
    assert_non_null(strstr(response.body, "bob"));
    assert_non_null(strstr(response.body, "record-from-answer-dual"));
    assert_non_null(strstr(response.body, "#rc=5"));
    assert_int_equal(house_ask(house, house->key, "POST", "/calls", wish, NULL).status, 201);
    assert_non_null(strstr(fake_form(house->twilio, FAKE_CREATE), "rc%3D5"));
}

static void keeps_what_needs_a_restart(void **state)
{
    static const char *const settings[] = {
        "SWITCHHOOK_AUTH=none",
        "SWITCHHOOK_SIGNATURE=off",
        "TWILIO_WEBHOOK_BASE_URL=http://127.0.0.1:9999",
        "TWILIO_ACCOUNT_SID=AC00000000000000000000000000000099",
        "SWITCHHOOK_BODY_MAX_BYTES=1024",
        NULL,
    };
    struct house *house = *state;
    house_reload(house, settings);
    assert_int_equal(house_ask(house, NULL, "GET", "/calls", NULL, NULL).status, 401);
    assert_int_equal(asks_what_now(house), 200);
    house->auth_token = NEW_TOKEN;
    assert_int_equal(asks_what_now(house), 403);
    assert_string_equal(house->app->config->twilio.account_sid, FAKE_ACCOUNT);
    assert_int_not_equal(house->app->config->server.body_max_bytes, 1024);
}

static void *keep_asking(void *context)
{
    struct house *house = context;
    auto_arena struct arena *arena = arena_create();
    const char *request = arena_printf(
        arena, "GET /token?identity=alice HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n",
        house->key);
    struct raw_connection connection = raw_open(house->port);
    for (int i = 0; i < 300; i++) {
        raw_send(&connection, request);
        assert_int_equal(raw_read(&connection).status, 200);
    }
    raw_close(&connection);
    return NULL;
}

static void nobody_notices_a_reload_under_way(void **state)
{
    static const char *const settings[] = {"TWILIO_API_KEY_SID=" NEW_KEY,
                                           "TWILIO_API_KEY_SECRET=" NEW_SECRET, NULL};
    struct house *house = *state;
    pthread_t threads[2];
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, keep_asking, house), 0);
    for (int i = 0; i < 40; i++) {
        house_reload(house, i % 2 ? settings : NULL);
        assert_int_equal(asks_what_now(house), 200);
    }
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        pthread_join(threads[i], NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)
        TEST(takes_the_auth_tokens_of_a_rotation),
        TEST(mints_and_asks_with_the_new_key),
        TEST(follows_the_new_policy),
        TEST(keeps_what_needs_a_restart),
        TEST(nobody_notices_a_reload_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
