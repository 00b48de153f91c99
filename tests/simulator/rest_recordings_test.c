/* Recordings by REST: started, paused, stopped, found again, listed, deleted; and what is refused with which code. */
#include "stage.h"

#include "core/macros.h"

#define CALLBACK "RecordingStatusCallback=https://phone.example.com/recorded"

/* A call that talks until it is hung up; its SID. */
static const char *talking(struct stage *stage)
{
    stage_everybody(stage, "\"hangup_after_ms\":null");
    stage_twiml(stage, "/voice", "<Play loop=\"0\">https://phone.example.com/music</Play>");
    const char *sid = stage_call(stage, "");
    stage_pass(stage, 3000);
    return sid;
}

static const char *of_call(struct stage *stage, const char *call, const char *recording)
{
    return arena_printf(stage->arena, CALLS "/%s/Recordings%s%s.json", call, *recording ? "/" : "",
                        recording);
}

static const char *of_account(struct stage *stage, const char *recording)
{
    return arena_printf(stage->arena, RECORDINGS "/%s.json", recording);
}

/* The SID of a recording that was started; asserted to be 201. */
static const char *start(struct stage *stage, const char *call, const char *form)
{
    assert_int_equal(201, stage_rest(stage, "POST", of_call(stage, call, ""), form));
    return arena_strdup(stage->arena, stage_text(stage, "sid"));
}

static void update(struct stage *stage, const char *call, const char *recording, const char *form)
{
    assert_int_equal(200, stage_rest(stage, "POST", of_call(stage, call, recording), form));
}

static void a_recording_is_started_and_stopped(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    const char *call = talking(stage);
    const char *sid = start(stage, call,
                            CALLBACK "&RecordingStatusCallbackEvent=in-progress"
                                     "&RecordingStatusCallbackEvent=completed"
                                     "&RecordingChannels=dual&RecordingTrack=inbound");
    assert_string_equal("in-progress", stage_text(stage, "status"));
    assert_string_equal("StartCallRecordingAPI", stage_text(stage, "source"));
    assert_string_equal("inbound", stage_text(stage, "track"));
    assert_int_equal(2, stage_number(stage, "channels"));
    assert_true(json_is_null(json_object_get(stage->json, "duration")));
    stage_pass(stage, 7000);
    update(stage, call, sid, "Status=stopped");
    assert_string_equal("stopped", stage_text(stage, "status"));
    stage_pass(stage, 2000);
    assert_int_equal(200, stage_rest(stage, "GET", of_call(stage, call, sid), ""));
    assert_string_equal("completed", stage_text(stage, "status"));
    assert_string_equal("7", stage_text(stage, "duration"));
    assert_string_equal("in-progress completed",
                        stage_values(stage, "/recorded", "RecordingStatus"));
    assert_string_equal("inbound inbound", stage_values(stage, "/recorded", "RecordingTrack"));
    assert_int_equal(200, stage_rest(stage, "GET", of_account(stage, sid), ""));
    assert_string_equal("https://api.twilio.com" RECORDINGS,
                        stage_text(stage, "media_url")
                            ? arena_copy(stage->arena, stage_text(stage, "media_url"),
                                         strlen("https://api.twilio.com" RECORDINGS))
                            : "");
    stage_control(stage, "POST", "/sim/hangup",
                  arena_printf(stage->arena, "{\"call_sid\":\"%s\"}", call));
    stage_settle(stage);
    assert_int_equal(2, stage_count(stage, "/recorded")); /* nothing more is told at the end */
}

