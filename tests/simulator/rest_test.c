/* The REST API: who may ask, what is refused with which code, lists, faults. */
#include "stage.h"

#include "core/macros.h"

#define PARTIES "To=%2B14155550100&From=%2B15005550006"
#define GOOD PARTIES "&Url=https://phone.example.com/voice"

struct refusal {
    const char *form;
    int status; /* 201: it is no refusal */
    int code;
};

static const struct refusal creations[] = {
    {GOOD,                                                                    201, 0    },
    {PARTIES "&Twiml=<Response/>",                                            201, 0    },
    {PARTIES "&ApplicationSid=AP00000000000000000000000000000005",            201, 0    },
    {"To=client:alice&From=client:bob&Url=https://phone.example.com/",        201, 0    },
    {"To=sip:a@b.example&From=%2B15005550006&Url=https://phone.example.com/", 201, 0    },
    {"From=%2B15005550006&Url=https://phone.example.com/",                    400, 21201},
    {"To=&From=%2B15005550006&Url=https://phone.example.com/",                400, 21201},
    {"To=%2B14155550100&Url=https://phone.example.com/",                      400, 21213},
    {"To=14155550100x&From=%2B15005550006&Url=https://phone.example.com/",    400, 21211},
    {"To=client:&From=%2B15005550006&Url=https://phone.example.com/",         400, 21211},
    {"To=%2B14155550100&From=nobody&Url=https://phone.example.com/",          400, 21212},
    {"To=%2B14155550100&From=client:bob&Url=https://phone.example.com/",      400, 21212},
    {"To=%2B14155550100&From=%2B14155550111&Url=https://phone.example.com/",  400, 21210},
    {"To=%2B15005550006&From=%2B15005550006&Url=https://phone.example.com/",  400, 21211},
    {"To=%2B15005550001&From=%2B15005550006&Url=https://phone.example.com/",  400, 21217},
    {"To=%2B15005550002&From=%2B15005550006&Url=https://phone.example.com/",  400, 21214},
    {"To=%2B15005550003&From=%2B15005550006&Url=https://phone.example.com/",  400, 21215},
    {"To=%2B15005550004&From=%2B15005550006&Url=https://phone.example.com/",  400, 21216},
    {PARTIES,                                                                 400, 21205},
    {PARTIES "&Url=/voice",                                                   400, 21205},
    {PARTIES "&Url=https://under_score.example.com/",                         400, 21205},
    {PARTIES "&Url=ftp://phone.example.com/",                                 400, 21205},
    {PARTIES "&ApplicationSid=AP00000000000000000000000000000009",            400, 21218},
    {PARTIES "&ApplicationSid=application",                                   400, 21218},
    {GOOD "&Method=PUT",                                                      400, 21209},
    {GOOD "&StatusCallback=nowhere",                                          400, 21609},
    {GOOD "&StatusCallbackEvent=answered&StatusCallbackEvent=completed",      201, 0    },
    {GOOD "&StatusCallbackEvent=answered+completed",                          400, 20001},
    {GOOD "&Timeout=0",                                                       400, 21208},
    {GOOD "&Timeout=601",                                                     400, 21208},
    {GOOD "&Timeout=600",                                                     201, 0    },
    {GOOD "&SendDigits=ww12%23",                                              201, 0    },
    {GOOD "&SendDigits=call+me",                                              400, 21206},
    {GOOD "&MachineDetection=Maybe",                                          400, 21234},
    {GOOD "&MachineDetectionTimeout=1",                                       400, 21262},
    {GOOD "&Record=perhaps",                                                  400, 20001},
    {GOOD "&to=%2B14155550111",                                               400, 20001}, /* names have capitals */
    {GOOD "&Colour=red",                                                      400, 20001},
    {GOOD "&Timeout=5&Timeout=6",                                             400, 20001},
};

