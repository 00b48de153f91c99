#include "app/origins.h"

#include <stdio.h>
#include <string.h>

#include "app/open_door.h"
#include "core/text.h"

bool origin_is_listed(const struct config *config, const char *origin)
{
    return !text_is_empty(origin) && text_list_has(&config->server.cors_origins, origin);
}

bool origin_is_own(const struct config *config, const char *origin)
{
    enum { ORIGIN_BYTES = 300, PORT_HTTPS = 443, PORT_HTTP = 80 };
    const struct config_url *base = &config->hooks.base;
    if (text_is_empty(origin) || base->text == NULL)
        return false;
    char own[ORIGIN_BYTES];
    bool v6 = strchr(base->host, ':') != NULL;
    bool usual = base->port == (base->https ? PORT_HTTPS : PORT_HTTP);
    char port[8] = "";
    if (!usual)
        (void)snprintf(port, sizeof port, ":%u", (unsigned)base->port);
    int len = snprintf(own, sizeof own, "%s://%s%s%s%s", base->https ? "https" : "http",
                       v6 ? "[" : "", base->host, v6 ? "]" : "", port);
    return len > 0 && (size_t)len < sizeof own && text_equal(own, origin);
}

/* What the browser called is what it has the cookie for. The scheme is not in Host; plain http could be anybody's page
 * on the way. */
static bool
is_of_host(const struct config *config, const struct request *request, const char *origin)
{
    const char *host = request_header(request, "Host");
    const struct config_url *base = &config->hooks.base;
    if (text_is_empty(host) || text_is_empty(origin))
        return false;
    if (text_starts_with(origin, "https://"))
        return text_equal_nocase(origin + strlen("https://"), host);
    bool plain = (base->text != NULL && !base->https) || open_door_is_loopback(host);
    return plain && text_starts_with(origin, "http://") &&
           text_equal_nocase(origin + strlen("http://"), host);
}

static bool only_reads(const struct request *request)
{
    return request->method == HTTP_GET || request->method == HTTP_HEAD;
}

int origin_check_cookie(const struct config *config,
                        const struct request *request,
                        struct error *err)
{
    const char *origin = request_header(request, "Origin");
    const char *site = request_header(request, "Sec-Fetch-Site");
    bool single = request_header_count(request, "Origin") <= 1;
    if (single && (origin_is_own(config, origin) || origin_is_listed(config, origin) ||
                   is_of_host(config, request, origin)))
        return 0;
    if (origin != NULL)
        return error_set(err, ERROR_WRONG_ORIGIN, "a page of %.100s may not use this cookie",
                         origin);
    if (!only_reads(request))
        return error_set(err, ERROR_WRONG_ORIGIN,
                         "whoever is known by a cookie must send the Origin of the page");
    if (text_equal_nocase(site, "cross-site") || text_equal_nocase(site, "same-site"))
        return error_set(err, ERROR_WRONG_ORIGIN, "a page of another site may not use this cookie");
    return 0;
}
