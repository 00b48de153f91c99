/* The control API: people, rules, waiting, and what it refuses. */
#include "stage.h"

#include "core/macros.h"

static void what_cannot_be_done_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        const char *path;
        const char *body;
        int status;
        const char *says;
    } cases[] = {
        {"GET",  "/sim/nothing",               "",                                                               404, "no GET"         },
        {"GET",  "/sim/reset",                 "",                                                               405, "no GET"         },
        {"POST", "/sim/inbound",               "{",                                                              400, "line 1"         },
        {"POST", "/sim/inbound",               "{\"to\":\"+14155550100\"}",                                      404, "not a number"   },
        {"POST", "/sim/inbound",               "{\"script\":{\"colour\":1}}",                                    422, "colour"         },
        {"POST", "/sim/inbound",               "{\"script\":{\"hangup_after_ms\":-5}}",                          422, "hangup_after_ms"},
        {"POST", "/sim/browser",               "{}",                                                             422, "identity"       },
        {"POST", "/sim/browser",               "{\"identity\":\"a\",\"params\":{\"n\":1}}",                      422, "params.n"       },
        {"POST", "/sim/hangup",                "{\"call_sid\":\"CA1\"}",                                         404, "no call CA1"    },
        {"POST", "/sim/answer",                "{}",                                                             404, "no call"        },
        {"POST", "/sim/script",                "{\"busy\":true}",                                                422, "match"          },
        {"POST", "/sim/script",                "{\"match\":\"*\",\"presses\":7}",                                422, "presses"        },
        {"POST", "/sim/script",                "{\"match\":\"*\",\"fail_sip\":200}",                             422, "fail_sip"       },
        {"PUT",  "/sim/script",                "[{\"match\":\"*\"},{}]",                                         422, "match"          },
        {"POST", "/sim/faults",                "{}",                                                             422, "fault"          },
        {"POST", "/sim/faults",                "{\"target\":\"rest\",\"kind\":\"lose\"}",                        422, "lose"           },
        {"POST", "/sim/faults",                "{\"target\":\"mars\",\"kind\":\"lose\"}",                        422, "target"         },
        {"POST", "/sim/faults",                "{\"target\":\"callback\",\"kind\":\"lose\",\"count\":0}",        422,
         "count"                                                                                                                       },
        {"POST", "/sim/faults",                "{\"target\":\"callback\",\"kind\":\"lose\",\"match\":[]}",       422,
         "match"                                                                                                                       },
        {"POST", "/sim/faults",                "{\"target\":\"rest\",\"kind\":\"server_error\",\"status\":200}",
         422,                                                                                                         "status"         },
        {"GET",  "/sim/wait",                  "",                                                               422, "wait for what"  },
        {"GET",  "/sim/wait?calls_ended=many", "",                                                               422, "calls_ended"    },
        {"GET",  "/sim/wait?status=answered",  "",                                                               422, "answered"       },
        {"GET",  "/sim/calls?limit=0",         "",                                                               422, "limit"          },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_stage struct stage *stage = stage_ready();
        assert_int_equal(cases[i].status,
                         stage_control(stage, cases[i].method, cases[i].path, cases[i].body));
        if (strstr(stage_text(stage, "error"), cases[i].says) == NULL)
            fail_msg("%s: %s", cases[i].body, stage_text(stage, "error"));
        stage_control(stage, "GET", "/sim/health", "");
        assert_int_equal(0, stage_number(stage, "legs"));
    }
}

static void a_bad_script_leaves_the_old_one(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_everybody(stage, "\"busy\":true");
    assert_int_equal(422, stage_control(stage, "PUT", "/sim/script", "[{\"match\":\"x\"},{}]"));
    assert_int_equal(200, stage_control(stage, "GET", "/sim/script", ""));
    assert_string_equal("*", stage_text(stage, "rules.0.match"));
    assert_int_equal(200, stage_control(stage, "DELETE", "/sim/script", ""));
    assert_null(stage_text(stage, "rules.0.match"));
}

static void the_first_rule_that_fits_counts(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_control(stage, "PUT", "/sim/script",
                  "[{\"match\":\"+14155550100\",\"busy\":true},"
                  "{\"match\":\"+1415*\",\"fail_sip\":500},{\"match\":\"*\",\"no_answer\":true}]");
    stage_call(stage, "");
    stage_rest(stage, "POST", CALLS ".json",
               "To=%2B14155550111&From=%2B15005550006&Url=https://phone.example.com/");
    stage_rest(stage, "POST", CALLS ".json",
               "To=client:a&From=client:b&Url=https://phone.example.com/");
    stage_settle(stage);
    stage_control(stage, "GET", "/sim/calls", "");
    assert_string_equal("busy", stage_text(stage, "calls.0.status"));
    assert_string_equal("failed", stage_text(stage, "calls.1.status"));
    assert_string_equal("no-answer", stage_text(stage, "calls.2.status"));
}

