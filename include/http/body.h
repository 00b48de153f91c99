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

/** The fields of a webhook: the form, or for GET and HEAD the query. */
const struct fields *request_fields(const struct request *request);

#endif
