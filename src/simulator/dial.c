/*
 * <Dial>.
 *
 * Several nouns ring at once and the first to answer wins (or one after another, if `sequential`).
 * The winner may hear a whisper (`url` of its noun) before it is joined. When it is over, control
 * goes to `action`, or to the next verb.
 */
#include "dial.h"

#include <string.h>

#include "device_call.h"
#include "dial_read.h"
#include "leg.h"
#include "live.h"
#include "recording.h"

enum {
    SIP_OK = 200,
    SIP_CANCELED = 487,
    ERROR_CALLER_ID = 13214,
};

/* ---- the end ---- */

static void drop_members(struct sim *sim, struct dial *dial, const struct leg *but)
{
    for (size_t i = 0; i < dial->called; i++) {
        struct leg *member = dial->members[i];
        if (member == NULL || member == but || leg_is_over(member))
            continue;
        if (member->status == LEG_IN_PROGRESS)
            leg_end(sim, member, LEG_COMPLETED, SIP_OK);
        else
            leg_end(sim, member, LEG_CANCELED, SIP_CANCELED);
    }
}

static void add_outcome(const struct sim *sim,
                        const struct dial *dial,
                        const char *status,
                        const struct leg *member,
                        struct fields *out)
{
    struct arena *arena = dial->caller->arena;
    fields_add(out, arena, "DialCallStatus", status);
    if (member) {
        fields_add(out, arena, "DialCallSid", arena_strdup(arena, member->sid));
        fields_add(out, arena, "DialCallDuration",
                   arena_printf(arena, "%lld", (long long)leg_duration_s(sim, member)));
    }
    if (member && member->was_answered)
        fields_add(out, arena, "DialBridged", dial->bridged ? "true" : "false");
    if (dial->recording)
        recording_fields(sim, dial->recording, arena, out);
}

/* A failure inside dial_start returns to run_continue by itself; later ones have to call it. */
static enum step
dial_finish(struct sim *sim, struct dial *dial, const char *status, const struct leg *member)
{
    struct leg *leg = dial->caller;
    dial->over = true;
    leg->dial = NULL;
    if (dial->recording)
        recording_stop(sim, dial->recording);
    leg_note(sim, leg, "dial over", "%s", status);
    if (dial->action == NULL)
        return STEP_NEXT;
    struct fields extra = {0};
    add_outcome(sim, dial, status, member, &extra);
    run_fetch(sim, leg, "action", dial->method, dial->action, &extra);
    return STEP_WAIT;
}

static void
dial_finish_later(struct sim *sim, struct dial *dial, const char *status, const struct leg *member)
{
    struct leg *leg = dial->caller;
    if (dial_finish(sim, dial, status, member) == STEP_NEXT)
        run_continue(sim, leg);
}

/* ---- calling ---- */

static void call_next(struct sim *sim, struct dial *dial)
{
    const struct noun *noun = &dial->nouns[dial->called];
    struct leg *leg = leg_create(sim, LEG_OUTBOUND_DIAL, dial->caller_id, noun->to, dial->caller);
    leg->member_of = dial;
    leg->timeout_ms = dial->timeout_ms;
    leg->time_limit_ms = dial->limit_ms;
    leg->status_callback = noun->callback;
    leg->custom = noun->custom;
    leg->from_pstn = false;
    dial->members[dial->called++] = leg;
    leg_dial(sim, leg);
}

static bool rings_a_browser(const struct sim *sim, const struct dial *dial)
{
    for (size_t i = 0; i < dial->count; i++)
        if (device_is_registered(sim, dial->nouns[i].to))
            return true;
    return false;
}

static void answer_caller(struct sim *sim, const struct dial *dial)
{
    if (dial->on_bridge)
        return;
    if (rings_a_browser(sim, dial))
        leg_answer_for_bridge(sim, dial->caller);
    else
        leg_answer(sim, dial->caller);
}

static void start_recording(struct sim *sim, struct dial *dial)
{
    const char *record = dial->record;
    if (strcmp(record, "do-not-record") == 0 || strcmp(record, "false") == 0)
        return;
    const struct recording_way way = {.source = "DialVerb",
                                      .track = dial->recording_track,
                                      .channels = strstr(record, "dual") ? 2 : 1};
    dial->recording = recording_start(sim, dial->caller, &way, &dial->plan);
    if (dial->winner)
        recording_follow(dial->recording, &dial->winner->script);
}

