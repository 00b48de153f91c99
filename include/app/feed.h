/*
 * The feed: what is committed, told to everybody who listens.
 *
 * One thread reads each new timeline entry once, in commit order over all calls, renders each of its events once, and
 * hands the text to those who may see the call. Whoever comes back is told the pages that it has missed by the same thread,
 * until it has caught up; so nothing falls between the pages and the present, nothing is told twice, and no event shows a
 * call older than an earlier event did. With nobody listening it sleeps.
 *
 * A listener stands at a place: after a certain event of a certain entry. The ids of events are places, sealed with a
 * secret of the database. Who reads too slowly is cut, and comes back to its place.
 *
 * Metrics: switchhook_events_listeners, _sent_total, _rendered_total, _resumed_total, _ended_total{reason},
 * _lag_seconds (from what a client was told of to the stream).
 */
#ifndef APP_FEED_H
#define APP_FEED_H

#include "app/caller.h"
#include "app/keys.h"
#include "app/told_subject.h"
#include "config/config.h"
#include "core/metrics.h"
#include "core/wall_clock.h"
#include "events/bus.h"
#include "http/stream.h"
#include "store/store.h"
#include "voice/news.h"

struct feed;

enum { FEED_ID_BYTES = 23 };

/** One event, as it is to be rendered. Borrowed for the call. */
struct feed_event {
    const char *id;
    enum news_kind kind;
    int64_t at_ms;
    const struct call_row *call;
    const struct leg_rows *legs;
    const struct recording_rows *recordings; /**< NULL: not for those whom it is told */
    const char *leg_sid;                     /**< of the child leg that it is about, or NULL */
    const struct told_subject *subject;      /**< what else it is about */
};

/** The text of an event, a reference for the caller. The feed's thread. */
typedef void feed_render_fn(const struct feed_event *event, struct stream_text **out);

/* why a stream is ended by us: name, text */
#define FEED_ENDS(X)                                                                               \
    X(SHUTDOWN, "shutdown")                                                                        \
    X(EXPIRED, "expired")                                                                          \
    X(REVOKED, "revoked")                                                                          \
    X(LAGGING, "lagging")

enum feed_end {
#define X(name, text) FEED_END_##name,
    FEED_ENDS(X)
#undef X
        FEED_END_COUNT
};

const char *feed_end_text(enum feed_end end);

/** The last words of a stream, a reference for the caller. `retry_ms` 0: none are said. */
typedef void feed_farewell_fn(enum feed_end end, int64_t retry_ms, struct stream_text **out);

/** Borrowed until feed_free. */
struct feed_settings {
    struct store *store;
    struct bus *bus;
    struct keys *keys;
    struct metrics *metrics;
    const struct wall_clock *clock;
    const struct config_events *events;
    feed_render_fn *render;
    feed_farewell_fn *farewell;
};

/** Read the database's secret, subscribe to the bus. The store must be open. */
int feed_create(const struct feed_settings *settings,
                struct feed **out,
                struct error *err) MUST_USE;

/** Start the thread. */
void feed_start(struct feed *feed);

/** End the thread; while the store is open. Again is fine. */
void feed_stop(struct feed *feed);

/** After the bus has nobody any more who publishes. Takes NULL. */
void feed_free(struct feed *feed);

/* ---- places ---- */

/** The place behind everything up to that timeline entry. */
int64_t feed_place_after(int64_t sequence);

/** The timeline entry of a place. */
int64_t feed_sequence_of(int64_t place);

/** The id of an event at that place. */
void feed_write_id(const struct feed *feed, int64_t place, char out[FEED_ID_BYTES]);

/** Back again; false if this database has not given it. */
bool feed_read_id(const struct feed *feed, const char *id, int64_t *place);

/* ---- listening ---- */

struct listening {
    const struct caller *caller; /**< copied */
    int64_t place;               /**< tell what comes after it */
    int64_t call_number;         /**< of this call alone; 0: of all */
    uint64_t kinds;              /**< news_kind_bit of each */
    bool resumes;                /**< for the count */
    struct stream_text *first;   /**< sent at once */
};

/**
 * In a handler or reply: answer with a stream of events.
 * @param err  UNAVAILABLE with a time to try again, if there are too many or the server is stopping
 */
int feed_listen(struct feed *feed,
                struct request *request,
                struct response *response,
                const struct listening *listening,
                struct error *err) MUST_USE;

#endif
