/* What a running server does by the clock. */
#ifndef PROGRAM_CLOCKWORK_H
#define PROGRAM_CLOCKWORK_H

#include "app/app.h"
#include "core/ticker.h"

/** Everything at its time, as the configuration of the start says it; ticker_start begins. */
struct ticker *clockwork_create(struct app *app);

/** Look for new and revoked API keys now. */
void clockwork_reload_keys(void *app);

#endif
