/* Who is dialled, by whom, with which caller ID; and above all: who is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/text.h"
#include "voice/routing.h"

static const char *client_of_identity(const char *identity, struct arena *arena)
{
    return arena_printf(arena, "mapped_%s", identity);
}

static const char *const emergency[] = {"911", "112", "999"};
static const struct text_pair numbers[] = {
    {"+15005550001", "front_desk"}
};
static const struct text_pair menu[] = {
    {"1", "client:sales"},
    {"2", "support"     },
    {"3", "+15005550009"},
};

static struct routing_settings settings(void)
{
    return (struct routing_settings){
        .default_number = "+15005550006",
        .inbound_identity = "alice",
        .inbound_identities = {numbers,   ARRAY_LEN(numbers)  },
        .menu = {menu,      ARRAY_LEN(menu)     },
        .emergency_numbers = {emergency, ARRAY_LEN(emergency)},
        .record = "do-not-record",
        .ring_timeout_s = 30,
        .time_limit_s = 14400,
        .client_of_identity = client_of_identity,
    };
}

static void routes_what_a_browser_wants(void **state)
{
    (void)state;
    static const struct {
        const char *to, *phone_number;
        enum decision_kind kind;
        enum reason reason;
        const char *dialled;
    } cases[] = {
        {"+14155550100",      NULL,           DECIDE_DIAL_NUMBER, REASON_NONE,         "+14155550100"       },
        {NULL,                "+14155550100", DECIDE_DIAL_NUMBER, REASON_NONE,         "+14155550100"       },
        {"",                  "+14155550100", DECIDE_DIAL_NUMBER, REASON_NONE,         "+14155550100"       },
        {"+14155550100",      "+14155550100", DECIDE_DIAL_NUMBER, REASON_NONE,         "+14155550100"       },
        {"+14155550100",      "+14155550101", DECIDE_SAY,         REASON_TWO_TARGETS,  NULL                 },
        {"client:bob",        NULL,           DECIDE_DIAL_CLIENT, REASON_NONE,         "bob"                },
        {"bob",               NULL,           DECIDE_DIAL_CLIENT, REASON_NONE,         "mapped_bob"         },
        {"jo@x.example",      NULL,           DECIDE_DIAL_CLIENT, REASON_NONE,         "mapped_jo@x.example"},
        {"42",                NULL,           DECIDE_DIAL_CLIENT, REASON_NONE,         "mapped_42"          },
        {"client:4155550100", NULL,           DECIDE_DIAL_CLIENT, REASON_NONE,         "4155550100"         },
        {"4155550100",        NULL,           DECIDE_SAY,         REASON_NOT_A_NUMBER, NULL                 },
        {"(415) 555-0100",    NULL,           DECIDE_SAY,         REASON_NOT_A_NUMBER, NULL                 },
        {"+0987654321",       NULL,           DECIDE_SAY,         REASON_NOT_A_NUMBER, NULL                 },
        {"+1415",             NULL,           DECIDE_SAY,         REASON_NOT_A_NUMBER, NULL                 },
        {"911",               NULL,           DECIDE_SAY,         REASON_EMERGENCY,    NULL                 },
        {"+911",              NULL,           DECIDE_SAY,         REASON_EMERGENCY,    NULL                 },
        {"9-1-1",             NULL,           DECIDE_SAY,         REASON_EMERGENCY,    NULL                 },
        {"tel:112",           NULL,           DECIDE_SAY,         REASON_EMERGENCY,    NULL                 },
        {"sip:a@b.example",   NULL,           DECIDE_SAY,         REASON_NOT_ALLOWED,  NULL                 },
        {"app:AP1",           NULL,           DECIDE_SAY,         REASON_NOT_ALLOWED,  NULL                 },
        {"two words",         NULL,           DECIDE_SAY,         REASON_NOT_ALLOWED,  NULL                 },
        {"client:",           NULL,           DECIDE_SAY,         REASON_NOT_ALLOWED,  NULL                 },
        {NULL,                NULL,           DECIDE_SAY,         REASON_NO_TARGET,    NULL                 },
    };
    struct routing_settings s = settings();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_arena struct arena *arena = arena_create();
        struct instruction_facts facts = {.direction = CALL_DIRECTION_OUTBOUND_BROWSER,
                                          .from = "client:alice",
                                          .to = cases[i].to,
                                          .phone_number = cases[i].phone_number};
        struct decision d = route_call(&s, &facts, NULL, arena);
        assert_int_equal(d.kind, cases[i].kind);
        assert_int_equal(d.reason, cases[i].reason);
        if (d.kind == DECIDE_DIAL_NUMBER) {
            assert_string_equal(d.number, cases[i].dialled);
            assert_string_equal(d.caller_id, "+15005550006");
        }
        if (d.kind == DECIDE_DIAL_CLIENT) {
            assert_string_equal(d.client, cases[i].dialled);
            assert_string_equal(d.caller_id, "client:alice");
        }
    }
}

static void never_dials_a_number_without_a_caller_id(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct routing_settings s = settings();
    s.default_number = NULL;
    struct instruction_facts facts = {
        .direction = CALL_DIRECTION_OUTBOUND_BROWSER, .from = "client:alice", .to = "+14155550100"};
    struct decision d = route_call(&s, &facts, NULL, arena);
    assert_int_equal(d.kind, DECIDE_SAY);
    assert_int_equal(d.reason, REASON_NO_CALLER_ID);
}

static void rings_the_identity_of_the_number_that_was_called(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct routing_settings s = settings();
    struct instruction_facts facts = {
        .direction = CALL_DIRECTION_INBOUND, .from = "+14155550100", .to = "+15005550001"};
    struct decision d = route_call(&s, &facts, NULL, arena);
    assert_int_equal(d.kind, DECIDE_DIAL_CLIENT);
    assert_string_equal(d.client, "mapped_front_desk");
    assert_null(d.caller_id);
    facts.to = "+15005550006";
    assert_string_equal(route_call(&s, &facts, NULL, arena).client, "mapped_alice");
    s.inbound_identity = NULL;
    assert_int_equal(route_call(&s, &facts, NULL, arena).reason, REASON_NOBODY_HOME);
}

static void follows_the_plan_of_a_call_placed_by_rest(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct routing_settings s = settings();
    s.record = "record-from-answer-dual";
    struct instruction_facts facts = {.direction = CALL_DIRECTION_OUTBOUND_API};
    struct call_plan plan = {
        .flow = CALL_FLOW_BRIDGE, .number = "+14155550100", .from = "+15005550006"};
    struct decision d = route_call(&s, &facts, &plan, arena);
    assert_int_equal(d.kind, DECIDE_DIAL_NUMBER);
    assert_string_equal(d.number, "+14155550100");
    assert_string_equal(d.caller_id, "+15005550006");
    assert_string_equal(d.record, "record-from-answer-dual");
    plan.caller_id = "+15005550008";
    assert_string_equal(route_call(&s, &facts, &plan, arena).caller_id, "+15005550008");
    plan.flow = CALL_FLOW_MENU;
    assert_int_equal(route_call(&s, &facts, &plan, arena).kind, DECIDE_MENU);
    plan.flow = CALL_FLOW_GREETING;
    assert_int_equal(route_call(&s, &facts, &plan, arena).kind, DECIDE_GREET);
    assert_int_equal(route_call(&s, &facts, NULL, arena).kind, DECIDE_GREET);
}

static void the_menu_dials_its_targets_and_nothing_else(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct routing_settings s = settings();
    struct call_plan plan = {.flow = CALL_FLOW_MENU, .from = "+15005550006"};
    assert_string_equal(route_menu(&s, "1", &plan, arena).client, "sales");
    assert_string_equal(route_menu(&s, "2", &plan, arena).client, "mapped_support");
    assert_string_equal(route_menu(&s, "3", &plan, arena).number, "+15005550009");
    assert_int_equal(route_menu(&s, "4", &plan, arena).kind, DECIDE_MENU_FALLBACK);
    assert_int_equal(route_menu(&s, "", &plan, arena).kind, DECIDE_MENU_FALLBACK);
    assert_int_equal(route_menu(&s, "11", NULL, arena).kind, DECIDE_MENU_FALLBACK);
}

static void plans_and_decisions_survive_the_store(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct error err = {0};
    struct call_plan plan = {.flow = CALL_FLOW_BRIDGE,
                             .to = "client:al&ice",
                             .from = "+15005550006",
                             .number = "+14155550100",
                             .record = true,
                             .timeout_s = 25,
                             .send_digits = "ww1#"};
    struct call_plan plan_back;
    assert_int_equal(plan_from_text(plan_to_text(&plan, arena), arena, &plan_back, &err), 0);
    assert_int_equal(plan_back.flow, plan.flow);
    assert_string_equal(plan_back.to, plan.to);
    assert_string_equal(plan_back.send_digits, plan.send_digits);
    assert_true(plan_back.record);
    assert_int_equal(plan_back.timeout_s, 25);
    assert_null(plan_back.caller_id);

    struct decision decision = {
        .kind = DECIDE_DIAL_CLIENT, .client = "b=b", .caller_id = "client:alice", .timeout_s = 30};
    struct decision back;
    assert_int_equal(decision_from_text(decision_to_text(&decision, arena), arena, &back, &err), 0);
    assert_int_equal(back.kind, DECIDE_DIAL_CLIENT);
    assert_string_equal(back.client, "b=b");
    assert_null(back.number);
    assert_int_equal(back.timeout_s, 30);
    struct decision sad = {.kind = DECIDE_SAY, .reason = REASON_EMERGENCY};
    assert_int_equal(decision_from_text(decision_to_text(&sad, arena), arena, &back, &err), 0);
    assert_int_equal(back.reason, REASON_EMERGENCY);
    assert_int_equal(decision_from_text("do=rob-a-bank", arena, &back, &err), -1);
    assert_int_equal(err.kind, ERROR_INTERNAL);
}

static const struct text_pair directions[] = {
    {"inbound",          "record-from-ringing-dual"},
    {"outbound-browser", "do-not-record"           },
};

static void records_each_direction_as_its_word_says(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct routing_settings s = settings();
    s.record = "record-from-answer";
    assert_string_equal(route_record(&s, CALL_DIRECTION_INBOUND), "record-from-answer");
    s.record_directions = (struct pair_list){directions, ARRAY_LEN(directions)};
    assert_string_equal(route_record(&s, CALL_DIRECTION_INBOUND), "record-from-ringing-dual");
    assert_string_equal(route_record(&s, CALL_DIRECTION_OUTBOUND_API), "record-from-answer");
    assert_null(route_record(&s, CALL_DIRECTION_OUTBOUND_BROWSER));
    struct instruction_facts facts = {
        .direction = CALL_DIRECTION_OUTBOUND_BROWSER, .from = "client:alice", .to = "+14155550100"};
    assert_null(route_call(&s, &facts, NULL, arena).record);
    facts.recording_wanted = true; /* adds one */
    assert_string_equal(route_call(&s, &facts, NULL, arena).record, "record-from-answer-dual");
    facts = (struct instruction_facts){
        .direction = CALL_DIRECTION_INBOUND, .from = "+14155550100", .to = "+15005550001"};
    assert_string_equal(route_call(&s, &facts, NULL, arena).record, "record-from-ringing-dual");
}

