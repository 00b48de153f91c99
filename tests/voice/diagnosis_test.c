/* The rules of a diagnosis: each finds what it is for, and nothing in a call that went well. */
#include "support/cmocka_all.h"
#include "voice/diagnosis.h"

#include "core/text.h"

enum { BEGAN = 1700000000 };
#define ROOT "CA00000000000000000000000000000001"
#define CHILD "CA00000000000000000000000000000002"

static int64_t at(int second)
{
    return ((int64_t)BEGAN + second) * 1000;
}

static struct told status(const char *leg, enum call_status what, int64_t sequence, int second)
{
    return (struct told){.kind = TOLD_STATUS,
                         .at_ms = at(second),
                         .happened_ms = at(second),
                         .route = "/webhooks/call-status",
                         .leg_sid = leg,
                         .effect = "advances",
                         .status = what,
                         .sequence = sequence,
                         .problem = ""};
}

/* A call of ten seconds that we placed, with everything told, and room for more. */
struct story {
    struct told entries[16];
    struct told_leg legs[2];
    struct told_recording recordings[1];
    struct diagnosis_case what;
};

static void begin(struct story *story)
{
    *story = (struct story){
        .entries = {status(ROOT, CALL_STATUS_INITIATED, 0, 1),
                    status(ROOT, CALL_STATUS_RINGING, 1, 2),
                    status(ROOT, CALL_STATUS_IN_PROGRESS, 2, 5),
                    status(ROOT, CALL_STATUS_COMPLETED, 3, 15)},
        .legs = {{.sid = ROOT, .all_events = true, .state = leg_state_new()}         },
    };
    struct leg_state *state = &story->legs[0].state;
    state->status = CALL_STATUS_COMPLETED;
    state->answered_at_ms = at(5);
    state->ended_at_ms = at(15);
    state->duration_s = 10;
    story->what = (struct diagnosis_case){.now_ms = at(60),
                                          .placement = CALL_PLACEMENT_PLACED,
                                          .outcome = CALL_OUTCOME_ANSWERED,
                                          .heard_at_ms = at(15),
                                          .entries = story->entries,
                                          .entry_count = 4,
                                          .legs = story->legs,
                                          .leg_count = 1,
                                          .recordings = story->recordings};
}

/* The findings as "code code". */
static const char *codes(const struct story *story, struct arena *arena)
{
    struct findings found = diagnose(&story->what, arena);
    const char *text = "";
    for (size_t i = 0; i < found.count; i++)
        text = arena_printf(arena, "%s%s%s", text, i == 0 ? "" : " ",
                            finding_code(found.items[i].kind));
    return text;
}

static void finds_nothing_in_a_call_that_went_well(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct story story;
    begin(&story);
    assert_string_equal(codes(&story, arena), "");
}

static void change_late(struct story *s)
{
    s->entries[3].at_ms = s->entries[3].happened_ms + DIAGNOSIS_LATE_MS;
}

static void change_nearly_late(struct story *s)
{
    s->entries[3].at_ms = s->entries[3].happened_ms + DIAGNOSIS_LATE_MS - 1;
}

static void change_order(struct story *s)
{
    struct told first = s->entries[1];
    s->entries[1] = s->entries[2];
    s->entries[2] = first;
}

static void change_repeats(struct story *s)
{
    s->entries[2].repeats = 2;
}

static void change_lost_answer(struct story *s)
{
    s->entries[2] = s->entries[3];
    s->what.entry_count = 3;
}

static void change_lost_end(struct story *s)
{
    s->what.entry_count = 3;
}

static void change_lost_end_of_number(struct story *s)
{
    s->legs[0].all_events = false;
    s->what.entry_count = 0;
}

static void change_contradiction(struct story *s)
{
    s->entries[4] = status(ROOT, CALL_STATUS_BUSY, 4, 16);
    s->entries[4].effect = "contradicts";
    s->what.entry_count = 5;
}

static void change_not_understood(struct story *s)
{
    s->entries[4] = status(ROOT, CALL_STATUS_NONE, -1, 16);
    s->entries[4].effect = "not-understood";
    s->what.entry_count = 5;
}

static struct told instruction(int second)
{
    struct told entry = status(ROOT, CALL_STATUS_IN_PROGRESS, -1, second);
    entry.kind = TOLD_INSTRUCTION;
    entry.decided = true;
    entry.decision.kind = DECIDE_DIAL_NUMBER;
    return entry;
}

static void change_dial_without_action(struct story *s)
{
    s->entries[4] = instruction(6);
    s->what.entry_count = 5;
}

static void change_dial_with_action(struct story *s)
{
    change_dial_without_action(s);
    s->entries[5] = instruction(14);
    s->entries[5].decision.kind = DECIDE_HANGUP;
    s->entries[5].asks_after_dial = true;
    s->what.entry_count = 6;
}

static void change_fallback(struct story *s)
{
    change_dial_with_action(s);
    s->entries[5].asks_fallback = true;
}

static void change_policy(struct story *s)
{
    change_dial_with_action(s);
    s->entries[4].decision = (struct decision){.kind = DECIDE_SAY, .reason = REASON_BLOCKED};
}

