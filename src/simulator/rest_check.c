/* Forms against tables. */
#include "rest_check.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "core/wall_clock.h"
#include "url.h"

enum type {
    ANY,
    URL,
    METHOD, /* GET, POST */
    BOOLEAN,
    NUMBER, /* within [min, max] */
    WORDS,  /* one of `words`, separated by | */
    SID,    /* prefix in `words` */
    LENGTH, /* at most `max` bytes */
    KEYS,   /* out of `words`, at most `max` */
    DATE,   /* YYYY-MM-DD, or an RFC 3339 time */
};

enum { UNKNOWN_PARAMETER = 20001, DAY_MS = 24 * 3600 * 1000 };

struct parameter {
    const char *name;
    enum type type;
    const char *words;
    int64_t min;
    int64_t max;
    int code;
    bool repeats;
};

static const char events[] = "initiated|ringing|answered|completed";
static const char recording_events[] = "in-progress|completed|absent";

static const struct parameter create_parameters[] = {
    {"To",                                 ANY,     NULL,                       0,    0,     21211, false},
    {"From",                               ANY,     NULL,                       0,    0,     21212, false},
    {"Url",                                URL,     NULL,                       0,    0,     21205, false},
    {"Twiml",                              LENGTH,  NULL,                       0,    4000,  20001, false},
    {"ApplicationSid",                     SID,     "AP",                       0,    0,     21218, false},
    {"Method",                             METHOD,  NULL,                       0,    0,     21209, false},
    {"FallbackUrl",                        URL,     NULL,                       0,    0,     21205, false},
    {"FallbackMethod",                     METHOD,  NULL,                       0,    0,     21209, false},
    {"StatusCallback",                     URL,     NULL,                       0,    0,     21609, false},
    {"StatusCallbackMethod",               METHOD,  NULL,                       0,    0,     21209, false},
    {"StatusCallbackEvent",                WORDS,   events,                     0,    0,     20001, true },
    {"SendDigits",                         KEYS,    "0123456789#*wW",           0,    32,    21206, false},
    {"Timeout",                            NUMBER,  NULL,                       1,    600,   21208, false},
    {"TimeLimit",                          NUMBER,  NULL,                       1,    86400, 20001, false},
    {"Record",                             BOOLEAN, NULL,                       0,    0,     20001, false},
    {"RecordingChannels",                  WORDS,   "mono|dual",                0,    0,     20001, false},
    {"RecordingTrack",                     WORDS,   "inbound|outbound|both",    0,    0,     20001, false},
    {"RecordingStatusCallback",            URL,     NULL,                       0,    0,     21609, false},
    {"RecordingStatusCallbackMethod",      METHOD,  NULL,                       0,    0,     21209, false},
    {"RecordingStatusCallbackEvent",       WORDS,   recording_events,           0,    0,     20001, true },
    {"Trim",                               WORDS,   "trim-silence|do-not-trim", 0,    0,     20001, false},
    {"CallerId",                           ANY,     NULL,                       0,    0,     21212, false},
    {"MachineDetection",                   WORDS,   "Enable|DetectMessageEnd",  0,    0,     21234, false},
    {"MachineDetectionTimeout",            NUMBER,  NULL,                       3,    59,    21262, false},
    {"MachineDetectionSpeechThreshold",    NUMBER,  NULL,                       1000, 6000,  21263, false},
    {"MachineDetectionSpeechEndThreshold", NUMBER,  NULL,                       500,  5000,  21263, false},
    {"MachineDetectionSilenceTimeout",     NUMBER,  NULL,                       2000, 10000, 21263, false},
    {"AsyncAmd",                           BOOLEAN, NULL,                       0,    0,     20001, false},
    {"AsyncAmdStatusCallback",             URL,     NULL,                       0,    0,     21609, false},
    {"AsyncAmdStatusCallbackMethod",       METHOD,  NULL,                       0,    0,     21209, false},
    {"ClientNotificationUrl",              URL,     NULL,                       0,    0,     21205, false},
    {"Byoc",                               SID,     "BY",                       0,    0,     20001, false},
    {"CallReason",                         LENGTH,  NULL,                       0,    50,    20001, false},
    {"CallToken",                          ANY,     NULL,                       0,    0,     20001, false},
    {"SipAuthUsername",                    ANY,     NULL,                       0,    0,     20001, false},
    {"SipAuthPassword",                    ANY,     NULL,                       0,    0,     20001, false},
    {"Passports",                          ANY,     NULL,                       0,    0,     20001, false},
    {"RecordingConfigurationId",           ANY,     NULL,                       0,    0,     20001, false},
};