/* Whose plan has it recorded as a whole is not recorded by its dial as well. */
static void nothing_is_recorded_twice(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct routing_settings s = settings();
    s.record = "record-from-answer";
    struct call_plan plan = {.flow = CALL_FLOW_BRIDGE,
                             .number = "+14155550100",
                             .from = "+15005550006",
                             .trim = "trim-silence"};
    struct instruction_facts facts = {.direction = CALL_DIRECTION_OUTBOUND_API};
    struct decision dials = route_call(&s, &facts, &plan, arena);
    assert_string_equal(dials.record, "record-from-answer");
    assert_string_equal(dials.trim, "trim-silence");
    plan.record = true;
    dials = route_call(&s, &facts, &plan, arena);
    assert_null(dials.record);
    assert_null(dials.trim);
}

/* Said to both where something is recorded, nowhere else; a plan keeps the text of the day it was made. */
static void announces_what_is_recorded(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct routing_settings s = settings();
    s.announcement = "Recorded.";
    struct instruction_facts facts = {
        .direction = CALL_DIRECTION_INBOUND, .from = "+14155550100", .to = "+15005550001"};
    assert_null(route_call(&s, &facts, NULL, arena).announcement);
    s.record = "record-from-answer";
    assert_string_equal(route_call(&s, &facts, NULL, arena).announcement, "Recorded.");

    facts = (struct instruction_facts){.direction = CALL_DIRECTION_OUTBOUND_API};
    struct call_plan plan = {.flow = CALL_FLOW_GREETING, .record = true};
    assert_int_equal(route_call(&s, &facts, &plan, arena).kind, DECIDE_GREET);
    plan.announcement = "Recorded, we said.";
    plan.recording_channels = "dual";
    struct decision decision = route_call(&s, &facts, &plan, arena);
    assert_int_equal(decision.kind, DECIDE_ANNOUNCE);
    assert_string_equal(decision.announcement, "Recorded, we said.");
    assert_string_equal(decision.record, "record-from-answer-dual");
    decision = route_menu(&s, "3", &plan, arena);
    assert_string_equal(decision.announcement, "Recorded, we said.");
    assert_string_equal(decision.record, "record-from-answer-dual");

    struct decision back;
    struct error err = {0};
    assert_int_equal(decision_from_text(decision_to_text(&decision, arena), arena, &back, &err), 0);
    assert_string_equal(back.announcement, decision.announcement);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(routes_what_a_browser_wants),
        cmocka_unit_test(never_dials_a_number_without_a_caller_id),
        cmocka_unit_test(rings_the_identity_of_the_number_that_was_called),
        cmocka_unit_test(follows_the_plan_of_a_call_placed_by_rest),
        cmocka_unit_test(the_menu_dials_its_targets_and_nothing_else),
        cmocka_unit_test(records_each_direction_as_its_word_says),
        cmocka_unit_test(nothing_is_recorded_twice),
        cmocka_unit_test(announces_what_is_recorded),
        cmocka_unit_test(plans_and_decisions_survive_the_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
