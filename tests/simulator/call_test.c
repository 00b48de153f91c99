/* The life of a call that REST places: what the callee does, what the callbacks say. */
#include "stage.h"

#define EVERYTHING                                                                                 \
    "&StatusCallback=https://phone.example.com/status&StatusCallbackEvent=initiated"               \
    "&StatusCallbackEvent=ringing&StatusCallbackEvent=answered&StatusCallbackEvent=completed"

struct life {
    const char *callee;   /* members of a script rule */
    const char *statuses; /* CallStatus of the callbacks */
    const char *final;    /* REST status */
    const char *duration; /* CallDuration of the last callback */
    const char *minutes;  /* Duration */
    const char *sip;      /* SipResponseCode */
};

static const struct life lives[] = {
    {"\"hangup_after_ms\":12000", "initiated ringing in-progress completed", "completed", "12", "1",
     "200"                                                                                                },
    {"\"hangup_after_ms\":61000", "initiated ringing in-progress completed", "completed", "61", "2",
     "200"                                                                                                },
    {"\"busy\":true",             "initiated ringing busy",                  "busy",      "0",  "0", "486"},
    {"\"reject\":true",           "initiated ringing busy",                  "busy",      "0",  "0", "603"},
    {"\"no_answer\":true",        "initiated ringing no-answer",             "no-answer", "0",  "0", "487"},
    {"\"answer_after_ms\":null",  "initiated ringing no-answer",             "no-answer", "0",  "0", "487"},
    {"\"fail_sip\":404",          "initiated failed",                        "failed",    "0",  "0", "404"},
    {"\"offline\":true",          "initiated no-answer",                     "no-answer", "0",  "0", "480"},
};

static void a_call_lives_as_its_callee_decides(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lives); i++) {
        const struct life *life = &lives[i];
        auto_stage struct stage *stage = stage_ready();
        stage_twiml(stage, "/voice", "<Pause length=\"600\"/>");
        stage_everybody(stage, life->callee);
        const char *sid = stage_call(stage, EVERYTHING);
        assert_string_equal("queued", stage_text(stage, "status"));
        stage_settle(stage);
        assert_string_equal(life->statuses, stage_values(stage, "/status", "CallStatus"));
        const struct seen *last = stage_seen(stage, "/status", stage_count(stage, "/status") - 1);
        assert_param(last, "CallDuration", life->duration);
        assert_param(last, "Duration", life->minutes);
        assert_param(last, "SipResponseCode", life->sip);
        assert_param(last, "CallSid", sid);
        const char *path = arena_printf(stage->arena, CALLS "/%s.json", sid);
        assert_int_equal(200, stage_rest(stage, "GET", path, ""));
        assert_string_equal(life->final, stage_text(stage, "status"));
        assert_string_equal(life->duration, stage_text(stage, "duration"));
    }
}

static void callbacks_are_numbered_from_zero_and_stamped(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Hangup/>");
    stage_call(stage, EVERYTHING);
    stage_settle(stage);
    assert_string_equal("0 1 2 3", stage_values(stage, "/status", "SequenceNumber"));
    assert_string_equal("call-progress-events call-progress-events call-progress-events "
                        "call-progress-events",
                        stage_values(stage, "/status", "CallbackSource"));
    const struct seen *first = stage_seen(stage, "/status", 0);
    assert_param(first, "Timestamp", "Fri, 20 Nov 2026 19:22:00 +0000");
    assert_param(first, "Direction", "outbound-api");
    assert_param(first, "From", OURS);
    assert_param(first, "Caller", OURS);
    assert_param(first, "To", THEIRS);
    assert_param(first, "Called", THEIRS);
    assert_param(first, "ApiVersion", "2010-04-01");
    assert_param(first, "CallDuration", NULL);
    assert_param(first, "CallToken", NULL);
}

static void only_the_end_is_told_unless_more_is_asked_for(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Hangup/>");
    stage_call(stage, "&StatusCallback=https://phone.example.com/status");
    stage_settle(stage);
    assert_string_equal("completed", stage_values(stage, "/status", "CallStatus"));
    assert_string_equal("0", stage_values(stage, "/status", "SequenceNumber"));
}

static void twiml_is_asked_for_when_the_callee_answers(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Say>Hello</Say><Pause length=\"1\"/><Hangup/>");
    const char *sid = stage_call(stage, "");
    stage_pass(stage, 1999);
    assert_int_equal(0, stage_count(stage, "/voice"));
    stage_pass(stage, 1);
    assert_int_equal(1, stage_count(stage, "/voice"));
    const struct seen *asked = stage_seen(stage, "/voice", 0);
    assert_string_equal("POST", asked->method);
    assert_string_equal("phone.example.com", asked->host);
    assert_param(asked, "CallStatus", "in-progress");
    stage_settle(stage);
    assert_event(stage, sid, "says", "Hello");
    assert_event(stage, sid, "completed", "1 s");
}

