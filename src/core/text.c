/*
 * Small questions about text.
 */
#include "core/text.h"

#include <string.h>
#include <strings.h>

#include "core/macros.h"
#include "hex_digit.h"

enum { E164_MIN_DIGITS = 7, E164_MAX_DIGITS = 15, SID_HEX_DIGITS = 32 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Length of the plain ASCII at the start, eight bytes at a time: nearly all of what we see is
 * nothing else. */
static size_t ascii_prefix(const char *text, size_t len)
{
    size_t i = 0;
    for (uint64_t word; i + sizeof word <= len; i += sizeof word) {
        memcpy(&word, text + i, sizeof word);
        if ((word & UINT64_C(0x8080808080808080)) != 0)
            break;
    }
    while (i < len && (unsigned char)text[i] < 0x80)
        i++;
    return i;
}

/*
 * One character (RFC 3629 section 4): its code point, and its length in `bytes`; -1 if it is not
 * well-formed. `first` of each row is the lowest code point that needs that many bytes; below it
 * the form is overlong.
 */
static int32_t utf8_character(const unsigned char *text, size_t len, size_t *bytes)
{
    static const struct {
        unsigned char mask;
        unsigned char lead;
        int32_t first;
    } forms[] = {
        {0x80, 0x00, 0x0    },
        {0xE0, 0xC0, 0x80   },
        {0xF0, 0xE0, 0x800  },
        {0xF8, 0xF0, 0x10000}
    };

    for (size_t form = 0; form < ARRAY_LEN(forms); form++) {
        if ((text[0] & forms[form].mask) != forms[form].lead)
            continue;
        if (form >= len)
            return -1;
        int32_t point = text[0] & ~forms[form].mask;
        for (size_t i = 1; i <= form; i++) {
            if ((text[i] & 0xC0U) != 0x80)
                return -1;
            point = point * 64 + (text[i] & 0x3F);
        }
        bool surrogate = point >= 0xD800 && point <= 0xDFFF;
        *bytes = form + 1;
        return point < forms[form].first || surrogate || point > 0x10FFFF ? -1 : point;
    }
    return -1;
}

bool text_is_utf8(const char *text, size_t len)
{
    size_t i = ascii_prefix(text, len);
    while (i < len) {
        size_t bytes = 0;
        if (utf8_character((const unsigned char *)text + i, len - i, &bytes) < 0)
            return false;
        i += bytes;
        i += ascii_prefix(text + i, len - i);
    }
    return true;
}

bool text_is_xml(const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t bytes = 0;
        int32_t point = utf8_character((const unsigned char *)text + i, len - i, &bytes);
        bool space = point == '\t' || point == '\n' || point == '\r';
        if ((point < ' ' && !space) || point == 0xFFFE || point == 0xFFFF)
            return false;
        i += bytes;
    }
    return true;
}

bool text_is_e164(const char *text)
{
    if (text == NULL || text[0] != '+' || text[1] == '0')
        return false;
    size_t digits = 0;
    while (digits <= E164_MAX_DIGITS && is_digit(text[1 + digits]))
        digits++;
    return digits >= E164_MIN_DIGITS && digits <= E164_MAX_DIGITS && text[1 + digits] == '\0';
}

bool text_is_sid(const char *text, const char *prefix)
{
    if (text == NULL || !text_starts_with(text, prefix))
        return false;
    text += strlen(prefix);
    for (size_t i = 0; i < SID_HEX_DIGITS; i++)
        if (hex_digit((unsigned char)text[i]) < 0)
            return false;
    return text[SID_HEX_DIGITS] == '\0';
}

bool text_to_int64(const char *text, int64_t min, int64_t max, int64_t *out)
{
    if (text == NULL)
        return false;
    bool negative = *text == '-';
    const char *digit = text + negative;
    if (!is_digit(*digit) || (*digit == '0' && (negative || digit[1] != '\0')))
        return false;
    int64_t value = 0;
    for (; is_digit(*digit); digit++) {
        int step = negative ? '0' - *digit : *digit - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, step, &value))
            return false;
    }
    if (*digit != '\0' || value < min || value > max)
        return false;
    *out = value;
    return true;
}

bool text_to_bool(const char *text, bool *out)
{
    static const char *const words[][2] = {
        {"false", "true"},
        {"0",     "1"   },
        {"no",    "yes" },
        {"off",   "on"  }
    };

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        for (int value = 0; value <= 1; value++) {
            if (!text_equal_nocase(text, words[i][value]))
                continue;
            *out = value;
            return true;
        }
    }
    return false;
}

bool text_equal(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool text_equal_nocase(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcasecmp(a, b) == 0;
}

bool text_starts_with(const char *text, const char *prefix)
{
    return text != NULL && strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_starts_with_nocase(const char *text, const char *prefix)
{
    return text != NULL && strncasecmp(text, prefix, strlen(prefix)) == 0;
}

bool text_is_empty(const char *text)
{
    return text == NULL || text[0] == '\0';
}

bool text_copy(char *out, size_t out_bytes, const char *text)
{
    ASSERT(out_bytes > 0);
    size_t len = text == NULL ? 0 : strnlen(text, out_bytes);
    bool fits = len < out_bytes;
    if (!fits)
        len = 0;
    if (len > 0)
        memcpy(out, text, len);
    out[len] = '\0';
    return fits;
}

/* Length of the number at the start of `text`, 0 if there is none. */
static size_t number_span(const char *text, const char *punctuation, size_t *digits)
{
    size_t i = 0;
    *digits = 0;
    for (; text[i] != '\0' && (is_digit(text[i]) || strchr(punctuation, text[i]) != NULL); i++)
        *digits += is_digit(text[i]);
    return i;
}

void text_mask_number(char *out, size_t out_bytes, const char *number)
{
    enum { SHOWN_DIGITS = 4, RUN_MIN_DIGITS = 7 };
    ASSERT(out_bytes > 0);
    if (number == NULL)
        number = "";
    /* Punctuation and short numbers count only if the whole text is a number: "agent-12345" is a
     * name. */
    const char *punctuation = "+-(). ";
    size_t digits;
    bool whole = number[number_span(number, punctuation, &digits)] == '\0';
    size_t hidden = 0;
    size_t span_end = 0;
    size_t i = 0;
    for (; number[i] != '\0' && i + 1 < out_bytes; i++) {
        if (i >= span_end) {
            span_end = i + number_span(number + i, whole ? punctuation : "", &digits);
            bool long_enough = digits >= (whole ? SHOWN_DIGITS : RUN_MIN_DIGITS);
            hidden = long_enough ? digits - SHOWN_DIGITS : 0;
        }
        bool hide = hidden > 0 && is_digit(number[i]);
        out[i] = number[i];
        if (hide)
            out[i] = '*';
        hidden -= hide;
    }
    out[i] = '\0';
}
