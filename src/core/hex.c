/*
 * Hexadecimal text.
 */
#include "core/hex.h"

#include "hex_digit.h"

void hex_encode(char *out, const void *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *bytes = data;
    for (size_t i = 0; i < len; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15U];
    }
    *out = '\0';
}

bool hex_decode(const char *text, void *out, size_t len)
{
    unsigned char *bytes = out;
    for (size_t i = 0; i < len; i++) {
        int high = hex_digit((unsigned char)text[2 * i]);
        int low = high < 0 ? -1 : hex_digit((unsigned char)text[2 * i + 1]);
        if (low < 0)
            return false;
        bytes[i] = (unsigned char)(high * 16 + low);
    }
    return text[2 * len] == '\0';
}
