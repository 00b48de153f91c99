/*
 * A query taken apart and put together again as Node's old `querystring` does, because some of
 * Twilio's back ends signed that form:
 * `+` becomes %20, escapes get upper-case digits, `!'()*-._~` stand for themselves, `a` becomes
 * `a=`, equal names move together to where the first one stood, and names that are array indexes
 * come first, in numerical order.
 */
#include "signature_url.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/macros.h"
#include "core/text.h"

enum { PAIRS_MAX = 1000 }; /* the module's own limit; what follows is dropped */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

struct span url_decode_component(struct span text, struct arena *arena)
{
    char *out = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        const int high = text.at[i] == '%' && text.len - i > 2 ? hex_value(text.at[i + 1]) : -1;
        const int low = high < 0 ? -1 : hex_value(text.at[i + 2]);
        if (low >= 0) {
            out[len++] = (char)(high * 16 + low);
            i += 2;
        } else {
            out[len++] = text.at[i];
            if (text.at[i] == '+')
                out[len - 1] = ' ';
        }
    }
    return (struct span){out, len};
}

/** The next `name=value` of a query, still encoded; empty pairs are skipped. Advances `at`; false
 * at the end. */
static bool next_pair(const char **at, struct span *name, struct span *value)
{
    *at += strspn(*at, "&");
    const size_t len = strcspn(*at, "&");
    if (len == 0)
        return false;
    const char *equals = memchr(*at, '=', len);
    const size_t name_len = equals == NULL ? len : (size_t)(equals - *at);
    *name = (struct span){*at, name_len};
    *value = equals == NULL ? (struct span){*at + len, 0}
                            : (struct span){equals + 1, len - name_len - 1};
    *at += len;
    return true;
}

struct span url_query_value(const char *url, const char *name, struct arena *arena)
{
    struct span pair_name;
    struct span pair_value;
    const char *query = strchr(url, '?');
    for (const char *at = query == NULL ? "" : query + 1;
         next_pair(&at, &pair_name, &pair_value);) {
        const struct span decoded = url_decode_component(pair_name, arena);
        if (decoded.len == strlen(name) && memcmp(decoded.at, name, decoded.len) == 0)
            return url_decode_component(pair_value, arena);
    }
    return (struct span){0};
}

struct pair {
    struct span name;
    struct span value;
    size_t place; /* in the query; of the first of that name once they are grouped */
    size_t index; /* in the query */
};

static int compare_sizes(size_t a, size_t b)
{
    return a < b ? -1 : a > b;
}

static int by_name(const void *left, const void *right)
{
    const struct pair *a = left;
    const struct pair *b = right;
    const size_t len = a->name.len < b->name.len ? a->name.len : b->name.len;
    int order = memcmp(a->name.at, b->name.at, len);
    if (order == 0)
        order = compare_sizes(a->name.len, b->name.len);
    return order != 0 ? order : compare_sizes(a->index, b->index);
}

static int by_place(const void *left, const void *right)
{
    const struct pair *a = left;
    const struct pair *b = right;
    const int order = compare_sizes(a->place, b->place);
    return order != 0 ? order : compare_sizes(a->index, b->index);
}

/** Is the name an array index to JavaScript: a number below 2^32 - 1, written in the only way? */
static bool is_array_index(struct span name, size_t *number)
{
    int64_t value = 0;
    if (name.len == 0 || name.len > 10 || memchr(name.at, '\0', name.len) != NULL ||
        !text_to_int64(name.at, 0, UINT32_MAX - 1, &value))
        return false;
    *number = (size_t)value;
    return true;
}

/** Put pairs in the order of an object's keys: indexes by number, others by first appearance. */
static void group(struct pair *pairs, size_t count)
{
    qsort(pairs, count, sizeof(*pairs), by_name);
    for (size_t i = 0; i < count; i++) {
        size_t number = 0;
        const bool repeats = i > 0 && pairs[i].name.len == pairs[i - 1].name.len &&
                             memcmp(pairs[i].name.at, pairs[i - 1].name.at, pairs[i].name.len) == 0;
        if (repeats)
            pairs[i].place = pairs[i - 1].place;
        else if (is_array_index(pairs[i].name, &number))
            pairs[i].place = number;
        else
            pairs[i].place = (size_t)UINT32_MAX + pairs[i].index;
    }
    qsort(pairs, count, sizeof(*pairs), by_place);
}

static char *put_escaped(char *at, struct span text)
{
    static const char digits[] = "0123456789ABCDEF";
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!'()*-._~";
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.at[i];
        if (c != '\0' && strchr(plain, c) != NULL) {
            *at++ = (char)c;
        } else {
            *at++ = '%';
            *at++ = digits[c >> 4];
            *at++ = digits[c & 15U];
        }
    }
    return at;
}

char *url_with_query_rewritten(const char *url, struct arena *arena)
{
    const char *query = strchr(url, '?');
    if (query == NULL || query[1] == '\0')
        return NULL;
    const size_t query_len = strlen(++query);
    struct pair *pairs =
        arena_alloc(arena, sizeof(*pairs) * (query_len < PAIRS_MAX ? query_len : PAIRS_MAX));
    struct span name;
    struct span value;
    size_t count = 0;
    for (const char *at = query; count < PAIRS_MAX && next_pair(&at, &name, &value); count++) {
        name = url_decode_component(name, arena);
        value = url_decode_component(value, arena);
        if (!text_is_utf8(name.at, name.len) || !text_is_utf8(value.at, value.len))
            return NULL;
        pairs[count] = (struct pair){.name = name, .value = value, .index = count};
    }
    group(pairs, count);
    char *out = arena_alloc(arena, (size_t)(query - url) + 3 * query_len + count +
                                       1); /* `a` becomes `a=` */
    char *at = mempcpy(out, url, (size_t)(query - url));
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            *at++ = '&';
        at = put_escaped(at, pairs[i].name);
        *at++ = '=';
        at = put_escaped(at, pairs[i].value);
    }
    return out;
}
