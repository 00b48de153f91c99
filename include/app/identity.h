/* Identities in the application's spelling and in Twilio's (twilio/identity.h), as texts in an arena. */
#ifndef APP_IDENTITY_H
#define APP_IDENTITY_H

#include "core/arena.h"

/** The client that an identity is at Twilio; NULL if it cannot be one (empty, too long). */
const char *client_of_identity(const char *identity, struct arena *arena);

/** The identity behind a client; a client that we did not name is its own. */
const char *identity_of_client(const char *client, struct arena *arena);

#endif
