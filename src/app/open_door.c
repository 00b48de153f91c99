#include "app/open_door.h"

#include <string.h>

#include "core/text.h"

/* What proxies and tunnels leave behind, whatever they are called; X-Forwarded- stands for all that begin so. */
static bool is_trace(const char *name)
{
    static const char *const families[] = {"X-Forwarded-", "X-Original-Forwarded-"};
    static const char *const names[] = {"Forwarded",        "Via",         "X-Real-IP",
                                        "CF-Connecting-IP", "X-Client-IP", "True-Client-IP"};
    for (size_t i = 0; i < ARRAY_LEN(families); i++)
        if (text_starts_with_nocase(name, families[i]))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (text_equal_nocase(name, names[i]))
            return true;
    return false;
}

/* 127.0.0.0/8 as dotted numbers and nothing else: "127.0.0.1.evil.example" is a name. */
static bool is_loopback_v4(const char *host, size_t len)
{
    if (len < strlen("127.0.0.0") || strncmp(host, "127.", 4) != 0)
        return false;
    return strspn(host, "0123456789.") == len;
}

bool open_door_is_loopback(const char *host)
{
    if (host[0] == '[')
        return strcmp(host, "[::1]") == 0 || strncmp(host, "[::1]:", 6) == 0;
    size_t len = strcspn(host, ":");
    bool named = len == strlen("localhost") && strncasecmp(host, "localhost", len) == 0;
    return named || (is_loopback_v4(host, len) && strspn(host, "0123456789.") == len);
}

/* A page of another site, open in a browser of this machine, is not this machine. */
static bool is_foreign_page(const struct request *request)
{
    static const char *const schemes[] = {"http://", "https://"};
    const char *origin = request_header(request, "Origin");
    const char *site = request_header(request, "Sec-Fetch-Site");
    if (origin == NULL)
        return text_equal_nocase(site, "cross-site"); /* an image, a form's GET: no page of ours */
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
        if (text_starts_with_nocase(origin, schemes[i]))
            return !open_door_is_loopback(origin + strlen(schemes[i]));
    return true;
}

int open_door_check(const struct request *request, struct error *err)
{
    const char *host = request_header(request, "Host");
    if (host == NULL || !open_door_is_loopback(host))
        return error_set(err, ERROR_FORBIDDEN,
                         "this server is open, so it answers only at a loopback address");
    for (size_t i = 0; i < request->headers.count; i++) {
        const char *name = request->headers.items[i].name;
        if (is_trace(name))
            return error_set(err, ERROR_FORBIDDEN,
                             "this server is open, so it answers nobody behind a proxy (%.40s)",
                             name);
    }
    if (is_foreign_page(request))
        return error_set(err, ERROR_FORBIDDEN,
                         "this server is open, so it answers no pages of other sites");
    return 0;
}
