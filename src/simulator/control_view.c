/* The truth as JSON. */
#include <stdio.h>
#include <string.h>

#include "control.h"
#include "delivery.h"
#include "device.h"
#include "device_call.h"
#include "dial.h"
#include "leg.h"
#include "live.h"
#include "recording.h"

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

json_t *control_summary(const struct sim *sim)
{
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b}", "at_ms",
        (json_int_t)since_ms(sim, sim->started), "legs", (json_int_t)sim->leg_count, "calls_ended",
        (json_int_t)sim->calls_ended, "legs_ended", (json_int_t)sim->legs_ended, "delivering",
        (json_int_t)sim->delivering, "timers", (json_int_t)(sim->timers.count - sim->timers.guards),
        "devices", (json_int_t)sim->device_count, "browser_calls",
        (json_int_t)sim->device_call_count, "recording_count", (json_int_t)sim->recordings.count,
        "recordings_completed", (json_int_t)sim->recordings.completed, "recordings_downloaded",
        (json_int_t)sim->recordings.downloaded, "idle", sim_at_rest(sim));
}

static json_t *custom_json(const struct fields *custom)
{
    json_t *json = json_object();
    for (size_t i = 0; i < custom->count; i++)
        json_object_set_new(json, custom->items[i].name, json_string(custom->items[i].value));
    return json;
}

static json_t *params_json(const struct fields *params)
{
    json_t *json = json_object();
    for (size_t i = 0; i < params->count; i++)
        json_object_set_new(json, params->items[i].name,
                            json_string_nocheck(params->items[i].value));
    return json;
}

static json_t *delivery_json(const struct sim *sim, const struct delivery *delivery)
{
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:i, s:I, s:s, s:s, s:o, s:O}", "purpose",
        delivery->purpose, "method", delivery->method, "url", delivery->url, "token",
        delivery->token, "finished", delivery->finished, "lost", delivery->lost, "duplicate",
        delivery->twin, "status", delivery->status, "attempt_count", (json_int_t)delivery->attempts,
        "problem", delivery->problem, "answer", delivery->answer_excerpt, "params",
        params_json(&delivery->params), "attempts", delivery->attempt_log);
    world_stamp(sim, delivery->created, json);
    return json;
}

static json_t *webhooks_json(const struct sim *sim, const struct leg *leg)
{
    json_t *list = json_array();
    for (const struct delivery *one = leg->deliveries; one; one = one->next)
        json_array_append_new(list, delivery_json(sim, one));
    return list;
}

json_t *control_leg_json(const struct sim *sim, const struct leg *leg)
{
    const struct leg *partner = dial_partner(leg);
    json_t *json = json_object();
    world_stamp(sim, leg->created, json);
    json_object_set_new(json, "call_sid", json_string(leg->sid));
    json_object_set_new(json, "parent_call_sid",
                        text_or_null(leg->parent ? leg->parent->sid : NULL));
    json_object_set_new(json, "direction", json_string(leg_direction_text(leg->direction)));
    json_object_set_new(json, "from", json_string(leg->from));
    json_object_set_new(json, "to", json_string(leg->to));
    json_object_set_new(json, "status", json_string(leg_rest_status(leg)));
    json_object_set_new(json, "over", json_boolean(leg_is_over(leg)));
    json_object_set_new(json, "answered", json_boolean(leg->was_answered));
    json_object_set_new(json, "duration", json_integer(leg_duration_s(sim, leg)));
    json_object_set_new(json, "sip_code", json_integer(leg->sip_code));
    json_object_set_new(json, "application_sid", text_or_null(leg->application_sid));
    json_object_set_new(json, "bridged_with", text_or_null(partner ? partner->sid : NULL));
    json_object_set_new(json, "listening", json_boolean(leg->run.gather != NULL));
    json_object_set_new(json, "parameters", custom_json(&leg->custom));
    json_object_set_new(json, "browsers", device_call_browsers(leg));
    json_object_set_new(json, "media", json_boolean(leg->has_media));
    json_object_set(json, "events", leg->events);
    json_object_set(json, "warnings", leg->warnings);
    json_object_set_new(json, "recordings", recordings_json(sim, leg));
    json_object_set_new(json, "transcriptions", lives_json(leg));
    json_object_set_new(json, "webhooks", webhooks_json(sim, leg));
    return json;
}

/* ---- waiting ---- */

static bool text_matches(const json_t *condition, const char *name, const char *is)
{
    const char *wanted = json_string_value(json_object_get(condition, name));
    return wanted == NULL || strcmp(wanted, is) == 0;
}

static bool leg_matches(const struct leg *leg, const json_t *condition)
{
    const json_t *status = json_object_get(condition, "status_rank");
    return text_matches(condition, "call_sid", leg->sid) &&
           text_matches(condition, "to", leg->to) && text_matches(condition, "from", leg->from) &&
           (status == NULL || (json_int_t)leg->status >= json_integer_value(status));
}

static bool some_leg_matches(const struct sim *sim, const json_t *condition)
{
    for (const struct leg *leg = sim->last; leg; leg = leg->previous)
        if (leg_matches(leg, condition))
            return true;
    return false;
}

static bool somebody_registered(const struct sim *sim, const json_t *condition)
{
    char address[256];
    const char *wanted = json_string_value(json_object_get(condition, "registered"));
    if (wanted == NULL)
        return true;
    (void)snprintf(address, sizeof(address), "client:%s", wanted);
    return device_is_registered(sim, address);
}

static bool reached(const json_t *condition, const char *name, size_t count)
{
    const json_t *wanted = json_object_get(condition, name);
    return wanted == NULL || (json_int_t)count >= json_integer_value(wanted);
}

bool control_condition_holds(const struct sim *sim, const json_t *condition)
{
    bool about_leg = json_object_get(condition, "status_rank") ||
                     json_object_get(condition, "call_sid") || json_object_get(condition, "to") ||
                     json_object_get(condition, "from");
    return reached(condition, "calls_ended", sim->calls_ended) &&
           reached(condition, "legs_ended", sim->legs_ended) &&
           reached(condition, "requests", json_array_size(sim->requests)) &&
           reached(condition, "recordings_completed", (size_t)sim->recordings.completed) &&
           reached(condition, "recordings_downloaded", (size_t)sim->recordings.downloaded) &&
           (!json_is_true(json_object_get(condition, "idle")) || sim_at_rest(sim)) &&
           somebody_registered(sim, condition) && (!about_leg || some_leg_matches(sim, condition));
}
