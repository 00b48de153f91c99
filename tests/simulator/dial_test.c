/* <Dial>: who is called, who wins, what the action is told. */
#include "stage.h"

#include "core/macros.h"

#define NUMBER "<Number>" THEIRS "</Number>"
#define ACTION " action=\"/action\""

/* A person calls in; the SID. */
static const char *inbound(struct stage *stage, const char *caller)
{
    const char *json =
        arena_printf(stage->arena, "{\"from\":\"+14155550177\",\"script\":{%s}}", caller);
    assert_int_equal(201, stage_control(stage, "POST", "/sim/inbound", json));
    return arena_strdup(stage->arena, stage_text(stage, "call_sid"));
}

struct ending {
    const char *callee;
    const char *status;
    const char *bridged;
    const char *duration;
};

static const struct ending endings[] = {
    {"\"hangup_after_ms\":9000", "completed", "true", "9"},
    {"\"busy\":true",            "busy",      NULL,   "0"},
    {"\"reject\":true",          "busy",      NULL,   "0"},
    {"\"no_answer\":true",       "no-answer", NULL,   "0"},
    {"\"fail_sip\":503",         "failed",    NULL,   "0"},
};

static void the_action_is_told_how_it_ended(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        const struct ending *ending = &endings[i];
        auto_stage struct stage *stage = stage_ready();
        stage_twiml(stage, "/voice",
                    "<Dial timeout=\"20\"" ACTION ">" NUMBER "</Dial><Say>Not reached</Say>");
        stage_twiml(stage, "/action", "<Hangup/>");
        stage_everybody(stage, ending->callee);
        const char *sid = inbound(stage, "");
        stage_settle(stage);
        assert_int_equal(1, stage_count(stage, "/action"));
        const struct seen *action = stage_seen(stage, "/action", 0);
        assert_param(action, "DialCallStatus", ending->status);
        assert_param(action, "DialBridged", ending->bridged);
        assert_param(action, "DialCallDuration", ending->duration);
        assert_param(action, "CallSid", sid);
        assert_param(action, "CallStatus", "in-progress");
        assert_int_equal(200,
                         stage_control(stage, "GET", "/sim/calls?direction=outbound-dial", ""));
        assert_param(action, "DialCallSid", stage_text(stage, "calls.0.call_sid"));
        assert_string_equal(sid, stage_text(stage, "calls.0.parent_call_sid"));
    }
}

static void without_an_action_the_next_verb_follows(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Dial>" THEIRS "</Dial><Say>Sorry</Say>");
    stage_everybody(stage, "\"busy\":true");
    const char *sid = inbound(stage, "");
    stage_settle(stage);
    assert_event(stage, sid, "says", "Sorry");
    assert_event(stage, sid, "completed", "");
}

static void a_noun_tells_its_own_callbacks(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(
        stage, "/voice",
        "<Dial><Client statusCallback=\"/child?call=1\" statusCallbackMethod=\"GET\" "
        "statusCallbackEvent=\"initiated ringing answered completed\"><Identity>alice</Identity>"
        "<Parameter name=\"call\" value=\"7 &amp; 8\"/></Client></Dial>");
    const char *sid = inbound(stage, "");
    stage_settle(stage);
    assert_string_equal("initiated ringing in-progress completed",
                        stage_values(stage, "/child", "CallStatus"));
    const struct seen *first = stage_seen(stage, "/child", 0);
    assert_string_equal("GET", first->method);
    assert_true(strncmp(first->url, SERVER "/child?call=1&", strlen(SERVER "/child?call=1&")) == 0);
    assert_param(first, "ParentCallSid", sid);
    assert_param(first, "Direction", "outbound-dial");
    assert_param(first, "To", "client:alice");
    assert_param(first, "From", "+14155550177");
    assert_int_equal(200, stage_control(stage, "GET", "/sim/calls?to=client:alice", ""));
    assert_string_equal("7 & 8", stage_text(stage, "calls.0.parameters.call"));
}

