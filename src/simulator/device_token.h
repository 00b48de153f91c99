/* The access token that a browser shows: what it says, or Twilio's reason not to believe it. */
#ifndef SIMULATOR_DEVICE_TOKEN_H
#define SIMULATOR_DEVICE_TOKEN_H

#include <jansson.h>

#include "world.h"

/** Error codes of the signalling, as the SDK knows them (its errors/generated). */
enum signal_error {
    SIGNAL_APPLICATION_NOT_FOUND = 31001,
    SIGNAL_DECLINED = 31002,
    SIGNAL_MALFORMED = 31100,
    SIGNAL_BAD_IDENTITY = 31105,
    SIGNAL_NOT_AUTHORIZED = 31201,
    SIGNAL_BAD_SIGNATURE = 31202,
    SIGNAL_NO_ACCOUNT = 31203,
    SIGNAL_BAD_TOKEN = 31204,
    SIGNAL_EXPIRED = 31205,
    SIGNAL_TOO_MANY = 31206,
    SIGNAL_TOO_LONG = 31207,
    SIGNAL_NO_RECONNECT = 31209,
};

/** What a token allows. Texts are owned. {0} holds nothing. */
struct device_grant {
    char *identity;
    char *app_sid;      /**< whose TwiML answers its calls; NULL: it may not call */
    json_t *params;     /**< what goes with every call it places; may be NULL */
    bool incoming;      /**< may register */
    int64_t expires_ms; /**< wall */
};

void device_grant_release(struct device_grant *grant);

/**
 * Check a token as Twilio does.
 *
 * @param out  written only on success; give it to device_grant_release
 * @param err  with the signal_error in twilio_code
 * @return 0 or -1
 */
int device_token_read(const struct sim *sim,
                      const char *token,
                      struct device_grant *out,
                      struct error *err) MUST_USE;

#endif
