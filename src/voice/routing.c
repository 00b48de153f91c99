#include "voice/routing.h"

#include <string.h>

#include "core/text.h"

static struct decision say(enum reason reason)
{
    return (struct decision){.kind = DECIDE_SAY, .reason = reason};
}

const char *route_record(const struct routing_settings *settings, enum call_direction direction)
{
    const char *word = pair_list_get(&settings->record_directions, call_direction_text(direction));
    if (word == NULL)
        word = settings->record;
    return text_is_empty(word) || text_equal(word, "do-not-record") ? NULL : word;
}

bool record_is_dual(const char *record)
{
    return record != NULL && strstr(record, "dual") != NULL;
}

/* The parts of a dial that the configuration decides. */
static struct decision dial(const struct routing_settings *settings)
{
    return (struct decision){
        .timeout_s = settings->ring_timeout_s,
        .time_limit_s = settings->time_limit_s,
    };
}

static struct decision
dial_number(const struct routing_settings *settings, const char *number, const char *caller_id)
{
    /* Twilio fails a dial from a browser without a caller ID of ours (error 13214), so it is never
     * left out. */
    if (text_is_empty(caller_id))
        caller_id = settings->default_number;
    if (text_is_empty(caller_id))
        return say(REASON_NO_CALLER_ID);
    struct decision decision = dial(settings);
    decision.kind = DECIDE_DIAL_NUMBER;
    decision.number = number;
    decision.caller_id = caller_id;
    return decision;
}

static struct decision
dial_client(const struct routing_settings *settings, const char *client, const char *caller_id)
{
    if (text_is_empty(client))
        return say(REASON_NOT_ALLOWED);
    struct decision decision = dial(settings);
    decision.kind = DECIDE_DIAL_CLIENT;
    decision.client = client;
    decision.caller_id = caller_id;
    return decision;
}

/* A client sees who calls (`client_caller_id`); the telephone network sees a number of ours. */
static struct decision dial_target(const struct routing_settings *settings,
                                   const char *text,
                                   const char *client_caller_id,
                                   const char *number_caller_id,
                                   struct arena *arena)
{
    struct target target = target_of(text, &settings->emergency_numbers);
    switch (target.kind) {
    case TARGET_NUMBER:
        return dial_number(settings, target.text, number_caller_id);
    case TARGET_CLIENT:
        return dial_client(settings, target.text, client_caller_id);
    case TARGET_IDENTITY:
        return dial_client(settings, settings->client_of_identity(target.text, arena),
                           client_caller_id);
    case TARGET_EMERGENCY:
        return say(REASON_EMERGENCY);
    case TARGET_NOBODY:
        return say(REASON_NO_TARGET);
    case TARGET_NOT_A_NUMBER:
        return say(REASON_NOT_A_NUMBER);
    case TARGET_NOT_ALLOWED:
        break;
    }
    return say(REASON_NOT_ALLOWED);
}

static struct decision route_browser(const struct routing_settings *settings,
                                     const struct instruction_facts *facts,
                                     struct arena *arena)
{
    const char *wish = facts->to;
    if (text_is_empty(wish))
        wish = facts->phone_number;
    else if (!text_is_empty(facts->phone_number) && !text_equal(wish, facts->phone_number))
        return say(REASON_TWO_TARGETS);
    return dial_target(settings, wish, facts->from, NULL, arena);
}

static struct decision route_inbound(const struct routing_settings *settings,
                                     const struct instruction_facts *facts,
                                     struct arena *arena)
{
    const char *identity = pair_list_get(&settings->inbound_identities, facts->to);
    if (identity == NULL)
        identity = settings->inbound_identity;
    if (text_is_empty(identity))
        return say(REASON_NOBODY_HOME);
    /* No caller ID is set: Twilio then shows the caller's own. */
    return dial_client(settings, settings->client_of_identity(identity, arena), NULL);
}

/* How a call is recorded whose plan wants it, once it has been announced. */
static const char *planned_record(const struct call_plan *plan)
{
    return text_equal(plan->recording_channels, "dual") ? "record-from-answer-dual"
                                                        : "record-from-answer";
}

