/*
 * What every answer says to browsers about itself. A field that a handler has set stays as it is.
 */
#ifndef APP_SECURITY_HEADERS_H
#define APP_SECURITY_HEADERS_H

#include "config/config.h"
#include "http/request.h"
#include "http/response.h"

/** Add them to an answer that is about to be sent. */
void security_headers_add(const struct config *config,
                          const struct request *request,
                          struct response *response);

#endif