static void the_first_to_answer_wins_and_the_others_are_canceled(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice",
                "<Dial" ACTION ">"
                "<Client statusCallback=\"/slow\">slow</Client>"
                "<Client statusCallback=\"/quick\">quick</Client>"
                "<Client statusCallback=\"/busy\">busy</Client></Dial>");
    assert_int_equal(200, stage_control(stage, "PUT", "/sim/script",
                                        "[{\"match\":\"client:slow\",\"answer_after_ms\":5000},"
                                        "{\"match\":\"client:quick\",\"answer_after_ms\":3000},"
                                        "{\"match\":\"client:busy\",\"busy\":true}]"));
    inbound(stage, "");
    stage_settle(stage);
    assert_string_equal("canceled", stage_values(stage, "/slow", "CallStatus"));
    assert_string_equal("487", stage_values(stage, "/slow", "SipResponseCode"));
    assert_string_equal("completed", stage_values(stage, "/quick", "CallStatus"));
    assert_string_equal("busy", stage_values(stage, "/busy", "CallStatus"));
    assert_string_equal("completed", stage_values(stage, "/action", "DialCallStatus"));
    assert_string_equal(stage_values(stage, "/quick", "CallSid"),
                        stage_values(stage, "/action", "DialCallSid"));
}

static void sequential_nouns_ring_one_after_another(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice",
                "<Dial sequential=\"true\" timeout=\"10\"" ACTION
                "><Client>one</Client><Client>two</Client></Dial>");
    assert_int_equal(200, stage_control(stage, "PUT", "/sim/script",
                                        "{\"match\":\"client:one\",\"no_answer\":true}"));
    inbound(stage, "");
    stage_pass(stage, 9999);
    assert_int_equal(200, stage_control(stage, "GET", "/sim/calls?to=client:two", ""));
    assert_null(stage_text(stage, "calls.0.call_sid"));
    stage_settle(stage);
    assert_int_equal(200, stage_control(stage, "GET", "/sim/calls?to=client:two", ""));
    assert_string_equal("completed", stage_text(stage, "calls.0.status"));
    assert_string_equal("completed", stage_values(stage, "/action", "DialCallStatus"));
}

static void a_caller_who_hangs_up_takes_the_others_along(void **state)
{
    (void)state;
    static const struct {
        const char *caller;
        const char *dial_status;
        const char *child;
    } cases[] = {
        {"\"hangup_after_ms\":1000", "canceled",  "canceled" },
        {"\"hangup_after_ms\":6000", "completed", "completed"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_stage struct stage *stage = stage_ready();
        stage_twiml(stage, "/voice",
                    "<Dial" ACTION "><Number statusCallback=\"/child\">" THEIRS "</Number></Dial>");
        stage_twiml(stage, "/action", "<Say>Nobody hears this</Say>");
        const char *sid = inbound(stage, cases[i].caller);
        stage_settle(stage);
        assert_string_equal(cases[i].dial_status, stage_values(stage, "/action", "DialCallStatus"));
        assert_string_equal("completed", stage_values(stage, "/action", "CallStatus"));
        assert_string_equal(cases[i].child, stage_values(stage, "/child", "CallStatus"));
        assert_event(stage, sid, "hangs up", "");
        assert_int_equal(1, stage_number(stage, "calls_ended"));
    }
}

static void answer_on_bridge_leaves_the_caller_ringing(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Dial answerOnBridge=\"true\">" NUMBER "</Dial>");
    const char *sid = inbound(stage, "");
    const char *path = arena_printf(stage->arena, "/sim/calls?call_sid=%s", sid);
    stage_pass(stage, 1999);
    stage_control(stage, "GET", path, "");
    assert_string_equal("ringing", stage_text(stage, "calls.0.status"));
    stage_pass(stage, 1);
    stage_control(stage, "GET", path, "");
    assert_string_equal("in-progress", stage_text(stage, "calls.0.status"));
    assert_non_null(stage_text(stage, "calls.0.bridged_with"));
}

