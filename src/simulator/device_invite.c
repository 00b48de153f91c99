/*
 * What browsers say about calls.
 *
 * A message about a call that is over is no mistake: both ends may hang up at once. So it is not
 * answered, but for `answer`: that page believes that it talks, and must be told that it does not.
 */
#include <string.h>

#include "calling.h"
#include "core/limits.h"
#include "core/text.h"
#include "device_call.h"
#include "dial.h"
#include "gather.h"
#include "leg.h"
#include "script.h"
#include "sdp.h"

enum { EVENT_SID_BYTES = 64 };

static const char *text_of(const json_t *payload, const char *name)
{
    const char *text = json_string_value(json_object_get(payload, name));
    return text ? text : "";
}

static void
refuse(struct sim *sim, struct device *device, const char *id, int code, const char *why)
{
    device_tell(sim, device, "may not call: %d, %s", code, why);
    device_say(
        sim, device, "hangup",
        json_pack("{s:s, s:{s:i, s:s}}", "callsid", id, "error", "code", code, "message", why));
}

/* ---- a browser calls ---- */

static int check_invite(
    struct sim *sim, struct device *device, const char *id, const char *sdp, struct arena *arena)
{
    int code = 0;
    const char *why = "";
    if (device->expired)
        code = SIGNAL_EXPIRED, why = "AccessTokenExpired: the token has expired";
    else if (device->grant.app_sid == NULL)
        code = SIGNAL_DECLINED, why = "the token does not allow outgoing calls";
    else if (strcmp(device->grant.app_sid, sim->app.sid) != 0)
        code = SIGNAL_APPLICATION_NOT_FOUND, why = "the token's application_sid is no application";
    else if (*sim->app.voice_url == '\0')
        code = SIGNAL_DECLINED, why = "the application has no voice URL";
    else if (device->call_count >= CALLS_PER_DEVICE_MAX)
        code = SIGNAL_TOO_MANY, why = "too many calls at this browser";
    else if (device_call_find(device, id))
        code = SIGNAL_MALFORMED, why = "there is a call with this callsid";
    else if (sdp_answer(&sim->sdp_secrets, sdp, arena) == NULL)
        code = SIGNAL_MALFORMED, why = "the sdp offers no audio";
    if (code)
        refuse(sim, device, id, code, why);
    return code ? -1 : 0;
}

/* What the token forces comes first and wins. */
static void add_forced(const struct device *device, struct arena *arena, struct fields *out)
{
    const char *name = NULL;
    const json_t *value = NULL;
    json_object_foreach(device->grant.params, name, value) if (json_is_string(value)) fields_add(
        out, arena, arena_strdup(arena, name), arena_strdup(arena, json_string_value(value)));
}

static void add_missing(const struct fields *from, struct arena *arena, struct fields *out)
{
    for (size_t i = 0; i < from->count; i++)
        if (fields_get(out, from->items[i].name) == NULL)
            fields_add(out, arena, arena_strdup(arena, from->items[i].name),
                       arena_strdup(arena, from->items[i].value));
}

static int read_params(const struct device *device,
                       const json_t *payload,
                       struct arena *arena,
                       struct fields *out,
                       struct error *err)
{
    const char *text = text_of(json_object_get(payload, "twilio"), "params");
    struct fields given = {0};
    if (fields_decode(text, strlen(text), LIMIT_FORM_PAIRS, arena, &given, err) < 0)
        return -1;
    add_forced(device, arena, out);
    add_missing(&given, arena, out);
    return 0;
}

static void place(struct sim *sim,
                  struct device *device,
                  const char *id,
                  const char *sdp,
                  const struct fields *params)
{
    const char *to = fields_get(params, "To");
    struct leg *leg = calling_browser(sim, device->grant.identity, to ? to : "");
    for (size_t i = 0; i < params->count; i++)
        if (strcmp(params->items[i].name, "To") != 0)
            fields_add(&leg->custom, leg->arena, arena_strdup(leg->arena, params->items[i].name),
                       arena_strdup(leg->arena, params->items[i].value));
    struct device_call *call = device_call_create(sim, device, leg);
    call->placed = true;
    (void)text_copy(call->own_id, sizeof(call->own_id), id);
    leg->sdp = arena_strdup(leg->arena, sdp);
    leg->script = script_browser;
    leg_note(sim, leg, "placed", "in browser %llu", (unsigned long long)device->number);
    calling_start(sim, leg, &sim->app);
}

static bool is_owner(const struct device_call *call, const struct device *device)
{
    const char *address = call->placed ? call->leg->from : call->leg->to;
    return text_starts_with(address, "client:") &&
           strcmp(address + strlen("client:"), device->grant.identity) == 0;
}

/* The same session goes on as it was; a new one (a page that was loaded again) finds no media. */
static void resume(struct sim *sim,
                   struct device *device,
                   const char *id,
                   const char *sdp,
                   const char *word,
                   struct arena *arena)
{
    struct device_call *call = device_call_with_word(sim, word);
    if (call == NULL || !is_owner(call, device) || strcmp(call->leg->sid, id) != 0) {
        refuse(sim, device, id, SIGNAL_NO_RECONNECT, "there is no call to come back to");
        return;
    }
    struct leg *leg = call->leg;
    bool same = leg->sdp && sdp_same_session(leg->sdp, sdp);
    const char *answer = same ? NULL : sdp_answer(&sim->sdp_secrets, sdp, arena);
    device_call_move(sim, call, device);
    leg_note(sim, leg, "back", "in browser %llu%s", (unsigned long long)device->number,
             same ? "" : ", without media");
    leg->has_media = leg->has_media && same;
    device_say(sim, device, "answer",
               json_pack("{s:s, s:s, s:s*}", "callsid", leg->sid, "reconnect", call->reconnect,
                         "sdp", answer));
}

