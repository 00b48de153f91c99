/* Calls that come in: a person at a telephone, or at a browser, calls one of our lines. */
#ifndef SIMULATOR_CALLING_H
#define SIMULATOR_CALLING_H

#include "world.h"

/** A leg from `client:IDENTITY` through the TwiML app. It does nothing yet. */
struct leg *calling_browser(struct sim *sim, const char *identity, const char *to);

/** The leg calls in, and the line's voice URL is asked what to do. Its script must be there. */
void calling_start(struct sim *sim, struct leg *leg, const struct line *line);

#endif
