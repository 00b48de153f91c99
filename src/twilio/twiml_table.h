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
#include "value.h"

struct twiml_attribute {
    const char *name;
    struct value_type type;
};

/** One element. The masks have a bit for each element: TWIML_IN(DIAL). */
struct twiml_rule {
    uint64_t parents;
    struct value_type text;
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

#endif
