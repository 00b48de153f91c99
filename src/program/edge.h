/*
 * What stands between the network and every route: who the client is, how often it may come, what is told of refusals,
 * what every answer says to browsers. Hooks of struct http_settings.
 */
#ifndef PROGRAM_EDGE_H
#define PROGRAM_EDGE_H

#include "http/server.h"

/** Set the hooks of the public listener, or of the admin listener (no rates, no other origins). */
void edge_guard_public(struct http_settings *settings);
void edge_guard_admin(struct http_settings *settings);

#endif
