/* One exchange with Twilio's REST API, and what it means for what was to be done. */
#ifndef JOBS_TALK_H
#define JOBS_TALK_H

#include "internal.h"
#include "twilio/rest_refusal.h"

enum talk_result {
    TALK_DONE,       /**< 2xx */
    TALK_REFUSED,    /**< Twilio said no: nothing was done */
    TALK_THROTTLED,  /**< 429: nothing was done, ask again later */
    TALK_NEVER_SENT, /**< nothing left this machine */
    TALK_UNKNOWN,    /**< it may have been done: a reset, a time-out, a 5xx */
};

/** Texts live in the attempt's arena. */
struct talk {
    enum talk_result result;
    int http_status; /**< 0 without an answer */
    const char *body;
    size_t body_len;
    int64_t retry_after_ms;      /**< -1: not told */
    struct rest_refusal refusal; /**< with REFUSED and THROTTLED */
    const char *summary;         /**< one line for the timeline, as a form: request, status, code */
    const char *problem;         /**< what went wrong, for people; "" if nothing */
};

/** Send the request and wait for what comes of it. UNAVAILABLE if it was not even tried. */
int talk(const struct attempt *attempt,
         const struct rest_request *request,
         struct talk *out,
         struct error *err) MUST_USE;

/** Turn anything but TALK_DONE into an error for job kinds that may simply be repeated. */
int talk_must_be_done(const struct talk *said, struct error *err) MUST_USE;

/** A timeline entry about this exchange. */
struct timeline_row talk_entry(const struct attempt *attempt,
                               const struct talk *said,
                               enum timeline_kind kind,
                               const char *route);

#endif