static void a_ringing_call_can_be_canceled(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_everybody(stage, "\"manual\":true");
    const char *sid = stage_call(stage, EVERYTHING);
    stage_settle(stage);
    const char *path = arena_printf(stage->arena, CALLS "/%s.json", sid);
    assert_int_equal(200, stage_rest(stage, "POST", path, "Status=canceled"));
    assert_string_equal("canceled", stage_text(stage, "status"));
    stage_settle(stage);
    assert_string_equal("initiated ringing canceled", stage_values(stage, "/status", "CallStatus"));
    assert_int_equal(400, stage_rest(stage, "POST", path, "Status=completed"));
    assert_int_equal(21220, stage_number(stage, "code"));
}

static void a_running_call_can_be_completed_but_not_canceled(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Pause length=\"600\"/>");
    const char *sid = stage_call(stage, "");
    stage_pass(stage, 5000);
    const char *path = arena_printf(stage->arena, CALLS "/%s.json", sid);
    assert_int_equal(400, stage_rest(stage, "POST", path, "Status=canceled"));
    assert_int_equal(21220, stage_number(stage, "code"));
    assert_int_equal(200, stage_rest(stage, "POST", path, "Status=completed"));
    assert_string_equal("completed", stage_text(stage, "status"));
    assert_string_equal("3", stage_text(stage, "duration"));
}

static void a_running_call_can_be_given_other_twiml(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Pause length=\"600\"/>");
    stage_twiml(stage, "/other", "<Say>Something else</Say>");
    const char *sid = stage_call(stage, "");
    stage_pass(stage, 5000);
    const char *path = arena_printf(stage->arena, CALLS "/%s.json", sid);
    assert_int_equal(200, stage_rest(stage, "POST", path, "Url=https://phone.example.com/other"));
    stage_settle(stage);
    assert_event(stage, sid, "says", "Something else");
    assert_event(stage, sid, "hung up", "end of the document");
}

static void inline_twiml_needs_no_request(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    assert_int_equal(
        201,
        stage_rest(
            stage, "POST", CALLS ".json",
            "To=%2B14155550100&From=%2B15005550006&Twiml=<Response><Say>Inline</Say></Response>"));
    const char *sid = arena_strdup(stage->arena, stage_text(stage, "sid"));
    stage_settle(stage);
    assert_int_equal(0, stage->seen_count);
    assert_event(stage, sid, "says", "Inline");
}

static void calls_leave_the_queue_at_the_account_s_rate(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_create();
    stage->settings.calls_per_second = 1;
    stage_open(stage);
    stage_call(stage, "");
    assert_string_equal("0", stage_text(stage, "queue_time"));
    stage_call(stage, "");
    assert_string_equal("1000", stage_text(stage, "queue_time"));
    stage_call(stage, "");
    assert_string_equal("2000", stage_text(stage, "queue_time"));
}

static void machine_detection_tells_who_answered(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Hangup/>");
    stage_everybody(stage, "\"answered_by\":\"machine_start\"");
    stage_call(stage, "&MachineDetection=Enable");
    stage_settle(stage);
    assert_param(stage_seen(stage, "/voice", 0), "AnsweredBy", "machine_start");
    stage_call(stage, "&MachineDetection=Enable&AsyncAmd=true"
                      "&AsyncAmdStatusCallback=https://phone.example.com/amd");
    stage_settle(stage);
    assert_param(stage_seen(stage, "/voice", 1), "AnsweredBy", NULL);
    assert_param(stage_seen(stage, "/amd", 0), "AnsweredBy", "machine_start");
}

static void a_recorded_call_tells_when_its_recording_is_ready(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Pause length=\"7\"/>");
    stage_call(stage,
               "&Record=true&RecordingChannels=dual"
               "&RecordingStatusCallback=https://phone.example.com/recording"
               "&RecordingStatusCallbackEvent=in-progress&RecordingStatusCallbackEvent=completed"
               "&StatusCallback=https://phone.example.com/status");
    stage_settle(stage);
    assert_string_equal("in-progress completed",
                        stage_values(stage, "/recording", "RecordingStatus"));
    const struct seen *ready = stage_seen(stage, "/recording", 1);
    assert_param(ready, "RecordingDuration", "7");
    assert_param(ready, "RecordingChannels", "2");
    assert_param(ready, "RecordingSource", "OutboundAPI");
    assert_param(stage_seen(stage, "/status", 0), "RecordingDuration", "7");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_lives_as_its_callee_decides),
        cmocka_unit_test(callbacks_are_numbered_from_zero_and_stamped),
        cmocka_unit_test(only_the_end_is_told_unless_more_is_asked_for),
        cmocka_unit_test(twiml_is_asked_for_when_the_callee_answers),
        cmocka_unit_test(a_ringing_call_can_be_canceled),
        cmocka_unit_test(a_running_call_can_be_completed_but_not_canceled),
        cmocka_unit_test(a_running_call_can_be_given_other_twiml),
        cmocka_unit_test(inline_twiml_needs_no_request),
        cmocka_unit_test(calls_leave_the_queue_at_the_account_s_rate),
        cmocka_unit_test(machine_detection_tells_who_answered),
        cmocka_unit_test(a_recorded_call_tells_when_its_recording_is_ready),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
