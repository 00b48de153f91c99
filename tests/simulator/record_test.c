/* <Record>: what ends it, what is cut off, who is asked; and what was said, as text. */
#include "stage.h"

#include "core/macros.h"

#define VERB                                                                                       \
    "recordingStatusCallback=\"/recorded\" recordingStatusCallbackEvent=\"in-progress completed "  \
    "absent\" action=\"/done\""

static const char *inbound(struct stage *stage, const char *script)
{
    assert_int_equal(201, stage_control(stage, "POST", "/sim/inbound",
                                        arena_printf(stage->arena, "{\"script\":{%s}}", script)));
    return arena_strdup(stage->arena, stage_text(stage, "call_sid"));
}

static const struct {
    const char *attributes;
    const char *script;
    const char *digits;   /* of the action; NULL: absent, "none": nobody is asked */
    const char *duration; /* "absent": there is none */
    int64_t after_ms;     /* the action is asked for */
} cases[] = {
    {"",                                   "\"speaks_ms\":7000",                          NULL,     "7",      12000},
    {"timeout=\"2\"",                      "\"speaks_ms\":7000",                          NULL,     "7",      9000 },
    {"timeout=\"2\" trim=\"do-not-trim\"", "\"speaks_ms\":7000",                          NULL,     "9",      9000 },
    {"maxLength=\"4\"",                    "\"speaks_ms\":7000",                          NULL,     "4",      4000 },
    {"timeout=\"0\" maxLength=\"9\"",      "\"speaks_ms\":7000",                          NULL,     "7",      9000 },
    {"",                                   "\"speaks_ms\":7000,\"finish_key\":\"#\"",     "#",      "7",      7000 },
    {"finishOnKey=\"5\"",                  "\"speaks_ms\":7000,\"finish_key\":\"#\"",     NULL,     "7",      12000},
    {"finishOnKey=\"\"",                   "\"speaks_ms\":7000,\"finish_key\":\"#\"",     NULL,     "7",      12000},
    {"maxLength=\"4\"",                    "\"speaks_ms\":7000,\"finish_key\":\"#\"",     NULL,     "4",      4000 },
    {"",                                   "\"speaks_ms\":7000,\"hangup_after_ms\":3000", "hangup", "3",      3000 },
    {"",                                   "\"speaks_ms\":2000,\"hangup_after_ms\":4000", "hangup", "2",      4000 },
    {"",                                   "\"speaks_ms\":0",                             "none",   "absent", 0    },
    {"",                                   "\"speaks_ms\":0,\"hangup_after_ms\":2000",    "none",   "absent", 0    },
    {"playBeep=\"false\"",                 "\"speaks_ms\":1000",                          NULL,     "1",      6000 },
};

static void it_ends_by_silence_a_key_or_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_stage struct stage *stage = stage_ready();
        stage_twiml(
            stage, "/voice",
            arena_printf(stage->arena, "<Record " VERB " %s/><Hangup/>", cases[i].attributes));
        stage_twiml(stage, "/done", "<Hangup/>");
        inbound(stage, cases[i].script);
        stage_settle(stage);
        bool absent = strcmp(cases[i].duration, "absent") == 0;
        assert_string_equal(absent ? "in-progress absent" : "in-progress completed",
                            stage_values(stage, "/recorded", "RecordingStatus"));
        assert_param(stage_seen(stage, "/recorded", 1), "RecordingDuration",
                     absent ? NULL : cases[i].duration);
        assert_param(stage_seen(stage, "/recorded", 1), "RecordingSource", "RecordVerb");
        if (cases[i].digits && strcmp(cases[i].digits, "none") == 0) {
            assert_int_equal(0, stage_count(stage, "/done"));
            continue;
        }
        const struct seen *done = stage_seen(stage, "/done", 0);
        assert_param(done, "Digits", cases[i].digits);
        assert_param(done, "RecordingDuration", cases[i].duration);
        assert_int_equal(1, stage_count(stage, "/done"));
    }
}

