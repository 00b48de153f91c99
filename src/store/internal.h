/*
 * What the files of this room share: the store object, and its two kinds of threads.
 */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/metrics.h"
#include "store/backend.h"
#include "store/store.h"

struct store_rx {
    const struct store_backend *backend;
    struct store_session *session;
};

struct store_tx {
    struct store_rx reader;
    unsigned writes; /* tried so far by this unit; 0 means that there is nothing to undo */
};

/** The engine, for a write: it is counted. */
static inline const struct store_backend *writing(struct store_tx *tx)
{
    tx->writes++;
    return tx->reader.backend;
}

/** What waits for a thread: a list with a limit. `head` and the rest are guarded by `lock`. */
struct waiting {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct store_link *head;
    struct store_link *tail;
    size_t count;
    size_t max;
    unsigned sleepers; /* threads that wait for `wake`; nobody is signalled without need */
    bool closed;
    struct metric *depth; /* the count, for those who watch; or NULL */
};

void waiting_init(struct waiting *list, size_t max);
void waiting_release(struct waiting *list);

/** Append; UNAVAILABLE if full or closed. `what` names the list in messages. */
int waiting_put(struct waiting *list, struct store_link *link, const char *what, struct error *err);

enum waiting_result { WAITING_SOME, WAITING_IDLE, WAITING_CLOSED };

/**
 * Take up to `most` links off the front, chained by next; waits while there are none, but no longer
 * than `idle_ms` (0: for ever). Closed is answered only when nothing is left.
 */
enum waiting_result waiting_take(
    struct waiting *list, size_t most, unsigned idle_ms, struct store_link **out, size_t *count);

/** Let nobody in any more and wake the threads. */
void waiting_close(struct waiting *list);

/** Everything is NULL without metrics. */
struct store_meters {
    struct metric *units;
    struct metric *units_failed;
    struct metric *groups;
    struct metric *groups_guarded;
    struct metric *groups_rerun;
    struct metric *reads;
    struct metric *reads_failed;
    struct metric *failing;
    struct metric *queued;
    struct metric *queued_reads;
    struct histogram *group_units;
    struct histogram *commit_seconds;
};

struct reader_thread {
    pthread_t thread;
    struct store *store;
    struct store_session *session;
};

struct store {
    const struct store_backend *backend;
    void *context;
    struct waiting units;
    struct waiting reads;
    size_t group_max;
    unsigned idle_ms;
    struct store_session *writer_session;
    pthread_t writer;
    struct reader_thread *readers;
    unsigned reader_count;
    struct store_meters meters;
    bool failing; /* the writer thread's: whether the last transaction failed below the rows */
};

/** The threads' main functions. The writer's argument is the store, a reader's its reader_thread.
 */
void *writer_main(void *argument);
void *reader_main(void *argument);

void meters_init(struct store_meters *meters, struct metrics *metrics);
void meter_add(struct metric *metric, int64_t amount);

#endif
