/* What the interpreter does with documents: verbs, inputs, failures. */
#include "stage.h"

#include "core/macros.h"

static const char *inbound(struct stage *stage, const char *caller)
{
    const char *json = arena_printf(stage->arena, "{\"script\":{%s}}", caller);
    assert_int_equal(201, stage_control(stage, "POST", "/sim/inbound", json));
    return arena_strdup(stage->arena, stage_text(stage, "call_sid"));
}

static const char *status_of(struct stage *stage, const char *sid)
{
    stage_control(stage, "GET", arena_printf(stage->arena, "/sim/calls?call_sid=%s", sid), "");
    return stage_text(stage, "calls.0.status");
}

static void an_inbound_call_asks_while_it_rings(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_create();
    stage->settings.status_url = SERVER "/over";
    stage_open(stage);
    stage_twiml(stage, "/voice", "<Say>Welcome</Say><Redirect>/next?a=1&amp;b=2</Redirect>");
    stage_twiml(stage, "/next", "<Pause/>");
    const char *sid = inbound(stage, "");
    stage_settle(stage);
    const struct seen *asked = stage_seen(stage, "/voice", 0);
    assert_param(asked, "CallStatus", "ringing");
    assert_param(asked, "Direction", "inbound");
    assert_param(asked, "FromCity", "");
    assert_param(asked, "FromCountry", "US");
    assert_param(asked, "StirVerstat", "TN-Validation-Passed-A");
    assert_non_null(fields_get(&asked->params, "CallToken"));
    assert_string_equal(SERVER "/next?a=1&b=2", stage_seen(stage, "/next", 0)->url);
    assert_param(stage_seen(stage, "/next", 0), "CallStatus", "in-progress");
    const struct seen *over = stage_seen(stage, "/over", 0);
    assert_param(over, "CallStatus", "completed");
    assert_param(over, "CallSid", sid);
    assert_param(over, "SequenceNumber", NULL); /* number-level: neither of these */
    assert_param(over, "CallbackSource", NULL);
    assert_int_equal(1, stage_count(stage, "/over"));
}

static void what_answers_an_inbound_call(void **state)
{
    (void)state;
    static const struct {
        const char *verbs;
        const char *after_1_s;
        const char *final;
    } cases[] = {
        {"<Say>Hello, this is a long sentence</Say>",           "in-progress", "completed"},
        {"<Pause length=\"3\"/><Say>Hello, this is long</Say>", "ringing",     "completed"},
        {"<Reject/>",                                           "no-answer",   "no-answer"},
        {"<Reject reason=\"busy\"/>",                           "busy",        "busy"     },
        {"<Hangup/>",                                           "completed",   "completed"},
        {"",                                                    "completed",   "completed"},
        {"<Play>/sound.mp3</Play>",                             "in-progress", "completed"},
        {"<Gather/>",                                           "in-progress", "completed"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_stage struct stage *stage = stage_ready();
        stage_twiml(stage, "/voice", cases[i].verbs);
        const char *sid = inbound(stage, "");
        stage_pass(stage, 1000);
        assert_string_equal(cases[i].after_1_s, status_of(stage, sid));
        stage_settle(stage);
        assert_string_equal(cases[i].final, status_of(stage, sid));
    }
}

struct input {
    const char *gather; /* attributes */
    const char *person; /* script members */
    const char *digits; /* at the action; NULL: it is not asked */
    const char *key;
    const char *speech;
};

static const struct input inputs[] = {
    {"",                                 "\"presses\":\"12#\"",                   "12",  "#",  NULL          },
    {"numDigits=\"1\"",                  "\"presses\":\"1\"",                     "1",   "",   NULL          },
    {"numDigits=\"1\"",                  "\"presses\":\"19\"",                    "1",   "",   NULL          },
    {"finishOnKey=\"*\"",                "\"presses\":\"1#2*\"",                  "1#2", "*",  NULL          },
    {"finishOnKey=\"\" numDigits=\"3\"", "\"presses\":\"1#2\"",                   "1#2", "",   NULL          },
    {"numDigits=\"4\"",                  "\"presses\":\"12\"",                    "12",  "",   NULL          }, /* the timeout ends it */
    {"",                                 "",                                      NULL,  NULL, NULL          },
    {"",                                 "\"presses\":\"\"",                      NULL,  NULL, NULL          },
    {"",                                 "\"presses\":\"#\"",                     NULL,  NULL, NULL          },
    {"actionOnEmptyResult=\"true\"",     "",                                      "",    "",   NULL          },
    {"input=\"speech\"",                 "\"says\":\"sales please\"",             NULL,  NULL, "sales please"},
    {"input=\"speech\"",                 "\"presses\":\"1#\"",                    NULL,  NULL, NULL          },
    {"input=\"dtmf speech\"",            "\"says\":\"sales\",\"presses\":\"7#\"", "7",   "#",  NULL          },
};

static void gather_hears_what_the_person_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(inputs); i++) {
        const struct input *input = &inputs[i];
        auto_stage struct stage *stage = stage_ready();
        stage_twiml(
            stage, "/voice",
            arena_printf(
                stage->arena,
                "<Gather action=\"/menu\" %s><Say>Press</Say></Gather><Say>Nothing heard</Say>",
                input->gather));
        stage_twiml(stage, "/menu", "<Hangup/>");
        const char *sid = inbound(stage, input->person);
        stage_settle(stage);
        bool asked = input->digits || input->speech;
        assert_int_equal(asked ? 1 : 0, stage_count(stage, "/menu"));
        if (!asked) {
            assert_event(stage, sid, "says", "Nothing heard");
            continue;
        }
        const struct seen *menu = stage_seen(stage, "/menu", 0);
        assert_param(menu, "Digits", input->digits);
        assert_param(menu, "FinishedOnKey", input->key);
        assert_param(menu, "SpeechResult", input->speech);
    }
}

