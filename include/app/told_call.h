/*
 * A call as events tell of it, to listeners of /events and to the application's webhooks alike: what is read for it, and
 * who may hear what.
 */
#ifndef APP_TOLD_CALL_H
#define APP_TOLD_CALL_H

#include "app/caller.h"
#include "store/store.h"
#include "voice/news.h"

struct told_call {
    struct call_row call;
    struct leg_rows legs;
    struct recording_rows recordings;
};

/** Read it as it is now, in `arena`. NOT_FOUND if there is no such call. */
int told_call_read(struct store_rx *rx,
                   int64_t number,
                   struct arena *arena,
                   struct told_call *out,
                   struct error *err) MUST_USE;

/** What makes a difference to what is told. */
enum {
    TOLD_SCOPES = SCOPES_ALL_CALLS_READ_ALL | SCOPES_ALL_RECORDINGS_READ |
                  SCOPES_ALL_RECORDINGS_READ_ALL | SCOPES_ALL_VOICEMAILS_READ |
                  SCOPES_ALL_TRANSCRIPTS_READ,
};

/** May somebody who may see the call hear of that? */
bool told_call_may_hear(const struct caller *caller, enum news_kind kind);

#endif
