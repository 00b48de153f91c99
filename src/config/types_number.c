/* Values that are one number, and yes or no. */
#include <ctype.h>
#include <string.h>

#include "core/macros.h"
#include "core/text.h"
#include "options.h"

static int out_of_range(const struct option *option, const char *text, struct error *err)
{
    int64_t any;
    if (text_to_int64(text, INT64_MIN, INT64_MAX, &any))
        return error_set(err, ERROR_INVALID, "it is not within %lld and %lld",
                         (long long)option->min, (long long)option->max);
    return error_set(err, ERROR_INVALID, "it is not a whole number");
}

static void expect_number(const struct option *option, struct buf *out)
{
    buf_printf(out, "a whole number%s%s from %lld to %lld", option->unit != NULL ? " of " : "",
               option->unit != NULL ? option->unit : "", (long long)option->min,
               (long long)option->max);
}

/* ---- counts: unsigned ---- */

static int parse_count(const struct option *option,
                       const char *text,
                       struct arena *arena,
                       void *member,
                       struct error *err)
{
    (void)arena;
    int64_t number;
    if (!text_to_int64(text, option->min, option->max, &number))
        return out_of_range(option, text, err);
    *(unsigned *)member = (unsigned)number;
    return 0;
}

static void print_count(const struct option *option, const void *member, struct buf *out)
{
    (void)option;
    buf_printf(out, "%u", *(const unsigned *)member);
}

const struct option_type option_type_count = {
    .name = "number",
    .bytes = sizeof(unsigned),
    .parse = parse_count,
    .print = print_count,
    .expect = expect_number,
};

/* ---- milliseconds and seconds: int64_t ---- */

static int parse_duration(const struct option *option,
                          const char *text,
                          struct arena *arena,
                          void *member,
                          struct error *err)
{
    (void)arena;
    int64_t number;
    if (!text_to_int64(text, option->min, option->max, &number))
        return out_of_range(option, text, err);
    *(int64_t *)member = number;
    return 0;
}

static void print_duration(const struct option *option, const void *member, struct buf *out)
{
    (void)option;
    buf_printf(out, "%lld", (long long)*(const int64_t *)member);
}

const struct option_type option_type_duration = {
    .name = "duration",
    .bytes = sizeof(int64_t),
    .parse = parse_duration,
    .print = print_duration,
    .expect = expect_number,
};

/* ---- bytes: size_t, with an optional KiB, MiB or GiB ---- */

static const struct {
    const char *suffix;
    int64_t bytes;
} byte_units[] = {
    {"KiB", 1024            },
    {"MiB", INT64_C(1) << 20},
    {"GiB", INT64_C(1) << 30},
    {"",    1               },
};

static int parse_bytes(const struct option *option,
                       const char *text,
                       struct arena *arena,
                       void *member,
                       struct error *err)
{
    size_t digits = 0;
    while (isdigit((unsigned char)text[digits]))
        digits++;
    const char *suffix = text + digits + strspn(text + digits, " ");
    const char *number_text = arena_copy(arena, text, digits);
    for (size_t i = 0; i < ARRAY_LEN(byte_units); i++) {
        int64_t number;
        if (!text_equal(suffix, byte_units[i].suffix))
            continue;
        if (!text_to_int64(number_text, 0, option->max / byte_units[i].bytes, &number) ||
            number * byte_units[i].bytes < option->min)
            return out_of_range(option, number_text, err);
        *(size_t *)member = (size_t)(number * byte_units[i].bytes);
        return 0;
    }
    return error_set(err, ERROR_INVALID, "it is not a number of bytes");
}

static void print_bytes(const struct option *option, const void *member, struct buf *out)
{
    (void)option;
    buf_printf(out, "%zu", *(const size_t *)member);
}

static void expect_bytes(const struct option *option, struct buf *out)
{
    expect_number(option, out);
    buf_puts(out, ", or with KiB, MiB or GiB behind it");
}

const struct option_type option_type_bytes = {
    .name = "size",
    .bytes = sizeof(size_t),
    .parse = parse_bytes,
    .print = print_bytes,
    .expect = expect_bytes,
};

/* ---- yes or no ---- */

static int parse_bool(const struct option *option,
                      const char *text,
                      struct arena *arena,
                      void *member,
                      struct error *err)
{
    (void)option;
    (void)arena;
    bool value;
    if (!text_to_bool(text, &value))
        return error_set(err, ERROR_INVALID, "it is neither true nor false");
    *(bool *)member = value;
    return 0;
}

static void print_bool(const struct option *option, const void *member, struct buf *out)
{
    (void)option;
    buf_puts(out, *(const bool *)member ? "true" : "false");
}

static void expect_bool(const struct option *option, struct buf *out)
{
    (void)option;
    buf_puts(out, "true or false");
}

const struct option_type option_type_bool = {
    .name = "yes or no",
    .bytes = sizeof(bool),
    .parse = parse_bool,
    .print = print_bool,
    .expect = expect_bool,
};
