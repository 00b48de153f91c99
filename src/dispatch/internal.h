/*
 * What the files of this room share: who has subscribed, an attempt, and the object itself. Unless said otherwise all of it
 * belongs to the dispatch thread.
 */
#ifndef DISPATCH_SRC_INTERNAL_H
#define DISPATCH_SRC_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "app/caller.h"
#include "app/subscriptions_file.h"
#include "dispatch/dispatch.h"
#include "net/net.h"
#include "verdict.h"

enum {
    PAGE_ROWS = 256,          /**< timeline entries that are read at once */
    CURSOR_SLACK = 1000,      /**< entries that a cursor may run ahead of the stored one */
    ANSWER_BYTES = 1024,      /**< of an answer's body that are kept */
    ANSWER_MAX_BYTES = 65536, /**< of one that are read */
    BODY_MAX_BYTES = 1024 * 1024,
};

/** A subscription, as it is in memory. */
struct subscriber {
    struct subscriber *next;
    struct arena *arena; /**< of the row's texts */
    struct subscription_row row;
    char id[DISPATCH_ID_BYTES];
    uint64_t kinds;
    struct caller may;  /**< what it may be told; its scopes alone */
    const char *secret; /**< the row's or the file's; NULL: the file does not know it any more */
    const char *old_secret;
    int64_t old_secret_until_ms;

    int64_t cursor;        /**< looked through up to here; the stored one may be behind */
    bool held;             /**< its backlog is full */
    bool listed;           /**< still in the store */
    unsigned in_flight;    /**< with those whose outcome is not written down yet */
    unsigned failures;     /**< in a row; those that were under way together are one */
    int64_t failed_at_ms;  /**< when the last one that counts was over */
    int64_t not_before_ms; /**< nothing is begun before */
    int64_t look_at_ms;    /**< when the next one is due, as far as is known; 0: look */
};

/** One attempt at one delivery: made while its call is read, the net thread's while under way, then settled. */
struct attempt {
    struct attempt *next;        /**< among those found, or ended */
    struct attempt *next_flying; /**< among all that are under way or not yet written down */
    struct dispatch *dispatch;
    struct subscriber *subscriber;
    struct arena *arena;
    struct delivery_row row;
    const char *body;
    size_t body_len;
    int64_t started_us;

    struct outcome outcome;
    bool broken_off; /**< by ourselves, at the end of the process: it does not count */
};

/** One delivery to be made. */
struct made {
    struct subscriber *subscriber;
    int64_t sequence;
    struct delivery_row row;
};

struct made_list {
    struct made *items;
    size_t count;
    size_t cap;
    struct arena *arena; /**< of the rows' texts */
};

struct dispatch_metrics {
    struct metric *delivered;
    struct metric *failed;
    struct metric *dead;
    struct metric *made;
    struct metric *in_flight;
    struct metric *open;
    struct metric *enabled;
    struct metric *disabled;
    struct histogram *seconds;
    struct histogram *delay;
};

struct dispatch {
    struct dispatch_settings with;
    const struct config_dispatch *config;
    struct arena *arena; /**< of the next */
    struct net_addresses addresses;
    unsigned char key[SEALED_NUMBER_KEY_BYTES];
    struct net *net;
    struct dispatch_metrics count;
    pthread_t thread;
    bool started;

    _Atomic(unsigned) subscribed; /**< enabled ones */
    _Atomic(const struct subscriptions_file *) file;
    _Atomic(bool) closing; /**< what ends now was broken off by us */

    pthread_mutex_t lock; /**< of these: */
    pthread_cond_t changed;
    struct attempt *finished; /**< the last first */
    bool news;
    bool look_again;
    bool stop;

    struct subscriber *subscribers;
    struct attempt *flying;
    struct attempt *unsettled; /**< in order of their ends */
    struct made_list made;
    unsigned in_flight;
    bool busy;           /**< there is more to read, or may be */
    int64_t pumped_ms;   /**< monotonic: when it was last looked */
    int64_t store_at_ms; /**< monotonic: the store did not work, not before then; 0: it does */
};

/* subscribers.c */

/** Read the store's subscriptions. -1 if they cannot be read now. */
int subscribers_load(struct dispatch *dispatch);
void subscribers_free(struct dispatch *dispatch);

/** How many there are, and how much they have not been told: gauges. */
void subscribers_count(struct dispatch *dispatch);

/** Is the subscription one to which something may be sent? */
bool subscriber_is_open(const struct subscriber *subscriber);

/** Full, it is held until half of its backlog is done: it is not read anew for each single delivery. */
void subscriber_judge_backlog(struct dispatch *dispatch, struct subscriber *subscriber);

/** Forget those that are not in the store any more and have nothing under way. */
void subscribers_drop(struct dispatch *dispatch);

/* pump.c */

/**
 * What the timeline has for whom, a page for those in front and one for those behind, into dispatch->made. Moves the
 * cursors that are in memory.
 */
int pump_read(struct dispatch *dispatch, struct error *err) MUST_USE;

/* step.c */

/**
 * Write down what was made, what became of attempts, and cursors: one unit of work, or none if there is nothing. What could
 * not be written stays where it is.
 */
int step_write(struct dispatch *dispatch, struct error *err) MUST_USE;

/* send.c */

/** Begin what is due, as far as there are places. */
int send_due(struct dispatch *dispatch, struct error *err) MUST_USE;
/** Take it out of what is under way, and free it. */
void attempt_land(struct attempt *attempt);

#endif
