/* Calls at browsers: which description goes where, who is told what, and what Twilio's side makes of it. */
#include "browsers.h"

#include "core/macros.h"

#define BOB                                                                                        \
    "<Dial answerOnBridge=\"true\" action=\"/action\"><Client statusCallback=\"/child\" "          \
    "statusCallbackEvent=\"initiated ringing answered completed\">bob</Client></Dial>"

static bool is_silent(const char *sdp)
{
    return strstr(sdp, "a=inactive") && strstr(sdp, "a=ice-lite");
}

static struct stage *stage_with(const char *verbs)
{
    struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", verbs);
    stage_twiml(stage, "/action", "<Hangup/>");
    return stage;
}

/* A person calls in; the SID. */
static const char *inbound(struct stage *stage)
{
    assert_int_equal(201, stage_control(stage, "POST", "/sim/inbound", "{}"));
    return arena_strdup(stage->arena, stage_text(stage, "call_sid"));
}

static const char *answers(struct browser *browser, const char *name)
{
    const char *sid = browser_hears_text(browser, "invite", "callsid");
    browser_says(browser, "answer", "{'callsid':'%s','sdp':'%s'}", sid,
                 browser_offer(browser->stage, name));
    return sid;
}

static void two_browsers_get_each_others_description(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_with(BOB);
    struct browser *alice = browser_online(stage, "alice");
    struct browser *bob = browser_online(stage, "bob");
    browser_calls(alice, "bob", "alices");
    stage_pass(stage, 100);
    const struct seen *voice = stage_seen(stage, "/voice", 0);
    assert_param(voice, "From", "client:alice");
    assert_param(voice, "To", "bob");
    assert_param(voice, "team", "a b");
    assert_param(voice, "Direction", "inbound");
    assert_param(voice, "CallStatus", "ringing");
    const json_t *invite = browser_hears(bob, "invite");
    assert_non_null(strstr(json_string_value(json_object_get(invite, "sdp")), "s=alices"));
    const char *child = json_string_value(json_object_get(invite, "callsid"));
    browser_says(bob, "answer", "{'callsid':'%s','sdp':'%s'}", child, browser_offer(stage, "bobs"));
    const char *root = browser_hears_text(alice, "ringing", "callsid");
    assert_non_null(strstr(browser_hears_text(alice, "answer", "sdp"), "s=bobs"));
    stage_pass(stage, 7000);
    browser_says(alice, "hangup", "{'callsid':'%s'}", root);
    assert_string_equal(child, browser_hears_text(bob, "hangup", "callsid"));
    stage_pass(stage, 100);
    assert_string_equal("initiated ringing in-progress completed",
                        stage_values(stage, "/child", "CallStatus"));
    assert_string_equal("0 1 2 3", stage_values(stage, "/child", "SequenceNumber"));
    const struct seen *end = stage_seen(stage, "/child", 3);
    assert_param(end, "ParentCallSid", root);
    assert_param(end, "CallDuration", "7");
    assert_param(end, "SipResponseCode", "200");
    assert_param(stage_seen(stage, "/action", 0), "DialCallStatus", "completed");
    browser_heard_nothing(alice);
    browser_heard_nothing(bob);
}

struct ending {
    const char *message; /* bob's, NULL: he says nothing */
    const char *status;
    const char *sip;
    const char *dial;
};

static const struct ending endings[] = {
    {"reject", "busy",      "603", "busy"     },
    {"hangup", "busy",      "603", "busy"     },
    {NULL,     "no-answer", "487", "no-answer"},
};

static void what_bob_does_is_what_the_server_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        const struct ending *ending = &endings[i];
        auto_stage struct stage *stage = stage_with(BOB);
        struct browser *bob = browser_online(stage, "bob");
        (void)inbound(stage);
        stage_pass(stage, 100);
        const char *child = browser_hears_text(bob, "invite", "callsid");
        if (ending->message)
            browser_says(bob, ending->message, "{'callsid':'%s'}", child);
        stage_pass(stage, 31000);
        const struct seen *end = stage_seen(stage, "/child", 2);
        assert_param(end, "CallStatus", ending->status);
        assert_param(end, "SipResponseCode", ending->sip);
        assert_param(stage_seen(stage, "/action", 0), "DialCallStatus", ending->dial);
        if (ending->message == NULL)
            assert_string_equal(child, browser_hears_text(bob, "cancel", "callsid"));
        browser_heard_nothing(bob);
    }
}

