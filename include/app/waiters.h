/*
 * Requests that sleep until something about a call is committed. Listens to the bus; wakes by call number.
 */
#ifndef APP_WAITERS_H
#define APP_WAITERS_H

#include <stdint.h>

#include "events/bus.h"
#include "http/request.h"

struct waiters;

/** Subscribes to `bus`, which must outlive it. */
struct waiters *waiters_create(struct bus *bus);
void waiters_free(struct waiters *waiters);

/** Runs on the thread that published the event; quick. */
typedef void waiter_fn(void *context);

/**
 * Call `heard` once, at the next placement or status event of that call. Takes a reference to `request`, in whose
 * memory `context` is, until then or until waiters_remove. Any thread.
 */
void waiters_add(struct waiters *waiters,
                 int64_t call_number,
                 struct request *request,
                 waiter_fn *heard,
                 void *context);

/** Forget the request; harmless if it is gone already. `heard` may be running at this moment. */
void waiters_remove(struct waiters *waiters, int64_t call_number, struct request *request);

#endif