static void change_rest(struct story *s)
{
    s->entries[4] = (struct told){.kind = TOLD_REST,
                                  .at_ms = at(1),
                                  .route = "POST /Calls.json",
                                  .leg_sid = "",
                                  .effect = "throttled",
                                  .problem = "",
                                  .sequence = -1};
    s->what.entry_count = 5;
}

static void change_refused(struct story *s)
{
    s->what.placement = CALL_PLACEMENT_REFUSED;
    s->what.refusal = "not a valid number";
    s->what.refusal_code = 21211;
    s->what.leg_count = 0;
    s->what.entry_count = 0;
}

static void change_repair(struct story *s)
{
    change_rest(s);
    s->entries[4].kind = TOLD_REPAIR;
    s->entries[4].effect = "completes";
}

static void change_adopted(struct story *s)
{
    change_rest(s);
    s->entries[4].kind = TOLD_REPAIR;
    s->entries[4].effect = "adopted";
}

static void change_unknown(struct story *s)
{
    s->what.placement = CALL_PLACEMENT_UNKNOWN;
    s->what.leg_count = 0;
    s->what.entry_count = 0;
}

static void change_open(struct story *s)
{
    s->legs[0].state = leg_state_new();
    s->legs[0].state.status = CALL_STATUS_IN_PROGRESS;
    s->what.due_at_ms = at(100);
    s->what.entry_count = 3;
}

static void change_silent(struct story *s)
{
    change_open(s);
    s->what.due_at_ms = at(50);
}

static void change_not_kept(struct story *story)
{
    change_lost_end(story);
    story->what.kept_from_ms = at(20);
}

static void change_price(struct story *s)
{
    s->what.now_ms = s->legs[0].state.ended_at_ms + DIAGNOSIS_PRICE_MS + 1;
}

static void change_no_recording(struct story *s)
{
    s->what.recording_wanted = true;
}

static void change_unstored(struct story *s)
{
    s->what.recording_count = 1;
    s->recordings[0] =
        (struct told_recording){.sid = "RE1", .completed = true, .given_up = true, .error = "404"};
}

static void change_unstored_yet(struct story *s)
{
    change_unstored(s);
    s->recordings[0].given_up = false;
}

static void change_stored(struct story *s)
{
    change_unstored(s);
    s->recordings[0].stored = true;
}

static void finds_what_each_rule_is_for(void **state)
{
    static const struct {
        void (*change)(struct story *story);
        const char *codes;
    } rows[] = {
        {change_late,                "late"                           },
        {change_nearly_late,         ""                               },
        {change_order,               "out-of-order"                   },
        {change_repeats,             "repeated"                       },
        {change_lost_answer,         "missing-status missing-sequence"},
        {change_lost_end,            "missing-status"                 },
        {change_lost_end_of_number,  "missing-end"                    },
        {change_contradiction,       "contradiction"                  },
        {change_not_understood,      "not-understood"                 },
        {change_dial_without_action, "missing-dial-action"            },
        {change_dial_with_action,    ""                               },
        {change_fallback,            "fallback"                       },
        {change_policy,              "refused-by-us"                  },
        {change_rest,                "rest-failed"                    },
        {change_refused,             "refused-by-twilio"              },
        {change_repair,              "repaired"                       },
        {change_adopted,             "adopted"                        },
        {change_unknown,             "unknown"                        },
        {change_open,                "open"                           },
        {change_silent,              "silent"                         },
        {change_price,               "price-missing"                  },
        {change_not_kept,            "not-kept"                       },
        {change_no_recording,        "missing-recording"              },
        {change_unstored,            "recording-not-stored"           },
        {change_unstored_yet,        "recording-not-stored-yet"       },
        {change_stored,              ""                               },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        auto_arena struct arena *arena = arena_create();
        struct story story;
        begin(&story);
        rows[i].change(&story);
        assert_string_equal(codes(&story, arena), rows[i].codes);
    }
}

static void says_no_more_than_somebody_reads(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct story story;
    begin(&story);
    struct told *many = arena_alloc(arena, 5000 * sizeof(*many));
    for (int i = 0; i < 5000; i++) {
        many[i] = status(ROOT, CALL_STATUS_IN_PROGRESS, -1, i);
        many[i].repeats = 1;
    }
    story.what.entries = many;
    story.what.entry_count = 5000;
    assert_int_equal(diagnose(&story.what, arena).count, DIAGNOSIS_FINDINGS_MAX);
}

static void says_when_it_happened_in_order(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct story story;
    begin(&story);
    change_lost_answer(&story);
    story.entries[2].repeats = 1;
    struct findings found = diagnose(&story.what, arena);
    assert_int_equal(found.count, 3);
    assert_true(found.items[0].at_ms < found.items[1].at_ms);
    assert_int_equal(found.items[2].at_ms, 0);
    assert_string_equal(found.items[2].leg_sid, ROOT);
    assert_string_equal(finding_weight_text(found.items[2].kind), "warning");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_nothing_in_a_call_that_went_well),
        cmocka_unit_test(finds_what_each_rule_is_for),
        cmocka_unit_test(says_no_more_than_somebody_reads),
        cmocka_unit_test(says_when_it_happened_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
