/* What goes wrong with the sound of recordings, and with recordings themselves. */
#include "stage.h"

#include "core/macros.h"

enum { ALL = 160044 }; /* bytes of ten seconds */

/* A recording whose sound is there; its SID. */
static const char *recorded(struct stage *stage)
{
    stage_twiml(stage, "/voice", "<Pause length=\"60\"/>");
    stage_call(stage,
               "&Record=true&RecordingStatusCallback=https://phone.example.com/recorded"
               "&RecordingStatusCallbackEvent=completed&RecordingStatusCallbackEvent=absent");
    stage_settle(stage);
    stage_pass(stage, 250);
    assert_int_equal(200, stage_control(stage, "GET", "/sim/recordings", ""));
    return arena_strdup(stage->arena, stage_text(stage, "recordings.0.sid"));
}

static void add_fault(struct stage *stage, const char *members)
{
    const char *json = arena_printf(stage->arena, "{\"target\":%s}", members);
    assert_int_equal(200, stage_control(stage, "POST", "/sim/faults", json));
}

static int fetch(struct stage *stage, const char *sid)
{
    return stage_rest(stage, "GET", arena_printf(stage->arena, RECORDINGS "/%s", sid), "");
}

static const struct {
    const char *fault;
    int status; /* 0: no answer */
    const char *type;
    uint64_t length;
    uint64_t cut_after;
    bool resets;
    bool noise;
    unsigned bytes_per_s;
} sounds[] = {
    {"\"short\"",                                            200, "audio/x-wav",              ALL / 2, ALL / 2, false, false, 0   },
    {"\"short\",\"at_bytes\":44",                            200, "audio/x-wav",              44,      44,      false, false, 0   },
    {"\"truncate\"",                                         200, "audio/x-wav",              ALL,     ALL / 2, false, false, 0   },
    {"\"truncate\",\"at_bytes\":0",                          200, "audio/x-wav",              ALL,     0,       false, false, 0   },
    {"\"truncate\",\"at_bytes\":999999",                     200, "audio/x-wav",              ALL,     ALL,     false, false, 0   },
    {"\"break\",\"at_bytes\":1000",                          200, "audio/x-wav",              ALL,     1000,    true,  false, 0   },
    {"\"empty\"",                                            200, "audio/x-wav",              0,       0,       false, false, 0   },
    {"\"not_sound\"",                                        200, "audio/x-wav",              ALL,     ALL,     false, true,  0   },
    {"\"wrong_type\"",                                       200, "text/html",                ALL,     ALL,     false, false, 0   },
    {"\"wrong_type\",\"type\":\"application/octet-stream\"", 200, "application/octet-stream", ALL,
     ALL,                                                                                                       false, false, 0   },
    {"\"trickle\"",                                          200, "audio/x-wav",              ALL,     ALL,     false, false, 4000},
    {"\"trickle\",\"bytes_per_s\":10",                       200, "audio/x-wav",              ALL,     ALL,     false, false, 10  },
};

static void sound_is_spoiled(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    const char *sid = recorded(stage);
    for (size_t i = 0; i < ARRAY_LEN(sounds); i++) {
        add_fault(stage, arena_printf(stage->arena, "\"media\",\"kind\":%s", sounds[i].fault));
        assert_int_equal(sounds[i].status, fetch(stage, sid));
        assert_true(stage->has_media);
        assert_string_equal(sounds[i].type, stage->media.content_type);
        assert_int_equal(sounds[i].length, stage->media.length);
        assert_int_equal(sounds[i].cut_after, stage->media.cut_after);
        assert_int_equal(sounds[i].resets, stage->media.resets);
        assert_int_equal(sounds[i].noise, stage->media.noise);
        assert_int_equal(sounds[i].bytes_per_s, stage->media.bytes_per_s);
        assert_int_equal(200, fetch(stage, sid)); /* once, and then it is well */
        assert_int_equal(ALL, stage->media.cut_after);
        assert_false(stage->media.noise);
    }
}

static const struct {
    const char *fault;
    int status;
    int code;
    bool xml;
    bool html;
    const char *location; /* "SELF": where it was asked for */
} refusals[] = {
    {"\"not_found\"",                                                      404, 20404, true,  false, ""    },
    {"\"rate_limit\",\"retry_after_s\":3",                                 429, 20429, true,  false, ""    },
    {"\"server_error\"",                                                   500, 20500, true,  false, ""    },
    {"\"server_error\",\"status\":503,\"html\":true",                      503, 20500, true,  true,  ""    },
    {"\"xml\"",                                                            200, 20404, true,  false, ""    },
    {"\"redirect\"",                                                       302, 0,     false, false, "SELF"},
    {"\"redirect\",\"status\":307,\"location\":\"http://10.0.0.1/a.wav\"", 307, 0,     false, false,
     "http://10.0.0.1/a.wav"                                                                               },
    {"\"redirect\",\"location\":\"https://media.example.com/a.wav\"",      302, 0,     false, false,
     "https://media.example.com/a.wav"                                                                     },
};

