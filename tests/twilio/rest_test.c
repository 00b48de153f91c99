/*
 * Requests to Twilio's REST API: what goes onto the wire, and what is refused before it does.
 */
#include <string.h>

#include "core/arena.h"
#include "core/fields.h"
#include "core/macros.h"
#include "support/cmocka_all.h"
#include "twilio/rest.h"

#define AC "AC00000000000000000000000000000000"
#define CA "CA11111111111111111111111111111111"
#define AP "AP22222222222222222222222222222222"
#define SK "SK33333333333333333333333333333333"
#define BASE "https://api.twilio.com"
#define ACCOUNT BASE "/2010-04-01/Accounts/" AC

static const struct rest_account account = {.account_sid = AC, .base_url = BASE};

/* ---- where and who
 * -------------------------------------------------------------------------------------------- */

static const struct {
    const char *region;
    const char *edge;
    const char *instead;
    const char *base_url; /* NULL: refused */
} places[] = {
    {NULL,       NULL,     NULL,                            "https://api.twilio.com"           },
    {"",         "",       "",                              "https://api.twilio.com"           },
    {"au1",      NULL,     NULL,                            "https://api.au1.twilio.com"       },
    {"au1",      "sydney", NULL,                            "https://api.sydney.au1.twilio.com"},
    {NULL,       "sydney", NULL,                            "https://api.sydney.us1.twilio.com"},
    {"us1",      NULL,     "https://twilio.example/",       "https://twilio.example"           },
    {NULL,       NULL,     "https://twilio.example:8443",   "https://twilio.example:8443"      },
    {NULL,       NULL,     "http://127.0.0.1:9001",         "http://127.0.0.1:9001"            },
    {NULL,       NULL,     "http://localhost:9001/",        "http://localhost:9001"            },
    {NULL,       NULL,     "http://[::1]:9001",             "http://[::1]:9001"                },
    {"AU1",      NULL,     NULL,                            NULL                               },
    {"au1.evil", NULL,     NULL,                            NULL                               },
    {NULL,       "a/b",    NULL,                            NULL                               },
    {NULL,       "a@b",    NULL,                            NULL                               },
    {NULL,       NULL,     "http://twilio.example",         NULL                               },
    {NULL,       NULL,     "http://localhost.example",      NULL                               },
    {NULL,       NULL,     "http://127.0.0.1.example",      NULL                               },
    {NULL,       NULL,     "http://127.0.0.1@host.example", NULL                               },
    {NULL,       NULL,     "https://user@host.example",     NULL                               },
    {NULL,       NULL,     "https://host.example/path",     NULL                               },
    {NULL,       NULL,     "https://host.example?x",        NULL                               },
    {NULL,       NULL,     "https://host.example:",         NULL                               },
    {NULL,       NULL,     "https://:443",                  NULL                               },
    {NULL,       NULL,     "https://",                      NULL                               },
    {NULL,       NULL,     "https://[::1",                  NULL                               },
    {NULL,       NULL,     "ftp://127.0.0.1",               NULL                               },
    {NULL,       NULL,     "127.0.0.1:9001",                NULL                               },
};

static void finds_the_host_by_region_and_edge(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        auto_arena struct arena *arena = arena_create();
        struct error err = {0};
        const char *base_url = NULL;
        int result = rest_base_url(places[i].region, places[i].edge, places[i].instead, arena,
                                   &base_url, &err);
        if (places[i].base_url != NULL) {
            assert_int_equal(result, 0);
            assert_string_equal(base_url, places[i].base_url);
            continue;
        }
        if (result == 0)
            fail_msg("was taken: %s", base_url);
        assert_int_equal(err.kind, ERROR_INVALID);
        assert_null(base_url);
    }
}

static void prefers_a_key_to_the_auth_token(void **state)
{
    (void)state;
    struct error err = {0};
    struct rest_credentials out = {0};
    assert_int_equal(rest_credentials_choose(AC, SK, "hush", "token", &out, &err), 0);
    assert_string_equal(out.username, SK);
    assert_string_equal(out.password, "hush");
    assert_int_equal(rest_credentials_choose(AC, "", NULL, "token", &out, &err), 0);
    assert_string_equal(out.username, AC);
    assert_string_equal(out.password, "token");
}

