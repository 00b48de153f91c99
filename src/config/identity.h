/* What an identity in the settings may look like; which of them Twilio takes as they are is decided
 * elsewhere. */
#ifndef CONFIG_SRC_IDENTITY_H
#define CONFIG_SRC_IDENTITY_H

#include "core/error.h"

/**
 * INVALID unless `text` is 1 to LIMIT_IDENTITY_BYTES bytes of UTF-8 without spaces, control characters, `,` or `=`.
 */
int identity_check(const char *text, struct error *err);

#endif
