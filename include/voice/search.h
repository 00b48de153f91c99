/*
 * What somebody looks for in transcripts: words, all of which must be there; "several words" in quotation marks must
 * stand side by side; a star behind a word (invoi*) finds what begins like it. Nothing else has a meaning, so nobody's
 * words are taken for an operator.
 */
#ifndef VOICE_SEARCH_H
#define VOICE_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/error.h"

/** A word, or a phrase with spaces between its words. May hold any character but quotation marks. */
struct search_term {
    const char *text;
    bool prefix; /**< its last word is only the beginning of one */
};

struct search_terms {
    struct search_term *items; /**< at least one */
    size_t count;
};

/**
 * Understand what was typed. Words without a letter or digit are left out.
 * @param err  INVALID of the field `q`: longer than LIMIT_SEARCH_BYTES, more than LIMIT_SEARCH_TERMS terms, no word at
 *             all, a beginning shorter than LIMIT_SEARCH_PREFIX_MIN, or no text in UTF-8
 */
int search_terms_read(const char *text,
                      struct arena *arena,
                      struct search_terms *out,
                      struct error *err) MUST_USE;

#endif