static void a_call_from_outside_has_no_media(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_with(BOB);
    struct browser *bob = browser_online(stage, "bob");
    const char *root = inbound(stage);
    stage_pass(stage, 100);
    const json_t *invite = browser_hears(bob, "invite");
    assert_true(is_silent(json_string_value(json_object_get(invite, "sdp"))));
    browser_says(bob, "answer", "{'callsid':'%s','sdp':'x'}",
                 json_string_value(json_object_get(invite, "callsid")));
    stage_pass(stage, 100);
    assert_event(stage, root, "bridged", "with client:bob");
}

/* Whoever answers first has it; the description of the caller is used up by whatever answers it. */
static void after_a_sentence_there_are_no_media(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_with("<Say>One moment</Say>" BOB);
    struct browser *alice = browser_online(stage, "alice");
    struct browser *bob = browser_online(stage, "bob");
    browser_calls(alice, "bob", "alices");
    stage_pass(stage, 10000);
    assert_true(is_silent(browser_hears_text(alice, "answer", "sdp")));
    assert_true(is_silent(browser_hears_text(bob, "invite", "sdp")));
}

static void a_dial_that_answers_at_once_still_waits_for_bobs_description(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_with("<Dial><Client>bob</Client></Dial>");
    struct browser *alice = browser_online(stage, "alice");
    struct browser *bob = browser_online(stage, "bob");
    browser_calls(alice, "bob", "alices");
    stage_pass(stage, 1000);
    const char *root = browser_hears_text(alice, "ringing", "callsid");
    assert_event(stage, root, "answered", "");
    browser_heard_nothing(alice);
    (void)answers(bob, "bobs");
    assert_non_null(strstr(browser_hears_text(alice, "answer", "sdp"), "s=bobs"));
}

static void a_dial_of_a_number_that_answers_at_once_opens_the_call(void **state)
{
    (void)state;
    auto_stage struct stage *stage =
        stage_with("<Dial callerId=\"" OURS "\"><Number>" THEIRS "</Number></Dial>");
    struct browser *alice = browser_online(stage, "alice");
    browser_calls(alice, "x", "alices");
    stage_pass(stage, 100);
    assert_true(is_silent(browser_hears_text(alice, "answer", "sdp")));
    stage_pass(stage, 14000);
    assert_non_null(browser_hears(alice, "hangup"));
}

static void one_after_another_the_second_gets_the_callers_description(void **state)
{
    (void)state;
    auto_stage struct stage *stage =
        stage_with("<Dial sequential=\"true\" answerOnBridge=\"true\">"
                   "<Client>bob</Client><Client>carol</Client></Dial>");
    struct browser *alice = browser_online(stage, "alice");
    struct browser *bob = browser_online(stage, "bob");
    struct browser *carol = browser_online(stage, "carol");
    browser_calls(alice, "x", "alices");
    stage_pass(stage, 100);
    browser_heard_nothing(carol);
    browser_says(bob, "reject", "{'callsid':'%s'}", browser_hears_text(bob, "invite", "callsid"));
    stage_pass(stage, 100);
    (void)answers(carol, "carols");
    assert_non_null(strstr(browser_hears_text(alice, "answer", "sdp"), "s=carols"));
    browser_heard_nothing(bob);
}

static void a_whisper_comes_before_the_bridge(void **state)
{
    (void)state;
    auto_stage struct stage *stage =
        stage_with("<Dial answerOnBridge=\"true\"><Client url=\"/whisper\">bob</Client></Dial>");
    struct browser *alice = browser_online(stage, "alice");
    struct browser *bob = browser_online(stage, "bob");
    stage_twiml(stage, "/whisper", "<Pause length=\"3\"/>");
    browser_calls(alice, "bob", "alices");
    stage_pass(stage, 100);
    (void)answers(bob, "bobs");
    stage_pass(stage, 1000);
    (void)browser_hears(alice, "ringing");
    browser_heard_nothing(alice);
    stage_pass(stage, 3000);
    assert_non_null(strstr(browser_hears_text(alice, "answer", "sdp"), "s=bobs"));
}

