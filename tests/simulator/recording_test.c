/* Recordings: when their sound is there, in which form, and what the truth says of them. */
#include "stage.h"

#include "core/macros.h"

/* A call that is recorded from its answer to its end, and says goodbye after 10 seconds. */
static struct stage *recorded(const char *more)
{
    struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Pause length=\"60\"/>");
    stage_call(stage, arena_printf(stage->arena,
                                   "&Record=true&RecordingStatusCallback=https://phone.example.com/"
                                   "recorded%s",
                                   more));
    return stage;
}

static const char *recording_sid(struct stage *stage)
{
    assert_int_equal(200, stage_control(stage, "GET", "/sim/recordings", ""));
    return arena_strdup(stage->arena, stage_text(stage, "recordings.0.sid"));
}

static int fetch(struct stage *stage, const char *sid, const char *ending)
{
    return stage_rest(stage, "GET", arena_printf(stage->arena, RECORDINGS "/%s%s", sid, ending),
                      "");
}

static void the_sound_is_there_some_time_after_the_callback(void **state)
{
    (void)state;
    auto_stage struct stage *stage = recorded("");
    const char *sid = NULL;
    while (stage_count(stage, "/recorded") == 0)
        stage_pass(stage, 100);
    assert_param(stage_seen(stage, "/recorded", 0), "RecordingStatus", "completed");
    sid = recording_sid(stage);
    assert_int_equal(404, fetch(stage, sid, ""));
    assert_int_equal(20404, stage_number(stage, "code"));
    assert_true(stage->xml);
    stage_pass(stage, 250);
    assert_int_equal(200, fetch(stage, sid, ""));
    assert_true(stage->has_media);
    assert_string_equal(sid, stage->media.recording_sid);
    assert_int_equal(10 * SIM_MEDIA_RATE, stage->media.samples);
    assert_int_equal(stage->media.length, sim_media_bytes(&stage->media));
}

static void a_recording_that_runs_or_never_was_has_no_sound(void **state)
{
    (void)state;
    auto_stage struct stage *stage = recorded("");
    stage_pass(stage, 5000);
    assert_int_equal(404, fetch(stage, recording_sid(stage), ".wav"));
    assert_int_equal(404, fetch(stage, "RE00000000000000000000000000000000", ".mp3"));
    assert_int_equal(20404, stage_number(stage, "code"));
    assert_int_equal(404, fetch(stage, "RE00000000000000000000000000000000/more", ""));
}

static void the_delay_is_the_setting_s_or_the_person_s(void **state)
{
    (void)state;
    static const struct {
        const char *members; /* of the person's script */
        int64_t delay_ms;    /* -1: never */
    } cases[] = {
        {"\"speaks_ms\":1",            7000   },
        {"\"media_delay_ms\":0",       0      },
        {"\"media_delay_ms\":3000000", 3000000},
        {"\"media_delay_ms\":null",    -1     },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_stage struct stage *stage = stage_ready();
        stage_everybody(stage, cases[i].members);
        assert_int_equal(200, stage_control(stage, "PUT", "/sim/media", "{\"delay_ms\":7000}"));
        stage_twiml(stage, "/voice", "<Pause length=\"60\"/>");
        stage_call(stage, "&Record=true");
        stage_settle(stage); /* ends at the very moment it is complete */
        const char *sid = recording_sid(stage);
        if (cases[i].delay_ms < 0) {
            stage_pass(stage, 1000000000);
            assert_int_equal(404, fetch(stage, sid, ""));
            continue;
        }
        if (cases[i].delay_ms > 0) {
            stage_pass(stage, cases[i].delay_ms - 1);
            assert_int_equal(404, fetch(stage, sid, ""));
            stage_pass(stage, 1);
        }
        assert_int_equal(200, fetch(stage, sid, ""));
    }
}

static void the_length_is_the_duration_s_the_setting_s_or_the_person_s(void **state)
{
    (void)state;
    static const struct {
        const char *media;
        const char *members;
        int64_t seconds;
    } cases[] = {
        {"{}",                              "\"speaks_ms\":1",   10   },
        {"{\"max_s\":4}",                   "\"speaks_ms\":1",   4    },
        {"{\"max_s\":4,\"sound_s\":13000}", "\"speaks_ms\":1",   13000},
        {"{\"sound_s\":null}",              "\"speaks_ms\":1",   10   },
        {"{\"sound_s\":3}",                 "\"media_s\":20000", 20000},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_stage struct stage *stage = stage_ready();
        stage_everybody(stage, cases[i].members);
        assert_int_equal(200, stage_control(stage, "PUT", "/sim/media", cases[i].media));
        stage_twiml(stage, "/voice", "<Pause length=\"60\"/>");
        stage_call(stage,
                   "&Record=true&RecordingStatusCallback=https://phone.example.com/recorded");
        stage_settle(stage);
        stage_pass(stage, 250);
        assert_int_equal(200, fetch(stage, recording_sid(stage), ""));
        assert_int_equal(cases[i].seconds * SIM_MEDIA_RATE, stage->media.samples);
        assert_param(stage_seen(stage, "/recorded", 0), "RecordingDuration", "10");
    }
}

