/*
 * Which pages may call us from a browser with the user's credentials: those of SWITCHHOOK_CORS_ORIGINS. One rule for
 * CORS (who may read our answers) and for callers that are known by a cookie (who may change something).
 */
#ifndef APP_ORIGINS_H
#define APP_ORIGINS_H

#include <stdbool.h>

#include "config/config.h"
#include "http/request.h"

/**
 * Is this `Origin`, as a browser sent it, in the list? Compared byte by byte: browsers write scheme and host in lower
 * case and leave a default port out, and so does the list. NULL, "" and "null" (a sandboxed frame, a file) never are.
 */
bool origin_is_listed(const struct config *config, const char *origin);

/** Is it the origin under which we are reached ourselves (TWILIO_WEBHOOK_BASE_URL)? */
bool origin_is_own(const struct config *config, const char *origin);

/**
 * The rule for callers whom a browser has named by itself (a cookie): any page can make it do that, so the request must
 * come from a page of ours or of the list.
 *
 * What changes something (all but GET and HEAD) needs an Origin that is our own, in the list, or that of the request's
 * own Host (http only where we are reached by http, or at loopback). None, or `null`, is not enough. What only reads is
 * refused if the browser says that another site's page asks: a foreign Origin, or Sec-Fetch-Site `cross-site` or
 * `same-site` without one.
 *
 * @param err  WRONG_ORIGIN
 */
int origin_check_cookie(const struct config *config,
                        const struct request *request,
                        struct error *err) MUST_USE;

#endif
