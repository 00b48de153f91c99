/*
 * One page of the feed: timeline entries that are read together, rendered once each, and told to whoever wants them.
 * Shared by feed.c and feed_page.c; on the feed's thread.
 */
#ifndef APP_SRC_FEED_PAGE_H
#define APP_SRC_FEED_PAGE_H

#include <pthread.h>

#include "app/feed.h"
#include "listeners.h"

enum {
    FEED_PIECES = 128,   /**< events of one entry; a place is sequence * FEED_PIECES + which */
    FEED_PAGE_ROWS = 64, /**< timeline entries read at once */
    FEED_FAREWELLS = 8,  /**< so that not all come back in the same moment */
};

struct feed {
    struct feed_settings with;
    unsigned char key[STORE_EVENT_KEY_BYTES];
    struct stream_text *heartbeat;
    struct stream_text *farewells[FEED_FAREWELLS];
    struct stream_text *last_words[FEED_END_COUNT];
    pthread_t thread;
    bool started;

    _Atomic(unsigned) listening; /* who is in the inbox or in the list */
    pthread_mutex_t lock;        /* of these: */
    pthread_cond_t changed;
    struct listener *inbox;
    bool pending; /* something was committed, somebody came or went */
    bool stop;

    /* of the thread: */
    struct listener **list;
    size_t count;
    size_t cap;
    int64_t head; /* those who are live have been told everything up to this entry */
    uint64_t keys_generation;
    bool unreadable; /* said once, until it is over */

    struct metric *listeners_gauge;
    struct metric *sent;
    struct metric *rendered;
    struct metric *resumed;
    struct metric *ended[FEED_END_COUNT];
    struct histogram *lag;
};

struct told_call;

struct page {
    struct feed *feed;
    bool live;      /* for those who are live; else for those who catch up */
    int64_t after;  /* read what comes after this entry */
    int64_t before; /* ... up to this one; 0: all */
    int64_t last;   /* the last entry that was read, if any was */
    struct arena *arena;
    struct news_rows rows;
    struct interest interests[FEED_PAGE_ROWS];
    const struct told_call *calls[FEED_PAGE_ROWS]; /* NULL: nobody listens */
    struct told_subject subjects[FEED_PAGE_ROWS];
};

/** Read the page and tell it. Returns how many entries were read; -1 if the store cannot be read now. */
int page_tell(struct page *page);

/** Everybody who took part and was not stuck has heard all of it up to this entry. */
void page_move_on(const struct page *page, int64_t upto);

#endif
