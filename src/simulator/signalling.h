/*
 * The WebSocket side: browsers' sockets become the engine's devices, and what the engine says becomes
 * frames. For simulator.c alone. Everything is called under the simulator's lock, unless it says otherwise.
 */
#ifndef SIMULATOR_SIGNALLING_H
#define SIMULATOR_SIGNALLING_H

#include "core/error.h"

#include <stddef.h>

struct signalling;
struct simulator;

/**
 * Bind the listener of the settings; nobody is answered yet. Without the lock.
 *
 * @param out  NULL if the settings say none
 * @param err  CONFLICT if it cannot be bound
 */
int signalling_open(struct simulator *simulator,
                    struct signalling **out,
                    struct error *err) MUST_USE;

/** Start its thread. Without the lock. Takes NULL. */
int signalling_start(struct signalling *signalling, struct error *err) MUST_USE;

/** The port it listens on, 0 for NULL. */
unsigned signalling_port(const struct signalling *signalling);

/** Queue a frame for this peer; one who does not read is cut off when its queue is full. */
void signalling_say(struct signalling *signalling, void *peer, const char *text, size_t len);

/** Close once the queue is empty. */
void signalling_hang_up(struct signalling *signalling, void *peer, int code);

/** Say goodbye to everybody (1001), end the thread, free. Without the lock. Takes NULL. */
void signalling_free(struct signalling *signalling);

#endif
