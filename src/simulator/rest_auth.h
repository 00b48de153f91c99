/* HTTP Basic authentication as the REST API takes it: account and token, or API key and secret. */
#ifndef SIMULATOR_REST_AUTH_H
#define SIMULATOR_REST_AUTH_H

#include "world.h"

bool rest_auth_ok(const struct sim *sim, const char *authorization);

/** The user name of a header, "" if there is none; for the list of requests. */
const char *rest_auth_user(struct arena *arena, const char *authorization);

#endif
