/*
 * Requests to Twilio's REST API about calls and the account: a row for each parameter.
 */
#include "twilio/rest.h"

#include <stdbool.h>
#include <string.h>

#include "core/fields.h"
#include "core/text.h"
#include "rest_parameters.h"
#include "rest_resource.h"

enum { PAGE_URI_BYTES = 4096 };

/* ---- calls ---- */

/* clang-format off */
#define INPUT rest_call_create
static const struct parameter create_parameters[] = {
    TEXT("To", to, .kind = VALUE_ENDPOINT),
    TEXT("From", from, .kind = VALUE_CALLER),
    URL("Url", url),
    METHOD("Method", method),
    TEXT("Twiml", twiml, .kind = VALUE_TEXT, .max = REST_TWIML_CHARACTERS),
    SID("ApplicationSid", application_sid, "AP"),
    URL("FallbackUrl", fallback_url),
    METHOD("FallbackMethod", fallback_method),
    URL("StatusCallback", status_callback),
    METHOD("StatusCallbackMethod", status_callback_method),
    LIST("StatusCallbackEvent", status_callback_events, "initiated ringing answered completed"),
    NUMBER("Timeout", timeout_s, 1, REST_TIMEOUT_MAX_S),
    NUMBER("TimeLimit", time_limit_s, 1, REST_TIME_LIMIT_MAX_S),
    TEXT("SendDigits", send_digits, .kind = VALUE_KEYS, .words = "0123456789*#wW", .max = REST_SEND_DIGITS_MAX),
    TEXT("CallerId", caller_id, .kind = VALUE_CALLER),
    TEXT("CallReason", call_reason, .kind = VALUE_NAME, .max = 50),
    TEXT("CallToken", call_token, .kind = VALUE_NAME, .max = 8192),
    SID("Byoc", byoc, "BY"),
    TEXT("SipAuthUsername", sip_auth_username, .kind = VALUE_NAME, .max = 256),
    TEXT("SipAuthPassword", sip_auth_password, .kind = VALUE_NAME, .max = 256),
    CHOICE("Record", record),
    ONE_OF("RecordingChannels", recording_channels, "mono dual"),
    ONE_OF("RecordingTrack", recording_track, "inbound outbound both"),
    ONE_OF("Trim", trim, "trim-silence do-not-trim"),
    URL("RecordingStatusCallback", recording_status_callback),
    METHOD("RecordingStatusCallbackMethod", recording_status_callback_method),
    LIST("RecordingStatusCallbackEvent", recording_status_callback_events, "in-progress completed absent"),
    ONE_OF("MachineDetection", machine_detection, "Enable DetectMessageEnd"),
    NUMBER("MachineDetectionTimeout", machine_detection_timeout_s, 3, 59),
    NUMBER("MachineDetectionSpeechThreshold", machine_detection_speech_threshold_ms, 1000, 6000),
    NUMBER("MachineDetectionSpeechEndThreshold", machine_detection_speech_end_threshold_ms, 500, 5000),
    NUMBER("MachineDetectionSilenceTimeout", machine_detection_silence_timeout_ms, 2000, 10000),
    CHOICE("AsyncAmd", async_amd),
    URL("AsyncAmdStatusCallback", async_amd_status_callback),
    METHOD("AsyncAmdStatusCallbackMethod", async_amd_status_callback_method),
};
#undef INPUT

#define INPUT rest_call_update
static const struct parameter update_parameters[] = {
    ONE_OF("Status", status, "completed canceled"),
    URL("Url", url),
    METHOD("Method", method),
    TEXT("Twiml", twiml, .kind = VALUE_TEXT, .max = REST_TWIML_CHARACTERS),
    URL("FallbackUrl", fallback_url),
    METHOD("FallbackMethod", fallback_method),
    URL("StatusCallback", status_callback),
    METHOD("StatusCallbackMethod", status_callback_method),
    NUMBER("TimeLimit", time_limit_s, 1, REST_TIME_LIMIT_MAX_S),
};
#undef INPUT

#define INPUT rest_call_query
static const struct parameter query_parameters[] = {
    TEXT("To", to, .kind = VALUE_TARGET),
    TEXT("From", from, .kind = VALUE_TARGET),
    ONE_OF("Status", status, "queued ringing in-progress completed busy failed no-answer canceled"),
    SID("ParentCallSid", parent_call_sid, "CA"),
    SINCE("StartTime>", started_from_ms),
    UNTIL("StartTime<", started_until_ms),
    NUMBER("PageSize", page_size, 1, REST_PAGE_SIZE_MAX),
};
#undef INPUT
/* clang-format on */

/* What Twilio would ignore or guess about is refused instead. */
static int check_create(const struct rest_call_create *call, struct error *err)
{
    if (call->to == NULL)
        return error_field(err, "To", "To is missing");
    if (call->from == NULL)
        return error_field(err, "From", "From is missing");
    if (text_is_e164(call->to) && !text_is_e164(call->from))
        return error_field(err, "From", "From must be a number in E.164 form to call a number");
    int instructions =
        (call->url != NULL) + (call->twiml != NULL) + (call->application_sid != NULL);
    if (instructions != 1)
        return error_field(err, "Url", "a call needs one of Url, Twiml and ApplicationSid");
    bool has_urls = call->fallback_url != NULL || call->status_callback != NULL;
    if (call->application_sid != NULL && has_urls)
        return error_field(err, "ApplicationSid", "URLs beside ApplicationSid would be ignored");
    return 0;
}

