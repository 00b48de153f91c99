/* The route tables of the two listeners, as routers. Free them with router_free. */
#ifndef ROUTES_ROUTES_H
#define ROUTES_ROUTES_H

#include "http/route.h"

/** Frontends and Twilio. */
int routes_public(struct router **out, struct error *err) MUST_USE;

/** Operators: health and metrics. */
int routes_admin(struct router **out, struct error *err) MUST_USE;

#endif
