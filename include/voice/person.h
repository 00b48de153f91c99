/*
 * A person, as far as texts name one: by a phone number in any written form, or by an identity of the application. For
 * finding and removing what is known of somebody. Pure functions, any thread.
 *
 * A `who` is one text: a number in E.164 ("+14155550100"), or the names of an identity with line breaks between them (as
 * the application calls it, and as Twilio does).
 *
 * A number is found with or without its plus, with separators between its digits, escaped for a URL or not, and, in
 * countries with +1, without the 1; never within a longer number. An identity is found where it is told to be one:
 * client:NAME, user:NAME, "identity":"NAME", identity=NAME.
 */
#ifndef VOICE_PERSON_H
#define VOICE_PERSON_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"

/** What stands where somebody was named. */
#define PERSON_ERASED "erased"

/** The first place in `text` that names the person: its beginning and `*length`, or NULL. Text may be NULL. */
const char *person_find(const char *who, const char *text, size_t *length);

/** Is that the person's own address or name, and nothing else? */
bool person_is(const char *who, const char *text);

/** The text with PERSON_ERASED in the place of each name; `text` itself if there is none. In `arena`. */
const char *person_mask(const char *who, const char *text, struct arena *arena);

/** How a person may be shown: the last two digits of a number, the first letter of an identity. In `arena`. */
const char *person_hint(const char *who, struct arena *arena);

#endif