static void something_else_comes_instead(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    const char *sid = recorded(stage);
    const char *self = arena_printf(stage->arena, RECORDINGS "/%s", sid);
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        add_fault(stage, arena_printf(stage->arena, "\"media\",\"kind\":%s", refusals[i].fault));
        assert_int_equal(refusals[i].status, fetch(stage, sid));
        assert_false(stage->has_media);
        assert_int_equal(refusals[i].code, stage_number(stage, "code"));
        assert_int_equal(refusals[i].xml, stage->xml);
        assert_int_equal(refusals[i].html, stage->html);
        const char *location = refusals[i].location;
        assert_string_equal(strcmp(location, "SELF") == 0 ? self : location, stage->location);
    }
    add_fault(stage, "\"media\",\"kind\":\"reset\"");
    (void)fetch(stage, sid);
    assert_true(stage->replied && stage->aborted);
    add_fault(stage, "\"media\",\"kind\":\"slow\",\"delay_ms\":9000");
    assert_int_equal(0, fetch(stage, sid));
    assert_false(stage->replied);
    stage_pass(stage, 9000);
    assert_true(stage->replied && stage->has_media);
}

static void whoever_asks_too_early_uses_no_fault_up(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    assert_int_equal(200, stage_control(stage, "PUT", "/sim/media", "{\"delay_ms\":60000}"));
    const char *sid = recorded(stage);
    add_fault(stage, "\"media\",\"kind\":\"not_found\",\"count\":3,\"method\":\"GET\"");
    assert_int_equal(404, fetch(stage, sid));
    stage_pass(stage, 60000);
    for (int i = 0; i < 3; i++)
        assert_int_equal(404, fetch(stage, sid));
    assert_int_equal(200, fetch(stage, sid));
}

static void faults_may_ask_for_a_recording_or_its_form(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    const char *sid = recorded(stage);
    add_fault(stage, "\"media\",\"kind\":\"not_found\",\"path\":\".mp3\"");
    add_fault(stage, "\"media\",\"kind\":\"empty\",\"match\":{\"RequestedChannels\":\"1\"}");
    add_fault(stage, "\"rest\",\"kind\":\"server_error\",\"path\":\"/Recordings/\"");
    assert_int_equal(200, fetch(stage, sid));
    assert_int_equal(ALL, stage->media.length);
    assert_int_equal(200, fetch(stage, arena_printf(stage->arena, "%s?RequestedChannels=1", sid)));
    assert_int_equal(0, stage->media.length);
    assert_int_equal(404, fetch(stage, arena_printf(stage->arena, "%s.mp3", sid)));
}

static void wrong_faults_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "\"media\",\"kind\":\"stale\"",
        "\"rest\",\"kind\":\"truncate\"",
        "\"recording\",\"kind\":\"lose\"",
        "\"media\",\"kind\":\"truncate\",\"at_bytes\":-2",
        "\"media\",\"kind\":\"trickle\",\"bytes_per_s\":0",
        "\"media\",\"kind\":\"redirect\",\"status\":200",
        "\"media\",\"kind\":\"redirect\",\"status\":500",
        "\"media\",\"kind\":\"server_error\",\"status\":302",
        "\"media\",\"kind\":\"wrong_type\",\"type\":\"application/"
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"",
    };
    auto_stage struct stage *stage = stage_ready();
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        const char *json = arena_printf(stage->arena, "{\"target\":%s}", wrong[i]);
        if (stage_control(stage, "POST", "/sim/faults", json) != 422)
            fail_msg("%s", json);
    }
}

static void a_recording_fails_or_is_absent(void **state)
{
    (void)state;
    static const struct {
        const char *kind;
        const char *status;
        const char *code;
    } cases[] = {
        {"failed", "failed", "16102"},
        {"absent", "absent", "16101"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_stage struct stage *stage = stage_ready();
        add_fault(stage, arena_printf(stage->arena,
                                      "\"recording\",\"kind\":\"%s\","
                                      "\"match\":{\"RecordingSource\":\"OutboundAPI\"}",
                                      cases[i].kind));
        const char *sid = recorded(stage);
        assert_string_equal(cases[i].status, stage_text(stage, "recordings.0.status"));
        assert_int_equal(404, fetch(stage, sid));
        const struct seen *told = stage_seen(stage, "/recorded", 0);
        assert_param(told, "RecordingStatus", cases[i].status);
        assert_param(told, "ErrorCode", cases[i].code);
        assert_param(told, "RecordingDuration", NULL);
    }
}

static void a_recording_is_deleted_before_it_is_told(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    add_fault(stage,
              "\"callback\",\"kind\":\"deleted\",\"match\":{\"RecordingStatus\":\"completed\"}");
    const char *sid = recorded(stage);
    assert_param(stage_seen(stage, "/recorded", 0), "RecordingStatus", "completed");
    assert_int_equal(404, fetch(stage, sid));
    assert_int_equal(200, stage_control(stage, "GET", "/sim/recordings", ""));
    assert_true(json_is_true(
        json_object_get(json_array_get(json_object_get(stage->json, "recordings"), 0), "deleted")));
}

static void a_recording_s_callback_gets_lost(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    add_fault(stage,
              "\"callback\",\"kind\":\"lose\",\"match\":{\"RecordingStatus\":\"completed\"}");
    assert_int_equal(200, fetch(stage, recorded(stage)));
    assert_int_equal(0, stage_count(stage, "/recorded"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_is_spoiled),
        cmocka_unit_test(something_else_comes_instead),
        cmocka_unit_test(whoever_asks_too_early_uses_no_fault_up),
        cmocka_unit_test(faults_may_ask_for_a_recording_or_its_form),
        cmocka_unit_test(wrong_faults_are_refused),
        cmocka_unit_test(a_recording_fails_or_is_absent),
        cmocka_unit_test(a_recording_is_deleted_before_it_is_told),
        cmocka_unit_test(a_recording_s_callback_gets_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