static const struct parameter update_parameters[] = {
    {"Url",                  URL,    NULL,                 0, 0,     21205, false},
    {"Twiml",                LENGTH, NULL,                 0, 4000,  20001, false},
    {"Method",               METHOD, NULL,                 0, 0,     21209, false},
    {"Status",               WORDS,  "canceled|completed", 0, 0,     20001, false},
    {"FallbackUrl",          URL,    NULL,                 0, 0,     21205, false},
    {"FallbackMethod",       METHOD, NULL,                 0, 0,     21209, false},
    {"StatusCallback",       URL,    NULL,                 0, 0,     21609, false},
    {"StatusCallbackMethod", METHOD, NULL,                 0, 0,     21209, false},
    {"TimeLimit",            NUMBER, NULL,                 1, 86400, 20001, false},
};

static const char statuses[] =
    "queued|ringing|in-progress|completed|busy|failed|no-answer|canceled";

static const struct parameter list_parameters[] = {
    {"To",            ANY,   NULL,     0, 0, 20001, false},
    {"From",          ANY,   NULL,     0, 0, 20001, false},
    {"ParentCallSid", SID,   "CA",     0, 0, 20001, false},
    {"Status",        WORDS, statuses, 0, 0, 20001, false},
    {"StartTime",     DATE,  NULL,     0, 0, 20001, false},
    {"StartTime<",    DATE,  NULL,     0, 0, 20001, false},
    {"StartTime>",    DATE,  NULL,     0, 0, 20001, false},
    {"EndTime",       DATE,  NULL,     0, 0, 20001, false},
    {"EndTime<",      DATE,  NULL,     0, 0, 20001, false},
    {"EndTime>",      DATE,  NULL,     0, 0, 20001, false},
    {"PageSize",      ANY,   NULL,     0, 0, 20007, false},
    {"Page",          ANY,   NULL,     0, 0, 20001, false},
    {"PageToken",     ANY,   NULL,     0, 0, 20001, false},
};

static const struct parameter line_parameters[] = {
    {"FriendlyName",         LENGTH, NULL, 0, 64, 20001, false},
    {"VoiceUrl",             URL,    NULL, 0, 0,  21502, false},
    {"VoiceMethod",          METHOD, NULL, 0, 0,  21209, false},
    {"VoiceFallbackUrl",     URL,    NULL, 0, 0,  21502, false},
    {"VoiceFallbackMethod",  METHOD, NULL, 0, 0,  21209, false},
    {"StatusCallback",       URL,    NULL, 0, 0,  21609, false},
    {"StatusCallbackMethod", METHOD, NULL, 0, 0,  21209, false},
    {"VoiceApplicationSid",  SID,    "AP", 0, 0,  20001, false},
    {"ApiVersion",           ANY,    NULL, 0, 0,  20001, false},
};

static const struct parameter recording_start_parameters[] = {
    {"RecordingStatusCallbackEvent",  WORDS,  recording_events,           0, 0, 20001, true },
    {"RecordingStatusCallback",       URL,    NULL,                       0, 0, 21609, false},
    {"RecordingStatusCallbackMethod", METHOD, NULL,                       0, 0, 21209, false},
    {"Trim",                          WORDS,  "trim-silence|do-not-trim", 0, 0, 20001, false},
    {"RecordingChannels",             WORDS,  "mono|dual",                0, 0, 20001, false},
    {"RecordingTrack",                WORDS,  "inbound|outbound|both",    0, 0, 20001, false},
};

static const struct parameter recording_update_parameters[] = {
    {"Status",        WORDS, "in-progress|paused|stopped", 0, 0, 20001, false},
    {"PauseBehavior", WORDS, "skip|silence",               0, 0, 20001, false},
};

#define PAGING                                                                                     \
    {"PageSize", ANY, NULL, 0, 0, 20007, false}, {"Page", ANY, NULL, 0, 0, 20001, false},          \
    {                                                                                              \
        "PageToken", ANY, NULL, 0, 0, 20001, false                                                 \
    }