static void a_key_may_be_pressed_by_hand(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Record " VERB " finishOnKey=\"*\"/>");
    stage_twiml(stage, "/done", "<Hangup/>");
    const char *call = inbound(stage, "\"speaks_ms\":60000");
    stage_pass(stage, 4000);
    assert_int_equal(
        409,
        stage_control(stage, "POST", "/sim/press",
                      arena_printf(stage->arena, "{\"call_sid\":\"%s\",\"digits\":\"1\"}", call)));
    assert_int_equal(
        200,
        stage_control(stage, "POST", "/sim/press",
                      arena_printf(stage->arena, "{\"call_sid\":\"%s\",\"digits\":\"*\"}", call)));
    stage_settle(stage);
    assert_param(stage_seen(stage, "/done", 0), "Digits", "*");
    assert_param(stage_seen(stage, "/recorded", 1), "RecordingDuration", "4");
}

static void other_instructions_end_it(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Record " VERB "/>");
    const char *call = inbound(stage, "\"speaks_ms\":60000");
    stage_pass(stage, 4000);
    assert_int_equal(200,
                     stage_rest(stage, "POST", arena_printf(stage->arena, CALLS "/%s.json", call),
                                "Twiml=<Response><Pause length=\"30\"/></Response>"));
    stage_pass(stage, 2000);
    assert_param(stage_seen(stage, "/recorded", 1), "RecordingDuration", "4");
    stage_settle(stage);
    assert_int_equal(0, stage_count(stage, "/done"));
    assert_int_equal(2, stage_count(stage, "/recorded"));
}

static void the_world_may_end_meanwhile(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_everybody(stage, "\"hangup_after_ms\":null");
    stage_twiml(stage, "/voice", "<Record " VERB "/>");
    stage_twiml(stage, "/dial", "<Dial record=\"true\">+14155550155</Dial>");
    inbound(stage, "\"speaks_ms\":60000");
    assert_int_equal(
        201,
        stage_rest(stage, "POST", CALLS ".json",
                   "To=%2B14155550100&From=%2B15005550006&Url=https://phone.example.com/dial"));
    stage_pass(stage, 8000);
    assert_int_equal(200, stage_control(stage, "GET", "/sim/recordings", ""));
    assert_int_equal(2, stage_number(stage, "recording_count"));
    assert_int_equal(200, stage_control(stage, "POST", "/sim/reset", ""));
    assert_int_equal(0, stage_number(stage, "recording_count"));
    stage_pass(stage, 60000);
}

/* ---- its text ---- */

#define TRANSCRIBED                                                                                \
    "<Record transcribe=\"true\" transcribeCallback=\"/text\" "                                    \
    "recordingStatusCallback=\"/recorded\" action=\"/done\"/>"

static void what_was_said_is_told_as_text(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", TRANSCRIBED);
    stage_twiml(stage, "/done", "<Hangup/>");
    const char *call = inbound(
        stage,
        "\"leaves_message\":\"Call me, it is urgent & \xc3\xa9\",\"transcribe_after_ms\":20000");
    while (stage_count(stage, "/recorded") == 0)
        stage_pass(stage, 100);
    stage_pass(stage, 19500);
    assert_int_equal(0, stage_count(stage, "/text"));
    stage_settle(stage);
    const struct seen *text = stage_seen(stage, "/text", 0);
    assert_param(text, "TranscriptionStatus", "completed");
    assert_param(text, "TranscriptionText", "Call me, it is urgent & \xc3\xa9");
    assert_param(text, "CallSid", call);
    assert_param(text, "CallStatus", "completed");
    assert_param(text, "RecordingSid",
                 fields_get(&stage_seen(stage, "/recorded", 0)->params, "RecordingSid"));
    const char *sid = fields_get(&text->params, "TranscriptionSid");
    assert_param(text, "TranscriptionUrl",
                 arena_printf(stage->arena,
                              "https://api.twilio.com/2010-04-01/Accounts/"
                              "AC00000000000000000000000000000001/Transcriptions/%s",
                              sid));
    assert_string_equal("POST", text->method);
    assert_int_equal(200, stage_control(stage, "GET", "/sim/recordings", ""));
    assert_string_equal(sid, stage_text(stage, "recordings.0.transcription.sid"));
    assert_string_equal("Call me, it is urgent & \xc3\xa9",
                        stage_text(stage, "recordings.0.transcription.text"));
}

