/*
 * A fact: something that has happened, told once. Every route below /webhooks is handed over and answered in the same
 * way; only what is done inside the transaction differs.
 */
#ifndef WEBHOOKS_FACT_H
#define WEBHOOKS_FACT_H

#include "app/hand_over.h"

/**
 * Hand a fact over: 204 (or the dialect's text) once it is stored, 503 if it cannot be. `what` brings apply, work, result and committed; reply and
 * deadline are filled in here.
 */
int fact_hand_over(struct app *app,
                   struct request *request,
                   const struct hand_over *what,
                   struct error *err) MUST_USE;

/** Count a fact that could not be understood at all. Returns -1, for `return fact_malformed(app);` */
int fact_malformed(struct app *app);

#endif