static void a_call_is_created_or_refused_with_twilio_s_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(creations); i++) {
        auto_stage struct stage *stage = stage_ready();
        int status = stage_rest(stage, "POST", CALLS ".json", creations[i].form);
        if (status != creations[i].status || stage_number(stage, "code") != creations[i].code)
            fail_msg("%s: %d, %lld", creations[i].form, status,
                     (long long)stage_number(stage, "code"));
        if (status == 201) {
            assert_string_equal("queued", stage_text(stage, "status"));
            continue;
        }
        assert_int_equal(status, stage_number(stage, "status"));
        assert_string_equal(
            arena_printf(stage->arena, "https://www.twilio.com/docs/errors/%d", creations[i].code),
            stage_text(stage, "more_info"));
        stage_control(stage, "GET", "/sim/calls", "");
        assert_int_equal(0, stage_number(stage, "legs"));
    }
}

static void a_lenient_simulator_ignores_unknown_parameters(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_create();
    stage->settings.lenient = true;
    stage_open(stage);
    assert_int_equal(201, stage_rest(stage, "POST", CALLS ".json", GOOD "&Colour=red"));
}

static void a_trial_account_only_calls_verified_numbers(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_create();
    stage->settings.trial = true;
    stage->settings.verified[stage->settings.verified_count++] = "+14155550111";
    stage_open(stage);
    assert_int_equal(400, stage_rest(stage, "POST", CALLS ".json", GOOD));
    assert_int_equal(21219, stage_number(stage, "code"));
    assert_int_equal(
        201, stage_rest(stage, "POST", CALLS ".json",
                        "To=%2B14155550111&From=%2B15005550006&Url=https://phone.example.com/"));
    assert_int_equal(
        200,
        stage_rest(stage, "GET",
                   "/2010-04-01/Accounts/AC00000000000000000000000000000001/OutgoingCallerIds.json",
                   ""));
    assert_string_equal("+14155550111", stage_text(stage, "outgoing_caller_ids.0.phone_number"));
}

static void a_call_resource_has_every_member(void **state)
{
    (void)state;
    static const char *const members[] = {"sid",
                                          "date_created",
                                          "date_updated",
                                          "parent_call_sid",
                                          "account_sid",
                                          "to",
                                          "to_formatted",
                                          "from",
                                          "from_formatted",
                                          "phone_number_sid",
                                          "status",
                                          "start_time",
                                          "end_time",
                                          "duration",
                                          "price",
                                          "price_unit",
                                          "direction",
                                          "answered_by",
                                          "api_version",
                                          "forwarded_from",
                                          "group_sid",
                                          "caller_name",
                                          "queue_time",
                                          "trunk_sid",
                                          "uri",
                                          "subresource_uris"};
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Pause length=\"70\"/>");
    stage_everybody(stage, "\"hangup_after_ms\":65000");
    const char *sid = stage_call(stage, "");
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        assert_non_null(json_object_get(stage->json, members[i]));
    assert_string_equal("(415) 555-0100", stage_text(stage, "to_formatted"));
    assert_string_equal("Fri, 20 Nov 2026 19:22:00 +0000", stage_text(stage, "date_created"));
    assert_null(stage_text(stage, "duration"));
    assert_null(stage_text(stage, "start_time"));
    stage_settle(stage);
    const char *path = arena_printf(stage->arena, CALLS "/%s.json", sid);
    assert_int_equal(200, stage_rest(stage, "GET", path, ""));
    assert_string_equal("65", stage_text(stage, "duration"));
    assert_string_equal("Fri, 20 Nov 2026 19:22:02 +0000", stage_text(stage, "start_time"));
    assert_string_equal("Fri, 20 Nov 2026 19:23:07 +0000", stage_text(stage, "end_time"));
    assert_null(stage_text(stage, "price"));
    stage_pass(stage, 60000);
    stage_rest(stage, "GET", path, "");
    assert_string_equal("-0.02800", stage_text(stage, "price"));
    assert_int_equal(204, stage_rest(stage, "DELETE", path, ""));
    assert_int_equal(404, stage_rest(stage, "GET", path, ""));
}

static void credentials_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *pair; /* base64, made with coreutils */
        int status;
    } cases[] = {
  /* SK...3 with its secret */
        {"Basic "
         "U0swMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMzowMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwN"
         "A==",     200},
 /* the same with the account's token */
        {"Basic "
         "U0swMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMzowMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM"
         "g==",     401},
        {"Basic bm9ib2R5",   401},
        {"Basic not base64", 401},
        {"Bearer x",         401},
        {"",                 401},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        auto_stage struct stage *stage = stage_ready();
        assert_int_equal(cases[i].status,
                         stage_rest_as(stage, cases[i].pair, "GET", CALLS ".json", ""));
        if (cases[i].status == 401)
            assert_int_equal(20003, stage_number(stage, "code"));
    }
}

