#include "voice/ring.h"

#include <stdbool.h>

#include "core/macros.h"
#include "core/text.h"

/* Twilio's stamps are cut to whole seconds. */
enum { STAMP_MS = 1000, SIP_DECLINE = 603 };

static const char *const texts[] = {
#define X(name, text) [RING_END_##name] = (text),
    RING_ENDS(X)
#undef X
};

const char *ring_end_text(enum ring_end end)
{
    return texts[end];
}

static bool is_answered(const struct ring_leg *leg)
{
    return leg->state.status == CALL_STATUS_IN_PROGRESS ||
           leg->state.status == CALL_STATUS_COMPLETED;
}

/* Who rings the person: the root leg of a call that we have placed, unless that rings our own browser first. */
static bool root_is_rung(const struct ring_facts *facts)
{
    return facts->direction == CALL_DIRECTION_OUTBOUND_API;
}

static bool root_is_the_person(const struct ring_facts *facts)
{
    return root_is_rung(facts) && facts->flow != CALL_FLOW_BRIDGE;
}

static const struct ring_leg *first_answered_child(const struct ring_facts *facts)
{
    const struct ring_leg *first = NULL;
    for (size_t i = 0; i < facts->count; i++) {
        const struct ring_leg *leg = &facts->legs[i];
        if (is_answered(leg) &&
            (first == NULL || leg_answered_at_ms(&leg->state) < leg_answered_at_ms(&first->state)))
            first = leg;
    }
    return first;
}

const struct ring_leg *ring_answerer(const struct ring_facts *facts)
{
    if (root_is_the_person(facts))
        return is_answered(&facts->root) ? &facts->root : NULL;
    return first_answered_child(facts);
}

/* A browser has no busy line: its user, or its user's script, said no. */
static enum ring_end busy_or_rejected(const struct ring_leg *leg)
{
    bool by_person = leg->state.sip_code == SIP_DECLINE || text_starts_with(leg->to, "client:");
    return by_person ? RING_END_REJECTED : RING_END_BUSY;
}

static bool was_asked_to_end(const struct ring_facts *facts, const struct ring_leg *leg)
{
    return facts->hangup_asked_at_ms != 0 &&
           facts->hangup_asked_at_ms <= leg->state.ended_at_ms + STAMP_MS;
}

/* Ended from our side of it, before anybody answered. */
static enum ring_end given_up(const struct ring_facts *facts, const struct ring_leg *leg)
{
    return was_asked_to_end(facts, leg) ? RING_END_CANCELED_BY_US : RING_END_CALLER_GAVE_UP;
}

static enum ring_end end_alone(const struct ring_facts *facts, const struct ring_leg *leg)
{
    switch (leg->state.status) {
    case CALL_STATUS_IN_PROGRESS:
    case CALL_STATUS_COMPLETED:
        return RING_END_ANSWERED;
    case CALL_STATUS_BUSY:
        return busy_or_rejected(leg);
    case CALL_STATUS_NO_ANSWER:
        return RING_END_TIMEOUT;
    case CALL_STATUS_CANCELED:
        return given_up(facts, leg);
    case CALL_STATUS_FAILED:
        return RING_END_FAILED;
    case CALL_STATUS_NONE:
    case CALL_STATUS_QUEUED:
    case CALL_STATUS_INITIATED:
    case CALL_STATUS_RINGING:
        break;
    }
    return RING_END_NONE;
}

enum ring_end ring_end_of_leg(const struct ring_facts *facts, const struct ring_leg *leg)
{
    const struct ring_leg *answered = first_answered_child(facts);
    bool stopped =
        leg->state.status == CALL_STATUS_CANCELED || leg->state.status == CALL_STATUS_NO_ANSWER;
    if (stopped && answered != NULL &&
        leg_answered_at_ms(&answered->state) <= leg->state.ended_at_ms + STAMP_MS)
        return RING_END_ANSWERED_ELSEWHERE;
    return end_alone(facts, leg);
}

/* Only we end the root leg of a call that we have placed; it has no caller that could give up. */
static enum ring_end end_of_root(const struct ring_facts *facts)
{
    enum ring_end end = end_alone(facts, &facts->root);
    return end == RING_END_CALLER_GAVE_UP ? RING_END_CANCELED_BY_US : end;
}

/* Of whoever was dialled, all together. */
static enum ring_end end_of_children(const struct ring_facts *facts)
{
    const struct ring_leg *last = NULL;
    if (first_answered_child(facts) != NULL)
        return RING_END_ANSWERED;
    for (size_t i = 0; i < facts->count; i++) {
        const struct ring_leg *leg = &facts->legs[i];
        if (!call_status_is_terminal(leg->state.status))
            return RING_END_NONE;
        if (last == NULL || leg->state.ended_at_ms >= last->state.ended_at_ms)
            last = leg;
    }
    return last == NULL ? RING_END_NONE : end_alone(facts, last);
}

enum ring_end ring_end_of_call(const struct ring_facts *facts)
{
    bool root_alone = root_is_the_person(facts) || (root_is_rung(facts) && facts->count == 0);
    if (root_alone && !(facts->flow == CALL_FLOW_BRIDGE && is_answered(&facts->root)))
        return end_of_root(facts);
    return end_of_children(facts);
}
