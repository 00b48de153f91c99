/*
 * Which of the calls that Twilio lists and nobody has told us of become ours. An account may be shared with other software:
 * its calls must not flood us. Plain data in, decision out.
 */
#ifndef VOICE_ADOPTION_H
#define VOICE_ADOPTION_H

#include <stdbool.h>

#include "core/text_list.h"
#include "voice/call.h"

enum adoption {
    ADOPTION_OURS, /**< calls of browsers, and calls to and from numbers that are ours */
    ADOPTION_ALL,
    ADOPTION_NONE,
};

/** Borrowed. A list may be NULL. */
struct adoption_settings {
    enum adoption which;
    const char *number;                 /**< the phone number that is configured, or NULL */
    const struct text_list *caller_ids; /**< numbers that may be shown */
    const struct pair_list *inbound;    /**< numbers that somebody is rung for */
};

/** What Twilio says of a root leg. */
struct adoption_facts {
    const char *direction; /**< Twilio's: inbound, outbound-api, trunking-... */
    const char *from;
    const char *to;
};

/** Is this number, or whoever is at this address, ours as far as the settings say? */
bool adoption_knows(const struct adoption_settings *settings, const char *address);

/**
 * Shall it become ours? `number_is_ours`: its number leads to us by what Twilio says of it, see adoption_number.
 */
bool adoption_wants(const struct adoption_settings *settings,
                    const struct adoption_facts *facts,
                    bool number_is_ours);

/** The number of ours that such a call must have had: whom it was to, or who placed it. NULL: none, a browser's. */
const char *adoption_number(const struct adoption_facts *facts);

/** What kind of call of ours that is. */
enum call_direction adoption_direction(const struct adoption_facts *facts);

#endif
