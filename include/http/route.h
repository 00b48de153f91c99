/*
 * A route is a row: what it is called by, who may call it, how much it may say, who answers.
 * Routes are data; the router is built from tables of them once, at start.
 */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include <stddef.h>

#include "core/error.h"

struct arena;
struct app;      /**< only a name here: what handlers work with, see app/app.h */
struct request;  /**< http/request.h */
struct response; /**< http/response.h */

enum http_method {
    HTTP_GET = 1 << 0,
    HTTP_HEAD = 1 << 1, /**< never in a row: answered by the GET row without its body */
    HTTP_POST = 1 << 2,
    HTTP_PUT = 1 << 3,
    HTTP_PATCH = 1 << 4,
    HTTP_DELETE = 1 << 5,
    HTTP_OPTIONS = 1 << 6, /**< in a row only if it answers itself; else answered from the table */
};

/**
 * Answer a request. Parse, decide, then either render into `response` and return 0, or hand over with request_await
 * and return 0. -1 with `err` set: the route's dialect renders the error. Runs on a request thread and never waits.
 */
typedef int
handler_fn(struct app *app, struct request *request, struct response *response, struct error *err);

/**
 * May this request go on? 0 or -1 with `err` set. May also request_await (forward auth, key sets): after the wake-up
 * the function given to request_await continues the guard, with a NULL-free `response` it must not use.
 */
typedef int guard_fn(struct app *app, struct request *request, struct error *err);

/** Who may call. `head` runs before the body is read, `body` after it; either may be NULL, never both. */
struct guard {
    const char *name; /**< for the table's test and /openapi.json: "key", "twilio", "open", ... */
    guard_fn *head;
    guard_fn *body;
};

/** Turn an error into the response that this family of clients understands. Never fails. */
typedef void render_error_fn(struct app *app,
                             const struct request *request,
                             const struct error *err,
                             struct response *response);

/** A family of paths that speaks one language: its errors, and in `data` whatever its handlers look up. */
struct dialect {
    const char *name; /**< "native", "kin", ... */
    render_error_fn *render_error;
    const void *data; /**< NULL, or a struct dialect_shape (app/dialect.h) */
};

/** What /openapi.json says of a row; texts are JSON (schemas) or plain English (summary). Any may be NULL. */
struct route_doc {
    const char *summary;
    const char *request_type; /**< "application/json", "application/x-www-form-urlencoded" */
    const char *request_schema;
    const char *response_type; /**< of a success; NULL: no body */
    const char *response_schema;
    const char *text_type;  /**< a second type of a success, as text; NULL: none */
    const char *parameters; /**< JSON array of query parameters */
    int success_status;     /**< 0 means 200 */
    int accepted_status;    /**< a second success of the same shape (202, 206); 0: none */
};

/**
 * One row. `path` is exact ("/calls"), has parameters that match one non-empty segment ("/calls/{id}"), or ends in
 * a prefix ("/webhook/" followed by `*`) that matches everything below and the bare prefix without its slash.
 * Exact beats parameter beats prefix.
 */
struct route {
    unsigned methods;
    const char *path;
    const struct guard *guard;
    size_t body_max_bytes;         /**< 0: a body is refused with 413 */
    const struct dialect *dialect; /**< NULL: native */
    handler_fn *handle;
    const struct route_doc *doc;
};

struct route_table {
    const char *name;
    const struct route *rows;
    size_t count;
};

/** A table in its place: `prefix` ("/old", or "" or NULL for none) stands before the path of each of its rows. */
struct route_mount {
    const struct route_table *table;
    const char *prefix;
};

struct router;

/**
 * Build a router. Fails with CONFLICT naming both rows and their tables if two of them collide (same method and same
 * path up to parameter names), INVALID for a row without guard, handler or legal path. The tables are borrowed for its
 * life, the prefixes are not; rows below a prefix are copies whose path is the whole one.
 */
int router_create_mounted(const struct route_mount *mounts,
                          size_t count,
                          struct router **out,
                          struct error *err) MUST_USE;

/** The same with no prefixes. */
int router_create(const struct route_table *const *tables,
                  size_t count,
                  struct router **out,
                  struct error *err) MUST_USE;
void router_free(struct router *router);

/**
 * The row that answers this method at the address of the request, or NULL: for what is asked about an address (a
 * preflight, another method's error). NULL too if the address cannot be read.
 */
const struct route *
router_find(const struct router *router, const struct request *request, enum http_method method);

/** Methods in the form of an Allow header, HEAD added to GET, OPTIONS to all. */
const char *router_allow(unsigned methods, struct arena *arena);

/** The method of that name, or 0. Names are case-sensitive (RFC 9110, 9.1). */
enum http_method http_method_of(const char *name);

/** Call `each` for every row in order of registration, for tests and /openapi.json. */
void router_walk(const struct router *router,
                 void (*each)(const struct route *row, void *context),
                 void *context);

#endif
