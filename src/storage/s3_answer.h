/*
 * What an S3-compatible store answers: small XML documents of elements without attributes that matter, read with a scan for the
 * few elements that we need. No document is built, nothing nests, no entity but the five of XML is known; whatever does not
 * look as expected is "not there". Everything here comes from outside.
 */
#ifndef STORAGE_S3_ANSWER_H
#define STORAGE_S3_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

/** A piece of an answer. */
struct s3_text {
    const char *data;
    size_t len;
};

/**
 * The text of the first element of that name in `in`: from behind `<name>` (or `<name ...>`) to `</name>`, as it is. For an element
 * that holds others, this is where to look for them.
 */
bool s3_element(struct s3_text in, const char *name, struct s3_text *out);

/** The same, `in` being moved behind the element: for lists. */
bool s3_next_element(struct s3_text *in, const char *name, struct s3_text *out);

/**
 * The same as a text with the five entities of XML resolved; "" and false if there is none, it does not fit, or holds control
 * characters, markup or another entity.
 */
bool s3_value(struct s3_text in, const char *name, char *out, size_t out_bytes);

#endif
