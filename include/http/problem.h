/*
 * The native rendering of an error: application/problem+json (RFC 9457) with members type, title, status, detail,
 * code, request_id, and field, limit, retry_after, twilio_code, twilio_more_info, twilio_message where they apply. From status 500 on `detail`
 * is left out, the log has it, unless it is Twilio that refused.
 */
#ifndef HTTP_PROBLEM_H
#define HTTP_PROBLEM_H

#include "http/response.h"

/** The native dialect's render_error_fn. */
void problem_render(struct app *app,
                    const struct request *request,
                    const struct error *err,
                    struct response *response);

/** The members that are no prose: code, request_id, and field and those of Twilio's where they apply. */
void problem_add_facts(json_t *problem, const struct request *request, const struct error *err);

/** The native dialect itself. */
extern const struct dialect http_dialect_native;

#endif
