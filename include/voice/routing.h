/*
 * What to answer when Twilio asks. Pure: facts and settings in, a decision out.
 */
#ifndef VOICE_ROUTING_H
#define VOICE_ROUTING_H

#include "core/text_list.h"
#include "voice/call.h"
#include "voice/decision.h"
#include "voice/plan.h"
#include "voice/target.h"

/** What the configuration says about routing. Borrowed. */
struct routing_settings {
    const char *default_number;          /**< caller ID of dialled numbers; may be NULL */
    const char *inbound_identity;        /**< application's spelling; NULL: nobody rings */
    struct pair_list inbound_identities; /**< number -> identity, before inbound_identity */
    struct pair_list menu;               /**< digit -> target */
    struct text_list emergency_numbers;
    const char *record;                 /**< Dial's `record`; "do-not-record" for none */
    struct pair_list record_directions; /**< text of a direction -> the same, before `record` */
    const char
        *announcement; /**< said to both sides before a call is recorded; NULL or "": nothing */
    int ring_timeout_s;
    int time_limit_s;
    unsigned transcribe; /**< bits 1u << enum call_direction: calls that are transcribed */
    /** The application's identity in Twilio's spelling, in `arena`; NULL if it has none. */
    const char *(*client_of_identity)(const char *identity, struct arena *arena);
};

/** Who is on the line and what they want, as far as Twilio's request says. */
struct instruction_facts {
    enum call_direction direction;
    const char *from;         /**< E.164, client:..., anonymous, ... */
    const char *to;           /**< the browser's wish, or our number that was called */
    const char *phone_number; /**< second spelling of the browser's wish (`phoneNumber`), or NULL */
    bool
        recording_wanted; /**< the browser asks for it; it can add a recording, never take one away */
};

/** The configuration's word for calls of that direction, as Dial's `record` takes it; NULL: they are not recorded. */
const char *route_record(const struct routing_settings *settings, enum call_direction direction);

/** Does that word ask for two channels? `record` may be NULL. */
bool record_is_dual(const char *record);

/** The first question of a call: what now? `plan` is that of a call placed by REST, else NULL. */
struct decision route_call(const struct routing_settings *settings,
                           const struct instruction_facts *facts,
                           const struct call_plan *plan,
                           struct arena *arena);

/** A digit was pressed in the menu ("" if none). */
struct decision route_menu(const struct routing_settings *settings,
                           const char *digits,
                           const struct call_plan *plan,
                           struct arena *arena);

/**
 * Instead of `otherwise`, which would tell the caller that nobody was reached: the voicemail.
 * @param number   our number that was called   @param mailbox  whom the call was for, the application's spelling, or NULL
 */
struct decision
route_to_voicemail(const struct decision *otherwise, const char *number, const char *mailbox);

/** A dial has ended: what does the one who stays hear? */
struct decision route_after_dial(enum call_outcome outcome);

#endif
