/* Calls at browsers: made, rung, answered, lost, ended. */
#include "device_call.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/text.h"
#include "core/xmalloc.h"
#include "crypto/compare.h"
#include "leg.h"
#include "sdp.h"

enum {
    SIP_UNAVAILABLE = 480,
    SIP_DECLINED = 603,
    PARAMS_BYTES = 64 * 1024,
};

/* ---- the lists ---- */

static void join_device(struct device_call *call, struct device *device)
{
    call->device = device;
    call->next_of_device = device->calls;
    device->calls = call;
    device->call_count++;
}

static void leave_device(struct device_call *call)
{
    if (call->device == NULL)
        return;
    struct device_call **link = &call->device->calls;
    while (*link != call)
        link = &(*link)->next_of_device;
    *link = call->next_of_device;
    call->device->call_count--;
    call->device = NULL;
}

static void leave_leg(struct device_call *call)
{
    struct device_call **link = &call->leg->browsers;
    while (*link != call)
        link = &(*link)->next_of_leg;
    *link = call->next_of_leg;
}

struct device_call *device_call_create(struct sim *sim, struct device *device, struct leg *leg)
{
    struct device_call *call = xcalloc(1, sizeof(*call));
    call->leg = leg;
    call->next_of_leg = leg->browsers;
    leg->browsers = call;
    call->next = sim->device_calls;
    if (sim->device_calls)
        sim->device_calls->previous = call;
    sim->device_calls = call;
    sim->device_call_count++;
    join_device(call, device);
    return call;
}

void device_call_free(struct sim *sim, struct device_call *call)
{
    timer_cancel(&sim->real_timers, &call->grace);
    leave_device(call);
    leave_leg(call);
    if (call->previous)
        call->previous->next = call->next;
    else
        sim->device_calls = call->next;
    if (call->next)
        call->next->previous = call->previous;
    sim->device_call_count--;
    free(call);
}

struct device_call *device_call_find(const struct device *device, const char *id)
{
    for (struct device_call *call = device->calls; call; call = call->next_of_device)
        if (strcmp(call->leg->sid, id) == 0 || (*call->own_id && strcmp(call->own_id, id) == 0))
            return call;
    return NULL;
}

struct device_call *device_call_with_word(const struct sim *sim, const char *word)
{
    for (struct device_call *call = sim->device_calls; call; call = call->next)
        if (call->answered && *call->reconnect && secret_text_equal(word, call->reconnect))
            return call;
    return NULL;
}

void device_call_move(struct sim *sim, struct device_call *call, struct device *device)
{
    timer_cancel(&sim->real_timers, &call->grace);
    leave_device(call);
    join_device(call, device);
    world_uuid(sim, call->reconnect);
}

/* ---- ringing ---- */

static json_t *parameters(const struct sim *sim, const struct leg *leg)
{
    auto_buf struct buf custom;
    buf_init(&custom, PARAMS_BYTES);
    bool fits = fields_encode(&custom, &leg->custom) == 0;
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "CallSid", leg->sid, "AccountSid",
                  sim->settings->account_sid, "ApiVersion", "2010-04-01", "From", leg->from, "To",
                  leg->to, "Params", fits && custom.data ? custom.data : "");
    if (leg->parent && leg->parent->from_pstn && leg->parent->direction == LEG_INBOUND)
        json_object_set_new(json, "StirStatus", json_string("TN-Validation-Passed-A"));
    return json;
}

static void invite(struct sim *sim, struct device *device, struct leg *leg, const char *offer)
{
    struct device_call *call = device_call_create(sim, device, leg);
    world_uuid(sim, call->reconnect);
    leg_note(sim, leg, "rings", "in browser %llu", (unsigned long long)device->number);
    device_say(sim, device, "invite",
               json_pack("{s:s, s:s, s:s, s:o}", "callsid", leg->sid, "sdp", offer, "reconnect",
                         call->reconnect, "parameters", parameters(sim, leg)));
}

bool device_call_ring(struct sim *sim, struct leg *leg)
{
    const struct leg *caller = leg->parent;
    leg->offered_media = caller && caller->browsers && caller->sdp && !caller->sdp_used;
    const char *offer = leg->offered_media ? caller->sdp : sdp_offer(&sim->sdp_secrets, leg->arena);
    for (struct device *device = sim->devices; device; device = device->next)
        if (device_answers_to(device, leg->to) && device->call_count < CALLS_PER_DEVICE_MAX)
            invite(sim, device, leg, offer);
    return leg->browsers != NULL;
}

void device_call_tell_ringing(struct sim *sim, const struct leg *leg)
{
    struct device_call *call = leg->member_of && leg->parent ? leg->parent->browsers : NULL;
    if (call == NULL || !call->placed || call->answered || call->told_ringing ||
        call->device == NULL)
        return;
    call->told_ringing = true;
    device_say(sim, call->device, "ringing", json_pack("{s:s}", "callsid", leg->parent->sid));
}

