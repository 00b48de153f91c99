#include "app/minting.h"

#include "twilio/access_token.h"
#include "twilio/identity.h"

/* The browser SDK asks for the next token this long before the end; a page without it should not be later. */
enum { REFRESH_EARLY_S = 30 };

int mint_token(const struct config *config,
               const char *identity,
               int64_t ttl_s,
               int64_t now_ms,
               struct arena *arena,
               struct minted_token *out,
               struct error *err)
{
    char client[IDENTITY_BYTES];
    if (identity_encode(identity, client, err) < 0)
        return -1;
    struct voice_grant voice = {
        .incoming_allow = config->calls.token_incoming,
        .outgoing_application_sid = config->twilio.twiml_app_sid,
        .push_credential_sid = config->twilio.push_credential_sid,
    };
    struct access_token token = {
        .account_sid = config->twilio.account_sid,
        .key_sid = config->twilio.api_key_sid,
        .key_secret = secret_reveal(&config->twilio.api_key_secret),
        .region = config->twilio.region,
        .identity = client,
        .now_s = now_ms / 1000,
        .ttl_s = ttl_s != 0 ? ttl_s : config->calls.token_ttl_s,
        .voice = &voice,
    };
    if (access_token_check(&token, err) < 0)
        return -1;
    const char *text = access_token_mint(&token, arena, err);
    if (text == NULL)
        return -1;
    *out = (struct minted_token){
        .token = text,
        .identity = arena_strdup(arena, identity),
        .client = arena_strdup(arena, client),
        .expires_at_s = token.now_s + token.ttl_s,
        .expires_in_s = token.ttl_s,
        .refresh_after_s = token.ttl_s - REFRESH_EARLY_S,
    };
    return 0;
}
