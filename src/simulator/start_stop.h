/* <Start> and <Stop>: what goes on beside the call. */
#ifndef SIMULATOR_START_STOP_H
#define SIMULATOR_START_STOP_H

#include "execute.h"

enum step start_start(struct sim *sim, struct leg *leg, const struct twiml_node *node);
enum step stop_start(struct sim *sim, struct leg *leg, const struct twiml_node *node);

#endif
