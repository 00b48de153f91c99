/* <Record>: what a person says is kept, until silence, a key, the longest time or the end of the call. */
#ifndef SIMULATOR_RECORD_H
#define SIMULATOR_RECORD_H

#include "execute.h"

enum step record_start(struct sim *sim, struct leg *leg, const struct twiml_node *node);

/** Somebody presses a key now. False if nobody records, or the key does not end that. */
bool record_press(struct sim *sim, struct leg *leg, const char *digits);

/** The person hung up while being recorded: the action is told. */
void record_hung_up(struct sim *sim, struct leg *leg);

/** Other instructions come for the leg: what is being recorded ends, and nobody is asked. */
void record_drop(struct sim *sim, struct leg *leg);

#endif
