/*
 * A body as it arrives, piece by piece, into a request's arena and never beyond its limit.
 */
#ifndef HTTP_PRIVATE_COLLECT_H
#define HTTP_PRIVATE_COLLECT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"

/** How much of a body that is refused already is read and thrown away before the connection is cut.
 */
enum { COLLECT_EXCESS_BYTES = 64 * 1024 };

/** Start with collect_init. `data` is NUL-terminated once something has arrived. */
struct collect {
    char *data;
    size_t len;
    size_t cap;
    size_t max_bytes;
    size_t expected_bytes;
    size_t excess;   /**< bytes thrown away */
    bool overflowed; /**< the body is larger than max_bytes; what had arrived is forgotten */
};

/** @param expected_bytes  what Content-Length says, 0 if nobody knows; at most `max_bytes` */
void collect_init(struct collect *collect, size_t max_bytes, size_t expected_bytes);

/** Take a piece; -1 if the peer goes on too long after the limit: cut it off. */
int collect_take(struct collect *collect, struct arena *arena, const char *data, size_t bytes);

/** Throw a piece away; -1 as above. */
int collect_discard(struct collect *collect, size_t bytes);

#endif