#define CREATED                                                                                    \
    {"DateCreated", DATE, NULL, 0, 0, 20001, false},                                               \
        {"DateCreated<", DATE, NULL, 0, 0, 20001, false},                                          \
    {                                                                                              \
        "DateCreated>", DATE, NULL, 0, 0, 20001, false                                             \
    }

static const struct parameter call_recording_list_parameters[] = {CREATED, PAGING};

static const struct parameter recording_list_parameters[] = {
    CREATED,
    PAGING,
    {"CallSid",            SID,     "CA", 0, 0, 20001, false},
    {"ConferenceSid",      SID,     "CF", 0, 0, 20001, false},
    {"IncludeSoftDeleted", BOOLEAN, NULL, 0, 0, 20001, false},
};

static const struct parameter page_parameters[] = {PAGING};

static const struct parameter live_start_parameters[] = {
    {"Name",                       ANY,     NULL,                                       0, 0, 20001, false},
    {"Track",                      WORDS,   "inbound_track|outbound_track|both_tracks", 0, 0, 20001, false},
    {"StatusCallbackUrl",          URL,     NULL,                                       0, 0, 21609, false},
    {"StatusCallbackMethod",       METHOD,  NULL,                                       0, 0, 21209, false},
    {"InboundTrackLabel",          ANY,     NULL,                                       0, 0, 20001, false},
    {"OutboundTrackLabel",         ANY,     NULL,                                       0, 0, 20001, false},
    {"PartialResults",             BOOLEAN, NULL,                                       0, 0, 20001, false},
    {"LanguageCode",               ANY,     NULL,                                       0, 0, 20001, false},
    {"TranscriptionEngine",        ANY,     NULL,                                       0, 0, 20001, false},
    {"ProfanityFilter",            BOOLEAN, NULL,                                       0, 0, 20001, false},
    {"SpeechModel",                ANY,     NULL,                                       0, 0, 20001, false},
    {"Hints",                      ANY,     NULL,                                       0, 0, 20001, false},
    {"EnableAutomaticPunctuation", BOOLEAN, NULL,                                       0, 0, 20001, false},
    {"IntelligenceService",        ANY,     NULL,                                       0, 0, 20001, false},
    {"ConversationConfiguration",  ANY,     NULL,                                       0, 0, 20001, false},
    {"ConversationId",             ANY,     NULL,                                       0, 0, 20001, false},
    {"ConfigurationId",            ANY,     NULL,                                       0, 0, 20001, false},
    {"EnableProviderData",         BOOLEAN, NULL,                                       0, 0, 20001, false},
};

static const struct parameter live_update_parameters[] = {
    {"Status", WORDS, "stopped", 0, 0, 20001, false},
};

static const struct parameter recording_fetch_parameters[] = {
    {"IncludeSoftDeleted", BOOLEAN, NULL, 0, 0, 20001, false},
};

bool rest_day_or_time(const char *text, int64_t *from_ms, int64_t *until_ms)
{
    char full[TIME_TEXT_BYTES];
    if (time_from_rfc3339(text, from_ms)) {
        *until_ms = *from_ms + 1000;
        return true;
    }
    if (strlen(text) != strlen("2026-11-20"))
        return false;
    (void)snprintf(full, sizeof(full), "%sT00:00:00Z", text);
    if (!time_from_rfc3339(full, from_ms))
        return false;
    *until_ms = *from_ms + DAY_MS;
    return true;
}

static bool one_of(const char *words, const char *value)
{
    size_t len = strlen(value);
    for (const char *word = words; len > 0 && *word;) {
        size_t word_len = strcspn(word, "|");
        if (word_len == len && strncmp(word, value, len) == 0)
            return true;
        word += word_len + (word[word_len] == '|');
    }
    return false;
}

static bool is_date(const char *value)
{
    int64_t from_ms = 0;
    int64_t until_ms = 0;
    return rest_day_or_time(value, &from_ms, &until_ms);
}

