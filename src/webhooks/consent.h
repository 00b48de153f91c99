/*
 * Whoever is recorded is told before: the text is spoken, and the request that Twilio makes after it is the proof that it
 * was spoken to its end (docs/recordings.md). Called inside a unit of work.
 */
#ifndef WEBHOOKS_CONSENT_H
#define WEBHOOKS_CONSENT_H

#include "store/store.h"
#include "voice/decision.h"

/** A decision that has something to announce: the call keeps the text, and how it is recorded afterwards. */
void consent_stamp(struct call_row *call, const struct decision *decision, struct arena *arena);

/** Who was dialled asks what there is to hear before it is joined. */
struct decision consent_whisper(const struct call_row *call);

/**
 * The text was spoken to its end: to who was dialled (`child`), or to whom we called by REST.
 * @return what comes then
 */
struct decision consent_heard(struct call_row *call, bool child, int64_t at_ms);

/** Somebody speaks of a leg that the call dialled: what stood before the dial was heard by whoever waits for it. */
void consent_caller_heard(struct call_row *call, int64_t at_ms);

/** Is it time to begin? `before` is the call as it was. */
bool consent_is_complete(const struct call_row *before, const struct call_row *call);

/** The job that begins the recording; wake the lane `calls` after the commit. */
int consent_start_recording(struct store_tx *tx,
                            const struct call_row *call,
                            int64_t now_ms,
                            struct error *err) MUST_USE;

#endif