static void waiting_is_answered_when_it_holds(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Dial><Client>alice</Client></Dial>");
    const char *sid = stage_call(stage, "");
    const char *until_ringing =
        arena_printf(stage->arena, "/sim/wait?call_sid=%s&status=ringing", sid);
    assert_int_equal(0, stage_control(stage, "GET", until_ringing, ""));
    stage_pass(stage, 499);
    assert_false(stage->replied);
    stage_pass(stage, 1);
    assert_true(stage->replied);
    assert_int_equal(200, stage->status);

    assert_int_equal(
        0, stage_control(stage, "GET", "/sim/wait?to=client:alice&status=in-progress", ""));
    stage_pass(stage, 3499);
    assert_false(stage->replied);
    stage_pass(stage, 1);
    assert_true(stage->replied);

    assert_int_equal(0, stage_control(stage, "GET", "/sim/wait?calls_ended=1&legs_ended=2", ""));
    stage_settle(stage);
    assert_true(stage->replied);
    assert_int_equal(200,
                     stage_control(stage, "GET", "/sim/wait?requests=1", "")); /* holds already */
}

static void idle_means_that_nothing_comes_by_itself(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    assert_int_equal(200, stage_control(stage, "GET", "/sim/idle", ""));
    stage_everybody(stage, "\"manual\":true,\"hangup_after_ms\":null");
    stage_twiml(stage, "/voice", "<Dial action=\"/action\">+14155550111</Dial>");
    stage_control(stage, "POST", "/sim/inbound", "{}");
    const char *sid = arena_strdup(stage->arena, stage_text(stage, "call_sid"));
    assert_int_equal(0, stage_control(stage, "GET", "/sim/idle", ""));
    stage_pass(stage, 5000);
    assert_true(stage->replied); /* it rings, and nobody will answer unless told to */

    stage_control(stage, "GET", "/sim/calls?direction=outbound-dial", "");
    const char *child = arena_strdup(stage->arena, stage_text(stage, "calls.0.call_sid"));
    const char *answer = arena_printf(stage->arena, "{\"call_sid\":\"%s\"}", child);
    assert_int_equal(200, stage_control(stage, "POST", "/sim/answer", answer));
    assert_string_equal(sid, stage_text(stage, "bridged_with"));
    assert_int_equal(409, stage_control(stage, "POST", "/sim/answer", answer));
    assert_int_equal(200, stage_control(stage, "POST", "/sim/hangup", answer));
    stage_settle(stage);
    assert_string_equal("completed", stage_values(stage, "/action", "DialCallStatus"));
}

static void whoever_gives_up_waiting_is_told_the_state(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    assert_int_equal(0, stage_control(stage, "GET", "/sim/wait?calls_ended=1", ""));
    sim_give_up(stage->sim, stage->now, stage);
    assert_true(stage->replied);
    assert_int_equal(504, stage->status);
    assert_int_equal(0, stage_number(stage, "calls_ended"));
}

static void a_reset_answers_whoever_waits(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_call(stage, "");
    assert_int_equal(0, stage_control(stage, "GET", "/sim/wait?calls_ended=9", ""));
    assert_int_equal(200, stage_control(stage, "POST", "/sim/reset", ""));
    assert_int_equal(0, stage_number(stage, "legs"));
    stage_control(stage, "GET", "/sim/requests", "");
    assert_int_equal(0, json_array_size(json_object_get(stage->json, "requests")));
}

static void the_same_seed_makes_the_same_sids(void **state)
{
    (void)state;
    auto_stage struct stage *one = stage_ready();
    auto_stage struct stage *two = stage_ready();
    assert_string_equal(stage_call(one, ""), stage_call(two, ""));
}

static void the_oldest_calls_are_forgotten_and_the_rest_kept(void **state)
{
    (void)state;
    enum { MANY = 10010 }; /* a little more than is remembered */
    auto_stage struct stage *stage = stage_ready();
    stage_everybody(stage, "\"busy\":true");
    for (int i = 0; i < MANY; i++) {
        int status =
            stage_rest(stage, "POST", CALLS ".json", "To=client:a&From=client:b&Twiml=<Response/>");
        assert_int_equal(201, status);
        stage_settle(stage);
    }
    stage_control(stage, "GET", "/sim/health", "");
    assert_int_equal(MANY, stage_number(stage, "calls_ended"));
    assert_int_equal(10000, stage_number(stage, "legs"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_done_is_said),
        cmocka_unit_test(a_bad_script_leaves_the_old_one),
        cmocka_unit_test(the_first_rule_that_fits_counts),
        cmocka_unit_test(waiting_is_answered_when_it_holds),
        cmocka_unit_test(idle_means_that_nothing_comes_by_itself),
        cmocka_unit_test(whoever_gives_up_waiting_is_told_the_state),
        cmocka_unit_test(a_reset_answers_whoever_waits),
        cmocka_unit_test(the_same_seed_makes_the_same_sids),
        cmocka_unit_test(the_oldest_calls_are_forgotten_and_the_rest_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