static void custom_parameters_reach_the_page(void **state)
{
    (void)state;
    auto_stage struct stage *stage =
        stage_with("<Dial><Client><Identity>bob</Identity><Parameter name=\"a b\" "
                   "value=\"x&amp;y=1\"/></Client></Dial>");
    struct browser *bob = browser_online(stage, "bob");
    (void)inbound(stage);
    stage_pass(stage, 100);
    const json_t *parameters = json_object_get(browser_hears(bob, "invite"), "parameters");
    assert_string_equal("a%20b=x%26y%3D1",
                        json_string_value(json_object_get(parameters, "Params")));
}

static void keys_come_one_by_one(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_with(
        "<Gather numDigits=\"3\" action=\"/keys\" timeout=\"5\"><Say>Keys</Say></Gather>");
    stage_twiml(stage, "/keys", "<Hangup/>");
    struct browser *alice = browser_online(stage, "alice");
    browser_calls(alice, "x", "alices");
    stage_pass(stage, 100);
    const char *sid = browser_hears_text(alice, "answer", "callsid");
    const char *const presses[] = {"1", "w", "x", "2", "*"};
    for (size_t i = 0; i < ARRAY_LEN(presses); i++) {
        assert_int_equal(0, stage_count(stage, "/keys"));
        browser_says(alice, "dtmf", "{'callsid':'%s','dtmf':'%s'}", sid, presses[i]);
        stage_pass(stage, 1000);
    }
    assert_param(stage_seen(stage, "/keys", 0), "Digits", "12*");
    assert_non_null(browser_hears(alice, "hangup"));
}

static void a_rest_call_rings_the_browser_and_ends_it(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_with("<Pause length=\"60\"/>");
    struct browser *bob = browser_online(stage, "bob");
    assert_int_equal(201,
                     stage_rest(stage, "POST", CALLS ".json",
                                "To=client:bob%3Fa%3D1&From=%2B15005550006&Url=" SERVER "/voice"));
    const char *sid = arena_strdup(stage->arena, stage_text(stage, "sid"));
    stage_pass(stage, 100);
    assert_string_equal(sid, answers(bob, "bobs"));
    stage_pass(stage, 1000);
    assert_int_equal(1, stage_count(stage, "/voice"));
    const char *path = arena_printf(stage->arena, CALLS "/%s.json", sid);
    assert_int_equal(200, stage_rest(stage, "POST", path, "Status=completed"));
    assert_string_equal(sid, browser_hears_text(bob, "hangup", "callsid"));
}

static void the_registered_are_not_scripted_and_the_others_are(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_with(BOB);
    stage_everybody(stage, "\"busy\":true");
    struct browser *bob = browser_online(stage, "bob");
    (void)inbound(stage);
    stage_pass(stage, 5000);
    (void)answers(bob, "bobs");
    browser_goes(bob, SIM_PAGE_LEFT);
    stage_pass(stage, 100);
    assert_param(stage_seen(stage, "/action", 0), "DialCallStatus", "completed");
    (void)inbound(stage);
    stage_pass(stage, 5000);
    assert_param(stage_seen(stage, "/action", 1), "DialCallStatus", "busy");
}

static void a_scripted_answer_cannot_be_given_for_a_browser(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_with(BOB);
    struct browser *bob = browser_online(stage, "bob");
    (void)inbound(stage);
    stage_pass(stage, 100);
    const char *json = arena_printf(stage->arena, "{\"call_sid\":\"%s\"}",
                                    browser_hears_text(bob, "invite", "callsid"));
    assert_int_equal(409, stage_control(stage, "POST", "/sim/answer", json));
}

static void a_reset_ends_calls_and_keeps_browsers(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_with(BOB);
    struct browser *alice = browser_online(stage, "alice");
    struct browser *bob = browser_online(stage, "bob");
    browser_calls(alice, "bob", "alices");
    stage_pass(stage, 100);
    assert_int_equal(200, stage_control(stage, "POST", "/sim/reset", ""));
    assert_non_null(browser_hears(alice, "hangup"));
    assert_non_null(browser_hears(bob, "cancel"));
    assert_int_equal(0, sim_browser_calls(stage->sim));
    assert_int_equal(200, stage_control(stage, "GET", "/sim/devices", ""));
    assert_string_equal("bob", stage_text(stage, "devices.0.identity"));
}