static void a_pause_is_silence_or_left_out(void **state)
{
    (void)state;
    static const struct {
        const char *form;
        const char *duration;
    } cases[] = {
        {"Status=paused",                       "9"},
        {"Status=paused&PauseBehavior=silence", "9"},
        {"Status=paused&PauseBehavior=skip",    "5"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_stage struct stage *stage = stage_ready();
        const char *call = talking(stage);
        const char *sid = start(stage, call, "");
        stage_pass(stage, 2000);
        update(stage, call, "Twilio.CURRENT", cases[i].form);
        assert_string_equal(sid, stage_text(stage, "sid"));
        assert_string_equal("paused", stage_text(stage, "status"));
        update(stage, call, sid, cases[i].form); /* again is fine */
        stage_pass(stage, 4000);
        update(stage, call, sid, "Status=in-progress");
        assert_string_equal("in-progress", stage_text(stage, "status"));
        stage_pass(stage, 3000);
        update(stage, call, sid, "Status=stopped");
        stage_pass(stage, 2000);
        assert_int_equal(200, stage_rest(stage, "GET", of_account(stage, sid), ""));
        assert_string_equal(cases[i].duration, stage_text(stage, "duration"));
    }
}

static void a_pause_lasts_until_the_end(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    const char *call = talking(stage);
    const char *sid = start(stage, call, "");
    stage_pass(stage, 2000);
    update(stage, call, sid, "Status=paused&PauseBehavior=skip");
    stage_pass(stage, 60000);
    stage_control(stage, "POST", "/sim/hangup",
                  arena_printf(stage->arena, "{\"call_sid\":\"%s\"}", call));
    stage_settle(stage);
    assert_int_equal(200, stage_rest(stage, "GET", of_account(stage, sid), ""));
    assert_string_equal("completed", stage_text(stage, "status"));
    assert_string_equal("2", stage_text(stage, "duration"));
}

static const struct {
    const char *method;
    const char *what; /* %C is the call, %R a recording that runs, %O another call */
    const char *form;
    int status;
    int code;
} refusals[] = {
    {"POST",   "/Calls/%C/Recordings.json",                                              "Colour=red",                        400, 20001},
    {"POST",   "/Calls/%C/Recordings.json",                                              "RecordingChannels=three",           400, 20001},
    {"POST",   "/Calls/%C/Recordings.json",                                              "RecordingTrack=left",               400, 20001},
    {"POST",   "/Calls/%C/Recordings.json",                                              "Trim=yes",                          400, 20001},
    {"POST",   "/Calls/%C/Recordings.json",                                              "RecordingStatusCallback=home",      400, 21609},
    {"POST",   "/Calls/%C/Recordings.json",                                              "RecordingStatusCallbackMethod=PUT", 400, 21209},
    {"POST",   "/Calls/%O/Recordings.json",                                              "",                                  400, 21220},
    {"POST",   "/Calls/CA00000000000000000000000000000009/Recordings.json",              "",                                  404, 20404},
    {"POST",   "/Calls/%C/Recordings/%R.json",                                           "",                                  400, 20001},
    {"POST",   "/Calls/%C/Recordings/%R.json",                                           "Status=completed",                  400, 20001},
    {"POST",   "/Calls/%C/Recordings/%R.json",                                           "Status=paused&PauseBehavior=x",     400, 20001},
    {"POST",   "/Calls/%O/Recordings/%R.json",                                           "Status=stopped",                    404, 20404},
    {"POST",   "/Calls/%O/Recordings/Twilio.CURRENT.json",                               "Status=stopped",                    404, 20404},
    {"GET",    "/Calls/%O/Recordings/%R.json",                                           "",                                  404, 20404},
    {"DELETE", "/Calls/%O/Recordings/%R.json",                                           "",                                  404, 20404},
    {"DELETE", "/Calls/%C/Recordings/%R.json",                                           "",                                  409, 20009},
    {"DELETE", "/Recordings/%R.json",                                                    "",                                  409, 20009},
    {"POST",   "/Recordings/%R.json",                                                    "",                                  405, 20004},
    {"GET",    "/Recordings/RE00000000000000000000000000000009.json",                    "",                                  404, 20404},
    {"GET",    "/Recordings.json?DateCreated=yesterday",                                 "",                                  400, 20001},
    {"GET",    "/Recordings.json?CallSid=call",                                          "",                                  400, 20001},
    {"GET",    "/Recordings.json?IncludeSoftDeleted=perhaps",                            "",                                  400, 20001},
    {"GET",    "/Recordings.json?Status=completed",                                      "",                                  400, 20001},
    {"GET",    "/Recordings.json?PageSize=1001",                                         "",                                  400, 20007},
    {"GET",    "/Recordings.json?Page=1",                                                "",                                  400, 20001},
    {"GET",    "/Recordings.json?Page=1&PageToken=PARE00000000000000000000000000000009", "",                                  400,
     20001                                                                                                                              },
    {"GET",    "/Calls/%C/Recordings.json?CallSid=%C",                                   "",                                  400, 20001},
    {"GET",    "/Calls/%C/Recordings/.json",                                             "",                                  404, 20404},
    {"GET",    "/Calls/%C/Recordings/%R/more.json",                                      "",                                  404, 20404},
    {"GET",    "/Calls//Recordings.json",                                                "",                                  404, 20404},
};

/* `pattern` with its signs replaced. */
static const char *fill(struct stage *stage,
                        const char *pattern,
                        const char *call,
                        const char *recording,
                        const char *other)
{
    const char *out = "/2010-04-01/Accounts/AC00000000000000000000000000000001";
    for (const char *at = pattern; *at;) {
        size_t len = strcspn(at, "%");
        out = arena_printf(stage->arena, "%s%.*s", out, (int)len, at);
        at += len;
        if (*at == '\0')
            break;
        out = arena_printf(stage->arena, "%s%s", out,
                           at[1] == 'C'   ? call
                           : at[1] == 'R' ? recording
                                          : other);
        at += 2;
    }
    return out;
}

static void what_cannot_be_is_refused_with_twilio_s_code(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    const char *call = talking(stage);
    const char *recording = start(stage, call, "");
    const char *other = stage_call(stage, ""); /* it does not even ring yet */
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        const char *path = fill(stage, refusals[i].what, call, recording, other);
        int status = stage_rest(stage, refusals[i].method, path, refusals[i].form);
        if (status != refusals[i].status || stage_number(stage, "code") != refusals[i].code)
            fail_msg("%s %s %s: %d, %lld", refusals[i].method, refusals[i].what, refusals[i].form,
                     status, (long long)stage_number(stage, "code"));
        assert_false(stage->xml);
    }
}