void device_on_invite(struct sim *sim, struct device *device, const json_t *payload)
{
    auto_arena struct arena *arena = arena_create();
    const char *id = text_of(payload, "callsid");
    const char *sdp = text_of(payload, "sdp");
    const char *word = text_of(payload, "reconnect");
    struct fields params = {0};
    struct error err = {0};
    if (*id == '\0' || strlen(id) >= CALL_ID_BYTES || *sdp == '\0') {
        device_say_error(sim, device, SIGNAL_MALFORMED, "an invite has a callsid and an sdp");
        return;
    }
    if (*word) {
        resume(sim, device, id, sdp, word, arena);
        return;
    }
    if (check_invite(sim, device, id, sdp, arena) < 0)
        return;
    if (read_params(device, payload, arena, &params, &err) < 0) {
        refuse(sim, device, id, SIGNAL_MALFORMED, "the params are no URL-encoded text");
        return;
    }
    place(sim, device, id, sdp, &params);
}

/* ---- a browser is called ---- */

/* The browser at the other end of the bridge, or NULL. */
static struct device_call *partner_of(const struct leg *leg)
{
    const struct leg *partner = dial_partner(leg);
    struct device_call *call = partner ? partner->browsers : NULL;
    return call && call->device ? call : NULL;
}

static void
pass_on(struct sim *sim, const struct device_call *to, const char *type, const char *sdp)
{
    device_say(sim, to->device, type, json_pack("{s:s, s:s}", "callsid", to->leg->sid, "sdp", sdp));
}

void device_on_answer(struct sim *sim, struct device *device, const json_t *payload)
{
    const char *id = text_of(payload, "callsid");
    const char *sdp = text_of(payload, "sdp");
    struct device_call *call = device_call_find(device, id);
    if (*id == '\0' || *sdp == '\0') {
        device_say_error(sim, device, SIGNAL_MALFORMED, "an answer has a callsid and an sdp");
        return;
    }
    if (call == NULL) { /* somebody was quicker, or the caller gave up meanwhile */
        device_say(sim, device, "hangup", json_pack("{s:s}", "callsid", id));
        return;
    }
    if (!call->placed && !call->answered) {
        device_call_pick_up(sim, call, sdp);
        return;
    }
    const struct device_call *partner = partner_of(call->leg); /* it asked with a reinvite */
    if (partner)
        pass_on(sim, partner, "answer", sdp);
}

void device_on_hangup(struct sim *sim, struct device *device, const json_t *payload)
{
    struct device_call *call = device_call_find(device, text_of(payload, "callsid"));
    if (call == NULL)
        return;
    if (!call->placed && !call->answered) {
        device_call_stop_ringing(sim, call, true);
        return;
    }
    struct leg *leg = call->leg;
    device_call_free(sim, call);
    leg_person_hangs_up(sim, leg);
}

void device_on_reject(struct sim *sim, struct device *device, const json_t *payload)
{
    struct device_call *call = device_call_find(device, text_of(payload, "callsid"));
    if (call == NULL || call->placed || call->answered)
        return;
    leg_note(sim, call->leg, "rejected", "in browser %llu", (unsigned long long)device->number);
    device_call_stop_ringing(sim, call, true);
}

/* ---- during a call ---- */

void device_on_dtmf(struct sim *sim, struct device *device, const json_t *payload)
{
    char keys[DIGITS_BYTES];
    size_t count = 0;
    struct device_call *call = device_call_find(device, text_of(payload, "callsid"));
    for (const char *key = text_of(payload, "dtmf"); *key && count + 1 < sizeof(keys); key++)
        if (strchr("0123456789*#", *key)) /* `w` is a pause */
            keys[count++] = *key;
    keys[count] = '\0';
    if (call && count > 0 && !gather_press(sim, call->leg, keys))
        leg_note(sim, call->leg, "presses", "%s, and nobody listens", keys);
}

/*
 * ICE begins anew. The SDK cannot take such an offer, only make one: with another SDK at the other end there is no
 * answer; a client of another kind can give one.
 */
void device_on_reinvite(struct sim *sim, struct device *device, const json_t *payload)
{
    struct device_call *call = device_call_find(device, text_of(payload, "callsid"));
    const char *sdp = text_of(payload, "sdp");
    if (call == NULL || *sdp == '\0')
        return;
    struct leg *leg = call->leg;
    const struct device_call *partner = leg->has_media ? partner_of(leg) : NULL;
    if (partner) {
        leg_note(sim, leg, "reinvites", "the other browser");
        pass_on(sim, partner, "reinvite", sdp);
        return;
    }
    auto_arena struct arena *arena = arena_create();
    const char *answer = sdp_answer(&sim->sdp_secrets, sdp, arena);
    if (answer)
        pass_on(sim, call, "answer", answer);
}

void device_on_message(struct sim *sim, struct device *device, const json_t *payload)
{
    const char *id = text_of(payload, "callsid");
    const char *event_sid = text_of(payload, "voiceeventsid");
    struct device_call *call = device_call_find(device, id);
    if (call == NULL || *event_sid == '\0' || strlen(event_sid) >= EVENT_SID_BYTES)
        return;
    leg_note(sim, call->leg, "message", "%s from browser %llu", text_of(payload, "messagetype"),
             (unsigned long long)device->number);
    device_say(sim, device, "ack",
               json_pack("{s:s, s:s, s:s}", "acktype", "message", "callsid", id, "voiceeventsid",
                         event_sid));
}
