/*
 * What Twilio calls: instructions under /twiml, facts under /webhooks. Route tables for routes/native.c, the guard,
 * and the handlers that dialects give other names to.
 */
#ifndef WEBHOOKS_WEBHOOKS_H
#define WEBHOOKS_WEBHOOKS_H

#include "core/macros.h"
#include "http/response.h"
#include "http/route.h"

/** The ceiling for bodies of Twilio's requests; the configured limit may be lower. */
#define WEBHOOK_BODY_MAX_BYTES MiB(1)

/** Only with a valid X-Twilio-Signature; 403 otherwise, and nothing is stored. */
extern const struct guard guard_twilio;

/**
 * The render_error_fn of instructions: errors behind the guard become the spoken apology with 200; in front of it they
 * are what the row's dialect makes of errors, natively problems.
 */
render_error_fn twiml_render_error;

/** Instructions, natively. */
extern const struct dialect dialect_twiml;

/* The handlers that dialects give other paths and shapes to (app/dialect.h). Instructions: */
handler_fn twiml_voice; /**< what now? */
handler_fn twiml_menu;  /**< a digit was pressed */

/* Facts, answered as the shape's fact_text says: */
handler_fn status_fact;
handler_fn recording_fact;
handler_fn transcription_fact;
handler_fn any_fact; /**< whatever it is: its kind is recognised by its fields */

extern const struct route_table webhooks_twiml_routes;
extern const struct route_table webhooks_status_routes;
extern const struct route_table webhooks_recording_routes;
extern const struct route_table webhooks_transcription_routes;

#endif
