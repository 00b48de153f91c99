/* policy.json: what it means, and that whatever is wrong with it is told, all of it, each with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/policy_file.h"
#include "core/buf.h"
#include "core/limits.h"
#include "core/text.h"

#define OWN "+15005550006"
#define OWN_TOO "+15005550007"

struct reading {
    struct arena *arena;
    struct config config;
    struct config_report report;
    const struct policy *policy;
};

static int set_up(void **state)
{
    static const char *const caller_ids[] = {OWN_TOO};
    struct reading *reading = calloc(1, sizeof(*reading));
    reading->arena = arena_create();
    reading->config.twilio.phone_number = OWN;
    reading->config.calls.caller_ids = (struct text_list){caller_ids, 1};
    config_report_init(&reading->report);
    *state = reading;
    return 0;
}

static int tear_down(void **state)
{
    struct reading *reading = *state;
    config_report_release(&reading->report);
    arena_free(reading->arena);
    free(reading);
    return 0;
}

static int read_bytes(struct reading *reading, const char *text, size_t len)
{
    struct config_document document = {"policy.json", text, len};
    return policy_read(&reading->config, &document, reading->arena, &reading->report,
                       &reading->policy);
}

static const struct policy *read_policy(struct reading *reading, const char *text)
{
    if (read_bytes(reading, text, strlen(text)) < 0)
        config_report_print(&reading->report, stderr);
    assert_int_equal(reading->report.mistake_count, 0);
    return reading->policy;
}

/* ---- destinations ---- */

#define PREMIUM_NA "+19005550100"
#define EXCHANGE_976                                                                               \
    "+1212"                                                                                        \
    "976"                                                                                          \
    "0100"
#define SATELLITE                                                                                  \
    "+8816"                                                                                        \
    "00000000"
#define PREMIUM_UK                                                                                 \
    "+449098"                                                                                      \
    "790000"
#define PREMIUM_WORLD                                                                              \
    "+979"                                                                                         \
    "123456789"
#define BARBADOS "+12465550100"
#define UK                                                                                         \
    "+442079"                                                                                      \
    "460000"
#define US "+15005550001"

static void decides_by_the_longest_prefix(void **state)
{
    struct reading *reading = *state;
    static const struct {
        const char *destinations;
        const char *number;
        bool allowed;
    } cases[] = {
        {"{}",                                             US,            true },
        {"{}",                                             UK,            true },
        {"{}",                                             BARBADOS,      true },
        {"{}",                                             PREMIUM_NA,    false},
        {"{}",                                             EXCHANGE_976,  false},
        {"{}",                                             SATELLITE,     false},
        {"{}",                                             PREMIUM_UK,    false},
        {"{}",                                             PREMIUM_WORLD, false},
        {"{\"premium\":\"allow\"}",                        PREMIUM_NA,    true },
        {"{\"premium\":\"allow\"}",                        SATELLITE,     false},
        {"{\"satellite\":\"allow\"}",                      SATELLITE,     true },
        {"{\"caribbean\":\"deny\"}",                       BARBADOS,      false},
        {"{\"caribbean\":\"deny\"}",                       US,            true },
        {"{\"allow\":[\"+1\"]}",                           US,            true },
        {"{\"allow\":[\"+1\"]}",                           UK,            false},
        {"{\"allow\":[\"+1\"]}",                           PREMIUM_NA,    false},
        {"{\"allow\":[\"+19\"]}",                          PREMIUM_NA,    false},
        {"{\"allow\":[\"+1900\"]}",                        PREMIUM_NA,    true },
        {"{\"allow\":[\"+190055\"]}",                      PREMIUM_NA,    true },
        {"{\"allow\":[\"+1900\"],\"deny\":[\"+190055\"]}", PREMIUM_NA,    false},
        {"{\"allow\":[\"+1\"],\"deny\":[\"+1500\"]}",      US,            false},
        {"{\"allow\":[\"+150055\"],\"deny\":[\"+1500\"]}", US,            true },
        {"{\"allow\":[\"+1\"],\"otherwise\":\"allow\"}",   UK,            true },
        {"{\"deny\":[\"+44\"]}",                           UK,            false},
        {"{\"deny\":[\"+44\"]}",                           US,            true },
        {"{\"otherwise\":\"deny\"}",                       US,            false},
        {"{\"allow\":[]}",                                 US,            false},
        {"{\"deny\":[\"+1\"],\"caribbean\":\"allow\"}",    BARBADOS,      false},
        {"{\"allow\":[\"" US "\"]}",                       US,            true },
        {"{\"otherwise\":\"deny\",\"premium\":\"allow\"}", PREMIUM_NA,    false},
    };
    const struct policy_party nobody = {0};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct policy *policy = read_policy(
            reading, arena_printf(reading->arena, "{\"everybody\":{\"destinations\":%s}}",
                                  cases[i].destinations));
        struct policy_verdict verdict =
            policy_judge_destination(policy, &nobody, cases[i].number, reading->arena);
        if ((verdict.reason == REASON_NONE) != cases[i].allowed)
            fail_msg("%s: %s", cases[i].destinations, cases[i].number);
        if (!cases[i].allowed)
            assert_true(verdict.reason == REASON_DESTINATION_DENIED && verdict.because[0] != '\0');
    }
}

