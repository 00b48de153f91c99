/*
 * A call's timeline for people: where each entry came from and what it says in a line, and what is the matter with the call
 * (voice/diagnosis.h). What `switchhook explain` prints and GET /calls/{id}/timeline answers.
 */
#ifndef APP_EXPLAIN_H
#define APP_EXPLAIN_H

#include "store/store.h"
#include "voice/diagnosis.h"

/** Everything that is stored of one call. */
struct explain_rows {
    struct call_row call;
    struct leg_rows legs;
    struct recording_rows recordings;
    struct timeline_rows timeline; /**< all of it, but for what was removed: */
    int64_t
        kept_from_ms; /**< entries from before, or their parameters, have gone; 0: nothing has */
};

/** Read all of it; the call must have been found. */
int explain_read(struct store_rx *rx,
                 const struct call_row *call,
                 struct arena *arena,
                 struct explain_rows *out,
                 struct error *err) MUST_USE;

/** Who said it: "twilio" (a webhook), "rest" (Twilio, asked by us), "frontend", "switchhook" (a conclusion of ours). */
const char *explain_source(const struct timeline_row *row);

/** When it happened as its source says, or 0. */
int64_t explain_happened_at(const struct timeline_row *row);

/** What it says in one line; numbers of people are masked unless `numbers`. */
const char *explain_summary(const struct timeline_row *row, bool numbers, struct arena *arena);

/** What is the matter. */
struct findings
explain_findings(const struct explain_rows *rows, int64_t now_ms, struct arena *arena);

#endif
