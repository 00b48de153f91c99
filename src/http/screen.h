/*
 * What the library lets through and a proxy in front might read differently is refused here, before
 * anybody else looks at the request. Knows no library and no route: a request head as it lies in
 * memory goes in.
 */
#ifndef HTTP_PRIVATE_SCREEN_H
#define HTTP_PRIVATE_SCREEN_H

#include <stddef.h>

#include "core/error.h"

/** One header line as the library took it apart: two texts inside the request head. */
struct raw_header {
    const char *name;
    size_t name_len;
    const char *value;
    size_t value_len;
};

/**
 * A request head where it lies. The library cuts it into texts by writing NULs over what divided
 * them: the space behind the method and the target, the colon, and each of the bytes of a line end.
 *
 *   GET 0 /path 0 HTTP/1.1 00 Host 0 _example.org 00 00
 */
struct raw_head {
    const char *method;       /**< where the head begins */
    size_t bytes;             /**< of the whole head, with its empty line */
    const char *target_place; /**< where the target was, for its address alone: it has been decoded
                                 in place */
    const char *target;       /**< a copy made before that */
    const char *version;      /**< "HTTP/1.1" */
    const struct raw_header *headers;
    size_t header_count;
};

/** What follows the head, as its headers say. Filled only if the head is in order. */
struct raw_framing {
    int chunked;
    unsigned long long content_length; /**< 0 if there is none */
    const char *media_type; /**< value of Content-Type, not trimmed yet; NULL if there is none */
    size_t media_type_len;
};

/**
 * Refuse what is malformed, ambiguous or too much.
 *
 * Source: RFC 9112, sections 2.2, 3.2, 5.1, 5.2, 6.1, 6.3 and 11.2; RFC 9110, section 5.5.
 *
 * @param err  MALFORMED, TARGET_TOO_LONG, HEADERS_TOO_LARGE
 * @return 0 or -1. After -1 the connection must be closed: where the next request begins is not
 * known. Any thread.
 */
int screen_head(const struct raw_head *head, struct raw_framing *out, struct error *err) MUST_USE;

#endif
