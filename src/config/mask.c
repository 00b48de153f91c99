#include "mask.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/buf.h"
#include "core/macros.h"
#include "core/text.h"

enum {
    MASK_SHORT_BYTES = 8,  /* two characters of so short a secret would be too much of it */
    TOKEN_RUN_BYTES = 20,  /* words of languages and host names are shorter, or have no digits */
    SHOWN_BYTES_MAX = 120, /* of a harmless value */
};

static bool is_plain(char c)
{
    return c > ' ' && c <= '~';
}

const char *mask_secret(const char *text, struct arena *arena)
{
    const size_t len = strlen(text);
    if (len < MASK_SHORT_BYTES || !is_plain(text[0]) || !is_plain(text[1]))
        return arena_printf(arena, "*** (%zu characters)", len);
    return arena_printf(arena, "%.2s*** (%zu characters)", text, len);
}

/** Shown as they are: printable ASCII and UTF-8. Control characters could talk to the terminal. */
static void append_escaped(struct buf *out, const char *text, size_t len)
{
    const bool utf8 = text_is_utf8(text, len);
    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)text[i];
        if ((c >= ' ' && c < 0x7f) || (c >= 0x80 && utf8))
            buf_append(out, &text[i], 1);
        else
            buf_printf(out, "\\x%02x", c);
    }
}

/** C1 control characters are valid UTF-8 (0xc2 0x80..0x9f) and terminals obey them. */
static bool has_c1(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)text[0] == 0xc2 && (unsigned char)text[1] >= 0x80 &&
            (unsigned char)text[1] < 0xa0)
            return true;
    return false;
}

const char *mask_value(const char *text, struct arena *arena)
{
    const size_t len = strlen(text);
    if (looks_like_token(text) || strchr(text, '@') != NULL || has_c1(text))
        return mask_secret(text, arena);
    size_t shown = len;
    if (len > SHOWN_BYTES_MAX)
        for (shown = SHOWN_BYTES_MAX; ((unsigned char)text[shown] & 0xc0u) == 0x80; shown--)
            ; /* not in the middle of a character */
    auto_buf struct buf out;
    buf_init(&out, SHOWN_BYTES_MAX * 4 + 64);
    buf_puts(&out, "\"");
    append_escaped(&out, text, shown);
    buf_puts(&out, "\"");
    if (shown < len)
        buf_printf(&out, "... (%zu bytes)", len);
    return arena_strdup(arena, out.data);
}

static bool run_is_token(size_t letters, size_t digits)
{
    return letters > 0 && digits > 0 && letters + digits >= TOKEN_RUN_BYTES;
}

bool looks_like_token(const char *text)
{
    size_t letters = 0;
    size_t digits = 0;
    for (; *text != '\0'; text++) {
        if (isalpha((unsigned char)*text)) {
            letters++;
        } else if (isdigit((unsigned char)*text)) {
            digits++;
        } else {
            letters = 0;
            digits = 0;
        }
        if (run_is_token(letters, digits))
            return true;
    }
    return false;
}

bool is_placeholder(const char *text)
{
    return strcasestr(text, "xxxxxxxx") != NULL || strncasecmp(text, "your_", 5) == 0 ||
           strncasecmp(text, "your-", 5) == 0 || strncasecmp(text, "(needs", 6) == 0 ||
           text[0] == '<' || strcasecmp(text, "changeme") == 0;
}

const char *confused_sid(const char *text)
{
    static const struct {
        const char *prefix;
        const char *what;
    } kinds[] = {
        {"AC", "an Account SID"              },
        {"SK", "an API key's SID"            },
        {"AP", "a TwiML App's SID"           },
        {"PN", "a phone number's SID"        },
        {"CR", "a push credential's SID"     },
        {"CA", "a call's SID"                },
        {"WS", "a TaskRouter workspace's SID"},
        {"WW", "a TaskRouter workflow's SID" },
        {"WQ", "a TaskRouter queue's SID"    },
    };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (text_is_sid(text, kinds[i].prefix))
            return kinds[i].what;
    return NULL;
}