static void an_empty_document_is_the_defaults(void **state)
{
    struct reading *reading = *state;
    const struct policy_party party = {.identity = "alice", .key = "k1"};
    const struct policy *policies[] = {policy_default(), read_policy(reading, "{}")};
    for (size_t i = 0; i < ARRAY_LEN(policies); i++) {
        struct policy_caps caps = policy_caps_of(policies[i], USAGE_OF_IDENTITY, &party);
        assert_int_equal(caps.at_once, POLICY_UNLIMITED);
        assert_int_equal(caps.per_hour, POLICY_UNLIMITED);
        assert_int_equal(policy_call_seconds(policies[i], &party), 0);
        assert_int_equal(policy_judge_party(policies[i], &party, reading->arena).reason,
                         REASON_NONE);
        assert_int_equal(
            policy_judge_destination(policies[i], &party, PREMIUM_NA, reading->arena).reason,
            REASON_DESTINATION_DENIED);
        assert_string_equal(
            policy_judge_caller_id(policies[i], &party, NULL, OWN, reading->arena).caller_id, OWN);
        assert_false(policy_blocks_caller(policies[i], US));
    }
}

static const char names[] =
    "{\"$schema\":\"policy.schema.json\","
    "\"everybody\":{\"destinations\":{\"allow\":[\"+1\"]},\"call_seconds\":3600,"
    "               \"caller_ids\":[\"" OWN "\"]},"
    "\"account\":{\"calls_at_once\":100,\"calls_per_hour\":1000},"
    "\"each_identity\":{\"calls_at_once\":2,\"calls_per_hour\":20},"
    "\"each_key\":{\"calls_at_once\":50},\"each_group\":{\"calls_per_hour\":200},"
    "\"identities\":{"
    "  \"alice\":{\"destinations\":{\"allow\":[\"+1\",\"+44\"]},\"calls_at_once\":5},"
    "  \"bob\":{\"call_seconds\":60,\"caller_ids\":[\"" OWN_TOO "\",\"" OWN "\"]},"
    "  \"carol\":{\"caller_ids\":[]}},"
    "\"keys\":{\"k1\":{\"destinations\":{\"allow\":[\"+1\"]},\"calls_per_hour\":7,"
    "                  \"call_seconds\":600,\"caller_ids\":[\"" OWN_TOO "\"]}},"
    "\"groups\":{\"sales\":{\"members\":[\"zoe\",\"dave\"],\"call_seconds\":120,"
    "                       \"calls_at_once\":3,\"destinations\":{\"deny\":[\"+1500\"]}}},"
    "\"blocked\":{\"identities\":[\"mallory\",\"eve\"],\"keys\":[\"k9\"],\"groups\":[\"ex\"],"
    "             \"callers\":[\"+15005550009\",\"+44\"],\"answer\":\"busy\"}}";

static void asks_the_rules_of_all_names(void **state)
{
    struct reading *reading = *state;
    static const struct {
        struct policy_party party;
        const char *number;
        bool allowed;
    } cases[] = {
        {{0},                                     US, true },
        {{0},                                     UK, false},
        {{.identity = "alice"},                   UK, true },
        {{.identity = "bob"},                     UK, false},
        {{.identity = "nobody"},                  UK, false},
        {{.identity = "alice", .key = "k1"},
         UK,                                          false}, /* a narrow key gains nothing by naming alice */
        {{.identity = "alice", .key = "k2"},      UK, true },
        {{.key = "k1"},                           US, true },
        {{.group = "sales"},                      US, false},
        {{.group = "sales"},                      UK, true }, /* a rule of its own instead of everybody's */
        {{.identity = "alice", .group = "sales"}, US, false},
    };
    const struct policy *policy = read_policy(reading, names);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct policy_verdict verdict =
            policy_judge_destination(policy, &cases[i].party, cases[i].number, reading->arena);
        if ((verdict.reason == REASON_NONE) != cases[i].allowed)
            fail_msg("case %zu", i);
    }
}

