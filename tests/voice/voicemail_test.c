/* Who is asked for a message, what he hears, and which recordings are messages. */
#include "core/macros.h"
#include "support/cmocka_all.h"
#include "voice/voicemail.h"

static void offers_it_to_callers_who_reached_nobody(void **state)
{
    (void)state;
    static const struct voicemail_facts plain = {
        .direction = CALL_DIRECTION_INBOUND,
        .root_status = CALL_STATUS_IN_PROGRESS,
    };
    static const struct {
        const char *dial_call_status;
        bool offered;
    } statuses[] = {
        {"busy",        true },
        {"no-answer",   true },
        {"failed",      true },
        {NULL,          true }, /* there is nobody to be rung */
        {"completed",   false},
        {"answered",    false},
        {"canceled",    false},
        {"in-progress", false},
        {"",            false},
        {"BUSY",        false},
        {"unknown",     false},
    };
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        struct voicemail_facts facts = plain;
        facts.dial_call_status = statuses[i].dial_call_status;
        assert_int_equal(voicemail_is_offered(&facts), statuses[i].offered);
    }
    static const struct {
        struct voicemail_facts facts;
        bool offered;
    } cases[] = {
        {{.direction = CALL_DIRECTION_INBOUND, .root_status = CALL_STATUS_RINGING},   true },
        {{.direction = CALL_DIRECTION_INBOUND, .root_status = CALL_STATUS_COMPLETED}, false},
        {{.direction = CALL_DIRECTION_INBOUND, .root_status = CALL_STATUS_CANCELED},  false},
        {{.direction = CALL_DIRECTION_INBOUND, .outcome = CALL_OUTCOME_ANSWERED},     false},
        {{.direction = CALL_DIRECTION_INBOUND, .outcome = CALL_OUTCOME_BUSY},         true },
        {{.direction = CALL_DIRECTION_INBOUND, .hangup_wanted = true},                false},
        {{.direction = CALL_DIRECTION_OUTBOUND_API},                                  false},
        {{.direction = CALL_DIRECTION_OUTBOUND_BROWSER},                              false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct voicemail_facts facts = cases[i].facts;
        facts.dial_call_status = "no-answer";
        assert_int_equal(voicemail_is_offered(&facts), cases[i].offered);
    }
}

static void greets_as_the_number_then_as_the_person(void **state)
{
    (void)state;
    static const struct text_pair numbers[] = {
        {"+15005550001", "The office, closed."}
    };
    static const struct text_pair identities[] = {
        {"alice", "https://sounds.example.com/alice.mp3"}
    };
    static const struct greetings greetings = {
        {numbers,    1},
        {identities, 1},
        "Nobody is here."
    };
    static const struct {
        const char *number, *identity, *greeting;
    } cases[] = {
        {"+15005550001", "alice", numbers[0].value   },
        {"+15005550001", NULL,    numbers[0].value   },
        {"+15005550002", "alice", identities[0].value},
        {NULL,           "alice", identities[0].value},
        {"+15005550002", "bob",   "Nobody is here."  },
        {NULL,           NULL,    "Nobody is here."  },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(voicemail_greeting(&greetings, cases[i].number, cases[i].identity),
                            cases[i].greeting);
    assert_true(voicemail_greeting_is_url("https://sounds.example.com/alice.mp3"));
    assert_false(voicemail_greeting_is_url("http://sounds.example.com/alice.mp3"));
    assert_false(voicemail_greeting_is_url("See https://example.com"));
}

static void tells_messages_from_silence(void **state)
{
    (void)state;
    static const struct {
        struct voicemail_recording recording;
        enum voicemail_verdict verdict;
    } cases[] = {
        {{1, "RecordVerb", "completed", 7},    VOICEMAIL_LEFT     },
        {{1, "RecordVerb", "completed", -1},   VOICEMAIL_LEFT     },
        {{1, "RecordVerb", "processing", 7},   VOICEMAIL_LEFT     }, /* the record verb's action */
        {{1, "RecordVerb", "in-progress", -1}, VOICEMAIL_UNDECIDED},
        {{1, "RecordVerb", "processing", -1},  VOICEMAIL_UNDECIDED},
        {{1, "RecordVerb", "completed", 0},    VOICEMAIL_NONE     },
        {{1, "RecordVerb", "absent", -1},      VOICEMAIL_NONE     },
        {{1, "RecordVerb", "absent", 7},       VOICEMAIL_NONE     },
        {{1, "RecordVerb", "failed", 7},       VOICEMAIL_NONE     },
        {{1, "RecordVerb", "deleted", -1},     VOICEMAIL_UNDECIDED}, /* what it was before holds */
        {{1, "DialVerb", "completed", 7},      VOICEMAIL_NONE     },
        {{1, NULL, "completed", 7},            VOICEMAIL_UNDECIDED},
        {{1, "", "completed", 7},              VOICEMAIL_UNDECIDED},
        {{0, "RecordVerb", "completed", 7},    VOICEMAIL_NONE     }, /* somebody else's document */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(voicemail_judge_recording(&cases[i].recording), cases[i].verdict);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offers_it_to_callers_who_reached_nobody),
        cmocka_unit_test(greets_as_the_number_then_as_the_person),
        cmocka_unit_test(tells_messages_from_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
