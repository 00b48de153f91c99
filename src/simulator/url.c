/* Addresses. Pure functions. */
#include "url.h"

#include <string.h>

#include "core/text.h"

static const char *after_scheme(const char *url)
{
    if (text_starts_with_nocase(url, "https://"))
        return url + strlen("https://");
    if (text_starts_with_nocase(url, "http://"))
        return url + strlen("http://");
    return NULL;
}

bool url_is_valid(const char *url)
{
    const char *host = after_scheme(url);
    if (host == NULL)
        return false;
    for (const char *c = url; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f || strchr("\"<>\\^`{|}", *c))
            return false;
    size_t len = strcspn(host, "/?#");
    const char *at = memchr(host, '@', len);
    if (at) {
        len -= (size_t)(at + 1 - host);
        host = at + 1;
    }
    return len > 0 && *host != ':' && memchr(host, '_', len) == NULL;
}

const char *url_origin(struct arena *arena, const char *url)
{
    const char *host = after_scheme(url);
    return arena_copy(arena, url, (size_t)(host - url) + strcspn(host, "/?#"));
}

const char *url_without_fragment(struct arena *arena, const char *url)
{
    return arena_copy(arena, url, strcspn(url, "#"));
}

/* The path with "." and ".." taken out; `path` begins with a slash. In place. */
static void remove_dots(char *path)
{
    char *out = path;
    for (const char *in = path; *in == '/';) {
        size_t len = 1 + strcspn(in + 1, "/");
        bool last = in[len] == '\0';
        if (len == 3 && strncmp(in, "/..", 3) == 0) {
            while (out > path && *--out != '/')
                ;
            if (last)
                *out++ = '/';
        } else if (len == 2 && in[1] == '.') {
            if (last)
                *out++ = '/';
        } else {
            memmove(out, in, len);
            out += len;
        }
        in += len;
    }
    *out = '\0';
}

static const char *merge(struct arena *arena, const char *base, const char *reference)
{
    const char *origin = url_origin(arena, base);
    const char *base_path = base + strlen(origin);
    size_t path_len = strcspn(base_path, "?#");
    size_t own_len = strcspn(reference, "?#");
    if (own_len == 0 && *reference == '?')
        return arena_printf(arena, "%s%.*s%s", origin, (int)path_len, base_path, reference);
    char *path = NULL;
    if (*reference == '/') {
        path = arena_copy(arena, reference, own_len);
    } else {
        while (path_len > 0 && base_path[path_len - 1] != '/')
            path_len--;
        path = arena_printf(arena, "%.*s%s%.*s", (int)path_len, base_path, path_len ? "" : "/",
                            (int)own_len, reference);
    }
    remove_dots(path);
    return arena_printf(arena, "%s%s%s", origin, path, reference + own_len);
}

static const char *join(struct arena *arena, const char *base, const char *reference)
{
    if (*reference == '\0')
        return arena_strdup(arena, base);
    if (*reference == '#')
        return arena_printf(arena, "%s%s", url_without_fragment(arena, base), reference);
    if (strncmp(reference, "//", 2) == 0)
        return arena_printf(arena, "%.*s%s", (int)(strcspn(base, ":") + 1), base, reference);
    return merge(arena, base, reference);
}

static bool has_scheme(const char *reference)
{
    size_t colon = strcspn(reference, ":/?#");
    return reference[colon] == ':';
}

const char *url_resolve(struct arena *arena, const char *base, const char *reference)
{
    const char *result = reference;
    if (!has_scheme(reference)) {
        if (base == NULL)
            return NULL;
        result = join(arena, base, reference);
    }
    return url_is_valid(result) ? arena_strdup(arena, result) : NULL;
}