static struct decision route_planned(const struct routing_settings *settings,
                                     const struct call_plan *plan)
{
    switch (plan->flow) {
    case CALL_FLOW_GREETING:
        if (plan->record && plan->announcement != NULL)
            return (struct decision){.kind = DECIDE_ANNOUNCE,
                                     .announcement = plan->announcement,
                                     .record = planned_record(plan),
                                     .trim = plan->trim};
        return (struct decision){.kind = DECIDE_GREET};
    case CALL_FLOW_MENU:
        return (struct decision){.kind = DECIDE_MENU};
    case CALL_FLOW_BRIDGE:
        return dial_number(settings, plan->number,
                           plan->caller_id != NULL ? plan->caller_id : plan->from);
    case CALL_FLOW_TWIML_URL:
        break; /* Twilio asks that URL, not us; if it comes here after all, nobody knows what to say
                */
    }
    return (struct decision){.kind = DECIDE_APOLOGISE};
}

/*
 * What the configuration says to the whole kind of calls. Who asks for a recording adds one and takes none away; a call
 * that is recorded as a whole, because its plan says so, is not recorded a second time.
 */
static struct decision with_services(const struct routing_settings *settings,
                                     enum call_direction direction,
                                     const struct call_plan *plan,
                                     bool recording_wanted,
                                     struct decision decision)
{
    if (decision.kind != DECIDE_DIAL_NUMBER && decision.kind != DECIDE_DIAL_CLIENT)
        return decision;
    decision.transcribe = (settings->transcribe >> (unsigned)direction & 1u) != 0;
    const char *announcement = settings->announcement;
    decision.record = route_record(settings, direction);
    if (decision.record == NULL && recording_wanted)
        decision.record = "record-from-answer-dual";
    if (plan != NULL && plan->record) {
        announcement = plan->announcement;
        decision.record = announcement != NULL ? planned_record(plan) : NULL;
    }
    if (decision.record == NULL)
        return decision;
    decision.trim = plan != NULL ? plan->trim : NULL;
    decision.announcement = text_is_empty(announcement) ? NULL : announcement;
    return decision;
}

static struct decision route(const struct routing_settings *settings,
                             const struct instruction_facts *facts,
                             const struct call_plan *plan,
                             struct arena *arena)
{
    switch (facts->direction) {
    case CALL_DIRECTION_OUTBOUND_BROWSER:
        return route_browser(settings, facts, arena);
    case CALL_DIRECTION_INBOUND:
        return route_inbound(settings, facts, arena);
    case CALL_DIRECTION_OUTBOUND_API:
        if (plan != NULL)
            return route_planned(settings, plan);
        break; /* placed by somebody else with this account, pointed at us */
    }
    return (struct decision){.kind = DECIDE_GREET};
}

struct decision route_call(const struct routing_settings *settings,
                           const struct instruction_facts *facts,
                           const struct call_plan *plan,
                           struct arena *arena)
{
    return with_services(settings, facts->direction, plan, facts->recording_wanted,
                         route(settings, facts, plan, arena));
}

struct decision route_menu(const struct routing_settings *settings,
                           const char *digits,
                           const struct call_plan *plan,
                           struct arena *arena)
{
    const char *target = pair_list_get(&settings->menu, digits);
    if (target == NULL)
        return (struct decision){.kind = DECIDE_MENU_FALLBACK};
    const char *ours = plan == NULL ? NULL : plan->caller_id != NULL ? plan->caller_id : plan->from;
    return with_services(settings, CALL_DIRECTION_OUTBOUND_API, plan, false,
                         dial_target(settings, target, ours, ours, arena));
}

struct decision
route_to_voicemail(const struct decision *otherwise, const char *number, const char *mailbox)
{
    return (struct decision){
        .kind = DECIDE_VOICEMAIL,
        .reason = otherwise->reason,
        .number = number,
        .mailbox = mailbox,
    };
}

struct decision route_after_dial(enum call_outcome outcome)
{
    switch (outcome) {
    case CALL_OUTCOME_BUSY:
        return say(REASON_BUSY);
    case CALL_OUTCOME_NO_ANSWER:
        return say(REASON_NO_ANSWER);
    case CALL_OUTCOME_FAILED:
        return say(REASON_FAILED);
    case CALL_OUTCOME_NONE:
    case CALL_OUTCOME_ANSWERED:
    case CALL_OUTCOME_CANCELED:
    case CALL_OUTCOME_VOICEMAIL:
    case CALL_OUTCOME_REFUSED:
        break;
    }
    return (struct decision){.kind = DECIDE_HANGUP};
}
