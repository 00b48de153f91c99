/* Who speaks, and how far a transcription is. */
#include "core/macros.h"
#include "support/cmocka_all.h"
#include "voice/transcript.h"

static void knows_who_speaks(void **state)
{
    (void)state;
    static const struct {
        enum call_direction direction;
        enum call_flow flow;
        const char *inbound, *outbound;
    } cases[] = {
        {CALL_DIRECTION_INBOUND,          CALL_FLOW_GREETING, "caller", "agent" },
        {CALL_DIRECTION_OUTBOUND_BROWSER, CALL_FLOW_GREETING, "agent",  "callee"},
        {CALL_DIRECTION_OUTBOUND_API,     CALL_FLOW_BRIDGE,   "agent",  "callee"},
        {CALL_DIRECTION_OUTBOUND_API,     CALL_FLOW_MENU,     "callee", "agent" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_string_equal(transcript_speaker(cases[i].direction, cases[i].flow, "inbound_track"),
                            cases[i].inbound);
        assert_string_equal(transcript_speaker(cases[i].direction, cases[i].flow, "outbound_track"),
                            cases[i].outbound);
        assert_string_equal(transcript_speaker(cases[i].direction, cases[i].flow, ""), "caller");
    }
}

static void the_first_end_stays(void **state)
{
    (void)state;
    static const struct {
        const char *known, *news, *status;
    } cases[] = {
        {NULL,        "started",   "started"  },
        {"started",   "started",   "started"  },
        {"started",   "stopped",   "stopped"  },
        {"stopped",   "started",   "stopped"  },
        {"failed",    "stopped",   "failed"   },
        {"stopped",   "failed",    "stopped"  },
        {"started",   "completed", "completed"},
        {"completed", "failed",    "completed"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(transcript_merge_status(cases[i].known, cases[i].news),
                            cases[i].status);
}

static void knows_twilios_events(void **state)
{
    (void)state;
    enum transcript_event event = TRANSCRIPT_STARTED;
    assert_true(transcript_event_from_text("transcription-error", &event));
    assert_int_equal(event, TRANSCRIPT_ERROR);
    assert_string_equal(transcript_event_status(event), "failed");
    assert_false(transcript_event_from_text("transcription", &event));
    assert_false(transcript_event_from_text(NULL, &event));
    assert_int_equal(event, TRANSCRIPT_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_who_speaks),
        cmocka_unit_test(the_first_end_stays),
        cmocka_unit_test(knows_twilios_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
