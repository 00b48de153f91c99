/*
 * What a root leg's end means for the person, which depends on who was to be reached.
 */
#ifndef VOICE_OUTCOME_H
#define VOICE_OUTCOME_H

#include "voice/call.h"
#include "voice/plan.h"

/** The flow of a stored plan (voice/plan.h as text), without reading the rest; GREETING if `plan` is NULL. */
enum call_flow plan_flow(const char *plan);

/**
 * The outcome that the root leg alone decides; NONE where a child leg or the dial's action will tell.
 *
 *  - placed by REST to say something or to offer a menu: the person is at the other end of the root leg;
 *  - bridge: the root leg is our own identity; if it was never answered, nobody was reached, else the child tells;
 *  - browser and inbound: the root leg is whoever calls. Its end says nothing of the callee, unless it ended before
 *    anything was answered.
 */
enum call_outcome
outcome_of_root(enum call_direction direction, enum call_flow flow, const struct leg_state *root);

#endif
