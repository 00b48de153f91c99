/* The route tables of the two listeners, as routers. Free them with router_free. */
#ifndef ROUTES_ROUTES_H
#define ROUTES_ROUTES_H

#include "config/config.h"
#include "http/route.h"

/**
 * Frontends and Twilio: the native rows and those of the dialects that are switched on, each below its prefix.
 * @param err  CONFLICT naming both rows and whose they are if two collide
 */
int routes_public(const struct config *config, struct router **out, struct error *err) MUST_USE;

/** Operators: health and metrics. */
int routes_admin(struct router **out, struct error *err) MUST_USE;

#endif