static void refuses_credentials_that_cannot_work(void **state)
{
    static const char *const wrong[][4] = {
        {AC,    NULL,      NULL,   NULL   },
        {AC,    "",        "",     ""     },
        {AC,    SK,        NULL,   "token"},
        {AC,    NULL,      "hush", "token"},
        {AC,    "SKshort", "hush", "token"},
        {"AC1", NULL,      NULL,   "token"},
        {NULL,  SK,        "hush", NULL   },
        {CA,    NULL,      NULL,   "token"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct error err = {0};
        struct rest_credentials out = {0};
        assert_int_equal(
            rest_credentials_choose(wrong[i][0], wrong[i][1], wrong[i][2], wrong[i][3], &out, &err),
            -1);
        assert_int_equal(err.kind, ERROR_INVALID);
        assert_null(out.username);
        assert_null(strstr(err.message, "hush"));
    }
}

/* ---- placing a call
 * ------------------------------------------------------------------------------------------- */

static void places_a_call_with_encoded_and_repeated_parameters(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct error err = {0};
    struct rest_request request = {0};
    const struct rest_call_create call = {
        .to = "+14155550100",
        .from = "+15005550006",
        .url = "https://voice.example/twiml?call=call_1",
        .status_callback = "https://voice.example/webhooks/call-status?call=call_1#rc=2&rp=all",
        .status_callback_events = "initiated ringing answered completed",
        .timeout_s = 30,
        .record = REST_YES,
        .async_amd = REST_NO,
    };
    assert_int_equal(rest_create_call(&account, &call, arena, &request, &err), 0);
    assert_string_equal(request.method, "POST");
    assert_string_equal(request.url, ACCOUNT "/Calls.json");
    assert_string_equal(
        request.body,
        "To=%2B14155550100&From=%2B15005550006"
        "&Url=https%3A%2F%2Fvoice.example%2Ftwiml%3Fcall%3Dcall_1"
        "&StatusCallback=https%3A%2F%2Fvoice.example%2Fwebhooks%2Fcall-status%3Fcall%3Dcall_1%23rc%"
        "3D2%26rp%3Dall"
        "&StatusCallbackEvent=initiated&StatusCallbackEvent=ringing&StatusCallbackEvent=answered"
        "&StatusCallbackEvent=completed&Timeout=30&Record=true&AsyncAmd=false");
    assert_int_equal(request.body_len, strlen(request.body));
}

static void every_parameter_of_a_call_reaches_the_wire_unchanged(void **state)
{
    static const char *const expected[][2] = {
        {"To",                                 "client:alice?k=v%20w"                       },
        {"From",                               "client:bob"                                 },
        {"Method",                             "GET"                                        },
        {"Twiml",                              "<Response><Say>h\u00e9 & +</Say></Response>"},
        {"FallbackUrl",                        "https://voice.example/fallback"             },
        {"FallbackMethod",                     "POST"                                       },
        {"StatusCallback",                     "https://voice.example/status"               },
        {"StatusCallbackMethod",               "POST"                                       },
        {"StatusCallbackEvent",                "completed"                                  },
        {"Timeout",                            "600"                                        },
        {"TimeLimit",                          "86400"                                      },
        {"SendDigits",                         "ww1234#"                                    },
        {"CallerId",                           "+15005550006"                               },
        {"CallReason",                         "Your parcel"                                },
        {"CallToken",                          "{\"parentCallInfoToken\":\"x\"}"            },
        {"Byoc",                               "BY44444444444444444444444444444444"         },
        {"SipAuthUsername",                    "u"                                          },
        {"SipAuthPassword",                    "p&q"                                        },
        {"Record",                             "true"                                       },
        {"RecordingChannels",                  "dual"                                       },
        {"RecordingTrack",                     "both"                                       },
        {"Trim",                               "do-not-trim"                                },
        {"RecordingStatusCallback",            "https://voice.example/recording"            },
        {"RecordingStatusCallbackMethod",      "POST"                                       },
        {"RecordingStatusCallbackEvent",       "in-progress"                                },
        {"MachineDetection",                   "DetectMessageEnd"                           },
        {"MachineDetectionTimeout",            "59"                                         },
        {"MachineDetectionSpeechThreshold",    "1000"                                       },
        {"MachineDetectionSpeechEndThreshold", "500"                                        },
        {"MachineDetectionSilenceTimeout",     "10000"                                      },
        {"AsyncAmd",                           "true"                                       },
        {"AsyncAmdStatusCallback",             "https://voice.example/amd"                  },
        {"AsyncAmdStatusCallbackMethod",       "POST"                                       },
    };
    const struct rest_call_create call = {
        .to = "client:alice?k=v%20w",
        .from = "client:bob",
        .method = "GET",
        .twiml = "<Response><Say>h\u00e9 & +</Say></Response>",
        .fallback_url = "https://voice.example/fallback",
        .fallback_method = "POST",
        .status_callback = "https://voice.example/status",
        .status_callback_method = "POST",
        .status_callback_events = "completed",
        .timeout_s = 600,
        .time_limit_s = 86400,
        .send_digits = "ww1234#",
        .caller_id = "+15005550006",
        .call_reason = "Your parcel",
        .call_token = "{\"parentCallInfoToken\":\"x\"}",
        .byoc = "BY44444444444444444444444444444444",
        .sip_auth_username = "u",
        .sip_auth_password = "p&q",
        .record = REST_YES,
        .recording_channels = "dual",
        .recording_track = "both",
        .trim = "do-not-trim",
        .recording_status_callback = "https://voice.example/recording",
        .recording_status_callback_method = "POST",
        .recording_status_callback_events = "in-progress completed",
        .machine_detection = "DetectMessageEnd",
        .machine_detection_timeout_s = 59,
        .machine_detection_speech_threshold_ms = 1000,
        .machine_detection_speech_end_threshold_ms = 500,
        .machine_detection_silence_timeout_ms = 10000,
        .async_amd = REST_YES,
        .async_amd_status_callback = "https://voice.example/amd",
        .async_amd_status_callback_method = "POST",
    };

    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct error err = {0};
    struct rest_request request = {0};
    struct fields form = {0};
    int result = rest_create_call(&account, &call, arena, &request, &err);
    assert_string_equal(err.message, "");
    assert_int_equal(result, 0);
    assert_int_equal(fields_decode(request.body, request.body_len, 100, arena, &form, &err), 0);
    assert_int_equal(form.count, ARRAY_LEN(expected) + 1); /* one event more */
    for (size_t i = 0; i < ARRAY_LEN(expected); i++)
        assert_string_equal(fields_text(&form, expected[i][0]), expected[i][1]);
    assert_int_equal(fields_count(&form, "RecordingStatusCallbackEvent"), 2);
}

static void refuses_calls_that_twilio_would_refuse(void **state)
{
#define GOOD .to = "+14155550100", .from = "+15005550006", .url = "https://voice.example/"
    static const struct {
        const char *field;
        struct rest_call_create call;
    } wrong[] = {
        {"To",                      {.from = "+15005550006", .url = "https://voice.example/"}                        },
        {"From",                    {.to = "+14155550100", .url = "https://voice.example/"}                          },
        {"To",                      {.to = "911", .from = "+15005550006", .url = "https://voice.example/"}           },
        {"To",                      {.to = "client:", .from = "+15005550006", .url = "https://voice.example/"}       },
        {"To",                      {.to = "client:a b?x=1", .from = "+15005550006", .url = "https://voice.example/"}},
        {"To",                      {.to = "client:a?x= 1", .from = "+15005550006", .url = "https://voice.example/"} },
        {"To",                      {.to = "app:AP1", .from = "+15005550006", .url = "https://voice.example/"}       },
        {"To",                      {.to = "", .from = "+15005550006", .url = "https://voice.example/"}              },
        {"From",                    {.to = "+14155550100", .from = "client:bob", .url = "https://voice.example/"}    },
        {"From",                    {.to = "client:a", .from = "not a number", .url = "https://voice.example/"}      },
        {"Url",                     {.to = "+14155550100", .from = "+15005550006"}                                   },
        {"Url",                     {.to = "+14155550100", .from = "+15005550006", .url = "/twiml"}                  },
        {"Url",                     {.to = "+14155550100", .from = "+15005550006", .url = "https://a_b.example/"}    },
        {"Url",                     {GOOD, .twiml = "<Response/>"}                                                   },
        {"Url",                     {GOOD, .application_sid = AP}                                                    },
        {"ApplicationSid",
         {.to = "+14155550100", .from = "+15005550006", .application_sid = "AP1"}                                    },
        {"ApplicationSid",
         {.to = "+14155550100",
          .from = "+15005550006",
          .application_sid = AP,
          .status_callback = "https://voice.example/"}                                                               },
        {"Twiml",                   {.to = "+14155550100", .from = "+15005550006", .twiml = "\x01"}                  },
        {"Method",                  {GOOD, .method = "PUT"}                                                          },
        {"StatusCallback",          {GOOD, .status_callback = "status"}                                              },
        {"StatusCallbackEvent",     {GOOD, .status_callback_events = "answered,completed"}                           },
        {"StatusCallbackEvent",     {GOOD, .status_callback_events = "busy"}                                         },
        {"Timeout",                 {GOOD, .timeout_s = 601}                                                         },
        {"Timeout",                 {GOOD, .timeout_s = -1}                                                          },
        {"TimeLimit",               {GOOD, .time_limit_s = 86401}                                                    },
        {"SendDigits",              {GOOD, .send_digits = "12a"}                                                     },
        {"SendDigits",              {GOOD, .send_digits = "000000000000000000000000000000000"}                       },
        {"CallReason",              {GOOD, .call_reason = "a\nb"}                                                    },
        {"Trim",                    {GOOD, .trim = "true"}                                                           },
        {"RecordingChannels",       {GOOD, .recording_channels = "stereo"}                                           },
        {"MachineDetection",        {GOOD, .machine_detection = "true"}                                              },
        {"MachineDetectionTimeout", {GOOD, .machine_detection_timeout_s = 60}                                        },
    };
#undef GOOD

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        auto_arena struct arena *arena = arena_create();
        struct error err = {0};
        struct rest_request request = {0};
        assert_int_equal(rest_create_call(&account, &wrong[i].call, arena, &request, &err), -1);
        assert_int_equal(err.kind, ERROR_INVALID);
        assert_string_equal(err.field, wrong[i].field);
        assert_null(request.url);
    }
}

