/* What fetches recordings into the storage: made and ended with the other parts. */
#ifndef PROGRAM_RECORDINGS_H
#define PROGRAM_RECORDINGS_H

#include "app/app.h"

struct recordings;

/**
 * Set app->media, which uses app->storage. NULL and no error if recordings stay at Twilio.
 * @param out  written even on failure; to be freed
 */
int recordings_create(const struct config *config,
                      struct app *app,
                      struct recordings **out,
                      struct error *err) MUST_USE;

/** End what is being downloaded, so that the workers can end. Takes NULL. */
void recordings_stop(struct recordings *recordings);

/** After the workers have ended. Takes NULL. */
void recordings_free(struct recordings *recordings);

#endif
