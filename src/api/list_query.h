/*
 * The query of a list: each parameter's name and how it is taken, by one table. Every mistake names its parameter.
 */
#ifndef API_LIST_QUERY_H
#define API_LIST_QUERY_H

#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/fields.h"

enum { LIST_LIMIT_DEFAULT = 50, LIST_LIMIT_MAX = 200 };

#define LIST_TIME_EXPECTED "a time such as 2026-01-31T12:00:00Z"
#define LIST_LIMIT_EXPECTED "an integer from 1 to 200"
#define LIST_CURSOR_EXPECTED "the next_cursor of the page before"

/** What every list takes, as OpenAPI has it: behind the parameters of its own. */
#define LIST_PARAMETERS                                                                            \
    "{\"name\":\"since\",\"in\":\"query\",\"schema\":{\"type\":\"string\",\"format\":"             \
    "\"date-time\"}},"                                                                             \
    "{\"name\":\"until\",\"in\":\"query\",\"schema\":{\"type\":\"string\",\"format\":"             \
    "\"date-time\"}},"                                                                             \
    "{\"name\":\"limit\",\"in\":\"query\",\"schema\":{\"type\":\"integer\",\"minimum\":1,"         \
    "\"maximum\":200,\"default\":50}},"                                                            \
    "{\"name\":\"cursor\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}}"

struct list_parameter {
    const char *name;
    int (*set)(void *filter, const char *value); /**< -1: it is not as expected */
    const char *expected;
};

/** Take the query into `filter`. INVALID for what is unknown, given twice, or not as expected. */
int list_query_read(const struct fields *query,
                    const struct list_parameter *parameters,
                    size_t count,
                    void *filter,
                    struct error *err) MUST_USE;

/* For set functions: 0, or -1. */

int list_since(const char *value, int64_t *since_ms) MUST_USE;
int list_until(const char *value, int64_t *until_ms) MUST_USE;
int list_limit(const char *value, size_t *limit) MUST_USE;

#endif
