/*
 * Whom to ring: what a person, a frontend or a configuration wrote, understood or refused.
 *
 *   +14155550100        a number (E.164)
 *   client:alice        an identity in Twilio's own spelling
 *   alice, jo@x.example an identity in the application's spelling; mapped by whoever renders it
 *   911, 112, ...       an emergency number: always refused, this phone cannot reach them
 *
 * Digits alone, seven or more, are a number that lacks its `+` and country code, not an identity:
 * ringing nobody would be the worse answer. An application whose identities look like that writes
 * `client:`.
 */
#ifndef VOICE_TARGET_H
#define VOICE_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "core/text_list.h"

enum target_kind {
    TARGET_NOBODY,       /**< empty */
    TARGET_NUMBER,       /**< text is E.164 */
    TARGET_CLIENT,       /**< text is the identity in Twilio's spelling, without `client:` */
    TARGET_IDENTITY,     /**< text is the identity in the application's spelling */
    TARGET_EMERGENCY,    /**< refused */
    TARGET_NOT_A_NUMBER, /**< digits or punctuation of a phone number, but not E.164 */
    TARGET_NOT_ALLOWED,  /**< sip:, app:, control characters, too long: nothing we ring */
};

struct target {
    enum target_kind kind;
    const char *text; /**< borrowed from the input */
};

/** Understand `text` (NULL is nobody). Pure. */
struct target target_of(const char *text, const struct text_list *emergency_numbers);

/** Is it one of the emergency numbers, whatever punctuation, `+` or `tel:` is around the digits? */
bool target_is_emergency(const char *text, const struct text_list *emergency_numbers);

#endif
