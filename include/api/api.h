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

/** Listeners of /events: a ticket in the address, else as guard_frontend. */
extern const struct guard guard_listener;

/** Players of recordings: a signed link, else as guard_frontend. */
extern const struct guard guard_player;

/** Nobody is asked who they are: documents that hold nothing of anybody's. */
extern const struct guard guard_open;

/* The handlers that dialects give other paths and shapes to (app/dialect.h). */
handler_fn token_mint;
handler_fn calls_create;
handler_fn calls_get;
handler_fn calls_hangup;
handler_fn calls_hold; /* the path parameter of these three is {id}: our id, or a SID */

extern const struct route_table api_token_routes;
extern const struct route_table api_call_routes;
extern const struct route_table api_recording_routes;
extern const struct route_table api_voicemail_routes;
extern const struct route_table api_transcript_routes;
extern const struct route_table api_audit_routes;
extern const struct route_table api_subscription_routes;
extern const struct route_table api_delivery_routes;
extern const struct route_table api_job_routes;
extern const struct route_table api_event_routes;
extern const struct route_table api_openapi_routes;
extern const struct route_table api_sound_routes;

/** For the admin listener: /healthz, /readyz, /metrics. */
extern const struct route_table api_health_routes;

#endif
