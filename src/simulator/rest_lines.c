/* The account and what is configured in it: applications, numbers, verified caller ids. */
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "core/wall_clock.h"
#include "core/xmalloc.h"
#include "rest.h"
#include "rest_check.h"
#include "rest_list.h"

enum { INVALID_SID = 20001 };

static json_t *wall_time(int64_t ms)
{
    char text[TIME_TEXT_BYTES];
    time_to_rfc2822(ms, text);
    return json_string(text);
}

static json_t *uri_of(const struct sim *sim, const char *resource, const char *sid)
{
    return json_sprintf("/2010-04-01/Accounts/%s/%s/%s.json", sim->settings->account_sid, resource,
                        sid);
}

static json_t *text_or_null(const char *text)
{
    return *text ? json_string(text) : json_null();
}

int rest_account_fetch(struct sim *sim, struct rest *rest)
{
    const char *sid = sim->settings->account_sid;
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:{s:o, s:o, s:o, s:o}}", "sid", sid,
        "friendly_name", "Simulated account", "status", "active", "type",
        sim->settings->trial ? "Trial" : "Full", "auth_token",
        json_null(), /* never shown, unlike Twilio's */
        "owner_account_sid", sid, "date_created", wall_time(sim->started.wall_ms), "date_updated",
        wall_time(sim->started.wall_ms), "uri", json_sprintf("/2010-04-01/Accounts/%s.json", sid),
        "subresource_uris", "calls", json_sprintf("/2010-04-01/Accounts/%s/Calls.json", sid),
        "applications", json_sprintf("/2010-04-01/Accounts/%s/Applications.json", sid),
        "incoming_phone_numbers",
        json_sprintf("/2010-04-01/Accounts/%s/IncomingPhoneNumbers.json", sid),
        "outgoing_caller_ids", json_sprintf("/2010-04-01/Accounts/%s/OutgoingCallerIds.json", sid));
    return rest_answer(rest, 200, json);
}

/* ---- what applications and numbers share ---- */

static json_t *line_json(const struct sim *sim, const struct line *line, const char *resource)
{
    json_t *json = json_object();
    json_object_set_new(json, "sid", json_string(line->sid));
    json_object_set_new(json, "account_sid", json_string(sim->settings->account_sid));
    json_object_set_new(json, "api_version", json_string("2010-04-01"));
    json_object_set_new(json, "date_created", wall_time(sim->started.wall_ms));
    json_object_set_new(json, "date_updated", wall_time(line->updated_ms));
    json_object_set_new(json, "friendly_name", json_string(line->friendly_name));
    json_object_set_new(json, "voice_url", text_or_null(line->voice_url));
    json_object_set_new(json, "voice_method", json_string(line->voice_method));
    json_object_set_new(json, "voice_fallback_url", text_or_null(line->fallback_url));
    json_object_set_new(json, "voice_fallback_method", json_string(line->fallback_method));
    json_object_set_new(json, "voice_caller_id_lookup", json_false());
    json_object_set_new(json, "status_callback", text_or_null(line->status_url));
    json_object_set_new(json, "status_callback_method", json_string(line->status_method));
    json_object_set_new(json, "sms_url", json_null());
    json_object_set_new(json, "sms_method", json_string("POST"));
    json_object_set_new(json, "sms_fallback_url", json_null());
    json_object_set_new(json, "sms_fallback_method", json_string("POST"));
    json_object_set_new(json, "uri", uri_of(sim, resource, line->sid));
    return json;
}

static void replace(char **text, const struct rest *rest, const char *name)
{
    const char *value = fields_get(rest->request->form, name);
    if (value == NULL)
        return;
    free(*text);
    *text = xstrdup(value);
}

static int line_update(struct sim *sim, struct rest *rest, struct line *line)
{
    if (rest_check(sim, rest, SHAPE_LINE_UPDATE) < 0)
        return -1;
    replace(&line->friendly_name, rest, "FriendlyName");
    replace(&line->voice_url, rest, "VoiceUrl");
    replace(&line->voice_method, rest, "VoiceMethod");
    replace(&line->fallback_url, rest, "VoiceFallbackUrl");
    replace(&line->fallback_method, rest, "VoiceFallbackMethod");
    replace(&line->status_url, rest, "StatusCallback");
    replace(&line->status_method, rest, "StatusCallbackMethod");
    replace(&line->application_sid, rest, "VoiceApplicationSid");
    line->updated_ms = sim->now.wall_ms;
    return 0;
}

/* ---- applications ---- */

static json_t *app_json(const struct sim *sim)
{
    json_t *json = line_json(sim, &sim->app, "Applications");
    json_object_set_new(json, "message_status_callback", json_null());
    json_object_set_new(json, "sms_status_callback", json_null());
    json_object_set_new(json, "public_application_connect_enabled", json_false());
    return json;
}

