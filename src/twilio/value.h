/*
 * The types of values that Twilio takes, in TwiML and in REST parameters alike, and the check of
 * each. Pure functions.
 */
#ifndef TWILIO_VALUE_H
#define TWILIO_VALUE_H

#include <stdint.h>

enum value_kind {
    VALUE_NOTHING,     /* no text at all */
    VALUE_TEXT,        /* any XML text, at most `max` characters (0: no limit of its own) */
    VALUE_LINE,        /* the same without line breaks and tabs */
    VALUE_NAME,        /* such a line, and not blank */
    VALUE_BOOL,        /* true, false */
    VALUE_INT,         /* decimal, within [min, max] */
    VALUE_INT_OR_AUTO, /* the same, or "auto" */
    VALUE_ONE_OF,      /* one of `words` */
    VALUE_SOME_OF,     /* any of `words`, one space between; may be empty */
    VALUE_KEYS,        /* characters out of `words`, at most `max` of them; may be empty */
    VALUE_WORD,        /* a SID, language, voice or the like: letters, digits, . _ : - */
    VALUE_URL,         /* absolute http(s), or relative; may be empty */
    VALUE_WEB_URL,     /* absolute http(s) */
    VALUE_WSS,         /* absolute wss without any of the characters in `words` */
    VALUE_PHONE,       /* E.164 */
    VALUE_CALLER,      /* E.164, an identity, client:identity or a SIP address */
    VALUE_TARGET,      /* E.164, client:identity or a SIP address */
    VALUE_SIP_ADDRESS, /* sip: or sips: */
    VALUE_ENDPOINT, /* what a call may be placed to: a target, perhaps with parameters, or app:AP...
                     */
    VALUE_CLIENT_NAME, /* an identity */
    VALUE_SID,         /* a SID with the prefix in `words` */
    VALUE_JSON,        /* a JSON object */
};

/** What a value may be. Which of the rest count, see the kind. */
struct value_type {
    enum value_kind kind;
    const char *words;
    int32_t min;
    int32_t max;
};

/** What is wrong with a value, as the end of a sentence ("must be ..."), or NULL if nothing is. */
const char *value_problem(const struct value_type *type, const char *value);

#endif