static void what_is_not_there_is_20404(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        const char *path;
        int status;
        int code;
    } cases[] = {
        {"GET",  CALLS "/CA00000000000000000000000000000009.json",                     404, 20404},
        {"POST", CALLS "/CA00000000000000000000000000000009.json",                     404, 20404},
        {"GET",  "/2010-04-01/Accounts/AC00000000000000000000000000000001/calls.json", 404, 20404},
        {"GET",  "/2010-04-01/Accounts/AC00000000000000000000000000000001/Calls",      404, 20404},
        {"GET",  "/2010-04-01/",                                                       404, 20404},
        {"GET",  "/2010-04-01/Accounts/AC00000000000000000000000000000009/Calls.json", 401, 20003},
        {"PUT",  CALLS ".json",                                                        405, 20004},
        {"GET",
         "/2010-04-01/Accounts/AC00000000000000000000000000000001/Applications/"
         "AP00000000000000000000000000000009.json",                                    404, 20404},
    };
    auto_stage struct stage *stage = stage_ready();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(cases[i].status, stage_rest(stage, cases[i].method, cases[i].path, ""));
        assert_int_equal(cases[i].code, stage_number(stage, "code"));
    }
}

static void lists_are_newest_first_and_paged(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    for (int i = 0; i < 5; i++)
        stage_call(stage, "");
    const char *newest = arena_strdup(stage->arena, stage_text(stage, "sid"));
    assert_int_equal(200, stage_rest(stage, "GET", CALLS ".json?PageSize=2&To=%2B14155550100", ""));
    assert_string_equal(newest, stage_text(stage, "calls.0.sid"));
    size_t seen = 0;
    for (;;) {
        seen += json_array_size(json_object_get(stage->json, "calls"));
        const char *next = stage_text(stage, "next_page_uri");
        if (next == NULL)
            break;
        assert_int_equal(200, stage_rest(stage, "GET", arena_strdup(stage->arena, next), ""));
    }
    assert_int_equal(5, seen);
    assert_int_equal(2, stage_number(stage, "page"));
    assert_int_equal(400, stage_rest(stage, "GET", CALLS ".json?PageSize=1001", ""));
    assert_int_equal(20007, stage_number(stage, "code"));
    assert_int_equal(400, stage_rest(stage, "GET", CALLS ".json?Page=1", ""));
}

static void lists_are_filtered(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        size_t count;
    } cases[] = {
        {"",                                   3},
        {"?To=%2B14155550100",                 1},
        {"?From=%2B15005550006",               1},
        {"?From=%2B14155550100",               2},
        {"?Status=completed",                  2},
        {"?Status=queued",                     0},
        {"?Status=ringing",                    1},
        {"?StartTime=2026-11-20",              3},
        {"?StartTime=2026-11-21",              0},
        {"?StartTime%3E=2026-11-20T19:22:00Z", 3},
        {"?StartTime%3E=2026-11-20T19:22:30Z", 1},
        {"?StartTime%3E=2026-11-21",           0},
        {"?StartTime%3C=2026-11-20",           3},
        {"?StartTime%3C=2026-11-19",           0},
        {"?EndTime%3E=2026-11-20T19:22:00Z",   2},
    };
    auto_stage struct stage *stage = stage_ready();
    stage_twiml(stage, "/voice", "<Dial>+14155550155</Dial>");
    stage_control(stage, "POST", "/sim/inbound", "{\"from\":\"+14155550100\"}");
    stage_settle(stage);
    stage_everybody(stage, "\"manual\":true");
    stage_pass(stage, 40000);
    stage_call(stage, "");
    stage_pass(stage, 1000);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *path = arena_printf(stage->arena, CALLS ".json%s", cases[i].query);
        assert_int_equal(200, stage_rest(stage, "GET", path, ""));
        size_t count = json_array_size(json_object_get(stage->json, "calls"));
        if (count != cases[i].count)
            fail_msg("%s: %zu", cases[i].query, count);
    }
    assert_int_equal(400, stage_rest(stage, "GET", CALLS ".json?Status=over", ""));
    assert_int_equal(400, stage_rest(stage, "GET", CALLS ".json?StartTime=yesterday", ""));
}