static void what_has_ended_is_not_recorded(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    const char *call = talking(stage);
    const char *sid = start(stage, call, "");
    stage_control(stage, "POST", "/sim/hangup",
                  arena_printf(stage->arena, "{\"call_sid\":\"%s\"}", call));
    stage_settle(stage);
    assert_int_equal(400, stage_rest(stage, "POST", of_call(stage, call, ""), ""));
    assert_int_equal(21220, stage_number(stage, "code"));
    static const char *const words[] = {"paused", "in-progress", "stopped"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        assert_int_equal(400, stage_rest(stage, "POST", of_call(stage, call, sid),
                                         arena_printf(stage->arena, "Status=%s", words[i])));
        assert_int_equal(21220, stage_number(stage, "code"));
    }
}

static void the_current_one_must_be_the_only_one(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    const char *call = talking(stage);
    const char *first = start(stage, call, "");
    const char *second = start(stage, call, "");
    assert_int_equal(
        400, stage_rest(stage, "POST", of_call(stage, call, "Twilio.CURRENT"), "Status=stopped"));
    assert_int_equal(16108, stage_number(stage, "code"));
    update(stage, call, second, "Status=stopped");
    update(stage, call, "Twilio.CURRENT", "Status=stopped");
    assert_string_equal(first, stage_text(stage, "sid"));
}

static void what_is_deleted_is_gone_but_known_for_a_while(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    const char *call = talking(stage);
    const char *sid = start(stage, call, "");
    stage_pass(stage, 5000);
    update(stage, call, sid, "Status=stopped");
    stage_pass(stage, 2000);
    assert_int_equal(204, stage_rest(stage, "DELETE", of_account(stage, sid), ""));
    assert_int_equal(404, stage_rest(stage, "DELETE", of_account(stage, sid), ""));
    assert_int_equal(404, stage_rest(stage, "GET", of_account(stage, sid), ""));
    assert_int_equal(404, stage_rest(stage, "GET", of_call(stage, call, sid), ""));
    assert_int_equal(
        404, stage_rest(stage, "GET", arena_printf(stage->arena, RECORDINGS "/%s", sid), ""));
    assert_int_equal(200, stage_rest(stage, "GET", RECORDINGS ".json", ""));
    assert_int_equal(0, json_array_size(json_object_get(stage->json, "recordings")));
    assert_int_equal(
        200,
        stage_rest(stage, "GET",
                   arena_printf(stage->arena, RECORDINGS "/%s.json?IncludeSoftDeleted=true", sid),
                   ""));
    assert_string_equal("deleted", stage_text(stage, "status"));
    assert_int_equal(200, stage_rest(stage, "GET", RECORDINGS ".json?IncludeSoftDeleted=true", ""));
    assert_string_equal(sid, stage_text(stage, "recordings.0.sid"));
}

static size_t listed(struct stage *stage, const char *path)
{
    if (stage_rest(stage, "GET", path, "") != 200)
        fail_msg("%s", path);
    return json_array_size(json_object_get(stage->json, "recordings"));
}

