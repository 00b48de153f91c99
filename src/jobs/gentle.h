/* The pace at which Twilio is asked for what nobody waits for: a token bucket, shared by all workers of the lane. */
#ifndef JOBS_GENTLE_H
#define JOBS_GENTLE_H

#include "talk.h"

struct gentle;

/** `per_second` requests on the average, and as many at once. */
struct gentle *gentle_create(unsigned per_second);

/** Takes NULL. */
void gentle_free(struct gentle *gentle);

/** Take a token: 0, or how many milliseconds there is none yet. Any thread. */
int64_t gentle_take(struct gentle *gentle, int64_t now_ms);

/** Twilio has asked to wait (429): nobody asks before `until_ms`. Any thread. */
void gentle_hold(struct gentle *gentle, int64_t until_ms);

/**
 * talk, when it is this request's turn. 429 holds everybody up for as long as Twilio says, at least a second.
 * @param err  RATE_LIMITED if the turn is too far away for this attempt's lease; UNAVAILABLE when stopping
 */
int talk_gently(const struct attempt *attempt,
                const struct rest_request *request,
                struct talk *out,
                struct error *err) MUST_USE;

#endif
