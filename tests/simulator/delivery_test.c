/* How webhooks travel: signatures, the public base, retries, connection overrides, faults. */
#include "stage.h"

#include "core/macros.h"
#include "core/text.h"
#include "twilio/signature.h"

static void assert_signed(struct stage *stage, const struct seen *seen, const char *url)
{
    char expected[SIGNATURE_BYTES];
    struct error err = {0};
    const struct fields none = {0};
    const struct fields *fields = strcmp(seen->method, "GET") == 0 ? &none : &seen->params;
    assert_int_equal(0, signature_compute(stage->settings.auth_token, url, fields, stage->arena,
                                          expected, &err));
    assert_string_equal(expected, seen->signature);
}

static void posts_are_signed_over_url_and_parameters(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_call(stage, "&StatusCallback=https://phone.example.com/status?call=1%23rc=2");
    stage_settle(stage);
    const struct seen *seen = stage_seen(stage, "/status", 0);
    assert_string_equal(SERVER "/status?call=1", seen->url);
    assert_signed(stage, seen, SERVER "/status?call=1");
}

static void gets_are_signed_over_the_whole_url(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_call(stage,
               "&StatusCallback=https://phone.example.com/status?call=1&StatusCallbackMethod=GET");
    stage_settle(stage);
    const struct seen *seen = stage_seen(stage, "/status", 0);
    assert_string_equal("GET", seen->method);
    assert_true(text_starts_with(seen->url, SERVER "/status?call=1&AccountSid="));
    assert_signed(stage, seen, seen->url);
}

static void the_public_base_is_signed_and_another_address_called(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_create();
    stage->settings.public_base = SERVER;
    stage->settings.deliver_to = "http://127.0.0.1:8080";
    stage_open(stage);
    stage_call(stage, "&StatusCallback=https://phone.example.com/status"
                      "&StatusCallbackEvent=completed&FallbackUrl=https://phone.example.company/x");
    stage_settle(stage);
    const struct seen *seen = stage_seen(stage, "/status", 0);
    assert_string_equal("http://127.0.0.1:8080/status", seen->url);
    assert_string_equal("phone.example.com", seen->host);
    assert_signed(stage, seen, SERVER "/status");
    /* the voice URL answered without TwiML; a base is not a beginning of other names */
    assert_string_equal("https://phone.example.company/x", stage_seen(stage, "/x", 0)->url);
}

struct attempt {
    const char *fragment; /* %23 is # */
    int status;           /* 0: `kind` */
    enum sim_answer_kind kind;
    size_t attempts;
};

static const struct attempt attempts[] = {
    {"",                    200, SIM_ANSWERED,      1},
    {"",                    500, SIM_ANSWERED,      1},
    {"",                    404, SIM_ANSWERED,      1},
    {"",                    0,   SIM_NOT_CONNECTED, 2}, /* one retry, for connecting, is the default */
    {"",                    0,   SIM_NO_ANSWER,     1},
    {"%23rc=0",             0,   SIM_NOT_CONNECTED, 1},
    {"%23rc=3",             0,   SIM_NOT_CONNECTED, 4},
    {"%23rc=3%26rp=5xx",    500, SIM_ANSWERED,      4},
    {"%23rc=3%26rp=5xx",    404, SIM_ANSWERED,      1},
    {"%23rc=3%26rp=5xx",    0,   SIM_NOT_CONNECTED, 1},
    {"%23rc=2%26rp=4xx,rt", 404, SIM_ANSWERED,      3},
    {"%23rc=2%26rp=4xx,rt", 0,   SIM_NO_ANSWER,     3},
    {"%23rc=5%26rp=all",    503, SIM_ANSWERED,      6},
    {"%23rc=9%26rp=all",    503, SIM_ANSWERED,      2}, /* 9 is too many: the default stays */
};