enum step dial_start(struct sim *sim, struct leg *leg, const struct twiml_node *node)
{
    struct dial *dial = dial_read(sim, leg, node);
    dial->node = NULL;
    leg->dial = dial;
    answer_caller(sim, dial);
    if (!dial_caller_id_is_allowed(sim, dial)) {
        leg_warn(sim, leg, ERROR_CALLER_ID,
                 "<Dial> with caller id '%s', which is neither owned nor verified",
                 dial->caller_id);
        return dial_finish(sim, dial, "failed", NULL);
    }
    if (dial->count == 0)
        return dial_finish(sim, dial, "failed", NULL);
    leg_note(sim, leg, "dials", "%s%s", dial->nouns[0].to, dial->count > 1 ? " and others" : "");
    call_next(sim, dial);
    while (!dial->sequential && dial->called < dial->count)
        call_next(sim, dial);
    if (strstr(dial->record, "from-ringing"))
        start_recording(sim, dial);
    return STEP_WAIT;
}

/* ---- joining ---- */

static void bridge(struct sim *sim, struct dial *dial)
{
    dial->bridged = true;
    leg_answer_for_bridge(sim, dial->caller);
    device_call_bridge(sim, dial->caller, dial->winner);
    leg_note(sim, dial->caller, "bridged", "with %s", dial->winner->to);
    if (dial->recording == NULL)
        start_recording(sim, dial);
    lives_bridged(sim, dial->caller);
    lives_bridged(sim, dial->winner);
}

void dial_member_answered(struct sim *sim, struct leg *member)
{
    struct dial *dial = member->member_of;
    dial->winner = member;
    drop_members(sim, dial, member);
    for (size_t i = 0; i < dial->called; i++) {
        const struct noun *noun = &dial->nouns[i];
        if (dial->members[i] != member || noun->url == NULL)
            continue;
        run_fetch(sim, member, "whisper", noun->method, noun->url, NULL);
        return;
    }
    bridge(sim, dial);
}

void dial_whisper_over(struct sim *sim, struct leg *member)
{
    run_stop(sim, member);
    bridge(sim, member->member_of);
}

/* What several unanswered members together come to: the most telling word. */
static const struct leg *most_telling(const struct dial *dial)
{
    static const enum leg_status order[] = {LEG_BUSY, LEG_NO_ANSWER, LEG_FAILED, LEG_CANCELED};
    for (size_t o = 0; o < ARRAY_LEN(order); o++)
        for (size_t i = 0; i < dial->called; i++)
            if (dial->members[i] && dial->members[i]->status == order[o])
                return dial->members[i];
    return NULL;
}

static bool somebody_rings(const struct dial *dial)
{
    for (size_t i = 0; i < dial->called; i++)
        if (dial->members[i] && !leg_is_over(dial->members[i]))
            return true;
    return false;
}

void dial_member_ended(struct sim *sim, struct leg *member)
{
    struct dial *dial = member->member_of;
    if (dial->over || (dial->winner && dial->winner != member))
        return;
    if (dial->winner == member) {
        dial_finish_later(sim, dial, "completed", member);
        return;
    }
    if (dial->sequential && dial->called < dial->count) {
        call_next(sim, dial);
        return;
    }
    if (somebody_rings(dial))
        return;
    const struct leg *telling = most_telling(dial); /* never NULL: `member` is one */
    ASSERT(telling != NULL);
    dial_finish_later(sim, dial, leg_status_text(telling->status), telling);
}

void dial_member_leaves(struct sim *sim, struct leg *member)
{
    struct dial *dial = member->member_of;
    member->member_of = NULL;
    if (dial->over)
        return;
    dial_finish_later(sim, dial, "completed", NULL);
}

void dial_forget_member(struct leg *member)
{
    struct dial *dial = member->member_of;
    for (size_t i = 0; dial && i < dial->called; i++)
        if (dial->members[i] == member)
            dial->members[i] = NULL;
}

void dial_caller_gone(struct sim *sim, struct leg *caller)
{
    struct dial *dial = caller->dial;
    const struct leg *member = dial->winner;
    dial->over = true;
    caller->dial = NULL;
    drop_members(sim, dial, NULL);
    if (dial->recording)
        recording_stop(sim, dial->recording);
    if (dial->action == NULL)
        return;
    struct fields extra = {0};
    add_outcome(sim, dial, member ? "completed" : "canceled",
                member || dial->called == 0 ? member : dial->members[0], &extra);
    run_tell(sim, caller, "action", dial->method, dial->action, &extra);
}

void dial_drop(struct sim *sim, struct leg *caller)
{
    struct dial *dial = caller->dial;
    if (dial == NULL)
        return;
    dial->over = true;
    caller->dial = NULL;
    if (dial->recording)
        recording_stop(sim, dial->recording);
    drop_members(sim, dial, NULL);
}

bool dial_records(const struct leg *leg, const struct recording *recording)
{
    return leg->dial && leg->dial->recording == recording;
}

const struct leg *dial_partner(const struct leg *leg)
{
    if (leg->dial)
        return leg->dial->bridged ? leg->dial->winner : NULL;
    const struct dial *dial = leg->member_of;
    return dial && dial->bridged && !dial->over && dial->winner == leg ? dial->caller : NULL;
}
