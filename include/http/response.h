/*
 * A response in the making. Starts as 200 without a body. Texts given here are borrowed until the answer is sent:
 * literals or memory of the request's arena.
 */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "core/error.h"
#include "http/request.h"

enum { RESPONSE_HEADERS_MAX = 32 };

struct response_header {
    const char *name;
    const char *value;
};

struct response {
    int status;
    const char *content_type; /**< NULL: no body */
    const char *body;
    size_t body_len;
    struct response_header headers[RESPONSE_HEADERS_MAX];
    size_t header_count;
    bool abort; /**< see response_abort */
};

/**
 * Add a header; a repeated name is sent twice. More than RESPONSE_HEADERS_MAX is a broken promise. An empty value or a
 * line break cannot be sent: the answer becomes 500. X-Request-Id, Date, Content-Length and Connection are the server's.
 */
void response_header(struct response *response, const char *name, const char *value);

/** Is there a header of that name (case-insensitive)? */
bool response_has_header(const struct response *response, const char *name);

/** Status and a body of any type; `body` is borrowed. */
void response_body(
    struct response *response, int status, const char *content_type, const char *body, size_t len);

/** The same for NUL-terminated text. */
void response_text(struct response *response,
                   int status,
                   const char *content_type,
                   const char *text);

/** For HEAD alone, where the body is not at hand: what a GET would say of it. */
void response_length(struct response *response, int status, const char *content_type, size_t len);

/** Status alone; 204 and the like. */
void response_empty(struct response *response, int status);

/** No answer at all: the connection is reset, as a failing peer would do it. For whoever plays one. */
void response_abort(struct response *response);

/** JSON, compact, in the request's arena. Takes the reference `json` over (also when it is NULL: then 500 is set). */
void response_json(const struct request *request,
                   struct response *response,
                   int status,
                   json_t *json);

#endif
