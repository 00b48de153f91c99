/*
 * Which of Twilio's calls is whose. Twilio's answer to our request says it, and so does the signed `?call=` of a callback;
 * find_call can only guess by numbers and time. When they differ, the guess was wrong.
 */
#ifndef JOBS_CLAIM_H
#define JOBS_CLAIM_H

#include "store/store.h"

/** How the timeline names a client's wish to end a call. */
#define ROUTE_HANGUP "POST /calls/{id}/hangup"

/**
 * Make `sid` the root leg of `call`, which is placed thereby. What we had concluded by ourselves about a call without a
 * name (that it never reached Twilio) is forgotten; a hang-up that waited for the name is enqueued.
 *
 * If another call holds that SID, they change names and states; one without a name to give is looked for again. `call`
 * is then written, the caller goes on with it and writes it once more. On the store's writer thread.
 *
 * @param call  in the store; changed   @param sid  lives as long as `arena`
 * @return 0 or -1, as the store says. A SID that is a child leg somewhere stays that.
 */
int call_claim_sid(struct store_tx *tx,
                   struct call_row *call,
                   const char *sid,
                   int64_t now_ms,
                   struct arena *arena,
                   struct error *err) MUST_USE;

#endif
