/*
 * Reading a JSON object from a client by one table: each member's name, type, limits. Every mistake names its field.
 */
#ifndef API_INPUT_H
#define API_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/arena.h"
#include "core/error.h"

enum input_type {
    INPUT_TEXT,   /**< const char *; min and max are bytes */
    INPUT_INT,    /**< int64_t within [min, max] */
    INPUT_BOOL,   /**< bool */
    INPUT_OBJECT, /**< json_t *, borrowed from the input */
    INPUT_ARRAY,  /**< the same; min and max are its items */
};

struct input_field {
    const char *name;
    enum input_type type;
    size_t
        offset; /**< of the member in the struct that is filled; left alone if the field is absent or null */
    int64_t min;
    int64_t max;
};

/** Is there a field of that name? */
bool input_knows(const struct input_field *fields, size_t count, const char *name);

/**
 * Fill `out` from `object`; texts are borrowed from it.
 * @param err  INVALID naming the field: unknown, of the wrong type, outside its limits
 */
int input_read(json_t *object,
               const struct input_field *fields,
               size_t count,
               void *out,
               struct error *err) MUST_USE;

#endif
