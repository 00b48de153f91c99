/*
 * Checkpoints: what is in the log moves to the database file, so that the log can start over.
 *
 * By itself SQLite does this inside a commit, and everybody behind that commit waits: it was the
 * slowest hundredth of all writes. So a thread with a connection of its own copies and syncs the
 * bulk while the writer goes on. What was written meanwhile is left for the writer, between two
 * groups: only when nothing at all is left does SQLite start the log over, and only the writer can
 * see to that.
 *
 *   resting --(the log is long, or the writer idle)--> copying --(the thread)--> copied --(the
 * writer)--> resting
 */
#ifndef STORE_SQLITE_CHECKPOINT_H
#define STORE_SQLITE_CHECKPOINT_H

#include "session.h"

struct checkpointer;

/** Start the thread. `context` is borrowed. */
struct checkpointer *checkpointer_start(struct sqlite_context *context);

/** End the thread, after what it is doing. Takes NULL. */
void checkpointer_stop(struct checkpointer *checkpointer);

/** The backend's functions of these names; writer thread. */
void sqlite_after_group(struct store_session *session);
void sqlite_idle(struct store_session *session);

#endif
