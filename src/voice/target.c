#include "voice/target.h"

#include <string.h>

#include "core/limits.h"
#include "core/text.h"

static bool is_punctuation_of_numbers(char c)
{
    return strchr(" -.()/", c) != NULL;
}

/* Only digits and what people write between them, with at least one digit. */
static bool looks_like_a_number(const char *text)
{
    bool digit = false;
    for (const char *c = text; *c != '\0'; c++) {
        if (*c >= '0' && *c <= '9')
            digit = true;
        else if (!is_punctuation_of_numbers(*c) && !(c == text && *c == '+'))
            return false;
    }
    return digit;
}

bool target_is_emergency(const char *text, const struct text_list *emergency_numbers)
{
    if (text == NULL)
        return false;
    if (text_starts_with_nocase(text, "tel:"))
        text += strlen("tel:");
    if (!looks_like_a_number(text))
        return false;
    char digits[16];
    size_t len = 0;
    for (const char *c = text; *c != '\0'; c++) {
        if (*c < '0' || *c > '9')
            continue;
        if (len == sizeof(digits) - 1)
            return false;
        digits[len++] = *c;
    }
    digits[len] = '\0';
    return text_list_has(emergency_numbers, digits);
}

static bool has_control_or_space(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if (*c <= ' ' || *c == 0x7f)
            return true;
    }
    return false;
}

static bool is_identity_text(const char *text)
{
    size_t len = strlen(text);
    return len > 0 && len <= LIMIT_IDENTITY_BYTES && !has_control_or_space(text) &&
           text_is_utf8(text, len);
}

static size_t digit_count(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += *text >= '0' && *text <= '9';
    return count;
}

/* Schemes that Twilio would dial, but that nobody configured here. */
static bool has_foreign_scheme(const char *text)
{
    return text_starts_with_nocase(text, "sip:") || text_starts_with_nocase(text, "sips:") ||
           text_starts_with_nocase(text, "app:") || text_starts_with_nocase(text, "whatsapp:") ||
           text_starts_with_nocase(text, "tel:");
}

struct target target_of(const char *text, const struct text_list *emergency_numbers)
{
    enum { SHORTEST_NUMBER = 7 };
    struct target target = {.text = text};
    if (text_is_empty(text))
        target.kind = TARGET_NOBODY;
    else if (target_is_emergency(text, emergency_numbers))
        target.kind = TARGET_EMERGENCY;
    else if (text_is_e164(text))
        target.kind = TARGET_NUMBER;
    else if (text_starts_with(text, "client:")) {
        target.text = text + strlen("client:");
        target.kind = is_identity_text(target.text) ? TARGET_CLIENT : TARGET_NOT_ALLOWED;
    } else if (has_foreign_scheme(text))
        target.kind = TARGET_NOT_ALLOWED;
    else if (looks_like_a_number(text) && (text[0] == '+' || digit_count(text) >= SHORTEST_NUMBER))
        target.kind = TARGET_NOT_A_NUMBER;
    else
        target.kind = is_identity_text(text) ? TARGET_IDENTITY : TARGET_NOT_ALLOWED;
    return target;
}
