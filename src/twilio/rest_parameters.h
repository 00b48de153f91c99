/*
 * How a plain struct becomes form parameters: one row for each, said once. Private to rest*.c.
 */
#ifndef TWILIO_REST_PARAMETERS_H
#define TWILIO_REST_PARAMETERS_H

#include <stddef.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/fields.h"
#include "value.h"

/* What the member of the struct is. */
enum parameter_form {
    PARAMETER_TEXT,   /* const char *, NULL: not given */
    PARAMETER_LIST,   /* the same; each word is a parameter of its own */
    PARAMETER_NUMBER, /* int, 0: not given */
    PARAMETER_CHOICE, /* enum rest_choice */
    PARAMETER_SINCE,  /* int64_t milliseconds, 0: not given; the second it lies in */
    PARAMETER_UNTIL,  /* the same; the second after it, if it lies in one */
};

struct parameter {
    const char *name; /* as Twilio spells it, with the operator of a filter */
    enum parameter_form form;
    size_t offset;
    struct value_type type; /* of texts, lists and numbers */
};

/* A row. INPUT is defined as the name of the struct around a table of them. */
/* clang-format off */
#define TEXT(name, member, ...) {name, PARAMETER_TEXT, offsetof(struct INPUT, member), {__VA_ARGS__}}
#define LIST(name, member, all) {name, PARAMETER_LIST, offsetof(struct INPUT, member), {.kind = VALUE_SOME_OF, .words = (all)}}
#define NUMBER(name, member, least, most) {name, PARAMETER_NUMBER, offsetof(struct INPUT, member), {.kind = VALUE_INT, .min = (least), .max = (most)}}
#define CHOICE(name, member) {name, PARAMETER_CHOICE, offsetof(struct INPUT, member), {0}}
#define SINCE(name, member) {name, PARAMETER_SINCE, offsetof(struct INPUT, member), {0}}
#define UNTIL(name, member) {name, PARAMETER_UNTIL, offsetof(struct INPUT, member), {0}}
#define METHOD(name, member) TEXT(name, member, .kind = VALUE_ONE_OF, .words = "GET POST")
#define URL(name, member) TEXT(name, member, .kind = VALUE_WEB_URL)
#define ONE_OF(name, member, all) TEXT(name, member, .kind = VALUE_ONE_OF, .words = (all))
#define SID(name, member, prefix) TEXT(name, member, .kind = VALUE_SID, .words = (prefix))
/* clang-format on */

/**
 * Check what is given in `input` and append it to `out`; texts are borrowed or in the arena.
 * @param err  INVALID, naming the parameter
 */
int parameters_collect(const struct parameter *rows,
                       size_t count,
                       const void *input,
                       struct arena *arena,
                       struct fields *out,
                       struct error *err) MUST_USE;

#endif
