/*
 * Telling the application: its own webhooks. What is committed is sent to the URLs that have subscribed to it, signed,
 * in order for each call, at least once, for as long as it takes or is allowed to take.
 *
 * One thread does everything but the sending itself, which is net's: it reads the timeline behind each subscription's
 * cursor and makes deliveries of it (pump), starts what is due (send), and writes down what became of it (settle). All
 * that it must not forget is in the store before it acts on it; what it knows besides may be lost. A delivery that was
 * under way when the process ended is sent again, with the same id.
 *
 * With no subscription it sleeps, and costs one look at a counter for each commit.
 *
 * Metrics: switchhook_dispatch_deliveries_total{outcome}, _made_total, _in_flight, _open, _subscriptions{state}, _behind,
 * _seconds (an attempt), _delay_seconds (from the event to its delivery).
 */
#ifndef DISPATCH_DISPATCH_H
#define DISPATCH_DISPATCH_H

#include "app/feed.h"
#include "config/config.h"
#include "core/buf.h"
#include "core/metrics.h"
#include "core/wall_clock.h"
#include "crypto/sealed_number.h"
#include "events/bus.h"
#include "net/addresses.h"
#include "store/subscriptions.h"

struct dispatch;
struct subscriptions_file;

/** The body of a webhook about an event. The dispatch thread. */
typedef void dispatch_write_fn(const struct feed_event *event, struct buf *out);

/** Borrowed until dispatch_free. */
struct dispatch_settings {
    struct store *store;
    struct bus *bus;
    struct metrics *metrics;
    const struct wall_clock *clock;
    const struct config *config;
    dispatch_write_fn *write;
};

/**
 * Subscribe to the bus; nothing is sent yet. The store must be open.
 * @param err  INVALID for a CA file that cannot be read, UNAVAILABLE
 */
int dispatch_create(const struct dispatch_settings *settings,
                    struct dispatch **out,
                    struct error *err) MUST_USE;

/** Start the thread. */
void dispatch_start(struct dispatch *dispatch);

/**
 * Begin nothing more, wait a little for what is under way, write down what became of it, end the thread. While the store
 * is open. Again is fine; takes NULL.
 */
void dispatch_stop(struct dispatch *dispatch);

/** After the bus has nobody any more who publishes. Takes NULL. */
void dispatch_free(struct dispatch *dispatch);

/** Subscriptions or deliveries were changed in the store. Any thread, never blocks. */
void dispatch_look_again(struct dispatch *dispatch);

/** Remove what is too old, give up what has taken too long. Blocks on the store; the ticker's thread. */
void dispatch_sweep(struct dispatch *dispatch);

/**
 * Make the store's subscriptions that come from the file what the file says. Blocks on the store.
 * @param file  lives until dispatch_free
 */
int dispatch_use_file(struct dispatch *dispatch,
                      const struct subscriptions_file *file,
                      struct error *err) MUST_USE;

/* ---- what the API asks for; any thread ---- */

/** Where webhooks may go. */
const struct net_addresses *dispatch_addresses(const struct dispatch *dispatch);

#define DISPATCH_IDS(X)                                                                            \
    X(SUBSCRIPTION, "sub_")                                                                        \
    X(DELIVERY, "msg_")

enum dispatch_id {
#define X(name, prefix) DISPATCH_ID_##name,
    DISPATCH_IDS(X)
#undef X
};

enum { DISPATCH_ID_BYTES = 4 + SEALED_NUMBER_BYTES };

/** The id of a row of the store, as the API and the header webhook-id spell it. */
void dispatch_write_id(const struct dispatch *dispatch,
                       enum dispatch_id kind,
                       int64_t number,
                       char out[DISPATCH_ID_BYTES]);

/** Back again; false if this database has not given it. */
bool dispatch_read_id(const struct dispatch *dispatch,
                      enum dispatch_id kind,
                      const char *id,
                      int64_t *number);

/** What a test is called where events have their name. */
#define DISPATCH_TEST_KIND "subscription.test"

#endif
