/* HTTP Basic authentication (RFC 7617). */
#include "rest_auth.h"

#include <string.h>

#include "core/text.h"
#include "crypto/base64.h"
#include "crypto/compare.h"

enum { CREDENTIALS_BYTES = 256 };

/* Decode `Basic <user:password>` into `out`; the password begins behind the colon. */
static char *decode(const char *authorization, char out[CREDENTIALS_BYTES])
{
    static const char scheme[] = "Basic ";
    if (!text_starts_with_nocase(authorization, scheme))
        return NULL;
    const char *text = authorization + strlen(scheme);
    size_t len = 0;
    if (!base64_decode(text, strlen(text), out, CREDENTIALS_BYTES - 1, &len))
        return NULL;
    out[len] = '\0';
    char *colon = strchr(out, ':');
    if (colon == NULL)
        return NULL;
    *colon = '\0';
    return colon + 1;
}

bool rest_auth_ok(const struct sim *sim, const char *authorization)
{
    char user[CREDENTIALS_BYTES];
    const char *password = decode(authorization, user);
    const struct sim_settings *settings = sim->settings;
    if (password == NULL)
        return false;
    if (strcmp(user, settings->account_sid) == 0)
        return secret_text_equal(password, settings->auth_token);
    return strcmp(user, settings->api_key_sid) == 0 &&
           secret_text_equal(password, settings->api_key_secret);
}

const char *rest_auth_user(struct arena *arena, const char *authorization)
{
    char user[CREDENTIALS_BYTES];
    return decode(authorization, user) && text_is_utf8(user, strlen(user))
               ? arena_strdup(arena, user)
               : "";
}
