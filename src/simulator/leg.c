/* The life of one leg, driven by timers and by its person's script. */
#include "leg.h"

#include <stdio.h>
#include <string.h>

#include "callbacks.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "core/xmalloc.h"
#include "delivery.h"
#include "device_call.h"
#include "dial.h"
#include "execute.h"
#include "live.h"
#include "recording.h"
#include "script.h"

enum {
    SIP_OK = 200,
    SIP_UNAVAILABLE = 480,
    SIP_BUSY = 486,
    SIP_CANCELED = 487,
    SIP_DECLINED = 603,
    TIME_LIMIT_MS = 4 * 3600 * 1000, /* Twilio ends a call after four hours */
    RING_TIMEOUT_MS = 60 * 1000,
    EVENT_TEXT_BYTES = 1024,
};

static const char *const status_texts[] = {
    [LEG_QUEUED] = "queued",           [LEG_INITIATED] = "initiated", [LEG_RINGING] = "ringing",
    [LEG_IN_PROGRESS] = "in-progress", [LEG_COMPLETED] = "completed", [LEG_BUSY] = "busy",
    [LEG_NO_ANSWER] = "no-answer",     [LEG_FAILED] = "failed",       [LEG_CANCELED] = "canceled",
};

const char *leg_status_text(enum leg_status status)
{
    return status_texts[status];
}

const char *leg_rest_status(const struct leg *leg)
{
    return status_texts[leg->status == LEG_INITIATED ? LEG_QUEUED : leg->status];
}

const char *leg_direction_text(enum leg_direction direction)
{
    static const char *const texts[] = {[LEG_INBOUND] = "inbound",
                                        [LEG_OUTBOUND_API] = "outbound-api",
                                        [LEG_OUTBOUND_DIAL] = "outbound-dial"};
    return texts[direction];
}

bool leg_is_over(const struct leg *leg)
{
    return leg->status >= LEG_COMPLETED;
}

int64_t leg_duration_s(const struct sim *sim, const struct leg *leg)
{
    if (!leg->was_answered)
        return 0;
    int64_t until = leg_is_over(leg) ? leg->ended_at.sim_ms : sim->now.sim_ms;
    return (until - leg->answered_at.sim_ms + 500) / 1000;
}

/* ---- remembering ---- */