static void a_whisper_is_heard_before_the_bridge(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice",
                "<Dial" ACTION "><Number url=\"/whisper\">" THEIRS "</Number></Dial>");
    stage_twiml(stage, "/whisper", "<Say>A call for you</Say>");
    const char *sid = inbound(stage, "");
    stage_settle(stage);
    const struct seen *whisper = stage_seen(stage, "/whisper", 0);
    assert_param(whisper, "ParentCallSid", sid);
    assert_param(whisper, "CallStatus", "in-progress");
    assert_string_equal("true", stage_values(stage, "/action", "DialBridged"));
    assert_event(stage, sid, "bridged", THEIRS);
}

static void a_whisper_that_hangs_up_never_bridges(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice",
                "<Dial" ACTION "><Number url=\"/whisper\">" THEIRS "</Number></Dial>");
    stage_twiml(stage, "/whisper", "<Hangup/>");
    inbound(stage, "");
    stage_settle(stage);
    assert_string_equal("completed", stage_values(stage, "/action", "DialCallStatus"));
    assert_string_equal("false", stage_values(stage, "/action", "DialBridged"));
}

static void a_whisper_may_not_dial(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Dial><Number url=\"/whisper\">" THEIRS "</Number></Dial>");
    stage_twiml(stage, "/whisper", "<Dial>+14155550111</Dial>");
    inbound(stage, "");
    stage_settle(stage);
    assert_int_equal(200, stage_control(stage, "GET", "/sim/calls?to=%2B14155550100", ""));
    assert_int_equal(13201, stage_number(stage, "calls.0.warnings.0.code"));
}

static void a_browser_needs_a_caller_id_to_reach_a_telephone(void **state)
{
    (void)state;
    static const struct {
        const char *dial;
        const char *status;
        int warning;
    } cases[] = {
        {"<Dial" ACTION ">" NUMBER "</Dial>",                                "failed",    13214},
        {"<Dial callerId=\"+14155550111\"" ACTION ">" NUMBER "</Dial>",      "failed",    13214},
        {"<Dial callerId=\"" OURS "\"" ACTION ">" NUMBER "</Dial>",          "completed", 0    },
        {"<Dial" ACTION "><Client>bob</Client></Dial>",                      "completed", 0    },
        {"<Dial callerId=\"" OURS "\"" ACTION "><Number>12</Number></Dial>", "failed",    13223},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_stage struct stage *stage = stage_ready();
        stage_twiml(stage, "/voice", cases[i].dial);
        assert_int_equal(201,
                         stage_control(stage, "POST", "/sim/browser",
                                       "{\"identity\":\"alice\",\"to\":\"" THEIRS
                                       "\",\"params\":{\"CallSid\":\"mine\",\"note\":\"x\"}}"));
        const char *sid = arena_strdup(stage->arena, stage_text(stage, "call_sid"));
        stage_settle(stage);
        const struct seen *voice = stage_seen(stage, "/voice", 0);
        assert_param(voice, "From", "client:alice");
        assert_param(voice, "To", THEIRS);
        assert_param(voice, "CallSid", sid);
        assert_param(voice, "note", "x");
        assert_param(voice, "FromCountry", NULL);
        assert_param(voice, "ApplicationSid", stage->settings.app_sid);
        assert_string_equal(cases[i].status, stage_values(stage, "/action", "DialCallStatus"));
        if (cases[i].warning)
            assert_warning(stage, sid, cases[i].warning);
    }
}

static void time_limit_ends_the_talk(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Dial timeLimit=\"30\"" ACTION ">" NUMBER "</Dial>");
    stage_everybody(stage, "\"hangup_after_ms\":null");
    inbound(stage, "");
    stage_pass(stage, 60000);
    assert_string_equal("30", stage_values(stage, "/action", "DialCallDuration"));
}

