/*
 * What frontends and operators call. Route tables for routes/native.c, and the guard of frontends.
 */
#ifndef API_API_H
#define API_API_H

#include "http/route.h"

/**
 * Frontends: an API key (`Authorization: Bearer shk_...` or `X-API-Key`); with SWITCHHOOK_AUTH=none anybody on this
 * machine. 401 otherwise.
 */
extern const struct guard guard_frontend;

/** Nobody is asked who they are: documents that hold nothing of anybody's. */
extern const struct guard guard_open;

extern const struct route_table api_token_routes;
extern const struct route_table api_call_routes;
extern const struct route_table api_openapi_routes;

/** For the admin listener: /healthz, /readyz, /metrics. */
extern const struct route_table api_health_routes;

#endif
