/* Transcription while a call goes on: what comes in which order, from whom, until when. */
#include "stage.h"

#include "core/macros.h"

#define TALK "\"says_on_call\":[\"Hello this is bob\",\"Good bye\"],\"hangup_after_ms\":20000"

static const char *inbound(struct stage *stage, const char *script)
{
    assert_int_equal(201, stage_control(stage, "POST", "/sim/inbound",
                                        arena_printf(stage->arena, "{\"script\":{%s}}", script)));
    return arena_strdup(stage->arena, stage_text(stage, "call_sid"));
}

static const char *transcript(struct stage *stage)
{
    const char *all = "";
    for (size_t i = 0; i < stage_count(stage, "/said"); i++) {
        const struct fields *params = &stage_seen(stage, "/said", i)->params;
        const char *data = fields_get(params, "TranscriptionData");
        json_auto_t *json = data ? json_loads(data, 0, NULL) : NULL;
        const char *event = fields_get(params, "TranscriptionEvent");
        if (strcmp(event, "transcription-content") != 0)
            all = arena_printf(stage->arena, "%s%s\n", all, event);
        else
            all =
                arena_printf(stage->arena, "%s%s %s: %s\n", all, fields_get(params, "Track"),
                             strcmp(fields_get(params, "Final"), "true") == 0 ? "final" : "partial",
                             json_string_value(json_object_get(json, "transcript")));
    }
    return all;
}

static void both_sides_are_told(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_everybody(stage, TALK);
    stage_twiml(stage, "/voice",
                "<Start><Transcription name=\"t\" "
                "statusCallbackUrl=\"/said\"/></Start><Dial>+14155550155</Dial>");
    inbound(stage, "\"says_on_call\":[\"Hi bob\",\"See you\"]");
    stage_settle(stage);
    assert_string_equal("transcription-started\n"
                        "inbound_track final: Hi bob\n"
                        "inbound_track final: See you\n"
                        "outbound_track final: Hello this is bob\n"
                        "outbound_track final: Good bye\n"
                        "transcription-stopped\n",
                        transcript(stage));
    assert_string_equal("1 2 3 4 5 6", stage_values(stage, "/said", "SequenceId"));
    const struct seen *started = stage_seen(stage, "/said", 0);
    assert_param(started, "Name", "t");
    assert_param(started, "Track", "both_tracks");
    assert_param(started, "LanguageCode", "en-US");
    assert_param(started, "TranscriptionEngine", "google");
    assert_param(started, "PartialResults", "false");
    assert_int_equal(0, strncmp("GT", fields_get(&started->params, "TranscriptionSid"), 2));
    assert_int_equal(0,
                     strncmp("2026-11-20T19:22:", fields_get(&started->params, "Timestamp"), 17));
    assert_int_equal(200, stage_control(stage, "GET", "/sim/calls?parent_call_sid=", ""));
    assert_string_equal("outbound_track",
                        stage_text(stage, "calls.0.transcriptions.0.said.2.track"));
    assert_string_equal("Good bye", stage_text(stage, "calls.0.transcriptions.0.said.3.text"));
}

static void halves_come_first_if_they_are_wanted(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice",
                "<Start><Transcription track=\"inbound_track\" partialResults=\"true\" "
                "statusCallbackUrl=\"/said\"/></Start><Pause length=\"20\"/>");
    inbound(stage, TALK);
    stage_settle(stage);
    assert_string_equal("transcription-started\n"
                        "inbound_track partial: Hello\n"
                        "inbound_track final: Hello this is bob\n"
                        "inbound_track partial: Good\n"
                        "inbound_track final: Good bye\n"
                        "transcription-stopped\n",
                        transcript(stage));
    assert_param(stage_seen(stage, "/said", 1), "Stability", "0.8");
    assert_param(stage_seen(stage, "/said", 2), "Stability", NULL);
}

static void one_side_alone_may_be_heard(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_everybody(stage, TALK);
    stage_twiml(stage, "/voice",
                "<Start><Transcription track=\"outbound_track\" "
                "statusCallbackUrl=\"/said\"/></Start><Dial>+14155550155</Dial>");
    inbound(stage, "\"says_on_call\":\"Nobody hears this\"");
    stage_settle(stage);
    assert_null(strstr(transcript(stage), "Nobody"));
    assert_non_null(strstr(transcript(stage), "outbound_track final: Good bye"));
}

static void it_stops_when_it_is_told_to(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice",
                "<Start><Transcription name=\"t\" statusCallbackUrl=\"/said\"/></Start><Pause "
                "length=\"2\"/><Stop><Transcription name=\"t\"/></Stop><Pause length=\"9\"/>");
    inbound(stage, TALK);
    stage_settle(stage);
    assert_string_equal(
        "transcription-started\ninbound_track final: Hello this is bob\ntranscription-stopped\n",
        transcript(stage));
}

static void what_never_began_cannot_stop(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice",
                "<Stop><Transcription name=\"t\"/><Stream "
                "name=\"s\"/></Stop><Start><Siprec/></Start><Pause/>");
    const char *call = inbound(stage, TALK);
    stage_settle(stage);
    assert_warning(stage, call, 12200);
    assert_int_equal(0, stage_count(stage, "/said"));
}

