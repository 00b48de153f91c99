#include "twilio/identity.h"

#include <string.h>

#include "core/buf.h"
#include "core/hex.h"
#include "core/text.h"

static const char introducer[] = "Qz";
static const char terminator = '_';

enum { INTRODUCER_CHARS = sizeof(introducer) - 1 };

static bool is_legal(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool identity_is_legal(const char *identity)
{
    size_t len = 0;
    if (text_is_empty(identity))
        return false;
    while (is_legal(identity[len]) && len <= LIMIT_IDENTITY_BYTES)
        len++;
    return identity[len] == '\0' && len <= LIMIT_IDENTITY_BYTES;
}

static bool needs_escape(const char *at)
{
    return !is_legal(*at) || strncmp(at, introducer, INTRODUCER_CHARS) == 0;
}

/** One run, from `at` on; returns where it ends. Appends that go over the limit stick in `out`. */
static const char *escape_run(struct buf *out, const char *at)
{
    (void)buf_append(out, introducer, INTRODUCER_CHARS);
    for (; *at != '\0' && needs_escape(at); at++) {
        char digits[3];
        hex_encode(digits, at, 1);
        (void)buf_append(out, digits, 2);
    }
    (void)buf_append(out, &terminator, 1);
    return at;
}

int identity_encode(const char *identity, char out[IDENTITY_BYTES], struct error *err)
{
    const size_t len = identity == NULL ? 0 : strlen(identity);
    if (len == 0)
        return error_field(err, "identity", "identity is empty");
    if (!text_is_utf8(identity, len))
        return error_field(err, "identity", "identity is not UTF-8");
    auto_buf struct buf mapped;
    buf_init(&mapped, LIMIT_IDENTITY_BYTES);
    for (const char *at = identity; *at != '\0' && !mapped.overflowed;) {
        if (needs_escape(at))
            at = escape_run(&mapped, at);
        else
            (void)buf_append(&mapped, at++, 1);
    }
    if (mapped.overflowed)
        return error_field(err, "identity",
                           "identity is longer than %d characters, counted as Twilio gets it",
                           LIMIT_IDENTITY_BYTES);
    memcpy(out, mapped.data, mapped.len + 1);
    return 0;
}

/** The bytes of one run, which `at` is inside of; returns where it ends, or NULL if it is not one.
 */
static const char *unescape_run(const char *at, char *out, size_t *out_len)
{
    for (; *at != terminator; at += 2) {
        if (at[0] == '\0' || at[1] == '\0')
            return NULL;
        const char digits[3] = {at[0], at[1], '\0'};
        if (!hex_decode(digits, out + *out_len, 1))
            return NULL;
        ++*out_len;
    }
    return at + 1;
}

/** Reads generously; what is not canonical is found by writing it again. */
bool identity_decode(const char *mapped, char out[IDENTITY_BYTES])
{
    char identity[IDENTITY_BYTES];
    char again[IDENTITY_BYTES];
    size_t len = 0;
    if (!identity_is_legal(mapped))
        return false;
    for (const char *at = mapped; *at != '\0';) {
        if (strncmp(at, introducer, INTRODUCER_CHARS) != 0)
            identity[len++] = *at++;
        else if ((at = unescape_run(at + INTRODUCER_CHARS, identity, &len)) == NULL)
            return false;
    }
    identity[len] = '\0';
    if (identity_encode(identity, again, NULL) < 0 || strcmp(again, mapped) != 0)
        return false;
    memcpy(out, identity, len + 1);
    return true;
}
