/*
 * Recordings at Twilio's REST API: what goes onto the wire, what is refused before it does, and
 * answers as Twilio's published description has them.
 */
#include <string.h>

#include "core/arena.h"
#include "core/macros.h"
#include "support/cmocka_all.h"
#include "twilio/rest_recordings.h"

#define AC "AC00000000000000000000000000000000"
#define CA "CA11111111111111111111111111111111"
#define RE "RE22222222222222222222222222222222"
#define BASE "https://api.twilio.com"
#define ACCOUNT BASE "/2010-04-01/Accounts/" AC
#define OF_CALL ACCOUNT "/Calls/" CA "/Recordings"

static const struct rest_account account = {.account_sid = AC, .base_url = BASE};

/* ---- starting ---- */

static void starts_a_recording_with_all_that_can_be_asked(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct error err = {0};
    struct rest_request request = {0};
    const struct rest_recording_start start = {
        .channels = "dual",
        .track = "both",
        .trim = "trim-silence",
        .status_callback = "https://voice.example/webhooks/recording-status?call=call_1#rc=2",
        .status_callback_method = "POST",
        .status_callback_events = "in-progress completed absent",
    };
    assert_int_equal(rest_start_recording(&account, CA, &start, arena, &request, &err), 0);
    assert_string_equal(request.method, "POST");
    assert_string_equal(request.url, OF_CALL ".json");
    assert_string_equal(
        request.body, "RecordingStatusCallbackEvent=in-progress"
                      "&RecordingStatusCallbackEvent=completed&RecordingStatusCallbackEvent=absent"
                      "&RecordingStatusCallback=https%3A%2F%2Fvoice.example%2Fwebhooks%2F"
                      "recording-status%3Fcall%3Dcall_1%23rc%3D2"
                      "&RecordingStatusCallbackMethod=POST&Trim=trim-silence"
                      "&RecordingChannels=dual&RecordingTrack=both");
    assert_int_equal(request.body_len, strlen(request.body));
}

static void starts_a_recording_without_a_wish(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct error err = {0};
    struct rest_request request = {0};
    const struct rest_recording_start start = {0};
    assert_int_equal(rest_start_recording(&account, CA, &start, arena, &request, &err), 0);
    assert_string_equal(request.method, "POST");
    assert_string_equal(request.body, "");
}

static void refuses_wishes_that_twilio_does_not_know(void **state)
{
    static const struct {
        const char *field;
        const char *call_sid;
        struct rest_recording_start start;
    } wrong[] = {
        {"CallSid",                       RE,        {0}                                 },
        {"CallSid",                       NULL,      {0}                                 },
        {"CallSid",                       CA "/../", {0}                                 },
        {"RecordingChannels",             CA,        {.channels = "stereo"}              },
        {"RecordingTrack",                CA,        {.track = "left"}                   },
        {"Trim",                          CA,        {.trim = "true"}                    },
        {"RecordingStatusCallback",       CA,        {.status_callback = "/webhooks"}    },
        {"RecordingStatusCallbackMethod", CA,        {.status_callback_method = "PUT"}   },
        {"RecordingStatusCallbackEvent",  CA,        {.status_callback_events = "failed"}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        auto_arena struct arena *arena = arena_create();
        struct error err = {0};
        struct rest_request request = {0};
        assert_int_equal(rest_start_recording(&account, wrong[i].call_sid, &wrong[i].start, arena,
                                              &request, &err),
                         -1);
        assert_int_equal(err.kind, ERROR_INVALID);
        assert_string_equal(err.field, wrong[i].field);
        assert_null(request.url);
    }
}

/* ---- pause, resume, stop ---- */

static const struct {
    const char *sid;
    struct rest_recording_update update;
    const char *url; /* NULL: refused, and body is the field */
    const char *body;
} updates[] = {
    {RE,                  {.status = "paused"},                            OF_CALL "/" RE ".json",         "Status=paused"     },
    {RE,
     {.status = "paused", .pause_behavior = "skip"},
     OF_CALL "/" RE ".json",
     "Status=paused&PauseBehavior=skip"                                                                                        },
    {RE,                  {.status = "in-progress"},                       OF_CALL "/" RE ".json",         "Status=in-progress"},
    {"Twilio.CURRENT",    {.status = "stopped"},                           OF_CALL "/Twilio.CURRENT.json", "Status=stopped"    },
    {RE,                  {0},                                             NULL,                           "Status"            },
    {RE,                  {.status = "completed"},                         NULL,                           "Status"            },
    {RE,                  {.status = "absent"},                            NULL,                           "Status"            },
    {RE,                  {.status = "paused", .pause_behavior = "mute"},  NULL,                           "PauseBehavior"     },
    {RE,                  {.status = "stopped", .pause_behavior = "skip"}, NULL,                           "PauseBehavior"     },
    {CA,                  {.status = "stopped"},                           NULL,                           "Sid"               },
    {"Twilio.CURRENT/..", {.status = "stopped"},                           NULL,                           "Sid"               },
    {NULL,                {.status = "stopped"},                           NULL,                           "Sid"               },
};

static void pauses_resumes_and_stops(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(updates); i++) {
        auto_arena struct arena *arena = arena_create();
        struct error err = {0};
        struct rest_request request = {0};
        int result = rest_update_recording(&account, CA, updates[i].sid, &updates[i].update, arena,
                                           &request, &err);
        if (updates[i].url == NULL) {
            assert_int_equal(result, -1);
            assert_int_equal(err.kind, ERROR_INVALID);
            assert_string_equal(err.field, updates[i].body);
            continue;
        }
        assert_int_equal(result, 0);
        assert_string_equal(request.method, "POST");
        assert_string_equal(request.url, updates[i].url);
        assert_string_equal(request.body, updates[i].body);
    }
}