static void it_may_break_down(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    assert_int_equal(
        200,
        stage_control(stage, "POST", "/sim/faults",
                      "{\"target\":\"transcription\",\"kind\":\"failed\",\"method\":\"live\"}"));
    stage_twiml(
        stage, "/voice",
        "<Start><Transcription statusCallbackUrl=\"/said\"/></Start><Pause length=\"20\"/>");
    inbound(stage, TALK);
    stage_settle(stage);
    assert_string_equal("transcription-started\ntranscription-error\n", transcript(stage));
    assert_param(stage_seen(stage, "/said", 1), "TranscriptionErrorCode", "32650");
}

static void rest_starts_and_stops_it(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_everybody(stage, TALK);
    stage_twiml(stage, "/voice", "<Pause length=\"60\"/>");
    const char *call = stage_call(stage, "");
    const char *path = arena_printf(stage->arena, CALLS "/%s/Transcriptions.json", call);
    assert_int_equal(400, stage_rest(stage, "POST", path, ""));
    assert_int_equal(21220, stage_number(stage, "code"));
    stage_pass(stage, 3000);
    assert_int_equal(400, stage_rest(stage, "POST", path, "Track=left"));
    assert_int_equal(
        200,
        stage_rest(
            stage, "POST", path,
            "Name=mine&StatusCallbackUrl=https://phone.example.com/said&PartialResults=false"));
    assert_string_equal("in-progress", stage_text(stage, "status"));
    stage_pass(stage, 2000);
    const char *one = arena_printf(stage->arena, CALLS "/%s/Transcriptions/mine.json", call);
    assert_int_equal(400, stage_rest(stage, "POST", one, "Status=paused"));
    assert_int_equal(200, stage_rest(stage, "POST", one, "Status=stopped"));
    assert_string_equal("stopped", stage_text(stage, "status"));
    stage_settle(stage);
    assert_string_equal(
        "transcription-started\ninbound_track final: Hello this is bob\ntranscription-stopped\n",
        transcript(stage));
    assert_int_equal(
        404, stage_rest(stage, "POST",
                        arena_printf(stage->arena, CALLS "/%s/Transcriptions/other.json", call),
                        "Status=stopped"));
}

static void a_recording_may_be_started_beside_the_call(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice",
                "<Start><Recording channels=\"dual\" track=\"inbound\" "
                "recordingStatusCallback=\"/recorded\"/></Start><Pause length=\"6\"/>");
    inbound(stage, TALK);
    stage_settle(stage);
    const struct seen *told = stage_seen(stage, "/recorded", 0);
    assert_param(told, "RecordingSource", "StartCallRecordingTwiML");
    assert_param(told, "RecordingChannels", "2");
    assert_param(told, "RecordingTrack", "inbound");
    assert_param(told, "RecordingDuration", "6");
}

static void ringing_may_be_recorded_too(void **state)
{
    (void)state;
    static const struct {
        const char *record;
        const char *script;
        const char *duration; /* NULL: no recording */
    } cases[] = {
        {"record-from-answer",       "\"answer_after_ms\":4000,\"hangup_after_ms\":10000", "10"},
        {"record-from-ringing",      "\"answer_after_ms\":4000,\"hangup_after_ms\":10000", "14"},
        {"record-from-ringing-dual", "\"answer_after_ms\":4000,\"hangup_after_ms\":10000", "14"},
        {"record-from-answer-dual",  "\"busy\":true",                                      NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_stage struct stage *stage = stage_ready();
        stage_everybody(stage, cases[i].script);
        stage_twiml(
            stage, "/voice",
            arena_printf(
                stage->arena,
                "<Dial record=\"%s\" recordingStatusCallback=\"/recorded\">+14155550155</Dial>",
                cases[i].record));
        inbound(stage, "\"speaks_ms\":1");
        stage_settle(stage);
        assert_int_equal(cases[i].duration != NULL, stage_count(stage, "/recorded"));
        if (cases[i].duration)
            assert_param(stage_seen(stage, "/recorded", 0), "RecordingDuration", cases[i].duration);
    }
}

static void the_whisper_comes_after_the_answer_and_before_the_bridge(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice",
                "<Dial record=\"record-from-answer\" recordingStatusCallback=\"/recorded\" "
                "recordingStatusCallbackEvent=\"in-progress completed\"><Number url=\"/whisper\" "
                "statusCallback=\"/child\" statusCallbackEvent=\"answered "
                "completed\">+14155550155</Number></Dial>");
    stage_twiml(stage, "/whisper", "<Pause length=\"3\"/>");
    inbound(stage, "\"speaks_ms\":1");
    stage_settle(stage);
    const char *order = "";
    for (size_t i = 0; i < stage->seen_count; i++)
        order = arena_printf(stage->arena, "%s %s", order, strrchr(stage->seen[i].url, '/') + 1);
    assert_string_equal(" voice child whisper recorded child recorded", order);
    assert_param(stage_seen(stage, "/recorded", 1), "RecordingDuration", "7");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_are_told),
        cmocka_unit_test(halves_come_first_if_they_are_wanted),
        cmocka_unit_test(one_side_alone_may_be_heard),
        cmocka_unit_test(it_stops_when_it_is_told_to),
        cmocka_unit_test(what_never_began_cannot_stop),
        cmocka_unit_test(it_may_break_down),
        cmocka_unit_test(rest_starts_and_stops_it),
        cmocka_unit_test(a_recording_may_be_started_beside_the_call),
        cmocka_unit_test(ringing_may_be_recorded_too),
        cmocka_unit_test(the_whisper_comes_after_the_answer_and_before_the_bridge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
