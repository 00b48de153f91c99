/*
 * A request target taken apart: the segments that the router compares, the path that handlers read,
 * and the query, still encoded. Everything lives in the arena that was given.
 */
#ifndef HTTP_PRIVATE_TARGET_H
#define HTTP_PRIVATE_TARGET_H

#include <stddef.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/limits.h"

struct target {
    const char *path; /**< decoded, joined with `/` again */
    size_t segment_count;
    const char *segments[LIMIT_PATH_SEGMENTS]; /**< decoded; "/" has none, "/a/" has "a" and "" */
    const char *query;                         /**< without its `?`; "" if there is none */
    size_t query_len;
};

/**
 * Take an origin-form target apart.
 *
 * Segments are divided before they are decoded, so `%2F` is a character of a segment and never a
 * divider.
 *
 * @param raw  begins with `/` (screen.c has seen to that)
 * @param err  MALFORMED for a bad escape, text that is not UTF-8, or a segment `.` or `..`;
 *             NOT_FOUND for more than LIMIT_PATH_SEGMENTS segments, which no row has
 * @return 0 or -1. Any thread.
 */
int target_parse(const char *raw,
                 struct arena *arena,
                 struct target *out,
                 struct error *err) MUST_USE;

#endif
