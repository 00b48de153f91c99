/* <Gather>: keys or words are asked for. */
#ifndef SIMULATOR_GATHER_H
#define SIMULATOR_GATHER_H

#include "execute.h"

enum step gather_start(struct sim *sim, struct leg *leg, const struct twiml_node *node);

/** Somebody presses keys now. False if nobody listens. */
bool gather_press(struct sim *sim, struct leg *leg, const char *digits);

/** Somebody says something now. False if nobody listens for speech. */
bool gather_say(struct sim *sim, struct leg *leg, const char *words);

#endif
