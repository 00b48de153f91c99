/* A decision as TwiML. */
#ifndef WEBHOOKS_RENDER_H
#define WEBHOOKS_RENDER_H

#include "app/app.h"
#include "http/response.h"
#include "voice/decision.h"

/**
 * Render into `response`: 200, text/xml, spoken as the dialect of `request` speaks. If that fails, the apology; it is
 * never an error for the caller.
 */
void render_decision(const struct app *app,
                     const struct request *request,
                     const struct decision *decision,
                     const char *call_id,
                     struct response *response);

/** The apology: 200, dials nobody, spends nothing. */
void render_apology(const struct app *app, struct arena *arena, struct response *response);

#endif
