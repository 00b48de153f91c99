/* What Twilio tells about a leg, parameter by parameter. */
#include "callbacks.h"

#include <inttypes.h>
#include <string.h>

#include "core/text.h"
#include "core/wall_clock.h"
#include "leg.h"
#include "recording.h"
#include "url.h"

void callback_add(struct delivery *delivery, const char *name, const char *value)
{
    fields_add(&delivery->params, delivery->arena, arena_strdup(delivery->arena, name),
               arena_strdup(delivery->arena, value));
}

void callback_add_int(struct delivery *delivery, const char *name, int64_t value)
{
    fields_add(&delivery->params, delivery->arena, name,
               arena_printf(delivery->arena, "%" PRId64, value));
}

void callback_common(const struct sim *sim, struct delivery *delivery)
{
    const struct leg *leg = delivery->leg;
    callback_add(delivery, "AccountSid", sim->settings->account_sid);
    callback_add(delivery, "ApiVersion", "2010-04-01");
    callback_add(delivery, "CallSid", leg->sid);
    callback_add(delivery, "CallStatus", leg_status_text(leg->status));
    callback_add(delivery, "Called", leg->to);
    callback_add(delivery, "Caller", leg->from);
    callback_add(delivery, "Direction", leg_direction_text(leg->direction));
    callback_add(delivery, "From", leg->from);
    callback_add(delivery, "To", leg->to);
    if (leg->parent)
        callback_add(delivery, "ParentCallSid", leg->parent->sid);
    if (leg->application_sid)
        callback_add(delivery, "ApplicationSid", leg->application_sid);
}

/* Geo guesses are often empty; empty values are signed all the same. */
static void add_place(struct delivery *delivery, const char *who, const char *number)
{
    struct arena *arena = delivery->arena;
    callback_add(delivery, arena_printf(arena, "%sCity", who), "");
    callback_add(delivery, arena_printf(arena, "%sState", who), "");
    callback_add(delivery, arena_printf(arena, "%sZip", who), "");
    callback_add(delivery, arena_printf(arena, "%sCountry", who),
                 text_starts_with(number, "+1") ? "US" : "");
}

/* Twilio's is about a kilobyte of JSON, URL-encoded; nobody may rely on what is in it. */
static const char *call_token(const struct leg *leg, struct arena *arena)
{
    return arena_printf(arena,
                        "%%7B%%22parentCallInfoToken%%22%%3A%%22%s%0*d%%22%%2C"
                        "%%22identityHeaderTokens%%22%%3A%%5B%%5D%%7D",
                        leg->sid, 900, 0);
}

static bool reserved(const struct delivery *delivery, const char *name)
{
    static const char *const mine[] = {"StirVerstat", "CallToken", "AnsweredBy", "ErrorCode"};
    for (size_t i = 0; i < ARRAY_LEN(mine); i++)
        if (strcmp(mine[i], name) == 0)
            return true;
    return fields_get(&delivery->params, name) != NULL;
}

/* The client chooses these names; Twilio's own cannot be overridden. */
static void add_custom(struct delivery *delivery)
{
    const struct fields *custom = &delivery->leg->custom;
    for (size_t i = 0; i < custom->count; i++)
        if (!reserved(delivery, custom->items[i].name))
            callback_add(delivery, custom->items[i].name, custom->items[i].value);
}

void callback_voice(const struct sim *sim, struct delivery *delivery)
{
    callback_common(sim, delivery);
    const struct leg *leg = delivery->leg;
    if (leg->from_pstn) {
        add_place(delivery, "From", leg->from);
        add_place(delivery, "Caller", leg->from);
        add_place(delivery, "To", leg->to);
        add_place(delivery, "Called", leg->to);
    }
    if (leg->from_pstn && leg->direction == LEG_INBOUND) {
        callback_add(delivery, "StirVerstat", "TN-Validation-Passed-A");
        callback_add(delivery, "CallToken", call_token(leg, delivery->arena));
    }
    if (leg->asks_amd)
        callback_add(delivery, "AnsweredBy",
                     leg->script.answered_by ? leg->script.answered_by : "human");
    add_custom(delivery);
}

/* ---- status ---- */

static void add_end(const struct sim *sim, struct delivery *delivery)
{
    const struct leg *leg = delivery->leg;
    int64_t seconds = leg_duration_s(sim, leg);
    callback_add_int(delivery, "CallDuration", seconds);
    callback_add_int(delivery, "Duration", (seconds + 59) / 60); /* minutes billed */
    if (leg->sip_code && leg->direction != LEG_INBOUND)
        callback_add_int(delivery, "SipResponseCode", leg->sip_code);
    recording_add_to_end(sim, delivery);
}

static void send_status(struct sim *sim,
                        struct leg *leg,
                        const struct subscription *to,
                        const char *purpose,
                        enum leg_event event)
{
    struct delivery *delivery =
        delivery_create(sim, leg, DELIVERY_CALLBACK, purpose, to->method, to->url);
    callback_common(sim, delivery);
    char stamp[TIME_TEXT_BYTES];
    time_to_rfc2822(sim->now.wall_ms, stamp);
    callback_add(delivery, "Timestamp", stamp);
    if (to->progress) {
        callback_add(delivery, "CallbackSource", "call-progress-events");
        callback_add_int(delivery, "SequenceNumber", leg->sequence++);
    }
    if (event == EVENT_COMPLETED)
        add_end(sim, delivery);
    if (leg->asks_amd && leg->was_answered)
        callback_add(delivery, "AnsweredBy",
                     leg->script.answered_by ? leg->script.answered_by : "human");
    delivery_start(sim, delivery, NULL, NULL);
}

void callback_status(struct sim *sim, struct leg *leg, enum leg_event event)
{
    const struct subscription *to = &leg->status_callback;
    if (to->url && (to->events & event))
        send_status(sim, leg, to, to->progress ? "status" : "number-status", event);
}

void callback_amd(struct sim *sim, struct leg *leg)
{
    const struct subscription *to = &leg->amd_callback;
    if (to->url == NULL)
        return;
    struct delivery *delivery =
        delivery_create(sim, leg, DELIVERY_CALLBACK, "amd-status", to->method, to->url);
    callback_add(delivery, "AccountSid", sim->settings->account_sid);
    callback_add(delivery, "CallSid", leg->sid);
    callback_add(delivery, "AnsweredBy",
                 leg->script.answered_by ? leg->script.answered_by : "human");
    callback_add(delivery, "MachineDetectionDuration", "2400");
    delivery_start(sim, delivery, NULL, NULL);
}
