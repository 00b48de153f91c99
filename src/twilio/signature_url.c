#include "signature_url.h"

#include <string.h>

#include "core/macros.h"
#include "core/text.h"

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/** Length of `scheme://` at the start, 0 if there is none. RFC 3986 3.1. */
static size_t scheme_length(const char *url)
{
    const size_t name =
        strspn(url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");
    if (!is_alpha(url[0]) || strncmp(url + name, "://", 3) != 0)
        return 0;
    return name + 3;
}

bool url_split(const char *url, struct url_parts *parts)
{
    const size_t scheme = scheme_length(url);
    if (scheme == 0)
        return false;
    const char *authority = url + scheme;
    const char *end = authority + strcspn(authority, "/?#");
    const char *at_sign = memrchr(authority, '@', (size_t)(end - authority));
    const char *host = at_sign == NULL ? authority : at_sign + 1;
    const char *bracket =
        memrchr(host, ']', (size_t)(end - host)); /* of an IPv6 address, which has colons */
    const char *colon_from = bracket == NULL ? host : bracket + 1;
    const char *port = memchr(colon_from, ':', (size_t)(end - colon_from));
    if (port == NULL)
        port = end;
    *parts = (struct url_parts){
        .scheme = {url,       scheme                    },
        .userinfo = {authority, (size_t)(host - authority)},
        .host = {host,      (size_t)(port - host)     },
        .port = {port,      (size_t)(end - port)      },
        .rest = {end,       strlen(end)               },
    };
    return true;
}

char *url_join(const struct url_parts *parts, struct arena *arena)
{
    const struct span pieces[] = {parts->scheme, parts->userinfo, parts->host, parts->port,
                                  parts->rest};
    size_t len = 0;
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++)
        len += pieces[i].len;
    char *url = arena_alloc(arena, len + 1);
    char *at = url;
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++)
        at = mempcpy(at, pieces[i].at, pieces[i].len);
    *at = '\0';
    return url;
}

static void add(struct signature_urls *urls, const char *url, const char *form)
{
    if (url == NULL || urls->count == SIGNATURE_URLS_MAX)
        return;
    for (size_t i = 0; i < urls->count; i++)
        if (strcmp(urls->items[i].text, url) == 0)
            return;
    urls->items[urls->count].text = url;
    urls->items[urls->count].form = form;
    urls->count++;
}

static const char *without_port(const char *url, struct arena *arena)
{
    struct url_parts parts;
    if (!url_split(url, &parts) || parts.port.len == 0)
        return url;
    parts.port.len = 0;
    return url_join(&parts, arena);
}

/** `:443` for https and `:80` for everything else, wss too: that is what the package does. */
static const char *with_port(const char *url, struct arena *arena)
{
    struct url_parts parts;
    if (!url_split(url, &parts) || parts.port.len != 0)
        return url;
    const char *port = text_starts_with_nocase(url, "https://") ? ":443" : ":80";
    parts.port = (struct span){port, strlen(port)};
    return url_join(&parts, arena);
}

void signature_urls_add_received(struct signature_urls *urls, const char *url, struct arena *arena)
{
    add(urls, without_port(url, arena), "as received");
    add(urls, with_port(url, arena), "with port");
}

void signature_urls_add_normalised(struct signature_urls *urls,
                                   const char *url,
                                   struct arena *arena)
{
    const char *normal = url_normalise(url, arena);
    if (normal == NULL)
        return;
    const char *bare = without_port(normal, arena);
    const char *with = with_port(normal, arena);
    add(urls, bare, "normalised");
    add(urls, with, "normalised with port");
    add(urls, url_with_query_rewritten(bare, arena), "query rewritten");
    add(urls, url_with_query_rewritten(with, arena), "query rewritten with port");
}