static void each_gather_takes_the_next_input(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Gather numDigits=\"1\"/><Say>Again</Say><Redirect/>");
    stage_twiml_once(stage, "/voice", "<Gather numDigits=\"1\"/><Say>Again</Say><Redirect/>");
    inbound(stage, "\"presses\":[\"\",\"2\",\"3\"],\"hangup_after_ms\":30000");
    stage_settle(stage);
    assert_string_equal("- - 2 3 -",
                        arena_copy(stage->arena, stage_values(stage, "/voice", "Digits"), 9));
}

static void somebody_can_press_by_hand(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Gather action=\"/menu\" numDigits=\"1\"/>");
    const char *sid = inbound(stage, "");
    const char *press = arena_printf(stage->arena, "{\"call_sid\":\"%s\",\"digits\":\"5\"}", sid);
    assert_int_equal(409, stage_control(stage, "POST", "/sim/press", press));
    stage_pass(stage, 100);
    assert_int_equal(200, stage_control(stage, "POST", "/sim/press", press));
    stage_pass(stage, 0);
    assert_string_equal("5", stage_values(stage, "/menu", "Digits"));
}

static void record_tells_its_action_and_its_callback(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(
        stage, "/voice",
        "<Record action=\"/recorded\" recordingStatusCallback=\"/ready\" "
        "recordingStatusCallbackEvent=\"in-progress completed absent\"/><Say>Silence</Say>");
    stage_twiml(stage, "/recorded", "<Hangup/>");
    inbound(stage, "\"speaks_ms\":4000");
    stage_settle(stage);
    assert_string_equal("in-progress completed", stage_values(stage, "/ready", "RecordingStatus"));
    assert_string_equal("4", stage_values(stage, "/recorded", "RecordingDuration"));
    assert_string_equal("-", stage_values(stage, "/recorded", "Digits"));

    const char *silent = inbound(stage, "\"speaks_ms\":0");
    stage_settle(stage);
    assert_event(stage, silent, "says", "Silence");
    assert_string_equal("in-progress completed in-progress absent",
                        stage_values(stage, "/ready", "RecordingStatus"));

    inbound(stage, "\"speaks_ms\":60000,\"hangup_after_ms\":3000");
    stage_settle(stage);
    assert_string_equal("- hangup", stage_values(stage, "/recorded", "Digits"));
    assert_string_equal("in-progress completed", stage_values(stage, "/recorded", "CallStatus"));
}

static void an_endless_redirect_comes_to_an_end(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Redirect/>");
    const char *sid = inbound(stage, "");
    stage_settle(stage);
    assert_event(stage, sid, "stopped", "500 documents");
    assert_int_equal(500, stage_count(stage, "/voice"));
}

struct failure {
    int status;
    const char *type;
    const char *body;
    const char *code; /* ErrorCode at the fallback; NULL: it is no failure */
};

static const struct failure failures[] = {
    {200, "text/xml",                       "<Response/>", NULL   },
    {200, "application/xml; charset=utf-8", "<Response/>", NULL   },
    {200, "text/html",                      "<Response/>", NULL   },
    {200, "text/plain",                     "<Response/>", NULL   },
    {200, "text/plain",                     "Hello",       NULL   },
    {200, "audio/mpeg",                     "ID3",         NULL   },
    {404, "text/xml",                       "<Response/>", "11200"},
    {500, "text/xml",                       "<Response/>", "11200"},
    {200, "application/json",               "{}",          "12300"},
    {204, "",                               "",            "12300"},
    {200, "text/xml",                       "",            "12100"},
    {200, "text/xml",                       "<Response>",  "12100"},
    {200, "text/xml",                       "<Reply/>",    "12102"},
};

