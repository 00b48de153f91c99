/*
 * Cross-origin requests of browsers (WHATWG Fetch, "CORS protocol"): pages of SWITCHHOOK_CORS_ORIGINS may call every
 * route but Twilio's, with credentials, and read every answer, errors too. All others are told nothing, so their
 * browsers keep the answer from them.
 */
#ifndef APP_CORS_H
#define APP_CORS_H

#include "http/request.h"
#include "http/response.h"

struct app;

/** Add the header fields to an answer that is about to be sent, that to a preflight included. */
void cors_add_headers(const struct app *app,
                      const struct request *request,
                      struct response *response);

#endif
