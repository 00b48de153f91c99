#include "voice/person.h"

#include <string.h>

#include "core/macros.h"

static bool is_number(const char *who)
{
    return *who == '+';
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static int hex_value(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The character at `text`, and behind it in `*next`: %XX is one. At the end 0. */
static int decoded(const char *text, const char **next)
{
    if (text[0] == '%' && hex_value(text[1]) >= 0 && hex_value(text[2]) >= 0) {
        *next = text + 3;
        return hex_value(text[1]) * 16 + hex_value(text[2]);
    }
    *next = *text == '\0' ? text : text + 1;
    return (unsigned char)*text;
}

/* ---- numbers ---- */

static bool is_separator(int c)
{
    return c != 0 && strchr(" -.()/+", c) != NULL;
}

/* Behind the last of `digits`, read from `text` on; NULL if they do not stand there, or are part of more. */
static const char *past_digits(const char *digits, const char *text)
{
    const char *next = text;
    int c = decoded(text, &next);
    if (c != *digits)
        return NULL;
    while (*digits != '\0') {
        if (c == *digits)
            digits++;
        else if (!is_separator(c))
            return NULL;
        text = next;
        c = decoded(text, &next);
    }
    return is_digit(c) ? NULL : text;
}

/* ---- identities ---- */

static const char *const introductions[] = {
    "client:", "user:", "identity=", "\"identity\":\"", "\"identity\": \"",
};

/* Behind `word`, read from `text` on, or NULL. */
static const char *past_word(const char *word, size_t length, const char *text)
{
    for (size_t i = 0; i < length; i++) {
        const char *next = text;
        if (decoded(text, &next) != (unsigned char)word[i])
            return NULL;
        text = next;
    }
    return text;
}

/* An identity ends where no identity goes on. */
static bool ends_name(const char *text)
{
    const char *next;
    int c = decoded(text, &next);
    return c == 0 || strchr("\"&;<,? \n\r\t)]}'", c) != NULL;
}

/* The name that stands at `text`; its length in `*length`. */
static bool is_name(const char *who, const char *text, size_t *length)
{
    while (*who != '\0') {
        size_t bytes = strcspn(who, "\n");
        const char *past = bytes > 0 ? past_word(who, bytes, text) : NULL;
        if (past != NULL && ends_name(past)) {
            *length = (size_t)(past - text);
            return true;
        }
        who += bytes + (who[bytes] == '\n' ? 1 : 0);
    }
    return false;
}

static const char *find_name(const char *who, const char *text, size_t *length)
{
    for (; *text != '\0'; text++)
        for (size_t i = 0; i < ARRAY_LEN(introductions); i++) {
            const char *past = past_word(introductions[i], strlen(introductions[i]), text);
            if (past != NULL && is_name(who, past, length))
                return past;
        }
    return NULL;
}

/* ---- finding ---- */

/* The plus, or what stands for one, belongs to the number. */
static const char *before_plus(const char *begin, const char *text)
{
    if (text - begin >= 1 && text[-1] == '+')
        return text - 1;
    return text - begin >= 3 && strncmp(text - 3, "%2B", 3) == 0 ? text - 3 : text;
}

static const char *find_number(const char *who, const char *text, size_t *length)
{
    const char *digits = who + 1;
    int former = 0;
    for (const char *at = text, *next = text; *at != '\0'; at = next) {
        int c = decoded(at, &next);
        const char *past = is_digit(former) ? NULL : past_digits(digits, at);
        if (past == NULL && !is_digit(former) && strncmp(at, "00", 2) == 0)
            past = past_digits(digits, at + 2);
        if (past == NULL && !is_digit(former) && digits[0] == '1' && strlen(digits) > 10)
            past = past_digits(digits + 1, at);
        if (past != NULL) {
            const char *begin = before_plus(text, at);
            *length = (size_t)(past - begin);
            return begin;
        }
        former = c;
    }
    return NULL;
}

const char *person_find(const char *who, const char *text, size_t *length)
{
    if (text == NULL)
        return NULL;
    return is_number(who) ? find_number(who, text, length) : find_name(who, text, length);
}

bool person_is(const char *who, const char *text)
{
    size_t length = 0;
    if (text == NULL || *text == '\0')
        return false;
    if (is_number(who))
        return person_find(who, text, &length) != NULL;
    if (is_name(who, text, &length) && text[length] == '\0')
        return true;
    const char *found = person_find(who, text, &length);
    return found != NULL && found[length] == '\0';
}

const char *person_mask(const char *who, const char *text, struct arena *arena)
{
    size_t length = 0;
    const char *found = person_find(who, text, &length);
    if (found == NULL)
        return text;
    const char *done = "";
    for (; found != NULL; found = person_find(who, text, &length)) {
        done = arena_printf(arena, "%s%.*s" PERSON_ERASED, done, (int)(found - text), text);
        text = found + length;
    }
    return arena_printf(arena, "%s%s", done, text);
}

const char *person_hint(const char *who, struct arena *arena)
{
    size_t length = strcspn(who, "\n");
    if (is_number(who) && length > 2)
        return arena_printf(arena, "+...%.2s", who + length - 2);
    return arena_printf(arena, "%.1s...", who);
}
