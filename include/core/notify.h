/*
 * What a service and its manager say to each other, by hand, because libsystemd would bring five
 * more libraries along: a datagram to $NOTIFY_SOCKET, and sockets that were opened for us. Without
 * a manager nothing is said and nothing was opened. The environment is read at each call, and
 * nobody here changes it.
 *
 * Source: sd_notify(3), sd_listen_fds(3), sd_watchdog_enabled(3).
 */
#ifndef CORE_NOTIFY_H
#define CORE_NOTIFY_H

#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/macros.h"

/**
 * Tell the manager something: "READY=1" once we answer, "STOPPING=1" when we begin to drain,
 * "RELOADING=1" and then "READY=1" around a reload, "WATCHDOG=1", "STATUS=..."; several are
 * separated by line breaks.
 *
 * @param err  INVALID for a $NOTIFY_SOCKET that is no address, UNAVAILABLE if nobody takes the
 * datagram. May be NULL.
 * @return 0 if it was said or nobody wants to hear, else -1. Any thread; blocks for as long as the
 * manager's queue is full.
 */
int service_notify(const char *state, struct error *err);

/**
 * How often "WATCHDOG=1" is to be said, in milliseconds: half of what the manager waits for. 0: it
 * does not watch. Say it from the loop that proves health, not from a timer of its own. Any thread.
 */
int64_t service_watchdog_ms(void);

enum { SERVICE_SOCKETS_MAX = 16 };

/** Sockets that were handed to us: `count` of them. */
struct service_sockets {
    int fds[SERVICE_SOCKETS_MAX];
    size_t count;
};

/**
 * The listening sockets that the manager opened for us (socket activation), now non-blocking and
 * not inherited by children. They stay open when we end, so what waits in their queues is served by
 * the next process. Call it once.
 *
 * @param out  written only on success; count 0 if there are none
 * @param err  INVALID if a number in the environment is wrong, there are too many, or one does not
 * listen
 */
int service_listen_fds(struct service_sockets *out, struct error *err) MUST_USE;

#endif