static bool value_ok(const struct parameter *parameter, const char *value)
{
    int64_t number = 0;
    bool truth = false;
    switch (parameter->type) {
    case ANY:
        return true;
    case URL:
        return *value == '\0' || url_is_valid(value);
    case METHOD:
        return strcmp(value, "GET") == 0 || strcmp(value, "POST") == 0;
    case BOOLEAN:
        return text_to_bool(value, &truth);
    case NUMBER:
        return text_to_int64(value, parameter->min, parameter->max, &number);
    case WORDS:
        return one_of(parameter->words, value);
    case SID:
        return text_is_sid(value, parameter->words);
    case LENGTH:
        return (int64_t)strlen(value) <= parameter->max;
    case KEYS:
        return value[strspn(value, parameter->words)] == '\0' &&
               (int64_t)strlen(value) <= parameter->max;
    case DATE:
        return is_date(value);
    }
    return false;
}

static const struct parameter *
find(const struct parameter *parameters, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(parameters[i].name, name) == 0)
            return &parameters[i];
    return NULL;
}

static int check(struct sim *sim,
                 struct rest *rest,
                 const struct fields *given,
                 const struct parameter *parameters,
                 size_t count)
{
    for (size_t i = 0; i < given->count; i++) {
        const char *name = given->items[i].name;
        const struct parameter *parameter = find(parameters, count, name);
        if (parameter == NULL && sim->settings->lenient)
            continue;
        if (parameter == NULL)
            return rest_refuse(rest, 400, UNKNOWN_PARAMETER, "Unknown parameter '%s'", name);
        if (!parameter->repeats && fields_count(given, name) > 1)
            return rest_refuse(rest, 400, UNKNOWN_PARAMETER,
                               "Parameter '%s' is given more than once", name);
        if (!value_ok(parameter, given->items[i].value))
            return rest_refuse(rest, 400, parameter->code, "Invalid value for parameter '%s': %s",
                               name, given->items[i].value);
    }
    return 0;
}

static const struct {
    const struct parameter *parameters;
    size_t count;
    bool query;           /* it is asked for by the query, not by a form */
    const char *required; /* NULL: nothing */
} shapes[] = {
    [SHAPE_CALL_CREATE] = {create_parameters,              ARRAY_LEN(create_parameters),           false, NULL    },
    [SHAPE_CALL_UPDATE] = {update_parameters,              ARRAY_LEN(update_parameters),           false, NULL    },
    [SHAPE_CALL_LIST] = {list_parameters,                ARRAY_LEN(list_parameters),             true,  NULL    },
    [SHAPE_LINE_UPDATE] = {line_parameters,                ARRAY_LEN(line_parameters),             false, NULL    },
    [SHAPE_RECORDING_START] = {recording_start_parameters,     ARRAY_LEN(recording_start_parameters),
                           false,                                                                         NULL    },
    [SHAPE_RECORDING_UPDATE] = {recording_update_parameters,    ARRAY_LEN(recording_update_parameters),
                           false,                                                                         "Status"},
    [SHAPE_CALL_RECORDING_LIST] = {call_recording_list_parameters,
                           ARRAY_LEN(call_recording_list_parameters),                              true,  NULL    },
    [SHAPE_RECORDING_LIST] = {recording_list_parameters,      ARRAY_LEN(recording_list_parameters),   true,
                           NULL                                                                                   },
    [SHAPE_PAGE] = {page_parameters,                ARRAY_LEN(page_parameters),             true,  NULL    },
    [SHAPE_LIVE_START] = {live_start_parameters,          ARRAY_LEN(live_start_parameters),       false, NULL    },
    [SHAPE_LIVE_UPDATE] = {live_update_parameters,         ARRAY_LEN(live_update_parameters),      false,
                           "Status"                                                                               },
    [SHAPE_RECORDING_FETCH] = {recording_fetch_parameters,     ARRAY_LEN(recording_fetch_parameters),
                           true,                                                                          NULL    },
};

int rest_check(struct sim *sim, struct rest *rest, enum rest_shape shape)
{
    const struct fields *given = shapes[shape].query ? rest->request->query : rest->request->form;
    if (check(sim, rest, given, shapes[shape].parameters, shapes[shape].count) < 0)
        return -1;
    const char *required = shapes[shape].required;
    if (required && text_is_empty(fields_get(given, required)))
        return rest_refuse(rest, 400, UNKNOWN_PARAMETER,
                           "Missing required parameter %s in the post body", required);
    return 0;
}