static void takes_twiml_of_4000_characters_and_no_more(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    char twiml[REST_TWIML_CHARACTERS + 2] = "";
    memset(twiml, 'a', REST_TWIML_CHARACTERS);
    struct error err = {0};
    struct rest_request request = {0};
    const struct rest_call_create call = {
        .to = "+14155550100", .from = "+15005550006", .twiml = twiml};
    assert_int_equal(rest_create_call(&account, &call, arena, &request, &err), 0);
    twiml[REST_TWIML_CHARACTERS] = 'a';
    assert_int_equal(rest_create_call(&account, &call, arena, &request, &err), -1);
    assert_string_equal(err.field, "Twiml");
}

/* ---- calls that exist
 * ----------------------------------------------------------------------------------------- */

static void fetches_a_call(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct error err = {0};
    struct rest_request request = {0};
    assert_int_equal(rest_fetch_call(&account, CA, arena, &request, &err), 0);
    assert_string_equal(request.method, "GET");
    assert_string_equal(request.url, ACCOUNT "/Calls/" CA ".json");
    assert_null(request.body);
}

static void refuses_a_sid_that_would_lead_elsewhere(void **state)
{
    static const char *const sids[] = {NULL,
                                       "",
                                       "CA1",
                                       AP,
                                       "../../AC00000000000000000000000000000000",
                                       CA "?x=1",
                                       CA "/Recordings"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sids); i++) {
        auto_arena struct arena *arena = arena_create();
        struct error err = {0};
        struct rest_request request = {0};
        const struct rest_call_update update = {.status = "completed"};
        assert_int_equal(rest_fetch_call(&account, sids[i], arena, &request, &err), -1);
        assert_string_equal(err.field, "Sid");
        error_clear(&err);
        assert_int_equal(rest_update_call(&account, sids[i], &update, arena, &request, &err), -1);
        assert_string_equal(err.field, "Sid");
    }
}

