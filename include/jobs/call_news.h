/*
 * What a unit of work has changed, in the words of live events: taken down while it runs, stored with its timeline entry.
 */
#ifndef JOBS_CALL_NEWS_H
#define JOBS_CALL_NEWS_H

#include "store/store.h"

struct call_news {
    struct arena *arena;
    struct call_row before; /**< number 0: there was no such call */
    const char *legs;       /**< what was said of child legs so far, or NULL */
    bool recording;         /**< a recording has been spoken of */
};

/** Begin with the call as the store has it, or NULL if it is new. Its texts must live as long as `arena`. */
struct call_news call_news_begin(const struct call_row *before, struct arena *arena);

/** store_put_leg, and take down what is new about it. */
int call_news_put_leg(struct store_tx *tx,
                      struct call_news *news,
                      const struct leg_row *leg,
                      struct error *err) MUST_USE;

/** The text for timeline_row.news, in the arena: NULL if nothing has changed that anybody can see. */
const char *call_news_text(const struct call_news *news, const struct call_row *after);

#endif
