#include "identity.h"

#include <string.h>

#include "core/limits.h"
#include "core/text.h"

int identity_check(const char *text, struct error *err)
{
    const size_t len = strlen(text);
    if (len == 0 || len > LIMIT_IDENTITY_BYTES)
        return error_set(err, ERROR_INVALID, "an identity has 1 to %d bytes", LIMIT_IDENTITY_BYTES);
    if (!text_is_utf8(text, len))
        return error_set(err, ERROR_INVALID, "the identity is not UTF-8");
    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (c <= ' ' || c == 0x7f || c == ',' || c == '=')
            return error_set(err, ERROR_INVALID,
                             "an identity has no spaces, commas or equals signs");
    }
    return 0;
}
