/*
 * Which credential does a request bring? Only its form is looked at here, never whether it is right.
 *
 *     Authorization: Bearer shk_...   or X-API-Key   an API key
 *     Authorization: Bearer (else)    or the cookie  a user's token, where jwt is on
 *     a cookie, or another Authorization             for the application to look at, where forward is on
 *
 * The first that is there is the one that counts: a wrong one is an error and never a reason to try a weaker one.
 */
#ifndef APP_CREDENTIAL_H
#define APP_CREDENTIAL_H

#include <stdbool.h>

#include "config/config.h"
#include "http/request.h"

enum credential_kind {
    CREDENTIAL_KEY,     /**< `text` is an API key */
    CREDENTIAL_TOKEN,   /**< `text` is a user's token */
    CREDENTIAL_FORWARD, /**< `cookie`, `authorization` or both are for the application */
};

struct credential {
    enum credential_kind kind;
    const char *text;
    const char *cookie;        /**< the whole header, or NULL */
    const char *authorization; /**< the whole header, or NULL */
    bool
        by_cookie; /**< a browser may have sent it by itself, whatever page asked it to: Origin must say which */
};

/**
 * @param err  UNAUTHENTICATED if there is none, or one of a kind that is not taken here; MALFORMED if there is more than
 *             one of a kind. The message says which ways are open.
 */
int credential_find(const struct config *config,
                    const struct request *request,
                    struct credential *out,
                    struct error *err) MUST_USE;

#endif