static void a_dial_can_be_recorded(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(
        stage, "/voice",
        "<Dial record=\"record-from-answer-dual\" recordingStatusCallback=\"/recording\"" ACTION
        ">" NUMBER "</Dial>");
    const char *sid = inbound(stage, "");
    stage_settle(stage);
    const struct seen *recording = stage_seen(stage, "/recording", 0);
    assert_param(recording, "CallSid", sid);
    assert_param(recording, "RecordingStatus", "completed");
    assert_param(recording, "RecordingDuration", "10");
    assert_param(recording, "RecordingSource", "DialVerb");
    assert_param(recording, "RecordingChannels", "2");
    const char *recording_sid = fields_get(&recording->params, "RecordingSid");
    assert_param(stage_seen(stage, "/action", 0), "RecordingSid", recording_sid);
}

static void rest_may_take_either_leg_away(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Dial" ACTION ">" NUMBER "</Dial>");
    stage_twiml(stage, "/transfer", "<Say>Transferred</Say><Pause length=\"100\"/>");
    stage_twiml(stage, "/action", "<Say>Goodbye</Say>");
    stage_everybody(stage, "\"hangup_after_ms\":null");
    const char *sid = inbound(stage, "");
    stage_pass(stage, 5000);
    stage_control(stage, "GET", "/sim/calls?direction=outbound-dial", "");
    const char *child = arena_strdup(stage->arena, stage_text(stage, "calls.0.call_sid"));
    const char *path = arena_printf(stage->arena, CALLS "/%s.json", child);
    assert_int_equal(200,
                     stage_rest(stage, "POST", path, "Url=https://phone.example.com/transfer"));
    stage_pass(stage, 5000);
    assert_event(stage, child, "says", "Transferred");
    assert_event(stage, sid, "says", "Goodbye");
    assert_param(stage_seen(stage, "/action", 0), "DialCallSid", NULL);

    const char *other = inbound(stage, "");
    stage_pass(stage, 5000);
    path = arena_printf(stage->arena, CALLS "/%s.json", other);
    assert_int_equal(200, stage_rest(stage, "POST", path, "Twiml=<Response><Pause/></Response>"));
    assert_int_equal(1, stage_count(stage, "/action"));
    stage_control(stage, "GET", arena_printf(stage->arena, "/sim/calls?parent_call_sid=%s", other),
                  "");
    assert_string_equal("completed", stage_text(stage, "calls.0.status"));
}

static void a_called_leg_may_be_deleted_while_others_ring(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Dial" ACTION "><Client>one</Client><Client>two</Client></Dial>");
    stage_control(stage, "PUT", "/sim/script", "{\"match\":\"client:one\",\"busy\":true}");
    inbound(stage, "\"hangup_after_ms\":8000");
    stage_pass(stage, 2000);
    stage_control(stage, "GET", "/sim/calls?to=client:one", "");
    const char *path =
        arena_printf(stage->arena, CALLS "/%s.json", stage_text(stage, "calls.0.call_sid"));
    assert_int_equal(204, stage_rest(stage, "DELETE", path, ""));
    stage_settle(stage);
    assert_string_equal("completed", stage_values(stage, "/action", "DialCallStatus"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_action_is_told_how_it_ended),
        cmocka_unit_test(without_an_action_the_next_verb_follows),
        cmocka_unit_test(a_noun_tells_its_own_callbacks),
        cmocka_unit_test(the_first_to_answer_wins_and_the_others_are_canceled),
        cmocka_unit_test(sequential_nouns_ring_one_after_another),
        cmocka_unit_test(a_caller_who_hangs_up_takes_the_others_along),
        cmocka_unit_test(answer_on_bridge_leaves_the_caller_ringing),
        cmocka_unit_test(a_whisper_is_heard_before_the_bridge),
        cmocka_unit_test(a_whisper_that_hangs_up_never_bridges),
        cmocka_unit_test(a_whisper_may_not_dial),
        cmocka_unit_test(a_browser_needs_a_caller_id_to_reach_a_telephone),
        cmocka_unit_test(time_limit_ends_the_talk),
        cmocka_unit_test(a_dial_can_be_recorded),
        cmocka_unit_test(rest_may_take_either_leg_away),
        cmocka_unit_test(a_called_leg_may_be_deleted_while_others_ring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