static void retries_follow_the_connection_overrides(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(attempts); i++) {
        const struct attempt *attempt = &attempts[i];
        auto_stage struct stage *stage = stage_ready();
        stage_twiml(stage, "/voice", "<Hangup/>");
        if (attempt->status)
            stage_says(stage, "/status", -1, attempt->status, "", "");
        else
            stage_fails(stage, "/status", -1, attempt->kind);
        stage_call(stage,
                   arena_printf(stage->arena, "&StatusCallback=https://phone.example.com/status%s",
                                attempt->fragment));
        stage_settle(stage);
        assert_int_equal(attempt->attempts, stage_count(stage, "/status"));
        for (size_t n = 1; n < attempt->attempts; n++)
            assert_string_equal(stage_seen(stage, "/status", 0)->token,
                                stage_seen(stage, "/status", n)->token);
    }
}

static void a_retry_that_succeeds_is_the_last(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Hangup/>");
    stage_says(stage, "/status", 2, 503, "", "");
    const char *sid =
        stage_call(stage, "&StatusCallback=https://phone.example.com/status%23rc=5%26rp=5xx");
    stage_settle(stage);
    assert_int_equal(3, stage_count(stage, "/status"));
    stage_control(stage, "GET", arena_printf(stage->arena, "/sim/calls?call_sid=%s", sid), "");
    assert_int_equal(0, json_array_size(json_object_get(
                            json_array_get(json_object_get(stage->json, "calls"), 0), "warnings")));
    assert_int_equal(503, stage_number(stage, "calls.0.webhooks.1.attempts.0.status"));
    assert_int_equal(204, stage_number(stage, "calls.0.webhooks.1.status"));
    assert_int_equal(3, stage_number(stage, "calls.0.webhooks.1.attempt_count"));
}

static void time_for_an_answer_is_what_the_overrides_say(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_call(stage, "&StatusCallback=https://phone.example.com/status%23rt=4000");
    stage_settle(stage);
    assert_int_equal(15000, stage_seen(stage, "/voice", 0)->timeout_ms);
    assert_int_equal(4000, stage_seen(stage, "/status", 0)->timeout_ms);
}

static void a_callback_that_is_refused_is_a_warning(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Hangup/>");
    stage_says(stage, "/status", -1, 500, "", "");
    const char *sid = stage_call(stage, "&StatusCallback=https://phone.example.com/status");
    stage_settle(stage);
    assert_warning(stage, sid, 15003);
}

#define PROGRESS                                                                                   \
    "&StatusCallback=https://phone.example.com/status&StatusCallbackEvent=initiated"               \
    "&StatusCallbackEvent=ringing&StatusCallbackEvent=answered&StatusCallbackEvent=completed"

static void fault(struct stage *stage, const char *json)
{
    assert_int_equal(200, stage_control(stage, "POST", "/sim/faults", json));
}

static void a_lost_callback_is_never_sent(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Hangup/>");
    fault(stage,
          "{\"target\":\"callback\",\"kind\":\"lose\",\"match\":{\"CallStatus\":\"ringing\"}}");
    stage_call(stage, PROGRESS);
    stage_settle(stage);
    assert_string_equal("initiated in-progress completed",
                        stage_values(stage, "/status", "CallStatus"));
    assert_string_equal("0 2 3", stage_values(stage, "/status", "SequenceNumber"));
    stage_control(stage, "GET", "/sim/faults", "");
    assert_int_equal(0, json_array_size(json_object_get(stage->json, "faults")));
}

static void a_duplicate_has_the_same_token(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Hangup/>");
    fault(stage, "{\"target\":\"callback\",\"kind\":\"duplicate\",\"count\":2}");
    stage_call(stage, PROGRESS);
    stage_settle(stage);
    assert_string_equal("0 0 1 1 2 3", stage_values(stage, "/status", "SequenceNumber"));
    assert_string_equal(stage_seen(stage, "/status", 0)->token,
                        stage_seen(stage, "/status", 1)->token);
    assert_string_equal(stage_seen(stage, "/status", 0)->signature,
                        stage_seen(stage, "/status", 1)->signature);
    assert_string_not_equal(stage_seen(stage, "/status", 1)->token,
                            stage_seen(stage, "/status", 2)->token);
}

