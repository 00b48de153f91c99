/*
 * What the table of TwiML (twiml_table.c) is made of, for the builder and the reader. Pure data and
 * pure functions.
 */
#ifndef TWILIO_TWIML_TABLE_H
#define TWILIO_TWIML_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "twilio/twiml.h"

enum twiml_kind {
    TWIML_NOTHING,     /* no text at all */
    TWIML_TEXT,        /* any XML text, at most `max` characters (0: no limit of its own) */
    TWIML_LINE,        /* the same without line breaks and tabs */
    TWIML_NAME,        /* such a line, and not blank */
    TWIML_BOOL,        /* true, false */
    TWIML_INT,         /* decimal, within [min, max] */
    TWIML_INT_OR_AUTO, /* the same, or "auto" */
    TWIML_ONE_OF,      /* one of `words` */
    TWIML_SOME_OF,     /* any of `words`, one space between; may be empty */
    TWIML_KEYS,        /* characters out of `words`, at most `max` of them; may be empty */
    TWIML_WORD,        /* a SID, language, voice or the like: letters, digits, . _ : - */
    TWIML_URL,         /* absolute http(s), or relative; may be empty */
    TWIML_WSS,         /* absolute wss without any of the characters in `words` */
    TWIML_PHONE,       /* E.164 */
    TWIML_CALLER,      /* E.164, an identity, client:identity or a SIP address */
    TWIML_TARGET,      /* E.164, client:identity or a SIP address */
    TWIML_SIP_ADDRESS, /* sip: or sips: */
    TWIML_CLIENT_NAME, /* an identity */
    TWIML_JSON,        /* a JSON object */
};

/** What a value may be. Which of the rest count, see the kind. */
struct twiml_type {
    enum twiml_kind kind;
    const char *words;
    int32_t min;
    int32_t max;
};

struct twiml_attribute {
    const char *name;
    struct twiml_type type;
};

/** One element. The masks have a bit for each element: TWIML_IN(DIAL). */
struct twiml_rule {
    uint64_t parents;
    struct twiml_type text;
    bool mixed;        /* text and elements may stand together */
    bool filled;       /* it may not be empty */
    uint64_t alone_in; /* in these parents it has no siblings */
    const struct twiml_attribute *attributes;
    size_t attribute_count;
};

#define TWIML_IN(name) (UINT64_C(1) << TWIML_##name)

/** The row of an element; `element` must not be TWIML_UNKNOWN. */
const struct twiml_rule *twiml_rule(enum twiml_element element);

/** By its name in XML; TWIML_UNKNOWN if there is none. */
enum twiml_element twiml_element_find(const char *name);

/** Place of an attribute in its element's row, or -1. */
int twiml_attribute_find(const struct twiml_rule *rule, const char *name);

/** What is wrong with a value, as the end of a sentence ("must be ..."), or NULL if nothing is. */
const char *twiml_value_problem(const struct twiml_type *type, const char *value);

#endif
