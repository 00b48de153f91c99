#include "app/identity.h"

#include "twilio/identity.h"

const char *client_of_identity(const char *identity, struct arena *arena)
{
    char client[IDENTITY_BYTES];
    struct error ignored = {0};
    if (identity_encode(identity, client, &ignored) < 0)
        return NULL;
    return arena_strdup(arena, client);
}

const char *identity_of_client(const char *client, struct arena *arena)
{
    char identity[IDENTITY_BYTES];
    return arena_strdup(arena, identity_decode(client, identity) ? identity : client);
}
