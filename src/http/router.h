/*
 * The router's inner side: finding the row of a request.
 */
#ifndef HTTP_PRIVATE_ROUTER_H
#define HTTP_PRIVATE_ROUTER_H

#include <stdbool.h>

#include "core/fields.h"
#include "http/route.h"
#include "target.h"

struct router_match {
    const struct route *route; /**< NULL: no row has this path and method */
    size_t index;              /**< of the row, in order of registration */
    unsigned allowed;          /**< methods of every row with this path; 0: nobody knows the path */
    struct fields params;
};

/**
 * Find the row. HEAD finds the GET row. Where the best row has another method, a less exact one
 * that has it answers. Names of parameters are borrowed from the router, values from `target`.
 */
void router_match(const struct router *router,
                  enum http_method method,
                  const struct target *target,
                  struct arena *arena,
                  struct router_match *out);

size_t router_count(const struct router *router);
const struct route *router_row(const struct router *router, size_t index);

/** "GET" and so on; "-" for what is none of ours. */
const char *http_method_name(enum http_method method);

#endif