static void refuses_an_account_that_is_none(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    const struct rest_account wrong = {.account_sid = "AC0/../x", .base_url = BASE};
    struct error err = {0};
    struct rest_request request = {0};
    assert_int_equal(rest_fetch_account(&wrong, arena, &request, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
}

static const struct {
    struct rest_call_update update;
    const char *body; /* NULL: refused */
} updates[] = {
    {{.status = "completed"},                                   "Status=completed"       },
    {{.status = "canceled"},                                    "Status=canceled"        },
    {{.url = "https://voice.example/hold", .method = "POST"},
     "Url=https%3A%2F%2Fvoice.example%2Fhold&Method=POST"                                },
    {{.twiml = "<Response/>"},                                  "Twiml=%3CResponse%2F%3E"},
    {{.time_limit_s = 60},                                      "TimeLimit=60"           },
    {{0},                                                       NULL                     },
    {{.status = "cancelled"},                                   NULL                     },
    {{.status = "busy"},                                        NULL                     },
    {{.status = "completed", .twiml = "<Response/>"},           NULL                     },
    {{.url = "https://voice.example/", .twiml = "<Response/>"}, NULL                     },
    {{.url = "hold"},                                           NULL                     },
};

static void changes_a_call_in_one_way_at_a_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(updates); i++) {
        auto_arena struct arena *arena = arena_create();
        struct error err = {0};
        struct rest_request request = {0};
        int result = rest_update_call(&account, CA, &updates[i].update, arena, &request, &err);
        if (updates[i].body == NULL) {
            assert_int_equal(result, -1);
            assert_int_equal(err.kind, ERROR_INVALID);
            continue;
        }
        assert_int_equal(result, 0);
        assert_string_equal(request.method, "POST");
        assert_string_equal(request.url, ACCOUNT "/Calls/" CA ".json");
        assert_string_equal(request.body, updates[i].body);
    }
}