/* ---- fetch, list, delete ---- */

static void fetches_and_deletes_by_the_sid_alone(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct error err = {0};
    struct rest_request request = {0};
    assert_int_equal(rest_fetch_recording(&account, RE, arena, &request, &err), 0);
    assert_string_equal(request.method, "GET");
    assert_string_equal(request.url, ACCOUNT "/Recordings/" RE ".json");
    assert_int_equal(rest_delete_recording(&account, RE, arena, &request, &err), 0);
    assert_string_equal(request.method, "DELETE");
    assert_string_equal(request.url, ACCOUNT "/Recordings/" RE ".json");
    assert_null(request.body);
    assert_int_equal(rest_fetch_recording(&account, CA, arena, &request, &err), -1);
    assert_string_equal(err.field, "Sid");
    error_clear(&err);
    assert_int_equal(rest_delete_recording(&account, RE "?x", arena, &request, &err), -1);
    assert_string_equal(err.field, "Sid");
}

static void lists_recordings_of_the_account(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct error err = {0};
    struct rest_request request = {0};
    const struct rest_recording_query query = {
        .call_sid = CA,
        .created_from_ms = 1700000000999,  /* 22:13:20.999 */
        .created_until_ms = 1700000060001, /* 22:14:20.001 */
        .include_deleted = REST_YES,
        .page_size = 1000,
    };
    assert_int_equal(rest_list_recordings(&account, &query, arena, &request, &err), 0);
    assert_string_equal(request.method, "GET");
    assert_string_equal(request.url, ACCOUNT "/Recordings.json?CallSid=" CA
                                             "&DateCreated%3E=2023-11-14T22%3A13%3A20Z"
                                             "&DateCreated%3C=2023-11-14T22%3A14%3A21Z"
                                             "&IncludeSoftDeleted=true&PageSize=1000");
    const struct rest_recording_query all = {0};
    assert_int_equal(rest_list_recordings(&account, &all, arena, &request, &err), 0);
    assert_string_equal(request.url, ACCOUNT "/Recordings.json");
    const struct rest_recording_query wrong = {.page_size = 1001};
    assert_int_equal(rest_list_recordings(&account, &wrong, arena, &request, &err), -1);
    assert_string_equal(err.field, "PageSize");
}

static void lists_recordings_of_a_leg(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct error err = {0};
    struct rest_request request = {0};
    assert_int_equal(rest_list_call_recordings(&account, CA, 0, arena, &request, &err), 0);
    assert_string_equal(request.url, OF_CALL ".json");
    assert_int_equal(rest_list_call_recordings(&account, CA, 20, arena, &request, &err), 0);
    assert_string_equal(request.url, OF_CALL ".json?PageSize=20");
    assert_int_equal(rest_list_call_recordings(&account, RE, 20, arena, &request, &err), -1);
    assert_string_equal(err.field, "CallSid");
}

/* ---- answers ---- */