static void chooses_and_refuses_caller_ids(void **state)
{
    struct reading *reading = *state;
    static const struct {
        struct policy_party party;
        const char *wish;
        const char *shown; /* NULL: refused */
    } cases[] = {
        {{0},                              NULL,    OWN    },
        {{0},                              OWN,     OWN    },
        {{0},                              OWN_TOO, NULL   },
        {{.identity = "bob"},              OWN_TOO, OWN_TOO},
        {{.identity = "bob"},              NULL,    OWN    }, /* the default is allowed: it stays */
        {{.key = "k1"},                    NULL,    OWN_TOO}, /* it is not: the first that is */
        {{.key = "k1"},                    OWN,     NULL   },
        {{.identity = "bob", .key = "k1"}, NULL,    OWN_TOO},
        {{.identity = "bob", .key = "k1"}, OWN,     NULL   },
        {{.identity = "carol"},            NULL,    NULL   },
        {{.identity = "carol"},            OWN,     NULL   },
    };
    const struct policy *policy = read_policy(reading, names);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct policy_verdict verdict =
            policy_judge_caller_id(policy, &cases[i].party, cases[i].wish, OWN, reading->arena);
        if (!text_equal(verdict.caller_id, cases[i].shown) &&
            !(verdict.caller_id == NULL && cases[i].shown == NULL))
            fail_msg("case %zu: %s", i, verdict.caller_id);
        assert_int_equal(verdict.reason,
                         cases[i].shown != NULL ? REASON_NONE : REASON_CALLER_ID_NOT_ALLOWED);
    }
}

static void the_shortest_length_of_a_name_wins(void **state)
{
    struct reading *reading = *state;
    static const struct {
        struct policy_party party;
        int64_t seconds;
    } cases[] = {
        {{0},                                                3600},
        {{.identity = "alice"},                              3600},
        {{.identity = "bob"},                                60  },
        {{.key = "k1"},                                      600 },
        {{.identity = "bob", .key = "k1"},                   60  },
        {{.identity = "alice", .key = "k1"},                 600 },
        {{.identity = "zoe", .group = "sales"},              120 },
        {{.identity = "bob", .key = "k1", .group = "sales"}, 60  },
    };
    const struct policy *policy = read_policy(reading, names);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(policy_call_seconds(policy, &cases[i].party), cases[i].seconds);
}

static void every_name_has_its_caps(void **state)
{
    struct reading *reading = *state;
    static const struct {
        struct policy_party party;
        enum usage_counter counter;
        int64_t at_once, per_hour;
    } cases[] = {
        {{.identity = "alice"}, USAGE_OF_ACCOUNT,  100,              1000            },
        {{.identity = "alice"}, USAGE_OF_IDENTITY, 5,                20              },
        {{.identity = "bob"},   USAGE_OF_IDENTITY, 2,                20              },
        {{.key = "k1"},         USAGE_OF_KEY,      50,               7               },
        {{.key = "k2"},         USAGE_OF_KEY,      50,               POLICY_UNLIMITED},
        {{.group = "sales"},    USAGE_OF_GROUP,    3,                200             },
        {{.group = "support"},  USAGE_OF_GROUP,    POLICY_UNLIMITED, 200             },
    };
    const struct policy *policy = read_policy(reading, names);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct policy_caps caps = policy_caps_of(policy, cases[i].counter, &cases[i].party);
        assert_int_equal(caps.at_once, cases[i].at_once);
        assert_int_equal(caps.per_hour, cases[i].per_hour);
    }
}

