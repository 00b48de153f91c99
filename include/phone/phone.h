/*
 * The phone page: GET /phone and what it loads from below /phone/. Nothing here is anybody's, so nobody is asked who they
 * are; the page itself asks, and calls the same API as every other frontend.
 */
#ifndef PHONE_PHONE_H
#define PHONE_PHONE_H

#include "http/route.h"

/** The whole page answers 404 where SWITCHHOOK_PHONE is off. */
extern const struct route_table phone_routes;

#endif
