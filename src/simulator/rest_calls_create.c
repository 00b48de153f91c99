/* Creating a call: who may be called by whom, with which instructions. */
#include <string.h>

#include "core/limits.h"
#include "core/text.h"
#include "leg.h"
#include "recording.h"
#include "rest.h"
#include "rest_check.h"
#include "rest_form.h"

enum {
    NO_URL = 21205,
    FROM_NOT_OURS = 21210,
    BAD_TO = 21211,
    BAD_FROM = 21212,
    NO_TO = 21201,
    NO_FROM = 21213,
    NO_SUCH_APPLICATION = 21218,
    NOT_VERIFIED = 21219,
};

/* Numbers that Twilio's test credentials refuse; "Test credentials" in its documentation. */
static const struct {
    const char *number;
    int code;
    const char *why;
} magic[] = {
    {"+15005550001", 21217, "is not a valid phone number"         },
    {"+15005550002", 21214, "cannot be reached"                   },
    {"+15005550003", 21215, "is in a country you may not call"    },
    {"+15005550004", 21216, "is on the block list of this account"},
};

static bool is_telephone(const char *party)
{
    return text_is_e164(party);
}

static bool is_endpoint(const char *party)
{
    static const char *const schemes[] = {"client:", "sip:", "sips:"};
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
        if (text_starts_with(party, schemes[i]))
            return strlen(party) > strlen(schemes[i]) && strchr(party, ' ') == NULL;
    return is_telephone(party);
}

static int check_magic(struct rest *rest, const char *to)
{
    for (size_t i = 0; i < ARRAY_LEN(magic); i++)
        if (strcmp(magic[i].number, to) == 0)
            return rest_refuse(rest, 400, magic[i].code, "The number %s %s", to, magic[i].why);
    return 0;
}

static bool is_verified(const struct sim *sim, const char *number)
{
    return !sim->settings->trial || world_may_call_from(sim, number);
}

static int check_parties(struct sim *sim, struct rest *rest)
{
    const char *to = form_value(rest, "To");
    const char *from = form_value(rest, "From");
    if (*to == '\0')
        return rest_refuse(rest, 400, NO_TO, "No 'To' number is specified");
    if (*from == '\0')
        return rest_refuse(rest, 400, NO_FROM, "No 'From' number is specified");
    if (!is_endpoint(to))
        return rest_refuse(rest, 400, BAD_TO, "Invalid 'To' Phone Number: %s", to);
    if (!is_endpoint(from) || (is_telephone(to) && !is_telephone(from)))
        return rest_refuse(rest, 400, BAD_FROM, "Invalid 'From' Phone Number: %s", from);
    if (strcmp(to, from) == 0)
        return rest_refuse(rest, 400, BAD_TO, "To and From are the same: %s", to);
    if (check_magic(rest, to) < 0)
        return -1;
    if (is_telephone(from) && !world_may_call_from(sim, from))
        return rest_refuse(
            rest, 400, FROM_NOT_OURS,
            "The source phone number provided, %s, is not yet verified for your account", from);
    if (is_telephone(to) && !is_verified(sim, to))
        return rest_refuse(
            rest, 400, NOT_VERIFIED,
            "The number %s is unverified. Trial accounts may only make calls to verified numbers",
            to);
    return 0;
}

static int check_instructions(struct sim *sim, struct rest *rest)
{
    const char *app = form_value(rest, "ApplicationSid");
    if (*app && strcmp(app, sim->app.sid) != 0)
        return rest_refuse(rest, 400, NO_SUCH_APPLICATION, "Invalid ApplicationSid: %s", app);
    if (*app && *sim->app.voice_url == '\0')
        return rest_refuse(rest, 400, NO_SUCH_APPLICATION, "Application %s has no VoiceUrl", app);
    if (*app == '\0' && *form_value(rest, "Url") == '\0' && *form_value(rest, "Twiml") == '\0')
        return rest_refuse(rest, 400, NO_URL, "Url parameter is required.");
    return 0;
}

static void take_application(const struct line *app, struct leg *leg)
{
    leg->application_sid = arena_strdup(leg->arena, app->sid);
    leg->instructions = (struct instructions){
        .url = keep_text(leg, app->voice_url),
        .method = arena_strdup(leg->arena, app->voice_method),
        .fallback_url = keep_text(leg, app->fallback_url),
        .fallback_method = arena_strdup(leg->arena, app->fallback_method),
    };
    leg->status_callback = (struct subscription){
        .url = keep_text(leg, app->status_url),
        .method = arena_strdup(leg->arena, app->status_method),
        .events = EVENT_COMPLETED,
        .progress = true,
    };
}

static unsigned asked_events(const struct rest *rest)
{
    static const struct {
        const char *word;
        unsigned event;
    } words[] = {
        {"initiated", EVENT_INITIATED},
        {"ringing",   EVENT_RINGING  },
        {"answered",  EVENT_ANSWERED },
        {"completed", EVENT_COMPLETED},
    };
    const struct fields *form = rest->request->form;
    unsigned all = 0;
    for (size_t i = 0; i < form->count; i++)
        for (size_t w = 0; w < ARRAY_LEN(words); w++)
            if (strcmp(form->items[i].name, "StatusCallbackEvent") == 0 &&
                strcmp(form->items[i].value, words[w].word) == 0)
                all |= words[w].event;
    return all ? all : EVENT_COMPLETED;
}