static void judges_at_the_edge_of_a_cap(void **state)
{
    struct reading *reading = *state;
    enum { HOUR_MS = 3600000 };
    static const struct {
        struct policy_caps caps;
        int64_t at_once, in_hour;
        enum usage_counter counter;
        enum reason reason;
        int64_t limit;
    } cases[] = {
        {{2, POLICY_UNLIMITED},                1, 9, USAGE_OF_IDENTITY, REASON_NONE,           0},
        {{2, POLICY_UNLIMITED},                2, 9, USAGE_OF_IDENTITY, REASON_TOO_MANY_CALLS, 2},
        {{2, POLICY_UNLIMITED},                3, 9, USAGE_OF_KEY,      REASON_TOO_MANY_CALLS, 2},
        {{POLICY_UNLIMITED, 5},                9, 4, USAGE_OF_GROUP,    REASON_NONE,           0},
        {{POLICY_UNLIMITED, 5},                9, 5, USAGE_OF_GROUP,    REASON_HOURLY_LIMIT,   5},
        {{1, 5},                               1, 5, USAGE_OF_ACCOUNT,  REASON_ACCOUNT_LIMIT,  1},
        {{9, 5},                               1, 5, USAGE_OF_ACCOUNT,  REASON_ACCOUNT_LIMIT,  5},
        {{0, POLICY_UNLIMITED},                0, 0, USAGE_OF_IDENTITY, REASON_TOO_MANY_CALLS, 0},
        {{POLICY_UNLIMITED, 0},                0, 0, USAGE_OF_IDENTITY, REASON_HOURLY_LIMIT,   0},
        {{POLICY_UNLIMITED, POLICY_UNLIMITED}, 9, 9, USAGE_OF_IDENTITY, REASON_NONE,           0},
    };
    const int64_t now_ms = 1700000000000;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct usage usage = {.at_once = cases[i].at_once,
                              .slot = usage_slot(now_ms, HOUR_MS),
                              .admitted = {cases[i].in_hour}};
        struct policy_verdict verdict = policy_judge_count(
            &cases[i].caps, cases[i].counter, "alice", &usage, HOUR_MS, now_ms, reading->arena);
        assert_int_equal(verdict.reason, cases[i].reason);
        assert_int_equal(verdict.limit, cases[i].limit);
        bool waits = cases[i].limit == 5;
        assert_int_equal(verdict.retry_after_ms > HOUR_MS - 1, waits);
        assert_true(verdict.retry_after_ms <= HOUR_MS / 12 * 13);
    }
}

