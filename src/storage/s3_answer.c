#include "s3_answer.h"

#include <string.h>

#include "core/macros.h"

static const struct {
    const char *entity;
    char means;
} entities[] = {
    {"&amp;",  '&' },
    {"&lt;",   '<' },
    {"&gt;",   '>' },
    {"&quot;", '"' },
    {"&apos;", '\''},
    {"&#34;",  '"' },
    {"&#39;",  '\''},
};

enum { NAME_BYTES_MAX = 40 };

/* Behind the next `<name>` or `<name ...>`, or NULL. */
static const char *behind_start(struct s3_text in, const char *name, size_t name_len)
{
    const char *end = in.data + in.len;
    for (const char *at = in.data; (at = memchr(at, '<', (size_t)(end - at))) != NULL; at++) {
        if ((size_t)(end - at) < name_len + 2 || memcmp(at + 1, name, name_len) != 0)
            continue;
        const char *next = at + 1 + name_len;
        if (*next == '>')
            return next + 1;
        if (*next != ' ')
            continue;
        const char *close = memchr(next, '>', (size_t)(end - next));
        return close == NULL || close[-1] == '/' ? NULL : close + 1;
    }
    return NULL;
}

bool s3_next_element(struct s3_text *in, const char *name, struct s3_text *out)
{
    char closing[NAME_BYTES_MAX + 4] = "</";
    const size_t name_len = strlen(name);
    ASSERT(name_len <= NAME_BYTES_MAX);
    memcpy(closing + 2, name, name_len);
    closing[2 + name_len] = '>';
    if (in->len == 0)
        return false;
    const char *start = behind_start(*in, name, name_len);
    if (start == NULL)
        return false;
    const char *end = in->data + in->len;
    const char *stop = memmem(start, (size_t)(end - start), closing, name_len + 3);
    if (stop == NULL)
        return false;
    *out = (struct s3_text){.data = start, .len = (size_t)(stop - start)};
    const char *rest = stop + name_len + 3;
    *in = (struct s3_text){.data = rest, .len = (size_t)(end - rest)};
    return true;
}

bool s3_element(struct s3_text in, const char *name, struct s3_text *out)
{
    return s3_next_element(&in, name, out);
}

/* How many bytes of the text are read for one that is written to `out`; 0 if this may not stand there. */
static size_t one(const char *at, size_t left, char *out)
{
    const unsigned char c = (unsigned char)*at;
    if (c != '&') {
        *out = (char)c;
        return c >= 0x20 && c != 0x7f && c != '<';
    }
    for (size_t i = 0; i < ARRAY_LEN(entities); i++) {
        const size_t len = strlen(entities[i].entity);
        if (left < len || memcmp(at, entities[i].entity, len) != 0)
            continue;
        *out = entities[i].means;
        return len;
    }
    return 0;
}

bool s3_value(struct s3_text in, const char *name, char *out, size_t out_bytes)
{
    struct s3_text text;
    size_t written = 0;
    ASSERT(out_bytes > 0);
    out[0] = '\0';
    if (!s3_element(in, name, &text))
        return false;
    for (size_t at = 0; at < text.len;) {
        char c = '\0';
        const size_t taken = one(text.data + at, text.len - at, &c);
        if (taken == 0 || written + 1 == out_bytes) {
            out[0] = '\0';
            return false;
        }
        out[written++] = c;
        at += taken;
    }
    out[written] = '\0';
    return true;
}
