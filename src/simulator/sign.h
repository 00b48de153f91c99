/* The simulator's pen: X-Twilio-Signature as the twilio room computes it. */
#ifndef SIMULATOR_SIGN_H
#define SIMULATOR_SIGN_H

#include "core/arena.h"
#include "core/fields.h"

/** The header's value in `arena`. */
const char *
sign(const char *auth_token, const char *url, const struct fields *params, struct arena *arena);

#endif
