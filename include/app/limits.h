/*
 * How often who may do what (SWITCHHOOK_RATE_*): API keys and users by what they are, everybody else by address.
 *
 * Twilio is never refused for rate: routes with its guard are not asked. Credentials are looked at before rates, and only
 * wrong ones count against an address, so whoever guesses from an address does not lock out those who know.
 *
 * Header fields: draft-ietf-httpapi-ratelimit-headers-10, `RateLimit-Policy` and `RateLimit`, on every answer of a limited
 * route; `Retry-After` (RFC 9110) with 429.
 */
#ifndef APP_LIMITS_H
#define APP_LIMITS_H

#include "core/error.h"
#include "core/metrics.h"
#include "http/request.h"
#include "http/response.h"

struct app;
struct limits;

/** Never NULL. */
struct limits *limits_create(struct metrics *metrics);

/** Takes NULL. */
void limits_free(struct limits *limits);

/** The server's `admit`: one more request of this caller, or of this address where nobody is asked who they are. */
int limits_admit(struct app *app, struct request *request, struct error *err) MUST_USE;

/** One more access token of this caller for `identity`. RATE_LIMITED. */
int limits_take_token(struct app *app,
                      struct request *request,
                      const char *identity,
                      struct error *err) MUST_USE;

/** One more call that this caller places. RATE_LIMITED. */
int limits_take_call(struct app *app, struct request *request, struct error *err) MUST_USE;

/**
 * One more try of somebody at this address whose credential can be guessed: taken from the refused ones before anybody is
 * asked, so that however many come at once, no more of them are tried. RATE_LIMITED. One that was no refusal is given back.
 */
int limits_take_guess(struct app *app, struct request *request, struct error *err) MUST_USE;
void limits_give_guess_back(struct app *app, struct request *request);

/** One more refused credential of this address, unless it was taken as a guess: `err` becomes RATE_LIMITED when there were too many. */
void limits_take_failure(struct app *app, struct request *request, struct error *err);

/** The same for who has shown none: one more request that needs no credentials. */
void limits_take_stranger(struct app *app, struct request *request, struct error *err);

/** Add the header fields for whatever rates this request has been held against. */
void limits_add_headers(const struct request *request, struct response *response);

#endif
