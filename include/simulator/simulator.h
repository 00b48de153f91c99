/*
 * The simulator as a program: the engine behind one lock, an HTTP listener in front, a thread for
 * its clock, outgoing HTTP for its webhooks, and a WebSocket listener for browsers.
 */
#ifndef SIMULATOR_SIMULATOR_H
#define SIMULATOR_SIMULATOR_H

#include "core/error.h"
#include "simulator/settings.h"

struct simulator;

/**
 * Bind the listener and read the script file; nothing is accepted yet.
 * @param settings  borrowed until simulator_free
 * @param err       INVALID for a listen address or script, CONFLICT if the port is taken
 */
int simulator_create(const struct sim_settings *settings,
                     struct simulator **out,
                     struct error *err) MUST_USE;

/** Accept requests, let time pass. */
int simulator_start(struct simulator *simulator, struct error *err) MUST_USE;

/** The port it listens on. */
unsigned simulator_port(const struct simulator *simulator);

/** The port that browsers' signalling listens on; 0: none. */
unsigned simulator_signal_port(const struct simulator *simulator);

/** Stop and free everything. Takes NULL. */
void simulator_free(struct simulator *simulator);

#endif
