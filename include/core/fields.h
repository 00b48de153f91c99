/*
 * Ordered name-value pairs, and the application/x-www-form-urlencoded format they travel in.
 *
 * Order and repeats are kept, because Twilio's signature needs them. Text is bytes with a length, and also
 * NUL-terminated: decoding refuses %00, so both views agree.
 */
#ifndef CORE_FIELDS_H
#define CORE_FIELDS_H

#include <stddef.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/error.h"

struct field {
    const char *name;
    size_t name_len;
    const char *value;
    size_t value_len;
};

/** `items` lives in the arena it was decoded into. {0} is the empty set. */
struct fields {
    struct field *items;
    size_t count;
    size_t cap; /**< room at `items`; 0 for an array made by hand: fields_add copies that one */
};

/**
 * Decode `name=value&name=value`: `+` is a space, `%XX` a byte. A pair without `=` has the empty value; empty pairs
 * (`&&`) are skipped.
 *
 * @param max_count  the most pairs taken; more is TOO_LARGE
 * @param out        written only on success
 * @param err        MALFORMED for a bad escape, %00, a raw NUL or bytes that are not UTF-8; TOO_LARGE
 * @return 0 or -1. Any thread.
 */
int fields_decode(const char *text,
                  size_t len,
                  size_t max_count,
                  struct arena *arena,
                  struct fields *out,
                  struct error *err) MUST_USE;

/** First value of that name, or NULL. Names are case-sensitive. */
const char *fields_get(const struct fields *fields, const char *name);

/** First value of that name, or "" (what Twilio sends for "nothing"). */
const char *fields_text(const struct fields *fields, const char *name);

/** How many pairs have that name. */
size_t fields_count(const struct fields *fields, const char *name);

/** Append a pair to `fields` inside `arena`; texts are borrowed. Amortised constant time. */
void fields_add(struct fields *fields, struct arena *arena, const char *name, const char *value);

/** Append `text` percent-encoded: RFC 3986 unreserved bytes stay, everything else is %XX (a space is %20). */
int fields_escape(struct buf *out, const char *text, size_t len);

/** Append the whole set as `name=value&...`. */
int fields_encode(struct buf *out, const struct fields *fields);

/**
 * Percent-decode a path segment in place of a copy: `+` stays. MALFORMED on bad escapes, %00, bad UTF-8.
 * @return the decoded text in `arena`, or NULL with `err` set
 */
char *text_percent_decode(const char *text, size_t len, struct arena *arena, struct error *err);

#endif