static void numbers_and_applications_can_be_told_where_to_ask(void **state)
{
    (void)state;
    static const char base[] = "/2010-04-01/Accounts/AC00000000000000000000000000000001";
    auto_stage struct stage *stage = stage_ready();
    const char *list = arena_printf(
        stage->arena, "%s/IncomingPhoneNumbers.json?PhoneNumber=%%2B15005550006", base);
    assert_int_equal(200, stage_rest(stage, "GET", list, ""));
    const char *sid = arena_strdup(stage->arena, stage_text(stage, "incoming_phone_numbers.0.sid"));
    const char *path = arena_printf(stage->arena, "%s/IncomingPhoneNumbers/%s.json", base, sid);
    assert_int_equal(200, stage_rest(stage, "POST", path,
                                     "VoiceUrl=https://phone.example.com/new&VoiceMethod=GET"));
    assert_string_equal(SERVER "/new", stage_text(stage, "voice_url"));
    stage_control(stage, "POST", "/sim/inbound", "");
    stage_settle(stage);
    assert_string_equal("GET", stage_seen(stage, "/new", 0)->method);
    assert_int_equal(400, stage_rest(stage, "POST", path, "VoiceUrl=nowhere"));

    assert_int_equal(200, stage_rest(stage, "POST", path,
                                     "VoiceApplicationSid=AP00000000000000000000000000000005"));
    path =
        arena_printf(stage->arena, "%s/Applications/AP00000000000000000000000000000005.json", base);
    assert_int_equal(200,
                     stage_rest(stage, "POST", path, "VoiceUrl=https://phone.example.com/app"));
    stage_control(stage, "POST", "/sim/inbound", "");
    stage_settle(stage);
    assert_param(stage_seen(stage, "/app", 0), "ApplicationSid", stage->settings.app_sid);
    assert_int_equal(200,
                     stage_rest(stage, "GET", arena_printf(stage->arena, "%s.json", base), ""));
    assert_string_equal("active", stage_text(stage, "status"));
}

static void a_client_may_be_handed_parameters(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    assert_int_equal(201, stage_rest(stage, "POST", CALLS ".json",
                                     "To=client:alice?call%3D7%26note%3Da%2Bb&From=client:x&Url="
                                     "https://phone.example.com/voice"));
    assert_string_equal("client:alice", stage_text(stage, "to"));
    stage_settle(stage);
    assert_param(stage_seen(stage, "/voice", 0), "call", "7");
    assert_param(stage_seen(stage, "/voice", 0), "note", "a b");
}

struct rest_fault {
    const char *fault;
    int status; /* 0: no reply yet */
    bool aborted;
    bool html;
    int calls; /* made all the same */
};

static const struct rest_fault rest_faults[] = {
    {"\"kind\":\"rate_limit\"",                                     429, false, false, 0},
    {"\"kind\":\"server_error\"",                                   500, false, false, 0},
    {"\"kind\":\"server_error\",\"status\":503,\"processed\":true", 503, false, false, 1},
    {"\"kind\":\"server_error\",\"status\":502,\"html\":true",      502, false, true,  0},
    {"\"kind\":\"reset\"",                                          201, true,  false, 1},
    {"\"kind\":\"reset\",\"processed\":false",                      0,   true,  false, 0},
    {"\"kind\":\"slow\",\"delay_ms\":3000",                         0,   false, false, 1},
    {"\"kind\":\"callback_first\"",                                 0,   false, false, 1},
};

static void faults_hit_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rest_faults); i++) {
        const struct rest_fault *fault = &rest_faults[i];
        auto_stage struct stage *stage = stage_ready();
        const char *json = arena_printf(
            stage->arena, "{\"target\":\"rest\",\"method\":\"POST\",\"path\":\"/Calls.json\",%s}",
            fault->fault);
        assert_int_equal(200, stage_control(stage, "POST", "/sim/faults", json));
        assert_int_equal(200, stage_rest(stage, "GET", CALLS ".json", "")); /* does not match */
        assert_int_equal(fault->status,
                         stage_rest(stage, "POST", CALLS ".json",
                                    GOOD "&StatusCallback=https://phone.example.com/status"));
        assert_int_equal(fault->aborted, stage->replied && stage->aborted);
        assert_int_equal(fault->html, stage->replied && stage->html);
        if (!stage->replied) {
            stage_settle(stage);
            assert_true(stage->replied);
            assert_int_equal(201, stage->status);
        }
        stage_control(stage, "GET", "/sim/calls", "");
        assert_int_equal(fault->calls, stage_number(stage, "legs"));
        assert_int_equal(201, stage_rest(stage, "POST", CALLS ".json", GOOD)); /* once only */
    }
}