static void some_text_cannot_be_had(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        const char *fault;
        size_t told;
    } wrong[] = {
        {"\"speaks_ms\":1000", "",                                                   1}, /* too short */
        {"\"speaks_ms\":9000",
         "{\"target\":\"transcription\",\"kind\":\"failed\",\"method\":\"record\"}", 1},
        {"\"speaks_ms\":0",    "",                                                   0}, /* there is no recording */
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        auto_stage struct stage *stage = stage_ready();
        stage_twiml(stage, "/voice", TRANSCRIBED);
        if (*wrong[i].fault)
            assert_int_equal(200, stage_control(stage, "POST", "/sim/faults", wrong[i].fault));
        inbound(stage, wrong[i].script);
        stage_pass(stage, 60000);
        assert_int_equal(wrong[i].told, stage_count(stage, "/text"));
        if (wrong[i].told == 0)
            continue;
        assert_param(stage_seen(stage, "/text", 0), "TranscriptionStatus", "failed");
        assert_param(stage_seen(stage, "/text", 0), "TranscriptionText", NULL);
    }
}

static void text_is_found_by_rest(void **state)
{
    (void)state;
    static const char base[] = "/2010-04-01/Accounts/AC00000000000000000000000000000001";
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", TRANSCRIBED);
    stage_twiml(stage, "/done", "<Hangup/>");
    inbound(stage, "\"leaves_message\":\"one\"");
    stage_settle(stage);
    inbound(stage, "\"leaves_message\":\"two\"");
    stage_settle(stage);
    assert_int_equal(
        200, stage_rest(stage, "GET",
                        arena_printf(stage->arena, "%s/Transcriptions.json?PageSize=1", base), ""));
    assert_string_equal("two", stage_text(stage, "transcriptions.0.transcription_text"));
    assert_int_equal(200, stage_rest(stage, "GET",
                                     arena_strdup(stage->arena, stage_text(stage, "next_page_uri")),
                                     ""));
    assert_string_equal("one", stage_text(stage, "transcriptions.0.transcription_text"));
    assert_null(stage_text(stage, "next_page_uri"));
    const char *recording =
        arena_strdup(stage->arena, stage_text(stage, "transcriptions.0.recording_sid"));
    const char *sid = arena_strdup(stage->arena, stage_text(stage, "transcriptions.0.sid"));
    const char *below =
        arena_printf(stage->arena, "%s/Recordings/%s/Transcriptions", base, recording);
    assert_int_equal(200,
                     stage_rest(stage, "GET", arena_printf(stage->arena, "%s.json", below), ""));
    assert_string_equal(sid, stage_text(stage, "transcriptions.0.sid"));
    const char *one = arena_printf(stage->arena, "%s/%s.json", below, sid);
    assert_int_equal(200, stage_rest(stage, "GET", one, ""));
    assert_string_equal("completed", stage_text(stage, "status"));
    assert_int_equal(
        204, stage_rest(stage, "DELETE",
                        arena_printf(stage->arena, "%s/Transcriptions/%s.json", base, sid), ""));
    assert_int_equal(404, stage_rest(stage, "GET", one, ""));
    assert_int_equal(404, stage_rest(stage, "DELETE", one, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_ends_by_silence_a_key_or_time),
        cmocka_unit_test(a_key_may_be_pressed_by_hand),
        cmocka_unit_test(other_instructions_end_it),
        cmocka_unit_test(the_world_may_end_meanwhile),
        cmocka_unit_test(what_was_said_is_told_as_text),
        cmocka_unit_test(some_text_cannot_be_had),
        cmocka_unit_test(text_is_found_by_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