static void deletes_a_call(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct error err = {0};
    struct rest_request request = {0};
    assert_int_equal(rest_delete_call(&account, CA, arena, &request, &err), 0);
    assert_string_equal(request.method, "DELETE");
    assert_string_equal(request.url, ACCOUNT "/Calls/" CA ".json");
    assert_null(request.body);
    assert_int_equal(rest_delete_call(&account, AP, arena, &request, &err), -1);
    assert_string_equal(err.field, "Sid");
}

/* ---- lists
 * ----------------------------------------------------------------------------------------------------
 */

static void lists_calls_by_number_and_time(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct error err = {0};
    struct rest_request request = {0};
    const struct rest_call_query query = {
        .to = "+14155550100",
        .from = "+15005550006",
        .status = "in-progress",
        .parent_call_sid = CA,
        .started_from_ms = 1700000000999,  /* 22:13:20.999 */
        .started_until_ms = 1700000060001, /* 22:14:20.001 */
        .page_size = 1000,
    };
    assert_int_equal(rest_list_calls(&account, &query, arena, &request, &err), 0);
    assert_string_equal(request.method, "GET");
    assert_string_equal(request.url,
                        ACCOUNT "/Calls.json?To=%2B14155550100&From=%2B15005550006"
                                "&Status=in-progress&ParentCallSid=" CA
                                "&StartTime%3E=2023-11-14T22%3A13%3A20Z"
                                "&StartTime%3C=2023-11-14T22%3A14%3A21Z&PageSize=1000");
}

static void lists_all_calls_without_a_question_mark(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct error err = {0};
    struct rest_request request = {0};
    const struct rest_call_query query = {0};
    assert_int_equal(rest_list_calls(&account, &query, arena, &request, &err), 0);
    assert_string_equal(request.url, ACCOUNT "/Calls.json");
}

