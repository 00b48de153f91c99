/*
 * Setting an error: the first one wins, and it always has a message that can be shown.
 */
#include "core/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

static const struct error_kind_info kinds[] = {
#define X(name, status, code, title, retry) [ERROR_##name] = {#name, status, code, title, retry},
    ERROR_KINDS(X)
#undef X
};

const struct error_kind_info *error_info(enum error_kind kind)
{
    if (kind <= ERROR_NONE || (size_t)kind >= ARRAY_LEN(kinds))
        kind = ERROR_INTERNAL;
    return &kinds[kind];
}

/* A message is rendered as JSON, which refuses half a character: a cut one ends before it. */
static void drop_half_character(char *text)
{
    size_t len = strlen(text);
    size_t tail = 0;
    while (tail < 3 && tail < len && ((unsigned char)text[len - 1 - tail] & 0xC0U) == 0x80)
        tail++;
    if (tail == len)
        return;
    unsigned char lead = (unsigned char)text[len - 1 - tail];
    size_t needed = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
    if (tail < needed)
        text[len - 1 - tail] = '\0';
}

/* What comes from outside need not be UTF-8 at all, and must not take the rest of the message with it. */
static void make_utf8(char *text)
{
    if (text_is_utf8(text, strlen(text)))
        return;
    for (; *text != '\0'; text++)
        if ((unsigned char)*text >= 0x80)
            *text = '?';
}

PRINTF_LIKE(4, 0)
static int
set(struct error *err, enum error_kind kind, const char *field, const char *format, va_list values)
{
    if (err == NULL || err->kind != ERROR_NONE)
        return -1;
    ASSERT(kind != ERROR_NONE);
    err->kind = kind;
    err->twilio_code = 0;
    err->twilio_message[0] = '\0';
    /* Longer names than ours can only come from a client; the cut one still tells which. */
    (void)snprintf(err->field, sizeof err->field, "%s", field);
    drop_half_character(err->field);
    int bytes = vsnprintf(err->message, sizeof err->message, format, values);
    if (bytes < 0)
        (void)snprintf(err->message, sizeof err->message, "%s", error_info(kind)->title);
    if (bytes >= (int)sizeof err->message)
        drop_half_character(err->message);
    make_utf8(err->field);
    make_utf8(err->message);
    return -1;
}

int error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    (void)set(err, kind, "", format, values);
    va_end(values);
    return -1;
}

int error_field(struct error *err, const char *field, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    (void)set(err, ERROR_INVALID, field, format, values);
    va_end(values);
    return -1;
}

void error_add_twilio(struct error *err, int code, const char *message)
{
    err->twilio_code = code;
    (void)snprintf(err->twilio_message, sizeof err->twilio_message, "%s",
                   message != NULL ? message : "");
    drop_half_character(err->twilio_message);
}

int error_retry_after(struct error *err, int64_t seconds)
{
    if (err != NULL)
        err->retry_after_s = seconds;
    return -1;
}

void error_clear(struct error *err)
{
    *err = (struct error){0};
}

int error_errno(struct error *err, enum error_kind kind, const char *what)
{
    int number = errno;
    char text[128];
    return error_set(err, kind, "%s: %s", what, strerror_r(number, text, sizeof text));
}