static void who_comes_back_in_time_talks_on(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_with(BOB);
    struct browser *alice = browser_online(stage, "alice");
    struct browser *bob = browser_online(stage, "bob");
    browser_calls(alice, "bob", "alices");
    stage_pass(stage, 100);
    (void)answers(bob, "bobs");
    const json_t *answer = browser_hears(alice, "answer");
    const char *root = json_string_value(json_object_get(answer, "callsid"));
    const char *word = json_string_value(json_object_get(answer, "reconnect"));
    browser_goes(alice, SIM_SOCKET_BROKE);
    stage_pass(stage, 14000);
    struct browser *again = browser_online(stage, "alice");
    browser_says(again, "invite", "{'callsid':'%s','sdp':'%s','reconnect':'%s','twilio':{}}", root,
                 browser_offer(stage, "alices"), word);
    assert_null(json_object_get(browser_hears(again, "answer"), "sdp"));
    stage_pass(stage, 60000);
    browser_heard_nothing(bob);
    browser_goes(again, SIM_SOCKET_BROKE);
    stage_pass(stage, 14000);
    browser_heard_nothing(bob);
    stage_pass(stage, 1000);
    assert_non_null(browser_hears(bob, "hangup"));
    assert_int_equal(0, sim_browser_calls(stage->sim));
}

static void the_first_to_answer_has_it(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_with(BOB);
    struct browser *bob = browser_online(stage, "bob");
    struct browser *other = browser_online(stage, "bob");
    (void)inbound(stage);
    stage_pass(stage, 100);
    const char *child = answers(bob, "bobs");
    assert_string_equal(child, browser_hears_text(other, "cancel", "callsid"));
    assert_int_equal(1, sim_browser_calls(stage->sim));
    browser_says(other, "answer", "{'callsid':'%s','sdp':'x'}", child);
    assert_string_equal(child, browser_hears_text(other, "hangup", "callsid"));
    browser_heard_nothing(bob);
}

static void a_call_that_only_rings_cannot_be_come_back_to(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_with(BOB);
    struct browser *bob = browser_online(stage, "bob");
    (void)inbound(stage);
    stage_pass(stage, 100);
    const json_t *invite = browser_hears(bob, "invite");
    struct browser *other = browser_online(stage, "bob");
    browser_says(other, "invite", "{'callsid':'%s','sdp':'x','reconnect':'%s'}",
                 json_string_value(json_object_get(invite, "callsid")),
                 json_string_value(json_object_get(invite, "reconnect")));
    assert_int_equal(31209, browser_hears_error(other, "hangup"));
    browser_heard_nothing(bob);
}

/* The same socket is both ends of one call: it rings itself, and goes. */
static void alone_with_oneself(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_with("<Dial><Client>alice</Client></Dial>");
    struct browser *alice = browser_online(stage, "alice");
    browser_calls(alice, "alice", "alices");
    stage_pass(stage, 100);
    (void)answers(alice, "alices");
    assert_int_equal(2, sim_browser_calls(stage->sim));
    browser_goes(alice, SIM_PAGE_LEFT);
    assert_int_equal(0, sim_browser_calls(stage->sim));
    stage_settle(stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_browsers_get_each_others_description),
        cmocka_unit_test(what_bob_does_is_what_the_server_is_told),
        cmocka_unit_test(a_call_from_outside_has_no_media),
        cmocka_unit_test(after_a_sentence_there_are_no_media),
        cmocka_unit_test(a_dial_that_answers_at_once_still_waits_for_bobs_description),
        cmocka_unit_test(a_dial_of_a_number_that_answers_at_once_opens_the_call),
        cmocka_unit_test(one_after_another_the_second_gets_the_callers_description),
        cmocka_unit_test(a_whisper_comes_before_the_bridge),
        cmocka_unit_test(custom_parameters_reach_the_page),
        cmocka_unit_test(keys_come_one_by_one),
        cmocka_unit_test(a_rest_call_rings_the_browser_and_ends_it),
        cmocka_unit_test(the_registered_are_not_scripted_and_the_others_are),
        cmocka_unit_test(a_scripted_answer_cannot_be_given_for_a_browser),
        cmocka_unit_test(a_reset_ends_calls_and_keeps_browsers),
        cmocka_unit_test(who_comes_back_in_time_talks_on),
        cmocka_unit_test(the_first_to_answer_has_it),
        cmocka_unit_test(a_call_that_only_rings_cannot_be_come_back_to),
        cmocka_unit_test(alone_with_oneself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
