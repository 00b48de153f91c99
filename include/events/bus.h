/*
 * The in-memory bus: tells whoever listens in this process that something about a call has been committed. Every
 * event is a row first (its timeline entry), so a listener that missed one finds it in the store. Knows no HTTP.
 */
#ifndef EVENTS_BUS_H
#define EVENTS_BUS_H

#include <stdint.h>

enum event_kind {
    EVENT_CALL_CREATED,
    EVENT_CALL_PLACEMENT, /**< sending, placed, refused, unknown, canceled */
    EVENT_CALL_STATUS,    /**< the root leg or a child leg moved */
    EVENT_CALL_RECORDING,
    EVENT_CALL_WISH, /**< somebody has asked for something; nothing has moved yet */
};

/** What happened to which call. Plain facts; nothing to free. */
struct event {
    enum event_kind kind;
    int64_t call_number;
    int64_t sequence; /**< of the timeline entry it stands for, or 0 */
};

struct bus;

/** A bus without listeners, never NULL. Free with bus_free. */
struct bus *bus_create(void);

/** Nobody may publish any more. Takes NULL. */
void bus_free(struct bus *bus);

/** Runs on the publisher's thread, after the commit; must be quick and must not subscribe or publish. */
typedef void bus_listener_fn(void *context, const struct event *event);

/** Listen to everything until the bus is freed. At most 8 listeners: parts of the program, not clients. */
void bus_subscribe(struct bus *bus, bus_listener_fn *listener, void *context);

/** Tell every listener, one after the other, before returning. `event` is borrowed for the call. Any thread. */
void bus_publish(struct bus *bus, const struct event *event);

#endif