static size_t bucket_of(const char *sid)
{
    uint64_t hash = 14695981039346656037U; /* FNV-1a */
    for (const char *c = sid; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 1099511628211U;
    return (size_t)(hash % LEG_BUCKETS);
}

struct leg *leg_find(const struct sim *sim, const char *sid)
{
    for (struct leg *leg = sim->buckets[bucket_of(sid)]; leg; leg = leg->hash_next)
        if (strcmp(leg->sid, sid) == 0)
            return leg;
    return NULL;
}

static void forget_oldest(struct sim *sim)
{
    for (struct leg *leg = sim->first; leg && sim->leg_count >= LEGS_MAX;) {
        struct leg *next = leg->next;
        bool needed = !leg_is_over(leg) || (leg->parent && !leg_is_over(leg->parent));
        if (!needed)
            leg_forget(sim, leg);
        leg = next;
    }
}

static void remember(struct sim *sim, struct leg *leg)
{
    leg->previous = sim->last;
    if (sim->last)
        sim->last->next = leg;
    else
        sim->first = leg;
    sim->last = leg;
    size_t bucket = bucket_of(leg->sid);
    leg->hash_next = sim->buckets[bucket];
    sim->buckets[bucket] = leg;
    sim->leg_count++;
}

struct leg *leg_create(struct sim *sim,
                       enum leg_direction direction,
                       const char *from,
                       const char *to,
                       struct leg *parent)
{
    forget_oldest(sim);
    struct arena *arena = arena_create();
    struct leg *leg = arena_alloc(arena, sizeof(*leg));
    leg->arena = arena;
    world_sid(sim, "CA", leg->sid);
    leg->direction = direction;
    leg->status = direction == LEG_INBOUND ? LEG_RINGING : LEG_QUEUED;
    leg->from = arena_strdup(arena, from);
    leg->to = arena_strdup(arena, to);
    leg->parent = parent;
    leg->created = sim->now;
    leg->timeout_ms = RING_TIMEOUT_MS;
    leg->time_limit_ms = TIME_LIMIT_MS;
    leg->from_pstn = text_is_e164(from);
    leg->events = json_array();
    leg->warnings = json_array();
    remember(sim, leg);
    return leg;
}

static void forget_children(struct sim *sim, const struct leg *parent)
{
    for (struct leg *leg = sim->first; leg; leg = leg->next)
        if (leg->parent == parent) {
            leg->parent = NULL;
            leg->member_of = NULL;
        }
}

void leg_forget(struct sim *sim, struct leg *leg)
{
    forget_children(sim, leg);
    dial_forget_member(leg);
    for (struct pending *pending = sim->pending; pending; pending = pending->next)
        if (pending->after_callback == leg)
            pending->after_callback = NULL;
    timer_cancel(&sim->timers, &leg->life);
    timer_cancel(&sim->timers, &leg->hang);
    timer_cancel(&sim->timers, &leg->limit);
    device_call_end(sim, leg);
    run_stop(sim, leg);
    recordings_leave(leg);
    lives_forget(sim, leg);
    deliveries_forget(sim, leg);
    if (leg->previous)
        leg->previous->next = leg->next;
    else
        sim->first = leg->next;
    if (leg->next)
        leg->next->previous = leg->previous;
    else
        sim->last = leg->previous;
    struct leg **link = &sim->buckets[bucket_of(leg->sid)];
    while (*link != leg)
        link = &(*link)->hash_next;
    *link = leg->hash_next;
    sim->leg_count--;
    json_decref(leg->events);
    json_decref(leg->warnings);
    arena_free(leg->arena);
}

/* ---- telling ---- */

static void tell(struct sim *sim, const struct leg *leg, const char *what, const char *detail)
{
    if (sim->ports.tell == NULL)
        return;
    char line[EVENT_TEXT_BYTES + 256];
    int64_t ms = since_ms(sim, sim->started);
    (void)snprintf(line, sizeof(line), "%7lld.%03lld  CA..%s  %s -> %s  %s%s%s",
                   (long long)(ms / 1000), (long long)(ms % 1000), leg->sid + SID_BYTES - 5,
                   leg->from, *leg->to ? leg->to : "(nobody)", what, *detail ? ": " : "", detail);
    sim->ports.tell(sim->ports.context, line);
}

static json_t *moment(const struct sim *sim, const char *what, const char *detail)
{
    json_t *event = json_object();
    world_stamp(sim, sim->now, event);
    json_object_set_new(event, "what", json_string(what));
    if (*detail)
        json_object_set_new(event, "detail", json_string_nocheck(detail));
    return event;
}

void leg_note(struct sim *sim, struct leg *leg, const char *what, const char *format, ...)
{
    char detail[EVENT_TEXT_BYTES] = "";
    va_list values;
    va_start(values, format);
    (void)vsnprintf(detail, sizeof(detail), format, values);
    va_end(values);
    if (!text_is_utf8(detail, strlen(detail))) /* cut in the middle of a character */
        for (size_t i = strlen(detail); i > 0 && !text_is_utf8(detail, strlen(detail)); i--)
            detail[i - 1] = '\0';
    if (json_array_size(leg->events) < LEG_EVENTS_MAX)
        json_array_append_new(leg->events, moment(sim, what, detail));
    tell(sim, leg, what, detail);
}

void leg_warn(struct sim *sim, struct leg *leg, int code, const char *format, ...)
{
    char detail[EVENT_TEXT_BYTES] = "";
    va_list values;
    va_start(values, format);
    (void)vsnprintf(detail, sizeof(detail), format, values);
    va_end(values);
    json_t *warning = json_object();
    world_stamp(sim, sim->now, warning);
    json_object_set_new(warning, "code", json_integer(code));
    json_object_set_new(warning, "message", json_string(detail));
    json_object_set_new(warning, "call_sid", json_string(leg->sid));
    json_array_append(sim->warnings, warning);
    if (json_array_size(sim->warnings) > WARNINGS_MAX)
        json_array_remove(sim->warnings, 0);
    json_array_append_new(leg->warnings, warning);
    leg_note(sim, leg, "warning", "%d %s", code, detail);
}

/* ---- dialling ---- */

static void on_time_limit(struct sim *sim, void *context)
{
    struct leg *leg = context;
    leg_note(sim, leg, "time limit", "%lld s", (long long)(leg->time_limit_ms / 1000));
    leg_hang_up(sim, leg);
}

static void on_hang(struct sim *sim, void *context)
{
    leg_person_hangs_up(sim, context);
}

static void start_talking(struct sim *sim, struct leg *leg)
{
    leg->status = LEG_IN_PROGRESS;
    leg->answered_at = sim->now;
    leg->was_answered = true;
    timer_cancel(&sim->timers, &leg->life);
    timer_cancel(&sim->timers, &leg->hang);
    timer_arm_guard(&sim->timers, &leg->limit, sim->now.sim_ms + leg->time_limit_ms, on_time_limit,
                    leg);
    if (leg->script.hangup_after_ms >= 0)
        timer_arm(&sim->timers, &leg->hang, sim->now.sim_ms + leg->script.hangup_after_ms, on_hang,
                  leg);
    leg_note(sim, leg, "answered", "%s", "");
}

void leg_answer_for_bridge(struct sim *sim, struct leg *leg)
{
    if (leg->status == LEG_RINGING && leg->direction == LEG_INBOUND)
        start_talking(sim, leg);
}

void leg_answer(struct sim *sim, struct leg *leg)
{
    leg_answer_for_bridge(sim, leg);
    device_call_answer(sim, leg);
}

void leg_pick_up(struct sim *sim, struct leg *leg)
{
    if (leg->direction == LEG_INBOUND || leg->status < LEG_INITIATED || leg->status > LEG_RINGING)
        return;
    start_talking(sim, leg);
    callback_status(sim, leg, EVENT_ANSWERED);
    callback_amd(sim, leg);
    if (leg->record)
        recording_start(sim, leg, &leg->record_way, leg->record);
    if (leg->member_of)
        dial_member_answered(sim, leg);
    else
        run_start(sim, leg);
}

static void on_decision(struct sim *sim, void *context)
{
    struct leg *leg = context;
    switch (leg->script.outcome) {
    case CALLEE_BUSY:
        leg_end(sim, leg, LEG_BUSY, SIP_BUSY);
        return;
    case CALLEE_REJECTS:
        leg_end(sim, leg, LEG_BUSY, SIP_DECLINED);
        return;
    case CALLEE_FAILS:
        leg_end(sim, leg, LEG_FAILED, leg->script.fail_sip);
        return;
    case CALLEE_OFFLINE:
        leg_end(sim, leg, LEG_NO_ANSWER, SIP_UNAVAILABLE);
        return;
    case CALLEE_ANSWERS:
        leg_pick_up(sim, leg);
        return;
    case CALLEE_NO_ANSWER:
    case CALLEE_MANUAL:
        return;
    }
}

static void on_ringing(struct sim *sim, void *context)
{
    struct leg *leg = context;
    if (leg->in_browser && !device_call_ring(sim, leg)) {
        leg_end(sim, leg, LEG_NO_ANSWER, SIP_UNAVAILABLE); /* they left meanwhile */
        return;
    }
    leg->status = LEG_RINGING;
    leg_note(sim, leg, "ringing", "%s", "");
    callback_status(sim, leg, EVENT_RINGING);
    device_call_tell_ringing(sim, leg);
    int64_t rest_ms = leg->script.answer_after_ms - leg->script.ring_after_ms;
    timer_arm(&sim->timers, &leg->life, sim->now.sim_ms + (rest_ms > 0 ? rest_ms : 0), on_decision,
              leg);
}

static void on_ring_timeout(struct sim *sim, void *context)
{
    leg_end(sim, context, LEG_NO_ANSWER, SIP_CANCELED);
}

static bool never_rings(const struct script *script)
{
    return script->outcome == CALLEE_FAILS || script->outcome == CALLEE_OFFLINE;
}

static void on_dequeued(struct sim *sim, void *context)
{
    struct leg *leg = context;
    leg->status = LEG_INITIATED;
    leg->started = sim->now;
    leg_note(sim, leg, "initiated", "%s", "");
    callback_status(sim, leg, EVENT_INITIATED);
    const struct script *script = &leg->script;
    int64_t ring_ms = script->ring_after_ms < script->answer_after_ms || script->answer_after_ms < 0
                          ? script->ring_after_ms
                          : script->answer_after_ms;
    timer_arm(&sim->timers, &leg->life, sim->now.sim_ms + ring_ms,
              never_rings(script) ? on_decision : on_ringing, leg);
    int64_t timeout = sim->now.sim_ms + leg->timeout_ms;
    if (script->outcome == CALLEE_MANUAL)
        timer_arm_guard(&sim->timers, &leg->limit, timeout, on_ring_timeout, leg);
    else
        timer_arm(&sim->timers, &leg->limit, timeout, on_ring_timeout, leg);
}

void leg_dial(struct sim *sim, struct leg *leg)
{
    leg->in_browser = device_is_registered(sim, leg->to);
    if (leg->in_browser)
        leg->script = script_browser;
    else
        script_for(sim, leg->to, leg->arena, &leg->script);
    leg_note(sim, leg, "queued", "%s", leg_direction_text(leg->direction));
    timer_arm(&sim->timers, &leg->life, sim->now.sim_ms + leg->queue_ms, on_dequeued, leg);
}

/* ---- ending ---- */

static void count_end(struct sim *sim, const struct leg *leg)
{
    sim->legs_ended++;
    if (leg->parent == NULL)
        sim->calls_ended++;
}

void leg_end(struct sim *sim, struct leg *leg, enum leg_status status, int sip_code)
{
    if (leg_is_over(leg))
        return;
    leg->status = status;
    leg->sip_code = sip_code;
    leg->ended_at = sim->now;
    timer_cancel(&sim->timers, &leg->life);
    timer_cancel(&sim->timers, &leg->hang);
    timer_cancel(&sim->timers, &leg->limit);
    count_end(sim, leg);
    leg_note(sim, leg, leg_status_text(status), "%lld s%s", (long long)leg_duration_s(sim, leg),
             leg->was_answered ? "" : ", not answered");
    device_call_end(sim, leg);
    run_end(sim, leg);
    if (leg->dial)
        dial_caller_gone(sim, leg);
    callback_status(sim, leg, EVENT_COMPLETED);
    if (leg->member_of)
        dial_member_ended(sim, leg);
}

void leg_hang_up(struct sim *sim, struct leg *leg)
{
    if (leg->status == LEG_IN_PROGRESS)
        leg_end(sim, leg, LEG_COMPLETED, SIP_OK);
    else if (leg->direction == LEG_INBOUND)
        leg_end(sim, leg, LEG_NO_ANSWER, 0);
    else
        leg_end(sim, leg, LEG_CANCELED, SIP_CANCELED);
}

void leg_person_hangs_up(struct sim *sim, struct leg *leg)
{
    if (leg_is_over(leg))
        return;
    leg_note(sim, leg, "hangs up", "%s", leg->direction == LEG_INBOUND ? leg->from : leg->to);
    leg_hang_up(sim, leg);
}
