/*
 * Reading bodies that clients send.
 */
#ifndef HTTP_BODY_H
#define HTTP_BODY_H

#include <jansson.h>

#include "http/request.h"

/**
 * The body as a JSON object, whatever dialect: UTF-8, no duplicate members, no NUL, nothing behind it.
 *
 * @return a new reference, or NULL with `err`: UNSUPPORTED_TYPE if the media type is not application/json (an empty
 *         body with that type or none is the empty object), MALFORMED with line and column, INVALID if it is no object
 */
json_t *request_json(const struct request *request, struct error *err);

/**
 * Make the members of a JSON object the form of a request, so that whoever reads fields finds them: texts as they are,
 * other values as JSON text. Any other body leaves no fields. For bodies that are known to be whole and signed.
 *
 * @return 0, or -1 with TOO_LARGE if there are more members than a form may have fields
 */
int request_form_of_json(struct request *request, struct error *err) MUST_USE;

/** The fields of a webhook: the form, or for GET and HEAD the query. */
const struct fields *request_fields(const struct request *request);

#endif