static void take_form(const struct rest *rest, struct leg *leg)
{
    const char *url = form_value(rest, "Url"); /* wins over Twiml */
    leg->instructions = (struct instructions){
        .url = keep_text(leg, url),
        .method = arena_strdup(leg->arena, or_post(form_value(rest, "Method"))),
        .fallback_url = keep_text(leg, form_value(rest, "FallbackUrl")),
        .fallback_method = arena_strdup(leg->arena, or_post(form_value(rest, "FallbackMethod"))),
        .twiml = *url ? NULL : keep_text(leg, form_value(rest, "Twiml")),
    };
    leg->status_callback = (struct subscription){
        .url = keep_text(leg, form_value(rest, "StatusCallback")),
        .method = arena_strdup(leg->arena, or_post(form_value(rest, "StatusCallbackMethod"))),
        .events = asked_events(rest),
        .progress = true,
    };
}

static bool is_true(const struct rest *rest, const char *name)
{
    bool truth = false;
    return text_to_bool(form_value(rest, name), &truth) && truth;
}

static void take_detection(const struct rest *rest, struct leg *leg)
{
    bool asked = *form_value(rest, "MachineDetection") != '\0';
    bool async = is_true(rest, "AsyncAmd");
    leg->asks_amd = asked && !async;
    if (asked && async)
        leg->amd_callback = (struct subscription){
            .url = keep_text(leg, form_value(rest, "AsyncAmdStatusCallback")),
            .method =
                arena_strdup(leg->arena, or_post(form_value(rest, "AsyncAmdStatusCallbackMethod"))),
        };
}

static void take_recording(const struct rest *rest, struct leg *leg)
{
    if (!is_true(rest, "Record"))
        return;
    auto_buf struct buf events;
    buf_init(&events, KiB(1));
    const struct fields *form = rest->request->form;
    for (size_t i = 0; i < form->count; i++)
        if (strcmp(form->items[i].name, "RecordingStatusCallbackEvent") == 0)
            (void)buf_printf(&events, "%s ", form->items[i].value);
    leg->record = arena_alloc(leg->arena, sizeof(*leg->record));
    *leg->record =
        recording_plan_of(leg->arena, keep_text(leg, form_value(rest, "RecordingStatusCallback")),
                          or_post(form_value(rest, "RecordingStatusCallbackMethod")),
                          events.len ? events.data : "completed");
    leg->record_way = (struct recording_way){
        .source = "OutboundAPI",
        .track = recording_track(form_value(rest, "RecordingTrack")),
        .channels = strcmp(form_value(rest, "RecordingChannels"), "dual") == 0 ? 2 : 1};
}

/* `client:bob?name=value` hands the client parameters of its own. */
static const char *split_client(struct rest *rest, struct fields *custom)
{
    const char *to = form_value(rest, "To");
    const char *query = text_starts_with(to, "client:") ? strchr(to, '?') : NULL;
    struct error err = {0};
    if (query == NULL || fields_decode(query + 1, strlen(query + 1), LIMIT_FORM_PAIRS, rest->arena,
                                       custom, &err) < 0)
        return to;
    return arena_copy(rest->arena, to, (size_t)(query - to));
}

/* Calls leave the queue one by one, as fast as the account may call. */
static int64_t queue_ms(struct sim *sim)
{
    if (sim->settings->calls_per_second == 0)
        return 0;
    int64_t now = sim->now.sim_ms;
    int64_t at = sim->queue_free_ms > now ? sim->queue_free_ms : now;
    sim->queue_free_ms = at + 1000 / sim->settings->calls_per_second;
    return at - now;
}

int rest_calls_create(struct sim *sim, struct rest *rest)
{
    if (rest_check(sim, rest, SHAPE_CALL_CREATE) < 0 || check_parties(sim, rest) < 0 ||
        check_instructions(sim, rest) < 0)
        return -1;
    struct fields custom = {0};
    const char *to = split_client(rest, &custom);
    struct leg *leg = leg_create(sim, LEG_OUTBOUND_API, form_value(rest, "From"), to, NULL);
    for (size_t i = 0; i < custom.count; i++)
        fields_add(&leg->custom, leg->arena, arena_strdup(leg->arena, custom.items[i].name),
                   arena_strdup(leg->arena, custom.items[i].value));
    if (*form_value(rest, "ApplicationSid"))
        take_application(&sim->app, leg);
    else
        take_form(rest, leg);
    const struct line *number = world_find_number(sim, leg->from);
    leg->phone_number_sid = number ? arena_strdup(leg->arena, number->sid) : NULL;
    leg->timeout_ms = seconds_or(rest, "Timeout", leg->timeout_ms);
    leg->time_limit_ms = seconds_or(rest, "TimeLimit", leg->time_limit_ms);
    take_detection(rest, leg);
    take_recording(rest, leg);
    leg->queue_ms = queue_ms(sim);
    rest->created = leg;
    leg_dial(sim, leg);
    return rest_answer(rest, 201, rest_call_json(sim, leg));
}