int rest_apps_list(struct sim *sim, struct rest *rest)
{
    const char *name = fields_get(rest->request->query, "FriendlyName");
    json_t *all = json_array();
    if (name == NULL || strcmp(name, sim->app.friendly_name) == 0)
        json_array_append_new(all, app_json(sim));
    return rest_list(sim, rest, "Applications", "applications", all);
}

int rest_apps_fetch(struct sim *sim, struct rest *rest)
{
    if (strcmp(rest->sid, sim->app.sid) != 0)
        return rest_no_such(rest);
    return rest_answer(rest, 200, app_json(sim));
}

int rest_apps_update(struct sim *sim, struct rest *rest)
{
    if (strcmp(rest->sid, sim->app.sid) != 0)
        return rest_no_such(rest);
    if (line_update(sim, rest, &sim->app) < 0)
        return -1;
    return rest_answer(rest, 200, app_json(sim));
}

/* ---- numbers ---- */

static json_t *number_json(const struct sim *sim, const struct line *line)
{
    static const char *const absent[] = {"address_sid",           "identity_sid",
                                         "sms_application_sid",   "trunk_sid",
                                         "emergency_address_sid", "bundle_sid"};
    json_t *json = line_json(sim, line, "IncomingPhoneNumbers");
    for (size_t i = 0; i < ARRAY_LEN(absent); i++)
        json_object_set_new(json, absent[i], json_null());
    json_object_set_new(json, "phone_number", json_string(line->number));
    json_object_set_new(json, "voice_application_sid", text_or_null(line->application_sid));
    json_object_set_new(json, "voice_receive_mode", json_string("voice"));
    json_object_set_new(json, "address_requirements", json_string("none"));
    json_object_set_new(json, "beta", json_false());
    json_object_set_new(json, "origin", json_string("twilio"));
    json_object_set_new(json, "status", json_string("in-use"));
    json_object_set_new(json, "type", json_string("local"));
    json_object_set_new(json, "emergency_status", json_string("Inactive"));
    json_object_set_new(json, "emergency_address_status", json_string("unregistered"));
    json_object_set_new(
        json, "capabilities",
        json_pack("{s:b, s:b, s:b, s:b}", "voice", 1, "sms", 0, "mms", 0, "fax", 0));
    return json;
}

static struct line *find_number(struct sim *sim, const struct rest *rest)
{
    for (unsigned i = 0; i < sim->settings->number_count; i++)
        if (strcmp(sim->numbers[i].sid, rest->sid) == 0)
            return &sim->numbers[i];
    return NULL;
}

int rest_numbers_list(struct sim *sim, struct rest *rest)
{
    const char *wanted = fields_get(rest->request->query, "PhoneNumber");
    const char *name = fields_get(rest->request->query, "FriendlyName");
    json_t *all = json_array();
    for (unsigned i = 0; i < sim->settings->number_count; i++) {
        const struct line *line = &sim->numbers[i];
        if ((wanted == NULL || strcmp(wanted, line->number) == 0) &&
            (name == NULL || strcmp(name, line->friendly_name) == 0))
            json_array_append_new(all, number_json(sim, line));
    }
    return rest_list(sim, rest, "IncomingPhoneNumbers", "incoming_phone_numbers", all);
}

int rest_numbers_fetch(struct sim *sim, struct rest *rest)
{
    const struct line *line = find_number(sim, rest);
    return line ? rest_answer(rest, 200, number_json(sim, line)) : rest_no_such(rest);
}

int rest_numbers_update(struct sim *sim, struct rest *rest)
{
    struct line *line = find_number(sim, rest);
    if (line == NULL)
        return rest_no_such(rest);
    const char *app = fields_text(rest->request->form, "VoiceApplicationSid");
    if (*app && strcmp(app, sim->app.sid) != 0)
        return rest_refuse(rest, 400, INVALID_SID, "Unknown VoiceApplicationSid: %s", app);
    if (line_update(sim, rest, line) < 0)
        return -1;
    return rest_answer(rest, 200, number_json(sim, line));
}

/* ---- caller ids ---- */

int rest_caller_ids_list(struct sim *sim, struct rest *rest)
{
    const char *wanted = fields_get(rest->request->query, "PhoneNumber");
    json_t *all = json_array();
    for (unsigned i = 0; i < sim->settings->verified_count; i++) {
        const char *number = sim->settings->verified[i];
        if (wanted && strcmp(wanted, number) != 0)
            continue;
        const char *sid = arena_printf(rest->arena, "PN%032x", 0x1000 + i);
        json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "sid", sid,
                                             "account_sid", sim->settings->account_sid,
                                             "friendly_name", number, "phone_number", number,
                                             "date_created", wall_time(sim->started.wall_ms),
                                             "date_updated", wall_time(sim->started.wall_ms), "uri",
                                             uri_of(sim, "OutgoingCallerIds", sid)));
    }
    return rest_list(sim, rest, "OutgoingCallerIds", "outgoing_caller_ids", all);
}
