/* What a callback is about, told by the fields it has: for addresses that take whatever Twilio sends. */
#ifndef WEBHOOKS_KIND_H
#define WEBHOOKS_KIND_H

#include "core/fields.h"
#include "store/store.h"

/** TIMELINE_FACT if it is none of those we know. Pure. */
enum timeline_kind kind_of_fact(const struct fields *fields);

#endif
