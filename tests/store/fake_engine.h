/*
 * An engine in memory that keeps nothing but the numbers of calls, and fails when it is told to. It
 * stands in for a real one where the store's own behaviour is looked at: groups, re-runs, limits,
 * closing.
 */
#ifndef STORE_FAKE_ENGINE_H
#define STORE_FAKE_ENGINE_H

#include <pthread.h>

#include "store/backend.h"

enum { FAKE_MOST = 4096 };

struct fake_engine {
    struct store_backend backend; /* complete; a test may take functions out before store_create */
    pthread_mutex_t lock;         /* guards everything below */
    pthread_cond_t changed;

    /* what a test sets */
    int fail_begins;  /* that many of the next begins fail */
    int fail_commits; /* that many of the next commits fail */
    int64_t poison;   /* a transaction with this number cannot be committed */
    int64_t full_at;  /* inserting this number breaks the transaction; 0: none */
    int fail_opens;   /* 1: the writer's session, 2: the first reader's, ... */

    /* what happened */
    int begins;
    int commits;
    int rollbacks;
    int units; /* savepoints */
    int idles;
    int groups; /* after_group calls */
    int touches;
    int opened;
    int closed;
    int destroyed;
    int64_t kept[FAKE_MOST]; /* committed numbers */
    int kept_count;

    /* the transaction */
    bool broken;
    bool touched;
    bool wrote; /* the last commit */
    int64_t pending[FAKE_MOST];
    int pending_count;
    int mark;
};

void fake_engine_init(struct fake_engine *fake);
void fake_engine_release(struct fake_engine *fake);

/** How often a committed number is there. */
int fake_engine_count(struct fake_engine *fake, int64_t number);

#endif
