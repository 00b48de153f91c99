/*
 * The control API below /sim/: people who call, how people behave, what goes wrong, and the whole
 * truth. For scenarios and for whoever sits in front of it with curl. docs/simulator.md shows each
 * route.
 */
#ifndef SIMULATOR_CONTROL_H
#define SIMULATOR_CONTROL_H

#include "world.h"

void control_handle(struct sim *sim,
                    const struct sim_request *request,
                    sim_reply_fn *reply,
                    void *context);

/** Does what a /sim/wait or /sim/idle waits for hold now? */
bool control_condition_holds(const struct sim *sim, const json_t *condition);

/** Counts of everything. */
json_t *control_summary(const struct sim *sim);

/** One leg with its events, warnings, recordings and webhooks. */
json_t *control_leg_json(const struct sim *sim, const struct leg *leg);

#endif
