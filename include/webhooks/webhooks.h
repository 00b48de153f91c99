/*
 * What Twilio calls: instructions under /twiml, facts under /webhooks. Route tables for routes/native.c, the guard,
 * and the handlers that dialects give other names to.
 */
#ifndef WEBHOOKS_WEBHOOKS_H
#define WEBHOOKS_WEBHOOKS_H

#include "core/macros.h"
#include "http/route.h"

/** The ceiling for bodies of Twilio's requests; the configured limit may be lower. */
#define WEBHOOK_BODY_MAX_BYTES MiB(1)

/** Only with a valid X-Twilio-Signature; 403 otherwise, and nothing is stored. */
extern const struct guard guard_twilio;

/** Errors behind the guard become the spoken apology with 200; in front of it they are problems. */
extern const struct dialect dialect_twiml;

extern const struct route_table webhooks_twiml_routes;
extern const struct route_table webhooks_status_routes;
extern const struct route_table webhooks_recording_routes;

#endif