static void media_settings_that_are_wrong_change_nothing(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "{\"delay_ms\":-2}",
        "{\"delay_ms\":\"soon\"}",
        "{\"max_s\":-1}",
        "{\"max_s\":50001}",
        "{\"sound_s\":1.5}",
        "{\"volume\":3}",
        "[]",
        "{\"delay_ms\":5,\"max_s\":{}}",
    };
    auto_stage struct stage *stage = stage_ready();
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_int_equal(422, stage_control(stage, "PUT", "/sim/media", wrong[i]));
    assert_int_equal(200, stage_control(stage, "GET", "/sim/media", ""));
    assert_int_equal(250, stage_number(stage, "delay_ms"));
    assert_int_equal(120, stage_number(stage, "max_s"));
}

static void channels_are_as_recorded_or_as_requested(void **state)
{
    (void)state;
    static const struct {
        const char *more; /* of the call */
        const char *ending;
        int status;
        int value; /* channels, or the code */
    } cases[] = {
        {"",                        "",                         200, 1    },
        {"&RecordingChannels=dual", "",                         200, 2    },
        {"&RecordingChannels=dual", ".mp3",                     200, 2    },
        {"&RecordingChannels=dual", "?RequestedChannels=1",     200, 1    },
        {"&RecordingChannels=dual", ".mp3?RequestedChannels=1", 200, 1    },
        {"",                        "?RequestedChannels=1",     200, 1    },
        {"",                        "?RequestedChannels=2",     400, 16113},
        {"",                        "?RequestedChannels=3",     400, 20001},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_stage struct stage *stage = recorded(cases[i].more);
        stage_settle(stage);
        stage_pass(stage, 250);
        assert_int_equal(cases[i].status, fetch(stage, recording_sid(stage), cases[i].ending));
        assert_int_equal(cases[i].value, cases[i].status == 200 ? stage->media.channels
                                                                : stage_number(stage, "code"));
    }
}

static void a_range_is_a_part_of_the_whole(void **state)
{
    (void)state;
    enum { ALL = 160044 };
    static const struct {
        const char *range;
        int status;
        uint64_t begin;
        uint64_t length;
    } cases[] = {
        {"bytes=0-",                    206, 0,         ALL     },
        {"bytes=0-43",                  206, 0,         44      },
        {"bytes=160043-",               206, 160043,    1       },
        {"bytes=44-99999999",           206, 44,        ALL - 44},
        {"bytes=-100",                  206, ALL - 100, 100     },
        {"bytes=-999999",               206, 0,         ALL     },
        {"bytes=160044-",               416, 0,         0       },
        {"bytes=-0",                    416, 0,         0       },
        {"bytes=5-4",                   200, 0,         ALL     },
        {"bytes=0-1,5-6",               200, 0,         ALL     },
        {"bytes=-",                     200, 0,         ALL     },
        {"lines=1-2",                   200, 0,         ALL     },
        {"bytes=a-b",                   200, 0,         ALL     },
        {"bytes=99999999999999999999-", 416, 0,         0       },
    };
    auto_stage struct stage *stage = recorded("");
    stage_settle(stage);
    stage_pass(stage, 250);
    const char *sid = recording_sid(stage);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        stage->range = cases[i].range;
        int status = fetch(stage, sid, "");
        if (status != cases[i].status)
            fail_msg("%s: %d", cases[i].range, status);
        if (status == 416)
            continue;
        assert_int_equal(cases[i].begin, stage->media.begin);
        assert_int_equal(cases[i].length, stage->media.length);
    }
}

static void who_is_not_known_hears_nothing(void **state)
{
    (void)state;
    auto_stage struct stage *stage = recorded("");
    stage_settle(stage);
    stage_pass(stage, 250);
    const char *path = arena_printf(stage->arena, RECORDINGS "/%s.wav", recording_sid(stage));
    assert_int_equal(401, stage_rest_as(stage, "", "GET", path, ""));
    assert_int_equal(20003, stage_number(stage, "code"));
    assert_int_equal(405, stage_rest(stage, "POST", path, ""));
}

