/* One pass over the text: what stands between quotation marks is a phrase, else spaces end a word. */
#include "voice/search.h"

#include <string.h>

#include "core/limits.h"
#include "core/text.h"

static const char spaces[] = " \t\r\n\f\v";

/* The code point that begins here; the text is UTF-8. */
static unsigned long code_point(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    if (c[0] < 0x80)
        return c[0];
    if (c[0] < 0xE0)
        return (c[0] & 0x1Ful) << 6 | (c[1] & 0x3Ful);
    if (c[0] < 0xF0)
        return (c[0] & 0x0Ful) << 12 | (c[1] & 0x3Ful) << 6 | (c[2] & 0x3Ful);
    return (c[0] & 0x07ul) << 18 | (c[1] & 0x3Ful) << 12 | (c[2] & 0x3Ful) << 6 | (c[3] & 0x3Ful);
}

/* Signs that are typed between words: an index knows no such word, and all words must be there. */
static bool is_sign(unsigned long point)
{
    if (point < 0x80)
        return !((point >= '0' && point <= '9') || (point >= 'A' && point <= 'Z') ||
                 (point >= 'a' && point <= 'z'));
    return point < 0xC0 || point == 0xD7 || point == 0xF7 || (point >= 0x2000 && point < 0x2070) ||
           (point >= 0x3000 && point < 0x3040);
}

static bool has_word(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        bool begins = ((unsigned char)*c & 0xC0u) != 0x80u;
        if (begins && !is_sign(code_point(c)))
            return true;
    }
    return false;
}

/* A star at the end says that more may follow; it stands behind a phrase's quotation mark too. */
static struct search_term term_of(const char *begin, size_t len, bool star, struct arena *arena)
{
    bool prefix = star || (len > 0 && begin[len - 1] == '*');
    return (struct search_term){.text = arena_copy(arena, begin, len), .prefix = prefix};
}

/* Characters that count in the last word of a term that is only a beginning. */
static size_t beginning_len(const char *text)
{
    size_t count = 0;
    for (const char *c = text; *c != '\0'; c++) {
        if (((unsigned char)*c & 0xC0u) == 0x80u)
            continue;
        count = is_sign(code_point(c)) && *c != '*' ? 0 : count + (*c != '*');
    }
    return count;
}

/* The next term; moves `*rest` on. False at the end. */
static bool next_term(const char **rest, struct arena *arena, struct search_term *out)
{
    const char *begin = *rest + strspn(*rest, spaces);
    bool quoted = *begin == '"';
    begin += quoted;
    if (*begin == '\0')
        return false;
    size_t len = quoted ? strcspn(begin, "\"") : strcspn(begin, " \t\r\n\f\v\"");
    const char *end = begin + len;
    if (quoted && *end == '"')
        end++;
    bool star = quoted && *end == '*';
    *out = term_of(begin, len, star, arena);
    *rest = end + star;
    return true;
}

int search_terms_read(const char *text,
                      struct arena *arena,
                      struct search_terms *out,
                      struct error *err)
{
    struct search_term items[LIMIT_SEARCH_TERMS];
    struct search_term term;
    size_t count = 0;
    size_t len = strlen(text);
    if (len > LIMIT_SEARCH_BYTES)
        return error_field(err, "q", "q has more than %d bytes", LIMIT_SEARCH_BYTES);
    if (!text_is_utf8(text, len))
        return error_field(err, "q", "q is no text in UTF-8");
    for (const char *rest = text; next_term(&rest, arena, &term);) {
        if (!has_word(term.text))
            continue;
        if (count == LIMIT_SEARCH_TERMS)
            return error_field(err, "q", "q has more than %d words", LIMIT_SEARCH_TERMS);
        if (term.prefix && beginning_len(term.text) < LIMIT_SEARCH_PREFIX_MIN)
            return error_field(err, "q", "what stands before a * has at least %d characters",
                               LIMIT_SEARCH_PREFIX_MIN);
        items[count++] = term;
    }
    if (count == 0)
        return error_field(err, "q", "q must have at least one word");
    out->items = arena_alloc(arena, count * sizeof(items[0]));
    memcpy(out->items, items, count * sizeof(items[0]));
    out->count = count;
    return 0;
}
