/*
 * Prints every kind of request that twilio/rest.h builds, with every parameter in one of them, for
 * comparison with Twilio's published description: a JSON array of {"name", "method", "url",
 * "body"}.
 */
#include <jansson.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/macros.h"
#include "twilio/rest.h"

#define CA "CA11111111111111111111111111111111"
#define AP "AP22222222222222222222222222222222"

static const struct rest_account account = {
    .account_sid = "AC00000000000000000000000000000000",
    .base_url = "https://api.twilio.com",
};

struct output {
    struct arena *arena;
    json_t *requests;
    int failures;
};

static void
add(struct output *out, const char *name, int result, const struct rest_request *request)
{
    if (result < 0) {
        (void)fprintf(stderr, "%s was not built\n", name);
        out->failures++;
        return;
    }
    (void)json_array_append_new(out->requests, json_pack("{s:s, s:s, s:s, s:s?}", "name", name,
                                                         "method", request->method, "url",
                                                         request->url, "body", request->body));
}

static const struct rest_call_create by_url = {
    .to = "+14155550100",
    .from = "+15005550006",
    .url = "https://voice.example/twiml?call=1&x=%20",
};

static const struct rest_call_create by_application = {
    .to = "app:" AP,
    .from = "client:bob",
    .application_sid = AP,
    .record = REST_NO,
};

static const struct rest_call_create by_twiml = {
    .to = "client:alice?team=north",
    .from = "client:bob",
    .twiml = "<Response><Say>h\u00e9 & +</Say></Response>",
    .method = "GET",
    .fallback_url = "https://voice.example/fallback",
    .fallback_method = "POST",
    .status_callback = "https://voice.example/status#rc=2&rp=all",
    .status_callback_method = "POST",
    .status_callback_events = "initiated ringing answered completed",
    .timeout_s = 30,
    .time_limit_s = 3600,
    .send_digits = "ww1234#",
    .caller_id = "+15005550006",
    .call_reason = "Your parcel",
    .call_token = "token",
    .byoc = "BY44444444444444444444444444444444",
    .sip_auth_username = "u",
    .sip_auth_password = "p&q",
    .record = REST_YES,
    .recording_channels = "dual",
    .recording_track = "both",
    .trim = "do-not-trim",
    .recording_status_callback = "https://voice.example/recording",
    .recording_status_callback_method = "POST",
    .recording_status_callback_events = "in-progress completed absent",
    .machine_detection = "DetectMessageEnd",
    .machine_detection_timeout_s = 30,
    .machine_detection_speech_threshold_ms = 2400,
    .machine_detection_speech_end_threshold_ms = 1200,
    .machine_detection_silence_timeout_ms = 5000,
    .async_amd = REST_YES,
    .async_amd_status_callback = "https://voice.example/amd",
    .async_amd_status_callback_method = "POST",
};

static void add_creates(struct output *out)
{
    static const struct rest_call_create *const calls[] = {&by_url, &by_application, &by_twiml};

    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        struct rest_request request = {0};
        int result = rest_create_call(&account, calls[i], out->arena, &request, NULL);
        add(out, "CreateCall", result, &request);
    }
}

static const struct rest_call_update to_end = {.status = "completed"};
static const struct rest_call_update to_cancel = {.status = "canceled"};
static const struct rest_call_update to_twiml = {.twiml = "<Response/>"};
static const struct rest_call_update to_url = {
    .url = "https://voice.example/hold",
    .method = "POST",
    .fallback_url = "https://voice.example/fallback",
    .fallback_method = "GET",
    .status_callback = "https://voice.example/status",
    .status_callback_method = "POST",
    .time_limit_s = 60,
};

static void add_updates(struct output *out)
{
    static const struct rest_call_update *const updates[] = {&to_end, &to_cancel, &to_twiml,
                                                             &to_url};

    for (size_t i = 0; i < ARRAY_LEN(updates); i++) {
        struct rest_request request = {0};
        int result = rest_update_call(&account, CA, updates[i], out->arena, &request, NULL);
        add(out, "UpdateCall", result, &request);
    }
}

static const struct rest_call_query all_calls = {0};
static const struct rest_call_query some_calls = {
    .to = "+14155550100",
    .from = "+15005550006",
    .status = "in-progress",
    .parent_call_sid = CA,
    .started_from_ms = 1700000000000,
    .started_until_ms = 1700000060000,
    .page_size = 1000,
};

static void add_lists(struct output *out)
{
    static const struct rest_call_query *const queries[] = {&all_calls, &some_calls};

    for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
        struct rest_request request = {0};
        int result = rest_list_calls(&account, queries[i], out->arena, &request, NULL);
        add(out, "ListCall", result, &request);
    }
    struct rest_request request = {0};
    int result = rest_next_page(&account,
                                "/2010-04-01/Accounts/AC00000000000000000000000000000000/Calls.json"
                                "?Page=1&PageSize=50&PageToken=PA1",
                                out->arena, &request, NULL);
    add(out, "ListCall", result, &request);
    result = rest_list_incoming_numbers(&account, "+15005550006", out->arena, &request, NULL);
    add(out, "ListIncomingPhoneNumber", result, &request);
    result = rest_list_outgoing_caller_ids(&account, "+14155550100", out->arena, &request, NULL);
    add(out, "ListOutgoingCallerId", result, &request);
}

static void add_fetches(struct output *out)
{
    struct rest_request request = {0};
    int result = rest_fetch_call(&account, CA, out->arena, &request, NULL);
    add(out, "FetchCall", result, &request);
    result = rest_fetch_application(&account, AP, out->arena, &request, NULL);
    add(out, "FetchApplication", result, &request);
}

int main(void)
{
    auto_arena struct arena *arena = arena_create();
    json_auto_t *requests = json_array();
    struct output out = {.arena = arena, .requests = requests};
    add_creates(&out);
    add_updates(&out);
    add_lists(&out);
    add_fetches(&out);
    (void)json_dumpf(requests, stdout, JSON_COMPACT);
    return out.failures > 0;
}