static void recordings_outlive_their_calls(void **state)
{
    (void)state;
    auto_stage struct stage *stage = recorded("");
    stage_settle(stage);
    stage_pass(stage, 250);
    const char *sid = recording_sid(stage);
    const char *call = arena_strdup(stage->arena, stage_text(stage, "recordings.0.call_sid"));
    assert_int_equal(
        204, stage_rest(stage, "DELETE", arena_printf(stage->arena, CALLS "/%s.json", call), ""));
    assert_int_equal(200, fetch(stage, sid, ".mp3"));
    assert_int_equal(200, stage_control(stage, "GET", "/sim/recordings", ""));
    assert_string_equal(call, stage_text(stage, "recordings.0.call_sid"));
    assert_int_equal(200, stage_control(stage, "POST", "/sim/reset", ""));
    assert_int_equal(404, fetch(stage, sid, ".mp3"));
}

static void the_truth_knows_who_fetched_what(void **state)
{
    (void)state;
    auto_stage struct stage *stage = recorded("");
    stage_settle(stage);
    stage_pass(stage, 250);
    const char *sid = recording_sid(stage);
    assert_int_equal(200, fetch(stage, sid, ".mp3"));
    struct sim_media media = stage->media;
    sim_downloaded(stage->sim, stage->now, &media, media.length - 1); /* it broke */
    assert_int_equal(200, stage_control(stage, "GET", "/sim/recordings?hashes=true", ""));
    assert_int_equal(0, stage_number(stage, "recordings_downloaded"));
    assert_int_equal(200, fetch(stage, sid, ".wav"));
    media = stage->media;
    sim_downloaded(stage->sim, stage->now, &media, media.length);
    assert_int_equal(
        200,
        stage_control(stage, "GET",
                      arena_printf(stage->arena, "/sim/recordings?hashes=true&sid=%s", sid), ""));
    assert_int_equal(1, stage_number(stage, "recordings_completed"));
    assert_int_equal(1, stage_number(stage, "recordings_downloaded"));
    assert_int_equal(2, stage_number(stage, "recordings.0.downloads"));
    assert_int_equal(1, stage_number(stage, "recordings.0.downloads_whole"));
    assert_string_equal("mp3", stage_text(stage, "recordings.0.download_log.0.format"));
    assert_string_equal(stage->settings.account_sid,
                        stage_text(stage, "recordings.0.download_log.1.user"));
    assert_int_equal(160044, stage_number(stage, "recordings.0.media.bytes"));
    assert_int_equal(64, strlen(stage_text(stage, "recordings.0.media.sha256_mono")));
    assert_null(stage_text(stage, "recordings.0.media.sha256_dual"));
    assert_int_equal(
        200, stage_control(stage, "GET", "/sim/wait?recordings_downloaded=1&timeout_ms=1", ""));
    assert_int_equal(0, stage_control(stage, "GET", "/sim/wait?recordings_completed=2", ""));
}

static void the_url_names_twilio_or_us(void **state)
{
    (void)state;
    auto_stage struct stage *stage = recorded("");
    sim_serve_at(stage->sim, "http://127.0.0.1:9080");
    stage_settle(stage);
    assert_param(
        stage_seen(stage, "/recorded", 0), "RecordingUrl",
        arena_printf(stage->arena, "http://127.0.0.1:9080" RECORDINGS "/%s", recording_sid(stage)));
    auto_stage struct stage *other = recorded("");
    stage_settle(other);
    assert_param(stage_seen(other, "/recorded", 0), "RecordingUrl",
                 arena_printf(other->arena, "https://api.twilio.com" RECORDINGS "/%s",
                              recording_sid(other)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sound_is_there_some_time_after_the_callback),
        cmocka_unit_test(a_recording_that_runs_or_never_was_has_no_sound),
        cmocka_unit_test(the_delay_is_the_setting_s_or_the_person_s),
        cmocka_unit_test(the_length_is_the_duration_s_the_setting_s_or_the_person_s),
        cmocka_unit_test(media_settings_that_are_wrong_change_nothing),
        cmocka_unit_test(channels_are_as_recorded_or_as_requested),
        cmocka_unit_test(a_range_is_a_part_of_the_whole),
        cmocka_unit_test(who_is_not_known_hears_nothing),
        cmocka_unit_test(recordings_outlive_their_calls),
        cmocka_unit_test(the_truth_knows_who_fetched_what),
        cmocka_unit_test(the_url_names_twilio_or_us),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
