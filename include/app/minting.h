/* Access tokens as this server mints them: for one identity of the application, with the configured Voice grant. */
#ifndef APP_MINTING_H
#define APP_MINTING_H

#include <stdint.h>

#include "config/config.h"
#include "core/arena.h"
#include "core/error.h"

struct minted_token {
    const char *token;
    const char *identity; /**< the application's spelling, as asked for */
    const char *client;   /**< Twilio's spelling, which callees and webhooks see */
    int64_t expires_at_s;
    int64_t expires_in_s;
    int64_t refresh_after_s; /**< ask for the next one after this many seconds */
};

/**
 * @param ttl_s  0: as configured
 * @param err    INVALID naming identity or ttl
 */
int mint_token(const struct config *config,
               const char *identity,
               int64_t ttl_s,
               int64_t now_ms,
               struct arena *arena,
               struct minted_token *out,
               struct error *err) MUST_USE;

#endif