static void a_reordered_callback_is_overtaken_by_the_next(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Hangup/>");
    fault(stage, "{\"target\":\"callback\",\"kind\":\"reorder\",\"match\":{\"CallStatus\":\"in-"
                 "progress\"}}");
    fault(
        stage,
        "{\"target\":\"callback\",\"kind\":\"reorder\",\"match\":{\"CallStatus\":\"initiated\"}}");
    stage_call(stage, PROGRESS);
    stage_settle(stage);
    assert_string_equal("1 0 3 2", stage_values(stage, "/status", "SequenceNumber"));
}

static void the_last_callback_held_back_comes_all_the_same(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Hangup/>");
    fault(
        stage,
        "{\"target\":\"callback\",\"kind\":\"reorder\",\"match\":{\"CallStatus\":\"completed\"}}");
    stage_call(stage, PROGRESS);
    stage_settle(stage);
    assert_string_equal("0 1 2 3", stage_values(stage, "/status", "SequenceNumber"));
}

static void a_delayed_callback_comes_later(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Pause length=\"60\"/>");
    fault(stage, "{\"target\":\"callback\",\"kind\":\"delay\",\"delay_ms\":7000}");
    stage_call(stage, PROGRESS);
    stage_settle(stage);
    assert_string_equal("1 2 0 3", stage_values(stage, "/status", "SequenceNumber"));
}

static void an_instruction_sent_twice_is_followed_once(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Redirect>/next</Redirect>");
    stage_twiml(stage, "/next", "<Hangup/>");
    fault(stage, "{\"target\":\"twiml\",\"kind\":\"duplicate\"}");
    stage_call(stage, "");
    stage_settle(stage);
    assert_int_equal(2, stage_count(stage, "/voice"));
    assert_int_equal(1, stage_count(stage, "/next"));
}

static void a_lost_instruction_is_a_connection_that_failed(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/fallback", "<Hangup/>");
    fault(stage, "{\"target\":\"twiml\",\"kind\":\"lose\"}");
    stage_call(stage, "&FallbackUrl=https://phone.example.com/fallback");
    stage_settle(stage);
    assert_int_equal(0, stage_count(stage, "/voice"));
    assert_param(stage_seen(stage, "/fallback", 0), "ErrorCode", "11205");
}

static void a_reset_does_not_wait_for_what_is_under_way(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_call(stage, PROGRESS);
    stage->hold = true;
    stage_pass(stage, 1000);
    assert_int_equal(200, stage_control(stage, "POST", "/sim/reset", ""));
    assert_int_equal(0, stage_number(stage, "legs"));
    stage_answer_held(stage);
    stage_settle(stage);
    stage_control(stage, "GET", "/sim/health", "");
    assert_int_equal(0, stage_number(stage, "delivering"));
    stage->hold = true; /* and what is under way at the end is freed */
    stage_call(stage, PROGRESS);
    stage_pass(stage, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(posts_are_signed_over_url_and_parameters),
        cmocka_unit_test(gets_are_signed_over_the_whole_url),
        cmocka_unit_test(the_public_base_is_signed_and_another_address_called),
        cmocka_unit_test(retries_follow_the_connection_overrides),
        cmocka_unit_test(a_retry_that_succeeds_is_the_last),
        cmocka_unit_test(time_for_an_answer_is_what_the_overrides_say),
        cmocka_unit_test(a_callback_that_is_refused_is_a_warning),
        cmocka_unit_test(a_lost_callback_is_never_sent),
        cmocka_unit_test(a_duplicate_has_the_same_token),
        cmocka_unit_test(a_reordered_callback_is_overtaken_by_the_next),
        cmocka_unit_test(the_last_callback_held_back_comes_all_the_same),
        cmocka_unit_test(a_delayed_callback_comes_later),
        cmocka_unit_test(an_instruction_sent_twice_is_followed_once),
        cmocka_unit_test(a_lost_instruction_is_a_connection_that_failed),
        cmocka_unit_test(a_reset_does_not_wait_for_what_is_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