static void counts_what_somebody_caps(void **state)
{
    struct reading *reading = *state;
    static const struct {
        const char *text;
        bool account, key, group, identity;
    } cases[] = {
        {"{}",                                                   false, false, false, false},
        {"{\"everybody\":{\"call_seconds\":5}}",                 false, false, false, false},
        {"{\"keys\":{\"k\":{\"call_seconds\":5}}}",              false, false, false, false},
        {"{\"account\":{\"calls_at_once\":0}}",                  true,  false, false, false},
        {"{\"each_identity\":{\"calls_per_hour\":9}}",           true,  false, false, true },
        {"{\"keys\":{\"a\":{},\"k\":{\"calls_at_once\":5}}}",    true,  true,  false, false},
        {"{\"groups\":{\"g\":{\"calls_per_hour\":5},\"h\":{}}}", true,  false, true,  false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const bool *counts = read_policy(reading, cases[i].text)->counts;
        assert_int_equal(counts[USAGE_OF_ACCOUNT], cases[i].account);
        assert_int_equal(counts[USAGE_OF_KEY], cases[i].key);
        assert_int_equal(counts[USAGE_OF_GROUP], cases[i].group);
        assert_int_equal(counts[USAGE_OF_IDENTITY], cases[i].identity);
    }
}

static void knows_groups_and_the_blocked(void **state)
{
    struct reading *reading = *state;
    const struct policy *policy = read_policy(reading, names);
    assert_string_equal(policy_group_of(policy, "dave"), "sales");
    assert_string_equal(policy_group_of(policy, "zoe"), "sales");
    assert_null(policy_group_of(policy, "alice"));
    assert_null(policy_group_of(policy, NULL));
    static const struct {
        struct policy_party party;
        bool blocked;
    } cases[] = {
        {{.identity = "eve"},              true },
        {{.identity = "mallory"},          true },
        {{.identity = "mallor"},           false},
        {{.key = "k9"},                    true },
        {{.identity = "k9"},               false},
        {{.identity = "x", .group = "ex"}, true },
        {{0},                              false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(policy_judge_party(policy, &cases[i].party, reading->arena).reason,
                         cases[i].blocked ? REASON_BLOCKED : REASON_NONE);
    assert_true(policy_blocks_caller(policy, "+15005550009"));
    assert_true(policy_blocks_caller(policy, UK));
    assert_false(policy_blocks_caller(policy, US));
    assert_false(policy_blocks_caller(policy, "anonymous"));
    assert_int_equal(policy->blocked_answer, POLICY_ANSWER_BUSY);
}

/* ---- what is wrong ---- */

static void names_the_place_of_each_mistake(void **state)
{
    struct reading *reading = *state;
    static const struct {
        const char *text;
        const char *where[3];
    } cases[] = {
        {"{\"acount\":{}}",                                                           {"/acount"}                  },
        {"{\"account\":{\"calls\":1}}",                                               {"/account/calls"}           },
        {"{\"account\":[]}",                                                          {"/account"}                 },
        {"{\"account\":{\"calls_at_once\":-1}}",                                      {"/account/calls_at_once"}   },
        {"{\"account\":{\"calls_at_once\":\"5\"}}",                                   {"/account/calls_at_once"}   },
        {"{\"account\":{\"calls_at_once\":1.5}}",                                     {"/account/calls_at_once"}   },
        {"{\"account\":{\"calls_at_once\":1000001}}",                                 {"/account/calls_at_once"}   },
        {"{\"account\":{\"destinations\":{}}}",                                       {"/account/destinations"}    },
        {"{\"everybody\":{\"calls_at_once\":1}}",                                     {"/everybody/calls_at_once"} },
        {"{\"everybody\":{\"call_seconds\":0}}",                                      {"/everybody/call_seconds"}  },
        {"{\"everybody\":{\"call_seconds\":86401}}",                                  {"/everybody/call_seconds"}  },
        {"{\"everybody\":{\"caller_ids\":[\"" US "\"]}}",                             {"/everybody/caller_ids/0"}  },
        {"{\"everybody\":{\"destinations\":{\"allow\":[\"1\"]}}}",
         {"/everybody/destinations/allow/0"}                                                                       },
        {"{\"everybody\":{\"destinations\":{\"allow\":[\"+0\"]}}}",
         {"/everybody/destinations/allow/0"}                                                                       },
        {"{\"everybody\":{\"destinations\":{\"allow\":[\"+\"]}}}",
         {"/everybody/destinations/allow/0"}                                                                       },
        {"{\"everybody\":{\"destinations\":{\"allow\":[\"+1a\"]}}}",
         {"/everybody/destinations/allow/0"}                                                                       },
        {"{\"everybody\":{\"destinations\":{\"deny\":[\"+1\",7]}}}",
         {"/everybody/destinations/deny/1"}                                                                        },
        {"{\"everybody\":{\"destinations\":{\"premium\":true}}}",
         {"/everybody/destinations/premium"}                                                                       },
        {"{\"everybody\":{\"destinations\":{\"allow\":[\"+1\"],\"deny\":[\"+1\"]}}}",
         {"/everybody/destinations"}                                                                               },
        {"{\"identities\":{\"a/b~c\":{\"x\":1}}}",                                    {"/identities/a~1b~0c/x"}    },
        {"{\"identities\":{\"\":{}}}",                                                {"/identities/"}             },
        {"{\"identities\":{\"alice\":{\"members\":[]}}}",                             {"/identities/alice/members"}},
        {"{\"groups\":{\"a\":{\"members\":[\"x\"]},\"b\":{\"members\":[\"x\"]}}}",    {"/groups"}                  },
        {"{\"groups\":{\"a\":7}}",                                                    {"/groups/a"}                },
        {"{\"groups\":[]}",                                                           {"/groups"}                  },
        {"{\"blocked\":{\"answer\":\"no\"}}",                                         {"/blocked/answer"}          },
        {"{\"blocked\":{\"callers\":[\"anonymous\"]}}",                               {"/blocked/callers/0"}       },
        {"{\"blocked\":{\"keys\":\"k1\"}}",                                           {"/blocked/keys"}            },
        {"{\"x\":1,\"account\":{\"y\":2},\"blocked\":{\"answer\":3}}",
         {"/x", "/account/y", "/blocked/answer"}                                                                   },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t before = reading->report.mistake_count;
        assert_int_equal(read_bytes(reading, cases[i].text, strlen(cases[i].text)), -1);
        size_t expected = 0;
        for (; expected < 3 && cases[i].where[expected] != NULL; expected++) {
            const char *where =
                arena_printf(reading->arena, "policy.json %s", cases[i].where[expected]);
            bool told = false;
            for (size_t m = before; m < reading->report.mistake_count; m++)
                told = told || text_equal(reading->report.mistakes[m].variable, where);
            if (!told)
                fail_msg("%s: %s is not named", cases[i].text, where);
        }
        assert_int_equal(reading->report.mistake_count - before, expected);
    }
}

static void refuses_what_is_no_document(void **state)
{
    struct reading *reading = *state;
    static const char *const texts[] = {
        "",
        " ",
        "[]",
        "null",
        "7",
        "\"x\"",
        "{",
        "{}x",
        "{} {}",
        "{/* */}",
        "{\"a\":1,}",
        "{\"account\":{},\"account\":{}}",
        "{\"identities\":{\"a\\u0000b\":{}}}",
        "{\"identities\":{\"\377\":{}}}",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_int_equal(read_bytes(reading, texts[i], strlen(texts[i])), -1);
    assert_int_equal(read_bytes(reading, "{}\0", 3), -1);
    assert_true(reading->report.mistake_count >= ARRAY_LEN(texts) + 1);
}

static void keeps_control_characters_from_the_terminal(void **state)
{
    struct reading *reading = *state;
    static const char text[] = "{\"\\u001b[31m\":1,\"blocked\":{\"callers\":[\"\\u001b[2J\"]}}";
    assert_int_equal(read_bytes(reading, text, strlen(text)), -1);
    assert_int_equal(reading->report.mistake_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_null(strchr(reading->report.mistakes[i].variable, '\033'));
        assert_null(strchr(reading->report.mistakes[i].problem, '\033'));
    }
}

static void tells_so_many_mistakes_and_no_more(void **state)
{
    struct reading *reading = *state;
    auto_buf struct buf text;
    buf_init(&text, KiB(64));
    buf_printf(&text, "{\"x0\":1");
    for (int i = 1; i < 1000; i++)
        buf_printf(&text, ",\"x%d\":1", i);
    buf_printf(&text, "}");
    assert_int_equal(read_bytes(reading, text.data, text.len), -1);
    assert_int_equal(reading->report.mistake_count, LIMIT_DOCUMENT_MISTAKES);
}

static void bounds_its_lists(void **state)
{
    struct reading *reading = *state;
    auto_buf struct buf text;
    buf_init(&text, LIMIT_DOCUMENT_BYTES);
    buf_printf(&text, "{\"blocked\":{\"keys\":[\"k\"");
    for (int i = 0; i < LIMIT_POLICY_ITEMS; i++)
        buf_printf(&text, ",\"k%d\"", i);
    buf_printf(&text, "]}}");
    assert_int_equal(read_bytes(reading, text.data, text.len), -1);
    assert_string_equal(reading->report.mistakes[0].variable, "policy.json /blocked/keys");
}

static void the_sample_and_no_file_are_fine(void **state)
{
    struct reading *reading = *state;
    const struct policy *policy;
    reading->config.files.directory = SOURCE_TREE "/config";
    assert_int_equal(policy_load(&reading->config, reading->arena, &reading->report, &policy), 0);
    assert_string_equal(policy->origin, SOURCE_TREE "/config/policy.json");
    reading->config.files.directory = SOURCE_TREE "/src";
    assert_int_equal(policy_load(&reading->config, reading->arena, &reading->report, &policy), 0);
    assert_ptr_equal(policy, policy_default());
    reading->config.files.directory = NULL;
    assert_int_equal(policy_load(&reading->config, reading->arena, &reading->report, &policy), 0);
    assert_ptr_equal(policy, policy_default());
    reading->config.files.directory = SOURCE_TREE "/nowhere";
    assert_int_equal(policy_load(&reading->config, reading->arena, &reading->report, &policy), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(decides_by_the_longest_prefix, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_empty_document_is_the_defaults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(asks_the_rules_of_all_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(chooses_and_refuses_caller_ids, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_shortest_length_of_a_name_wins, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_name_has_its_caps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(judges_at_the_edge_of_a_cap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(counts_what_somebody_caps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(knows_groups_and_the_blocked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_the_place_of_each_mistake, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_what_is_no_document, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_control_characters_from_the_terminal, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(tells_so_many_mistakes_and_no_more, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bounds_its_lists, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_sample_and_no_file_are_fine, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
