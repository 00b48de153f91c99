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

/**
 * Wake `request` (whose sleep is `ticket`) at the next placement or status event of that call. Takes a reference
 * until then or until waiters_remove. Any thread.
 */
void waiters_add(struct waiters *waiters,
                 int64_t call_number,
                 struct request *request,
                 uint32_t ticket);

/** Forget it; harmless if it is gone already. */
void waiters_remove(struct waiters *waiters, int64_t call_number, struct request *request);

#endif
