/* The simulator's pen. */
#include "sign.h"

#include "twilio/signature.h"

const char *
sign(const char *auth_token, const char *url, const struct fields *params, struct arena *arena)
{
    char *out = arena_alloc(arena, SIGNATURE_BYTES);
    struct error err = {0};
    int failed = signature_compute(auth_token, url, params, arena, out, &err);
    ASSERT(failed == 0); /* settings refuse an empty token */
    return out;
}
