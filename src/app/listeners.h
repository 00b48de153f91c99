/* Who listens to the feed. Shared by feed.c, feed_page.c and listeners.c. */
#ifndef APP_SRC_LISTENERS_H
#define APP_SRC_LISTENERS_H

#include <stdatomic.h>

#include "app/feed.h"

/** What decides whether a listener may see a call, as hashes: 0 is nobody's. Compared first, for there may be many. */
struct interest {
    uint64_t owner;
    uint64_t identity;
    uint64_t group;
};

/** One stream. Counted: the feed's list has a reference, and the stream until it is closed. */
struct listener {
    _Atomic(unsigned) refs;
    _Atomic(bool) closed;
    struct feed *feed;
    struct stream *stream;
    struct listener *next; /* in the inbox */

    /* of the feed's thread: */
    int64_t place;
    bool live;               /* stands where the feed is; else it is told pages */
    bool stuck;              /* its queue was full within this page */
    int64_t behind_since_ms; /* monotonic: fell back because its queue was full; 0: it did not */
    int64_t until_ms;
    int64_t call_number;
    uint64_t kinds;
    struct interest interest;
    char *owner;
    char *identity;
    char *group;
    struct caller caller; /* its texts are these three */
};

struct listener *
listener_create(struct feed *feed, const struct listening *listening, int64_t until_ms);
void listener_unref(struct listener *listener);

/** Of an entry whose call belongs to these. */
struct interest interest_of(const char *owner, const char *identity, const char *group);

/** Does the listener want to hear of a call, and may it? */
bool listener_sees(const struct listener *listener,
                   const struct news_row *row,
                   const struct interest *interest);

#endif
