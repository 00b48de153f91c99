/*
 * What is in the timeline and did not come by a webhook, told again (switchhook replay): Twilio's answers as the entries hold
 * them, taken by the same functions that took them when they came.
 */
#ifndef JOBS_RETELL_H
#define JOBS_RETELL_H

#include "store/store.h"
#include "voice/silence.h"

struct retold {
    const struct call_row *
        stored; /**< the call as it is, for what no entry tells: who asked for it, which way it goes */
    const struct timeline_row *entry;
    bool placed_later; /**< an entry after this one is about its placing */
    const struct silence_settings *silence;
};

/** Before the first entry: a call that was asked for by REST is there before Twilio speaks of it. Others are not. */
int retell_begin(struct store_tx *tx,
                 const struct call_row *stored,
                 struct arena *arena,
                 struct error *err) MUST_USE;

/** Apply an entry that is no delivery. Does nothing for those that change no state. */
int retell_entry(struct store_tx *tx,
                 const struct retold *retold,
                 struct arena *arena,
                 struct error *err) MUST_USE;

#endif
