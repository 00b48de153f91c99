/*
 * Which pages may call us from a browser with the user's credentials: those of SWITCHHOOK_CORS_ORIGINS. One rule for
 * CORS (who may read our answers) and for callers that are known by a cookie (who may change something).
 */
#ifndef APP_ORIGINS_H
#define APP_ORIGINS_H

#include <stdbool.h>

#include "config/config.h"

/**
 * Is this `Origin`, as a browser sent it, in the list? Compared byte by byte: browsers write scheme and host in lower
 * case and leave a default port out, and so does the list. NULL, "" and "null" (a sandboxed frame, a file) never are.
 */
bool origin_is_listed(const struct config *config, const char *origin);

/** Is it the origin under which we are reached ourselves (TWILIO_WEBHOOK_BASE_URL)? */
bool origin_is_own(const struct config *config, const char *origin);

#endif
