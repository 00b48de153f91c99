/* A <Dial> that was read: who is to be called, and what is to be done. For dial*.c alone. */
#ifndef SIMULATOR_DIAL_READ_H
#define SIMULATOR_DIAL_READ_H

#include "document.h"
#include "recording.h"
#include "world.h"

enum noun_kind { NOUN_NUMBER, NOUN_CLIENT, NOUN_SIP };

struct noun {
    enum noun_kind kind;
    const char *to;
    const char *url; /* whisper, NULL: none */
    const char *method;
    struct subscription callback;
    struct fields custom;
};

struct dial {
    struct leg *caller;
    const char *caller_id;
    const char *action; /* absolute, NULL: none */
    const char *method;
    int64_t timeout_ms;
    int64_t limit_ms;
    bool on_bridge;
    bool sequential;
    const char *record;
    const char *recording_track;
    struct recording_plan plan;
    struct noun nouns[NOUNS_MAX];
    struct leg *members[NOUNS_MAX]; /* of the noun in the same place */
    size_t count;
    size_t called;
    struct leg *winner;
    bool bridged;
    bool over;
    const struct twiml_node *node; /* only while it is being read */
    struct recording *recording;
};

/** Read the verb; nouns that make no sense are left out with a warning. */
struct dial *dial_read(struct sim *sim, struct leg *leg, const struct twiml_node *node);

/** May this be shown to whom it calls? */
bool dial_caller_id_is_allowed(const struct sim *sim, const struct dial *dial);

#endif