static void lists_are_filtered_and_paged(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        size_t count;
    } cases[] = {
        {"",                                                                         5},
        {"?DateCreated=2026-11-20",                                                  5},
        {"?DateCreated=2026-11-21",                                                  0},
        {"?DateCreated%3E=2026-11-20T19:22:10Z",                                     2},
        {"?DateCreated%3C=2026-11-20T19:22:10Z",                                     3},
        {"?DateCreated%3E=2026-11-20T19:22:00Z&DateCreated%3C=2026-11-20T19:22:10Z", 3},
        {"?CallSid=CA00000000000000000000000000000009",                              0},
        {"?ConferenceSid=CF00000000000000000000000000000009",                        0},
    };
    auto_stage struct stage *stage = stage_ready();
    const char *call = talking(stage); /* at 3 s */
    const char *newest = NULL;
    for (int i = 0; i < 5; i++) {
        newest = start(stage, call, "");
        stage_pass(stage, i == 2 ? 10000 : 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t count =
            listed(stage, arena_printf(stage->arena, RECORDINGS ".json%s", cases[i].query));
        if (count != cases[i].count)
            fail_msg("%s: %zu", cases[i].query, count);
    }
    assert_int_equal(
        5, listed(stage, arena_printf(stage->arena, RECORDINGS ".json?CallSid=%s", call)));
    const char *lists[] = {RECORDINGS ".json?PageSize=2",
                           arena_printf(stage->arena, "%s?PageSize=2", of_call(stage, call, ""))};
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        size_t seen = listed(stage, lists[i]);
        assert_string_equal(newest, stage_text(stage, "recordings.0.sid"));
        for (const char *next = stage_text(stage, "next_page_uri"); next;
             next = stage_text(stage, "next_page_uri")) {
            assert_int_equal(seen - 1, stage_number(stage, "end"));
            seen += listed(stage, arena_strdup(stage->arena, next));
        }
        assert_int_equal(5, seen);
        assert_int_equal(2, stage_number(stage, "page"));
    }
}

static void new_recordings_may_not_be_seen_yet(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    const char *call = talking(stage);
    start(stage, call, "");
    assert_int_equal(200, stage_control(stage, "POST", "/sim/faults",
                                        "{\"target\":\"rest\",\"kind\":\"stale\",\"path\":\"/"
                                        "Recordings.json\",\"delay_ms\":5000,\"count\":2}"));
    assert_int_equal(0, listed(stage, RECORDINGS ".json"));
    stage_pass(stage, 5000);
    assert_int_equal(1, listed(stage, RECORDINGS ".json"));
}

static void the_price_comes_later(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage->settings.price_delay_ms = 5000;
    const char *call = talking(stage);
    const char *sid = start(stage, call, "");
    stage_pass(stage, 61000);
    update(stage, call, sid, "Status=stopped");
    stage_pass(stage, 1000 + 4999);
    assert_int_equal(200, stage_rest(stage, "GET", of_account(stage, sid), ""));
    assert_true(json_is_null(json_object_get(stage->json, "price")));
    stage_pass(stage, 1);
    assert_int_equal(200, stage_rest(stage, "GET", of_account(stage, sid), ""));
    assert_string_equal("-0.00500", stage_text(stage, "price"));
    assert_int_equal(200, stage_rest(stage, "GET", of_call(stage, call, sid), ""));
    assert_true(json_real_value(json_object_get(stage->json, "price")) < 0);
    stage_control(stage, "POST", "/sim/hangup",
                  arena_printf(stage->arena, "{\"call_sid\":\"%s\"}", call));
    stage_pass(stage, 4999);
    const char *path = arena_printf(stage->arena, CALLS "/%s.json", call);
    assert_int_equal(200, stage_rest(stage, "GET", path, ""));
    assert_null(stage_text(stage, "price"));
    stage_pass(stage, 1);
    assert_int_equal(200, stage_rest(stage, "GET", path, ""));
    assert_string_equal("-0.02800", stage_text(stage, "price"));
}

/* The oldest that are through are forgotten, and paging through all of them takes no time to speak of. */
static void there_may_be_thousands(void **state)
{
    (void)state;
    enum { MOST = 20000, MORE = 20100 };
    auto_stage struct stage *stage = stage_ready();
    const char *call = talking(stage);
    for (int i = 0; i < MORE; i++) {
        const char *sid = start(stage, call, "");
        if (i < 200) {
            update(stage, call, sid, "Status=stopped");
            stage_pass(stage, 1001);
        }
    }
    assert_int_equal(200, stage_control(stage, "GET", "/sim/health", ""));
    assert_int_equal(MOST, stage_number(stage, "recording_count"));
    size_t seen = listed(stage, RECORDINGS ".json?PageSize=500");
    for (const char *next = stage_text(stage, "next_page_uri"); next;
         next = stage_text(stage, "next_page_uri"))
        seen += listed(stage, arena_strdup(stage->arena, next));
    assert_int_equal(MOST, seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recording_is_started_and_stopped),
        cmocka_unit_test(a_pause_is_silence_or_left_out),
        cmocka_unit_test(a_pause_lasts_until_the_end),
        cmocka_unit_test(what_cannot_be_is_refused_with_twilio_s_code),
        cmocka_unit_test(what_has_ended_is_not_recorded),
        cmocka_unit_test(the_current_one_must_be_the_only_one),
        cmocka_unit_test(what_is_deleted_is_gone_but_known_for_a_while),
        cmocka_unit_test(lists_are_filtered_and_paged),
        cmocka_unit_test(new_recordings_may_not_be_seen_yet),
        cmocka_unit_test(the_price_comes_later),
        cmocka_unit_test(there_may_be_thousands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