static void what_is_no_twiml_goes_to_the_fallback(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
        const struct failure *failure = &failures[i];
        auto_stage struct stage *stage = stage_create();
        stage->settings.fallback_url = SERVER "/fallback";
        stage_open(stage);
        stage_says(stage, "/voice", -1, failure->status, failure->type, failure->body);
        stage_twiml(stage, "/fallback", "<Say>Please call later</Say>");
        const char *sid = inbound(stage, "");
        stage_settle(stage);
        assert_int_equal(failure->code ? 1 : 0, stage_count(stage, "/fallback"));
        assert_string_equal("completed", status_of(stage, sid));
        if (failure->code == NULL)
            continue;
        const struct seen *fallback = stage_seen(stage, "/fallback", 0);
        assert_param(fallback, "ErrorCode", failure->code);
        assert_param(fallback, "ErrorUrl", SERVER "/voice");
        assert_event(stage, sid, "says", "Please call later");
    }
}

static void without_a_fallback_the_caller_hears_an_apology(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_says(stage, "/voice", -1, 500, "", "");
    const char *sid = inbound(stage, "");
    stage_settle(stage);
    assert_warning(stage, sid, 11200);
    assert_event(stage, sid, "says", "application error");
    assert_string_equal("completed", status_of(stage, sid));
}

static void a_failing_fallback_is_not_asked_again(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_create();
    stage->settings.fallback_url = SERVER "/fallback";
    stage_open(stage);
    stage_says(stage, "/", -1, 500, "", "");
    const char *sid = inbound(stage, "");
    stage_settle(stage);
    assert_int_equal(1, stage_count(stage, "/fallback"));
    assert_event(stage, sid, "says", "application error");
}

static void a_document_of_more_than_64_kib_is_refused(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    char *much = arena_alloc(stage->arena, KiB(65));
    memset(much, 'a', KiB(65) - 1);
    stage_twiml(stage, "/voice", arena_printf(stage->arena, "<Say>%s</Say>", much));
    const char *sid = inbound(stage, "");
    stage_settle(stage);
    assert_warning(stage, sid, 11750);
}

static void what_twilio_does_not_know_is_a_warning(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Say colour=\"red\">One</Say><Dance/><Say>Two</Say>");
    const char *sid = inbound(stage, "");
    stage_settle(stage);
    assert_warning(stage, sid, 12200);
    assert_event(stage, sid, "says", "Two");
    stage_control(stage, "GET", "/sim/warnings", "");
    assert_int_equal(12200, stage_number(stage, "warnings.0.code"));
}

static void a_caller_may_give_up(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Pause length=\"60\"/>");
    const char *sid = inbound(stage, "\"gives_up_after_ms\":5000");
    stage_settle(stage);
    assert_string_equal("no-answer", status_of(stage, sid));
}

static void cookies_and_redirections_are_followed(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_says(stage, "/voice", 1, 307, "", "");
    stage->answers[0].answer.location = "/moved";
    stage->answers[0].answer.set_cookie = "session=1; Path=/";
    stage_twiml(stage, "/moved", "<Hangup/>");
    const char *sid = inbound(stage, "");
    stage_settle(stage);
    assert_string_equal("POST", stage_seen(stage, "/moved", 0)->method);
    assert_param(stage_seen(stage, "/moved", 0), "CallSid", sid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_inbound_call_asks_while_it_rings),
        cmocka_unit_test(what_answers_an_inbound_call),
        cmocka_unit_test(gather_hears_what_the_person_does),
        cmocka_unit_test(each_gather_takes_the_next_input),
        cmocka_unit_test(somebody_can_press_by_hand),
        cmocka_unit_test(record_tells_its_action_and_its_callback),
        cmocka_unit_test(an_endless_redirect_comes_to_an_end),
        cmocka_unit_test(what_is_no_twiml_goes_to_the_fallback),
        cmocka_unit_test(without_a_fallback_the_caller_hears_an_apology),
        cmocka_unit_test(a_failing_fallback_is_not_asked_again),
        cmocka_unit_test(a_document_of_more_than_64_kib_is_refused),
        cmocka_unit_test(what_twilio_does_not_know_is_a_warning),
        cmocka_unit_test(a_caller_may_give_up),
        cmocka_unit_test(cookies_and_redirections_are_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
