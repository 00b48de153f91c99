/*
 * Finding one cookie. A browser sends several of one name if they were set for several paths or domains, and a sibling
 * site can set one for the whole domain: who took the first would let others choose who the user is.
 */
#include "http/cookie.h"

#include <string.h>

#include "core/text.h"

struct search {
    const char *name;
    size_t name_len;
    const char *value;
    size_t value_len;
    unsigned found;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* One `name=value` between semicolons. */
static void look_at_pair(struct search *search, const char *pair, size_t len)
{
    while (len > 0 && is_blank(*pair)) {
        pair++;
        len--;
    }
    while (len > 0 && is_blank(pair[len - 1]))
        len--;
    if (len <= search->name_len || pair[search->name_len] != '=' ||
        memcmp(pair, search->name, search->name_len) != 0)
        return;
    search->found++;
    search->value = pair + search->name_len + 1;
    search->value_len = len - search->name_len - 1;
}

static void look_at_header(struct search *search, const char *text)
{
    while (*text != '\0') {
        size_t len = strcspn(text, ";");
        look_at_pair(search, text, len);
        text += len + (text[len] == ';');
    }
}

/* cookie-octet: visible ASCII but for quotes, commas, semicolons and backslashes. */
static bool is_value(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~' || strchr("\",;\\", text[i]) != NULL)
            return false;
    return true;
}

int cookie_find(const struct request *request,
                const char *name,
                const char **out,
                struct error *err)
{
    struct search search = {.name = name, .name_len = strlen(name)};
    for (size_t i = 0; i < request->headers.count; i++)
        if (text_equal_nocase(request->headers.items[i].name, "Cookie"))
            look_at_header(&search, request->headers.items[i].value);
    if (search.found > 1)
        return error_set(err, ERROR_MALFORMED, "the cookie %.64s is there %u times", name,
                         search.found);
    if (search.value_len >= 2 && search.value[0] == '"' &&
        search.value[search.value_len - 1] == '"') {
        search.value++;
        search.value_len -= 2;
    }
    if (!is_value(search.value, search.value_len))
        return error_set(err, ERROR_MALFORMED, "the cookie %.64s has characters no cookie may have",
                         name);
    *out = search.found == 0 ? NULL : arena_copy(request->arena, search.value, search.value_len);
    return 0;
}