void device_call_stop_ringing(struct sim *sim, struct device_call *call, bool rejected)
{
    struct leg *leg = call->leg;
    leg->rejected |= rejected;
    device_call_free(sim, call);
    if (leg->browsers)
        return;
    if (leg->rejected)
        leg_end(sim, leg, LEG_BUSY, SIP_DECLINED);
    else
        leg_end(sim, leg, LEG_NO_ANSWER, SIP_UNAVAILABLE);
}

/* ---- answering ---- */

static void tell_answer(struct sim *sim, struct device_call *call, const char *sdp)
{
    call->answered = true;
    call->told_ringing = true;
    call->leg->sdp_used = true;
    world_uuid(sim, call->reconnect);
    if (call->device)
        device_say(sim, call->device, "answer",
                   json_pack("{s:s, s:s, s:s}", "callsid", call->leg->sid, "sdp", sdp, "reconnect",
                             call->reconnect));
}

/* The browser that placed this leg and still waits for an answer. */
static struct device_call *waiting(const struct leg *leg)
{
    struct device_call *call = leg->browsers;
    return call && call->placed && !call->answered ? call : NULL;
}

void device_call_answer(struct sim *sim, struct leg *leg)
{
    struct device_call *call = waiting(leg);
    if (call == NULL)
        return;
    const char *sdp = sdp_answer(&sim->sdp_secrets, leg->sdp, leg->arena);
    ASSERT(sdp != NULL); /* it was tried when the call came in */
    tell_answer(sim, call, sdp);
}

void device_call_bridge(struct sim *sim, struct leg *caller, struct leg *callee)
{
    struct device_call *call = waiting(caller);
    if (call == NULL)
        return;
    if (!callee->offered_media || callee->sdp == NULL) {
        device_call_answer(sim, caller);
        return;
    }
    caller->has_media = callee->has_media = true;
    tell_answer(sim, call, callee->sdp);
}

static void cancel_others(struct sim *sim, const struct device_call *winner)
{
    for (struct device_call *call = winner->leg->browsers; call;) {
        struct device_call *next = call->next_of_leg;
        if (call != winner) {
            if (call->device)
                device_say(sim, call->device, "cancel",
                           json_pack("{s:s}", "callsid", call->leg->sid));
            device_call_free(sim, call);
        }
        call = next;
    }
}

void device_call_pick_up(struct sim *sim, struct device_call *call, const char *sdp)
{
    struct leg *leg = call->leg;
    call->answered = true;
    leg->sdp = arena_strdup(leg->arena, sdp);
    leg_note(sim, leg, "picked up", "in browser %llu", (unsigned long long)call->device->number);
    cancel_others(sim, call);
    leg_pick_up(sim, leg);
}

/* ---- ending ---- */

static void tell_end(struct sim *sim, const struct device_call *call)
{
    bool unanswered = !call->placed && !call->answered;
    bool known = !call->placed || call->told_ringing;
    if (call->device)
        device_say(sim, call->device, unanswered ? "cancel" : "hangup",
                   json_pack("{s:s}", "callsid", known ? call->leg->sid : call->own_id));
}

void device_call_end(struct sim *sim, struct leg *leg)
{
    while (leg->browsers) {
        tell_end(sim, leg->browsers);
        device_call_free(sim, leg->browsers);
    }
}

static void on_grace_over(struct sim *sim, void *context)
{
    struct device_call *call = context;
    struct leg *leg = call->leg;
    leg_note(sim, leg, "given up", "its browser did not come back");
    device_call_free(sim, call);
    leg_person_hangs_up(sim, leg);
}

static void lose_one(struct sim *sim, struct device_call *call, bool for_good)
{
    struct leg *leg = call->leg;
    if (!call->placed && !call->answered) {
        device_call_stop_ringing(sim, call, false);
        return;
    }
    if (for_good ||
        !call->answered) { /* the SDK itself gives up a call without a word to come back with */
        device_call_free(sim, call);
        leg_person_hangs_up(sim, leg);
        return;
    }
    leg_note(sim, leg, "lost", "the connection to browser %llu",
             (unsigned long long)call->device->number);
    leave_device(call);
    timer_arm(&sim->real_timers, &call->grace, sim->now.real_ms + sim->settings->reconnect_ms,
              on_grace_over, call);
}

void device_call_lose(struct sim *sim, struct device *device, bool for_good)
{
    while (device->calls)
        lose_one(sim, device->calls, for_good);
}

/* ---- the truth ---- */

static const char *state_of(const struct device_call *call)
{
    if (call->placed)
        return call->answered ? "talking" : "calling";
    return call->answered ? "talking" : "ringing";
}

json_t *device_call_list(const struct device *device)
{
    json_t *list = json_array();
    for (const struct device_call *call = device->calls; call; call = call->next_of_device)
        json_array_append_new(list, json_pack("{s:s, s:s, s:b}", "call_sid", call->leg->sid,
                                              "state", state_of(call), "placed", call->placed));
    return list;
}

json_t *device_call_browsers(const struct leg *leg)
{
    json_t *list = json_array();
    for (const struct device_call *call = leg->browsers; call; call = call->next_of_leg)
        json_array_append_new(list, call->device ? json_integer((json_int_t)call->device->number)
                                                 : json_null());
    return list;
}
