#include "crypto/base64.h"

#include <stdint.h>

enum { NO_DIGIT = 64 };

static const char padding = '=';

struct alphabet {
    const char *digits;
    char digit_62;
    char digit_63;
    bool padded;
};

static const struct alphabet standard = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", '+', '/', true};
static const struct alphabet url_safe = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", '-', '_', false};

static uint32_t digit_value(const struct alphabet *alphabet, char c)
{
    if (c >= 'A' && c <= 'Z')
        return (uint32_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (uint32_t)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0') + 52;
    if (c == alphabet->digit_62)
        return 62;
    return c == alphabet->digit_63 ? 63 : NO_DIGIT;
}

static size_t
encode(const struct alphabet *alphabet, char *out, const unsigned char *data, size_t len)
{
    char *at = out;
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t group = (uint32_t)data[i] << 16;
        if (left > 1)
            group |= (uint32_t)data[i + 1] << 8;
        if (left > 2)
            group |= data[i + 2];
        for (size_t digit = 0; digit < 4; digit++) { /* n bytes need n + 1 digits */
            if (digit <= left)
                *at++ = alphabet->digits[group >> (18 - 6 * digit) & 63];
            else if (alphabet->padded)
                *at++ = padding;
        }
    }
    *at = '\0';
    return (size_t)(at - out);
}

/** Count the characters without padding; false if it is not what the length asks for. */
static bool strip_padding(const char *text, size_t *chars)
{
    if (*chars % 4 != 0)
        return false;
    for (int i = 0; i < 2 && *chars > 0 && text[*chars - 1] == padding; i++)
        --*chars;
    return true;
}

static bool decode(const struct alphabet *alphabet,
                   const char *text,
                   size_t chars,
                   unsigned char *out,
                   size_t out_max,
                   size_t *len)
{
    if (alphabet->padded && !strip_padding(text, &chars))
        return false;
    const size_t bytes = chars / 4 * 3 + (chars % 4 == 0 ? 0 : chars % 4 - 1);
    if (chars % 4 == 1 || bytes > out_max)
        return false;
    uint32_t bits = 0; /* what was read and not yet written, `count` bits of it */
    unsigned count = 0;
    for (size_t i = 0; i < chars; i++) {
        const uint32_t value = digit_value(alphabet, text[i]);
        if (value == NO_DIGIT)
            return false;
        bits = bits << 6 | value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            *out++ = (unsigned char)(bits >> count);
            bits &= (1U << count) - 1;
        }
    }
    if (bits != 0) /* two texts would mean the same bytes */
        return false;
    *len = bytes;
    return true;
}

size_t base64_encode(char *out, const void *data, size_t len)
{
    return encode(&standard, out, data, len);
}

size_t base64url_encode(char *out, const void *data, size_t len)
{
    return encode(&url_safe, out, data, len);
}

bool base64_decode(const char *text, size_t chars, void *out, size_t out_max, size_t *len)
{
    return decode(&standard, text, chars, out, out_max, len);
}

bool base64url_decode(const char *text, size_t chars, void *out, size_t out_max, size_t *len)
{
    return decode(&url_safe, text, chars, out, out_max, len);
}
