/*
 * How a value is shown in a mistake. Whoever pastes a secret into the wrong variable must not find
 * it in the log afterwards, so everything that looks like one is masked, not only what is known to
 * be one.
 */
#ifndef CONFIG_SRC_MASK_H
#define CONFIG_SRC_MASK_H

#include <stdbool.h>

#include "core/arena.h"

/** The first two characters and the length, never more; of short texts only the length. */
const char *mask_secret(const char *text, struct arena *arena);

/** A value that need not be secret: masked if it looks like a secret, else escaped for a terminal and shortened. */
const char *mask_value(const char *text, struct arena *arena);

/** 20 or more letters and digits in a row, of both kinds: an auth token, a key's secret, a SID. */
bool looks_like_token(const char *text);

/** What the guides write where the reader should put something: `your_auth_token_here`, `ACxxxxxxxx...`. */
bool is_placeholder(const char *text);

/** "an Account SID", ... if the text is a well-formed SID of a kind we know, else NULL. */
const char *confused_sid(const char *text);

#endif