int rest_create_call(const struct rest_account *account,
                     const struct rest_call_create *call,
                     struct arena *arena,
                     struct rest_request *out,
                     struct error *err)
{
    struct fields form = {0};
    if (check_create(call, err) < 0 ||
        parameters_collect(create_parameters, ARRAY_LEN(create_parameters), call, arena, &form,
                           err) < 0)
        return -1;
    return rest_post(account, "/Calls", NULL, &form, arena, out, err);
}

int rest_fetch_call(const struct rest_account *account,
                    const char *call_sid,
                    struct arena *arena,
                    struct rest_request *out,
                    struct error *err)
{
    if (rest_check_sid(call_sid, "CA", "Sid", err) < 0)
        return -1;
    return rest_get(account, "/Calls", call_sid, NULL, arena, out, err);
}

int rest_delete_call(const struct rest_account *account,
                     const char *call_sid,
                     struct arena *arena,
                     struct rest_request *out,
                     struct error *err)
{
    if (rest_check_sid(call_sid, "CA", "Sid", err) < 0)
        return -1;
    return rest_delete(account, "/Calls", call_sid, arena, out, err);
}

int rest_update_call(const struct rest_account *account,
                     const char *call_sid,
                     const struct rest_call_update *update,
                     struct arena *arena,
                     struct rest_request *out,
                     struct error *err)
{
    struct fields form = {0};
    if (rest_check_sid(call_sid, "CA", "Sid", err) < 0)
        return -1;
    if ((update->status != NULL) + (update->url != NULL) + (update->twiml != NULL) > 1)
        return error_field(err, "Status", "only one of Status, Url and Twiml changes a call");
    if (parameters_collect(update_parameters, ARRAY_LEN(update_parameters), update, arena, &form,
                           err) < 0)
        return -1;
    if (form.count == 0)
        return error_field(err, "Status", "there is nothing to change");
    return rest_post(account, "/Calls", call_sid, &form, arena, out, err);
}

int rest_list_calls(const struct rest_account *account,
                    const struct rest_call_query *query,
                    struct arena *arena,
                    struct rest_request *out,
                    struct error *err)
{
    struct fields filters = {0};
    if (parameters_collect(query_parameters, ARRAY_LEN(query_parameters), query, arena, &filters,
                           err) < 0)
        return -1;
    return rest_get(account, "/Calls", NULL, &filters, arena, out, err);
}

/* ---- lists and the rest ---- */

/* A path in escaped form without steps upwards: it decides where our credentials go. */
static bool is_page_uri(const char *uri)
{
    size_t len = 0;
    for (; uri[len] != '\0'; len++)
        if (uri[len] <= ' ' || uri[len] > '~' || strchr("\"<>\\^`{|}#@", uri[len]) != NULL)
            return false;
    return len <= PAGE_URI_BYTES && strstr(uri, "..") == NULL;
}

int rest_next_page(const struct rest_account *account,
                   const char *next_page_uri,
                   struct arena *arena,
                   struct rest_request *out,
                   struct error *err)
{
    const char *below = arena_printf(arena, REST_API_PATH "%s/", account->account_sid);
    if (!text_starts_with(next_page_uri, below) || !is_page_uri(next_page_uri))
        return error_set(err, ERROR_UPSTREAM, "Twilio names a next page outside of the account");
    const char *url = arena_printf(arena, "%s%s", account->base_url, next_page_uri);
    *out = (struct rest_request){.method = "GET", .url = url};
    return 0;
}

int rest_fetch_account(const struct rest_account *account,
                       struct arena *arena,
                       struct rest_request *out,
                       struct error *err)
{
    return rest_get(account, "", NULL, NULL, arena, out, err);
}

int rest_fetch_application(const struct rest_account *account,
                           const char *application_sid,
                           struct arena *arena,
                           struct rest_request *out,
                           struct error *err)
{
    if (rest_check_sid(application_sid, "AP", "Sid", err) < 0)
        return -1;
    return rest_get(account, "/Applications", application_sid, NULL, arena, out, err);
}

static int list_by_number(const struct rest_account *account,
                          const char *resource,
                          const char *number,
                          struct arena *arena,
                          struct rest_request *out,
                          struct error *err)
{
    struct fields filters = {0};
    if (number != NULL && !text_is_e164(number))
        return error_field(err, "PhoneNumber", "PhoneNumber must be in E.164 form");
    if (number != NULL)
        fields_add(&filters, arena, "PhoneNumber", number);
    return rest_get(account, resource, NULL, &filters, arena, out, err);
}

int rest_list_incoming_numbers(const struct rest_account *account,
                               const char *number,
                               struct arena *arena,
                               struct rest_request *out,
                               struct error *err)
{
    return list_by_number(account, "/IncomingPhoneNumbers", number, arena, out, err);
}

int rest_list_outgoing_caller_ids(const struct rest_account *account,
                                  const char *number,
                                  struct arena *arena,
                                  struct rest_request *out,
                                  struct error *err)
{
    return list_by_number(account, "/OutgoingCallerIds", number, arena, out, err);
}