static void refuses_filters_that_twilio_does_not_know(void **state)
{
    static const struct rest_call_query wrong[] = {
        {.status = "initiated"}, {.parent_call_sid = "CA1"}, {.page_size = 1001},
        {.page_size = -1},       {.to = "alice&From=x"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        auto_arena struct arena *arena = arena_create();
        struct error err = {0};
        struct rest_request request = {0};
        assert_int_equal(rest_list_calls(&account, &wrong[i], arena, &request, &err), -1);
        assert_int_equal(err.kind, ERROR_INVALID);
    }
}

static const struct {
    const char *uri;
    const char *url; /* NULL: refused */
} pages[] = {
    {"/2010-04-01/Accounts/" AC "/Calls.json?Page=1&PageSize=50&PageToken=PACA1",
     ACCOUNT "/Calls.json?Page=1&PageSize=50&PageToken=PACA1"                            },
    {"",                                                                             NULL},
    {"Calls.json?Page=1",                                                            NULL},
    {"/",                                                                            NULL},
    {"//evil.example/2010-04-01/Accounts/" AC "/Calls.json",                         NULL},
    {"https://evil.example/2010-04-01/Accounts/" AC "/Calls.json",                   NULL},
    {"@evil.example/2010-04-01/Accounts/" AC "/Calls.json",                          NULL},
    {".evil.example/2010-04-01/Accounts/" AC "/Calls.json",                          NULL},
    {"/2010-04-01/Accounts/AC99999999999999999999999999999999/Calls.json",           NULL},
    {"/2010-04-01/Accounts/" AC "/../AC99999999999999999999999999999999/Calls.json", NULL},
    {"/2010-04-01/Accounts/" AC "/Calls.json\r\nHost: evil.example",                 NULL},
    {"/2010-04-01/Accounts/" AC "/Calls.json?a b",                                   NULL},
    {"/2010-04-01/Accounts/" AC "/Calls.json?\xc3\xa9",                              NULL},
};

static void follows_a_next_page_only_within_the_account(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
        auto_arena struct arena *arena = arena_create();
        struct error err = {0};
        struct rest_request request = {0};
        int result = rest_next_page(&account, pages[i].uri, arena, &request, &err);
        if (pages[i].url == NULL) {
            assert_int_equal(result, -1);
            assert_int_equal(err.kind, ERROR_UPSTREAM);
            assert_null(request.url);
            continue;
        }
        assert_int_equal(result, 0);
        assert_string_equal(request.method, "GET");
        assert_string_equal(request.url, pages[i].url);
    }
}

static void asks_for_the_account_the_application_and_the_numbers(void **state)
{
    (void)state;
    auto_arena struct arena *arena = arena_create();
    struct error err = {0};
    struct rest_request request = {0};
    assert_int_equal(rest_fetch_account(&account, arena, &request, &err), 0);
    assert_string_equal(request.url, ACCOUNT ".json");
    assert_int_equal(rest_fetch_application(&account, AP, arena, &request, &err), 0);
    assert_string_equal(request.url, ACCOUNT "/Applications/" AP ".json");
    assert_int_equal(rest_list_incoming_numbers(&account, "+15005550006", arena, &request, &err),
                     0);
    assert_string_equal(request.url,
                        ACCOUNT "/IncomingPhoneNumbers.json?PhoneNumber=%2B15005550006");
    assert_int_equal(rest_list_incoming_numbers(&account, NULL, arena, &request, &err), 0);
    assert_string_equal(request.url, ACCOUNT "/IncomingPhoneNumbers.json");
    assert_int_equal(rest_list_outgoing_caller_ids(&account, "+14155550100", arena, &request, &err),
                     0);
    assert_string_equal(request.url, ACCOUNT "/OutgoingCallerIds.json?PhoneNumber=%2B14155550100");
    assert_int_equal(rest_list_outgoing_caller_ids(&account, "0", arena, &request, &err), -1);
    assert_string_equal(err.field, "PhoneNumber");
    error_clear(&err);
    assert_int_equal(rest_fetch_application(&account, CA, arena, &request, &err), -1);
    assert_string_equal(err.field, "Sid");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_host_by_region_and_edge),
        cmocka_unit_test(prefers_a_key_to_the_auth_token),
        cmocka_unit_test(refuses_credentials_that_cannot_work),
        cmocka_unit_test(places_a_call_with_encoded_and_repeated_parameters),
        cmocka_unit_test(every_parameter_of_a_call_reaches_the_wire_unchanged),
        cmocka_unit_test(refuses_calls_that_twilio_would_refuse),
        cmocka_unit_test(takes_twiml_of_4000_characters_and_no_more),
        cmocka_unit_test(fetches_a_call),
        cmocka_unit_test(refuses_a_sid_that_would_lead_elsewhere),
        cmocka_unit_test(refuses_an_account_that_is_none),
        cmocka_unit_test(changes_a_call_in_one_way_at_a_time),
        cmocka_unit_test(deletes_a_call),
        cmocka_unit_test(lists_calls_by_number_and_time),
        cmocka_unit_test(lists_all_calls_without_a_question_mark),
        cmocka_unit_test(refuses_filters_that_twilio_does_not_know),
        cmocka_unit_test(follows_a_next_page_only_within_the_account),
        cmocka_unit_test(asks_for_the_account_the_application_and_the_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