static void reads_a_recording(void **state)
{
    static const char body[] =
        "{\"account_sid\":\"" AC "\",\"api_version\":\"2010-04-01\",\"call_sid\":\"" CA "\","
        "\"conference_sid\":null,\"channels\":2,\"source\":\"StartCallRecordingAPI\","
        "\"status\":\"completed\",\"error_code\":null,\"track\":\"both\","
        "\"date_created\":\"Fri, 14 Oct 2016 21:56:34 +0000\","
        "\"date_updated\":\"Fri, 14 Oct 2016 21:56:38 +0000\","
        "\"start_time\":\"Fri, 14 Oct 2016 21:56:34 +0000\",\"price\":-0.0025,"
        "\"price_unit\":\"USD\",\"duration\":\"4\",\"sid\":\"" RE "\","
        "\"media_url\":\"" ACCOUNT "/Recordings/" RE "\",\"encryption_details\":null}";

    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct error err = {0};
    struct rest_recording recording = {0};
    assert_int_equal(rest_read_recording(body, sizeof body - 1, arena, &recording, &err), 0);
    assert_string_equal(recording.sid, RE);
    assert_string_equal(recording.account_sid, AC);
    assert_string_equal(recording.call_sid, CA);
    assert_string_equal(recording.conference_sid, "");
    assert_string_equal(recording.status, "completed");
    assert_string_equal(recording.source, "StartCallRecordingAPI");
    assert_string_equal(recording.track, "both");
    assert_string_equal(recording.media_url, ACCOUNT "/Recordings/" RE);
    assert_string_equal(recording.price, "-0.0025");
    assert_string_equal(recording.price_unit, "USD");
    assert_int_equal(recording.created_at_ms, 1476482194000);
    assert_int_equal(recording.updated_at_ms, 1476482198000);
    assert_int_equal(recording.started_at_ms, 1476482194000);
    assert_int_equal(recording.duration_s, 4);
    assert_int_equal(recording.channels, 2);
    assert_int_equal(recording.error_code, -1);
}

static void reads_a_recording_that_runs_and_one_that_failed(void **state)
{
    static const char runs[] = "{\"sid\":\"" RE "\",\"status\":\"in-progress\",\"duration\":\"-1\","
                               "\"channels\":1,\"price\":null,\"start_time\":null}";
    static const char failed[] = "{\"sid\":\"" RE "\",\"status\":\"absent\",\"duration\":\"0\","
                                 "\"error_code\":16101}";

    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct error err = {0};
    struct rest_recording recording = {0};
    assert_int_equal(rest_read_recording(runs, sizeof runs - 1, arena, &recording, &err), 0);
    assert_int_equal(recording.duration_s, -1);
    assert_int_equal(recording.started_at_ms, 0);
    assert_string_equal(recording.price, "");
    assert_int_equal(rest_read_recording(failed, sizeof failed - 1, arena, &recording, &err), 0);
    assert_int_equal(recording.error_code, 16101);
    assert_int_equal(recording.duration_s, 0);
}

static void reads_a_page_of_recordings(void **state)
{
    static const char body[] =
        "{\"recordings\":[{\"sid\":\"" RE "\",\"status\":\"completed\"},"
        "{\"sid\":\"RE33333333333333333333333333333333\",\"status\":\"processing\"}],\"page\":0,"
        "\"next_page_uri\":\"/2010-04-01/Accounts/" AC "/Recordings.json?Page=1&PageToken=x\"}";

    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct error err = {0};
    struct rest_recording_page page = {0};
    struct rest_request next = {0};
    assert_int_equal(rest_read_recordings(body, sizeof body - 1, arena, &page, &err), 0);
    assert_int_equal(page.count, 2);
    assert_string_equal(page.items[0].sid, RE);
    assert_string_equal(page.items[1].status, "processing");
    assert_int_equal(rest_next_page(&account, page.next_page_uri, arena, &next, &err), 0);
    assert_string_equal(next.url, ACCOUNT "/Recordings.json?Page=1&PageToken=x");
}

static void says_upstream_of_what_is_no_recording(void **state)
{
    static const char *const wrong[] = {
        "",
        "<?xml version=\"1.0\"?><TwilioResponse/>",
        "[]",
        "{\"sid\":\"" CA "\"}",
        "{\"calls\":[]}",
        "{\"recordings\":null}",
        "{\"recordings\":[{\"sid\":\"" CA "\"}]}",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        auto_arena struct arena *arena = arena_create();
        struct error err = {0};
        struct rest_recording recording = {0};
        struct rest_recording_page page = {0};
        size_t len = strlen(wrong[i]);
        assert_int_equal(rest_read_recording(wrong[i], len, arena, &recording, &err), -1);
        assert_int_equal(err.kind, ERROR_UPSTREAM);
        assert_null(recording.sid);
        error_clear(&err);
        assert_int_equal(rest_read_recordings(wrong[i], len, arena, &page, &err), -1);
        assert_int_equal(err.kind, ERROR_UPSTREAM);
        assert_null(page.items);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_a_recording_with_all_that_can_be_asked),
        cmocka_unit_test(starts_a_recording_without_a_wish),
        cmocka_unit_test(refuses_wishes_that_twilio_does_not_know),
        cmocka_unit_test(pauses_resumes_and_stops),
        cmocka_unit_test(fetches_and_deletes_by_the_sid_alone),
        cmocka_unit_test(lists_recordings_of_the_account),
        cmocka_unit_test(lists_recordings_of_a_leg),
        cmocka_unit_test(reads_a_recording),
        cmocka_unit_test(reads_a_recording_that_runs_and_one_that_failed),
        cmocka_unit_test(reads_a_page_of_recordings),
        cmocka_unit_test(says_upstream_of_what_is_no_recording),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
