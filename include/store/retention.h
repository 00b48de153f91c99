/*
 * The store's door, as far as age goes: what is kept no longer than somebody wants. The rules of store/store.h hold.
 *
 * Each kind of thing is looked through from its oldest on, a bounded number of rows in a unit of work, and the place is
 * remembered. What has to stay although it is old is passed by, and looked at again in the next round.
 */
#ifndef STORE_RETENTION_H
#define STORE_RETENTION_H

#include "store/store.h"

/*
 * name, text in the store and in metrics
 *
 *   RAW              the parameters of a delivery; its entry stays
 *   TIMELINE         entries, but the newest of all and those that a subscription has yet to be told
 *   TRANSCRIPTS      what was said, and what is searched with it
 *   CALLS            a call that is over with everything that is its own: legs, entries, rows of recordings, voicemails,
 *                    transcripts, idempotency keys, jobs that were given up. It stays while the sound of one of its
 *                    recordings is here, is to be fetched or could not be; and while a job of it, or a delivery, is open
 *   DEAD_JOBS        jobs that were given up
 *   IDENTITY_GROUPS  in which group a user was who has not asked for a token since
 *
 * Nothing goes from a call as long as one of its recordings is held.
 */
#define RETENTION_KINDS(X)                                                                         \
    X(RAW, "timeline_raw")                                                                         \
    X(TIMELINE, "timeline")                                                                        \
    X(TRANSCRIPTS, "transcript_lines")                                                             \
    X(CALLS, "calls")                                                                              \
    X(DEAD_JOBS, "jobs")                                                                           \
    X(IDENTITY_GROUPS, "identity_groups")

enum retention_kind {
#define X(name, text) RETENTION_##name,
    RETENTION_KINDS(X)
#undef X
        RETENTION_KIND_COUNT
};

const char *retention_kind_text(enum retention_kind kind);

struct pruning {
    enum retention_kind kind;
    int64_t before_ms; /**< what is older goes */
    int64_t
        told_before_ms; /**< older than this, an entry goes even if a subscription has yet to be told */
    size_t limit;       /**< rows looked at, 1 or more */
    int64_t removed; /**< set: how many went */
    bool more;       /**< set: there may be more that is as old */
};

/** One step of it. What goes is overwritten in the file as soon as the log has been copied there. */
int store_prune(struct store_tx *tx, struct pruning *step, struct error *err) MUST_USE;

/** How much of a kind has gone so far. */
struct retention_mark {
    int64_t
        removed_before_ms; /**< things from before this time may be missing; 0: nothing was removed */
    int64_t removed_upto; /**< the highest key among them: of entries, a sequence */
};

/** {0} if nothing has gone. */
int store_get_retention_mark(struct store_rx *rx,
                             enum retention_kind kind,
                             struct retention_mark *out,
                             struct error *err) MUST_USE;

#endif