static void a_stale_list_lacks_the_youngest_calls(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_call(stage, "");
    stage_pass(stage, 3000);
    const char *young = stage_call(stage, "");
    const char *fault = "{\"target\":\"rest\",\"kind\":\"stale\",\"method\":\"GET\",\"count\":2}";
    assert_int_equal(200, stage_control(stage, "POST", "/sim/faults", fault));
    const char *path = arena_printf(stage->arena, CALLS "/%s.json", young);
    assert_int_equal(404, stage_rest(stage, "GET", path, ""));
    assert_int_equal(200, stage_rest(stage, "GET", CALLS ".json", ""));
    assert_int_equal(1, json_array_size(json_object_get(stage->json, "calls")));
    assert_int_equal(200, stage_rest(stage, "GET", CALLS ".json", ""));
    assert_int_equal(2, json_array_size(json_object_get(stage->json, "calls")));
}

static void callback_first_answers_after_the_callback(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_control(stage, "POST", "/sim/faults",
                  "{\"target\":\"rest\",\"kind\":\"callback_first\"}");
    stage_rest(stage, "POST", CALLS ".json",
               GOOD
               "&StatusCallback=https://phone.example.com/status&StatusCallbackEvent=initiated");
    stage->hold = true;
    stage_pass(stage, 10000);
    assert_int_equal(1, stage_count(stage, "/status"));
    assert_false(stage->replied);
    stage_answer_held(stage);
    assert_true(stage->replied);
    assert_string_equal("queued", stage_text(stage, "status"));
}

static void requests_are_remembered_without_secrets(void **state)
{
    (void)state;
    auto_stage struct stage *stage = stage_ready();
    stage_rest(stage, "POST", CALLS ".json",
               GOOD "&StatusCallbackEvent=answered&StatusCallbackEvent=completed");
    const char *sid = arena_strdup(stage->arena, stage_text(stage, "sid"));
    stage_rest(stage, "POST", CALLS ".json", PARTIES);
    assert_int_equal(200, stage_control(stage, "GET", "/sim/requests", ""));
    assert_string_equal("POST", stage_text(stage, "requests.0.method"));
    assert_string_equal(THEIRS, stage_text(stage, "requests.0.form.To"));
    assert_string_equal("completed", stage_text(stage, "requests.0.form.StatusCallbackEvent.1"));
    assert_string_equal(sid, stage_text(stage, "requests.0.call_sid"));
    assert_string_equal(stage->settings.account_sid, stage_text(stage, "requests.0.user"));
    assert_int_equal(21205, stage_number(stage, "requests.1.code"));
    auto_free char *all = json_dumps(stage->json, JSON_COMPACT);
    assert_null(strstr(all, stage->settings.auth_token));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_created_or_refused_with_twilio_s_code),
        cmocka_unit_test(a_lenient_simulator_ignores_unknown_parameters),
        cmocka_unit_test(a_trial_account_only_calls_verified_numbers),
        cmocka_unit_test(a_call_resource_has_every_member),
        cmocka_unit_test(credentials_are_checked),
        cmocka_unit_test(what_is_not_there_is_20404),
        cmocka_unit_test(lists_are_newest_first_and_paged),
        cmocka_unit_test(lists_are_filtered),
        cmocka_unit_test(numbers_and_applications_can_be_told_where_to_ask),
        cmocka_unit_test(a_client_may_be_handed_parameters),
        cmocka_unit_test(faults_hit_requests),
        cmocka_unit_test(a_stale_list_lacks_the_youngest_calls),
        cmocka_unit_test(callback_first_answers_after_the_callback),
        cmocka_unit_test(requests_are_remembered_without_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
