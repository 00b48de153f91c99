/*
 * The rule for servers that let everybody in (SWITCHHOOK_AUTH=none, SWITCHHOOK_SIGNATURE=off): only this machine is
 * everybody. A tunnel or proxy in front of an open server is how open servers happen, so any trace of one is refused.
 */
#ifndef APP_OPEN_DOOR_H
#define APP_OPEN_DOOR_H

#include <stdbool.h>

#include "core/error.h"
#include "http/request.h"

/** FORBIDDEN if Host or Origin is not loopback, or if a proxy has left Forwarded, X-Forwarded-*, Via or the like. */
int open_door_check(const struct request *request, struct error *err) MUST_USE;

/** Is this Host (or what stands behind `//` in an origin) this machine? Any port. */
bool open_door_is_loopback(const char *host);

#endif
